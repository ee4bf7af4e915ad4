/* Which arena and how many result buses a program needs. Both cost area (banks: the crossbar in
 * front of the rows; a second bus: a lane of post-processing a row), so the cheapest ones are
 * taken with which no convolution is far from its tiling bound. */
#include "rtl_gen/program_internal.h"

/* A layer is far from its bound if it loses more than so many cycles and more than a part of
 * it, a smaller one for long layers. */
#define LEAST_LOSS 100
#define LONG_CYCLES 2000
#define LONG_SHARE 0.95
#define SHORT_SHARE 0.9
/* What a dearer choice must save of all cycles if no more layers come near their bound. */
#define WORTH_WHILE 0.9

typedef struct choice {
    int banks, row_buses;
} choice;

/* By area. */
static const choice choices[] = {{4, 1}, {8, 1}, {4, 2}, {8, 2}, {16, 1}, {16, 2}};

enum { CHOICES = sizeof choices / sizeof choices[0] };

/* Whether 24 bits hold sum - zw * sum of activations + bias of every channel. */
static bool is_narrow(const axn_program *program, const axn_descriptor *op)
{
    int64_t most = (int64_t)op->taps * (65535 + 255 * 255);
    for (uint32_t i = 0; i < op->out_channels; i++) {
        int64_t bias = (int32_t)(uint32_t)program->parameters[op->parameter_base + i];
        if (most + (bias < 0 ? -bias : bias) >= 1 << 23) {
            return false;
        }
    }
    return true;
}

/* The best spacing of a convolution's tiles; 0 where the second bus is of no use. */
static void choose_spacing(const axn_program *program, axn_descriptor *op)
{
    int cols = program->array.cols, half = AXN_LEFT_COLUMNS(cols);
    op->spacing = 0;
    op->late = 0;
    if (program->row_buses < 2 || op->op != AXN_OP_CONVOLUTION || op->taps >= (uint32_t)cols ||
        op->out_channels <= (uint32_t)half || !is_narrow(program, op)) {
        return;
    }
    axn_descriptor best = *op;
    int64_t least = axn_operation_cycles(program, op);
    for (int i = 2 * half; i < 2 * cols; i++) {
        op->spacing = (uint32_t)i / 2;
        op->late = (uint32_t)i % 2;
        int64_t cycles = axn_operation_cycles(program, op);
        if (cycles >= 0 && cycles < least) {
            least = cycles;
            best = *op;
        }
    }
    *op = best;
}

static void apply(axn_program *program, const choice *chosen)
{
    program->banks = chosen->banks;
    program->row_buses = chosen->row_buses;
    for (int i = 0; i < program->operation_count; i++) {
        choose_spacing(program, &program->operations[i]);
    }
}

static int count_far(const axn_cycles *cycles)
{
    int far = 0;
    for (int i = 0; i < cycles->layer_count; i++) {
        const axn_layer_cycles *at = &cycles->layers[i];
        if (at->multiplications > 0) {
            double share = at->utilisation / at->tiling_bound;
            double bound = share * (double)at->cycles;
            far += share < (bound >= LONG_CYCLES ? LONG_SHARE : SHORT_SHARE) &&
                   (double)at->cycles - bound > LEAST_LOSS;
        }
    }
    return far;
}

bool axn_choice_is_better(const axn_choice_result *a, const axn_choice_result *b)
{
    return a->far < b->far ||
           (double)a->cycles_per_image < WORTH_WHILE * (double)b->cycles_per_image;
}

axn_status axn_choose_array(axn_program *program, axn_array_options options, int most_banks,
                            const axn_network *network, axn_choice_result *result, axn_error *error)
{
    const choice *best = NULL;
    for (int i = 0; i < CHOICES && (best == NULL || result->far > 0); i++) {
        const choice *at = &choices[i];
        if ((options.banks != 0 && options.banks != at->banks) ||
            (options.row_buses != 0 && options.row_buses != at->row_buses) ||
            (program->array.rows > 16 && at->banks < 8) ||
            (options.banks == 0 && at->banks > most_banks)) {
            continue;
        }
        axn_cycles cycles;
        apply(program, at);
        axn_status status = axn_program_cycles(program, network, &cycles, error);
        if (status != AXN_OK) {
            return status;
        }
        axn_choice_result reached = {count_far(&cycles), cycles.cycles_per_image};
        if (best == NULL || axn_choice_is_better(&reached, result)) {
            best = at;
            *result = reached;
        }
        axn_cycles_free(&cycles);
    }
    apply(program, best);
    return AXN_OK;
}
