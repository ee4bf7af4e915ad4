#include "synth/mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/liberty_internal.h"
#include "synth/netlist_internal.h"
#include "synth/power.h"
#include "synth/yosys.h"

#define MAX_VERILOG_BYTES ((size_t)64 << 20)
#define TOOL_SECONDS 600
#define CIRCUIT "axn_map_circuit_" /* name of the module between the two passes */

/* What Yosys' techmap leaves of combinational logic, as a Liberty of its own. */
static const char gate_liberty[] = "library (gates) { nom_voltage : 1;\n"
#define GATE(name, inputs, function)                                                               \
    "cell ($_" name "_) { pin (" inputs ") { direction : input; }\n"                               \
    " pin (Y) { direction : output; function : \"" function "\"; } }\n"
    GATE("BUF", "A", "A") GATE("NOT", "A", "!A") GATE("AND", "A, B", "A&B")
        GATE("NAND", "A, B", "!(A&B)") GATE("OR", "A, B", "A|B") GATE("NOR", "A, B", "!(A|B)")
            GATE("XOR", "A, B", "A^B") GATE("XNOR", "A, B", "!(A^B)") GATE("ANDNOT", "A, B", "A&!B")
                GATE("ORNOT", "A, B", "A|!B") GATE("MUX", "A, B, S", "(A&!S)|(B&S)")
                    GATE("NMUX", "A, B, S", "!((A&!S)|(B&S))") GATE("AOI3", "A, B, C", "!((A&B)|C)")
                        GATE("OAI3", "A, B, C", "!((A|B)&C)")
                            GATE("AOI4", "A, B, C, D", "!((A&B)|(C&D))")
                                GATE("OAI4", "A, B, C, D", "!((A|B)&(C|D))")
#undef GATE
                                    "}\n";

typedef struct mapper {
    const axn_liberty *liberty;
    const char *verilog, *module, *folder;
    axn_liberty gates; /* of gate_liberty */
    axn_netlist simple;
    axn_error *error;
} mapper;

static axn_status write_text(const mapper *m, const char *name, const axn_buffer *text)
{
    char path[AXN_PATH_MAX];
    if (text->failed)
        return axn_fail(m->error, AXN_ERROR_MEMORY, "no memory for %s", name);
    axn_status status = axn_path_join(path, m->folder, name, m->error);
    return status == AXN_OK ? axn_file_write(path, text->data, text->length, m->error) : status;
}

/* The whole Liberty, to read netlists of its cells. */
static axn_status place_liberty(const axn_liberty *liberty, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, folder, "cells.lib", error);
    return status == AXN_OK ? axn_liberty_place(liberty, path, error) : status;
}

/* What ABC needs of the Liberty, which may be much larger. */
static axn_status place_functions(const axn_liberty *liberty, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, folder, "functions.lib", error);
    return status == AXN_OK ? axn_liberty_write_functions(liberty, path, error) : status;
}

/* Only the cells of a netlist. */
static axn_status place_timing(const axn_netlist *netlist, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    bool *used = NULL;
    axn_status status = axn_allocate(&used, (size_t)netlist->liberty->cell_count, sizeof *used,
                                     "Liberty cells", error);
    for (int g = 0; g < netlist->gate_count && status == AXN_OK; g++)
        used[netlist->gates[g].cell] = true;
    if (status == AXN_OK)
        status = axn_path_join(path, folder, "timing.lib", error);
    if (status == AXN_OK)
        status = axn_liberty_write_timing(netlist->liberty, used, path, error);
    free(used);
    return status;
}

/* A copy under a harmless name: a path may be anything. */
static axn_status copy_input(const mapper *m)
{
    axn_buffer text = {0};
    axn_status status = axn_file_read(m->verilog, MAX_VERILOG_BYTES, &text, m->error);
    if (status == AXN_OK)
        status = write_text(m, "input.v", &text);
    axn_buffer_free(&text);
    return status;
}

static bool is_system_verilog(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".sv") == 0;
}

/* First pass: to the simple gates of gate_liberty. With `cells`, cells of the Liberty
 * may be instantiated. */
static axn_status read_circuit(const mapper *m, bool cells)
{
    axn_buffer script = {0};
    axn_buffer_format(&script, "read_verilog %sinput.v\n",
                      is_system_verilog(m->verilog) ? "-sv " : "");
    if (cells) /* the top is chosen before the Liberty's modules come in */
        axn_buffer_text(&script, "hierarchy -auto-top\n"
                                 "read_liberty -nooverwrite -ignore_miss_func -ignore_miss_dir "
                                 "-ignore_miss_data_latch cells.lib\n");
    if (m->module != NULL)
        axn_buffer_format(&script, "hierarchy -check -top %s\n", m->module);
    else
        axn_buffer_text(&script, "hierarchy -check -auto-top\n");
    axn_buffer_text(&script, "proc\nflatten\nopt_clean\nmemory -nomap\nmemory_map\ntechmap\nclean\n"
                             "write_json read.json\n");
    axn_status status = axn_yosys_run(&script, m->folder, "read.ys", TOOL_SECONDS, NULL, m->error);
    axn_buffer_free(&script);
    return status;
}

static axn_status load_simple(mapper *m)
{
    char path[AXN_PATH_MAX];
    axn_status status = read_circuit(m, false);
    if (status == AXN_ERROR_TOOL && m->error != NULL &&
        strstr(m->error->message, "not part of the design") != NULL) {
        status = place_liberty(m->liberty, m->folder, m->error);
        if (status == AXN_OK)
            status = read_circuit(m, true);
    }
    if (status == AXN_OK)
        status = axn_path_join(path, m->folder, "read.json", m->error);
    if (status == AXN_OK)
        status = axn_liberty_from_text("gates", gate_liberty, sizeof gate_liberty - 1, &m->gates,
                                       m->error);
    if (status == AXN_OK)
        status = axn_netlist_load_as(m->verilog, path, m->module, &m->gates, &m->simple, m->error);
    if (status != AXN_OK)
        return status;
    if (!axn_plain_name(m->simple.module))
        return axn_fail(m->error, AXN_ERROR_FORMAT, "%s: module name %s is not a plain identifier",
                        m->verilog, m->simple.module);
    for (int i = 0; i < m->simple.port_count; i++)
        if (!axn_plain_name(m->simple.ports[i].name))
            return axn_fail(m->error, AXN_ERROR_FORMAT,
                            "%s: module %s: port name %s is not a plain identifier", m->verilog,
                            m->simple.module, m->simple.ports[i].name);
    return AXN_OK;
}

typedef struct wire {
    double rate;        /* toggles an operation */
    uint64_t signature; /* of its function */
    int gate;           /* that drives it, topological */
    int net;
} wire;

/* By ascending activity; ties by function, so that the names and the order in the file
 * have no say. */
static int compare_wires(const void *a, const void *b)
{
    const wire *x = a, *y = b;
    if (x->rate < y->rate || x->rate > y->rate)
        return x->rate < y->rate ? -1 : 1;
    if (x->signature != y->signature)
        return x->signature < y->signature ? -1 : 1;
    return x->gate < y->gate ? -1 : x->gate > y->gate;
}

/* Nets driven by gates, by ascending activity. */
static axn_status sort_wires(const mapper *m, wire **wires, int *count)
{
    const axn_netlist *netlist = &m->simple;
    double *p = NULL;
    uint64_t *signature = NULL;
    size_t nets = (size_t)netlist->net_count;
    axn_status status =
        axn_allocate(wires, (size_t)netlist->gate_count, sizeof **wires, "wires", m->error);
    if (status == AXN_OK)
        status = axn_allocate(&p, nets, sizeof *p, "wires", m->error);
    if (status == AXN_OK)
        status = axn_allocate(&signature, nets, sizeof *signature, "wires", m->error);
    if (status == AXN_OK)
        status = axn_netlist_probabilities(netlist, p, signature, m->error);
    *count = 0;
    for (int g = 0; status == AXN_OK && g < netlist->gate_count; g++) {
        const axn_liberty_cell *cell = &m->gates.cells[netlist->gates[g].cell];
        int net = netlist->gates[g].nets[cell->pin_count - 1]; /* Y stands last */
        if (net >= 0)
            (*wires)[(*count)++] = (wire){2 * p[net] * (1 - p[net]), signature[net], g, net};
    }
    if (status == AXN_OK)
        qsort(*wires, (size_t)*count, sizeof **wires, compare_wires);
    free(p);
    free(signature);
    return status;
}

/* Text of each net: a wire, an input bit or a constant. */
static void name_net(char *out, size_t size, const int *wire_of_net, const axn_netlist *netlist,
                     int net)
{
    if (net < 2) {
        snprintf(out, size, "1'b%d", net);
        return;
    }
    if (wire_of_net[net] >= 0) {
        snprintf(out, size, "w%d_", wire_of_net[net]);
        return;
    }
    for (int i = 0; i < netlist->port_count; i++)
        for (int b = 0; b < netlist->ports[i].width; b++)
            if (!netlist->ports[i].output && netlist->ports[i].nets[b] == net) {
                snprintf(out, size, "p%d_[%d]", i, b);
                return;
            }
}

static void print_ports(const axn_netlist *netlist, axn_buffer *out)
{
    for (int i = 0; i < netlist->port_count; i++)
        axn_buffer_format(out, "%s [%d:0] p%d_;\n", netlist->ports[i].output ? "output" : "input",
                          netlist->ports[i].width - 1, i);
}

/* The simple gates as Verilog whose wires are declared by ascending activity, before
 * the ports: extract_fa and abc choose by the order in which names first appear. */
static void print_ordered(const mapper *m, const wire *wires, int count, int *wire_of_net,
                          axn_buffer *out)
{
    const axn_netlist *netlist = &m->simple;
    char name[48] = "";
    for (int n = 0; n < netlist->net_count; n++)
        wire_of_net[n] = -1;
    axn_buffer_text(out, "module " CIRCUIT "(");
    for (int i = 0; i < netlist->port_count; i++)
        axn_buffer_format(out, "%sp%d_", i > 0 ? ", " : "", i);
    axn_buffer_text(out, ");\n");
    for (int i = 0; i < count; i++) {
        wire_of_net[wires[i].net] = i;
        axn_buffer_format(out, "wire w%d_;\n", i);
    }
    print_ports(netlist, out);
    for (int i = 0; i < count; i++) {
        int g = wires[i].gate;
        const axn_liberty_cell *cell = &m->gates.cells[netlist->gates[g].cell];
        axn_buffer_format(out, "\\%s g%d_ (", cell->name, i);
        for (int p = 0; p < cell->pin_count; p++) {
            if (netlist->gates[g].nets[p] < 0)
                continue;
            name_net(name, sizeof name, wire_of_net, netlist, netlist->gates[g].nets[p]);
            axn_buffer_format(out, "%s.%s(%s)", p > 0 ? ", " : "", cell->pins[p].name, name);
        }
        axn_buffer_text(out, ");\n");
    }
    for (int i = 0; i < netlist->port_count; i++)
        for (int b = 0; b < netlist->ports[i].width && netlist->ports[i].output; b++) {
            name_net(name, sizeof name, wire_of_net, netlist, netlist->ports[i].nets[b]);
            axn_buffer_format(out, "assign p%d_[%d] = %s;\n", i, b, name);
        }
    axn_buffer_text(out, "endmodule\n");
}

static axn_status write_ordered(const mapper *m)
{
    axn_buffer text = {0};
    wire *wires = NULL;
    int *wire_of_net = NULL, count;
    axn_status status = sort_wires(m, &wires, &count);
    if (status == AXN_OK)
        status = axn_allocate(&wire_of_net, (size_t)m->simple.net_count, sizeof *wire_of_net,
                              "wires", m->error);
    if (status == AXN_OK) {
        print_ordered(m, wires, count, wire_of_net, &text);
        status = write_text(m, "ordered.v", &text);
    }
    free(wires);
    free(wire_of_net);
    axn_buffer_free(&text);
    return status;
}

/* Second pass: the recipe. */
static axn_status map_ordered(const mapper *m, bool extract_fa)
{
    axn_buffer script = {0}, adders = {0};
    axn_status status = AXN_OK;
    if (extract_fa && axn_yosys_adder_map(m->liberty, &adders))
        status = write_text(m, "adders.v", &adders);
    axn_buffer_text(&script, "read_verilog -icells ordered.v\nhierarchy -check -top " CIRCUIT "\n");
    if (adders.length > 0)
        axn_buffer_format(&script, "extract_fa%s%s\nopt_clean\ntechmap -map adders.v\n",
                          m->liberty->full_adder >= 0 ? " -fa" : "",
                          m->liberty->half_adder >= 0 ? " -ha" : "");
    axn_buffer_text(&script,
                    "techmap\nopt\n"
                    "abc -liberty functions.lib -script \"+strash;,dch;,amap,-F,10,-A,10\"\n"
                    "opt_clean -purge\nsplitnets\nopt_clean -purge\n"
                    "rename -hide\nrename -enumerate\ncd " CIRCUIT "\n");
    for (int i = 0; i < m->simple.port_count; i++)
        axn_buffer_format(&script, "rename p%d_ %s\n", i, m->simple.ports[i].name);
    axn_buffer_format(&script,
                      "cd\nrename " CIRCUIT " %s\n"
                      "write_verilog -noattr -noexpr -nohex -simple-lhs " AXN_MAPPED_VERILOG "\n"
                      "write_json " AXN_MAPPED_JSON "\n",
                      m->simple.module);
    if (status == AXN_OK)
        status = axn_yosys_run(&script, m->folder, "map.ys", TOOL_SECONDS, NULL, m->error);
    axn_buffer_free(&script);
    axn_buffer_free(&adders);
    return status;
}

axn_status axn_map_circuit(const axn_liberty *liberty, const char *verilog, const char *module,
                           bool extract_fa, const char *work_folder, axn_netlist *out,
                           axn_error *error)
{
    axn_error local = {0};
    mapper m = {.liberty = liberty,
                .verilog = verilog,
                .module = module,
                .folder = work_folder,
                .error = error != NULL ? error : &local};
    char path[AXN_PATH_MAX];
    *out = (axn_netlist){0};
    if (module != NULL && !axn_plain_name(module))
        return axn_fail(error, AXN_ERROR_USAGE, "%s: module name '%s' is not a plain identifier",
                        verilog, module);
    axn_status status = copy_input(&m);
    if (status == AXN_OK)
        status = place_functions(liberty, work_folder, m.error);
    if (status == AXN_OK)
        status = load_simple(&m);
    if (status == AXN_OK && m.simple.flip_flops > 0)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: module %s holds flip-flops", verilog,
                          m.simple.module);
    if (status == AXN_OK)
        status = write_ordered(&m);
    if (status == AXN_OK)
        status = map_ordered(&m, extract_fa);
    if (status == AXN_OK)
        status = axn_path_join(path, work_folder, AXN_MAPPED_JSON, m.error);
    if (status == AXN_OK)
        status = axn_netlist_load_as(verilog, path, m.simple.module, liberty, out, m.error);
    if (status == AXN_ERROR_TOOL)
        status = axn_error_prefix(m.error, "%s", verilog);
    axn_netlist_free(&m.simple);
    axn_liberty_free(&m.gates);
    return status;
}

axn_status axn_map_delay(const axn_liberty *liberty, const axn_netlist *netlist,
                         const char *work_folder, double *delay_ns, axn_error *error)
{
    static const char arrival[] = "data arrival time";
    axn_buffer script = {0}, output = {0};
    *delay_ns = 0;
    if (netlist->gate_count == 0)
        return AXN_OK;
    axn_status status = place_timing(netlist, work_folder, error);
    if (status != AXN_OK)
        return status;
    axn_buffer_format(&script,
                      "read_liberty timing.lib\nread_verilog " AXN_MAPPED_VERILOG "\n"
                      "link_design {%s}\nset_cmd_units -time ns -capacitance pF\n"
                      "set_input_transition %.9g [all_inputs]\n"
                      "set_load -pin_load %.9g [all_outputs]\n"
                      "report_checks -unconstrained -path_delay max -digits 6\n",
                      netlist->module, liberty->slew_ns, 4 * liberty->inverter_pf);
    status = axn_sta_run(&script, work_folder, "delay.tcl", TOOL_SECONDS, &output, error);
    if (status == AXN_OK) {
        /* The figure stands in front of the words, behind the table's last line. */
        char *found = output.data == NULL ? NULL : strstr(output.data, arrival);
        while (found != NULL && found > output.data && found[-1] != '\n')
            found--;
        char *end = found;
        if (found != NULL)
            *delay_ns = strtod(found, &end);
        if (end == found)
            status =
                axn_fail(error, AXN_ERROR_TOOL, "sta: no path found in module %s", netlist->module);
    }
    axn_buffer_free(&script);
    axn_buffer_free(&output);
    return status;
}
