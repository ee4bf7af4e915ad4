#include "synth/liberty.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/memory.h"
#include "synth/liberty_internal.h"

#define DEFAULT_PATH "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"

/* Areas that contradict the LEF file of the same package (width x height in the
 * grid the other areas of the file are in). */
static const struct {
    const char *library, *cell;
    double wrong, right;
} area_slips[] = {
    {"osu018_stdcells", "OAI21X1", 23, 32},   {"osu018_stdcells", "NAND3X1", 36, 32},
    {"osu018_stdcells", "LATCH", 0, 56},      {"osu035_stdcells", "OAI21X1", 92, 128},
    {"osu035_stdcells", "NAND3X1", 144, 128}, {"osu035_stdcells", "LATCH", 0, 224},
    {"osu05_stdcells", "OAI21X1", 207, 288},  {"osu05_stdcells", "NAND3X1", 324, 288},
    {"osu05_stdcells", "LATCH", 0, 504},
};

static void correct_areas(axn_liberty *liberty)
{
    for (size_t s = 0; s < sizeof area_slips / sizeof *area_slips; s++) {
        if (strcmp(liberty->name, area_slips[s].library) != 0)
            continue;
        int i = axn_liberty_find(liberty, area_slips[s].cell);
        axn_liberty_cell *cell = i < 0 ? NULL : &liberty->cells[i];
        if (cell == NULL || cell->area_end <= cell->area_begin ||
            cell->area_um2 < area_slips[s].wrong || cell->area_um2 > area_slips[s].wrong)
            continue;
        cell->area_um2 = area_slips[s].right;
        cell->area_note = "area taken from the LEF file, which the Liberty file contradicts";
        liberty->corrected_areas++;
    }
}

/* Of the default operating conditions, else the nominal one, else of the first conditions. */
static axn_status read_voltage(const axn_liberty_tree *tree, int library,
                               const axn_liberty_units *units, axn_liberty *out, axn_error *error)
{
    static const char name[] = "operating_conditions";
    axn_slice chosen = axn_liberty_attribute(tree, library, "default_operating_conditions");
    double value, first = 0;
    for (int node = axn_liberty_child(tree, library, name); node >= 0;
         node = axn_liberty_next(tree, tree->nodes[node].next, name)) {
        axn_slice found = axn_liberty_value(tree, node);
        if (!axn_slice_number(axn_liberty_attribute(tree, node, "voltage"), &value) || value <= 0)
            continue;
        first = first > 0 ? first : value;
        if (chosen.length > 0 && found.length == chosen.length &&
            memcmp(found.text, chosen.text, chosen.length) == 0 &&
            value * units->voltage <= AXN_LIBERTY_MAX_FIGURE) {
            out->voltage = value * units->voltage;
            return AXN_OK;
        }
    }
    int node = axn_liberty_child(tree, library, "nom_voltage");
    if (node < 0)
        value = first;
    else if (!axn_slice_number(axn_liberty_value(tree, node), &value))
        value = 0;
    if (!(value > 0) || !(value * units->voltage <= AXN_LIBERTY_MAX_FIGURE))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: library without a positive nom_voltage",
                        tree->file, tree->nodes[node < 0 ? library : node].line);
    out->voltage = value * units->voltage;
    return AXN_OK;
}

const char *const axn_liberty_threshold_names[AXN_LIBERTY_THRESHOLDS] = {
    "input_threshold_pct_rise",      "input_threshold_pct_fall",
    "output_threshold_pct_rise",     "output_threshold_pct_fall",
    "slew_lower_threshold_pct_rise", "slew_lower_threshold_pct_fall",
    "slew_upper_threshold_pct_rise", "slew_upper_threshold_pct_fall",
    "slew_derate_from_library"};

static void read_thresholds(const axn_liberty_tree *tree, int library, axn_liberty *out)
{
    for (int i = 0; i < AXN_LIBERTY_THRESHOLDS; i++)
        if (!axn_slice_number(axn_liberty_attribute(tree, library, axn_liberty_threshold_names[i]),
                              &out->thresholds[i]))
            out->thresholds[i] = NAN;
}

static axn_status read_cells(const axn_liberty_tree *tree, int library,
                             const axn_liberty_units *units, axn_liberty *out, axn_error *error)
{
    static const char name[] = "cell";
    size_t count = 0;
    for (int node = axn_liberty_child(tree, library, name); node >= 0;
         node = axn_liberty_next(tree, tree->nodes[node].next, name))
        count += tree->nodes[node].group;
    if (count == 0)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: library without cells", tree->file,
                        tree->nodes[library].line);
    axn_status status =
        axn_allocate(&out->cells, count, sizeof *out->cells, "Liberty cells", error);
    for (int node = axn_liberty_child(tree, library, name); status == AXN_OK && node >= 0;
         node = axn_liberty_next(tree, tree->nodes[node].next, name)) {
        if (!tree->nodes[node].group)
            continue;
        axn_liberty_cell *cell = &out->cells[out->cell_count++];
        status = axn_liberty_read_cell(tree, library, node, units, cell, error);
    }
    return status;
}

static int compare_names(const void *a, const void *b)
{
    const axn_liberty_cell *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Line of the last cell of that name. */
static int line_of_last(const axn_liberty_tree *tree, const char *name)
{
    int line = 0;
    for (int node = tree->nodes[tree->nodes[0].child].child; node >= 0;
         node = tree->nodes[node].next)
        if (axn_slice_is(tree->nodes[node].name, "cell") &&
            axn_slice_is(axn_liberty_value(tree, node), name))
            line = tree->nodes[node].line;
    return line;
}

static axn_status check_names(const axn_liberty *liberty, const axn_liberty_tree *tree,
                              axn_error *error)
{
    const axn_liberty_cell **sorted = NULL;
    size_t count = (size_t)liberty->cell_count;
    axn_status status =
        axn_allocate(&sorted, count, sizeof(const axn_liberty_cell *), "Liberty cells", error);
    if (status != AXN_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &liberty->cells[i];
    qsort(sorted, count, sizeof(const axn_liberty_cell *), compare_names);
    for (size_t i = 1; i < count && status == AXN_OK; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            status = axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: two cells of the name %s",
                              tree->file, line_of_last(tree, sorted[i]->name), sorted[i]->name);
    free(sorted);
    return status;
}

/* Smallest usable full (inputs 3) or half (2) adder. */
static int find_adder(const axn_liberty *liberty, int inputs)
{
    int best = -1;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!cell->combinational || cell->dont_use || cell->input_count != inputs ||
            cell->pin_count != inputs + 2)
            continue;
        axn_adder_pins pins = axn_liberty_adder_pins(cell);
        if (pins.carry >= 0 && pins.sum >= 0 &&
            (best < 0 || cell->area_um2 < liberty->cells[best].area_um2))
            best = i;
    }
    return best;
}

static int find_library(const axn_liberty_tree *tree, axn_error *error)
{
    int library = tree->nodes[0].child;
    if (library < 0 || !tree->nodes[library].group ||
        !axn_slice_is(tree->nodes[library].name, "library")) {
        (void)axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: not a Liberty file (no library group)",
                       tree->file, library < 0 ? 1 : tree->nodes[library].line);
        return -1;
    }
    int next = tree->nodes[library].next;
    if (next >= 0) {
        (void)axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: text after the library group", tree->file,
                       tree->nodes[next].line);
        return -1;
    }
    return library;
}

axn_status axn_liberty_from_text(const char *file, const char *text, size_t length,
                                 axn_liberty *out, axn_error *error)
{
    *out = (axn_liberty){.full_adder = -1, .half_adder = -1};
    axn_liberty_tree tree = {0};
    axn_liberty_units units;
    axn_status status = axn_liberty_parse(file, text, length, &tree, error);
    if (status != AXN_OK)
        return status;
    int library = find_library(&tree, error);
    status = library < 0 ? AXN_ERROR_FORMAT : AXN_OK;
    if (status == AXN_OK &&
        !axn_slice_copy(axn_liberty_value(&tree, library), out->name, sizeof out->name))
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: library name is too long", file);
    if (status == AXN_OK)
        status = axn_liberty_read_units(&tree, library, &units, error);
    if (status == AXN_OK)
        status = read_voltage(&tree, library, &units, out, error);
    if (status == AXN_OK)
        status = read_cells(&tree, library, &units, out, error);
    if (status == AXN_OK)
        read_thresholds(&tree, library, out);
    if (status == AXN_OK)
        status = check_names(out, &tree, error);
    axn_liberty_tree_free(&tree);
    if (status != AXN_OK) {
        axn_liberty_free(out);
        return status;
    }
    out->hash = axn_hash(AXN_HASH_SEED, text, length);
    correct_areas(out);
    axn_liberty_set_slew(out);
    out->full_adder = find_adder(out, 3);
    out->half_adder = find_adder(out, 2);
    return AXN_OK;
}

axn_status axn_liberty_load(const char *path, axn_liberty *out, axn_error *error)
{
    axn_buffer text = {0};
    *out = (axn_liberty){.full_adder = -1, .half_adder = -1};
    if (path == NULL) {
        path = DEFAULT_PATH;
        if (!axn_path_exists(path))
            return axn_fail(error, AXN_ERROR_IO,
                            "%s is missing: install Debian's qflow-tech-osu018, or name a Liberty "
                            "file with --liberty",
                            path);
    }
    if (strlen(path) >= sizeof out->path)
        return axn_fail(error, AXN_ERROR_LIMIT, "path of the Liberty file is too long");
    axn_status status = axn_file_read(path, AXN_LIBERTY_MAX_BYTES, &text, error);
    if (status == AXN_OK)
        status = axn_liberty_from_text(path, text.data == NULL ? "" : text.data, text.length, out,
                                       error);
    if (status == AXN_OK)
        memcpy(out->path, path, strlen(path) + 1);
    axn_buffer_free(&text);
    return status;
}

void axn_liberty_free(axn_liberty *liberty)
{
    for (int i = 0; i < liberty->cell_count; i++)
        axn_liberty_cell_free(&liberty->cells[i]);
    free(liberty->cells);
    *liberty = (axn_liberty){.full_adder = -1, .half_adder = -1};
}

int axn_liberty_find(const axn_liberty *liberty, const char *cell)
{
    for (int i = 0; i < liberty->cell_count; i++)
        if (strcmp(liberty->cells[i].name, cell) == 0)
            return i;
    return -1;
}

axn_status axn_liberty_place(const axn_liberty *liberty, const char *path, axn_error *error)
{
    axn_buffer text = {0}, copy = {0};
    if (liberty->corrected_areas == 0 && liberty->path[0] != '\0') {
        char *real = realpath(liberty->path, NULL);
        if (real == NULL)
            return axn_fail_errno(error, AXN_ERROR_IO, "%s", liberty->path);
        (void)unlink(path);
        int failed = symlink(real, path);
        free(real);
        return failed ? axn_fail_errno(error, AXN_ERROR_IO, "%s", path) : AXN_OK;
    }
    axn_status status = axn_file_read(liberty->path, AXN_LIBERTY_MAX_BYTES, &text, error);
    if (status == AXN_OK && axn_hash(AXN_HASH_SEED, text.data, text.length) != liberty->hash)
        status =
            axn_fail(error, AXN_ERROR_MISMATCH, "%s changed while it was in use", liberty->path);
    size_t done = 0;
    for (int i = 0; i < liberty->cell_count && status == AXN_OK; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (cell->area_note == NULL)
            continue;
        axn_buffer_append(&copy, text.data + done, cell->area_begin - done);
        axn_buffer_format(&copy, "%.10g", cell->area_um2);
        done = cell->area_end;
    }
    if (status == AXN_OK) {
        axn_buffer_append(&copy, text.data + done, text.length - done);
        status = copy.failed ? axn_fail(error, AXN_ERROR_MEMORY, "no memory for a copy of %s",
                                        liberty->path)
                             : axn_file_write(path, copy.data, copy.length, error);
    }
    axn_buffer_free(&text);
    axn_buffer_free(&copy);
    return status;
}

static bool same_truth(const axn_liberty_pin *pin, uint64_t truth, int inputs)
{
    uint64_t mask = (UINT64_C(1) << (1 << inputs)) - 1;
    return (pin->truth[0] & mask) == truth;
}

axn_adder_pins axn_liberty_adder_pins(const axn_liberty_cell *cell)
{
    axn_adder_pins pins = {-1, -1, -1, -1, -1};
    int n = cell->input_count, order[3] = {-1, -1, -1};
    if (n != 2 && n != 3)
        return pins;
    for (int p = 0; p < cell->pin_count; p++) {
        const axn_liberty_pin *pin = &cell->pins[p];
        if (pin->output && same_truth(pin, n == 3 ? 0xe8 : 0x8, n))
            pins.carry = p;
        if (pin->output && same_truth(pin, n == 3 ? 0x96 : 0x6, n))
            pins.sum = p;
    }
    for (int i = 0; i < n; i++) { /* insertion sort, stable */
        int at = i;
        while (at > 0 && cell->pins[order[at - 1]].capacitance_pf <
                             cell->pins[cell->inputs[i]].capacitance_pf) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = cell->inputs[i];
    }
    pins.a = order[0];
    pins.b = order[1];
    pins.c = n == 3 ? order[2] : -1;
    return pins;
}

/* Value for one input x of the two truth bits in `pair`: its value at x = 0 and x = 1. */
static inline uint64_t choose(uint64_t pair, uint64_t x)
{
    return ((0 - (pair & 1)) & ~x) | ((0 - ((pair >> 1) & 1)) & x);
}

static inline uint64_t mux(uint64_t low, uint64_t high, uint64_t select)
{
    return (low & ~select) | (high & select);
}

/* Shannon expansion, the first inputs innermost. */
static uint64_t truth_of_many(const uint64_t truth[4], const uint64_t *inputs, int count)
{
    uint64_t value[128] = {0};
    int size = 1 << (count - 1);
    for (int i = 0; i < size; i++)
        value[i] = choose(truth[i / 32] >> (2 * (i % 32)), inputs[0]);
    for (int level = 1; level < count; level++) {
        size /= 2;
        for (int i = 0; i < size; i++)
            value[i] = mux(value[2 * i], value[2 * i + 1], inputs[level]);
    }
    return value[0];
}

uint64_t axn_liberty_truth(const uint64_t truth[4], const uint64_t *inputs, int count)
{
    uint64_t bits = truth[0];
    switch (count) {
    case 0:
        return bits & 1 ? ~UINT64_C(0) : 0;
    case 1:
        return choose(bits, inputs[0]);
    case 2:
        return mux(choose(bits, inputs[0]), choose(bits >> 2, inputs[0]), inputs[1]);
    case 3:
        return mux(mux(choose(bits, inputs[0]), choose(bits >> 2, inputs[0]), inputs[1]),
                   mux(choose(bits >> 4, inputs[0]), choose(bits >> 6, inputs[0]), inputs[1]),
                   inputs[2]);
    default:
        return truth_of_many(truth, inputs, count);
    }
}
