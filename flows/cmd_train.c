/* axnas train: one network with one multiplier, without a search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/checkpoint.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/training_options.h"
#include "flows/training_record.h"
#include "model/builtin.h"
#include "multipliers/library.h"

typedef struct arguments {
    const char *network, *multiplier, *dataset, *data_dir, *library, *out;
    axn_training_options training;
    bool json;
} arguments;

typedef struct session {
    axn_dataset dataset;
    axn_library library;
    int multiplier;
    axn_table table;
    axn_network network;
    axn_pool *pool;
    axn_training_result result;
} session;

static axn_status load_network(const arguments *a, session *s, axn_error *error)
{
    bool builtin = strcmp(a->network, "resnet8") == 0 || strcmp(a->network, "resnet14") == 0;
    axn_status status = builtin ? axn_network_builtin(a->network, s->dataset.shape,
                                                      s->dataset.classes, &s->network, error)
                                : axn_network_load(a->network, &s->network, error);
    for (int i = 0; i < s->network.count && status == AXN_OK; i++) {
        if (s->network.layers[i].kind == AXN_LAYER_CONV) {
            s->network.layers[i].multiplier = 0;
        }
    }
    return status;
}

/* "exact" stands for the library's cheapest exact circuit. */
static axn_status load_multiplier(const arguments *a, session *s, axn_error *error)
{
    axn_status status = axn_library_load(a->library, &s->library, error);
    if (status == AXN_OK && strcmp(a->multiplier, "exact") == 0) {
        s->multiplier = s->library.exact;
    } else if (status == AXN_OK) {
        status = axn_library_require(&s->library, a->multiplier, &s->multiplier, error);
    }
    return status == AXN_OK ? axn_library_tables(&s->library, &s->multiplier, 1, &s->table, error)
                            : status;
}

static axn_status train(const arguments *a, session *s, axn_error *error)
{
    const char *name = s->library.multipliers[s->multiplier].name;
    axn_training training;
    axn_training_defaults(&s->dataset, &training);
    training.command = "train";
    training.network = &s->network;
    training.tables = &s->table;
    training.multipliers = &name;
    training.multiplier_count = 1;
    training.folder = a->out;
    axn_training_options_apply(&a->training, &training);
    axn_message("%s: %lld multiplications (%lld as the paper counts), %lld parameters; "
                "multiplier %s",
                a->network, (long long)axn_network_multiplications(&s->network, AXN_COUNT_EXACT),
                (long long)axn_network_multiplications(&s->network, AXN_COUNT_PAPER),
                (long long)axn_network_parameters(&s->network), name);
    axn_status status = axn_pool_create((int)a->training.threads, &s->pool, error);
    if (status == AXN_OK) {
        status = axn_training_run(&training, s->pool, &s->result, error);
        if (status == AXN_ERROR_USAGE || status == AXN_ERROR_LIMIT) {
            axn_error_prefix(error, "%s", a->network); /* which does not suit the images */
        }
    }
    return status;
}

static axn_status print_json(const arguments *a, const session *s, axn_error *error)
{
    const axn_training_result *r = &s->result;
    const axn_multiplier *m = &s->library.multipliers[s->multiplier];
    const double multiplications =
        (double)axn_network_multiplications(&s->network, AXN_COUNT_EXACT);
    const double paper = (double)axn_network_multiplications(&s->network, AXN_COUNT_PAPER);
    cJSON *json = cJSON_CreateObject();
    cJSON *provenance = cJSON_Duplicate(r->model.provenance, true);
    bool ok =
        json != NULL && cJSON_AddStringToObject(json, "model", a->out) != NULL &&
        axn_training_add_accuracies(json, r) &&
        cJSON_AddNumberToObject(json, "test_images", s->dataset.test.count) != NULL &&
        cJSON_AddStringToObject(json, "multiplier", m->name) != NULL &&
        cJSON_AddNumberToObject(json, "power_ratio", m->power_ratio) != NULL &&
        cJSON_AddNumberToObject(json, "multiplications", multiplications) != NULL &&
        cJSON_AddNumberToObject(json, "multiplications_paper", paper) != NULL &&
        cJSON_AddNumberToObject(json, "parameters", (double)axn_network_parameters(&s->network)) !=
            NULL &&
        cJSON_AddNumberToObject(json, "energy_uj", multiplications * m->energy_pj * 1e-6) != NULL &&
        cJSON_AddNumberToObject(json, "energy_paper_uj", paper * m->energy_pj * 1e-6) != NULL &&
        cJSON_AddNumberToObject(json, "images_per_s", r->images_per_s) != NULL &&
        provenance != NULL && cJSON_AddItemToObject(json, "provenance", provenance);
    axn_status status =
        ok ? axn_json_print(json, error) : axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    if (!ok) {
        cJSON_Delete(provenance);
    }
    cJSON_Delete(json);
    return status;
}

static axn_status print_result(const arguments *a, const session *s, axn_error *error)
{
    if (a->json) {
        return print_json(a, s, error);
    }
    printf("accuracy of the quantised model  %.2f %% of %d test images\n", 100 * s->result.accuracy,
           s->dataset.test.count);
    if (s->result.validation >= 0) {
        const char *how = a->training.arithmetic;
        printf("validation, %s       %.2f %% of %d held-out images\n",
               how != NULL && strcmp(how, "float") == 0 ? "fp32          " : "fake-quantised",
               100 * s->result.validation, s->result.validation_images);
        printf("validation, quantised            %.2f %%\n", 100 * s->result.validation_quantised);
    }
    if (s->result.validation_uncorrected >= 0) {
        printf("the same, before corrections     %.2f %%\n",
               100 * s->result.validation_uncorrected);
    }
    if (s->result.corrected.layers != NULL) {
        axn_correction_print(&a->training.corrections, &s->result.corrected);
    }
    printf("trained                          %d epochs, %.0f images/s\nmodel %s\n",
           s->result.epochs, s->result.images_per_s, a->out);
    return AXN_OK;
}

static axn_status run(const arguments *a, session *s, axn_error *error)
{
    axn_status status = axn_dataset_load(a->dataset, a->data_dir, &s->dataset, error);
    if (status == AXN_OK) {
        status = load_network(a, s, error);
    }
    if (status == AXN_OK) {
        status = load_multiplier(a, s, error);
    }
    if (status == AXN_OK) {
        /* Before the work, so that a mistaken path costs nothing. */
        status = axn_checkpoint_prepare(a->out, a->training.resume, a->training.force, error);
    }
    if (status == AXN_OK) {
        status = train(a, s, error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(&s->result.model, a->out, true, error);
    }
    if (status == AXN_OK) {
        status = axn_checkpoint_remove(a->out, error);
    }
    return status == AXN_OK ? print_result(a, s, error) : status;
}

static int run_and_clean(const arguments *a)
{
    static const char *const needed = "%s is missing; `axnas train --help` shows the options";
    axn_error error = {0};
    session s = {0};
    const char *missing = a->network == NULL      ? "--network"
                          : a->multiplier == NULL ? "--multiplier"
                          : a->dataset == NULL    ? "--dataset"
                          : a->out == NULL        ? "--out"
                                                  : NULL;
    bool existed = a->out != NULL && axn_path_exists(a->out);
    axn_status status =
        missing != NULL ? axn_fail(&error, AXN_ERROR_USAGE, needed, missing) : run(a, &s, &error);
    if (status != AXN_OK && a->out != NULL && !existed) {
        rmdir(a->out); /* only if nothing came into it */
    }
    axn_model_free(&s.result.model);
    axn_correction_result_free(&s.result.corrected);
    axn_pool_destroy(s.pool);
    axn_network_free(&s.network);
    axn_library_free(&s.library);
    axn_dataset_free(&s.dataset);
    return status == AXN_OK ? 0 : axn_command_fail("train", &error);
}

int axn_cmd_train(int argc, char **argv)
{
    arguments a = {0};
    axn_option options[6 + AXN_TRAINING_OPTIONS] = {
        {"network", AXN_OPTION_TEXT, &a.network, "FILE|resnet8|resnet14",
         "network description, or a built-in one", 0, 0, NULL},
        {"multiplier", AXN_OPTION_TEXT, &a.multiplier, "NAME",
         "of the convolutions, from the library; \"exact\": the cheapest exact one", 0, 0, NULL},
        {"dataset", AXN_OPTION_TEXT, &a.dataset, "NAME", "fashion-mnist, cifar10, cifar100 or idx",
         0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &a.data_dir, "DIR", "folder of the data set's files", 0, 0,
         NULL},
        {"library", AXN_OPTION_TEXT, &a.library, "DIR", "multiplier library (default: ours)", 0, 0,
         NULL},
        {"out", AXN_OPTION_TEXT, &a.out, "MODEL", "folder of the model", 0, 0, NULL},
    };
    axn_command_line line = {
        .usage = "train --network FILE --multiplier NAME --dataset NAME --out MODEL [options]",
        .summary = "Trains one network, quantised to 8 bits, with the multiplier in its forward "
                   "pass, and writes the\ninteger model and its accuracy on the test images, "
                   "computed as the hardware does.",
        .options = options,
        .option_count = 6};
    axn_training_options_list(&a.training, false, options, &line.option_count);
    const axn_parse parse = axn_options_parse(&line, argc, argv, &a.json);
    if (parse != AXN_PARSE_RUN) {
        return parse == AXN_PARSE_DONE ? 0 : 2;
    }
    return run_and_clean(&a);
}
