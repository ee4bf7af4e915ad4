#include "multipliers/cgp_cost.h"

#include "synth/power.h"

/* Truth tables over inputs in any order: all the functions are symmetric or tried
 * both ways round. */
typedef struct wanted {
    uint8_t gate;
    uint8_t inputs;
    uint8_t truth[2]; /* the second for inputs swapped */
} wanted;

static const wanted simple_cells[] = {
    {AXN_CGP_GATE_NOT, 1, {0x1, 0x1}}, {AXN_CGP_AND, 2, {0x8, 0x8}},
    {AXN_CGP_OR, 2, {0xe, 0xe}},       {AXN_CGP_XOR, 2, {0x6, 0x6}},
    {AXN_CGP_NAND, 2, {0x7, 0x7}},     {AXN_CGP_NOR, 2, {0x1, 0x1}},
    {AXN_CGP_XNOR, 2, {0x9, 0x9}},     {AXN_CGP_AND_NOT, 2, {0x2, 0x4}},
    {AXN_CGP_OR_NOT, 2, {0xb, 0xd}},
};

static const axn_liberty_pin *only_output(const axn_liberty_cell *cell)
{
    const axn_liberty_pin *found = NULL;
    for (int i = 0; i < cell->pin_count; i++) {
        if (!cell->pins[i].output)
            continue;
        if (found != NULL)
            return NULL;
        found = &cell->pins[i];
    }
    return found;
}

static const axn_liberty_cell *smallest_cell(const axn_liberty *liberty, const wanted *want)
{
    const axn_liberty_cell *best = NULL;
    uint64_t mask = want->inputs == 1 ? 0x3 : 0xf;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!cell->combinational || cell->dont_use || cell->input_count != want->inputs)
            continue;
        const axn_liberty_pin *output = only_output(cell);
        if (output == NULL || output->three_state)
            continue;
        uint64_t truth = output->truth[0] & mask;
        if (truth != want->truth[0] && truth != want->truth[1])
            continue;
        if (best == NULL || cell->area_um2 < best->area_um2)
            best = cell;
    }
    return best;
}

static void price_output(axn_cgp_cost *cost, const axn_liberty *liberty, uint8_t gate, int output,
                         const axn_liberty_pin *pin)
{
    double load = 4 * liberty->inverter_pf;
    double base = axn_power_internal(pin, liberty->slew_ns, 0);
    double loaded = axn_power_internal(pin, liberty->slew_ns, load);
    double switching = 0.5 * liberty->voltage * liberty->voltage;
    cost->base_pj[gate][output] = base;
    cost->slope_pj[gate][output] = switching + (load > 0 ? (loaded - base) / load : 0);
}

static void price_cell(axn_cgp_cost *cost, uint8_t gate, const axn_liberty_cell *cell)
{
    double sum = 0;
    for (int i = 0; i < cell->input_count; i++)
        sum += cell->pins[cell->inputs[i]].capacitance_pf;
    cost->input_pf[gate] = sum / cell->input_count;
    cost->area[gate] = cell->area_um2;
}

/* The price of `gate` as `first` followed by `second`, scaled: a complex gate of the
 * mapper takes the place of part of them. */
static void price_pair(axn_cgp_cost *cost, uint8_t gate, uint8_t first, uint8_t second,
                       double share)
{
    double link = cost->slope_pj[first][0] * cost->input_pf[second];
    cost->area[gate] = cost->area[first] + share * cost->area[second];
    cost->input_pf[gate] = cost->input_pf[first];
    for (int i = 0; i < 2; i++) {
        cost->base_pj[gate][i] =
            cost->base_pj[first][0] + share * (link + cost->base_pj[second][0]);
        cost->slope_pj[gate][i] = cost->slope_pj[second][0];
    }
}

static void scale_from(axn_cgp_cost *cost, uint8_t gate, uint8_t source, double factor)
{
    cost->area[gate] = factor * cost->area[source];
    cost->input_pf[gate] = cost->input_pf[source];
    for (int i = 0; i < 2; i++) {
        cost->base_pj[gate][i] = factor * cost->base_pj[source][0];
        cost->slope_pj[gate][i] = cost->slope_pj[source][0];
    }
}

static void price_simple(axn_cgp_cost *cost, const axn_liberty *liberty, const wanted *want,
                         bool *found)
{
    const axn_liberty_cell *cell = smallest_cell(liberty, want);
    found[want->gate] = cell != NULL;
    if (cell == NULL)
        return;
    price_cell(cost, want->gate, cell);
    for (int i = 0; i < 2; i++)
        price_output(cost, liberty, want->gate, i, only_output(cell));
}

/* Gates without a cell of their own, from those there are. An inverter in front of or
 * behind a gate mostly vanishes into a complex gate: half its price. */
static void price_missing(axn_cgp_cost *cost, const bool *found)
{
    if (!found[AXN_CGP_NOR])
        scale_from(cost, AXN_CGP_NOR, AXN_CGP_NAND, 1);
    if (!found[AXN_CGP_AND])
        price_pair(cost, AXN_CGP_AND, AXN_CGP_NAND, AXN_CGP_GATE_NOT, 1);
    if (!found[AXN_CGP_OR])
        price_pair(cost, AXN_CGP_OR, AXN_CGP_NOR, AXN_CGP_GATE_NOT, 1);
    if (!found[AXN_CGP_XOR])
        scale_from(cost, AXN_CGP_XOR, AXN_CGP_NAND, 3);
    if (!found[AXN_CGP_XNOR])
        scale_from(cost, AXN_CGP_XNOR, AXN_CGP_XOR, 1);
    if (!found[AXN_CGP_AND_NOT])
        price_pair(cost, AXN_CGP_AND_NOT, AXN_CGP_NOR, AXN_CGP_GATE_NOT, 0.5);
    if (!found[AXN_CGP_OR_NOT])
        price_pair(cost, AXN_CGP_OR_NOT, AXN_CGP_NAND, AXN_CGP_GATE_NOT, 0.5);
}

static void price_adders(axn_cgp_cost *cost, const axn_liberty *liberty)
{
    const int cells[2] = {liberty->half_adder, liberty->full_adder};
    const uint8_t gates[2] = {AXN_CGP_HALF_ADDER, AXN_CGP_FULL_ADDER};
    for (int i = 0; i < 2; i++) {
        if (cells[i] < 0) {
            /* two or five gates, each of the price of about an XOR or an AND */
            scale_from(cost, gates[i], AXN_CGP_XOR, i == 0 ? 1 : 2);
            cost->area[gates[i]] += (i == 0 ? 1 : 3) * cost->area[AXN_CGP_NAND];
            continue;
        }
        const axn_liberty_cell *cell = &liberty->cells[cells[i]];
        axn_adder_pins pins = axn_liberty_adder_pins(cell);
        price_cell(cost, gates[i], cell);
        price_output(cost, liberty, gates[i], 0, &cell->pins[pins.sum]);
        price_output(cost, liberty, gates[i], 1, &cell->pins[pins.carry]);
    }
    scale_from(cost, AXN_CGP_GATE_INCREMENT, AXN_CGP_XNOR, 1);
    cost->area[AXN_CGP_GATE_INCREMENT] += cost->area[AXN_CGP_OR];
    scale_from(cost, AXN_CGP_GATE_CARRY, AXN_CGP_AND, 1);
    scale_from(cost, AXN_CGP_GATE_XOR3, AXN_CGP_XOR, 2);
    scale_from(cost, AXN_CGP_GATE_MAJORITY, AXN_CGP_NAND, 2);
}

axn_status axn_cgp_cost_load(const axn_liberty *liberty, axn_cgp_objective objective,
                             axn_cgp_cost *out, axn_error *error)
{
    bool found[AXN_CGP_GATES] = {false};
    *out = (axn_cgp_cost){.objective = objective};
    for (size_t i = 0; i < sizeof simple_cells / sizeof simple_cells[0]; i++)
        price_simple(out, liberty, &simple_cells[i], found);
    if (!found[AXN_CGP_GATE_NOT] || !found[AXN_CGP_NAND])
        return axn_fail(error, AXN_ERROR_NOT_FOUND,
                        "%s: no inverter or no two-input NAND cell to price gates with",
                        liberty->path);
    price_missing(out, found);
    price_adders(out, liberty);
    return AXN_OK;
}

static double toggle_rate(uint32_t ones)
{
    double p = ones / 65536.0;
    return 2 * p * (1 - p);
}

double axn_cgp_cost_of(const axn_cgp_cost *cost, const axn_cgp_phenotype *phenotype,
                       const uint32_t *ones)
{
    double sum = 0;
    float load[AXN_CGP_MAX_SIGNALS];
    if (cost->objective == AXN_CGP_AREA) {
        for (int i = 0; i < phenotype->count; i++)
            sum += cost->area[phenotype->gate[phenotype->live[i]]];
        return sum;
    }
    for (int i = 0; i < phenotype->count; i++) {
        load[AXN_CGP_SIGNAL(phenotype->live[i], 0)] = 0;
        load[AXN_CGP_SIGNAL(phenotype->live[i], 1)] = 0;
    }
    for (int i = phenotype->count - 1; i >= 0; i--) {
        int node = phenotype->live[i];
        uint8_t gate = phenotype->gate[node];
        for (int j = 0; j < axn_cgp_inputs(gate); j++)
            if (phenotype->input[node][j] >= AXN_NET_FIRST)
                load[phenotype->input[node][j]] += (float)cost->input_pf[gate];
        for (int o = 0; o < 2; o++) {
            int signal = AXN_CGP_SIGNAL(node, o);
            if (axn_cgp_drives(gate, o))
                sum += toggle_rate(ones[signal]) *
                       (cost->base_pj[gate][o] + cost->slope_pj[gate][o] * (double)load[signal]);
        }
    }
    return sum;
}
