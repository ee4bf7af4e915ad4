/* Multipliers that look at the leading one of each operand.
 *  - J. N. Mitchell, "Computer multiplication and division using binary logarithms",
 *    IRE Trans. Electronic Computers EC-11(4), 1962.
 *  - M. S. Kim, A. A. Del Barrio, L. T. Oliveira, R. Hermida and N. Bagherzadeh,
 *    "Efficient Mitchell's approximate log multipliers for convolutional neural
 *    networks", IEEE Trans. Computers 68(5), 2019: fractions cut short.
 *  - W. Liu, J. Xu, D. Wang, C. Wang, P. Montuschi and F. Lombardi, "Design and
 *    evaluation of approximate logarithmic multipliers for low power error-tolerant
 *    applications", IEEE TCAS-I 65(9), 2018: set-one adder in the fractions' low part.
 *  - Z. Babic, A. Avramovic and P. Bulic, "An iterative logarithmic multiplier",
 *    Microprocessors and Microsystems 35(1), 2011.
 *  - S. Hashemi, R. I. Bahar and S. Reda, "DRUM: a dynamic range unbiased multiplier
 *    for approximate applications", ICCAD 2015.
 *  - R. Zendegani, M. Kamal, M. Bahadori, A. Afzali-Kusha and M. Pedram, "RoBA
 *    multiplier: a rounding-based approximate multiplier for high-speed yet
 *    energy-efficient digital signal processing", IEEE Trans. VLSI Systems 25(2),
 *    2017 (unsigned).
 * Products with 0 are exact in all. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

/* x << (8 - 1 - k) with k the position of the leading one of x; position[3] = k
 * (7 - shift; 0 for x = 0). normal[7] tells whether x is not 0. */
static void normalise(axn_circuit *circuit, const int *x, int *normal, int *position)
{
    for (int i = 0; i < 8; i++)
        normal[i] = x[i];
    for (int stage = 2; stage >= 0; stage--) {
        int width = 1 << stage;
        int shifted[8];
        int any = axn_circuit_or_many(circuit, normal + 8 - width, width);
        for (int i = 0; i < 8; i++)
            shifted[i] = axn_circuit_mux(circuit, any, normal[i],
                                         i >= width ? normal[i - width] : AXN_NET_ZERO);
        for (int i = 0; i < 8; i++)
            normal[i] = shifted[i];
        position[stage] = any;
    }
}

/* bits[count] << amount, keeping `count` bits; amount has `digits` bits. */
static void shift_left(axn_circuit *circuit, int *bits, int count, const int *amount, int digits)
{
    for (int stage = 0; stage < digits; stage++)
        for (int i = count - 1; i >= 0; i--)
            bits[i] =
                axn_circuit_mux(circuit, amount[stage],
                                i >= 1 << stage ? bits[i - (1 << stage)] : AXN_NET_ZERO, bits[i]);
}

/* log2 of an operand is about k + fraction; the sum's antilogarithm is taken the
 * same way (equation 16 of the paper), fraction bits below the product dropped.
 * {low bits of the seven-bit fractions cut off, 0 = zeros in their place, 1 = the sum's
 *  bits there are 1 and the AND of the highest two cut off is the carry}. */
void axn_build_mitchell(axn_circuit *circuit, const int *parameters)
{
    int x[2][8], normal[2][8], position[2][3];
    int cut = parameters[0];
    bool set_one = cut > 0 && parameters[1] == 1;
    for (int i = 0; i < 8; i++) {
        x[0][i] = AXN_NET_A(i);
        x[1][i] = AXN_NET_B(i);
    }
    for (int operand = 0; operand < 2; operand++)
        normalise(circuit, x[operand], normal[operand], position[operand]);
    int valid = axn_circuit_and(circuit, normal[0][7], normal[1][7]);
    int carry =
        set_one ? axn_circuit_and(circuit, normal[0][cut - 1], normal[1][cut - 1]) : AXN_NET_ZERO;
    int bits[23] = {0};
    for (int i = 0; i < cut; i++)
        bits[i] = set_one ? valid : AXN_NET_ZERO;
    for (int i = cut; i < 7; i++) {
        axn_circuit_full_adder(circuit, normal[0][i], normal[1][i], carry, &bits[i], &carry);
        bits[i] = axn_circuit_and(circuit, valid, bits[i]);
    }
    bits[7] = valid;
    int exponent[4];
    for (int i = 0; i < 3; i++)
        axn_circuit_full_adder(circuit, position[0][i], position[1][i], carry, &exponent[i],
                               &carry);
    exponent[3] = carry;
    shift_left(circuit, bits, 23, exponent, 4);
    for (int i = 0; i < 16; i++)
        circuit->output[i] = bits[7 + i];
}

/* The segment of `width` bits from the leading one down, its lowest bit set (the
 * mean of what it cuts off), and by how much it was shifted right; operands below
 * 2^width stay as they are. */
static void segment(axn_circuit *circuit, const int *x, int width, int *bits, int *shift)
{
    int above = AXN_NET_ZERO;
    int leading[8] = {0};
    for (int i = 7; i >= width; i--) {
        leading[i] = axn_circuit_and(circuit, x[i], axn_circuit_not(circuit, above));
        above = axn_circuit_or(circuit, above, x[i]);
    }
    int keep = axn_circuit_not(circuit, above);
    for (int bit = 0; bit < width; bit++) {
        int terms[9];
        int count = 0;
        terms[count++] = axn_circuit_and(circuit, keep, x[bit]);
        for (int i = width; i < 8; i++)
            terms[count++] = axn_circuit_and(circuit, leading[i],
                                             bit == 0 ? AXN_NET_ONE : x[i - (width - 1) + bit]);
        bits[bit] = axn_circuit_or_many(circuit, terms, count);
    }
    for (int digit = 0; digit < 3; digit++) {
        int terms[8];
        int count = 0;
        for (int i = width; i < 8; i++)
            if (((i - width + 1) >> digit) & 1)
                terms[count++] = leading[i];
        shift[digit] = axn_circuit_or_many(circuit, terms, count);
    }
}

void axn_build_drum(axn_circuit *circuit, const int *parameters)
{
    int width = parameters[0];
    int x[2][8], bits[2][8] = {{0}}, shift[2][3];
    for (int i = 0; i < 8; i++) {
        x[0][i] = AXN_NET_A(i);
        x[1][i] = AXN_NET_B(i);
    }
    for (int operand = 0; operand < 2; operand++)
        segment(circuit, x[operand], width, bits[operand], shift[operand]);
    axn_columns columns = {0};
    for (int j = 0; j < width; j++)
        for (int i = 0; i < width; i++)
            axn_columns_add(circuit, &columns, i + j,
                            axn_circuit_and(circuit, bits[0][i], bits[1][j]));
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
    int total[4], carry = AXN_NET_ZERO;
    for (int digit = 0; digit < 3; digit++)
        axn_circuit_full_adder(circuit, shift[0][digit], shift[1][digit], carry, &total[digit],
                               &carry);
    total[3] = carry;
    shift_left(circuit, circuit->output, 16, total, 4);
}

/* One-hot nearest power of two, rounded[9]: halfway goes up, except 3 to 2. */
static void round_to_power(axn_circuit *circuit, const int *x, int *rounded)
{
    int none_above = AXN_NET_ONE;
    for (int i = 0; i < 9; i++)
        rounded[i] = AXN_NET_ZERO;
    for (int i = 7; i >= 0; i--) {
        int leading = axn_circuit_and(circuit, none_above, x[i]);
        if (i >= 2) {
            int up = axn_circuit_and(circuit, leading, x[i - 1]);
            int stay = axn_circuit_and(circuit, leading, axn_circuit_not(circuit, x[i - 1]));
            rounded[i + 1] = axn_circuit_or(circuit, rounded[i + 1], up);
            rounded[i] = axn_circuit_or(circuit, rounded[i], stay);
        } else {
            rounded[i] = axn_circuit_or(circuit, rounded[i], leading);
        }
        none_above = axn_circuit_and(circuit, none_above, axn_circuit_not(circuit, x[i]));
    }
}

/* product[17] = bits[count] << i for the one-hot select[9]. */
static void select_shift(axn_circuit *circuit, const int *select, const int *bits, int count,
                         int *product)
{
    for (int column = 0; column < 17; column++) {
        int terms[9];
        int terms_count = 0;
        for (int i = 0; i < 9; i++)
            if (column - i >= 0 && column - i < count)
                terms[terms_count++] = axn_circuit_and(circuit, select[i], bits[column - i]);
        product[column] = axn_circuit_or_many(circuit, terms, terms_count);
    }
}

/* A x B is about Ar x B + Br x A - Ar x Br, with Ar, Br the rounded operands. */
void axn_build_roba(axn_circuit *circuit, const int *parameters)
{
    int a[8], b[8], a_rounded[9], b_rounded[9], first[17], second[17], both[17];
    (void)parameters;
    for (int i = 0; i < 8; i++) {
        a[i] = AXN_NET_A(i);
        b[i] = AXN_NET_B(i);
    }
    round_to_power(circuit, a, a_rounded);
    round_to_power(circuit, b, b_rounded);
    select_shift(circuit, a_rounded, b, 8, first);
    select_shift(circuit, b_rounded, a, 8, second);
    select_shift(circuit, a_rounded, b_rounded, 9, both);
    int carry = AXN_NET_ZERO, borrow = AXN_NET_ONE;
    for (int i = 0; i < 16; i++) {
        int sum;
        axn_circuit_full_adder(circuit, first[i], second[i], carry, &sum, &carry);
        axn_circuit_full_adder(circuit, sum, axn_circuit_not(circuit, both[i]), borrow,
                               &circuit->output[i], &borrow);
    }
}

/* One-hot leading one of x, and x without it. */
static void split_leading(axn_circuit *circuit, const int *x, int *one_hot, int *rest)
{
    int above = AXN_NET_ZERO;
    one_hot[8] = AXN_NET_ZERO;
    for (int i = 7; i >= 0; i--) {
        one_hot[i] = axn_circuit_and(circuit, x[i], axn_circuit_not(circuit, above));
        rest[i] = axn_circuit_and(circuit, x[i], above);
        above = axn_circuit_or(circuit, above, x[i]);
    }
}

/* With a = 2^k + a', b = 2^m + b': a b = 2^k b + 2^m a' + a' b', the last term left out,
 * or approximated in the same way in as many further steps as parameters[0] says. */
void axn_build_iterative_log(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int a[8], b[8];
    for (int i = 0; i < 8; i++) {
        a[i] = AXN_NET_A(i);
        b[i] = AXN_NET_B(i);
    }
    for (int step = 0; step <= parameters[0]; step++) {
        int a_hot[9], b_hot[9], a_rest[8], b_rest[8], first[17], second[17];
        split_leading(circuit, a, a_hot, a_rest);
        split_leading(circuit, b, b_hot, b_rest);
        select_shift(circuit, a_hot, b, 8, first);
        select_shift(circuit, b_hot, a_rest, 8, second);
        for (int column = 0; column < AXN_COLUMNS; column++) {
            axn_columns_add(circuit, &columns, column, first[column]);
            axn_columns_add(circuit, &columns, column, second[column]);
        }
        for (int i = 0; i < 8; i++) {
            a[i] = a_rest[i];
            b[i] = b_rest[i];
        }
    }
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
