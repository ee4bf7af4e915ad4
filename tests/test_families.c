/* Each generator against a behavioural model of its paper, over all operand pairs. */
#include <math.h>

#include "multipliers/families.h"
#include "tests/check.h"

typedef unsigned (*model)(unsigned a, unsigned b, const int *parameters);

static unsigned bit(unsigned value, int at)
{
    return at < 0 ? 0 : (value >> at) & 1u;
}

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
    double mean = 0;
    for (unsigned x = 0; x < 256; x++)
        for (unsigned y = 0; y < 256; y++)
            mean += low_part(x, y, parameters[0]) / 65536.0;
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

/* Bits a column, oldest first. */
typedef struct heap {
    unsigned bits[20][64];
    int height[20];
} heap;

static void push(heap *h, int column, unsigned value)
{
    h->bits[column][h->height[column]++] = value;
}

typedef enum compressor { MOMENI, YANG, ALTERED } compressor;

static void compress(compressor kind, const unsigned *x, unsigned *sum, unsigned *carry)
{
    unsigned total = x[0] + x[1] + x[2] + x[3];
    unsigned value = total;
    if (kind == MOMENI) /* table of the paper: wrong for 0000, 0011, 1100 and 1111 */
        value = total == 0 ? 1 : total == 4 ? 3 : total == 2 && x[0] == x[1] ? 1 : total;
    else if (kind == YANG)
        value = total == 4 ? 3 : total;
    else if (x[0] + x[1] == 1 && x[2] + x[3] == 1) /* one of each pair: 1 instead of 2 */
        value = 1;
    else if (total == 4)
        value = 3;
    *sum = value & 1;
    *carry = value >> 1;
}

static unsigned compress_heap(heap *h, int end, compressor kind)
{
    for (bool again = true; again;) {
        heap next = {0};
        again = false;
        for (int c = 0; c < 18; c++) {
            int at = 0;
            for (; c < end && h->height[c] - at >= 3;) {
                const unsigned *x = &h->bits[c][at];
                unsigned sum = (x[0] + x[1] + x[2]) & 1, carry = (x[0] + x[1] + x[2]) >> 1;
                bool four = h->height[c] - at >= 4;
                if (four) {
                    compress(kind, x, &sum, &carry);
                } else if (kind == ALTERED) { /* approximate full adder: 11x loses 1 */
                    unsigned value = (x[0] || x[1]) + x[2];
                    sum = value & 1;
                    carry = value >> 1;
                }
                push(&next, c, sum);
                push(&next, c + 1, carry);
                at += four ? 4 : 3;
            }
            for (; at < h->height[c]; at++)
                push(&next, c, h->bits[c][at]);
        }
        *h = next;
        for (int c = 0; c < end; c++)
            again = again || h->height[c] > 2;
    }
    unsigned sum = 0;
    for (int c = 0; c < 18; c++)
        for (int i = 0; i < h->height[c]; i++)
            sum += h->bits[c][i] << c;
    return sum & 0xffff;
}

static unsigned compressor_tree(unsigned a, unsigned b, int end, compressor kind)
{
    heap h = {0};
    for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++)
            push(&h, i + j, bit(a, i) & bit(b, j));
    return compress_heap(&h, end, kind);
}

static unsigned momeni(unsigned a, unsigned b, const int *parameters)
{
    return compressor_tree(a, b, parameters[0], MOMENI);
}

static unsigned yang(unsigned a, unsigned b, const int *parameters)
{
    return compressor_tree(a, b, parameters[0], YANG);
}

static unsigned altered(unsigned a, unsigned b, const int *parameters)
{
    heap h = {0};
    for (int c = 0; c < 15; c++) {
        bool alter = c >= 3 && c <= 11 && c < parameters[0];
        unsigned generate = 0;
        bool pairs = false;
        for (int n = 0; n < 8; n++) {
            int m = c - n;
            if (m < 0 || m > 7 || (alter && m < n))
                continue;
            unsigned p = bit(a, m) & bit(b, n), q = bit(a, n) & bit(b, m);
            push(&h, c, alter ? p | q : p);
            if (alter && m != n) {
                generate |= p & q;
                pairs = true;
            }
        }
        if (pairs)
            push(&h, c, generate);
    }
    return compress_heap(&h, parameters[0], ALTERED);
}

static unsigned kulkarni(unsigned a, unsigned b, const int *parameters)
{
    unsigned sum = 0;
    for (int i = 0; i < 8; i += 2)
        for (int j = 0; j < 8; j += 2) {
            unsigned x = (a >> i) & 3, y = (b >> j) & 3;
            unsigned product = x == 3 && y == 3 && i + j < parameters[0] ? 7 : x * y;
            sum += product << (i + j);
        }
    return sum;
}

static unsigned underdesigned(unsigned x, unsigned y)
{
    unsigned sum = 0;
    for (int i = 0; i < 4; i += 2)
        for (int j = 0; j < 4; j += 2) {
            unsigned u = (x >> i) & 3, v = (y >> j) & 3;
            sum += (u == 3 && v == 3 ? 7 : u * v) << (i + j);
        }
    return sum;
}

static unsigned blocks_of_four(unsigned a, unsigned b, const int *p)
{
    unsigned sum = 0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            unsigned x = (a >> 4 * i) & 15, y = (b >> 4 * j) & 15, any = 0;
            for (int k = 0; k < 4; k++)
                any |= bit(y, k) ? x << k : 0;
            unsigned product[4] = {x * y, underdesigned(x, y), any, 0};
            sum += product[p[i + j]] << 4 * (i + j);
        }
    return sum & 0xffff;
}

static unsigned etm(unsigned a, unsigned b, const int *parameters)
{
    (void)parameters;
    if (a < 16 && b < 16)
        return a * b;
    unsigned high = (a >> 4) * (b >> 4), any = (a | b) & 15, low = 0;
    for (int i = 3; i >= 0 && low == 0; i--)
        if (bit(any, i))
            low = (2u << (4 + i)) - 1;
    return high << 8 | low;
}

static int leading(unsigned value)
{
    int at = -1;
    for (; value != 0; value >>= 1)
        at++;
    return at;
}

static unsigned mitchell(unsigned a, unsigned b, const int *parameters)
{
    (void)parameters;
    if (a == 0 || b == 0)
        return 0;
    int ka = leading(a), kb = leading(b);
    double xa = ldexp(a, -ka) - 1, xb = ldexp(b, -kb) - 1;
    double product = xa + xb < 1 ? ldexp(1 + xa + xb, ka + kb) : ldexp(xa + xb, ka + kb + 1);
    return (unsigned)floor(product);
}

/* The fractions as integers of seven bits. */
static unsigned mitchell_cut(unsigned a, unsigned b, const int *p)
{
    if (a == 0 || b == 0)
        return 0;
    int ka = leading(a), kb = leading(b);
    unsigned xa = (a << (7 - ka)) - 128, xb = (b << (7 - kb)) - 128;
    unsigned sum = ((xa >> p[0]) + (xb >> p[0])) << p[0];
    if (p[1] == 1 && p[0] > 0) {
        sum += (bit(xa, p[0] - 1) & bit(xb, p[0] - 1)) << p[0];
        sum |= (1u << p[0]) - 1;
    }
    unsigned value = sum < 128 ? (128 + sum) << (ka + kb) : sum << (ka + kb + 1);
    return (value >> 7) & 0xffff;
}

static unsigned iterative_log(unsigned a, unsigned b, const int *p)
{
    unsigned sum = 0;
    for (int step = 0; step <= p[0] && a != 0 && b != 0; step++) {
        unsigned first = 1u << leading(a), second = 1u << leading(b);
        sum += a * b - (a - first) * (b - second);
        a -= first;
        b -= second;
    }
    return sum;
}

static unsigned static_segment_operand(unsigned x, const int *p)
{
    int width = p[0], places[3] = {0, p[1] == 3 ? (8 - width) / 2 : 8 - width, 8 - width};
    for (int k = 0; k < 3; k++)
        if (k == 2 || x >> (places[k] + width) == 0)
            return x >> places[k] << places[k];
    return 0;
}

static unsigned static_segment(unsigned a, unsigned b, const int *p)
{
    return static_segment_operand(a, p) * static_segment_operand(b, p);
}

static unsigned drum_operand(unsigned x, int width)
{
    int shift = leading(x) - width + 1;
    return shift <= 0 ? x : (x >> shift | 1u) << shift;
}

static unsigned drum(unsigned a, unsigned b, const int *parameters)
{
    return drum_operand(a, parameters[0]) * drum_operand(b, parameters[0]);
}

static int roba_round(unsigned x)
{
    unsigned best = x == 0 ? 0 : 1;
    for (unsigned power = 2; power <= 256 && x > 0; power *= 2) {
        int now = abs((int)best - (int)x), then = abs((int)power - (int)x);
        if (then < now || (then == now && x != 3))
            best = power;
    }
    return (int)best;
}

static unsigned roba(unsigned a, unsigned b, const int *parameters)
{
    (void)parameters;
    int ra = roba_round(a), rb = roba_round(b);
    return (unsigned)(ra * (int)b + rb * (int)a - ra * rb) & 0xffff;
}

static void compare_all(axn_family_builder build, model expected, const int *parameters)
{
    static axn_table table;
    axn_error error = {0};
    axn_circuit circuit;
    int wrong = 0;
    static uint16_t values[65536];
    axn_circuit_start(&circuit);
    build(&circuit, parameters);
    AXN_REQUIRE_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
    if (expected == truncated_constant) { /* its mean is expensive: once */
        unsigned constant = truncated_constant(0, 0, parameters);
        for (unsigned i = 0; i < 65536; i++)
            values[i] = (uint16_t)(truncated(i >> 8, i & 255, parameters) + constant);
    } else {
        for (unsigned i = 0; i < 65536; i++)
            values[i] = (uint16_t)expected(i >> 8, i & 255, parameters);
    }
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

static void compare(axn_family_builder build, model expected, int first, int second)
{
    const int parameters[AXN_FAMILY_PARAMETERS] = {first, second};
    compare_all(build, expected, parameters);
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

/* x + y + z by each approximate adder, as its definition says. */
static unsigned added(int kind, unsigned x, unsigned y, unsigned z)
{
    unsigned exact_sum = x + y + z, any = x | y;
    switch (kind) {
    case 0: /* wrong for no ones and three */
        return exact_sum == 0 ? 1 : exact_sum == 3 ? 2 : exact_sum;
    case 1:
        return 2 * x + y;
    case 2:
        return exact_sum == 2 ? 3 : exact_sum;
    case 3:
        return any + z;
    default:
        return any + z == 2 ? 3 : any + z;
    }
}

static unsigned approximate_adder(unsigned a, unsigned b, const int *p)
{
    heap h = {0};
    for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++)
            if (i + j >= p[0])
                push(&h, i + j, bit(a, i) & bit(b, j));
    for (bool again = true; again;) {
        heap next = {0};
        again = false;
        for (int c = 0; c < 16; c++) {
            int at = 0;
            for (; c < p[1] && h.height[c] - at >= 3; at += 3) {
                unsigned value = added(p[2], h.bits[c][at], h.bits[c][at + 1], h.bits[c][at + 2]);
                push(&next, c, value & 1);
                push(&next, c + 1, value >> 1);
            }
            for (; at < h.height[c]; at++)
                push(&next, c, h.bits[c][at]);
        }
        h = next;
        for (int c = 0; c < p[1]; c++)
            again = again || h.height[c] > 2;
    }
    unsigned sum = 0;
    for (int c = 0; c < 16; c++) {
        unsigned any = 0, count = 0;
        for (int i = 0; i < h.height[c]; i++) {
            any |= h.bits[c][i];
            count += h.bits[c][i];
        }
        sum += (c < p[1] ? any : count) << c;
    }
    return sum & 0xffff;
}

static void approximate_adders(void)
{
    for (int kind = 0; kind < 5; kind++)
        for (int end = 2; end <= 14; end += 3) {
            const int parameters[AXN_FAMILY_PARAMETERS] = {end / 3, end, kind};
            compare_all(axn_build_approximate_adder, approximate_adder, parameters);
        }
}

static void compressors(void)
{
    for (int end = 0; end <= 15; end += 3) {
        compare(axn_build_compressor_momeni, momeni, end, 0);
        compare(axn_build_compressor_yang, yang, end, 0);
        compare(axn_build_compressor_altered, altered, end, 0);
    }
}

static void blocks(void)
{
    for (int end = 0; end <= 14; end += 2)
        compare(axn_build_kulkarni, kulkarni, end, 0);
    for (int kinds = 0; kinds < 64; kinds += 3) {
        const int parameters[AXN_FAMILY_PARAMETERS] = {kinds & 3, kinds >> 2 & 3, kinds >> 4};
        compare_all(axn_build_blocks, blocks_of_four, parameters);
    }
    compare(axn_build_etm, etm, 4, 0);
}

static void logarithmic(void)
{
    compare(axn_build_mitchell, mitchell, 0, 0);
    for (int cut = 0; cut <= 6; cut++) {
        compare(axn_build_mitchell, mitchell_cut, cut, 0);
        compare(axn_build_mitchell, mitchell_cut, cut, 1);
    }
    for (int corrections = 0; corrections <= 2; corrections++)
        compare(axn_build_iterative_log, iterative_log, corrections, 0);
    for (int width = 4; width <= 7; width++)
        compare(axn_build_static_segment, static_segment, width, 2);
    for (int width = 3; width <= 6; width++)
        compare(axn_build_static_segment, static_segment, width, 3);
    for (int width = 3; width <= 7; width++)
        compare(axn_build_drum, drum, width, 0);
    compare(axn_build_roba, roba, 0, 0);
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
              {"approximate adders", approximate_adders}, {"approximate compressors", compressors},
              {"2x2 blocks and ETM", blocks}, {"logarithmic", logarithmic},
              {"any parameters", any_parameters},
              {"members compute distinct functions", members_are_distinct})
