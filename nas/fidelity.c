#include "nas/fidelity.h"

#include <math.h>

#define ZERO_POINT 128
#define WEIGHT_DEVIATION 42.0
#define ACTIVATION_DEVIATION 64.0

static double bell(double value, double deviation)
{
    return exp(-value * value / (2 * deviation * deviation));
}

static void normalise(double *weights)
{
    double sum = 0;
    for (int i = 0; i < 256; i++) {
        sum += weights[i];
    }
    for (int i = 0; i < 256; i++) {
        weights[i] /= sum;
    }
}

double axn_fidelity(const axn_table *table)
{
    double activation[256];
    double weight[256];
    double exact = 0, made = 0, exact2 = 0, made2 = 0, both = 0;
    activation[0] = 0;
    for (int i = 0; i < 256; i++) {
        weight[i] = bell(i - ZERO_POINT, WEIGHT_DEVIATION);
        activation[i] = i > 0 ? bell(i, ACTIVATION_DEVIATION) : 0;
    }
    normalise(activation);
    normalise(weight);
    for (int i = 0; i < 256; i++) {
        activation[i] = activation[i] / 2 + (i == 0 ? .5 : 0);
    }
    for (int x = 0; x < 256; x++) {
        for (int w = 0; w < 256; w++) {
            double p = activation[x] * weight[w];
            double a = (double)x * (w - ZERO_POINT);
            double b = (double)table->product[x * 256 + w] - (double)x * ZERO_POINT;
            exact += p * a;
            made += p * b;
            exact2 += p * a * a;
            made2 += p * b * b;
            both += p * a * b;
        }
    }
    double covariance = both - exact * made;
    double variances = (exact2 - exact * exact) * (made2 - made * made);
    double share = variances > 0 ? covariance * covariance / variances : 0;
    return fmax(round(share * 1e6) / 1e6, 1e-6);
}

double axn_signal_share(const axn_phenotype *phenotype, const axn_search_multiplier *multipliers)
{
    const axn_network *network = &phenotype->network;
    double share[AXN_MAX_LAYERS] = {1};
    bool known = true;
    for (int i = 1; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        share[i] = 0;
        for (int k = 0; k < layer->input_count; k++) {
            share[i] = fmax(share[i], share[layer->inputs[k]]);
        }
        if (layer->kind == AXN_LAYER_CONV) {
            double fidelity = multipliers[phenotype->multipliers[layer->multiplier]].fidelity;
            known = known && fidelity > 0;
            share[i] *= fidelity;
        }
    }
    return known ? fmax(round(share[network->count - 1] * 1e9) / 1e9, 1e-9) : 0;
}
