/* axnas retrain: final training of a candidate of a search. */
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
#include "flows/run_view.h"
#include "flows/training_options.h"
#include "flows/training_record.h"

#define EPOCHS 20 /* unless told otherwise */

typedef struct arguments {
    const char *run, *out, *data_dir, *library;
    int64_t point;
    bool point_given, json;
    axn_training_options training;
} arguments;

typedef struct session {
    axn_run_view view;
    const axn_candidate *candidate;
    axn_phenotype phenotype;
    axn_dataset dataset;
    axn_library library;
    axn_table *tables; /* [phenotype.multiplier_count] */
    const char *names[AXN_GENOME_MAX_GROUPS];
    axn_pool *pool;
    axn_training_result result;
} session;

/* The point's network, images and multipliers. */
static axn_status load(const arguments *a, session *s, axn_error *error)
{
    axn_settings *settings = &s->view.experiment.settings;
    axn_status status = axn_run_view_find(&s->view, a->point, &s->candidate, error);
    if (status == AXN_OK) {
        status =
            axn_genome_decode(&s->view.search.space, &s->candidate->genome, &s->phenotype, error);
    }
    if (status == AXN_OK && s->phenotype.hash != s->candidate->phenotype) {
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: the genome of candidate %lld is not that of its network", a->run,
                          (long long)a->point);
    }
    if (status == AXN_OK) {
        const char *folder = a->data_dir != NULL             ? a->data_dir
                             : settings->data_dir[0] != '\0' ? settings->data_dir
                                                             : NULL;
        status = axn_dataset_load(settings->dataset, folder, &s->dataset, error);
    }
    axn_shape input = s->view.experiment.input;
    if (status == AXN_OK &&
        (s->dataset.shape.height != input.height || s->dataset.shape.width != input.width ||
         s->dataset.shape.channels != input.channels ||
         s->dataset.classes != s->view.experiment.classes)) {
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: dataset %s has not the shape of the search's images", a->run,
                          settings->dataset);
    }
    if (status == AXN_OK) {
        const char *folder = a->library != NULL             ? a->library
                             : settings->library[0] != '\0' ? settings->library
                                                            : NULL;
        status = axn_library_load(folder, &s->library, error);
    }
    return status;
}

/* Tables of the multipliers in use, each the circuit that the search had. */
static axn_status load_tables(session *s, axn_error *error)
{
    int indices[AXN_GENOME_MAX_GROUPS];
    int count = s->phenotype.multiplier_count;
    axn_status status =
        axn_allocate(&s->tables, (size_t)count, sizeof *s->tables, "multiplier tables", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        const axn_search_multiplier *used =
            &s->view.experiment.multipliers[s->phenotype.multipliers[i]];
        s->names[i] = used->name;
        status = axn_library_require(&s->library, used->name, &indices[i], error);
        if (status == AXN_OK && s->library.multipliers[indices[i]].hash != used->hash) {
            status = axn_fail(error, AXN_ERROR_MISMATCH,
                              "library %s: %s is another circuit than the one of the search",
                              s->library.folder, used->name);
        }
    }
    return status == AXN_OK ? axn_library_tables(&s->library, indices, count, s->tables, error)
                            : status;
}

/* Training as in the search, but for what the options say. */
static axn_training make_training(const arguments *a, const session *s)
{
    const axn_settings *settings = &s->view.experiment.settings;
    axn_training training = {.command = "retrain",
                             .network = &s->phenotype.network,
                             .dataset = &s->dataset,
                             .tables = s->tables,
                             .multipliers = s->names,
                             .multiplier_count = s->phenotype.multiplier_count,
                             .paper = strcmp(settings->protocol, "paper") == 0,
                             .held_out = settings->validation_fraction};
    axn_experiment_trainer(&s->view.experiment, &training.config);
    training.config.epochs = EPOCHS;
    training.config.stream = (uint32_t)a->point;
    training.folder = a->out;
    axn_training_options_apply(&a->training, &training);
    return training;
}

static axn_status train(const arguments *a, session *s, axn_error *error)
{
    const axn_training training = make_training(a, s);
    axn_message("candidate %lld: %lld multiplications, %lld parameters, %.5g uJ; multiplier %s; "
                "%.2f %% in the search",
                (long long)a->point, (long long)s->candidate->multiplications,
                (long long)s->candidate->parameters, s->candidate->energy_uj,
                s->candidate->multiplier, 100 * s->candidate->accuracy);
    axn_status status = axn_pool_create((int)a->training.threads, &s->pool, error);
    return status == AXN_OK ? axn_training_run(&training, s->pool, &s->result, error) : status;
}

/* Where the model comes from, beside how it was trained. */
static axn_status add_origin(const arguments *a, session *s, axn_error *error)
{
    cJSON *provenance = s->result.model.provenance;
    if (cJSON_AddNumberToObject(provenance, "point", (double)a->point) == NULL ||
        cJSON_AddNumberToObject(provenance, "search_accuracy", s->candidate->accuracy) == NULL ||
        cJSON_AddNumberToObject(provenance, "energy_uj", s->candidate->energy_uj) == NULL) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    return AXN_OK;
}

static axn_status print_json(const arguments *a, const session *s, axn_error *error)
{
    const axn_training_result *r = &s->result;
    const axn_candidate *c = s->candidate;
    cJSON *json = cJSON_CreateObject();
    cJSON *provenance = cJSON_Duplicate(r->model.provenance, true);
    bool ok =
        cJSON_AddStringToObject(json, "model", a->out) != NULL &&
        cJSON_AddNumberToObject(json, "point", (double)a->point) != NULL &&
        axn_training_add_accuracies(json, r) &&
        cJSON_AddNumberToObject(json, "test_images", s->dataset.test.count) != NULL &&
        cJSON_AddNumberToObject(json, "search_accuracy", c->accuracy) != NULL &&
        cJSON_AddStringToObject(json, "multiplier", c->multiplier) != NULL &&
        cJSON_AddNumberToObject(json, "power_ratio", c->power_ratio) != NULL &&
        cJSON_AddNumberToObject(json, "multiplications", (double)c->multiplications) != NULL &&
        cJSON_AddNumberToObject(json, "parameters", (double)c->parameters) != NULL &&
        cJSON_AddNumberToObject(json, "energy_uj", c->energy_uj) != NULL &&
        cJSON_AddNumberToObject(json, "images_per_s", r->images_per_s) != NULL &&
        provenance != NULL;
    if (!ok || !cJSON_AddItemToObject(json, "provenance", provenance)) {
        cJSON_Delete(provenance);
        cJSON_Delete(json);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    axn_status status = axn_json_print(json, error);
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
    printf("in the search                    %.2f %%\n", 100 * s->candidate->accuracy);
    printf("multiplier                       %s, %.5g uJ an image, %.3f of the exact one's\n",
           s->candidate->multiplier, s->candidate->energy_uj, s->candidate->power_ratio);
    printf("trained                          %d epochs, %.0f images/s\nmodel %s\n",
           s->result.epochs, s->result.images_per_s, a->out);
    return AXN_OK;
}

static axn_status run(const arguments *a, session *s, axn_error *error)
{
    axn_status status = axn_run_view_open(a->run, &s->view, error);
    if (status == AXN_OK) {
        status = load(a, s, error);
    }
    if (status == AXN_OK) {
        status = load_tables(s, error);
    }
    if (status == AXN_OK) {
        /* Before the work, so that a mistaken path costs nothing. */
        status = axn_checkpoint_prepare(a->out, a->training.resume, a->training.force, error);
    }
    if (status == AXN_OK) {
        status = train(a, s, error);
    }
    if (status == AXN_OK) {
        status = add_origin(a, s, error);
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
    static const char *const needed = "%s is missing; `axnas retrain --help` shows the options";
    axn_error error = {0};
    session s = {.view = {.archive = {.descriptor = -1}}};
    bool existed = a->out != NULL && axn_path_exists(a->out);
    axn_status status = !a->point_given  ? axn_fail(&error, AXN_ERROR_USAGE, needed, "--point")
                        : a->out == NULL ? axn_fail(&error, AXN_ERROR_USAGE, needed, "--out")
                                         : run(a, &s, &error);
    if (status != AXN_OK && a->out != NULL && !existed) {
        rmdir(a->out); /* only if nothing came into it */
    }
    axn_model_free(&s.result.model);
    axn_correction_result_free(&s.result.corrected);
    axn_pool_destroy(s.pool);
    free(s.tables);
    axn_phenotype_free(&s.phenotype);
    axn_library_free(&s.library);
    axn_dataset_free(&s.dataset);
    axn_run_view_close(&s.view);
    return status == AXN_OK ? 0 : axn_command_fail("retrain", &error);
}

int axn_cmd_retrain(int argc, char **argv)
{
    arguments a = {0};
    axn_option options[4 + AXN_TRAINING_OPTIONS] = {
        {"point", AXN_OPTION_INTEGER, &a.point, "ID", "candidate, see `axnas pareto RUN`", 0,
         INT32_MAX, &a.point_given},
        {"out", AXN_OPTION_TEXT, &a.out, "MODEL", "folder of the model", 0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &a.data_dir, "DIR",
         "folder of the data set's files (the search's)", 0, 0, NULL},
        {"library", AXN_OPTION_TEXT, &a.library, "DIR", "multiplier library (the search's)", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = "retrain RUN --point ID --out MODEL [options]",
        .summary = "Trains a candidate of a search anew, with its multiplier in the forward pass, "
                   "and writes the integer\nmodel and its accuracy on the test images, computed "
                   "as the hardware does. It trains as the search did,\nbut for 20 epochs, unless "
                   "options say otherwise.",
        .options = options,
        .option_count = 4,
        .least = 1,
        .most = 1,
        .arguments = &a.run};
    axn_training_options_list(&a.training, true, options, &line.option_count);
    const axn_parse parse = axn_options_parse(&line, argc, argv, &a.json);
    int result = parse == AXN_PARSE_DONE ? 0 : 2;
    if (parse == AXN_PARSE_RUN) {
        result = run_and_clean(&a);
    }
    return result;
}
