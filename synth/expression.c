#include "synth/expression.h"

#include <string.h>

/* Only on the operator stack. */
#define CODE_OPEN (AXN_EXPRESSION_XOR + 1)

typedef struct compiler {
    axn_expression *out;
    uint8_t operators[AXN_EXPRESSION_STACK];
    int operator_count;
    int depth; /* operands on the run-time stack */
    axn_expression_result result;
} compiler;

static int precedence(uint8_t code)
{
    switch (code) {
    case AXN_EXPRESSION_NOT:
        return 4;
    case AXN_EXPRESSION_XOR:
        return 3;
    case AXN_EXPRESSION_AND:
        return 2;
    case AXN_EXPRESSION_OR:
        return 1;
    default:
        return 0;
    }
}

static void emit(compiler *c, uint8_t code)
{
    if (c->out->length == AXN_EXPRESSION_MAX || c->depth == AXN_EXPRESSION_STACK) {
        c->result = AXN_EXPRESSION_LIMIT;
        return;
    }
    if (code == AXN_EXPRESSION_AND || code == AXN_EXPRESSION_OR || code == AXN_EXPRESSION_XOR)
        c->depth--;
    else if (code != AXN_EXPRESSION_NOT)
        c->depth++;
    c->out->code[c->out->length++] = code;
}

static void push(compiler *c, uint8_t code)
{
    if (c->operator_count == AXN_EXPRESSION_STACK)
        c->result = AXN_EXPRESSION_LIMIT;
    else
        c->operators[c->operator_count++] = code;
}

/* Emits what binds at least as tightly as a binary operator of this precedence. */
static void reduce(compiler *c, int least)
{
    while (c->operator_count > 0 && c->result == AXN_EXPRESSION_OK) {
        uint8_t top = c->operators[c->operator_count - 1];
        if (top == CODE_OPEN || precedence(top) < least)
            return;
        emit(c, top);
        c->operator_count--;
    }
}

static void binary(compiler *c, uint8_t code)
{
    reduce(c, precedence(code));
    push(c, code);
}

static bool name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '[' || c == ']' || c == '.' || c == '$';
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\\';
}

/* Operand, prefix operator or '(': returns the length read and sets *operand. */
static size_t start_term(compiler *c, const char *text,
                         int (*find)(const void *context, const char *name, size_t length),
                         const void *context, bool *operand)
{
    if (*text == '!') {
        push(c, AXN_EXPRESSION_NOT);
        return 1;
    }
    if (*text == '(') {
        push(c, CODE_OPEN);
        return 1;
    }
    size_t length = 0;
    while (name_character(text[length]))
        length++;
    if (length == 0) {
        c->result = AXN_EXPRESSION_SYNTAX;
        return 0;
    }
    *operand = true;
    if (length == 1 && (*text == '0' || *text == '1')) {
        emit(c, *text == '0' ? AXN_EXPRESSION_FALSE : AXN_EXPRESSION_TRUE);
        return length;
    }
    int index = find(context, text, length);
    if (index < 0 || index >= AXN_EXPRESSION_FALSE)
        c->result = AXN_EXPRESSION_UNKNOWN;
    else
        emit(c, (uint8_t)index);
    return length;
}

/* Postfix or binary operator or ')' after an operand. */
static size_t after_operand(compiler *c, const char *text, bool *operand)
{
    switch (*text) {
    case '\'':
        reduce(c, 5);
        emit(c, AXN_EXPRESSION_NOT);
        return 1;
    case ')':
        reduce(c, 1);
        if (c->operator_count == 0)
            c->result = AXN_EXPRESSION_SYNTAX;
        else
            c->operator_count--;
        return 1;
    case '^':
        *operand = false;
        binary(c, AXN_EXPRESSION_XOR);
        return 1;
    case '|':
    case '+':
        *operand = false;
        binary(c, AXN_EXPRESSION_OR);
        return 1;
    case '&':
    case '*':
        *operand = false;
        binary(c, AXN_EXPRESSION_AND);
        return 1;
    default: /* juxtaposition is AND; the next term is read on the next turn */
        *operand = false;
        binary(c, AXN_EXPRESSION_AND);
        return 0;
    }
}

axn_expression_result axn_expression_compile(const char *text,
                                             int (*find)(const void *context, const char *name,
                                                         size_t length),
                                             const void *context, axn_expression *out)
{
    compiler c = {.out = out};
    bool operand = false;
    out->length = 0;
    while (c.result == AXN_EXPRESSION_OK) {
        /* Quotation marks only protect odd pin names. */
        while (blank(*text) || *text == '"')
            text++;
        if (*text == '\0')
            break;
        text += operand ? after_operand(&c, text, &operand)
                        : start_term(&c, text, find, context, &operand);
    }
    if (c.result != AXN_EXPRESSION_OK)
        return c.result;
    reduce(&c, 1);
    if (c.result == AXN_EXPRESSION_OK && (!operand || c.operator_count > 0 || c.depth != 1))
        return AXN_EXPRESSION_SYNTAX;
    return c.result;
}

uint64_t axn_expression_evaluate(const axn_expression *expression, const uint64_t *variables)
{
    uint64_t stack[AXN_EXPRESSION_STACK + 1] = {0};
    int top = 0;
    for (int i = 0; i < expression->length; i++) {
        uint8_t code = expression->code[i];
        switch (code) {
        case AXN_EXPRESSION_FALSE:
            stack[top++] = 0;
            break;
        case AXN_EXPRESSION_TRUE:
            stack[top++] = ~UINT64_C(0);
            break;
        case AXN_EXPRESSION_NOT:
            stack[top - 1] = ~stack[top - 1];
            break;
        case AXN_EXPRESSION_AND:
            top--;
            stack[top - 1] &= stack[top];
            break;
        case AXN_EXPRESSION_OR:
            top--;
            stack[top - 1] |= stack[top];
            break;
        case AXN_EXPRESSION_XOR:
            top--;
            stack[top - 1] ^= stack[top];
            break;
        default:
            stack[top++] = variables[code];
            break;
        }
    }
    return top == 1 ? stack[0] : 0;
}
