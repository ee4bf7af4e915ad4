/* Template of the genotype: the function and the parameters of each cell of the grid
 * (Pinos, Mrazek, Sekanina 2021, section 3.1). Genes are the links between cells; the
 * template never changes during a search.
 *
 * File, one statement a line, '#' starts a comment:
 *     axnas-template 1
 *     rows R
 *     columns C
 *     levels_back L
 *     cell COLUMN ROW KIND [key=value ...]
 * with exactly one line a cell (C columns of R rows, counted from 0) and these kinds:
 *     CONV  channels kernel stride      convolution, batch norm, ReLU
 *     FC    units                       fully connected, ReLU
 *     SUM                               of two operands
 *     MAX   kernel stride               pooling; a map smaller than the kernel passes
 *     AVG   kernel stride
 *     INC   channels reduce             four branches of channels/4 each, concatenated
 *     RES   channels kernel kernel2 stride
 *     RES-B channels kernel reduce stride */
#ifndef AXN_NAS_TEMPLATE_H
#define AXN_NAS_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

#define AXN_TEMPLATE_MAX_ROWS 64
#define AXN_TEMPLATE_MAX_COLUMNS 128

typedef enum axn_cell_kind {
    AXN_CELL_CONV,
    AXN_CELL_FC,
    AXN_CELL_SUM,
    AXN_CELL_MAX,
    AXN_CELL_AVG,
    AXN_CELL_INC,
    AXN_CELL_RES,
    AXN_CELL_RES_B,
    AXN_CELL_KINDS
} axn_cell_kind;

typedef struct axn_cell {
    axn_cell_kind kind;
    int channels; /* output channels; FC: units; 0 where the kind has none */
    int kernel;   /* CONV, MAX, AVG, RES (first convolution), RES-B (the middle one) */
    int kernel2;  /* RES: second convolution */
    int stride;
    int reduce; /* INC, RES-B: channels behind the 1x1 reductions */
} axn_cell;

typedef struct axn_template {
    char name[64]; /* file name without folder and ending */
    int rows, columns;
    int levels_back; /* how many columns a link may reach back */
    axn_cell *cells; /* [columns][rows] */
} axn_template;

/* Errors are AXN_ERROR_FORMAT "FILE:LINE: cause". Free with axn_template_free. */
axn_status axn_template_load(const char *path, axn_template *out, axn_error *error);
/* The same from text; `file` stands for the file in messages and gives the name. */
axn_status axn_template_parse(const char *file, const char *text, size_t length, axn_template *out,
                              axn_error *error);
void axn_template_free(axn_template *grid); /* back to {0} */

/* Appends the template in the file format, normalised: equal templates, equal bytes. */
void axn_template_print(const axn_template *grid, axn_buffer *out);

/* Number of input links of a kind: 1 or 2. */
int axn_cell_arity(axn_cell_kind kind);

#endif
