/* The multiplier's table for Verilator: one copy for all cells. C or C++: Verilator compiles
 * what it is given as C++. */
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif
int axn_mul8u_load(const char *path);
unsigned axn_mul8u_product(unsigned operands);
#ifdef __cplusplus
}
#endif

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
