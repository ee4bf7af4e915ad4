#include "synth/netlist_simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "common/process.h"
#include "synth/cell_models.h"
#include "synth/hierarchy.h"
#include "synth/yosys.h"
#include "synth/yosys_json.h"

#define TOOL_SECONDS 3600
#define MAX_MODELS ((size_t)64 << 20)
#define MAX_WIDTH (1 << 20)

typedef struct simulation {
    const axn_liberty *liberty;
    const char *folder;
    const axn_netlist_simulation_options *options;
    cJSON *netlist;
    bool *used; /* [cell_count of the Liberty] */
    axn_error *error;
} simulation;

typedef struct column {
    char name[AXN_LIBERTY_NAME];
    int width;
    bool check, output;
} column;

enum { MAX_COLUMNS = 256 };

typedef struct columns {
    column items[MAX_COLUMNS];
    int count;
} columns;

static axn_status write_text(const simulation *s, const char *name, const axn_buffer *text)
{
    char path[AXN_PATH_MAX];
    axn_status status = text->failed
                            ? axn_fail(s->error, AXN_ERROR_MEMORY, "%s: out of memory", name)
                            : axn_path_join(path, s->folder, name, s->error);
    return status == AXN_OK ? axn_file_write(path, text->data, text->length, s->error) : status;
}

/* Which cells of the Liberty the design has. */
static axn_status find_used(simulation *s)
{
    char path[AXN_PATH_MAX];
    const cJSON *module, *cell;
    axn_status status = axn_path_join(path, s->folder, AXN_HIERARCHY_JSON, s->error);
    if (status == AXN_OK)
        status = axn_yosys_json_read(path, &s->netlist, s->error);
    if (status == AXN_OK)
        status = axn_allocate(&s->used, (size_t)s->liberty->cell_count, sizeof *s->used, "cells",
                              s->error);
    if (status != AXN_OK)
        return status;
    cJSON_ArrayForEach(module, cJSON_GetObjectItemCaseSensitive(s->netlist, "modules"))
    {
        cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(module, "cells"))
        {
            const cJSON *type = cJSON_GetObjectItemCaseSensitive(cell, "type");
            int index = cJSON_IsString(type) ? axn_liberty_find(s->liberty, type->valuestring) : -1;
            if (index >= 0)
                s->used[index] = true;
        }
    }
    return AXN_OK;
}

/* The module as Verilog; for Icarus its flip-flops are those that start from random values. */
static axn_status write_netlist(const simulation *s)
{
    axn_buffer script = {0}, output = {0};
    axn_buffer_format(&script, "read_json " AXN_HIERARCHY_JSON "\nhierarchy -top %s\n",
                      s->options->module);
    for (int i = 0; i < s->liberty->cell_count; i++)
        if (s->options->simulator == AXN_NETLIST_ICARUS && s->used[i] &&
            s->liberty->cells[i].flip_flop)
            axn_buffer_format(&script, "chtype -set " AXN_STARTING_CELL "%s t:%s\n",
                              s->liberty->cells[i].name, s->liberty->cells[i].name);
    axn_buffer_text(&script, "write_verilog -noattr -noexpr -nohex -simple-lhs simulated.v\n");
    axn_status status =
        axn_yosys_run(&script, s->folder, "simulated.ys", TOOL_SECONDS, &output, s->error);
    axn_buffer_free(&script);
    axn_buffer_free(&output);
    return status;
}

static axn_status write_models(const simulation *s)
{
    axn_buffer text = {0};
    axn_status status = AXN_OK;
    bool icarus = s->options->simulator == AXN_NETLIST_ICARUS;
    if (s->options->models != NULL)
        status = axn_file_read(s->options->models, MAX_MODELS, &text, s->error);
    else
        status = axn_cell_models_print(s->liberty, s->used, &text, s->error);
    axn_buffer_text(&text, "\n`timescale 1ns/10ps\n");
    if (status == AXN_OK && icarus)
        status = axn_cell_models_print_starting(s->liberty, s->used, &text, s->error);
    if (status == AXN_OK)
        status = write_text(s, "simulated_cells.v", &text);
    axn_buffer_free(&text);
    return status;
}

static axn_status read_column(const simulation *s, const cJSON *ports, const char *word,
                              column *out)
{
    const char *colon = strchr(word, ':');
    int length = colon != NULL ? (int)(colon - word) : 0;
    out->width = colon != NULL ? atoi(colon + 1) : 0;
    if (length == 0 || length >= AXN_LIBERTY_NAME || out->width < 1 || out->width > MAX_WIDTH)
        return axn_fail(s->error, AXN_ERROR_FORMAT, "%s: bad column %.80s", s->options->stream,
                        word);
    snprintf(out->name, sizeof out->name, "%.*s", length, word);
    out->check = strcmp(out->name, "@check") == 0;
    if (out->check)
        return AXN_OK;
    const cJSON *port = cJSON_GetObjectItemCaseSensitive(ports, out->name);
    const cJSON *direction = cJSON_GetObjectItemCaseSensitive(port, "direction");
    const cJSON *bits = cJSON_GetObjectItemCaseSensitive(port, "bits");
    if (!axn_plain_name(out->name) || !cJSON_IsString(direction) ||
        cJSON_GetArraySize(bits) != out->width)
        return axn_fail(s->error, AXN_ERROR_FORMAT, "%s: module %s has no port %s of %d bits",
                        s->options->stream, s->options->module, out->name, out->width);
    out->output = strcmp(direction->valuestring, "output") == 0;
    return AXN_OK;
}

/* Every input but the clock must be a column. */
static axn_status check_inputs(const simulation *s, const cJSON *ports, const columns *all)
{
    const cJSON *port;
    cJSON_ArrayForEach(port, ports)
    {
        const cJSON *direction = cJSON_GetObjectItemCaseSensitive(port, "direction");
        bool there = strcmp(port->string, s->options->clock) == 0 || !cJSON_IsString(direction) ||
                     strcmp(direction->valuestring, "input") != 0;
        for (int i = 0; i < all->count; i++)
            there = there || strcmp(all->items[i].name, port->string) == 0;
        if (!there)
            return axn_fail(s->error, AXN_ERROR_FORMAT, "%s: no column for input port %s",
                            s->options->stream, port->string);
    }
    return AXN_OK;
}

static axn_status read_columns(const simulation *s, columns *out)
{
    char line[16 * MAX_COLUMNS], *save = NULL;
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(s->netlist, "modules");
    const cJSON *module = cJSON_GetObjectItemCaseSensitive(modules, s->options->module);
    const cJSON *ports = cJSON_GetObjectItemCaseSensitive(module, "ports");
    FILE *file = fopen(s->options->stream, "r");
    axn_status status = AXN_OK;
    if (ports == NULL)
        status = axn_fail(s->error, AXN_ERROR_FORMAT, "no module %s in the mapped design",
                          s->options->module);
    else if (file == NULL || fgets(line, sizeof line, file) == NULL)
        status = axn_fail_errno(s->error, AXN_ERROR_IO, "%s", s->options->stream);
    out->count = 0;
    for (char *word = status == AXN_OK ? strtok_r(line, " \n", &save) : NULL;
         word != NULL && status == AXN_OK; word = strtok_r(NULL, " \n", &save)) {
        status = out->count < MAX_COLUMNS ? read_column(s, ports, word, &out->items[out->count++])
                                          : axn_fail(s->error, AXN_ERROR_LIMIT,
                                                     "%s: too many columns", s->options->stream);
    }
    if (file != NULL)
        (void)fclose(file);
    return status == AXN_OK ? check_inputs(s, ports, out) : status;
}

static void print_declarations(const simulation *s, const columns *all, axn_buffer *out)
{
    axn_buffer_format(out, "`timescale 1ns/10ps\nmodule axn_netlist_tb;\n  reg axn_clock = 0;\n"
                           "  reg axn_check = 1, axn_checked = 0;\n"
                           "  reg [8*1024-1:0] axn_name, axn_word;\n"
                           "  integer axn_file, axn_count, axn_limit = 0, axn_cycle = 0;\n"
                           "  integer axn_cycles = 0, axn_values = 0;\n");
    for (int i = 0; i < all->count; i++) {
        const column *at = &all->items[i];
        int top = at->width - 1;
        if (at->check)
            continue;
        if (at->output)
            axn_buffer_format(out,
                              "  wire [%d:0] %s;\n  reg [%d:0] axn_want_%s, axn_last_%s, "
                              "axn_sure_%s = 0;\n",
                              top, at->name, top, at->name, at->name, at->name);
        else
            axn_buffer_format(out, "  reg [%d:0] %s, axn_read_%s;\n", top, at->name, at->name);
    }
    axn_buffer_format(out, "  %s dut (.%s(axn_clock)", s->options->module, s->options->clock);
    for (int i = 0; i < all->count; i++)
        if (!all->items[i].check)
            axn_buffer_format(out, ", .%s(%s)", all->items[i].name, all->items[i].name);
    axn_buffer_text(out, ");\n");
}

/* A bit is sure when it has been equal once or has changed in the stream. */
static void print_comparison(const column *at, axn_buffer *out)
{
    const char *n = at->name;
    axn_buffer_format(out,
                      "      if (axn_check) begin\n"
                      "        if (axn_checked) axn_sure_%s = axn_sure_%s | (axn_want_%s ^ "
                      "axn_last_%s);\n"
                      "        if (((%s ^ axn_want_%s) & axn_sure_%s) !== %d'd0) begin\n"
                      "          $display(\"AXN mismatch cycle %%0d: port %s is %%h in the netlist,"
                      " %%h in the stream\", axn_cycle, %s, axn_want_%s);\n"
                      "          $finish;\n        end\n"
                      "        axn_sure_%s = axn_sure_%s | ~(%s ^ axn_want_%s);\n"
                      "        axn_values = axn_values + 1;\n      end\n"
                      "      axn_last_%s = axn_want_%s;\n",
                      n, n, n, n, n, n, n, at->width, n, n, n, n, n, n, n, n, n);
}

static axn_status write_bench(const simulation *s, const columns *all)
{
    axn_buffer out = {0};
    print_declarations(s, all, &out);
    axn_buffer_format(&out,
                      "  initial begin\n"
                      "    if ($value$plusargs(\"cycles=%%d\", axn_limit) == 0) axn_limit = 0;\n"
                      "    axn_file = $fopen(\"simulated.txt\", \"r\");\n"
                      "    for (axn_count = 0; axn_count < %d; axn_count = axn_count + 1)\n"
                      "      if ($fscanf(axn_file, \"%%s\", axn_word) != 1) axn_file = 0;\n"
                      "    #50;\n    while ($fscanf(axn_file, \"",
                      all->count);
    for (int i = 0; i < all->count; i++)
        axn_buffer_text(&out, i > 0 ? " %h" : "%h");
    axn_buffer_text(&out, "\"");
    for (int i = 0; i < all->count; i++) {
        const column *at = &all->items[i];
        if (at->check)
            axn_buffer_text(&out, ", axn_check");
        else
            axn_buffer_format(&out, ", %s%s", at->output ? "axn_want_" : "axn_read_", at->name);
    }
    axn_buffer_format(&out,
                      ") == %d && (axn_limit == 0 || axn_cycles < axn_limit)) begin\n"
                      "      #1;\n",
                      all->count);
    /* Verilator 5.006 does not see that $fscanf writes: what depends on it would stay as it is. */
    for (int i = 0; i < all->count; i++)
        if (!all->items[i].check && !all->items[i].output)
            axn_buffer_format(&out, "      %s = axn_read_%s;\n", all->items[i].name,
                              all->items[i].name);
    axn_buffer_text(&out, "      #49;\n");
    for (int i = 0; i < all->count; i++)
        if (all->items[i].output)
            print_comparison(&all->items[i], &out);
    axn_buffer_text(&out, "      axn_checked = axn_check;\n"
                          "      if (axn_check) axn_cycles = axn_cycles + 1;\n"
                          "      axn_cycle = axn_cycle + 1;\n"
                          "      axn_clock = 1; #50 axn_clock = 0; #1;\n    end\n"
                          "    $display(\"AXN done cycles %0d values %0d\", axn_cycles, "
                          "axn_values);\n    $finish;\n  end\nendmodule\n");
    axn_status status = write_text(s, "simulated_tb.sv", &out);
    axn_buffer_free(&out);
    return status;
}

static axn_status judge(const simulation *s, const axn_buffer *output, axn_status ran,
                        axn_netlist_simulation *out)
{
    const char *text = output->data != NULL ? output->data : "";
    const char *mismatch = strstr(text, "AXN mismatch"), *end = strstr(text, "AXN done cycles ");
    unsigned long long cycles, values;
    const char *name = s->options->simulator == AXN_NETLIST_ICARUS ? "Icarus" : "Verilator";
    if (ran == AXN_ERROR_INTERRUPTED)
        return ran;
    if (mismatch != NULL)
        return axn_fail(s->error, AXN_ERROR_MISMATCH,
                        "the mapped netlist of %s differs from the RTL in %s: %.*s",
                        s->options->module, name,
                        (int)strcspn(mismatch + strlen("AXN mismatch "), "\n"),
                        mismatch + strlen("AXN mismatch "));
    if (end == NULL || sscanf(end, "AXN done cycles %llu values %llu", &cycles, &values) != 2)
        return ran != AXN_OK ? ran
                             : axn_fail(s->error, AXN_ERROR_TOOL,
                                        "the simulation of the mapped netlist in %s did not come "
                                        "to its end",
                                        name);
    *out = (axn_netlist_simulation){.cycles = cycles, .values = values};
    return AXN_OK;
}

static axn_status run_tools(const simulation *s, axn_netlist_simulation *out)
{
    static const char *const verilate[] = {"verilator",
                                           "--binary",
                                           "--timing",
                                           "--noassert",
                                           "-Wno-fatal",
                                           "-Wno-lint",
                                           "-Wno-style",
                                           "-Wno-TIMESCALEMOD",
                                           "--x-initial",
                                           "unique",
                                           "--top-module",
                                           "axn_netlist_tb",
                                           "-MAKEFLAGS",
                                           "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1",
                                           "--Mdir",
                                           "simulated_build",
                                           "simulated_tb.sv",
                                           "simulated.v",
                                           "simulated_cells.v",
                                           "-o",
                                           "../simulated_run",
                                           NULL};
    static const char *const compile[] = {
        "iverilog",        "-g2012",      "-gspecify",         "-o", "simulated.vvp",
        "simulated_tb.sv", "simulated.v", "simulated_cells.v", NULL};
    bool icarus = s->options->simulator == AXN_NETLIST_ICARUS;
    char cycles[40];
    const char *const run_icarus[] = {"vvp", "-n", "simulated.vvp", cycles, NULL};
    const char *const run_verilator[] = {"./simulated_run", cycles, "+verilator+rand+reset+2",
                                         "+verilator+seed+1", NULL};
    axn_buffer output = {0};
    axn_process_options process = {.folder = s->folder, .timeout_s = TOOL_SECONDS};
    snprintf(cycles, sizeof cycles, "+cycles=%ld", s->options->cycles);
    axn_status status = axn_process_run(icarus ? compile : verilate, &process, s->error);
    if (status == AXN_OK) {
        process.output = &output;
        status = axn_process_run(icarus ? run_icarus : run_verilator, &process, s->error);
        status = judge(s, &output, status, out);
    }
    axn_buffer_free(&output);
    return status;
}

/* The bench reads the stream under a name of its own. */
static axn_status place_stream(const simulation *s)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, s->folder, "simulated.txt", s->error);
    char *real = status == AXN_OK ? realpath(s->options->stream, NULL) : NULL;
    if (status == AXN_OK)
        (void)unlink(path);
    if (status == AXN_OK && (real == NULL || symlink(real, path) != 0))
        status = axn_fail_errno(s->error, AXN_ERROR_IO, "%s", s->options->stream);
    free(real);
    return status;
}

axn_status axn_netlist_simulate(const axn_liberty *liberty, const char *work_folder,
                                const axn_netlist_simulation_options *options,
                                axn_netlist_simulation *out, axn_error *error)
{
    simulation s = {.liberty = liberty, .folder = work_folder, .options = options, .error = error};
    columns *all = NULL;
    *out = (axn_netlist_simulation){0};
    axn_status status = axn_plain_name(options->module) && axn_plain_name(options->clock)
                            ? AXN_OK
                            : axn_fail(error, AXN_ERROR_USAGE, "module or clock is not plain");
    if (status == AXN_OK)
        status = axn_allocate(&all, 1, sizeof *all, "columns", error);
    if (status == AXN_OK)
        status = find_used(&s);
    if (status == AXN_OK)
        status = read_columns(&s, all);
    if (status == AXN_OK)
        status = place_stream(&s);
    if (status == AXN_OK)
        status = write_netlist(&s);
    if (status == AXN_OK)
        status = write_models(&s);
    if (status == AXN_OK)
        status = write_bench(&s, all);
    if (status == AXN_OK)
        status = run_tools(&s, out);
    free(all);
    free(s.used);
    cJSON_Delete(s.netlist);
    return status;
}

bool axn_netlist_vendor_models(const axn_liberty *liberty, char out[AXN_PATH_MAX])
{
    size_t length = strlen(liberty->path);
    if (length < 5 || strcmp(liberty->path + length - 4, ".lib") != 0)
        return false;
    snprintf(out, AXN_PATH_MAX, "%.*s.v", (int)(length - 4), liberty->path);
    return axn_path_exists(out);
}
