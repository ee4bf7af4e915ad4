#include "flows/search_estimate.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/memory.h"

#define SAMPLE 12     /* candidates that are trained */
#define DRAWN 1000    /* candidates whose multiplications are counted */
#define BATCHES_A 4   /* trained in the first pass, */
#define BATCHES_B 16  /* and in the second: the difference has no start-up in it */
#define FEW_IMAGES 32 /* validated */

typedef struct sample {
    axn_phenotype phenotypes[SAMPLE];
    axn_job jobs[SAMPLE];
    double work;    /* mean multiplications of those */
    double seconds; /* of workers, in a pass */
} sample;

static double work_of(const axn_network *network)
{
    return (double)axn_network_multiplications(network, AXN_COUNT_EXACT) +
           (double)axn_network_multiplications_dense(network);
}

static axn_status draw(const axn_search *search, int number, axn_phenotype *out, axn_error *error)
{
    axn_genome genome = {0};
    axn_random random =
        axn_random_stream(search->rules.seed, AXN_RANDOM_GENOME, (uint32_t)number, 0);
    axn_status status = axn_genome_random(&search->space, &random, &genome, error);
    if (status == AXN_OK) {
        status = axn_genome_decode(&search->space, &genome, out, error);
    }
    axn_genome_free(&genome);
    return status;
}

static axn_status draw_all(const axn_search *search, sample *s, double *mean, axn_error *error)
{
    axn_status status = AXN_OK;
    double sum = 0;
    for (int i = 0; i < DRAWN && status == AXN_OK; i++) {
        axn_phenotype phenotype = {0};
        status = draw(search, i, &phenotype, error);
        sum += status == AXN_OK ? work_of(&phenotype.network) : 0;
        if (i >= SAMPLE || status != AXN_OK) {
            axn_phenotype_free(&phenotype);
            continue;
        }
        s->phenotypes[i] = phenotype;
        s->work += work_of(&phenotype.network) / SAMPLE;
        s->jobs[i] = (axn_job){.id = i,
                               .network = &s->phenotypes[i].network,
                               .multipliers = s->phenotypes[i].multipliers,
                               .multiplier_count = s->phenotypes[i].multiplier_count,
                               .stream = (uint32_t)i,
                               .epochs = 1,
                               .end_epoch = 1,
                               .inherit_from = -1,
                               .work = work_of(&phenotype.network)};
    }
    *mean = sum / DRAWN;
    return status;
}

static axn_status add_seconds(void *context, int job, const axn_outcome *outcome, axn_error *error)
{
    double *seconds = context;
    (void)job;
    (void)error;
    *seconds += outcome->seconds;
    return AXN_OK;
}

/* Trains the sample on so many batches each; the sum of the workers' seconds. */
static axn_status train_sample(axn_team *team, axn_experiment *experiment, const char *folder,
                               int jobs, int batches, sample *s, double *seconds, int *workers,
                               axn_error *error)
{
    int images = batches * (int)experiment->settings.batch_size;
    experiment->settings.train_images = images;
    experiment->train_images = images;
    *seconds = 0;
    axn_status status = axn_team_make_farm(team, experiment, folder, jobs, error);
    if (status == AXN_OK) {
        const axn_evaluator evaluator = axn_farm_evaluator(team->farm);
        *workers = axn_farm_workers(team->farm);
        status =
            evaluator.evaluate(evaluator.context, s->jobs, SAMPLE, add_seconds, seconds, error);
    }
    axn_farm_free(team->farm);
    team->farm = NULL;
    return status;
}

static axn_status prepare_folder(const axn_experiment *experiment, const axn_table *tables,
                                 char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_folder_temporary(folder, error);
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "tables.bin", error);
    }
    if (status == AXN_OK) {
        status = axn_table_write(path, tables, experiment->multiplier_count, error);
    }
    return status;
}

axn_status axn_search_estimate(axn_team *team, axn_experiment *experiment, const axn_search *search,
                               const axn_table *tables, int jobs, axn_search_duration *out,
                               axn_error *error)
{
    char folder[AXN_PATH_MAX] = "";
    const axn_settings settings = experiment->settings;
    const int images = experiment->train_images;
    const int validated = experiment->validation_images;
    double few = 0;
    double many = 0;
    sample *s = NULL;
    *out = (axn_search_duration){.candidates = (long)search->rules.population *
                                               (search->rules.generations + 1),
                                 .epochs = search->rules.epochs,
                                 .train_images = images};
    axn_status status = axn_allocate(&s, 1, sizeof *s, "estimate", error);
    if (status == AXN_OK) {
        status = draw_all(search, s, &out->mean_multiplications, error);
    }
    if (status == AXN_OK) {
        status = prepare_folder(experiment, tables, folder, error);
    }
    experiment->settings.validation_images = FEW_IMAGES;
    experiment->validation_images = FEW_IMAGES;
    if (status == AXN_OK) {
        status =
            train_sample(team, experiment, folder, jobs, BATCHES_A, s, &few, &out->workers, error);
    }
    if (status == AXN_OK) {
        status =
            train_sample(team, experiment, folder, jobs, BATCHES_B, s, &many, &out->workers, error);
    }
    experiment->settings.validation_images = settings.validation_images;
    experiment->settings.train_images = settings.train_images;
    experiment->train_images = images;
    experiment->validation_images = validated;
    if (status == AXN_OK) {
        double trained = (double)SAMPLE * (BATCHES_B - BATCHES_A) * (double)settings.batch_size;
        double per_image = (many - few) / trained * out->mean_multiplications / s->work;
        out->images_per_s = per_image > 0 ? out->workers / per_image : 0;
        out->hours =
            (double)out->candidates * out->epochs * images * per_image / out->workers / 3600;
    }
    for (int i = 0; s != NULL && i < SAMPLE; i++) {
        axn_phenotype_free(&s->phenotypes[i]);
    }
    free(s);
    if (folder[0] != '\0') {
        axn_folder_remove(folder, NULL);
    }
    return status;
}

axn_status axn_search_duration_print(const axn_search_duration *duration, bool as_json,
                                     axn_error *error)
{
    if (!as_json) {
        printf("%ld candidates x %d epochs x %d images; random candidates have %.4g M "
               "multiplications on average\n%.0f images/s with %d workers: %.2f hours if no "
               "candidate is shared, stopped or failed\n",
               duration->candidates, duration->epochs, duration->train_images,
               duration->mean_multiplications / 1e6, duration->images_per_s, duration->workers,
               duration->hours);
        return AXN_OK;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "candidates", (double)duration->candidates);
    cJSON_AddNumberToObject(json, "epochs", duration->epochs);
    cJSON_AddNumberToObject(json, "train_images", duration->train_images);
    cJSON_AddNumberToObject(json, "workers", duration->workers);
    cJSON_AddNumberToObject(json, "mean_multiplications", duration->mean_multiplications);
    cJSON_AddNumberToObject(json, "images_per_s", duration->images_per_s);
    cJSON_AddNumberToObject(json, "hours", duration->hours);
    axn_status status = axn_json_print(json, error);
    cJSON_Delete(json);
    return status;
}
