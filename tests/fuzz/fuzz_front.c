/* Reference points (CSV) and a contest with them. */
#include <stdlib.h>

#include "multipliers/front.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_front_points points;
    axn_contest contest;
    axn_error error;
    if (axn_front_points_read(fuzz_file(data, size), &points, &error) != AXN_OK)
        return 0;
    int *indices = calloc((size_t)points.count + 1, sizeof *indices);
    if (indices == NULL)
        fuzz_fail("out of memory");
    for (int m = 0; m < AXN_FRONT_METRICS; m++) {
        int count = axn_front_of(&points, (axn_front_metric)m, indices);
        if (count < 0 || count > points.count || (points.count > 0 && count == 0))
            fuzz_fail("a front of no sense");
    }
    for (int m = 0; m <= AXN_FRONT_JOINT; m++) {
        if (axn_contest_hold(&points, &points, (axn_front_metric)m, 0, 2, &contest, &error) !=
            AXN_OK)
            fuzz_fail(error.message);
        if (contest.won != contest.count)
            fuzz_fail("points that lose against themselves");
        axn_contest_free(&contest);
    }
    axn_front_points_free(&points);
    free(indices);
    return 0;
}
