#include "flows/accelerator_cost.h"

#include <math.h>

/* All energies are in units of an exact multiplication of the same library, so that they go
 * with its technology. Fitted to the replay of mapped accelerators with clock gates (OSU 0.18 um):
 * one network on 4 x 4, 8 x 8, 8 x 16 and 16 x 16 cells, another on 16 x 16. */
#define OPERANDS .4       /* of the library's energy: operands of real layers are not uniform */
#define ACCUMULATION 1.44 /* a multiplication: adder, registers and clock of a cell at work */
#define CELL .215         /* a cell of the array, a cycle, at work or not */
#define FLIP_FLOP .0102   /* outside the cells, a cycle: clock, and the logic about it */
#define OUTPUT 23.2       /* a byte of a layer: requantisation, writing */

/* Memories: pJ of a 64-bit access at 45 nm. Up to 8 KiB CACTI's (two 32-bit macros of
 * synth/memories.json side by side), above Horowitz, "Computing's energy problem", ISSCC 2014,
 * figure 1.1.9 (caches). Written in here: users replace that file, and a search must not
 * change with it. The exact multiplication beside them is ours in gscl45nm. */
static const struct {
    double bytes, energy;
} memories[] = {{256, 1.32},  {512, 1.59}, {1024, 3.48},  {2048, 3.75},
                {8192, 7.13}, {32768, 20}, {1048576, 100}};
#define MEMORIES (sizeof memories / sizeof memories[0])
#define EXACT_45NM .713

static double access_energy(double bytes)
{
    if (bytes <= memories[0].bytes) {
        return memories[0].energy / EXACT_45NM;
    }
    size_t i = 1;
    while (i + 1 < MEMORIES && bytes > memories[i].bytes) {
        i++;
    }
    double slope = log(memories[i].energy / memories[i - 1].energy) /
                   log(memories[i].bytes / memories[i - 1].bytes);
    return memories[i - 1].energy / EXACT_45NM * pow(bytes / memories[i - 1].bytes, slope);
}

/* Of an accelerator of this shape and these buses, outside the cells. */
static double flip_flops(const axn_program *program)
{
    double r = program->array.rows;
    double c = program->array.cols;
    double right = program->row_buses > 1 ? r * (264 + 2.4 * r) : 0;
    double t = program->dense_taps;
    /* Operands of the products, copies of the sums; without the fully connected row's own. */
    double block = t > 1 ? 8 * t * (c + 1) + 31 * (c - 1) - 19 * c : 0;
    double skew = 4.5 * c * (c - 1) + 8.5 * r * r - 6.5 * r + 4;
    return 354 * r + 51 * c + skew + right + block + 1620;
}

/* Bytes that the operations write. */
static double outputs(const axn_program *program)
{
    double sum = 0;
    for (int i = 0; i < program->operation_count; i++) {
        sum += (double)program->operations[i].out_plane * program->operations[i].out_channels;
    }
    return sum;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* 64-bit accesses of each memory an image; the arena's reads are a lower bound (a tap whose
 * rows lie far apart takes more than one). */
typedef struct accesses {
    int64_t arena, weights, parameters, program;
} accesses;

static accesses count_accesses(const axn_program *program, int64_t image_bytes)
{
    const int64_t rows = program->array.rows;
    const int64_t cols = program->array.cols;
    const int64_t read_words = program->banks * 2;
    const int64_t write_words = ceil_div(rows, 16) * 2;
    accesses count = {.arena = ceil_div(image_bytes, 8)};
    for (int i = 0; i < program->operation_count; i++) {
        const axn_descriptor *op = &program->operations[i];
        bool array = op->op == AXN_OP_CONVOLUTION || op->op == AXN_OP_DENSE;
        int64_t tiles = ceil_div(op->out_plane, rows);
        int64_t written = tiles * op->out_channels;
        int64_t taps = op->op == AXN_OP_SUM ? 2 : op->taps;
        int64_t reads = array ? tiles * ceil_div(op->out_channels, cols) * taps : written * taps;
        count.arena += reads * read_words + (op->logits ? 0 : written * write_words);
        int64_t words = op->op == AXN_OP_DENSE ? program->dense_taps : 1;
        count.weights += array ? reads * words * ceil_div(cols, 8) : 0;
        count.parameters += written;
        count.program += 8;
    }
    return count;
}

static double memory_energy(const axn_program *program, const axn_cycles *cycles)
{
    accesses count = count_accesses(program, cycles->load_cycles * 16);
    double bank = program->banks > 0 ? (double)program->arena_bytes / program->banks : 0;
    return (double)count.arena * access_energy(bank) +
           (double)count.weights *
               access_energy((double)program->weight_words * program->array.cols) +
           (double)count.parameters * access_energy((double)program->parameter_count * 8) +
           (double)count.program * access_energy((double)program->operation_count * 64);
}

void axn_accelerator_energy_of(const axn_program *program, const axn_cycles *cycles,
                               double multiplications_pj, int64_t multiplications,
                               double exact_energy_pj, axn_accelerator_energy *out)
{
    double time = (double)cycles->cycles_per_image;
    double unit = exact_energy_pj / 1e6;
    *out = (axn_accelerator_energy){
        .multiplications = OPERANDS * multiplications_pj / 1e6,
        .cells = unit * (ACCUMULATION * (double)multiplications +
                         CELL * time * program->array.rows * program->array.cols),
        .logic = unit * (FLIP_FLOP * time * flip_flops(program) + OUTPUT * outputs(program)),
        .memories = unit * memory_energy(program, cycles)};
    out->total = out->multiplications + out->cells + out->logic + out->memories;
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
