/* The tables of the array's multipliers for Verilator: one copy for all cells. C or C++:
 * Verilator compiles what it is given as C++. */
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
int axn_mul8u_load(int index, const char *path);
unsigned axn_mul8u_product(unsigned operands);
#ifdef __cplusplus
}
#endif

#define MULTIPLIERS 64
#define PAIRS 65536

static uint16_t tables[MULTIPLIERS * PAIRS];

/* Reads 65,536 hexadecimal products of multiplier `index`, 256 * a + b, from a text file.
 * Returns 1 when all were there, else 0. */
int axn_mul8u_load(int index, const char *path)
{
    FILE *file = index >= 0 && index < MULTIPLIERS ? fopen(path, "r") : NULL;
    int count = 0;
    unsigned product;
    if (file == NULL) {
        return 0;
    }
    while (count < PAIRS && fscanf(file, "%4x", &product) == 1) {
        tables[index * PAIRS + count++] = (uint16_t)product;
    }
    fclose(file);
    return count == PAIRS;
}

/* operands: multiplier in bits 21:16, a in 15:8, b in 7:0. */
unsigned axn_mul8u_product(unsigned operands)
{
    return tables[operands & (MULTIPLIERS * PAIRS - 1U)];
}
