/* Replay by phases and groups, and its glitches. */
#include "common/buffer.h"
#include "common/progress.h"
#include "multipliers/library.h"
#include "synth/glitch.h"
#include "synth/mapping.h"
#include "synth/replay.h"
#include "tests/check.h"

enum { STEPS = 40, GROUPS = 3, PHASES = 3 };

typedef struct fixture {
    axn_liberty liberty;
    axn_library library;
    axn_netlist netlist;
    char folder[AXN_PATH_MAX], stream[AXN_PATH_MAX];
    uint16_t pairs[(STEPS + 1) * AXN_GLITCH_LANES];
    axn_error error;
} fixture;

/* A mapped multiplier and a stream of operand pairs. */
static void open_fixture(fixture *f, const char *name)
{
    char path[AXN_PATH_MAX];
    int index = 0;
    axn_buffer text = {0};
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    axn_check_folder(f->folder);
    axn_check_path(f->stream, f->folder, "stream.txt");
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    AXN_REQUIRE_OK(axn_library_load(NULL, &f->library, &f->error), f->error);
    AXN_REQUIRE_OK(axn_library_require(&f->library, name, &index, &f->error), f->error);
    AXN_REQUIRE_OK(axn_library_netlist(&f->library, index, path, &f->error), f->error);
    AXN_REQUIRE_OK(
        axn_map_circuit(&f->liberty, path, NULL, true, f->folder, &f->netlist, &f->error),
        f->error);
    axn_buffer_text(&text, "A:8 B:8\n");
    for (int t = 0; t <= STEPS; t++) {
        unsigned a = (unsigned)(t * 77 + t * t * 5) & 255, b = (unsigned)(t * 151 + 9) & 255;
        axn_buffer_format(&text, "%x %x\n", a, b);
        for (int lane = 0; lane < AXN_GLITCH_LANES; lane++)
            f->pairs[t * AXN_GLITCH_LANES + lane] = (uint16_t)(a * 256 + b);
    }
    AXN_REQUIRE_OK(axn_file_write(f->stream, text.data, text.length, &f->error), f->error);
    axn_buffer_free(&text);
}

static void close_fixture(fixture *f)
{
    axn_netlist_free(&f->netlist);
    axn_library_free(&f->library);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

/* The same circuit, operands and delays in a simulator of its own. */
static void glitches_equal_those_of_the_glitch_estimate(void)
{
    fixture f;
    axn_glitch wanted;
    axn_replay r;
    open_fixture(&f, "exact_dadda");
    axn_glitch_options unit = {.steps = STEPS, .unit_delay = true, .pairs = f.pairs};
    AXN_REQUIRE_OK(axn_glitch_estimate(&f.netlist, "A", "B", &unit, &wanted, &f.error), f.error);
    axn_replay_options options = {.glitch_cycles = STEPS, .glitch_span = STEPS};
    const char *streams[] = {f.stream};
    AXN_REQUIRE_OK(axn_replay_run(&f.netlist, &options, streams, 1, &r, &f.error), f.error);
    CU_ASSERT_EQUAL(r.glitch_transitions, STEPS);
    CU_ASSERT(wanted.energy_pj > 0);
    CU_ASSERT_DOUBLE_EQUAL(r.glitch_total_pj, wanted.energy_pj, 1e-9 * wanted.energy_pj);
    CU_ASSERT(r.glitch_standard_error_pj > 0);
    axn_replay_free(&r);
    /* Fewer transitions are spread over the span. */
    options.glitch_cycles = 8;
    AXN_REQUIRE_OK(axn_replay_run(&f.netlist, &options, streams, 1, &r, &f.error), f.error);
    CU_ASSERT_EQUAL(r.glitch_transitions, 8);
    axn_replay_free(&r);
    close_fixture(&f);
}

static double energy_of(const axn_gate_energy *energy)
{
    return energy->output + energy->clock + energy->data;
}

static void phases_and_groups_add_up(void)
{
    fixture f;
    axn_replay whole, first, parts;
    double sum = 0, all = 0, head = 0;
    int group[4096];
    open_fixture(&f, "exact_dadda");
    CU_ASSERT_FATAL(f.netlist.gate_count <= 4096);
    for (int g = 0; g < f.netlist.gate_count; g++)
        group[g] = g % GROUPS;
    const char *streams[] = {f.stream};
    const int64_t cycles[PHASES] = {7, 0, 1};
    axn_replay_options options = {0};
    AXN_REQUIRE_OK(axn_replay_run(&f.netlist, &options, streams, 1, &whole, &f.error), f.error);
    options.limit = 8; /* lines, so seven transitions */
    AXN_REQUIRE_OK(axn_replay_run(&f.netlist, &options, streams, 1, &first, &f.error), f.error);
    options = (axn_replay_options){
        .group = group, .groups = GROUPS, .phase_cycles = cycles, .phases = PHASES};
    AXN_REQUIRE_OK(axn_replay_run(&f.netlist, &options, streams, 1, &parts, &f.error), f.error);
    CU_ASSERT_EQUAL(parts.phase_cycles[0], 7);
    CU_ASSERT_EQUAL(parts.phase_cycles[1], 0);
    CU_ASSERT_EQUAL(parts.phase_cycles[2], STEPS - 7);
    for (int g = 0; g < f.netlist.gate_count; g++) {
        all += energy_of(&whole.gates[g]);
        head += energy_of(&first.gates[g]);
    }
    for (int k = 0; k < PHASES * GROUPS; k++)
        sum += energy_of(&parts.parts[k]);
    CU_ASSERT_DOUBLE_EQUAL(sum, all, 1e-9 * all);
    sum = 0;
    for (int k = 0; k < GROUPS; k++)
        sum += energy_of(&parts.parts[k]);
    CU_ASSERT(head > 0 && head < all);
    CU_ASSERT_DOUBLE_EQUAL(sum, head, 1e-9 * head);
    axn_replay_free(&whole);
    axn_replay_free(&first);
    axn_replay_free(&parts);
    close_fixture(&f);
}

AXN_TEST_MAIN("replay by parts",
              {"glitches equal those of the glitch estimate",
               glitches_equal_those_of_the_glitch_estimate},
              {"phases and groups add up", phases_and_groups_add_up})
