#include "rtl_gen/budget.h"

#include <stdio.h>
#include <string.h>

#define NAMED 4 /* layers, at most, that an error lists */

int64_t axn_arena_memory_bytes(const axn_program *program)
{
    return (int64_t)axn_program_depths(program).arena * program->banks * 16;
}

int64_t axn_weight_memory_bytes(const axn_program *program)
{
    return (int64_t)axn_program_depths(program).weights * program->array.cols;
}

/* Appends ", NAME (BYTES)" as long as there is room. */
static void append(char *text, size_t size, int count, const char *name, int64_t bytes)
{
    const size_t used = strlen(text);
    if (count == NAMED) {
        snprintf(text + used, size - used, " and others");
    } else if (count < NAMED) {
        snprintf(text + used, size - used, "%s%s (%lld)", count > 0 ? ", " : "", name,
                 (long long)bytes);
    }
}

static bool alive(const axn_region *region, int operation)
{
    return region->size > 0 && region->first <= operation && region->last >= operation;
}

static int64_t bytes_alive(const axn_program *program, const axn_network *network, int operation)
{
    int64_t bytes = 0;
    for (int i = 0; i < network->count; i++) {
        bytes += alive(&program->regions[i], operation) ? program->regions[i].size : 0;
    }
    for (int i = 0; i < program->temporary_count; i++) {
        bytes += alive(&program->temporaries[i], operation) ? program->temporaries[i].size : 0;
    }
    return bytes;
}

static axn_status arena_too_small(const axn_program *program, const axn_network *network,
                                  int64_t limit, axn_error *error)
{
    char list[256] = "";
    int fullest = 0, count = 0;
    for (int i = 1; i < program->operation_count; i++) {
        if (bytes_alive(program, network, i) > bytes_alive(program, network, fullest)) {
            fullest = i;
        }
    }
    for (int i = 0; i < network->count; i++) {
        if (alive(&program->regions[i], fullest)) {
            append(list, sizeof list, count++, network->layers[i].name, program->regions[i].size);
        }
    }
    for (int i = 0; i < program->temporary_count; i++) {
        if (alive(&program->temporaries[i], fullest)) {
            append(list, sizeof list, count++, "a pooled operand", program->temporaries[i].size);
        }
    }
    return axn_fail(error, AXN_ERROR_LIMIT,
                    "the arena takes %lld bytes, at most %lld are allowed; in layer %s these "
                    "tensors lie in it at once: %s",
                    (long long)axn_arena_memory_bytes(program), (long long)limit,
                    network->layers[program->operation_layer[fullest]].name, list);
}

static axn_status weights_too_small(const axn_program *program, const axn_network *network,
                                    int64_t limit, axn_error *error)
{
    char list[256] = "";
    bool named[AXN_MAX_LAYERS] = {false};
    for (int count = 0; count < NAMED + 1; count++) {
        int largest = -1;
        int64_t most = 0;
        for (int i = 1; i < network->count; i++) {
            const int64_t bytes = axn_layer_taps(network, i) * network->layers[i].units;
            if (!named[i] && bytes > most) {
                most = bytes;
                largest = i;
            }
        }
        if (largest >= 0) {
            named[largest] = true;
            append(list, sizeof list, count, network->layers[largest].name, most);
        }
    }
    return axn_fail(error, AXN_ERROR_LIMIT,
                    "the weights take %lld bytes with %d columns, at most %lld are allowed; the "
                    "layers with the most are %s",
                    (long long)axn_weight_memory_bytes(program), program->array.cols,
                    (long long)limit, list);
}

axn_status axn_memory_budget_check(const axn_program *program, const axn_network *network,
                                   axn_memory_budget budget, axn_error *error)
{
    if (budget.arena_bytes > 0 && axn_arena_memory_bytes(program) > budget.arena_bytes) {
        return arena_too_small(program, network, budget.arena_bytes, error);
    }
    if (budget.weight_bytes > 0 && axn_weight_memory_bytes(program) > budget.weight_bytes) {
        return weights_too_small(program, network, budget.weight_bytes, error);
    }
    return AXN_OK;
}
