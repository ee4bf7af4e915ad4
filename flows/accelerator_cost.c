#include "flows/accelerator_cost.h"

#include <math.h>

/* All energies are in units of an exact multiplication of the same library, so that they go
 * with its technology. Logic: fitted to the replay of mapped accelerators of 4 x 4, 8 x 8,
 * 8 x 16, 16 x 8 and 16 x 16 cells (OSU 0.18 um). */
#define CLOCK_PIN .0206       /* a flip-flop, a cycle */
#define ACCUMULATION .2284    /* a multiplication */
#define CELL .0610            /* a cell of the array, a cycle, besides its clock pins */
#define OTHER_FLIP_FLOP .0082 /* logic about a flip-flop outside the cells, a cycle */

/* Memories: a 64-bit access beside an 8-bit multiplication, .2 pJ (Horowitz, "Computing's
 * energy problem", ISSCC 2014, figure 1.1.9: 10, 20 and 100 pJ at 45 nm, as caches). */
static const struct {
    double bytes, energy;
} memories[] = {{8192, 50}, {32768, 100}, {1048576, 500}};
#define MEMORIES (sizeof memories / sizeof memories[0])

static double access_energy(double bytes)
{
    if (bytes <= memories[0].bytes) {
        return memories[0].energy;
    }
    size_t i = 1;
    while (i + 1 < MEMORIES && bytes > memories[i].bytes) {
        i++;
    }
    double slope = log(memories[i].energy / memories[i - 1].energy) /
                   log(memories[i].bytes / memories[i - 1].bytes);
    return memories[i - 1].energy * pow(bytes / memories[i - 1].bytes, slope);
}

void axn_count_flip_flops(const axn_program *program, double *cells, double *rest)
{
    double r = program->array.rows;
    double c = program->array.cols;
    double right = program->row_buses > 1 ? r * (264 + 2.4 * r) : 0;
    double t = program->dense_taps;
    /* Operands of the products, copies of the sums; without the fully connected row's own. */
    double block = t > 1 ? 8 * t * (c + 1) + 31 * (c - 1) - 19 * c : 0;
    double skew = 4.5 * c * (c - 1) + 8.5 * r * r - 6.5 * r + 4;
    *cells = 43 * r * c;
    *rest = 354 * r + 51 * c + skew + right + block + 1620;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

void axn_count_accesses(const axn_program *program, int64_t image_bytes, axn_memory_accesses *out)
{
    const int64_t rows = program->array.rows;
    const int64_t cols = program->array.cols;
    const int64_t read_words = program->banks * 2;
    const int64_t write_words = ceil_div(rows, 16) * 2;
    *out = (axn_memory_accesses){.arena = ceil_div(image_bytes, 8)};
    for (int i = 0; i < program->operation_count; i++) {
        const axn_descriptor *op = &program->operations[i];
        bool array = op->op == AXN_OP_CONVOLUTION || op->op == AXN_OP_DENSE;
        int64_t tiles = ceil_div(op->out_plane, rows);
        int64_t outputs = tiles * op->out_channels;
        int64_t taps = op->op == AXN_OP_SUM ? 2 : op->taps;
        int64_t reads = array ? tiles * ceil_div(op->out_channels, cols) * taps : outputs * taps;
        out->arena += reads * read_words + (op->logits ? 0 : outputs * write_words);
        int64_t words = op->op == AXN_OP_DENSE ? program->dense_taps : 1;
        out->weights += array ? reads * words * ceil_div(cols, 8) : 0;
        out->parameters += outputs;
        out->program += 8;
    }
}

void axn_accelerator_energy_of(const axn_program *program, const axn_cycles *cycles,
                               double multiplications_pj, int64_t multiplications,
                               double exact_energy_pj, axn_accelerator_energy *out)
{
    double time = (double)cycles->cycles_per_image;
    double unit = exact_energy_pj / 1e6;
    double cells = 0;
    double rest = 0;
    axn_memory_accesses accesses;
    axn_count_flip_flops(program, &cells, &rest);
    axn_count_accesses(program, cycles->load_cycles * 16, &accesses);
    double bank = program->banks > 0 ? (double)program->arena_bytes / program->banks : 0;
    double accessed =
        (double)accesses.arena * access_energy(bank) +
        (double)accesses.weights *
            access_energy((double)program->weight_words * program->array.cols) +
        (double)accesses.parameters * access_energy((double)program->parameter_count * 8) +
        (double)accesses.program * access_energy((double)program->operation_count * 64);
    *out = (axn_accelerator_energy){
        .multiplications = multiplications_pj / 1e6,
        .accumulators = unit * (ACCUMULATION * (double)multiplications +
                                CELL * time * program->array.rows * program->array.cols),
        .registers = unit * time * CLOCK_PIN * (cells + rest),
        .logic = unit * time * OTHER_FLIP_FLOP * rest,
        .memories = unit * accessed};
    out->total =
        out->multiplications + out->accumulators + out->registers + out->logic + out->memories;
}

/* Cycles depend on shapes alone, so any parameters that the compiler accepts will do. */
static axn_status fill_model(const axn_phenotype *phenotype, axn_model *model, axn_error *error)
{
    axn_status status = axn_network_copy(&phenotype->network, &model->network, error);
    if (status == AXN_OK) {
        status = axn_model_allocate(model, error);
    }
    for (int i = 0; status == AXN_OK && i < model->network.count; i++) {
        axn_model_layer *layer = &model->layers[i];
        layer->output = (axn_quantisation){1, 0};
        for (int k = 0; k < layer->requantisations; k++) {
            layer->mantissa[k] = 1;
            layer->shift[k] = 1;
        }
        layer->accumulator_bits = model->network.layers[i].kind == AXN_LAYER_CONV ? 24 : 0;
        if (model->network.layers[i].kind == AXN_LAYER_CONV) {
            model->network.layers[i].multiplier = 0;
        }
    }
    model->multiplier_count = 1;
    return status;
}

axn_status axn_accelerator_cost_hook(void *context, const axn_phenotype *phenotype,
                                     const axn_search_multiplier *multipliers,
                                     double exact_energy_pj, axn_accelerator_cost *out,
                                     axn_error *error)
{
    const axn_array_shape *array = context;
    const axn_network *network = &phenotype->network;
    axn_model model = {0};
    axn_program program = {0};
    axn_cycles cycles = {0};
    axn_accelerator_energy energy;
    double spent = 0;
    int64_t multiplications = 0;
    axn_status status = fill_model(phenotype, &model, error);
    if (status == AXN_OK) {
        status = axn_program_compile(&model, *array, &program, error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&program, &model.network, &cycles, error);
    }
    for (int i = 0; status == AXN_OK && i < network->count; i++) {
        if (network->layers[i].kind == AXN_LAYER_CONV) {
            int64_t count = axn_layer_multiplications(network, i, AXN_COUNT_EXACT);
            multiplications += count;
            spent += (double)count *
                     multipliers[phenotype->multipliers[network->layers[i].multiplier]].energy_pj;
        }
    }
    if (status == AXN_OK) {
        axn_accelerator_energy_of(&program, &cycles, spent, multiplications, exact_energy_pj,
                                  &energy);
        *out = (axn_accelerator_cost){cycles.cycles_per_image, energy.total, energy.memories};
    }
    axn_model_free(&model);
    axn_program_free(&program);
    axn_cycles_free(&cycles);
    return status;
}
