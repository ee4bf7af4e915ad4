/* Trees of approximate 4:2 compressors in the low columns, exact adders above.
 *  - A. Momeni, J. Han, P. Montuschi and F. Lombardi, "Design and analysis of
 *    approximate compressors for multiplication", IEEE Trans. Computers 64(4), 2015,
 *    design 2: four zeros give 1.
 *  - Z. Yang, J. Han and F. Lombardi, "Approximate compressors for error-resilient
 *    multiplier design", DFTS 2015: only four ones are wrong (3); zeros stay exact.
 *  - S. Venkatachalam and S.-B. Ko, "Design of power and area efficient approximate
 *    multipliers", IEEE Trans. VLSI Systems 25(5), 2017: the partial products
 *    a_m b_n and a_n b_m are altered to their OR and AND, the ANDs of a column are
 *    joined by OR, and adders and compressors are approximate; zeros stay exact. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

typedef void (*reducer)(axn_circuit *circuit, const int *x, int *sum, int *carry);

static void momeni(axn_circuit *circuit, const int *x, int *sum, int *carry)
{
    *sum = axn_circuit_or(circuit, axn_circuit_xnor(circuit, x[0], x[1]),
                          axn_circuit_xnor(circuit, x[2], x[3]));
    *carry = axn_circuit_and(circuit, axn_circuit_or(circuit, x[0], x[1]),
                             axn_circuit_or(circuit, x[2], x[3]));
}

/* Exact sums with the two carries joined by OR; four ones would leave sum 0. */
static void yang(axn_circuit *circuit, const int *x, int *sum, int *carry)
{
    int first, second;
    axn_circuit_full_adder(circuit, x[0], x[1], x[2], sum, &first);
    axn_circuit_half_adder(circuit, *sum, x[3], sum, &second);
    *sum = axn_circuit_or(circuit, *sum, axn_circuit_and(circuit, first, second));
    *carry = axn_circuit_or(circuit, first, second);
}

static void venkatachalam(axn_circuit *circuit, const int *x, int *sum, int *carry)
{
    int both01 = axn_circuit_and(circuit, x[0], x[1]);
    int both23 = axn_circuit_and(circuit, x[2], x[3]);
    int odd = axn_circuit_or(circuit, axn_circuit_xor(circuit, x[0], x[1]),
                             axn_circuit_xor(circuit, x[2], x[3]));
    *sum = axn_circuit_or(circuit, odd, axn_circuit_and(circuit, both01, both23));
    *carry = axn_circuit_or(circuit, both01, both23);
}

static void exact_three(axn_circuit *circuit, const int *x, int *sum, int *carry)
{
    axn_circuit_full_adder(circuit, x[0], x[1], x[2], sum, carry);
}

static void approximate_three(axn_circuit *circuit, const int *x, int *sum, int *carry)
{
    int any = axn_circuit_or(circuit, x[0], x[1]);
    *sum = axn_circuit_xor(circuit, any, x[2]);
    *carry = axn_circuit_and(circuit, any, x[2]);
}

/* Brings the columns below `end` to at most two bits, stage by stage. */
static void reduce(axn_circuit *circuit, axn_columns *columns, int end, reducer four, reducer three)
{
    bool again = true;
    while (again && !circuit->failed) {
        axn_columns next = {0};
        again = false;
        for (int column = 0; column < AXN_COLUMNS; column++) {
            const int *net = columns->net[column];
            int left = columns->height[column];
            while (column < end && left >= 3) {
                int sum = AXN_NET_ZERO, carry = AXN_NET_ZERO;
                int used = left >= 4 ? 4 : 3;
                (used == 4 ? four : three)(circuit, net, &sum, &carry);
                axn_columns_add(circuit, &next, column, sum);
                axn_columns_add(circuit, &next, column + 1, carry);
                net += used;
                left -= used;
            }
            for (int i = 0; i < left; i++)
                axn_columns_add(circuit, &next, column, net[i]);
        }
        *columns = next;
        for (int column = 0; column < end; column++)
            again = again || columns->height[column] > 2;
    }
}

static void build_tree(axn_circuit *circuit, int end, reducer four)
{
    axn_columns columns = {0};
    axn_columns_partial_products(circuit, &columns, 0, AXN_COLUMNS);
    reduce(circuit, &columns, end, four, exact_three);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

void axn_build_compressor_momeni(axn_circuit *circuit, const int *parameters)
{
    build_tree(circuit, parameters[0], momeni);
}

void axn_build_compressor_yang(axn_circuit *circuit, const int *parameters)
{
    build_tree(circuit, parameters[0], yang);
}

/* One column of altered partial products. Columns of up to three stay as they are. */
static void add_altered(axn_circuit *circuit, axn_columns *columns, int column)
{
    int generate = AXN_NET_ZERO;
    for (int n = 0; n < 8; n++) {
        int m = column - n;
        if (m < n || m > 7)
            continue;
        int first = axn_partial_product(circuit, m, n);
        if (m == n) {
            axn_columns_add(circuit, columns, column, first);
            continue;
        }
        int second = axn_partial_product(circuit, n, m);
        axn_columns_add(circuit, columns, column, axn_circuit_or(circuit, first, second));
        generate = axn_circuit_or(circuit, generate, axn_circuit_and(circuit, first, second));
    }
    axn_columns_add(circuit, columns, column, generate);
}

void axn_build_compressor_altered(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    for (int column = 0; column < AXN_COLUMNS; column++) {
        if (column >= 3 && column <= 11 && column < parameters[0])
            add_altered(circuit, &columns, column);
        else
            axn_columns_partial_products(circuit, &columns, column, column + 1);
    }
    reduce(circuit, &columns, parameters[0], venkatachalam, approximate_three);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
