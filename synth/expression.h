/* Boolean expressions of Liberty files: ! (prefix), ' (postfix), ^, then & * or
 * juxtaposition, then | +, with parentheses, 0 and 1, in this order of binding. */
#ifndef AXN_SYNTH_EXPRESSION_H
#define AXN_SYNTH_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AXN_EXPRESSION_MAX 512 /* operators and operands */
#define AXN_EXPRESSION_STACK 64

/* Codes of a postfix program; a code below AXN_EXPRESSION_FALSE is a variable's index. */
enum {
    AXN_EXPRESSION_FALSE = 240,
    AXN_EXPRESSION_TRUE,
    AXN_EXPRESSION_NOT,
    AXN_EXPRESSION_AND,
    AXN_EXPRESSION_OR,
    AXN_EXPRESSION_XOR
};

typedef struct axn_expression {
    uint8_t code[AXN_EXPRESSION_MAX];
    int length;
} axn_expression;

typedef enum axn_expression_result {
    AXN_EXPRESSION_OK,
    AXN_EXPRESSION_SYNTAX,  /* malformed */
    AXN_EXPRESSION_UNKNOWN, /* names a variable that `find` does not know */
    AXN_EXPRESSION_LIMIT    /* too long or nested too deeply */
} axn_expression_result;

/* Compiles NUL-terminated text. find(context, name, length) gives a variable's index
 * 0 .. 239, or -1 if it is unknown. */
axn_expression_result axn_expression_compile(const char *text,
                                             int (*find)(const void *context, const char *name,
                                                         size_t length),
                                             const void *context, axn_expression *out);

/* Value for 64 vectors at once; variables[index] holds one bit a vector. */
uint64_t axn_expression_evaluate(const axn_expression *expression, const uint64_t *variables);

#endif
