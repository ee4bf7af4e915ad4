/* Assignments: the search finds what trying everything finds, the evaluator counts what the
 * plain inference counts, and a mixture written as a model is what was measured. */
#include <math.h>

#include "common/memory.h"
#include "common/random.h"
#include "nas/assign.h"
#include "nas/assign_evaluator.h"
#include "nas/assign_models.h"
#include "tests/check.h"
#include "tests/random_model.h"

enum { GENES = 5, CHOICES = 4, ALL = 1024, IMAGES = 1000 };

/* A landscape with interactions: cheap choices cost images, and more so side by side. */
typedef struct landscape {
    double energy[GENES * CHOICES];
    int calls, asked;
} landscape;

static int correct_of(const uint16_t *genes)
{
    double lost = 0;
    for (int i = 0; i < GENES; i++) {
        int cheap = CHOICES - 1 - genes[i];
        lost += cheap * cheap * (3 + 5 * ((i * 7) % 4));
        lost += i > 0 ? cheap * (CHOICES - 1 - genes[i - 1]) * 4 : 0;
    }
    return (int)(900 - lost - (genes[0] * 3 + genes[2] * 5) % 4);
}

static axn_status evaluate(void *context, const uint16_t *genes, int count, int *correct,
                           axn_error *error)
{
    landscape *land = context;
    (void)error;
    for (int i = 0; i < count; i++) {
        correct[i] = correct_of(genes + (size_t)i * GENES);
    }
    land->calls++;
    land->asked += count;
    return AXN_OK;
}

static axn_assign_problem problem_on(landscape *land)
{
    *land = (landscape){.calls = 0};
    for (int i = 0; i < GENES; i++) {
        for (int c = 0; c < CHOICES; c++) {
            land->energy[i * CHOICES + c] = (10 + 13 * i % 29) * (1 + c * 1.3);
        }
    }
    return (axn_assign_problem){.genes = GENES,
                                .choices = CHOICES,
                                .energy_pj = land->energy,
                                .images = IMAGES,
                                .evaluate = evaluate,
                                .context = land};
}

static axn_assign_result searched(const axn_assign_rules *rules)
{
    landscape land;
    axn_assign_problem problem = problem_on(&land);
    axn_assign_result result = {0};
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_assign_search(&problem, rules, NULL, NULL, &result, &error), error);
    CU_ASSERT_EQUAL(land.asked, result.count); /* none is evaluated twice */
    return result;
}

/* Is the front exactly the non-dominated part of all 1024 assignments? */
static bool front_is_true(const axn_assign_result *result, int most_distinct)
{
    landscape land;
    axn_assign_problem problem = problem_on(&land);
    int on_front = 0;
    double least[IMAGES + 1]; /* energy of what recognises at least so many */
    for (int k = 0; k <= IMAGES; k++) {
        least[k] = INFINITY;
    }
    for (int number = 0; number < ALL; number++) {
        uint16_t genes[GENES];
        double energy = 0;
        int used = 0;
        for (int i = 0, rest = number; i < GENES; i++, rest /= CHOICES) {
            genes[i] = (uint16_t)(rest % CHOICES);
            energy += problem.energy_pj[i * CHOICES + genes[i]];
            used |= 1 << genes[i];
        }
        if (most_distinct > 0 && __builtin_popcount((unsigned)used) > most_distinct) {
            continue;
        }
        for (int k = correct_of(genes); k >= 0; k--) {
            least[k] = energy < least[k] ? energy : least[k];
        }
    }
    bool right = true;
    for (int k = IMAGES; k >= 0; k--) {
        on_front += isfinite(least[k]) && (k == IMAGES || least[k] < least[k + 1]) ? 1 : 0;
    }
    for (int i = 0; i < result->front_count; i++) {
        const axn_assignment *record = &result->records[result->front[i]];
        right = right && fabs(record->energy_pj - least[record->correct]) < 1e-9;
    }
    return right && on_front == result->front_count;
}

static void small_spaces_are_exhausted(void)
{
    const axn_assign_rules rules = {.seed = 1, .population = 40, .generations = 30};
    axn_assign_result result = searched(&rules);
    CU_ASSERT_TRUE(result.exhaustive);
    CU_ASSERT_EQUAL(result.count, ALL);
    CU_ASSERT_TRUE(front_is_true(&result, 0));
    axn_assign_result_free(&result);
}

/* A third of the space is enough for all but a two-hundredth of the hypervolume, by both ways
 * to start. */
static void evolution_finds_the_front(void)
{
    const axn_assign_rules everything = {.seed = 1, .population = 40, .generations = 30};
    axn_assign_result all = searched(&everything);
    for (int sensitivity = 0; sensitivity < 2; sensitivity++) {
        const axn_assign_rules rules = {.seed = 3,
                                        .population = 24,
                                        .generations = 13,
                                        .p_crossover = .9,
                                        .sensitivity = sensitivity == 1};
        axn_assign_result result = searched(&rules);
        CU_ASSERT_FALSE(result.exhaustive);
        CU_ASSERT_TRUE(result.count <= 400);
        CU_ASSERT_TRUE(result.hypervolume > .995 * all.hypervolume);
        axn_assign_result_free(&result);
    }
    axn_assign_result_free(&all);
}

/* Effort goes where the accuracy is of use: of few trials more are there, and none is lost on
 * the way to it. */
static void effort_goes_to_the_useful_part(void)
{
    enum { LEAST = 800 };
    int useful[2] = {0, 0};
    for (int limited = 0; limited < 2; limited++) {
        const axn_assign_rules rules = {.seed = 11,
                                        .population = 16,
                                        .generations = 12,
                                        .p_crossover = .9,
                                        .least_correct = limited == 1 ? LEAST : 0};
        axn_assign_result result = searched(&rules);
        for (int i = 0; i < result.count; i++) {
            useful[limited] += result.records[i].correct >= LEAST;
        }
        axn_assign_result_free(&result);
    }
    CU_ASSERT_TRUE(useful[1] > useful[0] * 3 / 2);
}

static void uniform_assignments_come_first(void)
{
    const axn_assign_rules rules = {.seed = 2, .population = 4, .generations = 1};
    axn_assign_result result = searched(&rules);
    for (int c = 0; c < CHOICES; c++) {
        bool matched = false;
        for (int i = 0; i < GENES; i++) {
            CU_ASSERT_EQUAL(result.gene[c * GENES + i], c);
        }
        for (int i = 0; i < result.front_count; i++) {
            const axn_assignment *record = &result.records[result.front[i]];
            matched = matched || (record->correct >= result.records[c].correct &&
                                  record->energy_pj <= result.records[c].energy_pj);
        }
        CU_ASSERT_TRUE(matched);
    }
    axn_assign_result_free(&result);
}

static void mixtures_can_be_limited(void)
{
    for (int budget = 0; budget < 2; budget++) {
        const axn_assign_rules rules = {.seed = 5,
                                        .population = 20,
                                        .generations = budget == 0 ? 15 : 60,
                                        .p_crossover = .9,
                                        .max_distinct = 2,
                                        .sensitivity = true};
        axn_assign_result result = searched(&rules);
        for (int r = 0; r < result.count; r++) {
            int used = 0;
            for (int i = 0; i < GENES; i++) {
                used |= 1 << result.gene[r * GENES + i];
            }
            CU_ASSERT_TRUE(__builtin_popcount((unsigned)used) <= 2);
        }
        CU_ASSERT_TRUE(front_is_true(&result, 2));
        axn_assign_result_free(&result);
    }
}

static void peeling_takes_whole_fronts(void)
{
    const axn_assign_rules rules = {.seed = 7, .population = 10, .generations = 5};
    axn_assign_result result = searched(&rules);
    int *records = calloc((size_t)result.count, sizeof *records);
    int first = axn_assign_peel(&result, 0, records);
    CU_ASSERT_EQUAL(first, result.front_count);
    CU_ASSERT_EQUAL(memcmp(records, result.front, (size_t)first * sizeof *records), 0);
    int more = axn_assign_peel(&result, first + 1, records);
    CU_ASSERT_TRUE(more > first);
    CU_ASSERT_EQUAL(axn_assign_peel(&result, result.count + 5, records), result.count);
    axn_assign_result_free(&result);
    free(records);
}

static void bad_rules_are_refused(void)
{
    landscape land;
    axn_assign_problem problem = problem_on(&land);
    axn_assign_rules rules = {.population = 1};
    axn_assign_result result = {0};
    axn_error error = {0};
    CU_ASSERT_EQUAL(axn_assign_search(&problem, &rules, NULL, NULL, &result, &error),
                    AXN_ERROR_USAGE);
    rules = (axn_assign_rules){.population = 10000, .generations = 10000};
    CU_ASSERT_EQUAL(axn_assign_search(&problem, &rules, NULL, NULL, &result, &error),
                    AXN_ERROR_USAGE);
    rules = (axn_assign_rules){.population = 4};
    problem.images = 0;
    CU_ASSERT_EQUAL(axn_assign_search(&problem, &rules, NULL, NULL, &result, &error),
                    AXN_ERROR_USAGE);
    CU_ASSERT_EQUAL(land.calls, 0);
}

/* ---- models ---- */

enum { TABLES = 3, PICTURES = 70 };

typedef struct fixture {
    axn_model model;
    axn_table *tables; /* [TABLES] */
    axn_table own;
    axn_model variants[TABLES];
    uint8_t *pixels, labels[PICTURES];
    const uint8_t *images[PICTURES];
    int convolutions;
} fixture;

static void open_fixture(fixture *f, uint64_t seed, const axn_correction *correction)
{
    axn_error error = {0};
    axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 9, 0);
    *f = (fixture){.convolutions = 0};
    f->tables = calloc(TABLES, sizeof *f->tables);
    axn_table_exact(&f->own);
    AXN_REQUIRE_OK(axn_random_model(seed, 1, &f->own, "exact", &f->model, &error), error);
    for (int t = 0; t < TABLES; t++) {
        axn_model_multiplier multiplier = {.hash = 0};
        axn_random_table(seed + (uint64_t)t, &f->tables[t]);
        multiplier.hash = axn_table_hash(&f->tables[t]);
        snprintf(multiplier.name, sizeof multiplier.name, "table_%d", t);
        AXN_REQUIRE_OK(axn_assign_variant(&f->model, &f->own, &multiplier, &f->tables[t],
                                          correction, NULL, &f->variants[t], &error),
                       error);
    }
    size_t size = (size_t)axn_shape_size(f->model.network.layers[0].output);
    int classes = f->model.network.layers[f->model.network.count - 1].units;
    f->pixels = malloc(size * PICTURES);
    for (size_t i = 0; i < size * PICTURES; i++) {
        f->pixels[i] = (uint8_t)axn_random_below(&random, 256);
    }
    for (int i = 0; i < PICTURES; i++) {
        f->images[i] = f->pixels + (size_t)i * size;
        f->labels[i] = (uint8_t)axn_random_below(&random, (uint32_t)classes);
    }
    for (int i = 0; i < f->model.network.count; i++) {
        f->convolutions += f->model.network.layers[i].kind == AXN_LAYER_CONV;
    }
}

static void close_fixture(fixture *f)
{
    for (int t = 0; t < TABLES; t++) {
        axn_model_free(&f->variants[t]);
    }
    axn_model_free(&f->model);
    free(f->tables);
    free(f->pixels);
}

/* What a plain inference of the mixture recognises, written to disk and read again. */
static int plain_count(const fixture *f, const uint16_t *choices, axn_pool *pool)
{
    axn_error error = {0};
    axn_model mixture = {0}, again = {0};
    axn_inference *inference = NULL;
    char folder[AXN_PATH_MAX];
    axn_table *tables = calloc(TABLES, sizeof *tables);
    int classes = f->model.network.layers[f->model.network.count - 1].units, correct = 0;
    int32_t *logits = calloc((size_t)PICTURES * (size_t)classes, sizeof *logits);
    axn_check_folder(folder);
    AXN_CHECK_OK(axn_assign_mixture(&f->model, f->variants, f->tables, choices, &mixture, &error),
                 error);
    AXN_CHECK_OK(axn_model_save(&mixture, folder, true, &error), error);
    AXN_CHECK_OK(axn_model_load(folder, &again, &error), error);
    for (int i = 0; i < again.multiplier_count; i++) {
        for (int t = 0; t < TABLES; t++) {
            if (axn_table_hash(&f->tables[t]) == again.multipliers[i].hash) {
                tables[i] = f->tables[t];
            }
        }
    }
    AXN_CHECK_OK(axn_inference_create(&again, tables, pool, &inference, &error), error);
    AXN_CHECK_OK(axn_inference_run(inference, f->images, PICTURES, logits, &error), error);
    for (int i = 0; i < PICTURES; i++) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            best = logits[i * classes + c] > logits[i * classes + best] ? c : best;
        }
        correct += best == f->labels[i];
    }
    axn_inference_free(inference);
    axn_model_free(&mixture);
    axn_model_free(&again);
    axn_check_folder_remove(folder);
    free(tables);
    free(logits);
    return correct;
}

/* Random networks of every kind of layer, random mixtures, one thread and three. */
static void evaluator_equals_inference(void)
{
    int compared = 0;
    for (uint64_t seed = 1; seed < 9; seed++) {
        enum { COUNT = 6 };
        const axn_correction mapped = {.mapping = seed % 2 == 0 ? AXN_MAP_UNIFORM : AXN_MAP_NONE};
        fixture f;
        axn_error error = {0};
        open_fixture(&f, seed, &mapped);
        const axn_table *offered[TABLES];
        uint16_t *choices = calloc((size_t)(f.convolutions + 1) * COUNT, sizeof *choices);
        axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 10, 0);
        for (int i = 0; i < f.convolutions * COUNT; i++) {
            choices[i] = (uint16_t)axn_random_below(&random, TABLES);
        }
        for (int t = 0; t < TABLES; t++) {
            offered[t] = &f.tables[t];
        }
        for (int threads = 1; threads <= 3 && f.convolutions > 0; threads += 2) {
            axn_pool *pool = NULL;
            axn_assign_evaluator *evaluator = NULL;
            int correct[COUNT];
            AXN_REQUIRE_OK(axn_pool_create(threads, &pool, &error), error);
            AXN_REQUIRE_OK(
                axn_assign_evaluator_create(f.variants, offered, TABLES, pool, &evaluator, &error),
                error);
            CU_ASSERT_EQUAL(axn_assign_evaluator_convolutions(evaluator), f.convolutions);
            AXN_REQUIRE_OK(axn_assign_evaluator_run(evaluator, choices, COUNT, f.images, f.labels,
                                                    PICTURES, correct, &error),
                           error);
            for (int i = 0; i < COUNT; i++) {
                CU_ASSERT_EQUAL(correct[i], plain_count(&f, choices + i * f.convolutions, pool));
                compared++;
            }
            axn_assign_evaluator_free(evaluator);
            axn_pool_destroy(pool);
        }
        free(choices);
        close_fixture(&f);
    }
    CU_ASSERT_TRUE(compared > 40);
}

/* With the multiplier of the training there is nothing to map. */
static void own_multiplier_changes_nothing(void)
{
    const axn_correction mapped = {.mapping = AXN_MAP_UNIFORM};
    fixture f;
    axn_model same = {0};
    axn_error error = {0};
    open_fixture(&f, 4, &mapped);
    AXN_REQUIRE_OK(axn_assign_variant(&f.model, &f.own, &f.model.multipliers[0], &f.own, &mapped,
                                      NULL, &same, &error),
                   error);
    bool mapping_works = false;
    for (int i = 0; i < f.model.network.count; i++) {
        size_t weights = (size_t)axn_model_weight_count(&f.model, i);
        if (weights > 0) {
            const uint8_t *own = f.model.layers[i].weights;
            CU_ASSERT_EQUAL(memcmp(own, same.layers[i].weights, weights), 0);
            mapping_works =
                mapping_works || memcmp(own, f.variants[0].layers[i].weights, weights) != 0;
        }
    }
    CU_ASSERT_TRUE(mapping_works);
    axn_model_free(&same);
    close_fixture(&f);
}

AXN_TEST_MAIN("assign", {"small spaces are exhausted", small_spaces_are_exhausted},
              {"evolution finds the front", evolution_finds_the_front},
              {"effort goes to the useful part", effort_goes_to_the_useful_part},
              {"uniform assignments come first", uniform_assignments_come_first},
              {"mixtures can be limited", mixtures_can_be_limited},
              {"peeling takes whole fronts", peeling_takes_whole_fronts},
              {"bad rules are refused", bad_rules_are_refused},
              {"the evaluator equals the inference", evaluator_equals_inference},
              {"the own multiplier changes nothing", own_multiplier_changes_nothing})
