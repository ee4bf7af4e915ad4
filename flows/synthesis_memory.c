/* Memories of a synthesised accelerator: how often they are accessed, and what that costs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/synthesis.h"
#include "synth/activity_stream.h"
#include "synth/memory_table.h"

#define CLOCK "clk_i"

/* Columns of one memory in a stream, -1 = none. */
typedef struct ports {
    int read, write;
} ports;

typedef struct counter {
    axn_synthesis *out;
    const axn_memory_cost *costs; /* [memory_count], NULL without a table */
    ports *ports;                 /* [memory_count] */
    int phase;
    int64_t phase_done;
} counter;

static int64_t parameter(const axn_hierarchy *hierarchy, const char *module, const char *name)
{
    int index = axn_hierarchy_find(hierarchy, module);
    for (int i = 0; index >= 0 && i < hierarchy->modules[index].parameter_count; i++) {
        if (strcmp(hierarchy->modules[index].parameters[i].name, name) == 0) {
            return hierarchy->modules[index].parameters[i].value;
        }
    }
    return 0;
}

static axn_status list_memories(const axn_hierarchy *hierarchy, const axn_elaboration *elaboration,
                                axn_synthesis *out, axn_error *error)
{
    axn_status status = axn_allocate(&out->memories, (size_t)elaboration->black_box_count,
                                     sizeof *out->memories, "memories", error);
    for (int i = 0; i < elaboration->black_box_count && status == AXN_OK; i++) {
        const axn_black_box *box = &elaboration->black_boxes[i];
        axn_synthesis_memory *memory = &out->memories[out->memory_count++];
        memcpy(memory->path, box->path, sizeof memory->path);
        memory->bytes = parameter(hierarchy, box->module, "Bytes");
        memory->depth = parameter(hierarchy, box->module, "Depth");
    }
    return status;
}

static int find_column(const axn_stream *stream, const char *path, const char *port)
{
    char name[AXN_PORT_NAME + AXN_LIBERTY_NAME];
    snprintf(name, sizeof name, "%s.%s", path, port);
    for (int c = 0; c < stream->column_count; c++) {
        if (stream->columns[c].port != NULL && strcmp(stream->columns[c].port->name, name) == 0) {
            return c;
        }
    }
    return -1;
}

/* Accesses of one memory in the current cycle; energy goes to the layer. */
static void count_cycle(counter *c, const axn_stream *stream, int index)
{
    axn_synthesis_memory *memory = &c->out->memories[index];
    const axn_memory_cost *cost = c->costs != NULL ? &c->costs[index] : NULL;
    const axn_stream_column *read = &stream->columns[c->ports[index].read];
    const axn_stream_column *write = &stream->columns[c->ports[index].write];
    int bytes = cost != NULL ? cost->column_bytes : 1, columns = 0;
    double energy = 0;
    for (int b = 0; b < write->width; b += bytes) {
        int any = 0;
        for (int k = b; k < b + bytes && k < write->width; k++) {
            any |= write->bits[k];
        }
        columns += any;
    }
    memory->reads += read->bits[0];
    memory->writes += columns > 0;
    if (cost != NULL) {
        energy = read->bits[0] * cost->read_pj + columns * cost->write_pj;
        memory->energy_uj += energy * 1e-6;
        c->out->layers[c->phase].energy_uj[AXN_PART_MEMORIES] += energy * 1e-6;
    }
}

static axn_status count_stream(counter *c, const axn_elaboration *elaboration, const char *path,
                               long limit, axn_error *error)
{
    axn_stream stream;
    bool ended = false;
    c->phase = 0;
    c->phase_done = 0;
    axn_status status =
        axn_stream_open(path, &elaboration->netlist, axn_netlist_port(&elaboration->netlist, CLOCK),
                        &stream, error);
    if (status != AXN_OK) {
        return status;
    }
    for (int i = 0; i < c->out->memory_count && status == AXN_OK; i++) {
        c->ports[i] = (ports){find_column(&stream, c->out->memories[i].path, "read_i"),
                              find_column(&stream, c->out->memories[i].path, "write_i")};
        if (c->ports[i].read < 0 || c->ports[i].write < 0) {
            status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no accesses of memory %s", path,
                              c->out->memories[i].path);
        }
    }
    for (long cycle = 0; status == AXN_OK && (limit == 0 || cycle < limit); cycle++) {
        status = axn_stream_next(&stream, &ended, error);
        if (status != AXN_OK || ended) {
            break;
        }
        if (!stream.count) {
            continue;
        }
        while (c->phase + 1 < c->out->layer_count &&
               c->phase_done >= c->out->layers[c->phase].cycles) {
            c->phase++;
            c->phase_done = 0;
        }
        c->phase_done++;
        for (int i = 0; i < c->out->memory_count; i++) {
            count_cycle(c, &stream, i);
        }
    }
    axn_stream_close(&stream);
    return status;
}

/* From sums over all images to figures of one. */
static void divide(axn_synthesis *out, const axn_memory_cost *costs)
{
    int64_t cycles = 0;
    for (int i = 0; i < out->layer_count; i++) {
        cycles += out->layers[i].cycles;
    }
    for (int i = 0; i < out->memory_count; i++) {
        axn_synthesis_memory *memory = &out->memories[i];
        memory->reads /= out->images;
        memory->writes /= out->images;
        memory->energy_uj /= out->images;
        if (costs != NULL && cycles > 0) {
            memory->area_um2 = costs[i].area_um2;
            memory->power_mw =
                memory->energy_uj / (double)cycles * out->clock_mhz * 1e3 + costs[i].standby_mw;
            memory->energy_uj = axn_synthesis_energy_uj(out, memory->power_mw);
            out->memory_area_um2 += memory->area_um2;
            out->memory_mw += memory->power_mw;
            out->memory_standby_mw += costs[i].standby_mw;
        }
    }
    for (int i = 0; i < out->layer_count; i++) {
        double *energy = &out->layers[i].energy_uj[AXN_PART_MEMORIES];
        *energy /= out->images;
        for (int m = 0; m < out->memory_count && costs != NULL; m++) {
            *energy += costs[m].standby_mw * (double)out->layers[i].cycles / out->clock_mhz * 1e-3;
        }
    }
}

/* Costs of all memories; where the table has none, the note says why. */
static void look_up(const axn_memory_table *table, const axn_liberty *liberty, axn_synthesis *out,
                    axn_memory_cost *costs)
{
    axn_error outside = {0};
    out->memories_known = table->count > 0;
    if (!out->memories_known) {
        snprintf(out->memory_note, sizeof out->memory_note, "no sourced table for %s",
                 liberty->name);
        return;
    }
    for (int i = 0; i < out->memory_count && out->memories_known; i++) {
        out->memories_known =
            axn_memory_cost_of(table, out->memories[i].bytes, out->memories[i].depth, &costs[i],
                               &outside) == AXN_OK;
    }
    if (out->memories_known) {
        snprintf(out->memory_note, sizeof out->memory_note, "%s; scaling: %s", table->source,
                 table->scaling);
    } else {
        snprintf(out->memory_note, sizeof out->memory_note, "%s", outside.message);
    }
}

axn_status axn_synthesis_add_memories(const axn_synthesis_settings *settings,
                                      const axn_liberty *liberty, const axn_hierarchy *hierarchy,
                                      const axn_elaboration *elaboration,
                                      const char *const *streams, int count, axn_synthesis *out,
                                      axn_error *error)
{
    axn_memory_table *table = NULL;
    axn_memory_cost *costs = NULL;
    size_t memories = (size_t)elaboration->black_box_count;
    counter c = {.out = out};
    axn_status status = axn_allocate(&table, 1, sizeof *table, "memory table", error);
    if (status == AXN_OK) {
        status = axn_memory_table_load(settings->memories, liberty->name, table, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&costs, memories, sizeof *costs, "memories", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&c.ports, memories, sizeof *c.ports, "memories", error);
    }
    if (status == AXN_OK) {
        status = list_memories(hierarchy, elaboration, out, error);
    }
    if (status == AXN_OK) {
        look_up(table, liberty, out, costs);
        c.costs = out->memories_known ? costs : NULL;
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        status = count_stream(&c, elaboration, streams[i], settings->cycles, error);
    }
    if (status == AXN_OK) {
        divide(out, c.costs);
    }
    free(table);
    free(costs);
    free(c.ports);
    return status;
}
