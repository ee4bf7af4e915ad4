/* Adam with coupled L2, and the schedules of its learning rate. */
#include <math.h>

#include "nas/trainer_internal.h"
#include "nas/vectorise.h"

#define BETA_1 0.9
#define BETA_2 0.999
#define EPSILON 1e-8F
#define PART 16384 /* parameters of one piece of work */

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

typedef struct adam {
    axn_trainer *trainer;
    float rate;   /* with the correction of the first moment */
    float second; /* correction of the second: factor of its root */
    float l2;
} adam;

AXN_VECTORISE static void update(float *restrict p, float *restrict m, float *restrict v,
                                 const float *restrict g0, const float *restrict g1,
                                 const float *restrict g2, const float *restrict g3, int64_t count,
                                 float rate, float correction, float l2)
{
    const float beta_1 = (float)BETA_1, beta_2 = (float)BETA_2;
    for (int64_t i = 0; i < count; i++) {
        float g = ((g0[i] + g1[i]) + g2[i]) + g3[i];
        g += l2 * p[i];
        m[i] = beta_1 * m[i] + (1.0F - beta_1) * g;
        v[i] = beta_2 * v[i] + (1.0F - beta_2) * g * g;
        p[i] -= rate * m[i] / (sqrtf(v[i]) * correction + EPSILON);
    }
}

static void update_part(void *context, int part, int thread)
{
    (void)thread;
    const adam *a = context;
    axn_trainer *t = a->trainer;
    int64_t begin = (int64_t)part * PART;
    int64_t end = begin + PART < t->parameter_count ? begin + PART : t->parameter_count;
    while (begin < end) {
        bool decays = begin < t->weight_count;
        int64_t stop = decays && end > t->weight_count ? t->weight_count : end;
        update(t->parameters + begin, t->first + begin, t->second + begin, t->gradients[0] + begin,
               t->gradients[1] + begin, t->gradients[2] + begin, t->gradients[3] + begin,
               stop - begin, a->rate, a->second, decays ? a->l2 : 0.0F);
        begin = stop;
    }
}

void axn_optimiser_step(axn_trainer *trainer, double rate)
{
    double t = (double)(trainer->step + 1);
    adam a = {.trainer = trainer,
              .rate = (float)(rate / (1 - pow(BETA_1, t))),
              .second = (float)(1 / sqrt(1 - pow(BETA_2, t))),
              .l2 = (float)trainer->config.l2};
    axn_pool_run(trainer->pool, (int)((trainer->parameter_count + PART - 1) / PART), update_part,
                 &a);
}
