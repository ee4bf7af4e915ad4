#include "nas/correct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/correct_internal.h"

/* The layer as it is, mapped as it is, mapped and swapped. */
#define MOST_PLANS 3

/* One way to compute a layer from now on. */
typedef struct plan {
    bool exchanged; /* operands, against how they are now */
    bool mapping;
    uint8_t map[256];
    uint8_t *weights; /* [units][taps], with mapping */
    bool *fits;       /* [units], with mapping: channels to be mapped */
} plan;

typedef struct correct_run {
    axn_walk walk;
    const axn_table *tables, *reference;
    const axn_correction *correction;
    int layer;
    uint64_t activations[256];
    plan plans[MOST_PLANS];
    axn_variant variants[MOST_PLANS];
    int plan_count;
    axn_moments *moments; /* [plan][2][units] */
    int64_t count;        /* sums a channel */
} correct_run;

void axn_correction_result_free(axn_correction_result *result)
{
    free(result->layers);
    *result = (axn_correction_result){0};
}

static axn_layer *layer_of(const correct_run *run)
{
    return &run->walk.model->network.layers[run->layer];
}

static axn_model_layer *quantised_of(const correct_run *run)
{
    return &run->walk.model->layers[run->layer];
}

static const axn_table *reference_of(const correct_run *run)
{
    return run->reference != NULL ? &run->reference[layer_of(run)->multiplier] : NULL;
}

static bool refolds(const correct_run *run)
{
    return run->correction->reestimate_norm && quantised_of(run)->norm_mean != NULL;
}

/* ---- plans ---- */

static void find_map(const correct_run *run, const axn_table *table, bool swap, axn_table work[2],
                     uint8_t map[256])
{
    const axn_table *wanted = reference_of(run);
    if (wanted != NULL && layer_of(run)->swap_operands) {
        axn_table_transpose(wanted, &work[0]);
        wanted = &work[0];
    }
    if (swap) {
        axn_table_transpose(table, &work[1]);
        table = &work[1];
    }
    axn_weight_map(wanted, table,
                   run->correction->mapping == AXN_MAP_BY_HISTOGRAM ? run->activations : NULL, map);
}

static axn_status fill_mapping(const correct_run *run, plan *made, const axn_variant *variant,
                               axn_error *error)
{
    const axn_model *model = run->walk.model;
    const size_t units = (size_t)layer_of(run)->units;
    const size_t taps = (size_t)axn_layer_taps(&model->network, run->layer);
    axn_table *work = NULL;
    axn_status status = axn_allocate(&work, 2, sizeof *work, "tables", error);
    if (status == AXN_OK) {
        status = axn_allocate(&made->weights, units, taps, "mapped weights", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&made->fits, units, sizeof *made->fits, "mapped weights", error);
    }
    if (status == AXN_OK) {
        find_map(run, variant->table, variant->swap, work, made->map);
        memcpy(made->weights, quantised_of(run)->weights, units * taps);
        for (size_t unit = 0; unit < units; unit++) {
            made->fits[unit] = axn_map_fits(model, run->layer, (int)unit, made->map);
            for (size_t k = unit * taps; k < (unit + 1) * taps && made->fits[unit]; k++) {
                made->weights[k] = made->map[made->weights[k]];
            }
        }
    }
    free(work);
    return status;
}

static axn_status add_plan(correct_run *run, bool exchanged, bool mapping, axn_error *error)
{
    const axn_layer *layer = layer_of(run);
    const int place = run->plan_count++;
    plan *made = &run->plans[place];
    axn_variant *variant = &run->variants[place];
    *made = (plan){.exchanged = exchanged, .mapping = mapping};
    *variant = (axn_variant){.table = &run->tables[layer->multiplier],
                             .swap = layer->swap_operands != exchanged,
                             .weights = quantised_of(run)->weights,
                             .sums = run->moments + (ptrdiff_t)2 * place * layer->units,
                             .errors = run->moments + (ptrdiff_t)(2 * place + 1) * layer->units};
    if (!mapping) {
        return AXN_OK;
    }
    axn_status status = fill_mapping(run, made, variant, error);
    variant->weights = made->weights;
    return status;
}

/* Plan 0 is the layer as it is. */
static axn_status make_plans(correct_run *run, axn_error *error)
{
    const axn_correction *correction = run->correction;
    const bool mapping = correction->mapping != AXN_MAP_NONE;
    axn_status status = axn_allocate(&run->moments, 2 * MOST_PLANS * (size_t)layer_of(run)->units,
                                     sizeof *run->moments, "sums", error);
    if (status == AXN_OK && correction->mapping == AXN_MAP_BY_HISTOGRAM) {
        status = axn_walk_activations(&run->walk, run->layer, run->activations, error);
    }
    if (status == AXN_OK) {
        status = add_plan(run, false, false, error);
    }
    if (status == AXN_OK && mapping && correction->operand_order != AXN_ORDER_SWAPPED) {
        status = add_plan(run, false, true, error);
    }
    if (status == AXN_OK && correction->operand_order != AXN_ORDER_AS_IS) {
        status = add_plan(run, true, mapping, error);
    }
    return status;
}

static void drop_plans(correct_run *run)
{
    for (int i = 0; i < run->plan_count; i++) {
        free(run->plans[i].weights);
        free(run->plans[i].fits);
    }
    free(run->moments);
    run->moments = NULL;
    run->plan_count = 0;
}

/* Mean square error of the layer's output codes before the clamp; without the mean error of
 * each channel if that will be taken out. */
static double output_error(const correct_run *run, int which, bool centred)
{
    const axn_model_layer *quantised = quantised_of(run);
    const int units = layer_of(run)->units;
    double total = 0;
    for (int unit = 0; unit < units; unit++) {
        const axn_moments *errors = &run->variants[which].errors[unit];
        double ratio = ldexp(quantised->mantissa[unit], -quantised->shift[unit]);
        total += ratio * ratio *
                 (centred ? axn_moments_variance(errors, run->count)
                          : axn_moments_mean_square(errors, run->count));
    }
    return total / units;
}

/* The sums of a layer decide, not single products, whose errors may cancel or add up. */
static int choose_plan(const correct_run *run, bool centred)
{
    int best = run->plan_count - 1;
    if (run->correction->operand_order == AXN_ORDER_BEST) {
        best = run->correction->mapping != AXN_MAP_NONE ? 1 : 0;
        if (output_error(run, run->plan_count - 1, centred) < output_error(run, best, centred)) {
            best = run->plan_count - 1;
        }
    }
    return best;
}

static void carry_out(const correct_run *run, const plan *chosen, axn_corrected_layer *out)
{
    axn_layer *layer = layer_of(run);
    const int64_t taps = axn_layer_taps(&run->walk.model->network, run->layer);
    const uint8_t *weights = quantised_of(run)->weights;
    layer->swap_operands = layer->swap_operands != chosen->exchanged;
    out->swapped = chosen->exchanged;
    for (int unit = 0; unit < layer->units && chosen->mapping; unit++) {
        if (!chosen->fits[unit]) {
            out->kept++;
            continue;
        }
        for (int64_t k = unit * taps; k < (unit + 1) * taps; k++) {
            out->mapped += weights[k] != chosen->weights[k];
        }
        axn_map_channel(run->walk.model, run->layer, unit, chosen->map);
    }
}

static axn_status correct_layer(correct_run *run, axn_corrected_layer *out, axn_error *error)
{
    const bool refold = refolds(run), centred = refold || run->correction->correct_bias;
    axn_status status = make_plans(run, error);
    if (status == AXN_OK) {
        status = axn_walk_measure(&run->walk, run->layer, reference_of(run),
                                  layer_of(run)->swap_operands, run->variants, run->plan_count,
                                  &run->count, error);
    }
    if (status == AXN_OK) {
        int which = choose_plan(run, centred);
        out->convolution = true;
        out->error_before = sqrt(output_error(run, 0, false));
        out->error_after = sqrt(output_error(run, which, centred));
        carry_out(run, &run->plans[which], out);
        if (refold) {
            axn_refold_norms(run->walk.model, run->layer, run->variants[which].sums, run->count,
                             out);
        } else if (run->correction->correct_bias) {
            axn_correct_biases(run->walk.model, run->layer, run->variants[which].errors, run->count,
                               out);
        }
        status = axn_walk_renew(&run->walk, error);
    }
    drop_plans(run);
    return status;
}

static axn_status finish_model(axn_model *model, const axn_table *tables, axn_error *error)
{
    const uint16_t *products[AXN_MODEL_MAX_MULTIPLIERS];
    for (int i = 0; i < model->multiplier_count; i++) {
        products[i] = tables[i].product;
    }
    axn_model_prove(model, products);
    return axn_model_check(model, error);
}

axn_status axn_model_correct(axn_model *model, const axn_table *tables, const axn_table *reference,
                             const axn_correction *correction, const axn_calibration *calibration,
                             axn_correction_result *out, axn_error *error)
{
    correct_run run = {.tables = tables, .reference = reference, .correction = correction};
    *out =
        (axn_correction_result){.images = calibration->count, .layer_count = model->network.count};
    axn_status status = axn_allocate(&out->layers, (size_t)model->network.count,
                                     sizeof *out->layers, "corrections", error);
    if (status == AXN_OK) {
        status = axn_walk_start(&run.walk, model, tables, calibration, error);
    }
    for (int i = 0; i < model->network.count && status == AXN_OK; i++) {
        run.layer = i;
        if (model->network.layers[i].kind == AXN_LAYER_CONV) {
            status = correct_layer(&run, &out->layers[i], error);
        }
        if (status == AXN_OK) {
            status = axn_walk_layer(&run.walk, i, error);
        }
        if (status == AXN_OK) {
            status = axn_walk_report(&run.walk, i + 1, error);
        }
    }
    axn_walk_end(&run.walk);
    if (status == AXN_OK) {
        status = finish_model(model, tables, error);
    }
    if (status != AXN_OK) {
        axn_correction_result_free(out);
    }
    return status;
}
