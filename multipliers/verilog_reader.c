#include "multipliers/verilog_reader.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/file.h"
#include "common/memory.h"
#include "common/process.h"

/* Stands before each file's part of the log, to tell which one failed. */
#define MARK "AXN_FILE "

/* Reserved words of Verilog and SystemVerilog (IEEE 1364-2005, 1800-2017). */
static const char keywords[] =
    " accept_on alias always always_comb always_ff always_latch and assert assign assume "
    "automatic before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex "
    "casez cell chandle checker class clocking cmos config const constraint context continue "
    "cover covergroup coverpoint cross deassign default defparam design disable dist do edge "
    "else end endcase endchecker endclass endclocking endconfig endfunction endgenerate "
    "endgroup endinterface endmodule endpackage endprimitive endprogram endproperty "
    "endsequence endspecify endtable endtask enum event eventually expect export extends "
    "extern final first_match for force foreach forever fork forkjoin function generate "
    "genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies "
    "import incdir include initial inout input inside instance int integer interconnect "
    "interface intersect join join_any join_none large let liblist library local localparam "
    "logic longint macromodule matches medium modport module nand negedge nettype new "
    "nexttime nmos nor noshowcancelled not notif0 notif1 null or output package packed "
    "parameter pmos posedge primitive priority program property protected pull0 pull1 "
    "pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase "
    "randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos "
    "rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with "
    "scalared sequence shortint shortreal showcancelled signed small soft solve specify "
    "specparam static string strong strong0 strong1 struct super supply0 supply1 "
    "sync_accept_on sync_reject_on table tagged task this throughout time timeprecision "
    "timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union "
    "unique unique0 unsigned until until_with untyped use uwire var vectored virtual void "
    "wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor ";

bool axn_verilog_identifier(const char *text, size_t size)
{
    size_t length = strlen(text);
    if (length == 0 || length >= size || isdigit((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    for (const char *at = strstr(keywords, text); at != NULL; at = strstr(at + 1, text))
        if (at[-1] == ' ' && at[length] == ' ')
            return false;
    return true;
}

bool axn_verilog_is_system(const char *file)
{
    size_t length = strlen(file);
    return length > 3 && strcasecmp(file + length - 3, ".sv") == 0;
}

/* A source goes to folder/in_N.v: names given to Yosys are always ours. */
static axn_status copy_source(const char *file, const char *folder, int index, axn_error *error)
{
    char name[32], path[AXN_PATH_MAX];
    snprintf(name, sizeof name, "in_%d.v", index);
    axn_status status = axn_path_join(path, folder, name, error);
    return status == AXN_OK ? axn_verilog_source_place(file, path, error) : status;
}

/* Flat netlists of gates, as our own are, need few passes, and reading them is where
 * most commands start; the others are read again with all passes. */
static const char *const quick_passes = "simplemap\n";
static const char *const all_passes =
    "proc\nflatten\nmemory\nopt_expr\nsimplemap\ntechmap\nopt_clean\n";

static axn_status write_script(const char *const *files, const char *const *modules, int count,
                               bool quick, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer script = {0};
    axn_status status = axn_path_join(path, folder, "read.ys", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        const char *module = modules == NULL ? NULL : modules[i];
        if (module != NULL && !axn_verilog_identifier(module, AXN_VERILOG_NAME))
            status = axn_fail(error, AXN_ERROR_FORMAT,
                              "%s: module name \"%s\" is not a plain identifier", files[i], module);
        axn_buffer_format(&script, "design -reset\nlog " MARK "%d\nread_verilog %s%sin_%d.v\n", i,
                          quick ? "-noopt " : "", axn_verilog_is_system(files[i]) ? "-sv " : "", i);
        if (module != NULL)
            axn_buffer_format(&script, "hierarchy -check -top %s\n", module);
        else
            axn_buffer_text(&script, "hierarchy -check -auto-top\n");
        axn_buffer_format(&script, "%swrite_json out_%d.json\n", quick ? quick_passes : all_passes,
                          i);
    }
    if (status == AXN_OK && script.failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a Yosys script");
    if (status == AXN_OK)
        status = axn_file_write(path, script.data == NULL ? "" : script.data, script.length, error);
    axn_buffer_free(&script);
    return status;
}

/* Last occurrence of `part` in `text`, or NULL. */
static const char *find_last(const char *text, const char *part)
{
    const char *found = NULL;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        found = at;
    return found;
}

/* Turns the log of a failed run into one line that names the user's file. */
static axn_status explain(const char *const *files, int count, const char *log, axn_error *error)
{
    const char *mark = find_last(log, MARK);
    const char *reason = find_last(log, "ERROR: ");
    int index = mark == NULL ? -1 : atoi(mark + strlen(MARK));
    if (index < 0 || index >= count)
        return error->status;
    if (reason == NULL)
        return axn_error_prefix(error, "%s", files[index]);
    const char *line = reason;
    while (line > log && line[-1] != '\n')
        line--;
    char place[32];
    int number = 0;
    snprintf(place, sizeof place, "in_%d.v:", index);
    if (strncmp(line, place, strlen(place)) == 0)
        number = atoi(line + strlen(place));
    reason += strlen("ERROR: ");
    int length = (int)strcspn(reason, "\n");
    if (number > 0)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: line %d: %.*s", files[index], number,
                        length > 300 ? 300 : length, reason);
    return axn_fail(error, AXN_ERROR_FORMAT, "%s: %.*s", files[index], length > 300 ? 300 : length,
                    reason);
}

static axn_status run_yosys(const char *const *files, int count, const char *folder,
                            axn_error *error)
{
    static const char *const argv[] = {"yosys", "-s", "read.ys", NULL};
    axn_buffer log = {0};
    axn_process_options options = {.folder = folder,
                                   .output = &log,
                                   .timeout_s = 120 + 2 * count,
                                   .memory = AXN_VERILOG_MEMORY};
    axn_status status = axn_process_run(argv, &options, error);
    if (status != AXN_OK && log.data != NULL)
        status = explain(files, count, log.data, error);
    axn_buffer_free(&log);
    return status;
}

static void clear_circuits(axn_verilog_circuit *circuits, int count)
{
    for (int i = 0; i < count; i++)
        axn_circuit_free(&circuits[i].circuit);
}

/* Runs Yosys over the copied sources and reads what it wrote. */
static axn_status attempt(const char *const *files, const char *const *modules, int count,
                          bool quick, const char *folder, axn_verilog_circuit *circuits,
                          axn_error *error)
{
    axn_status status = write_script(files, modules, count, quick, folder, error);
    if (status == AXN_OK)
        status = run_yosys(files, count, folder, error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        char name[32], path[AXN_PATH_MAX];
        snprintf(name, sizeof name, "out_%d.json", i);
        status = axn_path_join(path, folder, name, error);
        if (status == AXN_OK)
            status = axn_verilog_read_json(path, files[i], &circuits[i], error);
    }
    if (status != AXN_OK)
        clear_circuits(circuits, count);
    return status;
}

axn_status axn_verilog_read(const char *const *files, const char *const *modules, int count,
                            axn_verilog_circuit **out, axn_error *error)
{
    char folder[AXN_PATH_MAX];
    axn_error local = {0};
    axn_error *kept = error == NULL ? &local : error;
    axn_verilog_circuit *circuits = NULL;
    *out = NULL;
    axn_status status = axn_folder_temporary(folder, kept);
    if (status != AXN_OK)
        return status;
    status = axn_allocate(&circuits, (size_t)count, sizeof *circuits, "circuits", kept);
    for (int i = 0; i < count && status == AXN_OK; i++)
        status = copy_source(files[i], folder, i, kept);
    if (status == AXN_OK && count > 0) {
        status = attempt(files, modules, count, true, folder, circuits, kept);
        if (status == AXN_ERROR_FORMAT)
            status = attempt(files, modules, count, false, folder, circuits, kept);
    }
    if (status == AXN_OK)
        *out = circuits;
    else
        free(circuits);
    axn_folder_remove(folder, NULL);
    return status;
}

/* A netlist: one module, no macros, no operators but those of gates. What is described by
 * arithmetic, choices or processes is better mapped from the gates it was read as. */
static bool is_netlist(const char *text, size_t length)
{
    axn_buffer plain = {0};
    int modules = 0;
    bool good = strlen(text) == length && axn_verilog_source(text, length, &plain, NULL) == AXN_OK;
    const char *at = good && plain.data != NULL ? plain.data : "";
    good = good && strpbrk(at, "`*+-/%?<>@#\"") == NULL;
    for (at = strstr(at, "endmodule"); at != NULL; at = strstr(at + 1, "endmodule"))
        modules++;
    axn_buffer_free(&plain);
    return good && modules == 1;
}

axn_status axn_verilog_own_text(const axn_verilog_circuit *circuit, const char *file,
                                const char *name, axn_buffer *out, bool *kept, axn_error *error)
{
    axn_buffer text = {0};
    *kept = false;
    if (axn_verilog_is_system(file) || circuit->cells || !circuit->plain_ports ||
        strcmp(circuit->module, name) != 0 || strcmp(circuit->a, "A") != 0 ||
        strcmp(circuit->b, "B") != 0 || strcmp(circuit->o, "O") != 0)
        return AXN_OK;
    axn_status status = axn_file_read(file, AXN_VERILOG_MAX_BYTES, &text, error);
    if (status == AXN_OK && text.length > 0 && is_netlist(text.data, text.length)) {
        *kept = true;
        axn_buffer_append(out, text.data, text.length);
    }
    axn_buffer_free(&text);
    return status;
}

void axn_verilog_free(axn_verilog_circuit *circuits, int count)
{
    if (circuits == NULL)
        return;
    clear_circuits(circuits, count);
    free(circuits);
}
