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

/* The output pin's first timing group with both transition tables. */
static axn_status read_transitions(const axn_liberty_tree *tree, int library, int cell,
                                   const axn_liberty_units *units, axn_liberty_table *rise,
                                   axn_liberty_table *fall, axn_error *error)
{
    static const char pin_name[] = "pin", timing_name[] = "timing";
    for (int pin = axn_liberty_child(tree, cell, pin_name); pin >= 0;
         pin = axn_liberty_next(tree, tree->nodes[pin].next, pin_name))
        for (int timing = axn_liberty_child(tree, pin, timing_name); timing >= 0;
             timing = axn_liberty_next(tree, tree->nodes[timing].next, timing_name)) {
            int up = axn_liberty_child(tree, timing, "rise_transition");
            int down = axn_liberty_child(tree, timing, "fall_transition");
            if (up < 0 || down < 0)
                continue;
            axn_status status =
                axn_liberty_read_table(tree, library, up, units, units->time, rise, error);
            if (status != AXN_OK)
                return status;
            return axn_liberty_read_table(tree, library, down, units, units->time, fall, error);
        }
    return AXN_OK;
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

axn_status axn_liberty_read_slew(const axn_liberty_tree *tree, int library,
                                 const axn_liberty_units *units, axn_liberty *liberty,
                                 const int *groups, axn_error *error)
{
    int inverter = smallest_inverter(liberty);
    if (inverter < 0)
        return AXN_OK;
    const axn_liberty_cell *cell = &liberty->cells[inverter];
    axn_liberty_table rise = {0}, fall = {0};
    axn_status status =
        read_transitions(tree, library, groups[inverter], units, &rise, &fall, error);
    liberty->inverter_pf = cell->pins[cell->inputs[0]].capacitance_pf;
    if (status == AXN_OK && rise.slews > 0 && fall.slews > 0)
        liberty->slew_ns = chain_slew(&rise, &fall, 4 * liberty->inverter_pf);
    /* Extrapolation far below a coarse table may fall to nothing. */
    if (!(liberty->slew_ns > 0))
        liberty->slew_ns = second_slew(cell);
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].delay_count > 0)
            liberty->inverter_ns =
                (axn_liberty_lookup(&cell->pins[p].delays[0].rise, liberty->slew_ns,
                                    4 * liberty->inverter_pf) +
                 axn_liberty_lookup(&cell->pins[p].delays[0].fall, liberty->slew_ns,
                                    4 * liberty->inverter_pf)) /
                2;
    axn_liberty_table_free(&rise);
    axn_liberty_table_free(&fall);
    return status;
}
