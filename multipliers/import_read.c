/* Reading files through Yosys, many with one process. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "common/process.h"
#include "common/progress.h"
#include "multipliers/import_internal.h"

#define BATCH 32         /* files a Yosys process */
#define SECONDS_ALONE 60 /* for one file */
#define SECONDS_START 20 /* for several, and so much for each: */
#define SECONDS_EACH 2

/* A batch on its way; states[i] of file i. */
typedef enum file_state { FILE_WAITING, FILE_READ, FILE_REJECTED } file_state;

typedef struct reading {
    const char *const *files;
    int count;
    file_state states[BATCH];
    char *reasons[BATCH]; /* of rejected files; owned */
    char folder[AXN_PATH_MAX];
    axn_error *error;
} reading;

static axn_status work_path(const reading *r, const char *pattern, int index, char *out)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", pattern, index);
    return axn_path_join(out, r->folder, name, r->error);
}

static axn_status reject(reading *r, int index, const char *reason)
{
    r->states[index] = FILE_REJECTED;
    r->reasons[index] = strdup(reason);
    return r->reasons[index] != NULL
               ? AXN_OK
               : axn_fail(r->error, AXN_ERROR_MEMORY, "out of memory for a message");
}

/* Sources under names of ours. */
static axn_status place_sources(reading *r)
{
    axn_status status = AXN_OK;
    for (int i = 0; i < r->count && status == AXN_OK; i++) {
        char path[AXN_PATH_MAX];
        axn_error cause = {0};
        status = work_path(r, "in_", i, path);
        if (status == AXN_OK && axn_verilog_source_place(r->files[i], path, &cause) != AXN_OK) {
            size_t length = strlen(r->files[i]);
            bool named = strncmp(cause.message, r->files[i], length) == 0 &&
                         strncmp(cause.message + length, ": ", 2) == 0;
            status = reject(r, i, named ? cause.message + length + 2 : cause.message);
        }
    }
    return status;
}

/* The waiting files first .. last-1 in one script. All modules are kept, so that the
 * circuits among them are told apart here and not by Yosys. */
static axn_status write_script(const reading *r, int first, int last)
{
    char path[AXN_PATH_MAX];
    axn_buffer script = {0};
    for (int i = first; i < last; i++)
        if (r->states[i] == FILE_WAITING)
            axn_buffer_format(&script,
                              "design -reset\nread_verilog %sin_%d\nhierarchy\nproc\n"
                              "write_json before_%d\nsetattr -mod -unset keep_hierarchy\n"
                              "flatten\nopt_clean\nmemory -nomap\nmemory_map\nsimplemap\n"
                              "techmap\nopt_clean\nwrite_json after_%d\n"
                              "tee -q -o done_%d log done\n",
                              axn_verilog_is_system(r->files[i]) ? "-sv " : "", i, i, i, i);
    axn_status status = axn_path_join(path, r->folder, "read.ys", r->error);
    if (status == AXN_OK && script.failed)
        status = axn_fail(r->error, AXN_ERROR_MEMORY, "out of memory for a Yosys script");
    if (status == AXN_OK)
        status =
            axn_file_write(path, script.data == NULL ? "" : script.data, script.length, r->error);
    axn_buffer_free(&script);
    return status;
}

/* What Yosys said of file `index`: "line N: cause" or "cause"; false if it said nothing. */
static bool find_cause(const char *log, int index, char *out, size_t size)
{
    const char *found = log == NULL ? NULL : strstr(log, "ERROR: ");
    char place[32];
    if (found == NULL)
        return false;
    const char *line = found;
    while (line > log && line[-1] != '\n')
        line--;
    snprintf(place, sizeof place, "in_%d:", index);
    int number = strncmp(line, place, strlen(place)) == 0 ? atoi(line + strlen(place)) : 0;
    found += strlen("ERROR: ");
    int length = (int)strcspn(found, "\n");
    length = length > 300 ? 300 : length;
    if (number > 0)
        snprintf(out, size, "line %d: %.*s", number, length, found);
    else
        snprintf(out, size, "%.*s", length, found);
    return true;
}

typedef struct failure {
    int culprit;  /* first file that was not read, or -1 */
    bool certain; /* Yosys said so itself; else it crashed or took too long */
    char cause[512];
} failure;

/* Runs Yosys on the waiting files first .. last-1 and marks those that it read. */
static axn_status run(reading *r, int first, int last, failure *out)
{
    static const char *const argv[] = {"yosys", "-q", "-Q", "-T", "-s", "read.ys", NULL};
    axn_buffer log = {0};
    axn_error ended = {0};
    const axn_process_options options = {
        .folder = r->folder,
        .output = &log,
        .timeout_s =
            last - first == 1 ? SECONDS_ALONE : SECONDS_START + SECONDS_EACH * (last - first),
        .memory = AXN_VERILOG_MEMORY};
    *out = (failure){.culprit = -1};
    axn_status status = write_script(r, first, last);
    if (status != AXN_OK)
        return status;
    status = axn_process_run(argv, &options, &ended);
    if (status != AXN_OK && status != AXN_ERROR_TOOL) {
        axn_buffer_free(&log);
        return axn_fail(r->error, status, "%s", ended.message);
    }
    for (int i = first; i < last && out->culprit < 0; i++) {
        char path[AXN_PATH_MAX];
        if (r->states[i] != FILE_WAITING)
            continue;
        if (work_path(r, "done_", i, path) == AXN_OK && axn_path_exists(path))
            r->states[i] = FILE_READ;
        else
            out->culprit = i;
    }
    if (out->culprit >= 0)
        out->certain = find_cause(log.data, out->culprit, out->cause, sizeof out->cause);
    if (out->culprit >= 0 && !out->certain)
        snprintf(out->cause, sizeof out->cause,
                 "Yosys cannot cope with it (a module that holds itself, expressions or sizes "
                 "beyond measure?): %.350s",
                 ended.message);
    axn_buffer_free(&log);
    return AXN_OK;
}

/* Reads all files of the batch. Where a run ends for no cause that Yosys tells, the file it
 * stopped at is tried alone, so that it does not pay for its neighbours. */
static axn_status read_all(reading *r)
{
    int first = 0, last = r->count;
    while (first < r->count) {
        failure found;
        if (r->states[first] != FILE_WAITING) {
            first++;
            continue;
        }
        axn_status status = run(r, first, last, &found);
        if (status == AXN_OK && found.culprit >= 0 && !found.certain && last - first > 1) {
            first = found.culprit;
            last = first + 1;
            continue;
        }
        if (status == AXN_OK && found.culprit >= 0)
            status = reject(r, found.culprit, found.cause);
        if (status != AXN_OK)
            return status;
        first = found.culprit >= 0 ? found.culprit + 1 : last;
        last = r->count;
    }
    return AXN_OK;
}

axn_status axn_import_batch(const char *const *files, int count, const axn_import_cells *cells,
                            axn_import *out, axn_error *error)
{
    reading r = {.files = files, .count = count, .error = error};
    axn_status status = axn_folder_temporary(r.folder, error);
    if (status != AXN_OK)
        return status;
    status = place_sources(&r);
    if (status == AXN_OK)
        status = read_all(&r);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        char before[AXN_PATH_MAX], after[AXN_PATH_MAX];
        if (r.states[i] == FILE_REJECTED) {
            if (axn_import_reject(out, files[i], "", r.reasons[i], error) == NULL)
                status = AXN_ERROR_MEMORY;
            continue;
        }
        status = work_path(&r, "before_", i, before);
        if (status == AXN_OK)
            status = work_path(&r, "after_", i, after);
        if (status == AXN_OK)
            status = axn_import_modules(files[i], before, after, cells, out, error);
    }
    for (int i = 0; i < count; i++)
        free(r.reasons[i]);
    axn_folder_remove(r.folder, NULL);
    return status;
}

typedef struct batches {
    const char *const *files;
    size_t count, size; /* files, files a batch */
    const axn_import_cells *cells;
    axn_import *parts; /* one a batch */
    axn_progress progress;
    pthread_mutex_t lock; /* of what follows, and of progress */
    long done;
    axn_status status; /* of the first failure */
    axn_error error;
} batches;

static void read_part(void *context, int part, int thread)
{
    batches *b = context;
    axn_error error = {0};
    size_t first = (size_t)part * b->size;
    size_t count = b->count - first < b->size ? b->count - first : b->size;
    (void)thread;
    axn_status status = axn_interrupt_check(&error);
    if (status == AXN_OK)
        status = axn_import_batch(b->files + first, (int)count, b->cells, &b->parts[part], &error);
    pthread_mutex_lock(&b->lock);
    if (status != AXN_OK && b->status == AXN_OK) {
        b->status = status;
        b->error = error;
    }
    b->done += (long)count;
    axn_progress_update(&b->progress, b->done, NULL);
    pthread_mutex_unlock(&b->lock);
}

/* The parts' circuits in order; they belong to `out` then. */
static axn_status join(axn_import *parts, size_t count, axn_import *out, axn_error *error)
{
    for (size_t i = 0; i < count; i++) {
        axn_status status = axn_grow(&out->circuits, &out->capacity, out->count + parts[i].count,
                                     sizeof *out->circuits, "circuits", error);
        if (status != AXN_OK)
            return status;
        if (parts[i].count > 0)
            memcpy(out->circuits + out->count, parts[i].circuits,
                   parts[i].count * sizeof *out->circuits);
        out->count += parts[i].count;
        parts[i].count = 0;
    }
    return AXN_OK;
}

axn_status axn_import_read(const char *const *files, size_t count,
                           const axn_liberty *const *liberties, int liberty_count, int threads,
                           axn_import *out, axn_error *error)
{
    const axn_import_cells cells = {liberties, liberty_count};
    axn_pool *pool = NULL;
    batches b = {.files = files, .count = count, .cells = &cells};
    /* A missing Yosys is no fault of the files. */
    static const char *const version[] = {"yosys", "-V", NULL};
    axn_status status = axn_process_run(version, NULL, error);
    if (status == AXN_OK)
        status = axn_pool_create(threads, &pool, error);
    if (status != AXN_OK)
        return status;
    size_t fair = count / (4 * (size_t)axn_pool_threads(pool)) + 1;
    b.size = fair < BATCH ? fair : BATCH;
    size_t parts = (count + b.size - 1) / b.size;
    status = axn_allocate(&b.parts, parts, sizeof *b.parts, "circuits", error);
    if (status == AXN_OK && parts > 0) {
        pthread_mutex_init(&b.lock, NULL);
        axn_progress_start(&b.progress, "reading", (long)count);
        axn_pool_run(pool, (int)parts, read_part, &b);
        axn_progress_end(&b.progress, NULL);
        pthread_mutex_destroy(&b.lock);
        status = b.status;
        if (status != AXN_OK && error != NULL)
            *error = b.error;
    }
    if (status == AXN_OK)
        status = join(b.parts, parts, out, error);
    for (size_t i = 0; i < parts && b.parts != NULL; i++)
        axn_import_free(&b.parts[i]);
    free(b.parts);
    axn_pool_destroy(pool);
    return status;
}
