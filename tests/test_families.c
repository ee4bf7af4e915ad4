/* Exact, truncated and OR-accumulating generators against behavioural models of their papers;
 * the members of the families. */
#include <math.h>

#include "tests/family_fixture.h"

static unsigned exact(unsigned a, unsigned b, const int *parameters)
{
    (void)parameters;
    return a * b;
}

/* Sum of the partial products of columns below `end`. */
static unsigned low_part(unsigned a, unsigned b, int end)
{
    unsigned sum = 0;
    for (int j = 0; j < 8; j++)
        if (bit(b, j) && end > j)
            sum += (end - j >= 8 ? a : a & ((1u << (end - j)) - 1)) << j;
    return sum;
}

static unsigned truncated(unsigned a, unsigned b, const int *parameters)
{
    return a * b - low_part(a, b, parameters[0]);
}

static unsigned truncated_constant(unsigned a, unsigned b, const int *parameters)
{
    static double mean;
    if (a == 0 && b == 0) /* the first pair that is asked for */
        mean = 0;
    for (unsigned i = 0; i < 65536 && a == 0 && b == 0; i++)
        mean += low_part(i >> 8, i & 255, parameters[0]) / 65536.0;
    return truncated(a, b, parameters) + (unsigned)floor(mean + 0.5);
}

static unsigned truncated_variable(unsigned a, unsigned b, const int *parameters)
{
    unsigned last = low_part(a, b, parameters[0]) - low_part(a, b, parameters[0] - 1);
    return truncated(a, b, parameters) + 2 * last;
}

static unsigned broken_array(unsigned a, unsigned b, const int *parameters)
{
    unsigned kept = b >> parameters[0] << parameters[0];
    return a * kept - low_part(a, kept, parameters[1]);
}

/* Columns of A, rows of B and low columns left out; a percentage of their mean added. */
static unsigned truncated_gated(unsigned a, unsigned b, const int *p)
{
    unsigned kept = (a >> p[0] << p[0]) * (b >> p[1] << p[1]) -
                    low_part(a >> p[0] << p[0], b >> p[1] << p[1], p[2]);
    unsigned full = (255u >> p[0] << p[0]) * (255u >> p[1] << p[1]) -
                    low_part(255u >> p[0] << p[0], 255u >> p[1] << p[1], p[2]);
    double constant = (65025.0 - full) / 4 * p[3] / 100;
    int lowest = p[0] + p[1] > p[2] ? p[0] + p[1] : p[2]; /* kept column */
    double unit = lowest > 0 ? ldexp(1, lowest - 1) : 1;
    bool high = p[4] == 0 || (a >> (8 - p[4]) && b >> (8 - p[4]));
    return (kept + (high ? (unsigned)(floor(constant / unit + 0.5) * unit) : 0)) & 0xffff;
}

static unsigned truncated_merged(unsigned a, unsigned b, const int *p)
{
    unsigned sum = truncated(a, b, p);
    for (int k = 1; k <= p[1]; k++) {
        int width = 1 << (k - 1 + p[2]), seen = 0;
        unsigned any = 0;
        for (int j = 0; j < 8; j++) {
            int i = p[0] - k - j;
            if (i < 0 || i > 7)
                continue;
            any |= bit(a, i) & bit(b, j);
            if (++seen % width == 0) {
                sum += any << p[0];
                any = 0;
            }
        }
        sum += any << p[0];
    }
    return sum & 0xffff;
}

static unsigned any_in_column(unsigned a, unsigned b, int column)
{
    for (int j = 0; j < 8; j++)
        if (column >= j && column - j < 8 && bit(b, j) && bit(a, column - j))
            return 1;
    return 0;
}

static unsigned column_or(unsigned a, unsigned b, const int *parameters)
{
    unsigned sum = a * b - low_part(a, b, parameters[1]);
    for (int column = parameters[0]; column < parameters[1]; column++)
        sum += any_in_column(a, b, column) << column;
    return sum;
}

/* A column counted with saturation, its bits taken in order of j. */
static unsigned column_groups(unsigned a, unsigned b, const int *p)
{
    unsigned sum = a * b - low_part(a, b, p[2]);
    for (int column = p[0]; column < p[2]; column++) {
        int first = column > 7 ? column - 7 : 0, last = column > 7 ? 7 : column;
        int size = column < p[1] ? last - first + 1 : abs(p[3]);
        unsigned most = column < p[1] || p[3] < 0 ? 1 : 2, count = 0;
        for (int j = first; j <= last; j++) {
            bool complete = first + (j - first) / size * size + size - 1 <= last;
            unsigned product = bit(b, j) & bit(a, column - j);
            count = complete && count == most ? most : count + product;
            if ((j - first + 1) % size == 0 || j == last) {
                sum += count << column;
                count = 0;
            }
        }
    }
    return sum & 0xffff;
}

/* Rows added one after the other by LOA adders. */
static unsigned lower_part_or(unsigned a, unsigned b, const int *parameters)
{
    unsigned mask = (1u << parameters[1]) - 1, sum = 0;
    for (int j = 0; j < 8; j++) {
        unsigned row = (bit(b, j) ? a << j : 0) >> parameters[0] << parameters[0];
        unsigned carry = bit(sum, parameters[1] - 1) & bit(row, parameters[1] - 1);
        sum = ((sum | row) & mask) |
              (((sum >> parameters[1]) + (row >> parameters[1]) + carry) << parameters[1]);
    }
    return sum;
}

static void exact_trees(void)
{
    compare(axn_build_exact_array, exact, 0, 0);
    compare(axn_build_exact_dadda, exact, 0, 0);
    compare(axn_build_exact_wallace, exact, 0, 0);
}

static void truncation(void)
{
    for (int dropped = 0; dropped <= 15; dropped++) {
        compare(axn_build_truncated, truncated, dropped, 0);
        compare(axn_build_truncated_constant, truncated_constant, dropped, 0);
        if (dropped > 0)
            compare(axn_build_truncated_variable, truncated_variable, dropped, 0);
    }
}

/* Low columns approximate: the digits' rows summed one by one, low parts apart. */
static unsigned booth(unsigned a, unsigned b, const int *p)
{
    unsigned low = 0, high = 0, any = 0, mask = (1u << p[0]) - 1;
    for (int k = 0; k < 5; k++) {
        unsigned t = (b << 1 >> 2 * k) & 7;
        int digit = (int)((t & 1) + (t >> 1 & 1)) - 2 * (int)(t >> 2);
        unsigned row = digit < 0 ? ~(a * (unsigned)-digit) : a * (unsigned)digit;
        unsigned shifted = row << 2 * k, plus = (unsigned)(digit < 0) << 2 * k;
        any |= shifted | plus;
        low += (shifted & mask) + (plus & mask);
        high += (shifted & ~mask) + (plus & ~mask);
    }
    return (high + (p[1] == 2 ? any & mask : p[1] == 1 ? low : 0)) & 0xffff;
}

/* {columns, 1}: the dropped columns' mean instead of their value. */
static void booth_multipliers(void)
{
    compare(axn_build_booth, exact, 0, 0);
    for (int low = 1; low <= 9; low++) {
        compare(axn_build_booth, booth, low, 0);
        compare(axn_build_booth, booth, low, 2);
    }
    static axn_table dropped, corrected;
    for (int low = 2; low <= 9; low += 3) {
        const int plain[] = {low, 0}, mean[] = {low, 1}, full[] = {low, 1};
        double sum = 0;
        int differing = 0;
        axn_error error = {0};
        axn_circuit circuit;
        axn_circuit_start(&circuit);
        axn_build_booth(&circuit, plain);
        AXN_REQUIRE_OK(axn_circuit_tabulate(&circuit, &dropped, &error), error);
        axn_circuit_free(&circuit);
        axn_circuit_start(&circuit);
        axn_build_booth(&circuit, mean);
        AXN_REQUIRE_OK(axn_circuit_tabulate(&circuit, &corrected, &error), error);
        axn_circuit_free(&circuit);
        for (unsigned i = 0; i < 65536; i++)
            sum += (booth(i >> 8, i & 255, full) - dropped.product[i]) & 0xffff;
        for (unsigned i = 0; i < 65536; i++)
            differing += ((dropped.product[i] + (unsigned)floor(sum / 65536 + 0.5)) & 0xffff) !=
                         corrected.product[i];
        CU_ASSERT_EQUAL(differing, 0);
    }
}

static void corrected_truncation(void)
{
    for (int vertical = 0; vertical < 14; vertical += 3)
        for (int gate = 0; gate <= 8; gate += 2)
            for (int rows = 0; rows < 4; rows += 3) {
                const int parameters[] = {rows / 2, rows, vertical, gate % 4 == 0 ? 100 : 60, gate};
                compare_all(axn_build_truncated_gated, truncated_gated, parameters);
            }
    for (int dropped = 1; dropped < 14; dropped += 2)
        for (int levels = 0; levels <= 3 && levels <= dropped; levels++) {
            const int parameters[AXN_FAMILY_PARAMETERS] = {dropped, levels, dropped & 2};
            compare_all(axn_build_truncated_merged, truncated_merged, parameters);
        }
}

static void broken_arrays(void)
{
    for (int horizontal = 0; horizontal < 6; horizontal++)
        for (int vertical = 0; vertical < 14; vertical += 2)
            compare(axn_build_broken_array, broken_array, horizontal, vertical);
}

static void or_accumulation(void)
{
    for (int length = 1; length <= 15; length++)
        for (int dropped = 0; dropped < length; dropped += 3) {
            compare(axn_build_column_or, column_or, dropped, length);
            compare(axn_build_lower_part_or, lower_part_or, dropped, length);
        }
}

static void saturating_groups(void)
{
    static const int groups[] = {3, 4, -2, -3, -4};
    for (int k = 0; k < 5; k++)
        for (int end = 4; end <= 15; end += 4) {
            const int parameters[AXN_FAMILY_PARAMETERS] = {k, end / 2 > k ? end / 2 : k, end,
                                                           groups[k]};
            compare_all(axn_build_column_groups, column_groups, parameters);
        }
}

/* Every generator over the ends of its parameters' ranges: a circuit, and a table. */
static void any_parameters(void)
{
    int count;
    const axn_family_generator *generators = axn_family_generators(&count);
    for (int g = 0; g < count; g++) {
        const axn_family_generator *generator = &generators[g];
        CU_ASSERT_PTR_EQUAL(axn_family_generator_find(generator->name), generator);
        for (int corner = 0; corner < 1 << generator->parameter_count; corner++)
            for (int inside = 0; inside < 2; inside++) {
                static axn_table table;
                int parameters[AXN_FAMILY_PARAMETERS] = {0};
                axn_error error = {0};
                axn_circuit circuit;
                for (int i = 0; i < generator->parameter_count; i++) {
                    const axn_family_parameter *range = &generator->parameters[i];
                    parameters[i] = (corner >> i) & 1 ? range->high : range->low;
                    if (inside)
                        parameters[i] = (parameters[i] + range->low + range->high) / 3;
                }
                axn_circuit_start(&circuit);
                generator->build(&circuit, parameters);
                AXN_CHECK_OK(axn_circuit_check(&circuit, &error), error);
                AXN_CHECK_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
                axn_circuit_free(&circuit);
            }
    }
    CU_ASSERT_PTR_NULL(axn_family_generator_find("no_such_generator"));
}

static void members_are_distinct(void)
{
    int count;
    const axn_family_member *members = axn_family_members(&count);
    static axn_table tables[256];
    static uint64_t hashes[256];
    axn_error error = {0};
    CU_ASSERT_FATAL(count >= 60 && count <= 256);
    for (int i = 0; i < count; i++) {
        axn_circuit circuit;
        AXN_REQUIRE_OK(axn_family_build(&members[i], &circuit, &error), error);
        AXN_REQUIRE_OK(axn_circuit_tabulate(&circuit, &tables[i], &error), error);
        axn_circuit_free(&circuit);
        hashes[i] = axn_table_hash(&tables[i]);
        CU_ASSERT_PTR_EQUAL(axn_family_find(members[i].name), &members[i]);
        for (int k = 0; k < i; k++)
            if (hashes[k] == hashes[i] && strcmp(members[i].family, "exact") != 0) {
                fprintf(stderr, "\n    %s = %s\n", members[i].name, members[k].name);
                CU_FAIL("two members compute the same function");
            }
    }
    CU_ASSERT_PTR_NULL(axn_family_find("no_such_circuit"));
}

AXN_TEST_MAIN("multiplier families", {"array and trees are exact", exact_trees},
              {"truncation", truncation}, {"broken array", broken_arrays},
              {"corrected truncation", corrected_truncation}, {"Booth", booth_multipliers},
              {"OR accumulation", or_accumulation}, {"saturating groups", saturating_groups},
              {"any parameters", any_parameters},
              {"members compute distinct functions", members_are_distinct})
