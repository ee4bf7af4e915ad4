/* The fixed input slew of a Liberty (axn_liberty.slew_ns). */
#include "synth/liberty_internal.h"

#define STAGES 8 /* of the inverter chain; the slew settles within a few */

static bool is_inverter(const axn_liberty_cell *cell)
{
    if (!cell->combinational || cell->dont_use || cell->input_count != 1 || cell->pin_count != 2)
        return false;
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].output)
            return (cell->pins[p].truth[0] & 3) == 1;
    return false;
}

static int smallest_inverter(const axn_liberty *liberty)
{
    int best = -1;
    for (int i = 0; i < liberty->cell_count; i++)
        if (is_inverter(&liberty->cells[i]) &&
            (best < 0 || liberty->cells[i].area_um2 < liberty->cells[best].area_um2 ||
             (liberty->cells[i].area_um2 <= liberty->cells[best].area_um2 &&
              liberty->cells[i].pins[liberty->cells[i].inputs[0]].capacitance_pf <
                  liberty->cells[best].pins[liberty->cells[best].inputs[0]].capacitance_pf)))
            best = i;
    return best;
}

/* The first timing group of the output with both transition tables; NULL if none. */
static const axn_liberty_delay *find_transitions(const axn_liberty_cell *cell)
{
    for (int p = 0; p < cell->pin_count; p++)
        for (int i = 0; i < cell->pins[p].delay_count; i++) {
            const axn_liberty_delay *delay = &cell->pins[p].delays[i];
            if (delay->rise_slew.slews > 0 && delay->fall_slew.slews > 0)
                return delay;
        }
    return NULL;
}

static double chain_slew(const axn_liberty_table *rise, const axn_liberty_table *fall,
                         double load_pf)
{
    double slew = rise->slew[0];
    for (int i = 0; i < STAGES; i++)
        slew =
            (axn_liberty_lookup(rise, slew, load_pf) + axn_liberty_lookup(fall, slew, load_pf)) / 2;
    return slew;
}

/* Second slew of the inverter's energy table, or 0. */
static double second_slew(const axn_liberty_cell *cell)
{
    for (int p = 0; p < cell->pin_count; p++)
        for (int i = 0; i < cell->pins[p].power_count; i++) {
            const axn_liberty_table *table = &cell->pins[p].powers[i].rise;
            if (table->slews > 0)
                return table->slew[table->slews > 1 ? 1 : 0];
        }
    return 0;
}

double axn_liberty_pin_delay(const axn_liberty *liberty, const axn_liberty_pin *pin, double load_pf)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < pin->delay_count; i++) {
        const axn_liberty_table *tables[] = {&pin->delays[i].rise, &pin->delays[i].fall};
        for (int k = 0; k < 2; k++)
            if (tables[k]->slews > 0) {
                sum += axn_liberty_lookup(tables[k], liberty->slew_ns, load_pf);
                count++;
            }
    }
    return count > 0 ? sum / count : 0;
}

void axn_liberty_set_slew(axn_liberty *liberty)
{
    int inverter = smallest_inverter(liberty);
    if (inverter < 0)
        return;
    const axn_liberty_cell *cell = &liberty->cells[inverter];
    const axn_liberty_delay *delay = find_transitions(cell);
    liberty->inverter_pf = cell->pins[cell->inputs[0]].capacitance_pf;
    if (delay != NULL)
        liberty->slew_ns =
            chain_slew(&delay->rise_slew, &delay->fall_slew, 4 * liberty->inverter_pf);
    /* Extrapolation far below a coarse table may fall to nothing. */
    if (!(liberty->slew_ns > 0))
        liberty->slew_ns = second_slew(cell);
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].output)
            liberty->inverter_ns =
                axn_liberty_pin_delay(liberty, &cell->pins[p], 4 * liberty->inverter_pf);
}
