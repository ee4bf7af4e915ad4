/* Executes a compiled program over an arena of bytes exactly as docs/accelerator.md
 * describes it, and knows nothing of the model it came from. */
#ifndef AXN_TESTS_INTERPRETER_H
#define AXN_TESTS_INTERPRETER_H

#include "rtl_gen/program.h"

typedef struct axn_interpreter {
    const axn_program *program;
    const uint16_t *const *tables; /* one a multiplier of the program */
    uint8_t *arena;                /* [program->arena_bytes] */
    int32_t *logits;
    int class;
} axn_interpreter;

/* Executes operation `index`. */
void axn_interpreter_step(axn_interpreter *interpreter, int index);

#endif
