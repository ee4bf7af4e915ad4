/* What the passes of the compiler share. */
#ifndef AXN_RTL_GEN_PROGRAM_INTERNAL_H
#define AXN_RTL_GEN_PROGRAM_INTERNAL_H

#include "rtl_gen/program.h"

#define AXN_NO_REGION (-1)
#define AXN_REGION_ALIGNMENT 16 /* the image is written in words of 16 bytes */

/* Regions an operation touches, before they have addresses. Regions 0 .. layers - 1
 * are the layers' outputs, the temporaries follow. */
typedef struct axn_operation_regions {
    int in, second, out; /* AXN_NO_REGION where there is none */
    uint32_t out_offset; /* bytes */
} axn_operation_regions;

typedef struct axn_compiler {
    const axn_model *model;
    axn_program *program;
    axn_operation_regions *uses; /* [operation_count] */
    axn_region *regions;         /* [region_count] */
    int region_count;
    size_t parameter_capacity, weight_capacity;
} axn_compiler;

/* Places regions[count] (size, first and last given) so that no two that live at the
 * same operation overlap; returns the high-water mark. Sizes are multiples of
 * AXN_REGION_ALIGNMENT. Sets base; regions of size 0 get base 0. */
axn_status axn_allocate_regions(axn_region *regions, int count, uint32_t *high_water,
                                axn_error *error);

/* Append to program->weights what `layer` (CONV or DENSE) needs, in the order of use. */
axn_status axn_append_weights(axn_compiler *compiler, int layer, axn_error *error);
/* Words of 0 up to a multiple of dense_taps. */
axn_status axn_align_weights(axn_compiler *compiler, int layer, axn_error *error);

/* Append one parameter word. */
axn_status axn_append_parameter(axn_compiler *compiler, int64_t bias, int mantissa, int shift,
                                int weight_zero, const char *layer, axn_error *error);

/* Append a parameter word for each channel of `layer` (CONV or DENSE). */
axn_status axn_append_channel_parameters(axn_compiler *compiler, int layer, axn_error *error);

/* Columns on the first of two result buses of a row. */
#define AXN_LEFT_COLUMNS(cols) (((cols) + 1) / 2)

/* Cycles of one operation alone, from its start to its last write; -1 if the two writers of a
 * split one would meet in a bank. */
int64_t axn_operation_cycles(const axn_program *program, const axn_descriptor *op);

/* program.c: everything but the choice of banks and buses (choose.c). apart: an operation for each
 * channel tile where that lets a second bus help. */
axn_status axn_compile_operations(const axn_model *model, axn_array_shape array, int dense_taps,
                                  bool apart, axn_program *out, axn_error *error);

#endif
