#include "synth/flip_flop.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { VARIABLES = 240, MAX_PINS = 64 };

int axn_sequential_variable(const void *context, const char *name, size_t length)
{
    const axn_liberty_cell *cell = context;
    for (int s = 0; s < 2; s++)
        if (length > 0 && strlen(cell->state[s]) == length &&
            memcmp(cell->state[s], name, length) == 0)
            return s == 0 ? AXN_STATE : AXN_INVERTED_STATE;
    for (int p = 0; p < cell->pin_count; p++)
        if (strlen(cell->pins[p].name) == length && memcmp(cell->pins[p].name, name, length) == 0)
            return p;
    return -1;
}

static axn_status compile(const axn_liberty *liberty, const axn_liberty_cell *cell,
                          const char *what, const char *text, axn_expression *out, axn_error *error)
{
    if (axn_expression_compile(text, axn_sequential_variable, cell, out) == AXN_EXPRESSION_OK)
        return AXN_OK;
    return axn_fail(error, AXN_ERROR_FORMAT, "%s: cell %s: %s \"%s\" cannot be evaluated",
                    liberty->path, cell->name, what, text);
}

static uint64_t evaluate(const axn_expression *expression, const axn_flip_flop_cell *cell,
                         const uint64_t *pins, uint64_t state)
{
    uint64_t variables[VARIABLES];
    memcpy(variables, pins, (size_t)cell->cell->pin_count * sizeof *pins);
    variables[AXN_STATE] = state;
    variables[AXN_INVERTED_STATE] = ~state;
    return axn_expression_evaluate(expression, variables);
}

/* The clock pin is the one whose value decides clocked_on. */
static axn_status find_clock(const axn_liberty *liberty, axn_flip_flop_cell *out, axn_error *error)
{
    const axn_liberty_cell *cell = out->cell;
    axn_expression clocked_on;
    axn_status status = compile(liberty, cell, "clocked_on", cell->clocked_on, &clocked_on, error);
    out->clock_pin = -1;
    for (int p = 0; p < cell->pin_count && status == AXN_OK; p++) {
        uint64_t low[MAX_PINS] = {0}, high[MAX_PINS] = {0};
        high[p] = ~UINT64_C(0);
        uint64_t at_low = evaluate(&clocked_on, out, low, 0);
        uint64_t at_high = evaluate(&clocked_on, out, high, 0);
        if (at_low == at_high || !cell->pins[p].input)
            continue;
        if (out->clock_pin >= 0)
            break;
        out->clock_pin = p;
        out->rising = at_high != 0;
    }
    if (status == AXN_OK && out->clock_pin < 0)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: cell %s: no clock pin", liberty->path,
                          cell->name);
    return status;
}

static axn_status compile_powers(const axn_liberty *liberty, axn_flip_flop_cell *out,
                                 axn_error *error)
{
    const axn_liberty_cell *cell = out->cell;
    int count = 0;
    for (int p = 0; p < cell->pin_count; p++)
        count += cell->pins[p].power_count;
    axn_status status =
        axn_allocate(&out->powers, (size_t)count, sizeof *out->powers, "flip-flop energies", error);
    for (int p = 0; p < cell->pin_count && status == AXN_OK; p++)
        for (int i = 0; i < cell->pins[p].power_count && status == AXN_OK; i++) {
            axn_flip_flop_power *power = &out->powers[out->power_count++];
            power->pin = p;
            power->group = &cell->pins[p].powers[i];
            power->conditional = power->group->when[0] != '\0';
            power->rise = axn_liberty_lookup(&power->group->rise, liberty->slew_ns, 0);
            power->fall = axn_liberty_lookup(&power->group->fall, liberty->slew_ns, 0);
            if (power->conditional)
                status =
                    compile(liberty, cell, "condition", power->group->when, &power->when, error);
        }
    return status;
}

axn_status axn_flip_flop_compile(const axn_liberty *liberty, const axn_liberty_cell *cell,
                                 axn_flip_flop_cell *out, axn_error *error)
{
    *out = (axn_flip_flop_cell){.cell = cell};
    if (cell->pin_count > MAX_PINS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: cell %s has too many pins", liberty->path,
                        cell->name);
    axn_status status =
        compile(liberty, cell, "next_state", cell->next_state, &out->next_state, error);
    out->has_clear = cell->clear[0] != '\0';
    out->has_preset = cell->preset[0] != '\0';
    if (status == AXN_OK && out->has_clear)
        status = compile(liberty, cell, "clear", cell->clear, &out->clear, error);
    if (status == AXN_OK && out->has_preset)
        status = compile(liberty, cell, "preset", cell->preset, &out->preset, error);
    if (status == AXN_OK)
        status = axn_allocate(&out->functions, (size_t)cell->pin_count, sizeof *out->functions,
                              "flip-flop functions", error);
    for (int p = 0; p < cell->pin_count && status == AXN_OK; p++)
        if (cell->pins[p].output)
            status = compile(liberty, cell, "function", cell->pins[p].function, &out->functions[p],
                             error);
    if (status == AXN_OK)
        status = find_clock(liberty, out, error);
    if (status == AXN_OK)
        status = compile_powers(liberty, out, error);
    if (status != AXN_OK)
        axn_flip_flop_free(out);
    return status;
}

void axn_flip_flop_free(axn_flip_flop_cell *cell)
{
    free(cell->functions);
    free(cell->powers);
    *cell = (axn_flip_flop_cell){0};
}

uint64_t axn_flip_flop_settle(const axn_flip_flop_cell *cell, const uint64_t *pins, uint64_t state)
{
    uint64_t clear = cell->has_clear ? evaluate(&cell->clear, cell, pins, state) : 0;
    uint64_t preset = cell->has_preset ? evaluate(&cell->preset, cell, pins, state) : 0;
    uint64_t both = clear & preset, settled = (state & ~clear) | preset;
    switch (cell->cell->clear_preset[0]) {
    case 'H':
        return settled | both;
    case 'N':
        return (settled & ~both) | (state & both);
    case 'T':
        return (settled & ~both) | (~state & both);
    default: /* L; X has no value to give */
        return settled & ~both;
    }
}

uint64_t axn_flip_flop_next(const axn_flip_flop_cell *cell, const uint64_t *pins, uint64_t state)
{
    return axn_flip_flop_settle(cell, pins, evaluate(&cell->next_state, cell, pins, state));
}

uint64_t axn_flip_flop_output(const axn_flip_flop_cell *cell, int pin, const uint64_t *pins,
                              uint64_t state)
{
    return evaluate(&cell->functions[pin], cell, pins, state);
}

/* Does the blank-separated list name the pin? */
static bool names_pin(const char *list, const char *pin)
{
    size_t length = strlen(pin);
    while (*list != '\0') {
        size_t word = strcspn(list, " \t,");
        if (word == length && memcmp(list, pin, length) == 0)
            return true;
        list += word;
        list += strspn(list, " \t,");
    }
    return false;
}

static double group_energy(const axn_flip_flop_cell *cell, const axn_flip_flop_power *power,
                           uint64_t rises, uint64_t falls, double slew_ns, double load_pf)
{
    double rise = power->rise, fall = power->fall;
    if (cell->cell->pins[power->pin].output) {
        rise = axn_liberty_lookup(&power->group->rise, slew_ns, load_pf);
        fall = axn_liberty_lookup(&power->group->fall, slew_ns, load_pf);
    }
    return rise * __builtin_popcountll(rises) + fall * __builtin_popcountll(falls);
}

static bool belongs(const axn_flip_flop_cell *cell, const axn_flip_flop_power *power, int pin,
                    int related, const char *supply)
{
    return power->pin == pin && strcmp(power->group->supply, supply) == 0 &&
           (related < 0 || names_pin(power->group->related_pin, cell->cell->pins[related].name));
}

/* The groups of one supply. */
static double supply_energy(const axn_flip_flop_cell *cell, int pin, int related,
                            const uint64_t *pins, uint64_t rises, uint64_t falls, double slew_ns,
                            double load_pf, const char *supply)
{
    double energy = 0, unconditional = 0;
    int count = 0;
    for (int i = 0; i < cell->power_count; i++) {
        const axn_flip_flop_power *power = &cell->powers[i];
        if (!power->conditional || !belongs(cell, power, pin, related, supply))
            continue;
        uint64_t lanes = evaluate(&power->when, cell, pins, 0);
        energy += group_energy(cell, power, rises & lanes, falls & lanes, slew_ns, load_pf);
        rises &= ~lanes;
        falls &= ~lanes;
    }
    for (int i = 0; i < cell->power_count && (rises | falls) != 0; i++) {
        const axn_flip_flop_power *power = &cell->powers[i];
        if (power->conditional || !belongs(cell, power, pin, related, supply))
            continue;
        unconditional += group_energy(cell, power, rises, falls, slew_ns, load_pf);
        count++;
    }
    return count > 0 ? energy + unconditional / count : energy;
}

double axn_flip_flop_energy(const axn_flip_flop_cell *cell, int pin, int related,
                            const uint64_t *pins, uint64_t rises, uint64_t falls, double slew_ns,
                            double load_pf)
{
    double energy = 0;
    if ((rises | falls) == 0)
        return 0;
    if (related >= 0) { /* tables without a related pin serve for any */
        bool named = false;
        for (int i = 0; i < cell->power_count; i++)
            named |= cell->powers[i].pin == pin &&
                     names_pin(cell->powers[i].group->related_pin, cell->cell->pins[related].name);
        related = named ? related : -1;
    }
    for (int i = 0; i < cell->power_count; i++) {
        const char *supply = cell->powers[i].group->supply;
        bool first = cell->powers[i].pin == pin;
        for (int k = 0; k < i && first; k++)
            first =
                cell->powers[k].pin != pin || strcmp(cell->powers[k].group->supply, supply) != 0;
        if (first)
            energy +=
                supply_energy(cell, pin, related, pins, rises, falls, slew_ns, load_pf, supply);
    }
    return energy;
}
