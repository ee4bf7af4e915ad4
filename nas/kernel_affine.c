/* Which tables are an affine function of the activation and a residual of 8 bits. */
#include "nas/kernel_internal.h"

enum { CODES = 256 };

/* The least and the largest of row[x] - slope * x. */
static void find_range(const uint16_t *row, int slope, int *least, int *largest)
{
    *least = *largest = row[0];
    for (int x = 1; x < CODES; x++) {
        int rest = row[x] - slope * x;
        *least = rest < *least ? rest : *least;
        *largest = rest > *largest ? rest : *largest;
    }
}

static int range_of(const uint16_t *row, int slope)
{
    int least, largest;
    find_range(row, slope, &least, &largest);
    return largest - least;
}

/* The range is a convex function of the slope: a search by halves finds its minimum. */
static int best_slope(const uint16_t *row)
{
    int low = 0, high = 255;
    while (low < high) {
        int middle = (low + high) / 2;
        if (range_of(row, middle) <= range_of(row, middle + 1)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

void axn_kernel_fit_affine(axn_kernel_table *table)
{
    table->is_affine = 0;
    table->largest_residual = 0;
    for (int w = 0; w < CODES; w++) {
        const uint16_t *row = table->row[w];
        int slope = best_slope(row), least, largest;
        find_range(row, slope, &least, &largest);
        if (largest - least > 255) {
            return;
        }
        table->slope[w] = (uint8_t)slope;
        table->intercept[w] = least;
        for (int x = 0; x < CODES; x++) {
            table->residual[w][x] = (uint8_t)(row[x] - slope * x - least);
        }
        if (largest - least > table->largest_residual) {
            table->largest_residual = largest - least;
        }
    }
    table->is_affine = 1;
}
