/* A mapped netlist (JSON of Yosys) over a small Liberty, its evaluation and energy. */
#include <stdlib.h>

#include "synth/netlist.h"
#include "synth/power.h"
#include "tests/fuzz/fuzz.h"

static void use_netlist(const axn_netlist *netlist)
{
    double *p = calloc((size_t)netlist->net_count, sizeof *p), energy;
    uint64_t *signature = calloc((size_t)netlist->net_count, sizeof *signature);
    uint64_t *toggles = calloc((size_t)netlist->net_count, sizeof *toggles);
    if (p == NULL || signature == NULL || toggles == NULL)
        fuzz_fail("out of memory");
    (void)axn_netlist_area(netlist);
    (void)axn_netlist_leakage(netlist);
    (void)axn_power_of_toggles(netlist, toggles, NULL);
    if (axn_netlist_probabilities(netlist, p, signature, NULL) == AXN_OK)
        for (int n = 0; n < netlist->net_count; n++)
            if (!(p[n] >= 0 && p[n] <= 1))
                fuzz_fail("a probability is out of range");
    (void)axn_power_operation(netlist, "A", "B", NULL, &energy, NULL);
    free(p);
    free(signature);
    free(toggles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_netlist netlist;
    axn_error error;
    const char *path = fuzz_file(data, size);
    if (axn_netlist_load(path, "top", fuzz_cells(), &netlist, &error) == AXN_OK)
        axn_netlist_free(&netlist);
    if (axn_netlist_load(path, NULL, fuzz_cells(), &netlist, &error) == AXN_OK) {
        use_netlist(&netlist);
        axn_netlist_free(&netlist);
    }
    return 0;
}
