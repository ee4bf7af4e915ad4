/* Truth table of an 8x8-bit unsigned multiplier. */
#ifndef AXN_MULTIPLIERS_TABLE_H
#define AXN_MULTIPLIERS_TABLE_H

#include <stdint.h>

#include "common/error.h"
#include "common/hash.h"

/* product[a * 256 + b] = O for A = a (activation) and B = b (weight). */
typedef struct axn_table {
    uint16_t product[65536];
} axn_table;

void axn_table_exact(axn_table *table);
/* FNV-1a over the 65,536 products as little-endian 16-bit words, a-major. */
uint64_t axn_table_hash(const axn_table *table);

/* Tables of `count` Verilog files (each one module with 8-bit A and B and 16-bit O
 * or any port names; top module = `modules[i]`, NULL = the only or top module),
 * read through one Yosys process. Caller provides tables[count]. Errors name the
 * file. */
axn_status axn_table_from_verilog(const char *const *files, const char *const *modules, int count,
                                  axn_table *tables, axn_error *error);

/* Raw file of one table after another: 131,072 bytes each, little endian. */
axn_status axn_table_write(const char *path, const axn_table *tables, int count, axn_error *error);
axn_status axn_table_read(const char *path, axn_table *tables, int count, axn_error *error);

#endif
