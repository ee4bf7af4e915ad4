/* What the parts of `axnas assign` share. */
#ifndef AXN_FLOWS_ASSIGN_H
#define AXN_FLOWS_ASSIGN_H

#include <stdbool.h>

#include "common/parallel.h"
#include "common/progress.h"
#include "flows/correction_options.h"
#include "multipliers/library.h"
#include "nas/assign.h"
#include "nas/assign_evaluator.h"
#include "nas/correct.h"
#include "nas/dataset.h"

typedef struct axn_assign_settings {
    const char *path, *dataset, *data_dir, *library, *multipliers, *groups, *images_from;
    const char *start;
    const char *out, *point, *plot;
    int64_t images, confirm_images, test_images;
    int64_t population, generations, seed, threads, max_multipliers;
    double crossover, max_drop;
    bool force, json;
    axn_correction_options correction;
} axn_assign_settings;

/* Images to be measured on. */
typedef struct axn_assign_images {
    const uint8_t **pixels;
    uint8_t *labels;
    int count;
} axn_assign_images;

/* A non-dominated assignment, or a uniform one to compare with. */
typedef struct axn_assign_point {
    int record;                /* of the result; also its id */
    int uniform;               /* the choice used everywhere, -1 = several */
    int correct, test_correct; /* of the images to confirm by, and of the test images */
    double energy_uj;
} axn_assign_point;

typedef struct axn_assign_run {
    axn_model model;
    axn_library library;
    axn_dataset data;
    axn_pool *pool;
    int own[AXN_MODEL_MAX_MULTIPLIERS]; /* of the library, of the model's multipliers */
    axn_table *own_tables;
    axn_table *reference; /* tables that the parameters were trained with, for the same ones */
    int *choices;         /* [choice_count] of the library, by ascending energy */
    int choice_count;
    axn_table *tables;         /* [choice_count] */
    axn_model *variants;       /* [choice_count + 1], the last one is the model as given */
    int variant_count;         /* made so far */
    const axn_table **offered; /* [choice_count + 1] tables of the variants */
    int convolutions;
    int *layer_of; /* [convolutions] */
    int *gene_of;  /* [convolutions] */
    int genes;
    double *energy_pj;                       /* [genes][choice_count] */
    axn_assign_images search, confirm, test; /* the first begins like the second */
    axn_assign_evaluator *evaluator;
    axn_assign_result result;
    int given_search_correct, given_correct, given_test_correct; /* the model as it was given */
    double given_uj, exact_uj;
    axn_assign_point *points; /* the confirmed front within max_drop, by ascending energy */
    int point_count;
    axn_assign_point *uniform; /* the same of the uniform assignments alone */
    int uniform_count;
    axn_progress progress;
} axn_assign_run;

/* Loads and checks everything before any work. */
axn_status axn_assign_load(const axn_assign_settings *settings, axn_assign_run *run,
                           axn_error *error);
/* Variants of the model, images, evaluator, and the model's own accuracy. */
axn_status axn_assign_prepare(const axn_assign_settings *settings, axn_assign_run *run,
                              axn_error *error);
void axn_assign_run_free(axn_assign_run *run);

/* gene_of and genes from --groups: NULL = a convolution each, "4" = four runs of consecutive
 * ones, "a+b,c+d" = named ones together, the others alone. AXN_ERROR_USAGE. */
axn_status axn_assign_group(const char *groups, axn_assign_run *run, axn_error *error);

/* The convolutions' choices of a record, [convolutions]. */
void axn_assign_expand(const axn_assign_run *run, const uint16_t *genes, uint16_t *choices);
/* Correct answers of a list of records; they may be uniform ones. */
axn_status axn_assign_measure(const axn_assign_run *run, const uint16_t *genes, int count,
                              const axn_assign_images *images, int *correct, axn_error *error);
/* The same for the model as it was given. */
axn_status axn_assign_measure_given(const axn_assign_run *run, const axn_assign_images *images,
                                    int *correct, axn_error *error);

/* Images of the search that an assignment must recognise to be worth anything: those of the
 * given model less --max-drop, and three standard deviations for chance. */
int axn_assign_floor(const axn_assign_settings *settings, const axn_assign_run *run);

/* Measures the best of the search again on the images to confirm by, and what is then the
 * front on the test images, which are touched here and only here. */
axn_status axn_assign_judge(const axn_assign_settings *settings, axn_assign_run *run,
                            axn_error *error);

/* The cheapest point with at least the given model's accuracy less `drop` (a fraction), -1 if
 * there is none. */
int axn_assign_within(const axn_assign_run *run, const axn_assign_point *points, int count,
                      double drop);

axn_status axn_assign_print_json(const axn_assign_settings *settings, const axn_assign_run *run,
                                 axn_error *error);
axn_status axn_assign_print_text(const axn_assign_settings *settings, const axn_assign_run *run,
                                 axn_error *error);
axn_status axn_assign_plot(const axn_assign_run *run, const char *path, axn_error *error);
/* All points' models as OUT/ID, or the one of --point (an id, or "best" = the cheapest that
 * loses one point of accuracy at most) as OUT. */
axn_status axn_assign_write(const axn_assign_settings *settings, const axn_assign_run *run,
                            axn_error *error);

#endif
