#include "nas/assign_evaluator.h"

#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "nas/inference_internal.h"

/* What one thread changes from assignment to assignment. */
typedef struct mixture {
    axn_inference inference; /* the evaluator's, with the two arrays below */
    axn_model model;
    axn_model_layer *layers;
    axn_inference_product *products;
    bool *stale;     /* [layer] map has to be computed again */
    int32_t *logits; /* [batch][classes] */
    int *correct;    /* [assignment] of the present run */
} mixture;

struct axn_assign_evaluator {
    const axn_model *variants;
    axn_inference **plans; /* [variant] */
    int variant_count;
    axn_inference *base; /* shape, pool and scratch */
    int *convolutions;   /* [convolution_count] layers */
    int convolution_count;
    mixture *mixtures; /* [thread] */
};

typedef struct evaluation {
    axn_assign_evaluator *evaluator;
    const uint16_t *choices;
    const int *order; /* [count] assignments, alike ones side by side */
    int count;
    const uint8_t *const *images;
    const uint8_t *labels;
    int image_count;
} evaluation;

static axn_status find_convolutions(axn_assign_evaluator *evaluator, axn_error *error)
{
    const axn_network *network = &evaluator->variants[0].network;
    axn_status status = axn_allocate(&evaluator->convolutions, (size_t)network->count, sizeof(int),
                                     "assignments", error);
    for (int i = 0; i < network->count && status == AXN_OK; i++) {
        if (network->layers[i].kind == AXN_LAYER_CONV) {
            evaluator->convolutions[evaluator->convolution_count++] = i;
        }
    }
    if (status == AXN_OK && evaluator->convolution_count == 0) {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "the network has no convolution to assign a multiplier to");
    }
    return status;
}

static axn_status plan_variants(axn_assign_evaluator *evaluator, const axn_table *const *tables,
                                axn_pool *pool, axn_error *error)
{
    axn_status status = axn_allocate(&evaluator->plans, (size_t)evaluator->variant_count,
                                     sizeof(axn_inference *), "assignments", error);
    for (int v = 0; v < evaluator->variant_count && status == AXN_OK; v++) {
        status = axn_inference_plan(&evaluator->variants[v], tables[v], pool, &evaluator->plans[v],
                                    error);
    }
    if (status == AXN_OK) {
        status =
            axn_inference_plan(&evaluator->variants[0], tables[0], pool, &evaluator->base, error);
    }
    return status == AXN_OK ? axn_inference_keep_maps(evaluator->base, error) : status;
}

static axn_status create_mixture(const axn_assign_evaluator *evaluator, mixture *mix,
                                 axn_error *error)
{
    const axn_inference *base = evaluator->base;
    const axn_model *model = &evaluator->variants[0];
    size_t layers = (size_t)model->network.count;
    int classes = model->network.layers[layers - 1].units;
    axn_status status = axn_allocate(&mix->layers, layers, sizeof *mix->layers, "a plan", error);
    if (status == AXN_OK) {
        status = axn_allocate(&mix->products, layers, sizeof *mix->products, "a plan", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&mix->stale, layers, sizeof *mix->stale, "a plan", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&mix->logits, (size_t)base->batch * (size_t)classes,
                              sizeof *mix->logits, "logits", error);
    }
    if (status == AXN_OK) {
        memcpy(mix->layers, model->layers, layers * sizeof *mix->layers);
        memcpy(mix->products, base->products, layers * sizeof *mix->products);
        mix->model = *model;
        mix->model.layers = mix->layers;
        mix->inference = *base;
        mix->inference.model = &mix->model;
        mix->inference.products = mix->products;
    }
    return status;
}

axn_status axn_assign_evaluator_create(const axn_model *variants, const axn_table *const *tables,
                                       int variant_count, axn_pool *pool,
                                       axn_assign_evaluator **out, axn_error *error)
{
    axn_assign_evaluator *evaluator = NULL;
    axn_status status = axn_allocate(&evaluator, 1, sizeof *evaluator, "assignments", error);
    if (status != AXN_OK) {
        return status;
    }
    evaluator->variants = variants;
    evaluator->variant_count = variant_count;
    status = find_convolutions(evaluator, error);
    if (status == AXN_OK) {
        status = plan_variants(evaluator, tables, pool, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&evaluator->mixtures, (size_t)evaluator->base->threads,
                              sizeof *evaluator->mixtures, "a plan", error);
    }
    for (int t = 0; status == AXN_OK && t < evaluator->base->threads; t++) {
        status = create_mixture(evaluator, &evaluator->mixtures[t], error);
    }
    if (status != AXN_OK) {
        axn_assign_evaluator_free(evaluator);
        return status;
    }
    *out = evaluator;
    return AXN_OK;
}

void axn_assign_evaluator_free(axn_assign_evaluator *evaluator)
{
    if (evaluator == NULL) {
        return;
    }
    for (int t = 0; evaluator->mixtures != NULL && t < evaluator->base->threads; t++) {
        free(evaluator->mixtures[t].layers);
        free(evaluator->mixtures[t].products);
        free(evaluator->mixtures[t].stale);
        free(evaluator->mixtures[t].logits);
    }
    for (int v = 0; evaluator->plans != NULL && v < evaluator->variant_count; v++) {
        axn_inference_free(evaluator->plans[v]);
    }
    axn_inference_free(evaluator->base);
    free(evaluator->plans);
    free(evaluator->mixtures);
    free(evaluator->convolutions);
    free(evaluator);
}

int axn_assign_evaluator_convolutions(const axn_assign_evaluator *evaluator)
{
    return evaluator->convolution_count;
}

/* Takes each convolution from its variant, and marks the maps that no longer hold.
 * before: the assignment whose maps stand in the slots, NULL = none. */
static void mix_layers(const axn_assign_evaluator *evaluator, mixture *mix, const uint16_t *before,
                       const uint16_t *now)
{
    const axn_network *network = &mix->model.network;
    int convolution = 0;
    for (int i = 1; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        mix->stale[i] = before == NULL;
        for (int j = 0; j < layer->input_count; j++) {
            mix->stale[i] = mix->stale[i] || mix->stale[layer->inputs[j]];
        }
        if (layer->kind == AXN_LAYER_CONV) {
            int choice = now[convolution];
            mix->stale[i] = mix->stale[i] || before[convolution] != choice;
            mix->layers[i] = evaluator->variants[choice].layers[i];
            mix->products[i] = evaluator->plans[choice]->products[i];
            convolution++;
        }
    }
}

static void compute(const mixture *mix, const axn_inference_scratch *scratch, int images)
{
    const axn_network *network = &mix->model.network;
    for (int i = 1; i < network->count; i++) {
        axn_layer_kind kind = network->layers[i].kind;
        if (!mix->stale[i]) {
            continue;
        }
        if (kind == AXN_LAYER_CONV || kind == AXN_LAYER_DENSE) {
            axn_inference_product_layer(&mix->inference, scratch, i, images, mix->logits);
        } else {
            axn_inference_other_layer(&mix->inference, scratch, i, images);
        }
    }
}

static void evaluate_batch(void *context, int part, int thread)
{
    const evaluation *job = context;
    const axn_assign_evaluator *evaluator = job->evaluator;
    mixture *mix = &evaluator->mixtures[thread];
    const axn_inference_scratch *scratch = &evaluator->base->scratch[thread];
    int batch = evaluator->base->batch, first = part * batch;
    int images = job->image_count - first < batch ? job->image_count - first : batch;
    int classes = mix->model.network.layers[mix->model.network.count - 1].units;
    const uint16_t *before = NULL;
    axn_inference_take_images(&mix->inference, scratch, job->images + first, images);
    for (int i = 0; i < job->count && !axn_interrupted(); i++) {
        int which = job->order[i];
        const uint16_t *now = job->choices + (int64_t)which * evaluator->convolution_count;
        mix_layers(evaluator, mix, before, now);
        compute(mix, scratch, images);
        for (int k = 0; k < images; k++) {
            int class = axn_inference_best_class(mix->logits + (int64_t)k * classes, classes);
            mix->correct[which] += class == job->labels[first + k];
        }
        before = now;
    }
}

/* What qsort_r hands to the comparison. */
typedef struct choice_order {
    const uint16_t *choices;
    int convolutions;
} choice_order;

static int by_choices(const void *one, const void *other, void *context)
{
    const choice_order *order = context;
    int a = *(const int *)one, b = *(const int *)other;
    for (int i = 0; i < order->convolutions; i++) {
        int difference = (int)order->choices[(int64_t)a * order->convolutions + i] -
                         (int)order->choices[(int64_t)b * order->convolutions + i];
        if (difference != 0) {
            return difference;
        }
    }
    return a - b;
}

axn_status axn_assign_evaluator_run(axn_assign_evaluator *evaluator, const uint16_t *choices,
                                    int count, const uint8_t *const *images, const uint8_t *labels,
                                    int image_count, int *correct, axn_error *error)
{
    int *order = NULL, *totals = NULL;
    int threads = evaluator->base->threads, batch = evaluator->base->batch;
    axn_status status = axn_allocate(&order, (size_t)count, sizeof *order, "assignments", error);
    if (status == AXN_OK) {
        status = axn_allocate(&totals, (size_t)count * (size_t)threads, sizeof *totals,
                              "assignments", error);
    }
    if (status == AXN_OK) {
        choice_order alike = {choices, evaluator->convolution_count};
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        qsort_r(order, (size_t)count, sizeof *order, by_choices, &alike);
        for (int t = 0; t < threads; t++) {
            evaluator->mixtures[t].correct = totals + (size_t)t * (size_t)count;
        }
        evaluation job = {evaluator, choices, order, count, images, labels, image_count};
        axn_pool_run(evaluator->base->pool, (image_count + batch - 1) / batch, evaluate_batch,
                     &job);
        status = axn_interrupt_check(error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        correct[i] = 0;
        for (int t = 0; t < threads; t++) {
            correct[i] += totals[(size_t)t * (size_t)count + (size_t)i];
        }
    }
    free(order);
    free(totals);
    return status;
}
