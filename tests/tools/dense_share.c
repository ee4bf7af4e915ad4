/* Share of the cycles that random networks of the search's templates spend in fully connected
 * layers, largest first, and how many taps a cycle the compiler gave them:
 *   dense_share [ROWS COLS [TAPS [NETWORKS]]]     TAPS 0: as the compiler chooses */
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "tests/dense_survey.h"

enum { NETWORKS = 100, MOST_TAPS = 16 };

static int descending(const void *left, const void *right)
{
    const axn_dense_figures *a = left, *b = right;
    return (a->share < b->share) - (a->share > b->share);
}

static axn_status print(const char *file, axn_shape input, axn_array_shape array,
                        axn_array_options options, int networks, axn_error *error)
{
    axn_dense_figures *found = NULL;
    int over = 0, taps[MOST_TAPS + 1] = {0};
    axn_status status = axn_allocate(&found, (size_t)networks, sizeof *found, "networks", error);
    if (status == AXN_OK) {
        status = axn_dense_survey(file, input, array, options, networks, found, error);
    }
    for (int k = 0; k < networks && status == AXN_OK; k++) {
        over += found[k].share > 0.5;
        taps[found[k].taps]++;
    }
    if (status == AXN_OK) {
        qsort(found, (size_t)networks, sizeof *found, descending);
        printf("%-33s largest %.1f %%, a tenth above %.1f %%, median %.1f %%, over half: %d of %d; "
               "taps",
               file, 100 * found[0].share, 100 * found[networks / 10].share,
               100 * found[networks / 2].share, over, networks);
        for (int i = 1; i <= MOST_TAPS; i *= 2) {
            printf(" %d: %d", i, taps[i]);
        }
        printf("\n");
    }
    free(found);
    return status;
}

int main(int argc, char **argv)
{
    axn_array_shape array = {argc > 2 ? atoi(argv[1]) : 16, argc > 2 ? atoi(argv[2]) : 16};
    axn_array_options options = {.dense_taps = argc > 3 ? atoi(argv[3]) : 0};
    int networks = argc > 4 ? atoi(argv[4]) : NETWORKS;
    axn_error error = {0};
    axn_status status = print("flows/templates/fashion-mnist.txt", (axn_shape){28, 28, 1}, array,
                              options, networks, &error);
    if (status == AXN_OK) {
        status = print("flows/templates/cifar10.txt", (axn_shape){32, 32, 3}, array, options,
                       networks, &error);
    }
    if (status != AXN_OK) {
        fprintf(stderr, "dense_share: %s\n", error.message);
        return 1;
    }
    return 0;
}
