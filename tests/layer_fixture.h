/* What the suites of the trainer's layers share: random values and aligned memory. */
#ifndef AXN_TESTS_LAYER_FIXTURE_H
#define AXN_TESTS_LAYER_FIXTURE_H

#include "common/memory.h"
#include "common/random.h"
#include "tests/check.h"

static inline axn_random stream(uint32_t number)
{
    return axn_random_stream(7, AXN_RANDOM_TEST, number, 0);
}

static inline float unit(axn_random *random)
{
    return (float)(2 * axn_random_unit(random) - 1);
}

static inline void *allocate(size_t count, size_t size)
{
    axn_error error = {0};
    void *memory = NULL;
    AXN_REQUIRE_OK(axn_allocate_aligned(&memory, count, size, "a test", &error), error);
    return memory;
}

#endif
