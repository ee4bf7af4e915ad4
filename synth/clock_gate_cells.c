/* Which cells of a Liberty make the best clock gate. */
#include "synth/clock_gate.h"
#include "synth/power.h"

#define LOAD_SHARE 0.25     /* of max_capacitance, as for other nets */
#define USUAL_FLIP_FLOPS 8  /* without a max_capacitance */
#define OPEN_SHARE 0.75     /* of the cycles, for least_bits */
#define MOST_BITS 64        /* a gate that needs more bits than this is not worth having */
#define AND_TRUTH 0x8U      /* of two inputs */
#define INVERTER_TRUTH 0x1U /* of one */

static double square(double x)
{
    return x * x;
}

/* pJ of a rise and a fall of an input pin: its capacitance and its tables. */
static double pin_cycle(const axn_liberty *liberty, const axn_liberty_pin *pin)
{
    return pin->capacitance_pf * square(liberty->voltage) +
           2 * axn_power_internal(pin, liberty->slew_ns, 0);
}

static int output_of(const axn_liberty_cell *cell)
{
    int found = -1;
    for (int p = 0; p < cell->pin_count; p++) {
        if (cell->pins[p].output)
            found = found < 0 ? p : cell->pin_count;
    }
    return found < cell->pin_count ? found : -1;
}

/* The plainest flip-flop's clock pin; NULL without flip-flops. */
static const axn_liberty_pin *clock_pin(const axn_liberty *liberty)
{
    const axn_liberty_pin *found = NULL;
    double area = 0;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!cell->flip_flop || cell->dont_use || (found != NULL && cell->area_um2 >= area))
            continue;
        for (int p = 0; p < cell->pin_count; p++) {
            if (cell->pins[p].clock && cell->pins[p].input) {
                found = &cell->pins[p];
                area = cell->area_um2;
            }
        }
    }
    return found;
}

static int find_inverter(const axn_liberty *liberty)
{
    int best = -1;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (axn_liberty_mappable(cell) && cell->input_count == 1 &&
            (cell->pins[output_of(cell)].truth[0] & 3) == INVERTER_TRUTH && cell->area_um2 > 0 &&
            (best < 0 || cell->area_um2 < liberty->cells[best].area_um2))
            best = i;
    }
    return best;
}

/* pJ a cycle of the latch and of the inverter in front of it. */
static double latch_cycle(const axn_liberty *liberty, int latch, int inverter)
{
    const axn_liberty_cell *cell = &liberty->cells[latch];
    const axn_liberty_pin *pin = &cell->pins[cell->latch_enable];
    double energy = pin_cycle(liberty, pin);
    if (cell->latch_high && inverter >= 0) {
        const axn_liberty_cell *gate = &liberty->cells[inverter];
        energy += pin_cycle(liberty, &gate->pins[gate->inputs[0]]) +
                  2 * axn_power_internal(&gate->pins[output_of(gate)], liberty->slew_ns,
                                         pin->capacitance_pf);
    }
    return energy;
}

static int find_latch(const axn_liberty *liberty, int inverter)
{
    int best = -1;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (cell->simple_latch && (!cell->latch_high || inverter >= 0) &&
            (best < 0 || latch_cycle(liberty, i, inverter) < latch_cycle(liberty, best, inverter)))
            best = i;
    }
    return best;
}

typedef struct and_cost {
    int flip_flops;
    double shut, open; /* pJ a cycle: clock input; the output's tables */
} and_cost;

static and_cost cost_of(const axn_liberty *liberty, int index, double flip_flop_pf)
{
    const axn_liberty_cell *cell = &liberty->cells[index];
    const axn_liberty_pin *out = &cell->pins[output_of(cell)];
    const axn_liberty_pin *a = &cell->pins[cell->inputs[0]], *b = &cell->pins[cell->inputs[1]];
    and_cost cost = {.flip_flops = USUAL_FLIP_FLOPS};
    if (out->max_capacitance_pf > 0 && flip_flop_pf > 0)
        cost.flip_flops = (int)(LOAD_SHARE * out->max_capacitance_pf / flip_flop_pf);
    cost.shut = pin_cycle(liberty, a->capacitance_pf < b->capacitance_pf ? a : b);
    cost.open = 2 * axn_power_internal(out, liberty->slew_ns, cost.flip_flops * flip_flop_pf);
    return cost;
}

/* The AND gate that costs least for each flip-flop that it clocks. */
static int find_and(const axn_liberty *liberty, double flip_flop_pf)
{
    int best = -1;
    double least = 0;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!axn_liberty_mappable(cell) || cell->input_count != 2 || cell->area_um2 <= 0 ||
            (cell->pins[output_of(cell)].truth[0] & 15) != AND_TRUTH)
            continue;
        and_cost cost = cost_of(liberty, i, flip_flop_pf);
        double each = (cost.shut + cost.open) / (cost.flip_flops > 0 ? cost.flip_flops : 0.5);
        if (cost.flip_flops > 0 && (best < 0 || each < least)) {
            best = i;
            least = each;
        }
    }
    return best;
}

bool axn_clock_gate_find(const axn_liberty *liberty, axn_clock_gate_cells *out,
                         const char **missing)
{
    const axn_liberty_pin *clock = clock_pin(liberty);
    *out = (axn_clock_gate_cells){.inverter = find_inverter(liberty)};
    out->latch = find_latch(liberty, out->inverter);
    out->gate = clock != NULL ? find_and(liberty, clock->capacitance_pf) : -1;
    *missing = clock == NULL    ? "flip-flop"
               : out->latch < 0 ? "latch of one data and one enable pin"
               : out->gate < 0  ? "AND gate of two inputs"
                                : NULL;
    if (*missing != NULL)
        return false;
    if (!liberty->cells[out->latch].latch_high)
        out->inverter = -1;
    const axn_liberty_cell *gate = &liberty->cells[out->gate];
    bool first =
        gate->pins[gate->inputs[0]].capacitance_pf < gate->pins[gate->inputs[1]].capacitance_pf;
    out->clock_input = gate->inputs[first ? 0 : 1];
    out->enable_input = gate->inputs[first ? 1 : 0];
    out->gate_output = output_of(gate);
    and_cost cost = cost_of(liberty, out->gate, clock->capacitance_pf);
    double saved = (1 - OPEN_SHARE) * pin_cycle(liberty, clock);
    double latch = latch_cycle(liberty, out->latch, out->inverter);
    out->flip_flops = cost.flip_flops;
    for (out->least_bits = 1; out->least_bits < MOST_BITS; out->least_bits++) {
        int gates = (out->least_bits + cost.flip_flops - 1) / cost.flip_flops;
        if (out->least_bits * saved >= latch + gates * (cost.shut + OPEN_SHARE * cost.open))
            break;
    }
    return true;
}
