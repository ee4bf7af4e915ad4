/* The multiplier's table for Verilator: one copy for all cells. */
#include <stdint.h>
#include <stdio.h>

static uint16_t table[65536];

/* Reads 65,536 hexadecimal products, index 256 * a + b, from a text file. Returns 1 when
 * all were there, else 0. */
int axn_mul8u_load(const char *path)
{
    FILE *file = fopen(path, "r");
    int count = 0;
    unsigned product;
    if (file == NULL) {
        return 0;
    }
    while (count < 65536 && fscanf(file, "%4x", &product) == 1) {
        table[count++] = (uint16_t)product;
    }
    fclose(file);
    return count == 65536;
}

unsigned axn_mul8u_product(unsigned operands)
{
    return table[operands & 0xffffU];
}
