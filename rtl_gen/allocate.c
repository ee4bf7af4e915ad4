/* Arena regions by lifetime: first fit, once in order of size and once in order of time;
 * the better one is kept. Optimal packing is NP-hard; these two differ little from it on
 * networks of this kind. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "rtl_gen/program_internal.h"

static bool live_together(const axn_region *a, const axn_region *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest base at which `region` fits beside the placed ones. */
static uint64_t first_fit(const axn_region *regions, const int *placed, int count,
                          const axn_region *region)
{
    uint64_t base = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (int i = 0; i < count; i++) {
            const axn_region *other = &regions[placed[i]];
            uint64_t end = (uint64_t)other->base + other->size;
            if (live_together(region, other) && base < end && other->base < base + region->size) {
                base = end;
                moved = true;
            }
        }
    }
    return base;
}

/* Sort keys are unique, so the order does not depend on the library's qsort. */
typedef struct placement {
    int region;
    uint32_t size;
    int first;
} placement;

static int by_number(int a, int b)
{
    return (a > b) - (a < b);
}

static int by_size(const void *left, const void *right)
{
    const placement *a = left, *b = right;
    if (a->size != b->size) {
        return a->size < b->size ? 1 : -1;
    }
    return by_number(a->region, b->region);
}

static int by_time(const void *left, const void *right)
{
    const placement *a = left, *b = right;
    int order = by_number(a->first, b->first);
    return order != 0 ? order : by_size(left, right);
}

/* Places all regions in the given order; returns the end of the highest. */
static uint64_t place(axn_region *regions, const placement *order, int count, int *placed)
{
    uint64_t high_water = 0;
    int placed_count = 0;
    for (int i = 0; i < count; i++) {
        axn_region *region = &regions[order[i].region];
        region->base = 0;
        if (region->size == 0) {
            continue;
        }
        uint64_t base = first_fit(regions, placed, placed_count, region);
        if (base + region->size > UINT32_MAX) {
            return UINT64_MAX;
        }
        region->base = (uint32_t)base;
        placed[placed_count++] = order[i].region;
        high_water = base + region->size > high_water ? base + region->size : high_water;
    }
    return high_water;
}

axn_status axn_allocate_regions(axn_region *regions, int count, uint32_t *high_water,
                                axn_error *error)
{
    placement *order = NULL;
    axn_region *other = NULL;
    int *placed = NULL;
    axn_status status = axn_allocate(&order, (size_t)count, sizeof *order, "regions", error);
    if (status == AXN_OK) {
        status = axn_allocate(&other, (size_t)count, sizeof *other, "regions", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&placed, (size_t)count, sizeof *placed, "regions", error);
    }
    if (status != AXN_OK) {
        goto done;
    }
    for (int i = 0; i < count; i++) {
        order[i] = (placement){i, regions[i].size, regions[i].first};
        other[i] = regions[i];
    }
    qsort(order, (size_t)count, sizeof *order, by_size);
    uint64_t size_first = place(regions, order, count, placed);
    qsort(order, (size_t)count, sizeof *order, by_time);
    uint64_t time_first = place(other, order, count, placed);
    if (time_first < size_first) {
        memcpy(regions, other, (size_t)count * sizeof *regions);
        size_first = time_first;
    }
    if (size_first > UINT32_MAX) {
        status = axn_fail(error, AXN_ERROR_LIMIT, "the tensors need more than 4 GiB");
        goto done;
    }
    *high_water = (uint32_t)size_first;
done:
    free(order);
    free(other);
    free(placed);
    return status;
}
