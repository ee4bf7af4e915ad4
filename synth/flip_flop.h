/* Flip-flop cells of a Liberty, compiled for 64 lanes: next state, asynchronous
 * clear and preset, outputs, and the energies of their pins. */
#ifndef AXN_SYNTH_FLIP_FLOP_H
#define AXN_SYNTH_FLIP_FLOP_H

#include "synth/expression.h"
#include "synth/netlist.h"

typedef struct axn_flip_flop_power { /* one internal_power group */
    int pin;
    bool conditional;
    axn_expression when;
    double rise, fall; /* pJ, of input pins (their tables do not depend on a load) */
    const axn_liberty_power *group;
} axn_flip_flop_power;

typedef struct axn_flip_flop_cell {
    const axn_liberty_cell *cell;
    int clock_pin;
    bool rising; /* takes over on the clock's rising edge */
    axn_expression next_state, clear, preset;
    bool has_clear, has_preset;
    axn_expression *functions; /* [pin_count]; length 0 = not an output */
    axn_flip_flop_power *powers;
    int power_count;
} axn_flip_flop_cell;

/* Variables of a sequential cell's expressions: its pins, by index, and its state. -1: neither.
 * context: the axn_liberty_cell. */
enum { AXN_STATE = 230, AXN_INVERTED_STATE = 231 };
int axn_sequential_variable(const void *context, const char *name, size_t length);

axn_status axn_flip_flop_compile(const axn_liberty *liberty, const axn_liberty_cell *cell,
                                 axn_flip_flop_cell *out, axn_error *error);
void axn_flip_flop_free(axn_flip_flop_cell *cell);

/* State after asynchronous clear and preset at these pin values ([pin_count] words). */
uint64_t axn_flip_flop_settle(const axn_flip_flop_cell *cell, const uint64_t *pins, uint64_t state);
/* State after the next clock edge. */
uint64_t axn_flip_flop_next(const axn_flip_flop_cell *cell, const uint64_t *pins, uint64_t state);
/* Value of an output pin. */
uint64_t axn_flip_flop_output(const axn_flip_flop_cell *cell, int pin, const uint64_t *pins,
                              uint64_t state);

/* Internal energy in pJ of a pin's transitions, summed over the lanes in `rises` and
 * `falls`. Lanes go to the first group whose condition holds at `pins`, else to the
 * unconditional ones (their mean). related = only groups related to this pin (-1 =
 * all). load_pf is for outputs. */
double axn_flip_flop_energy(const axn_flip_flop_cell *cell, int pin, int related,
                            const uint64_t *pins, uint64_t rises, uint64_t falls, double slew_ns,
                            double load_pf);

#endif
