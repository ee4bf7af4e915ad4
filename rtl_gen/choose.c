/* Which arena and how many result buses a program needs, and how many taps a cycle its fully
 * connected layers. All cost area (banks: the crossbar in front of the rows; a second bus: a lane
 * of post-processing a row; a tap: an exact multiplier a column), so the cheapest ones are taken
 * with which no convolution is far from its tiling bound, and the fewest taps with which fully
 * connected layers do not take more than half of the cycles. */
#include "rtl_gen/program_internal.h"

/* A layer is far from its bound if it loses more than so many cycles and more than a part of
 * it, a smaller one for long layers. */
#define LEAST_LOSS 100
#define LONG_CYCLES 2000
#define LONG_SHARE 0.95
#define SHORT_SHARE 0.9
/* What a dearer choice must save of all cycles if no more layers come near their bound. */
#define WORTH_WHILE 0.9

#define MOST_DENSE_TAPS 16 /* within one word of the arena */

/* What a choice reaches. */
typedef struct reached_figures {
    int far; /* convolutions that are still far from their tiling bound */
    int64_t cycles_per_image, dense_cycles;
} reached_figures;

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

/* Whether `a` is worth taking instead of the cheaper `b`. */
static bool is_better(const reached_figures *a, const reached_figures *b)
{
    return a->far < b->far ||
           (double)a->cycles_per_image < WORTH_WHILE * (double)b->cycles_per_image;
}

/* Sets banks and row_buses of the compiled program, where the options leave them open, and the
 * spacing of its convolutions. */
static axn_status choose_array(axn_program *program, axn_array_options options, int most_banks,
                               const axn_network *network, reached_figures *result,
                               axn_error *error)
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
        reached_figures reached = {count_far(&cycles), cycles.cycles_per_image,
                                   axn_dense_cycles(&cycles, network)};
        if (best == NULL || is_better(&reached, result)) {
            best = at;
            *result = reached;
        }
        axn_cycles_free(&cycles);
    }
    apply(program, best);
    return AXN_OK;
}

/* The cheaper ways first. */
static const struct {
    bool apart;
    int most_banks;
} ways[] = {{false, 8}, {true, 8}, {false, 16}, {true, 16}};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* Channel tiles apart are of use only with two buses; with a given number of banks the ways that
 * differ in the most are one. */
static bool is_allowed(int way, const axn_array_options *options)
{
    if (ways[way].apart ? options->tiles == AXN_TILES_TOGETHER || options->row_buses == 1
                        : options->tiles == AXN_TILES_APART) {
        return false;
    }
    return ways[way].most_banks != 16 || options->banks == 0;
}

static axn_status compile_and_choose(const axn_model *model, axn_array_shape array,
                                     axn_array_options options, int way, axn_program *out,
                                     reached_figures *result, axn_error *error)
{
    if (ways[way].apart) {
        options.row_buses = 2;
    }
    axn_status status =
        axn_compile_operations(model, array, options.dense_taps, ways[way].apart, out, error);
    if (status == AXN_OK) {
        status = choose_array(out, options, ways[way].most_banks, &model->network, result, error);
        if (status != AXN_OK) {
            axn_program_free(out);
        }
    }
    return status;
}

/* The best way with options.dense_taps. */
static axn_status compile_ways(const axn_model *model, axn_array_shape array,
                               axn_array_options options, axn_program *out, reached_figures *result,
                               axn_error *error)
{
    reached_figures reached = {0};
    axn_program first = {0}, second = {0};
    axn_program *best = NULL, *other = &first;
    axn_status status = AXN_OK;
    for (int way = 0; way < WAYS && status == AXN_OK && (best == NULL || result->far > 0); way++) {
        if (!is_allowed(way, &options)) {
            continue;
        }
        status = compile_and_choose(model, array, options, way, other, &reached, error);
        if (status == AXN_OK && (best == NULL || is_better(&reached, result))) {
            axn_program *better = other;
            other = best != NULL ? best : &second;
            best = better;
            *result = reached;
        }
        axn_program_free(other);
    }
    if (status == AXN_OK && best != NULL) {
        *out = *best;
    } else if (best != NULL) {
        axn_program_free(best);
    }
    return status;
}

static bool is_power_of_two(int value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

static axn_status check_options(axn_array_shape array, axn_array_options options, axn_error *error)
{
    if (array.rows < AXN_ARRAY_MIN || array.rows > AXN_ARRAY_MAX || array.cols < AXN_ARRAY_MIN ||
        array.cols > AXN_ARRAY_MAX) {
        return axn_fail(error, AXN_ERROR_USAGE, "the array must have %d to %d rows and columns",
                        AXN_ARRAY_MIN, AXN_ARRAY_MAX);
    }
    if ((options.banks != 0 && options.banks != 4 && options.banks != 8 && options.banks != 16) ||
        (options.banks == 4 && array.rows > 16)) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the arena must have 4, 8 or 16 banks, above 16 rows 8 or 16");
    }
    if (options.row_buses < 0 || options.row_buses > 2) {
        return axn_fail(error, AXN_ERROR_USAGE, "a row must have 1 or 2 result buses");
    }
    if (options.tiles == AXN_TILES_APART && options.row_buses == 1) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "an operation for each tile of channels needs 2 result buses a row");
    }
    if (options.dense_taps != 0 &&
        (!is_power_of_two(options.dense_taps) || options.dense_taps > MOST_DENSE_TAPS ||
         options.dense_taps > array.rows)) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "a fully connected layer takes 1, 2, 4, 8 or 16 taps a cycle, at most as "
                        "many as the array has rows");
    }
    return AXN_OK;
}

axn_status axn_program_compile_for(const axn_model *model, axn_array_shape array,
                                   axn_array_options options, axn_program *out, axn_error *error)
{
    reached_figures reached = {0};
    bool open = options.dense_taps == 0;
    *out = (axn_program){0};
    axn_status status = check_options(array, options, error);
    options.dense_taps = open ? 1 : options.dense_taps;
    if (status == AXN_OK) {
        status = compile_ways(model, array, options, out, &reached, error);
    }
    while (status == AXN_OK && open && 2 * reached.dense_cycles > reached.cycles_per_image &&
           2 * options.dense_taps <= array.rows && 2 * options.dense_taps <= MOST_DENSE_TAPS) {
        axn_program_free(out);
        options.dense_taps *= 2;
        status = compile_ways(model, array, options, out, &reached, error);
    }
    return status;
}

axn_array_options axn_program_options(const axn_program *program)
{
    return (axn_array_options){.banks = program->banks,
                               .row_buses = program->row_buses,
                               .dense_taps = program->dense_taps,
                               .tiles = program->apart ? AXN_TILES_APART : AXN_TILES_TOGETHER};
}

axn_status axn_program_compile(const axn_model *model, axn_array_shape array, axn_program *out,
                               axn_error *error)
{
    return axn_program_compile_for(model, array, (axn_array_options){0}, out, error);
}
