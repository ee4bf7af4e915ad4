/* Comparing a generator with a behavioural model of its paper, over all operand pairs. */
#ifndef AXN_TESTS_FAMILY_FIXTURE_H
#define AXN_TESTS_FAMILY_FIXTURE_H

#include "multipliers/families.h"
#include "tests/check.h"

typedef unsigned (*model)(unsigned a, unsigned b, const int *parameters);

static inline unsigned bit(unsigned value, int at)
{
    return at < 0 ? 0 : (value >> at) & 1u;
}

static inline void compare_all(axn_family_builder build, model expected, const int *parameters)
{
    static axn_table table;
    axn_error error = {0};
    axn_circuit circuit;
    int wrong = 0;
    static uint16_t values[65536];
    axn_circuit_start(&circuit);
    build(&circuit, parameters);
    AXN_REQUIRE_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
    for (unsigned i = 0; i < 65536; i++)
        values[i] = (uint16_t)expected(i >> 8, i & 255, parameters);
    for (int i = 0; i < 65536; i++) {
        if (wrong++ == 0 && table.product[i] != values[i])
            fprintf(stderr, "\n    {%d, %d, %d, %d, %d}: %d x %d = %d, expected %d\n",
                    parameters[0], parameters[1], parameters[2], parameters[3], parameters[4],
                    i >> 8, i & 255, table.product[i], values[i]);
        wrong -= table.product[i] == values[i];
    }
    CU_ASSERT_EQUAL(wrong, 0);
    axn_circuit_free(&circuit);
}

static inline void compare(axn_family_builder build, model expected, int first, int second)
{
    const int parameters[AXN_FAMILY_PARAMETERS] = {first, second};
    compare_all(build, expected, parameters);
}

#endif
