#include <math.h>

#include "nas/layers.h"

/* exp(l - largest) into p; returns their sum. */
static double softmax_terms(float *p, const float *l, int classes, float largest)
{
    double sum = 0;
    for (int c = 0; c < classes; c++) {
        p[c] = expf(l[c] - largest);
        sum += (double)p[c];
    }
    return sum;
}

double axn_loss(float *gradient, int *correct, const float *logits, const uint8_t *labels,
                int images, int classes, double smoothing, float factor)
{
    double loss = 0;
    double off = smoothing / classes;
    for (int image = 0; image < images; image++) {
        const float *l = logits + (size_t)image * (size_t)classes;
        float *g = gradient + (size_t)image * (size_t)classes;
        int best = 0;
        for (int c = 1; c < classes; c++) {
            best = l[c] > l[best] ? c : best;
        }
        *correct += best == labels[image];
        double sum = softmax_terms(g, l, classes, l[best]);
        double log_sum = log(sum) + (double)l[best];
        for (int c = 0; c < classes; c++) {
            double target = off + (c == labels[image] ? 1 - smoothing : 0);
            loss -= target > 0 ? target * ((double)l[c] - log_sum) : 0;
            g[c] = factor * (float)((double)g[c] / sum - target);
        }
    }
    return loss;
}
