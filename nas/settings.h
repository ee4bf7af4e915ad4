/* Settings of a search as users write them: one flat JSON object, every key optional.
 * docs: `axnas search --help` and the files flows/search-*.json. */
#ifndef AXN_NAS_SETTINGS_H
#define AXN_NAS_SETTINGS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "common/error.h"
#include "common/file.h"

#define AXN_SETTINGS_WORD 64
#define AXN_SETTINGS_MAX_OBJECTIVES 6

/* Words and numbers have the names of their keys; 0 or "" means what the comment says. */
typedef struct axn_settings {
    char dataset[AXN_SETTINGS_WORD];
    char data_dir[AXN_PATH_MAX];         /* "": where the dataset is by default */
    char library[AXN_PATH_MAX];          /* "": the library of the program */
    char template[AXN_PATH_MAX];         /* name in flows/templates or path; "": by the dataset */
    char algorithm[AXN_SETTINGS_WORD];   /* nsga2 | random */
    char scenario[AXN_SETTINGS_WORD];    /* s1 | s2 | s3 | s4 */
    char protocol[AXN_SETTINGS_WORD];    /* held-out | paper */
    char multiplier[AXN_SETTINGS_WORD];  /* of s3 */
    char crowding[AXN_SETTINGS_WORD];    /* worst-first | one-shot */
    char inheritance[AXN_SETTINGS_WORD]; /* off | on */
    char multiplication_count[AXN_SETTINGS_WORD]; /* exact | paper */
    char energy_convention[AXN_SETTINGS_WORD];    /* clock | path: power x own delay (the paper) */
    char schedule[AXN_SETTINGS_WORD];             /* constant | step | cosine | one-cycle */
    char optimiser[AXN_SETTINGS_WORD];            /* adam | sgd */
    char decoupled_l2[AXN_SETTINGS_WORD];         /* off | on */
    char gradient[AXN_SETTINGS_WORD];             /* straight-through | table */
    char weight_ranges[AXN_SETTINGS_WORD];        /* channel | layer */
    char flip[AXN_SETTINGS_WORD];                 /* auto | on | off */
    uint64_t seed;
    int64_t population, generations;
    int64_t epochs, batch_size, train_images; /* train_images 0: all of the split */
    int64_t validation_images;                /* 0: all of the split */
    int64_t crop_padding;
    int64_t step_epochs;                                           /* of the schedule step */
    int64_t gradient_window;                                       /* of the table gradient */
    int64_t levels_back;                                           /* 0: the template's */
    int64_t min_convolutions, max_multiplications, max_parameters; /* max 0: no limit */
    int64_t multiplier_groups;
    int64_t rows, columns;                     /* of the array; 0: 16 where an objective needs it */
    int64_t rungs, halving_factor;             /* of successive halving; 1 rung: off */
    char early_termination[AXN_SETTINGS_WORD]; /* off | on */
    int64_t early_epochs;                      /* not before so many */
    double learning_rate, l2, label_smoothing, momentum, step_factor;
    double validation_fraction;
    double p_architecture, p_multiplier;
    double early_margin; /* of accuracy */
    double screen;       /* least signal share of a candidate that is trained, 0: all are */
    double min_power_ratio, max_power_ratio; /* of library circuits taken into the search */
    double work_limit;                       /* multiplications x images, 0: none */
    double hypervolume_energy_uj,
        hypervolume_parameters; /* reference, 0: by the first population */
    cJSON *multipliers;         /* "lite", "all" or an array of names; owned; NULL: lite */
    cJSON *objectives;          /* array of names; owned; NULL: by the scenario */
} axn_settings;

void axn_settings_defaults(axn_settings *settings); /* Table 1 of the paper */
void axn_settings_free(axn_settings *settings);

/* Sets the keys in `object`; unknown keys, wrong types and values out of range are
 * AXN_ERROR_USAGE naming `file`, key and reason. */
axn_status axn_settings_apply(axn_settings *settings, const cJSON *object, const char *file,
                              axn_error *error);
axn_status axn_settings_load(axn_settings *settings, const char *path, axn_error *error);

/* Settings as an earlier version wrote them, with the keys that have come since at their
 * defaults, which mean what that version did. Caller deletes *out. */
axn_status axn_settings_complete(const cJSON *object, const char *file, cJSON **out,
                                 axn_error *error);

/* All keys; NULL when out of memory. */
cJSON *axn_settings_to_json(const axn_settings *settings);

#endif
