/* How much memory an accelerator may have. */
#ifndef AXN_RTL_GEN_BUDGET_H
#define AXN_RTL_GEN_BUDGET_H

#include "rtl_gen/emit.h"

typedef struct axn_memory_budget {
    int64_t arena_bytes, weight_bytes; /* 0: no limit */
} axn_memory_budget;

/* Bytes of the memories as they are built, depths rounded up. */
int64_t axn_arena_memory_bytes(const axn_program *program);
int64_t axn_weight_memory_bytes(const axn_program *program);

/* Refuses (AXN_ERROR_LIMIT) what needs more, naming what takes the space: the tensors alive at the
 * fullest moment, the layers with the most weights. */
axn_status axn_memory_budget_check(const axn_program *program, const axn_network *network,
                                   axn_memory_budget budget, axn_error *error);

#endif
