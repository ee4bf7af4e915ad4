#include "common/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 64

/* `out` is the address of a pointer of any object type, so the pointer's bytes are
 * copied: storing through a void ** would break the aliasing rules. */
static void store_pointer(void *out, void *pointer)
{
    memcpy(out, &pointer, sizeof pointer);
}

/* No object is larger than PTRDIFF_MAX; sanitizers abort on such requests. */
static bool fits(size_t count, size_t size, size_t *bytes)
{
    return !__builtin_mul_overflow(count, size, bytes) && *bytes <= PTRDIFF_MAX - ALIGNMENT;
}

static axn_status out_of_memory(size_t count, size_t size, const char *what, axn_error *error)
{
    return axn_fail(error, AXN_ERROR_MEMORY, "out of memory: %zu x %zu bytes for %s", count, size,
                    what);
}

axn_status axn_allocate(void *out, size_t count, size_t size, const char *what, axn_error *error)
{
    size_t bytes;
    void *memory = NULL;
    if (fits(count, size, &bytes))
        memory = calloc(bytes > 0 ? bytes : 1, 1);
    store_pointer(out, memory);
    return memory != NULL ? AXN_OK : out_of_memory(count, size, what, error);
}

#define HUGE_PAGE ((size_t)1 << 21)

/* Zeroed. Large blocks lie on huge pages where the system has them: fewer misses when they are
 * walked through, and fewer faults. */
static void *allocate_aligned(size_t bytes)
{
    const bool large = bytes >= 2 * HUGE_PAGE;
    void *memory = aligned_alloc(large ? HUGE_PAGE : ALIGNMENT,
                                 large ? (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE : bytes);
    if (memory != NULL) {
#ifdef MADV_HUGEPAGE
        if (large)
            (void)madvise(memory, bytes, MADV_HUGEPAGE); /* advice only: never a failure */
#endif
        memset(memory, 0, bytes);
    }
    return memory;
}

axn_status axn_allocate_aligned(void *out, size_t count, size_t size, const char *what,
                                axn_error *error)
{
    size_t bytes;
    void *memory = NULL;
    if (fits(count, size, &bytes)) {
        size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (rounded == 0)
            rounded = ALIGNMENT;
        if (rounded <= PTRDIFF_MAX - HUGE_PAGE)
            memory = allocate_aligned(rounded);
    }
    store_pointer(out, memory);
    return memory != NULL ? AXN_OK : out_of_memory(count, size, what, error);
}

axn_status axn_grow(void *array, size_t *capacity, size_t needed, size_t size, const char *what,
                    axn_error *error)
{
    if (needed <= *capacity)
        return AXN_OK;
    size_t wanted = *capacity <= SIZE_MAX / 2 ? *capacity * 2 : SIZE_MAX;
    if (wanted < needed)
        wanted = needed;
    size_t bytes;
    if (!fits(wanted, size, &bytes))
        return out_of_memory(wanted, size, what, error);
    void *old;
    memcpy(&old, array, sizeof old);
    char *memory = realloc(old, bytes > 0 ? bytes : 1);
    if (memory == NULL)
        return out_of_memory(wanted, size, what, error);
    memset(memory + *capacity * size, 0, bytes - *capacity * size);
    store_pointer(array, memory);
    *capacity = wanted;
    return AXN_OK;
}
