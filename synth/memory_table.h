/* Area and energy of memories from a table of published macros (memories.json).
 *
 * {"format": "axnas-memories", "version": 1, "technologies": [{"node", "liberties": [names of
 * Liberty libraries it stands for], "source", "scaling" (what was done to the figures, "none"),
 * "word_bits", "sizes": [{"words", "area_um2", "read_pj", "write_pj" (of a whole word),
 * "standby_mw"}, at least three, ascending]}]}. */
#ifndef AXN_SYNTH_MEMORY_TABLE_H
#define AXN_SYNTH_MEMORY_TABLE_H

#include <stdint.h>

#include "common/error.h"

#define AXN_MEMORY_SIZES 32
#define AXN_MEMORY_BANKS 1024 /* at most, of one memory */

typedef struct axn_macro {
    int words;
    double area_um2, read_pj, write_pj, standby_mw;
} axn_macro;

typedef struct axn_memory_table {
    char node[32], source[512], scaling[512];
    int word_bits;
    axn_macro sizes[AXN_MEMORY_SIZES];
    int count; /* 0: the file has nothing for this Liberty */
} axn_memory_table;

/* path NULL = the file shipped with the program; liberty: name of the Liberty library. Every error
 * names the file. */
axn_status axn_memory_table_load(const char *path, const char *liberty, axn_memory_table *out,
                                 axn_error *error);

/* A memory of `depth` words of `bytes` bytes, built of macros side by side (8 * bytes / word_bits,
 * rounded up) and in equal banks where it is deeper than the largest macro; one bank is accessed
 * at a time. A macro's figures are interpolated linearly between the table's sizes. */
typedef struct axn_memory_cost {
    int banks, columns; /* of macros */
    int macro_words;
    double area_um2, standby_mw; /* of the memory */
    double read_pj;              /* of a word */
    double write_pj;             /* of one column of macros, the least that is written at once */
    int column_bytes;            /* it holds, at least 1 */
} axn_memory_cost;

/* AXN_ERROR_LIMIT where the table does not reach: fewer words than its smallest macro has, or more
 * banks than AXN_MEMORY_BANKS. */
axn_status axn_memory_cost_of(const axn_memory_table *table, int64_t bytes, int64_t depth,
                              axn_memory_cost *out, axn_error *error);

#endif
