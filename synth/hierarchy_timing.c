#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/hierarchy.h"
#include "synth/yosys.h"

#define PERIOD_NS 1000.0 /* long enough for any path; only the slack counts */
#define TOOL_SECONDS 1800
/* An enable has the whole cycle to reach the AND gate of a clock gate, through a latch that is open
 * in the second half: it may borrow. With a clock that falls right after its rise the latch is open
 * all the while, so that the slack of a long period says what the path needs. */
#define EARLY_FALL                                                                                 \
    "rename create_clock axn_create_clock\n"                                                       \
    "proc create_clock {args} {eval axn_create_clock -waveform {{0 0.001}} $args}\n"
#define CONSTRAINTS "constraints.sdc"
#define MAX_CONSTRAINTS ((size_t)1 << 20)
#define MAX_NETLIST_BYTES ((size_t)1 << 30)

/* The figure in front of the words, on their line. */
static bool figure_before(const char *text, const char *words, double *out)
{
    const char *found = strstr(text, words);
    if (found == NULL)
        return false;
    while (found > text && found[-1] != '\n')
        found--;
    char *end;
    *out = strtod(found, &end);
    return end != found;
}

static void copy_name(const char *text, const char *label, char *out, size_t size)
{
    const char *found = strstr(text, label);
    out[0] = '\0';
    if (found == NULL)
        return;
    found += strlen(label);
    snprintf(out, size, "%.*s", (int)strcspn(found, " \n"), found);
}

/* The module of the instance that holds the path's last name, from its line "  MODULE INSTANCE ("
 * in the written netlist; the top for a cell of its own. */
static void find_module(const char *netlist, const char *path, const char *top, char *out)
{
    char line[sizeof((axn_timing *)0)->start + 8];
    const char *end = strrchr(path, '/'), *start = end;
    snprintf(out, AXN_HIERARCHY_NAME, "%s", end == NULL ? top : "");
    while (start != NULL && start > path && start[-1] != '/')
        start--;
    if (start == NULL)
        return;
    bool plain = strpbrk(start, "[.") == NULL || strpbrk(start, "[.") >= end;
    snprintf(line, sizeof line, " %s%.*s (", plain ? "" : "\\", (int)(end - start), start);
    if (!plain) /* an escaped name ends with a blank of its own */
        snprintf(line, sizeof line, " \\%.*s  (", (int)(end - start), start);
    const char *found = strstr(netlist, line), *word = found;
    while (word != NULL && word > netlist && word[-1] != ' ' && word[-1] != '\n')
        word--;
    if (word != NULL)
        snprintf(out, AXN_HIERARCHY_NAME, "%.*s", (int)(found - word), word);
}

static axn_status find_modules(const axn_hierarchy *hierarchy, const char *work_folder,
                               axn_timing *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer netlist = {0};
    const char *top = hierarchy->modules[hierarchy->top].name;
    axn_status status = axn_path_join(path, work_folder, AXN_HIERARCHY_VERILOG, error);
    if (status == AXN_OK)
        status = axn_file_read(path, MAX_NETLIST_BYTES, &netlist, error);
    if (status == AXN_OK) {
        find_module(netlist.data, out->start, top, out->start_module);
        find_module(netlist.data, out->end, top, out->end_module);
    }
    axn_buffer_free(&netlist);
    return status;
}

/* Where paths begin and end; the last is of clock gates, from their latches, with the time that
 * these borrow, to the checks of their AND gates. */
static const char *const classes[] = {
    "-from [all_registers -clock_pins] -to [all_registers -edge_triggered -data_pins]",
    "-from $axn_inputs -to [all_registers -edge_triggered -data_pins]",
    "-from [all_registers -clock_pins] -to [all_outputs]", "-from $axn_inputs -to [all_outputs]",
    "-from [all_registers -level_sensitive -clock_pins]"};

enum { CLASSES = sizeof classes / sizeof classes[0], GATES = CLASSES - 1 };

/* The classes that are reported: [count], their numbers. */
static int list_classes(bool constrained, bool gated, int list[CLASSES])
{
    int count = 0;
    for (int i = 0; i < CLASSES; i++)
        if (i == 0 || (i == GATES ? gated : constrained))
            list[count++] = i;
    return count;
}

static void print_report(int class, axn_buffer *script)
{
    axn_buffer_format(script, "puts \"AXN class %d\"\nreport_checks -path_delay max -digits 6 %s\n",
                      class, classes[class]);
}

/* The worst path of each class at two periods: constraints scale with the period, so slack is a
 * straight line over it. */
static void print_constrained(const char *clock, double slew_ns, bool gated, axn_buffer *script)
{
    int list[CLASSES], count = list_classes(true, gated, list);
    axn_buffer_format(script,
                      "set axn_inputs {}\nforeach axn_port [all_inputs] {\n"
                      "if {[get_property $axn_port full_name] ne {%s}} {lappend axn_inputs "
                      "$axn_port}\n}\nforeach axn_period {%g %g} {\n"
                      "set ::env(CLOCK_NS) $axn_period\nsource " CONSTRAINTS "\n"
                      "set_input_transition %.9g [all_inputs]\n",
                      clock, PERIOD_NS, 2 * PERIOD_NS, slew_ns);
    for (int i = 0; i < count; i++)
        print_report(list[i], script);
    axn_buffer_text(script, "}\n");
}

static void print_plain(const char *clock, double slew_ns, bool gated, axn_buffer *script)
{
    axn_buffer_format(script,
                      "create_clock -name clock -period %g [get_ports {%s}]\n"
                      "set_input_transition %.9g [all_inputs]\n",
                      PERIOD_NS, clock, slew_ns);
    print_report(0, script);
    if (gated)
        print_report(GATES, script);
}

/* The slack of the path that stands between `from` and `end`; false if there is none. */
static bool find_slack(const char *from, const char *end, double *slack)
{
    const char *found = strstr(from, "slack");
    return found != NULL && (end == NULL || found < end) && figure_before(from, "slack", slack);
}

/* Reads the reports: of each class the least period, the longest of which counts. False where a
 * report holds neither slack nor "No paths found". */
static bool read_reports(const char *text, bool constrained, bool gated, axn_timing *out)
{
    double slack[2][CLASSES] = {{0}}, period;
    const char *at = text;
    int list[CLASSES], count = list_classes(constrained, gated, list),
                       periods = constrained ? 2 : 1;
    for (int k = 0; k < periods * count; k++) {
        at = strstr(at, "AXN class ");
        if (at == NULL)
            return false;
        at++;
        const char *next = strstr(at, "AXN class ");
        int class = list[k % count];
        bool found = find_slack(at, next, &slack[k / count][class]);
        const char *none = found ? NULL : strstr(at, "No paths found");
        if (!found && (none == NULL || (next != NULL && none > next)))
            return false;
        if (!found || k / count + 1 < periods)
            continue;
        double slope = constrained ? (slack[1][class] - slack[0][class]) / PERIOD_NS : 1;
        if (!(slope > 0))
            return false;
        period = PERIOD_NS - slack[0][class] / slope;
        out->register_period_ns = class == 0 ? period : out->register_period_ns;
        if (period > out->period_ns) {
            out->period_ns = period;
            out->fmax_mhz = 1000 / period;
            copy_name(at, "Startpoint: ", out->start, sizeof out->start);
            copy_name(at, "Endpoint: ", out->end, sizeof out->end);
        }
    }
    return true;
}

/* The constraints under a harmless name in the work folder. */
static axn_status place_constraints(const char *constraints, const char *work_folder,
                                    axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_status status = axn_file_read(constraints, MAX_CONSTRAINTS, &text, error);
    if (status == AXN_OK)
        status = axn_path_join(path, work_folder, CONSTRAINTS, error);
    if (status == AXN_OK)
        status = axn_file_write(path, text.data, text.length, error);
    axn_buffer_free(&text);
    return status;
}

static axn_status place_files(const axn_liberty *liberty, const char *constraints,
                              const char *work_folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, work_folder, "cells.lib", error);
    if (status == AXN_OK)
        status = axn_liberty_place(liberty, path, error);
    if (status == AXN_OK && constraints != NULL)
        status = place_constraints(constraints, work_folder, error);
    return status;
}

axn_status axn_hierarchy_timing(const axn_liberty *liberty, const axn_hierarchy *hierarchy,
                                const char *clock, const char *constraints, const char *work_folder,
                                axn_timing *out, axn_error *error)
{
    axn_buffer script = {0}, output = {0};
    *out = (axn_timing){0};
    if (!axn_plain_name(clock))
        return axn_fail(error, AXN_ERROR_USAGE, "clock name '%s' is not a plain identifier", clock);
    axn_status status = place_files(liberty, constraints, work_folder, error);
    if (status != AXN_OK)
        return status;
    axn_buffer_format(&script,
                      "read_liberty cells.lib\nread_verilog " AXN_HIERARCHY_VERILOG "\n"
                      "link_design {%s}\nset_cmd_units -time ns -capacitance pF\n",
                      hierarchy->modules[hierarchy->top].name);
    bool gated = hierarchy->gates.gates > 0;
    if (gated)
        axn_buffer_text(&script, EARLY_FALL);
    if (constraints != NULL)
        print_constrained(clock, liberty->slew_ns, gated, &script);
    else
        print_plain(clock, liberty->slew_ns, gated, &script);
    status = axn_sta_run(&script, work_folder, "timing.tcl", TOOL_SECONDS, &output, error);
    const char *text = output.data == NULL ? "" : output.data;
    /* OpenSTA knows a register by the constraints of its data pins. */
    if (status == AXN_ERROR_TOOL && strstr(text, "no valid objects specified for -") != NULL)
        status = axn_fail(error, AXN_ERROR_FORMAT,
                          "%s: its flip-flops lack setup times or delays from clock to output, so "
                          "there is no fastest clock to find",
                          liberty->path);
    if (status == AXN_OK && !read_reports(text, constraints != NULL, gated, out))
        status = axn_fail(error, AXN_ERROR_TOOL, "sta: no slack in its report: %.200s", text);
    if (status == AXN_OK && out->period_ns > 0)
        status = find_modules(hierarchy, work_folder, out, error);
    axn_buffer_free(&script);
    axn_buffer_free(&output);
    return status;
}
