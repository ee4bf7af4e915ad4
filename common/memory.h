/* Checked allocation: sizes are multiplied with overflow detection. */
#ifndef AXN_COMMON_MEMORY_H
#define AXN_COMMON_MEMORY_H

#include <stddef.h>

#include "common/error.h"

/* Stores count * size zeroed bytes in *out (never NULL on success; count may be
 * 0). `what` names the use in the error message. Caller frees with free(). */
axn_status axn_allocate(void *out, size_t count, size_t size, const char *what, axn_error *error);

/* The same, aligned to 64 bytes (for vector kernels). Caller frees with free(). */
axn_status axn_allocate_aligned(void *out, size_t count, size_t size, const char *what,
                                axn_error *error);

/* Grows *array (free()-able) so that it holds at least `needed` elements;
 * *capacity is in elements and is at least doubled. New elements are zeroed. */
axn_status axn_grow(void *array, size_t *capacity, size_t needed, size_t size, const char *what,
                    axn_error *error);

#endif
