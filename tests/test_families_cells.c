/* Generators with approximate cells, blocks, logarithms and segments against behavioural
 * models of their papers. */
#include <math.h>

#include "tests/family_fixture.h"

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

AXN_TEST_MAIN("multiplier families: cells, blocks, logarithms",
              {"approximate adders", approximate_adders}, {"approximate compressors", compressors},
              {"2x2 blocks and ETM", blocks}, {"logarithmic", logarithmic})
