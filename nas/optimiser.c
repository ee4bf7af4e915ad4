/* Adam, SGD with Nesterov's momentum and Muon, coupled and decoupled L2, schedules of the rate. */
#include <math.h>

#include "nas/trainer_internal.h"
#include "nas/vectorise.h"

#define BETA_1 0.9
#define BETA_2 0.999
#define EPSILON 1e-8F
#define PART 16384 /* parameters of one piece of work */
/* SGD's usual rate beside Muon's; the orthogonal steps are measured in Adam's. */
#define BESIDE_MUON 8

/* One-cycle (Smith and Topin 2019): up over 30 % of the steps, then down to almost 0. */
#define WARM_UP 0.3
#define START_DIVISOR 25.0
#define END_DIVISOR 1e4

static double cosine(double from, double to, double part)
{
    return to + (from - to) * 0.5 * (1 + cos(M_PI * part));
}

double axn_learning_rate(const axn_trainer_config *config, int64_t step, int64_t steps)
{
    double most = config->learning_rate;
    double part = steps > 0 ? (double)step / (double)steps : 0;
    part = part > 1 ? 1 : part;
    switch (config->schedule) {
    case AXN_SCHEDULE_STEP: {
        const int64_t epoch = steps > 0 ? step * config->epochs / steps : 0;
        const int64_t drops = epoch / config->step_epochs;
        return most * pow(config->step_factor, (double)drops);
    }
    case AXN_SCHEDULE_COSINE:
        return cosine(most, 0, part);
    case AXN_SCHEDULE_ONE_CYCLE:
        return part < WARM_UP ? cosine(most / START_DIVISOR, most, part / WARM_UP)
                              : cosine(most, most / END_DIVISOR, (part - WARM_UP) / (1 - WARM_UP));
    case AXN_SCHEDULE_CONSTANT:
    default:
        return most;
    }
}

/* One step, as the parts need it. */
typedef struct update_step {
    axn_trainer *trainer;
    float rate;
    float adams_rate; /* with the correction of the first moment */
    float sgds_rate;
    float correction; /* of Adam's second moment: factor of its root */
    float momentum;   /* of SGD */
    float coupled;    /* L2 in the gradient */
    float keep;       /* of a weight, where L2 is decoupled: 1 - rate * L2 */
} update_step;

AXN_VECTORISE static void adam(float *restrict p, float *restrict m, float *restrict v,
                               const float *restrict g0, const float *restrict g1,
                               const float *restrict g2, const float *restrict g3, int64_t count,
                               float rate, float correction, float l2, float keep)
{
    const float beta_1 = (float)BETA_1, beta_2 = (float)BETA_2;
    for (int64_t i = 0; i < count; i++) {
        float g = ((g0[i] + g1[i]) + g2[i]) + g3[i];
        g += l2 * p[i];
        m[i] = beta_1 * m[i] + (1.0F - beta_1) * g;
        v[i] = beta_2 * v[i] + (1.0F - beta_2) * g * g;
        p[i] = keep * p[i] - rate * m[i] / (sqrtf(v[i]) * correction + EPSILON);
    }
}

/* Nesterov's momentum as Sutskever et al. 2013 write it, seen from the point looked ahead. */
AXN_VECTORISE static void sgd(float *restrict p, float *restrict m, const float *restrict g0,
                              const float *restrict g1, const float *restrict g2,
                              const float *restrict g3, int64_t count, float rate, float momentum,
                              float l2, float keep)
{
    for (int64_t i = 0; i < count; i++) {
        float g = ((g0[i] + g1[i]) + g2[i]) + g3[i];
        g += l2 * p[i];
        m[i] = momentum * m[i] + g;
        p[i] = keep * p[i] - rate * (g + momentum * m[i]);
    }
}

/* L2 is for the weights, which come first. */
static void step_range(const update_step *u, int64_t begin, int64_t end)
{
    axn_trainer *t = u->trainer;
    float *const *g = t->gradients;
    while (begin < end) {
        const bool decays = begin < t->weight_count;
        const int64_t stop = decays && end > t->weight_count ? t->weight_count : end;
        const int64_t count = stop - begin;
        const float l2 = decays ? u->coupled : 0.0F, keep = decays ? u->keep : 1.0F;
        if (t->config.optimiser == AXN_OPTIMISER_ADAM) {
            adam(t->parameters + begin, t->first + begin, t->second + begin, g[0] + begin,
                 g[1] + begin, g[2] + begin, g[3] + begin, count, u->adams_rate, u->correction, l2,
                 keep);
        } else {
            sgd(t->parameters + begin, t->first + begin, g[0] + begin, g[1] + begin, g[2] + begin,
                g[3] + begin, count, u->sgds_rate, u->momentum, l2, keep);
        }
        begin = stop;
    }
}

static void update_part(void *context, int part, int thread)
{
    (void)thread;
    const update_step *u = context;
    const int64_t begin = (int64_t)part * PART, end = begin + PART;
    const int64_t count = u->trainer->parameter_count;
    step_range(u, begin, end < count ? end : count);
}

/* Muon: the convolutions' weights, layer by layer; all else by SGD. */
static void update_layer(void *context, int layer, int thread)
{
    const update_step *u = context;
    axn_trainer *t = u->trainer;
    if (layer == t->network->count) {
        step_range(u, t->weight_count, t->parameter_count);
        return;
    }
    const axn_train_layer *l = &t->layers[layer];
    if (l->layer->kind == AXN_LAYER_CONV) {
        axn_muon_step(t, l, thread, u->rate, u->coupled, u->keep);
    } else if (l->taps > 0) {
        step_range(u, l->weights, l->weights + (int64_t)l->units * l->taps);
    }
}

void axn_optimiser_step(axn_trainer *trainer, double rate)
{
    const axn_trainer_config *config = &trainer->config;
    const double t = (double)(trainer->step + 1);
    update_step u = {
        .trainer = trainer,
        .rate = (float)rate,
        .adams_rate = (float)(rate / (1 - pow(BETA_1, t))),
        .sgds_rate = (float)(config->optimiser == AXN_OPTIMISER_MUON ? BESIDE_MUON * rate : rate),
        .correction = (float)(1 / sqrt(1 - pow(BETA_2, t))),
        .momentum = (float)config->momentum,
        .coupled = config->decoupled_l2 ? 0.0F : (float)config->l2,
        .keep = config->decoupled_l2 ? (float)(1 - rate * config->l2) : 1.0F};
    if (config->optimiser == AXN_OPTIMISER_MUON) {
        axn_pool_run(trainer->pool, trainer->network->count + 1, update_layer, &u);
    } else {
        axn_pool_run(trainer->pool, (int)((trainer->parameter_count + PART - 1) / PART),
                     update_part, &u);
    }
}
