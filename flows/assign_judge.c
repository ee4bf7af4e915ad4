/* From what the search found to the points that are shown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/assign.h"

enum {
    CANDIDATES = 64, /* of the search that are measured again, at least */
    SLICE = 8        /* assignments between two drawings of the progress bar */
};

static axn_assign_point point_of(const axn_assign_run *run, int record)
{
    const axn_assign_result *result = &run->result;
    const uint16_t *genes = result->gene + (size_t)record * (size_t)result->genes;
    axn_assign_point point = {.record = record,
                              .uniform = genes[0],
                              .energy_uj = result->records[record].energy_pj / 1e6};
    for (int i = 1; i < result->genes; i++) {
        point.uniform = genes[i] == genes[0] ? point.uniform : -1;
    }
    return point;
}

/* correct[count] of the points' assignments. */
static axn_status measure(axn_assign_run *run, const char *label, const axn_assign_point *points,
                          int count, const axn_assign_images *images, int *correct,
                          axn_error *error)
{
    size_t size = (size_t)run->genes;
    uint16_t *genes = NULL;
    axn_status status = axn_allocate(&genes, (size_t)count * size, sizeof *genes, "points", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        memcpy(genes + (size_t)i * size, run->result.gene + (size_t)points[i].record * size,
               size * sizeof *genes);
    }
    axn_progress_start(&run->progress, label, count);
    for (int done = 0; done < count && status == AXN_OK; done += SLICE) {
        int slice = count - done < SLICE ? count - done : SLICE;
        status = axn_assign_measure(run, genes + (size_t)done * size, slice, images, correct + done,
                                    error);
        axn_progress_update(&run->progress, done + slice, NULL);
    }
    axn_progress_end(&run->progress, NULL);
    free(genes);
    return status;
}

static int by_energy(const void *one, const void *other)
{
    const axn_assign_point *a = one, *b = other;
    if (a->energy_uj != b->energy_uj) {
        return a->energy_uj < b->energy_uj ? -1 : 1;
    }
    return a->correct != b->correct ? b->correct - a->correct : a->record - b->record;
}

/* Keeps the front of points that recognise at least `least` images; returns their number. */
static int keep_front(axn_assign_point *points, int count, double least)
{
    int kept = 0, most = -1;
    qsort(points, (size_t)count, sizeof *points, by_energy);
    for (int i = 0; i < count; i++) {
        if (points[i].correct > most) {
            most = points[i].correct;
            points[kept] = points[i];
            kept += most >= least ? 1 : 0;
        }
    }
    return kept;
}

int axn_assign_floor(const axn_assign_settings *settings, const axn_assign_run *run)
{
    double images = run->search.count, share = run->given_search_correct / images;
    double deviation = sqrt(images * share * (1 - share));
    double floor = run->given_search_correct - settings->max_drop / 100 * images - 3 * deviation;
    return floor > 0 ? (int)floor : 0;
}

static void add_point(axn_assign_run *run, int record, int least, int *count)
{
    if (run->result.records[record].correct >= least) {
        run->points[(*count)++] = point_of(run, record);
    }
}

/* The best fronts of the search, and the uniform assignments, these first; none that fell
 * below the floor. */
static axn_status collect(axn_assign_run *run, int least, int *uniform, int *count,
                          axn_error *error)
{
    int *records = NULL, kept = 0;
    size_t room = (size_t)run->result.count + (size_t)run->choice_count;
    axn_status status =
        axn_allocate(&records, (size_t)run->result.count, sizeof *records, "points", error);
    if (status == AXN_OK) {
        status = axn_allocate(&run->points, room, sizeof *run->points, "points", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&run->uniform, (size_t)run->choice_count, sizeof *run->uniform,
                              "points", error);
    }
    if (status == AXN_OK) {
        kept = axn_assign_peel(&run->result, CANDIDATES, records);
        for (int c = 0; c < run->choice_count; c++) {
            add_point(run, c, least, count);
        }
        *uniform = *count;
        for (int i = 0; i < kept; i++) {
            if (records[i] >= run->choice_count) {
                add_point(run, records[i], least, count);
            }
        }
    }
    free(records);
    return status;
}

static axn_status confirm(const axn_assign_settings *settings, axn_assign_run *run,
                          axn_error *error)
{
    int *correct = NULL, count = 0, uniform = 0;
    axn_status status = axn_assign_measure_given(run, &run->confirm, &run->given_correct, error);
    if (status == AXN_OK) {
        status = collect(run, axn_assign_floor(settings, run), &uniform, &count, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&correct, (size_t)count, sizeof *correct, "points", error);
    }
    if (status == AXN_OK) {
        status = measure(run, "confirm", run->points, count, &run->confirm, correct, error);
    }
    if (status == AXN_OK) {
        double least = run->given_correct - settings->max_drop / 100 * run->confirm.count - 1e-9;
        for (int i = 0; i < count; i++) {
            run->points[i].correct = correct[i];
        }
        memcpy(run->uniform, run->points, (size_t)uniform * sizeof *run->uniform);
        run->uniform_count = keep_front(run->uniform, uniform, least);
        run->point_count = keep_front(run->points, count, least);
    }
    free(correct);
    return status;
}

static axn_status test(axn_assign_run *run, axn_error *error)
{
    int count = run->point_count + run->uniform_count;
    axn_assign_point *points = NULL;
    int *correct = NULL;
    axn_status status = axn_allocate(&points, (size_t)count, sizeof *points, "points", error);
    if (status == AXN_OK) {
        status = axn_allocate(&correct, (size_t)count, sizeof *correct, "points", error);
    }
    if (status == AXN_OK) {
        memcpy(points, run->points, (size_t)run->point_count * sizeof *points);
        memcpy(points + run->point_count, run->uniform,
               (size_t)run->uniform_count * sizeof *points);
        status = axn_assign_measure_given(run, &run->test, &run->given_test_correct, error);
    }
    if (status == AXN_OK) {
        status = measure(run, "test", points, count, &run->test, correct, error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        axn_assign_point *point =
            i < run->point_count ? &run->points[i] : &run->uniform[i - run->point_count];
        point->test_correct = correct[i];
    }
    free(points);
    free(correct);
    return status;
}

axn_status axn_assign_judge(const axn_assign_settings *settings, axn_assign_run *run,
                            axn_error *error)
{
    axn_status status = confirm(settings, run, error);
    return status == AXN_OK ? test(run, error) : status;
}
