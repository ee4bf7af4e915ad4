/* The cycle model: follows the front of the hardware (taps, gather, walker) tile by tile and
 * adds the fixed latencies of the pipeline behind it. Names as in rtl_lib/. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "rtl_gen/program_internal.h"

/* Cycles from the flush in axn_taps to the write of column 0 by the last row, less Rows. */
#define FLUSH_TO_WRITE 8
/* From the flush of a logits tile to the selection of its column 0, and from there to the
 * result FIFO; from the last logit to the class's transfer. */
#define FLUSH_TO_SELECT 3
#define SELECT_TO_LOGIT 3
#define LOGIT_TO_CLASS 2
/* From the flush to the walker's start: 16 descriptor words, memory latency. */
#define FLUSH_TO_WALK 18
/* From the walker's start to its first tile, besides setting up and the rows. */
#define WALK_LATENCY 2

typedef struct window { /* of one row, see axn_walker */
    int64_t address;    /* of tap (0, 0) */
    int y_first, y_last, x_first, x_last;
} window;

typedef struct tile {       /* of the array: rows of pixels x columns of channels */
    int64_t pixel, channel; /* first ones */
    int rows, columns;
    int64_t dump; /* cycle of the `first` behind it: column c is written a fixed time + c later */
} tile;

enum { RECENT_TILES = 3 }; /* that may still be on their way to the writers */

typedef struct machine {
    const axn_program *program;
    const axn_descriptor *op;
    window windows[AXN_ARRAY_MAX];
    int rows;                  /* in use in this pixel tile */
    int64_t pixel, pixels;     /* first pixel of the tile; the walker's of the map */
    int64_t now;               /* cycle in which the next tap is present at the earliest */
    int columns_before;        /* cycles for which the tile before needs the buses, 0: none */
    tile recent[RECENT_TILES]; /* of a split operation, the last one first */
    int recent_count;
    int columns;          /* of the last tile */
    int64_t right_end;    /* last column on the second bus, relative to its first write; -1: none */
    bool writers_collide; /* both write one bank in a cycle */
} machine;

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static bool is_array(const axn_descriptor *op)
{
    return op->op == AXN_OP_CONVOLUTION || op->op == AXN_OP_DENSE;
}

/* First and last tap of window i along one side; *start is its origin in the map. */
static void place_window(const axn_descriptor *op, int64_t i, uint32_t in, uint32_t out,
                         uint32_t kernel, uint32_t pad, int *start, int *first, int *last)
{
    if (op->adaptive) {
        *start = (int)(i * in / out);
        *first = 0;
        *last = (int)(((i + 1) * in + out - 1) / out) - *start - 1;
        return;
    }
    *start = (int)(i * op->stride) - (int)pad;
    *first = *start < 0 ? -*start : 0;
    *last = smaller((int)kernel - 1, (int)in - 1 - *start);
}

static void fill_windows(machine *m)
{
    const axn_descriptor *op = m->op;
    m->rows = (int)(m->pixels - m->pixel < m->program->array.rows ? m->pixels - m->pixel
                                                                  : m->program->array.rows);
    for (int r = 0; r < m->rows; r++) {
        window *w = &m->windows[r];
        int y, x;
        int64_t pixel = m->pixel + r;
        place_window(op, pixel / op->out_width, op->in_height, op->out_height, op->kernel_height,
                     op->pad_height, &y, &w->y_first, &w->y_last);
        place_window(op, pixel % op->out_width, op->in_width, op->out_width, op->kernel_width,
                     op->pad_width, &x, &w->x_first, &w->x_last);
        w->address = (int64_t)op->in_base + (int64_t)y * op->in_width + x;
    }
}

/* Beats of the tap (ky, kx) at `offset` from the windows' origin. */
static int tap_beats(const machine *m, int ky, int kx, int64_t offset)
{
    int beats = 0;
    int64_t limit = -1; /* words below are served by the present beat */
    for (int r = 0; r < m->rows; r++) {
        const window *w = &m->windows[r];
        if (ky < w->y_first || ky > w->y_last || kx < w->x_first || kx > w->x_last) {
            continue;
        }
        int64_t word = (w->address + offset) / 16;
        if (word >= limit) { /* rows' addresses ascend */
            beats++;
            limit = word + m->program->banks;
        }
    }
    return beats > 0 ? beats : 1;
}

/* Beats of one tile's taps on channels channel .. channel + count - 1; *first_tap: of the
 * first one. */
static int64_t tile_beats(const machine *m, int64_t base_offset, int channel, int count,
                          int *first_tap)
{
    const axn_descriptor *op = m->op;
    int64_t beats = 0;
    *first_tap = 0;
    for (int c = channel; c < channel + count; c++) {
        for (int ky = 0; ky < (int)op->kernel_height; ky++) {
            for (int kx = 0; kx < (int)op->kernel_width; kx++) {
                int64_t offset =
                    base_offset + (int64_t)c * op->in_plane + (int64_t)ky * op->in_width + kx;
                int n = tap_beats(m, ky, kx, offset);
                *first_tap = *first_tap == 0 ? n : *first_tap;
                beats += n;
            }
        }
    }
    return beats;
}

/* Whether both pieces of a tile's column share a bank. */
static bool share_bank(const machine *m, const tile *a, int a_column, const tile *b, int b_column)
{
    int64_t from = m->op->out_base + (a->channel + a_column) * m->op->out_plane + a->pixel;
    int64_t other = m->op->out_base + (b->channel + b_column) * m->op->out_plane + b->pixel;
    int64_t banks = m->program->banks;
    for (int64_t i = from / 16; i <= (from + a->rows - 1) / 16; i++) {
        for (int64_t k = other / 16; k <= (other + b->rows - 1) / 16; k++) {
            if ((i - k) % banks == 0) {
                return true;
            }
        }
    }
    return false;
}

/* A tile of a split operation leaves the cells from m->recent[0].dump on: its left columns meet
 * the right ones of those before. */
static void note_dump(machine *m)
{
    const tile *at = &m->recent[0];
    int half = AXN_LEFT_COLUMNS(m->program->array.cols);
    if (at->columns > half) {
        m->right_end = at->dump + at->columns - 1 + m->op->late;
    }
    for (int i = 1; i < m->recent_count && !m->writers_collide; i++) {
        const tile *before = &m->recent[i];
        for (int column = half; column < before->columns; column++) {
            int64_t left = before->dump + column + m->op->late - at->dump;
            if (left >= 0 && left < smaller(at->columns, half) &&
                share_bank(m, before, column, at, (int)left)) {
                m->writers_collide = true;
            }
        }
    }
}

/* The tile that starts with its first tap finished in cycle `emission` pushes out the one
 * before. NULL: the flush. */
static void follow_split(machine *m, int64_t emission, const tile *next)
{
    if (m->recent_count > 0) {
        m->recent[0].dump = emission;
        note_dump(m);
    }
    if (next != NULL) {
        memmove(m->recent + 1, m->recent, (RECENT_TILES - 1) * sizeof *m->recent);
        m->recent[0] = *next;
        m->recent_count = smaller(m->recent_count + 1, RECENT_TILES);
    }
}

/* Runs a tile that starts at m->now; leaves in m->now the cycle after the one in which the next
 * tile (or the flush) may be decided on: its first tap is present then. */
static void run_tile(machine *m, int64_t beats, int first_tap, int columns)
{
    int64_t last = m->now + beats - 1;
    int64_t bus_free = m->now + first_tap - 1 + (m->columns_before > 1 ? m->columns_before - 1 : 0);
    m->now = (last > bus_free ? last : bus_free) + 1;
    m->columns = columns;
    m->columns_before = m->op->spacing > 0 ? smaller(columns, (int)m->op->spacing) : columns;
}

/* One pixel tile: all channel tiles. */
static void run_pixel_tile(machine *m)
{
    const axn_descriptor *op = m->op;
    int first_tap;
    if (is_array(op)) {
        int cols = m->program->array.cols, left = (int)op->out_channels;
        int64_t beats = tile_beats(m, 0, 0, (int)op->in_channels, &first_tap);
        for (; left > 0; left -= cols) {
            if (op->spacing > 0) {
                tile next = {.pixel = m->pixel,
                             .channel = (int64_t)op->out_channels - left,
                             .rows = m->rows,
                             .columns = smaller(left, cols)};
                follow_split(m, m->now + first_tap - 1, &next);
            }
            run_tile(m, beats, first_tap, smaller(left, cols));
            if (op->logits && left > cols) {
                /* m->now: the flush; the next tile waits until its columns were taken. */
                m->now += FLUSH_TO_SELECT + m->columns_before + 1;
                m->columns_before = 0;
            }
        }
        return;
    }
    for (int c = 0; c < (int)op->out_channels; c++) {
        if (op->op == AXN_OP_SUM) {
            run_tile(m, 1, 1, 1);
            run_tile(m, 1, 1, 1);
        } else {
            int64_t beats = tile_beats(m, 0, c, 1, &first_tap);
            run_tile(m, beats, first_tap, 1);
        }
    }
}

/* Cycles in which the walker writes the records of so many rows. */
static int64_t walker_cycles(const axn_program *program, int64_t rows)
{
    return (rows + program->row_buses - 1) / program->row_buses;
}

/* Pixels whose windows the walker finds; of a fully connected layer the bytes of a tap. */
static int64_t walked_pixels(const axn_descriptor *op)
{
    return (int64_t)op->out_height * op->out_width;
}

/* Cycles the walker spends between its start and the first tile of an operation. */
static int64_t walker_setup(const axn_program *program, const axn_descriptor *op)
{
    uint32_t step = op->adaptive ? op->step_y : op->stride;
    int64_t pixels = walked_pixels(op);
    return WALK_LATENCY + (int64_t)(op->pad_height > step ? op->pad_height : step) +
           walker_cycles(program, pixels < program->array.rows ? pixels : program->array.rows);
}

/* Runs an operation that starts in cycle `start`; returns the cycle of its flush. */
static int64_t run_operation(machine *m, const axn_descriptor *op, int64_t start)
{
    m->op = op;
    m->pixels = walked_pixels(op);
    m->now = start + 1;
    m->columns_before = 0;
    m->recent_count = 0;
    m->right_end = -1;
    m->writers_collide = false;
    int64_t taken = start; /* cycle in which the present windows were taken */
    for (m->pixel = 0; m->pixel < m->pixels; m->pixel += m->program->array.rows) {
        fill_windows(m);
        if (m->pixel > 0) {
            int64_t ready = taken + walker_cycles(m->program, m->rows) +
                            1; /* first tap one cycle after it was taken */
            m->now = m->now > ready ? m->now : ready;
            taken = m->now - 1;
        }
        run_pixel_tile(m);
    }
    if (op->spacing > 0) {
        follow_split(m, m->now, NULL);
    }
    return m->now;
}

/* The cycle of an operation's last write (last logit) from that of its flush. */
static int64_t last_write(const machine *m, int64_t flush)
{
    if (m->op->logits) {
        return flush + FLUSH_TO_SELECT + m->columns_before - 1 + SELECT_TO_LOGIT;
    }
    int left = m->op->spacing > 0 ? smaller(m->columns, AXN_LEFT_COLUMNS(m->program->array.cols))
                                  : m->columns;
    int64_t end = flush + left - 1;
    end = m->right_end > end ? m->right_end : end;
    return end + FLUSH_TO_WRITE + m->program->array.rows;
}

int64_t axn_operation_cycles(const axn_program *program, const axn_descriptor *op)
{
    machine m = {.program = program};
    int64_t flush = run_operation(&m, op, 0);
    return m.writers_collide ? -1 : last_write(&m, flush);
}

static double ratio(double numerator, double denominator)
{
    return denominator > 0 ? numerator / denominator : 0;
}

static void finish_layer(const axn_program *program, const axn_network *network, int layer,
                         int64_t cycles, axn_layer_cycles *out)
{
    const axn_layer *at = &network->layers[layer];
    double cells = (double)program->array.rows * program->array.cols;
    *out = (axn_layer_cycles){.layer = layer, .cycles = cycles};
    if (at->kind != AXN_LAYER_CONV) {
        return;
    }
    int64_t pixels = (int64_t)at->output.height * at->output.width;
    int64_t row_tiles = (pixels + program->array.rows - 1) / program->array.rows;
    int64_t column_tiles = (at->units + program->array.cols - 1) / program->array.cols;
    out->multiplications = axn_layer_multiplications(network, layer, AXN_COUNT_EXACT);
    out->utilisation = ratio((double)out->multiplications, cells * (double)cycles);
    out->tiling_bound =
        ratio((double)pixels * at->units, cells * (double)(row_tiles * column_tiles));
}

static void sum_up(const axn_program *program, axn_cycles *out)
{
    double cells = (double)program->array.rows * program->array.cols;
    int64_t multiplications = 0, array_cycles = 0;
    out->cycles_per_image = out->load_cycles + out->result_cycles;
    for (int i = 0; i < out->layer_count; i++) {
        out->cycles_per_image += out->layers[i].cycles;
        multiplications += out->layers[i].multiplications;
        array_cycles += out->layers[i].multiplications > 0 ? out->layers[i].cycles : 0;
    }
    out->utilisation = ratio((double)multiplications, cells * (double)array_cycles);
    out->utilisation_total = ratio((double)multiplications, cells * (double)out->cycles_per_image);
}

axn_status axn_program_cycles(const axn_program *program, const axn_network *network,
                              axn_cycles *out, axn_error *error)
{
    *out = (axn_cycles){0};
    axn_status status =
        axn_allocate(&out->layers, (size_t)network->count, sizeof *out->layers, "cycles", error);
    if (status != AXN_OK) {
        return status;
    }
    machine m = {.program = program};
    int64_t before = 0, start = 1; /* cycle 0: the last image word is taken */
    for (int i = 0; i < program->operation_count; i++) {
        const axn_descriptor *op = &program->operations[i];
        int64_t flush = run_operation(&m, op, start);
        int64_t write = last_write(&m, flush);
        if (op->layer_end) {
            finish_layer(program, network, program->operation_layer[i], write - before,
                         &out->layers[out->layer_count++]);
            before = write;
        }
        if (i + 1 < program->operation_count) {
            int64_t walked = flush + FLUSH_TO_WALK + walker_setup(program, op + 1);
            start = walked > write + 1 ? walked : write + 1;
        }
    }
    out->load_cycles = (axn_shape_size(network->layers[0].output) + 15) / 16;
    out->result_cycles = LOGIT_TO_CLASS;
    sum_up(program, out);
    return AXN_OK;
}

int64_t axn_dense_cycles(const axn_cycles *cycles, const axn_network *network)
{
    int64_t dense = 0;
    for (int i = 0; i < cycles->layer_count; i++) {
        const axn_layer *layer = &network->layers[cycles->layers[i].layer];
        dense += layer->kind == AXN_LAYER_DENSE ? cycles->layers[i].cycles : 0;
    }
    return dense;
}

void axn_cycles_free(axn_cycles *cycles)
{
    free(cycles->layers);
    *cycles = (axn_cycles){0};
}
