#include "nas/fold.h"

#include <math.h>

#include "nas/layers.h"

double axn_most_bias(int64_t taps)
{
    double exact = INT32_MAX - 65025.0 * (double)taps; /* what a model may have at all */
    return fmax(exact - 65535.0 * (double)taps, exact / 2);
}

void axn_fold_channel(axn_model_layer *layer, int unit, double slope, double offset, int64_t taps)
{
    const double most = axn_most_bias(taps);
    double ratio = slope;
    if (fabs(offset) > most * fabs(ratio)) {
        ratio = copysign(fabs(offset) / most, slope < 0 ? -1 : 1);
    }
    const axn_fixed_ratio r = axn_fixed_ratio_of(ratio);
    layer->mantissa[unit] = r.mantissa;
    layer->shift[unit] = r.shift;
    double bias = ratio != 0 ? nearbyint(offset / ratio) : 0;
    layer->bias[unit] = (int32_t)fmax(-most, fmin(most, bias));
}
