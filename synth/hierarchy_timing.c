#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/hierarchy.h"
#include "synth/yosys.h"

#define PERIOD_NS 1000.0 /* long enough for any path; only the slack counts */
#define TOOL_SECONDS 1800
#define REPORT "report_checks -path_delay max -digits 6 "
/* An enable has the whole cycle to reach the AND gate of a clock gate, through a latch that is open
 * in the second half: it may borrow. With a clock that falls right after its rise the latch is open
 * all the while, so that the slack of the long period says what the path needs. */
#define EARLY_FALL " -waveform {0 0.001}"
#define GATES "clock gates"
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

/* The worst path of a report; the longer one of several reports stays. */
static axn_status read_path(const char *text, axn_timing *out, axn_error *error)
{
    double slack;
    if (!figure_before(text, "slack", &slack))
        return strstr(text, "No paths found") != NULL
                   ? AXN_OK
                   : axn_fail(error, AXN_ERROR_TOOL, "sta: no slack in its report: %.200s", text);
    if (PERIOD_NS - slack <= out->period_ns)
        return AXN_OK;
    out->period_ns = PERIOD_NS - slack;
    out->fmax_mhz = 1000 / out->period_ns;
    copy_name(text, "Startpoint: ", out->start, sizeof out->start);
    copy_name(text, "Endpoint: ", out->end, sizeof out->end);
    return AXN_OK;
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

axn_status axn_hierarchy_timing(const axn_liberty *liberty, const axn_hierarchy *hierarchy,
                                const char *clock, const char *work_folder, axn_timing *out,
                                axn_error *error)
{
    axn_buffer script = {0}, output = {0};
    char path[AXN_PATH_MAX];
    *out = (axn_timing){0};
    if (!axn_plain_name(clock))
        return axn_fail(error, AXN_ERROR_USAGE, "clock name '%s' is not a plain identifier", clock);
    axn_status status = axn_path_join(path, work_folder, "cells.lib", error);
    if (status == AXN_OK)
        status = axn_liberty_place(liberty, path, error);
    if (status != AXN_OK)
        return status;
    axn_buffer_format(&script,
                      "read_liberty cells.lib\nread_verilog " AXN_HIERARCHY_VERILOG "\n"
                      "link_design {%s}\nset_cmd_units -time ns -capacitance pF\n"
                      "create_clock -name clock -period %g%s [get_ports {%s}]\n"
                      "set_input_transition %.9g [all_inputs]\n" REPORT
                      "-from [all_registers -clock_pins] -to [all_registers -edge_triggered "
                      "-data_pins]\n",
                      hierarchy->modules[hierarchy->top].name, PERIOD_NS,
                      hierarchy->gates.gates > 0 ? EARLY_FALL : "", clock, liberty->slew_ns);
    if (hierarchy->gates.gates > 0)
        axn_buffer_text(&script, "puts {" GATES "}\n" REPORT
                                 "-from [all_registers -level_sensitive -clock_pins]\n");
    status = axn_sta_run(&script, work_folder, "timing.tcl", TOOL_SECONDS, &output, error);
    const char *text = output.data == NULL ? "" : output.data;
    /* OpenSTA knows a register by the constraints of its data pins. */
    if (status == AXN_ERROR_TOOL && strstr(text, "no valid objects specified for -") != NULL)
        status = axn_fail(error, AXN_ERROR_FORMAT,
                          "%s: its flip-flops lack setup times or delays from clock to output, so "
                          "there is no fastest clock to find",
                          liberty->path);
    char *gates = status == AXN_OK ? strstr(output.data, GATES) : NULL;
    if (gates != NULL)
        *gates = '\0';
    if (status == AXN_OK)
        status = read_path(text, out, error);
    if (status == AXN_OK && gates != NULL)
        status = read_path(gates + strlen(GATES), out, error);
    if (status == AXN_OK && out->period_ns > 0)
        status = find_modules(hierarchy, work_folder, out, error);
    axn_buffer_free(&script);
    axn_buffer_free(&output);
    return status;
}
