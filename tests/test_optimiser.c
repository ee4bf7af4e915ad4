/* Optimisers and schedules against the formulas of their papers, in double precision. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "nas/trainer_config.h"
#include "nas/trainer_internal.h"
#include "tests/check.h"

/* More than one piece of work, and the end of the weights within one. */
#define WEIGHTS 20011
#define PARAMETERS 20500
#define STEPS 7

/* Minimises the sum of 0.5 c (p - d)^2 over the parameters, whose gradient comes in four
 * shards. */
typedef struct problem {
    axn_trainer trainer;
    double curvature[PARAMETERS], goal[PARAMETERS], start[PARAMETERS];
} problem;

static float *floats(void)
{
    axn_error error = {0};
    float *p = NULL;
    AXN_REQUIRE_OK(axn_allocate(&p, PARAMETERS, sizeof *p, "a test", &error), error);
    return p;
}

static problem *open_problem(axn_trainer_config config, int threads)
{
    axn_error error = {0};
    problem *p = NULL;
    AXN_REQUIRE_OK(axn_allocate(&p, 1, sizeof *p, "a test", &error), error);
    AXN_REQUIRE_OK(axn_pool_create(threads, &p->trainer.pool, &error), error);
    p->trainer.config = config;
    p->trainer.weight_count = WEIGHTS;
    p->trainer.parameter_count = PARAMETERS;
    p->trainer.parameters = floats();
    p->trainer.first = floats();
    p->trainer.second = floats();
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        p->trainer.gradients[shard] = floats();
    }
    for (int i = 0; i < PARAMETERS; i++) {
        p->curvature[i] = 0.1 + 0.05 * axn_random_below(&random, 20);
        p->goal[i] = axn_random_normal(&random);
        p->trainer.parameters[i] = (float)axn_random_normal(&random);
        p->start[i] = (double)p->trainer.parameters[i];
    }
    return p;
}

static void close_problem(problem *p)
{
    free(p->trainer.parameters);
    free(p->trainer.first);
    free(p->trainer.second);
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        free(p->trainer.gradients[shard]);
    }
    axn_pool_destroy(p->trainer.pool);
    free(p);
}

static double slope(const problem *p, int i, double at)
{
    return p->curvature[i] * (at - p->goal[i]);
}

/* Steps with the rate halved after each third. */
static double rate_of(const axn_trainer_config *config, int step)
{
    return config->learning_rate * (step < 3 ? 1 : 0.5);
}

static void run(problem *p)
{
    axn_trainer *t = &p->trainer;
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < PARAMETERS; i++) {
            const float g = (float)slope(p, i, (double)t->parameters[i]);
            for (int shard = 0; shard < AXN_SHARDS; shard++) {
                t->gradients[shard][i] = g / AXN_SHARDS;
            }
        }
        axn_optimiser_step(t, rate_of(&t->config, step));
        t->step++;
    }
}

/* Kingma and Ba 2015, algorithm 1; L2 in the gradient or, Loshchilov and Hutter 2019,
 * algorithm 2, beside the step. */
static double adam(const problem *p, int i)
{
    const axn_trainer_config *c = &p->trainer.config;
    const double decay = i < WEIGHTS ? c->l2 : 0;
    double x = p->start[i], m = 0, v = 0;
    for (int step = 0; step < STEPS; step++) {
        const double g = slope(p, i, x) + (c->decoupled_l2 ? 0 : decay * x);
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const double m_hat = m / (1 - pow(0.9, step + 1)), v_hat = v / (1 - pow(0.999, step + 1));
        const double gone = c->decoupled_l2 ? decay * x : 0;
        x -= rate_of(c, step) * (m_hat / (sqrt(v_hat) + 1e-8) + gone);
    }
    return x;
}

static double nesterov(const problem *p, int i)
{
    const axn_trainer_config *c = &p->trainer.config;
    const double decay = i < WEIGHTS ? c->l2 : 0;
    double x = p->start[i], velocity = 0;
    for (int step = 0; step < STEPS; step++) {
        const double g = slope(p, i, x) + (c->decoupled_l2 ? 0 : decay * x);
        velocity = c->momentum * velocity + g;
        const double gone = c->decoupled_l2 ? decay * x : 0;
        x -= rate_of(c, step) * (g + c->momentum * velocity + gone);
    }
    return x;
}

static void check_against(axn_trainer_config config, double (*reference)(const problem *, int))
{
    problem *p = open_problem(config, 2);
    double worst = 0, moved = 0;
    run(p);
    for (int i = 0; i < PARAMETERS; i++) {
        const double x = (double)p->trainer.parameters[i];
        worst = fmax(worst, fabs(x - reference(p, i)));
        moved = fmax(moved, fabs(x - p->start[i]));
    }
    CU_ASSERT_TRUE(worst < 2e-5);
    CU_ASSERT_TRUE(moved > 0.01);
    close_problem(p);
}

static axn_trainer_config make_config(bool sgd, bool decoupled, double l2)
{
    axn_trainer_config config;
    axn_trainer_defaults(&config);
    config.optimiser = sgd ? AXN_OPTIMISER_SGD : AXN_OPTIMISER_ADAM;
    config.learning_rate = sgd ? 0.1 : 0.02;
    config.decoupled_l2 = decoupled;
    config.l2 = l2;
    return config;
}

static void adam_is_adam(void)
{
    check_against(make_config(false, false, 0), adam);
    check_against(make_config(false, false, 0.1), adam);
    check_against(make_config(false, true, 0.1), adam);
}

static void sgd_is_sgd(void)
{
    check_against(make_config(true, false, 0), nesterov);
    check_against(make_config(true, false, 0.1), nesterov);
    check_against(make_config(true, true, 0.1), nesterov);
    axn_trainer_config plain = make_config(true, false, 0);
    plain.momentum = 0;
    check_against(plain, nesterov);
}

/* Nesterov 1983 as Sutskever et al. 2013 have it: the gradient is taken ahead, at x + mu v.
 * The trainer's parameters are those points. */
static void sgd_looks_ahead(void)
{
    axn_trainer_config config = make_config(true, false, 0);
    problem *p = open_problem(config, 1);
    axn_trainer *t = &p->trainer;
    double worst = 0;
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < PARAMETERS; i++) {
            t->gradients[0][i] = (float)slope(p, i, (double)t->parameters[i]);
        }
        axn_optimiser_step(t, config.learning_rate);
        t->step++;
    }
    for (int i = 0; i < PARAMETERS; i++) {
        double x = p->start[i], v = 0;
        for (int step = 0; step < STEPS; step++) {
            v = config.momentum * v - config.learning_rate * slope(p, i, x + config.momentum * v);
            x += v;
        }
        worst = fmax(worst, fabs((double)t->parameters[i] - (x + config.momentum * v)));
    }
    CU_ASSERT_TRUE(worst < 2e-5);
    close_problem(p);
}

static void threads_change_nothing(void)
{
    for (int sgd = 0; sgd < 2; sgd++) {
        problem *one = open_problem(make_config(sgd == 1, true, 0.01), 1);
        problem *three = open_problem(make_config(sgd == 1, true, 0.01), 3);
        run(one);
        run(three);
        bool same = true;
        for (int i = 0; i < PARAMETERS; i++) {
            same = same && one->trainer.parameters[i] == three->trainer.parameters[i];
        }
        CU_ASSERT_TRUE(same);
        close_problem(one);
        close_problem(three);
    }
}

/* Column `column` of the reflection I - 2 v v' / v'v, v = (1, 2, 3, ...). */
static double reflection(int row, int column, int size)
{
    const double square = (double)size * (size + 1) * (2 * size + 1) / 6;
    return (row == column) - 2.0 * (row + 1) * (column + 1) / square;
}

/* A matrix made of known singular vectors keeps them; its singular values become about 1. */
static void check_orthogonalised(int rows, int columns)
{
    const int small = rows < columns ? rows : columns;
    axn_error error = {0};
    float *x = NULL, *scratch = NULL;
    AXN_REQUIRE_OK(axn_allocate(&x, (size_t)rows * (size_t)columns, sizeof *x, "a test", &error),
                   error);
    AXN_REQUIRE_OK(axn_allocate(&scratch, axn_muon_scratch(rows, columns), 1, "a test", &error),
                   error);
    for (int i = 0; i < rows * columns; i++) {
        double sum = 0;
        for (int s = 0; s < small; s++) {
            sum += 30.0 / (1 + s % 8) * reflection(i / columns, s, rows) *
                   reflection(i % columns, s, columns);
        }
        x[i] = (float)sum;
    }
    axn_orthogonalise(x, rows, columns, scratch);
    double least = 10, most = 0, across = 0;
    for (int i = 0; i < small * small; i++) {
        const int u = i / small, v = i % small;
        double value = 0;
        for (int k = 0; k < rows * columns; k++) {
            value += reflection(k / columns, u, rows) * (double)x[k] *
                     reflection(k % columns, v, columns);
        }
        across = u != v ? fmax(across, fabs(value)) : across;
        least = u == v ? fmin(least, value) : least;
        most = u == v ? fmax(most, value) : most;
    }
    CU_ASSERT_TRUE(least > 0.65 && most < 1.25);
    CU_ASSERT_TRUE(across < 1e-4);
    free(x);
    free(scratch);
}

static void muon_is_orthogonal(void)
{
    check_orthogonalised(1, 9);
    check_orthogonalised(16, 27);
    check_orthogonalised(24, 5);
    check_orthogonalised(16, 16);
}

/* The steps of a convolution of one unit: a row's orthogonal matrix is the row by its length, so
 * each step has the same known length and the direction of the momentum. */
static void muon_steps_by_the_rate(void)
{
    enum { TAPS = 9 };
    axn_trainer_config config = make_config(false, true, 0.1);
    config.optimiser = AXN_OPTIMISER_MUON;
    problem *p = open_problem(config, 1);
    axn_error error = {0};
    char *scratch = NULL;
    AXN_REQUIRE_OK(axn_allocate(&scratch, axn_muon_scratch(1, TAPS), 1, "a test", &error), error);
    p->trainer.scratch = &scratch;
    const axn_train_layer layer = {.weights = 100, .units = 1, .taps = TAPS};
    double momentum[TAPS] = {0};
    for (int step = 0; step < STEPS; step++) {
        double before[TAPS], ahead[TAPS], length = 0, size = 0;
        for (int i = 0; i < TAPS; i++) {
            before[i] = (double)p->trainer.parameters[100 + i];
            const double g = slope(p, 100 + i, before[i]);
            p->trainer.gradients[0][100 + i] = (float)g;
            momentum[i] = config.momentum * momentum[i] + g;
            ahead[i] = g + config.momentum * momentum[i];
            length += ahead[i] * ahead[i];
        }
        axn_muon_step(&p->trainer, &layer, 0, 0.01F, 0, 0.999F);
        for (int i = 0; i < TAPS; i++) {
            const double moved = 0.999 * before[i] - (double)p->trainer.parameters[100 + i];
            size += moved * ahead[i] / sqrt(length);
        }
        /* .2 sqrt(9) of the rate, times a singular value of .7 to 1.2 */
        CU_ASSERT_TRUE(size > 0.65 * 0.006 && size < 1.25 * 0.006);
        for (int i = 0; i < TAPS; i++) {
            const double moved = 0.999 * before[i] - (double)p->trainer.parameters[100 + i];
            CU_ASSERT_DOUBLE_EQUAL(moved, size * ahead[i] / sqrt(length), 1e-5);
        }
    }
    p->trainer.scratch = NULL;
    free(scratch);
    close_problem(p);
}

static void rates_follow_their_schedules(void)
{
    axn_trainer_config c;
    axn_trainer_defaults(&c);
    c.learning_rate = 0.4;
    c.epochs = 10;
    c.schedule = AXN_SCHEDULE_CONSTANT;
    CU_ASSERT_EQUAL(axn_learning_rate(&c, 0, 700), 0.4);
    CU_ASSERT_EQUAL(axn_learning_rate(&c, 699, 700), 0.4);

    c.schedule = AXN_SCHEDULE_STEP; /* 70 batches an epoch */
    c.step_epochs = 3;
    c.step_factor = 0.5;
    const double steps[] = {0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05};
    for (int epoch = 0; epoch < 10; epoch++) {
        CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 70 * epoch, 700), steps[epoch], 1e-15);
        CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 70 * epoch + 69, 700), steps[epoch], 1e-15);
    }

    c.schedule = AXN_SCHEDULE_COSINE; /* Loshchilov and Hutter 2017, one period */
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 0, 700), 0.4, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 350, 700), 0.2, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 175, 700), 0.2 * (1 + sqrt(0.5)), 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 700, 700), 0, 1e-15);

    c.schedule = AXN_SCHEDULE_ONE_CYCLE; /* up to the most after 30 %, down to next to nothing */
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 0, 700), 0.4 / 25, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 105, 700), (0.4 + 0.4 / 25) / 2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 210, 700), 0.4, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 455, 700), (0.4 + 0.4e-4) / 2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_learning_rate(&c, 700, 700), 0.4e-4, 1e-12);
}

static void refused(axn_trainer_config config, const char *words)
{
    axn_error error = {0};
    AXN_CHECK_FAILS(axn_trainer_config_check(&config, &error), error, AXN_ERROR_USAGE, words);
}

static void impossible_settings_are_refused(void)
{
    axn_trainer_config good;
    axn_error error = {0};
    axn_trainer_defaults(&good);
    AXN_CHECK_OK(axn_trainer_config_check(&good, &error), error);
#define REFUSED(field, bad, words)                                                                 \
    do {                                                                                           \
        axn_trainer_config config = good;                                                          \
        config.field = bad;                                                                        \
        refused(config, words);                                                                    \
    } while (0)
    REFUSED(epochs, 0, "epochs");
    REFUSED(batch_size, 4097, "batch size");
    REFUSED(learning_rate, 0, "learning rate");
    REFUSED(learning_rate, (double)NAN, "learning rate");
    REFUSED(momentum, 1, "momentum");
    REFUSED(momentum, -0.1, "momentum");
    REFUSED(l2, -1e-4, "L2");
    REFUSED(step_factor, 0, "factor of a step");
    REFUSED(step_factor, 1.5, "factor of a step");
    REFUSED(schedule, AXN_SCHEDULE_STEP, "at least 1, not 0");
    REFUSED(label_smoothing, 1, "label smoothing");
    REFUSED(crop_padding, -1, "crop padding");
    REFUSED(gradient_window, 128, "window");
    axn_trainer_config config = good;
    config.decoupled_l2 = true;
    config.learning_rate = 10;
    config.l2 = 0.1;
    refused(config, "nothing of a weight");
}

static void words_stand_for_settings(void)
{
    char text[32];
    CU_ASSERT_EQUAL(axn_word_index(AXN_SCHEDULE_WORDS, "step"), AXN_SCHEDULE_STEP);
    CU_ASSERT_EQUAL(axn_word_index(AXN_SCHEDULE_WORDS, "one-cycle"), AXN_SCHEDULE_ONE_CYCLE);
    CU_ASSERT_EQUAL(axn_word_index(AXN_SCHEDULE_WORDS, "one"), -1);
    CU_ASSERT_EQUAL(axn_word_index(AXN_SCHEDULE_WORDS, ""), -1);
    CU_ASSERT_EQUAL(axn_word_index(AXN_GRADIENT_WORDS, "table"), AXN_GRADIENT_TABLE);
    CU_ASSERT_EQUAL(axn_word_index(AXN_ARITHMETIC_WORDS, "float"), AXN_ARITHMETIC_FLOAT);
    axn_word_at(AXN_OPTIMISER_WORDS, AXN_OPTIMISER_SGD, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "sgd");
    axn_word_at(AXN_OPTIMISER_WORDS, AXN_OPTIMISER_MUON, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "muon");
    axn_word_at(AXN_OPTIMISER_WORDS, 3, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "");
}

AXN_TEST_MAIN("optimiser", {"Adam and AdamW are those of their papers", adam_is_adam},
              {"SGD with momentum, and SGDW", sgd_is_sgd},
              {"SGD takes its gradient ahead", sgd_looks_ahead},
              {"Muon's steps are orthogonal", muon_is_orthogonal},
              {"Muon's steps have the rate's length", muon_steps_by_the_rate},
              {"the number of threads changes nothing", threads_change_nothing},
              {"rates follow their schedules", rates_follow_their_schedules},
              {"impossible settings are refused", impossible_settings_are_refused},
              {"words and settings belong together", words_stand_for_settings})
