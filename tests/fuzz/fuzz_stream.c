/* Recorded streams of a module's ports, through both simulators of switching energy. */
#include <string.h>

#include "synth/activity.h"
#include "synth/replay.h"
#include "tests/fuzz/fuzz.h"

/* Two flip-flops behind an adder, one with a clear. */
static const char design[] =
    "{\"modules\": {\"top\": {\"ports\": {"
    "\"clk_i\": {\"direction\": \"input\", \"bits\": [2]},"
    "\"rst_ni\": {\"direction\": \"input\", \"bits\": [3]},"
    "\"a_i\": {\"direction\": \"input\", \"bits\": [4, 5]},"
    "\"q_o\": {\"direction\": \"output\", \"bits\": [6, 7]}},"
    "\"cells\": {"
    "\"add\": {\"type\": \"HA\", \"connections\": {\"A\": [4], \"B\": [5], \"YS\": [8], \"YC\": "
    "[9]}},"
    "\"q0\": {\"type\": \"DFF\", \"connections\": {\"D\": [8], \"CLK\": [2], \"Q\": [6]}},"
    "\"q1\": {\"type\": \"DFFR\", \"connections\": {\"D\": [9], \"CLK\": [2], \"R\": [3], \"Q\": "
    "[7]}}"
    "}}}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static axn_netlist netlist;
    axn_error error;
    if (netlist.gate_count == 0 &&
        axn_netlist_load(fuzz_file((const uint8_t *)design, sizeof design - 1), "top", fuzz_cells(),
                         &netlist, &error) != AXN_OK)
        fuzz_fail(error.message);
    const char *streams[] = {fuzz_file(data, size)};
    axn_activity_options activity_options = {.clock = "clk_i"};
    axn_replay_options replay_options = {.clock = "clk_i", .threads = 1};
    axn_activity activity;
    axn_replay replay;
    if (axn_activity_simulate(&netlist, &activity_options, streams, 1, &activity, &error) == AXN_OK)
        axn_activity_free(&activity);
    if (axn_replay_run(&netlist, &replay_options, streams, 1, &replay, &error) == AXN_OK)
        axn_replay_free(&replay);
    return 0;
}
