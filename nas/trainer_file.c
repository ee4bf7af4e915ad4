/* The trained float state of a network, one record a layer: checkpoints, and weights that
 * descendants inherit. Little endian: magic, header, note, records, FNV-1a of all before.
 * Version 1 had no note. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/file.h"
#include "common/hash.h"
#include "common/memory.h"
#include "nas/trainer_internal.h"

#define MAGIC "AXNTRAIN"
#define VERSION 2
#define MAX_NOTE (64 << 20)
#define MAX_FILE ((size_t)1 << 30)

typedef struct header {
    char magic[8];
    int32_t version, layers;
    int64_t step;
    int32_t epoch, note_bytes;
} header;

/* What must agree for a state to fit; the first WEIGHT_SHAPE fields for inheritance. */
typedef struct record {
    int32_t kind, units, taps, kernel_h, kernel_w, batch_norm;
    int32_t stride, relu, input_count, inputs[AXN_MAX_INPUTS];
    int32_t range_batches, statistics_batches;
    float range_low, range_high;
} record;
#define WEIGHT_SHAPE (6 * sizeof(int32_t))
#define WHOLE_SHAPE ((9 + AXN_MAX_INPUTS) * sizeof(int32_t))

_Static_assert(sizeof(header) == 32 && sizeof(record) == 68, "no holes in the file's structures");

static record describe(const axn_train_layer *l)
{
    const axn_layer *layer = l->layer;
    record r = {.kind = (int32_t)layer->kind,
                .units = l->units,
                .taps = l->taps,
                .kernel_h = layer->kernel_h,
                .kernel_w = layer->kernel_w,
                .batch_norm = layer->batch_norm,
                .stride = layer->stride,
                .relu = layer->relu,
                .input_count = layer->input_count,
                .range_batches = l->range.batches,
                .statistics_batches = l->statistics_batches,
                .range_low = l->range.low,
                .range_high = l->range.high};
    memcpy(r.inputs, layer->inputs, (size_t)layer->input_count * sizeof(int32_t));
    return r;
}

/* Arrays of a layer's state, in file order. */
#define MAX_PIECES 11
typedef struct pieces {
    float *data[MAX_PIECES];
    int64_t count[MAX_PIECES];
    int pieces;
    int moments[MAX_PIECES]; /* belongs to the optimiser */
} pieces;

static void add_piece(pieces *p, float *data, int64_t count, int moment)
{
    if (count > 0) {
        p->data[p->pieces] = data;
        p->count[p->pieces] = count;
        p->moments[p->pieces++] = moment;
    }
}

static pieces list_pieces(const axn_trainer *t, const axn_train_layer *l)
{
    pieces p = {0};
    float *arrays[] = {t->parameters, t->first, t->second};
    for (int i = 0; i < 3; i++) {
        add_piece(&p, arrays[i] + l->weights, (int64_t)l->units * l->taps, i > 0);
        add_piece(&p, arrays[i] + l->gain, l->layer->batch_norm ? l->units : 0, i > 0);
        add_piece(&p, arrays[i] + l->shift, l->units, i > 0);
    }
    add_piece(&p, l->running_mean, l->units, 0);
    add_piece(&p, l->running_variance, l->units, 0);
    return p;
}

axn_status axn_trainer_save(const axn_trainer *trainer, const char *note, const char *path,
                            axn_error *error)
{
    axn_buffer out = {0};
    const size_t note_bytes = note != NULL ? strlen(note) : 0;
    if (note_bytes > MAX_NOTE) {
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: a note of %zu bytes, more than %d", path,
                        note_bytes, MAX_NOTE);
    }
    header h = {.magic = MAGIC,
                .version = VERSION,
                .layers = trainer->network->count,
                .step = trainer->step,
                .epoch = trainer->epoch,
                .note_bytes = (int32_t)note_bytes};
    axn_buffer_append(&out, &h, sizeof h);
    axn_buffer_append(&out, note != NULL ? note : "", note_bytes);
    for (int i = 0; i < trainer->network->count; i++) {
        const record r = describe(&trainer->layers[i]);
        const pieces p = list_pieces(trainer, &trainer->layers[i]);
        axn_buffer_append(&out, &r, sizeof r);
        for (int k = 0; k < p.pieces; k++) {
            axn_buffer_append(&out, p.data[k], (size_t)p.count[k] * sizeof(float));
        }
    }
    uint64_t hash = axn_hash(AXN_HASH_SEED, out.data != NULL ? out.data : "", out.length);
    axn_buffer_append(&out, &hash, sizeof hash);
    axn_status status = out.failed ? axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", path)
                                   : axn_file_write(path, out.data, out.length, error);
    axn_buffer_free(&out);
    return status;
}

/* A state file in memory, checked; where each layer's record begins. */
typedef struct state {
    const char *path;
    axn_buffer bytes;
    header head;
    size_t *records;
} state;

static void free_state(state *s)
{
    axn_buffer_free(&s->bytes);
    free(s->records);
}

/* Bytes of a record with its arrays; 0 for impossible ones. */
static size_t record_bytes(const record *r)
{
    if (r->units < 0 || r->units > AXN_MAX_TENSOR || r->taps < 0 || r->taps > AXN_MAX_TENSOR) {
        return 0;
    }
    size_t floats =
        3 * (size_t)r->units * (size_t)r->taps + (size_t)r->units * (r->batch_norm != 0 ? 8U : 5U);
    return sizeof *r + floats * sizeof(float);
}

/* Nothing that diverged is gone on from, nor inherited. */
static bool is_finite(const record *r, const char *floats, size_t bytes)
{
    bool finite = isfinite(r->range_low) && isfinite(r->range_high);
    for (size_t at = 0; at < bytes && finite; at += sizeof(float)) {
        float value;
        memcpy(&value, floats + at, sizeof value);
        finite = isfinite(value);
    }
    return finite;
}

static axn_status find_records(state *s, axn_error *error)
{
    size_t end = s->bytes.length - sizeof(uint64_t);
    size_t at = sizeof s->head + (size_t)s->head.note_bytes;
    axn_status status = axn_allocate(&s->records, (size_t)s->head.layers, sizeof *s->records,
                                     "a training state", error);
    for (int i = 0; i < s->head.layers && status == AXN_OK; i++) {
        record r;
        size_t bytes = 0;
        if (end - at >= sizeof r) {
            memcpy(&r, s->bytes.data + at, sizeof r);
            bytes = record_bytes(&r);
        }
        if (bytes == 0 || bytes > end - at) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: layer %d is damaged", s->path, i);
        }
        if (!is_finite(&r, s->bytes.data + at + sizeof r, bytes - sizeof r)) {
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s: layer %d holds numbers that are not finite", s->path, i);
        }
        s->records[i] = at;
        at += bytes;
    }
    if (status == AXN_OK && at != end) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: data behind the last layer", s->path);
    }
    return status;
}

static axn_status read_state(state *s, axn_error *error)
{
    axn_status status = axn_file_read(s->path, MAX_FILE, &s->bytes, error);
    if (status != AXN_OK) {
        return status;
    }
    const size_t length = s->bytes.length;
    if (length < sizeof s->head + sizeof(uint64_t) ||
        memcmp(s->bytes.data, MAGIC, sizeof s->head.magic) != 0) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: not a training state of axnas", s->path);
    }
    memcpy(&s->head, s->bytes.data, sizeof s->head);
    if (s->head.version < 1 || s->head.version > VERSION) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: version %d, this program reads 1 to %d",
                        s->path, (int)s->head.version, VERSION);
    }
    uint64_t hash = 0;
    memcpy(&hash, s->bytes.data + length - sizeof hash, sizeof hash);
    if (hash != axn_hash(AXN_HASH_SEED, s->bytes.data, length - sizeof hash)) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: damaged (its hash does not fit)", s->path);
    }
    if (s->head.layers < 1 || s->head.layers > AXN_MAX_LAYERS || s->head.step < 0 ||
        s->head.epoch < 0 || s->head.note_bytes < 0 ||
        (size_t)s->head.note_bytes > length - sizeof s->head - sizeof hash) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: impossible header", s->path);
    }
    return find_records(s, error);
}

/* Copies record `from` into layer `to`; without moments for an heir. */
static void copy_layer(axn_trainer *t, int to, const state *s, int from, bool moments)
{
    axn_train_layer *l = &t->layers[to];
    record r;
    memcpy(&r, s->bytes.data + s->records[from], sizeof r);
    l->range = (axn_range){r.range_low, r.range_high, r.range_batches};
    l->statistics_batches = r.statistics_batches;
    const char *at = s->bytes.data + s->records[from] + sizeof r;
    const pieces p = list_pieces(t, l);
    for (int i = 0; i < p.pieces; i++) {
        size_t bytes = (size_t)p.count[i] * sizeof(float);
        if (moments || !p.moments[i]) {
            memcpy(p.data[i], at, bytes);
        }
        at += bytes;
    }
    if (l->range.batches > 0) {
        l->output = axn_range_quantisation(&l->range);
    }
}

static bool shapes_agree(const axn_trainer *t, int to, const state *s, int from, size_t bytes)
{
    const record mine = describe(&t->layers[to]);
    return memcmp(&mine, s->bytes.data + s->records[from], bytes) == 0;
}

static axn_status load_whole(axn_trainer *t, const state *s, axn_error *error)
{
    bool same = s->head.layers == t->network->count;
    for (int i = 0; i < t->network->count && same; i++) {
        same = shapes_agree(t, i, s, i, WHOLE_SHAPE);
    }
    if (!same) {
        return axn_fail(error, AXN_ERROR_MISMATCH, "%s: a checkpoint of another network", s->path);
    }
    for (int i = 1; i < t->network->count; i++) {
        copy_layer(t, i, s, i, true);
    }
    t->step = s->head.step;
    t->epoch = s->head.epoch;
    /* What follows from the ranges, as the ratios of sums, a batch sets. */
    const uint32_t first = 0;
    double accuracy = 0;
    return t->step > 0 ? axn_trainer_validate(t, &first, 1, &accuracy, error) : AXN_OK;
}

static axn_status load_inherited(axn_trainer *t, const state *s, const int *source_layer,
                                 axn_error *error)
{
    for (int i = 1; i < t->network->count; i++) {
        if (source_layer[i] >= s->head.layers) {
            return axn_fail(error, AXN_ERROR_USAGE, "%s: has %d layers, number %d is wanted",
                            s->path, (int)s->head.layers, source_layer[i]);
        }
        if (source_layer[i] >= 0 && t->layers[i].units > 0 &&
            shapes_agree(t, i, s, source_layer[i], WEIGHT_SHAPE)) {
            copy_layer(t, i, s, source_layer[i], false);
        }
    }
    return AXN_OK;
}

axn_status axn_trainer_load(axn_trainer *trainer, const char *path, const int *source_layer,
                            axn_error *error)
{
    state s = {.path = path};
    axn_status status = read_state(&s, error);
    if (status == AXN_OK) {
        status = source_layer == NULL ? load_whole(trainer, &s, error)
                                      : load_inherited(trainer, &s, source_layer, error);
    }
    free_state(&s);
    return status;
}

axn_status axn_trainer_read_note(const char *path, axn_buffer *note, int *epochs, axn_error *error)
{
    state s = {.path = path};
    axn_status status = read_state(&s, error);
    if (status == AXN_OK) {
        axn_buffer_clear(note);
        axn_buffer_append(note, s.bytes.data + sizeof s.head, (size_t)s.head.note_bytes);
        *epochs = s.head.epoch;
        status =
            note->failed ? axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", path) : AXN_OK;
    }
    free_state(&s);
    return status;
}
