#include "synth/power.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "common/random.h"

#define VECTORS 65536
#define WORDS (VECTORS / 64)

/* Input bit j of a counter that runs through the lanes of word `word`. */
static uint64_t counter_bit(int j, unsigned word)
{
    static const uint64_t pattern[6] = {UINT64_C(0xaaaaaaaaaaaaaaaa), UINT64_C(0xcccccccccccccccc),
                                        UINT64_C(0xf0f0f0f0f0f0f0f0), UINT64_C(0xff00ff00ff00ff00),
                                        UINT64_C(0xffff0000ffff0000), UINT64_C(0xffffffff00000000)};
    return j < 6 ? pattern[j] : ((word >> (j - 6)) & 1 ? ~UINT64_C(0) : 0);
}

double axn_netlist_area(const axn_netlist *netlist)
{
    double area = 0;
    for (int g = 0; g < netlist->gate_count; g++)
        area += netlist->liberty->cells[netlist->gates[g].cell].area_um2;
    return area;
}

double axn_netlist_leakage(const axn_netlist *netlist)
{
    double leakage = 0;
    for (int g = 0; g < netlist->gate_count; g++)
        leakage += netlist->liberty->cells[netlist->gates[g].cell].leakage_mw;
    return leakage;
}

double axn_power_internal(const axn_liberty_pin *pin, double slew_ns, double load_pf)
{
    double total = 0;
    for (int i = 0; i < pin->power_count; i++) {
        /* Mean over the groups of each supply, summed over the supplies. */
        const char *supply = pin->powers[i].supply;
        int first = i, count = 0;
        double sum = 0;
        for (int k = 0; k < pin->power_count; k++) {
            const axn_liberty_power *power = &pin->powers[k];
            if (strcmp(power->supply, supply) != 0)
                continue;
            first = k < first ? k : first;
            count++;
            sum += (axn_liberty_lookup(&power->rise, slew_ns, load_pf) +
                    axn_liberty_lookup(&power->fall, slew_ns, load_pf)) /
                   2;
        }
        if (first == i)
            total += sum / count;
    }
    return total;
}

double axn_power_toggle(const axn_netlist *netlist, int gate, int pin)
{
    const axn_liberty *liberty = netlist->liberty;
    const axn_gate *g = &netlist->gates[gate];
    double load = netlist->load_pf[g->nets[pin]];
    return 0.5 * load * liberty->voltage * liberty->voltage +
           axn_power_internal(&liberty->cells[g->cell].pins[pin], liberty->slew_ns, load);
}

/* Sum over the outputs of combinational gates of rate(net) x energy of a toggle. */
static double energy_of_rates(const axn_netlist *netlist, const double *rate,
                              const uint64_t *toggles, double *per_gate)
{
    double total = 0;
    for (int g = 0; g < netlist->gate_count - netlist->flip_flops; g++) {
        const axn_gate *gate = &netlist->gates[g];
        const axn_liberty_cell *cell = &netlist->liberty->cells[gate->cell];
        double energy = 0;
        for (int p = 0; p < cell->pin_count; p++) {
            int net = gate->nets[p];
            if (cell->pins[p].output && net >= 0)
                energy += (rate != NULL ? rate[net] : (double)toggles[net]) *
                          axn_power_toggle(netlist, g, p);
        }
        if (per_gate != NULL)
            per_gate[g] += energy;
        total += energy;
    }
    return total;
}

double axn_power_of_toggles(const axn_netlist *netlist, const uint64_t *toggles, double *per_gate)
{
    return energy_of_rates(netlist, NULL, toggles, per_gate);
}

static axn_status require_port(const axn_netlist *netlist, const char *name, bool output, int width,
                               const axn_port **out, axn_error *error)
{
    const axn_port *port = axn_netlist_port(netlist, name);
    if (port == NULL || port->output != output || port->width != width)
        return axn_fail(error, AXN_ERROR_FORMAT, "module %s: no %d-bit %s port %s", netlist->module,
                        width, output ? "output" : "input", name);
    *out = port;
    return AXN_OK;
}

axn_status axn_power_operands(const axn_netlist *netlist, const char *a_port, const char *b_port,
                              const axn_port *operand[2], axn_error *error)
{
    if (netlist->flip_flops > 0)
        return axn_fail(error, AXN_ERROR_FORMAT, "module %s: not combinational", netlist->module);
    axn_status status = require_port(netlist, a_port, false, 8, &operand[0], error);
    return status == AXN_OK ? require_port(netlist, b_port, false, 8, &operand[1], error) : status;
}

/* Operand pairs 64 x word .. 64 x word + 63, a-major. Other inputs stay 0. */
static void set_operands(const axn_port *const operand[2], unsigned word, uint64_t *values)
{
    for (int j = 0; j < 8; j++) {
        values[operand[1]->nets[j]] = counter_bit(j, word);
        values[operand[0]->nets[j]] = counter_bit(j + 8, word);
    }
}

/* Adds the weight of the lanes in which each net is 1. */
static void add_weights(const uint64_t *values, int net_count, const double *weights, double *p)
{
    for (int n = 0; n < net_count; n++) {
        double sum = 0;
        for (uint64_t bits = values[n]; bits != 0; bits &= bits - 1)
            sum += weights[__builtin_ctzll(bits)];
        p[n] += sum;
    }
}

static axn_status sum_weights(const double *weights, double *total, axn_error *error)
{
    *total = 0;
    for (int i = 0; i < VECTORS; i++) {
        if (!(weights[i] >= 0))
            return axn_fail(error, AXN_ERROR_USAGE, "operand histogram: weight %d is negative", i);
        *total += weights[i];
    }
    if (!(*total > 0) || *total > 1e300)
        return axn_fail(error, AXN_ERROR_USAGE, "operand histogram is empty or not finite");
    return AXN_OK;
}

axn_status axn_power_operation(const axn_netlist *netlist, const char *a_port, const char *b_port,
                               const double *weights, double *energy_pj, axn_error *error)
{
    const axn_port *operand[2] = {NULL, NULL};
    uint64_t *values = NULL;
    double *p = NULL, total = VECTORS;
    size_t nets = (size_t)netlist->net_count;
    axn_status status = axn_power_operands(netlist, a_port, b_port, operand, error);
    if (status == AXN_OK && weights != NULL)
        status = sum_weights(weights, &total, error);
    if (status == AXN_OK)
        status = axn_allocate(&values, nets, sizeof *values, "net values", error);
    if (status == AXN_OK)
        status = axn_allocate(&p, nets, sizeof *p, "net probabilities", error);
    if (status != AXN_OK)
        goto done;
    for (unsigned word = 0; word < WORDS; word++) {
        set_operands(operand, word, values);
        axn_netlist_evaluate(netlist, values);
        if (weights != NULL)
            add_weights(values, netlist->net_count, weights + 64 * word, p);
        else
            for (size_t n = 0; n < nets; n++)
                p[n] += __builtin_popcountll(values[n]);
    }
    for (size_t n = 0; n < nets; n++) {
        double one = p[n] / total;
        p[n] = 2 * one * (1 - one);
    }
    *energy_pj = energy_of_rates(netlist, p, NULL, NULL);
done:
    free(values);
    free(p);
    return status;
}

axn_status axn_netlist_tabulate(const axn_netlist *netlist, const char *a_port, const char *b_port,
                                const char *o_port, uint16_t *product, axn_error *error)
{
    const axn_port *operand[2] = {NULL, NULL}, *result = NULL;
    uint64_t *values = NULL;
    axn_status status = axn_power_operands(netlist, a_port, b_port, operand, error);
    if (status == AXN_OK)
        status = require_port(netlist, o_port, true, 16, &result, error);
    if (status == AXN_OK)
        status =
            axn_allocate(&values, (size_t)netlist->net_count, sizeof *values, "net values", error);
    for (unsigned word = 0; status == AXN_OK && result != NULL && word < WORDS; word++) {
        set_operands(operand, word, values);
        axn_netlist_evaluate(netlist, values);
        for (unsigned lane = 0; lane < 64; lane++) {
            unsigned code = 0;
            for (int j = 0; j < 16; j++)
                code |= (unsigned)((values[result->nets[j]] >> lane) & 1) << j;
            product[word * 64 + lane] = (uint16_t)code;
        }
    }
    free(values);
    return status;
}

axn_status axn_netlist_probabilities(const axn_netlist *netlist, double *p, uint64_t *signature,
                                     axn_error *error)
{
    uint64_t *values = NULL;
    int bits = 0;
    for (int i = 0; i < netlist->port_count; i++)
        bits += netlist->ports[i].output ? 0 : netlist->ports[i].width;
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    axn_status status =
        axn_allocate(&values, (size_t)netlist->net_count, sizeof *values, "net values", error);
    if (status != AXN_OK)
        return status;
    memset(p, 0, (size_t)netlist->net_count * sizeof *p);
    for (unsigned word = 0; word < WORDS; word++) {
        int j = 0;
        for (int i = 0; i < netlist->port_count; i++)
            for (int b = 0; b < netlist->ports[i].width && !netlist->ports[i].output; b++, j++)
                values[netlist->ports[i].nets[b]] =
                    bits <= 16 ? counter_bit(j, word)
                               : (uint64_t)axn_random_u32(&random) << 32 | axn_random_u32(&random);
        axn_netlist_evaluate(netlist, values);
        for (int n = 0; n < netlist->net_count; n++)
            p[n] += __builtin_popcountll(values[n]);
        for (int n = 0; n < netlist->net_count && signature != NULL; n++)
            signature[n] =
                axn_hash(word == 0 ? AXN_HASH_SEED : signature[n], &values[n], sizeof values[n]);
    }
    for (int n = 0; n < netlist->net_count; n++)
        p[n] /= VECTORS;
    free(values);
    return AXN_OK;
}
