/* axnas multipliers front */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/front_plot.h"
#include "flows/multipliers.h"
#include "flows/options.h"

static const char command[] = "multipliers front";

typedef struct front_request {
    const char *folder, *metric_name, *plot, *reference_path, *reference_name;
    double least_power, most_power;
    bool json;
    axn_front_metric metric;
    axn_library library;
    axn_front_points points, reference;
    int *front; /* indices of the library */
    int front_count;
    axn_contest contest[AXN_FRONT_JOINT + 1];
} front_request;

/* Another library's folder or a CSV file. */
static axn_status read_reference(const char *path, axn_front_points *out, axn_error *error)
{
    axn_library other;
    if (!axn_path_is_folder(path))
        return axn_front_points_read(path, out, error);
    axn_status status = axn_library_load(path, &other, error);
    if (status != AXN_OK)
        return status;
    status = axn_front_points_of(&other, out, error);
    axn_library_free(&other);
    return status;
}

static axn_status prepare(front_request *r, axn_error *error)
{
    for (r->metric = 0; strcmp(axn_front_metric_name(r->metric), r->metric_name) != 0;)
        r->metric++;
    axn_status status = axn_library_load(r->folder, &r->library, error);
    if (status == AXN_OK)
        status = axn_front_points_of(&r->library, &r->points, error);
    if (status == AXN_OK)
        status =
            axn_allocate(&r->front, (size_t)r->points.count, sizeof *r->front, "a front", error);
    if (status == AXN_OK)
        r->front_count = axn_front_of(&r->points, r->metric, r->front);
    if (status != AXN_OK || r->reference_path == NULL)
        return status;
    status = read_reference(r->reference_path, &r->reference, error);
    for (axn_front_metric m = 0; m <= AXN_FRONT_JOINT && status == AXN_OK; m++)
        status = axn_contest_hold(&r->points, &r->reference, m, r->least_power, r->most_power,
                                  &r->contest[m], error);
    return status;
}

static void print_front(const front_request *r)
{
    printf("%-24s %-16s %6s %8s %8s %6s %8s\n", "name", "family", "ratio", "MAE", "MRE/%", "WCE",
           "delay/ns");
    for (int i = 0; i < r->front_count; i++) {
        const axn_multiplier *m = &r->library.multipliers[r->front[i]];
        printf("%-24s %-16s %6.3f %8.2f %8.3f %6.0f %8.3f\n", m->name, m->family, m->power_ratio,
               m->metrics.mae, 100 * m->metrics.mre, m->metrics.wce, m->delay_ns);
    }
    printf("%d of %d multipliers on the front of power against %s; Liberty %s\n", r->front_count,
           r->library.count, r->metric_name, r->library.liberty);
}

static void print_contest(const front_request *r, axn_front_metric metric)
{
    const axn_contest *contest = &r->contest[metric];
    printf("%-6s at %d of %d points of the reference a circuit with no more error and no more "
           "power; mean power %.3f of the reference's\n",
           axn_front_metric_name(metric), contest->won, contest->count, contest->mean_ratio);
}

static void print_rows(const front_request *r, axn_front_metric metric)
{
    const axn_contest *contest = &r->contest[metric];
    printf("\n%-24s %6s  %-24s %6s %6s\n", "reference", "ratio", "cheapest no worse", "ratio",
           "ours/reference");
    for (int i = 0; i < contest->count; i++) {
        const axn_front_point *reference = &r->reference.point[contest->row[i].reference];
        const axn_front_point *ours =
            contest->row[i].ours < 0 ? NULL : &r->points.point[contest->row[i].ours];
        if (ours == NULL)
            printf("%-24s %6.3f  -\n", reference->name, reference->power_ratio);
        else
            printf("%-24s %6.3f  %-24s %6.3f %6.3f\n", reference->name, reference->power_ratio,
                   ours->name, ours->power_ratio, ours->power_ratio / reference->power_ratio);
    }
}

static void print_text(const front_request *r)
{
    print_front(r);
    if (r->reference_path == NULL)
        return;
    print_rows(r, r->metric);
    printf("\nreference %s, power ratio %.2f to %.2f; joint: MAE, MRE and WCE at once\n",
           r->reference_name, r->least_power, r->most_power);
    for (axn_front_metric m = 0; m <= AXN_FRONT_JOINT; m++)
        print_contest(r, m);
}

static bool add_point(cJSON *list, const axn_front_point *point, const axn_multiplier *multiplier)
{
    cJSON *item = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(item, "name", point->name) != NULL &&
              (multiplier == NULL ||
               cJSON_AddStringToObject(item, "family", multiplier->family) != NULL) &&
              axn_json_add_double(item, "power_ratio", point->power_ratio) &&
              axn_json_add_double(item, "mae", point->error[AXN_FRONT_MAE]) &&
              axn_json_add_double(item, "mre", point->error[AXN_FRONT_MRE]) &&
              axn_json_add_double(item, "wce", point->error[AXN_FRONT_WCE]) &&
              (multiplier == NULL || cJSON_AddBoolToObject(item, "lite", multiplier->lite) != NULL);
    if (ok && cJSON_AddItemToArray(list, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_row(cJSON *list, const front_request *r, const axn_contest_row *row)
{
    const axn_front_point *reference = &r->reference.point[row->reference];
    cJSON *item = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(item, "reference", reference->name) != NULL &&
              axn_json_add_double(item, "reference_power_ratio", reference->power_ratio);
    if (ok && row->ours >= 0) {
        const axn_front_point *ours = &r->points.point[row->ours];
        ok = cJSON_AddStringToObject(item, "name", ours->name) != NULL &&
             axn_json_add_double(item, "power_ratio", ours->power_ratio);
    } else if (ok) {
        ok = cJSON_AddNullToObject(item, "name") != NULL &&
             cJSON_AddNullToObject(item, "power_ratio") != NULL;
    }
    if (ok && cJSON_AddItemToArray(list, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_contest(cJSON *contests, const front_request *r, axn_front_metric metric)
{
    const axn_contest *contest = &r->contest[metric];
    cJSON *item = cJSON_AddObjectToObject(contests, axn_front_metric_name(metric));
    bool ok = cJSON_AddNumberToObject(item, "points", contest->count) != NULL &&
              cJSON_AddNumberToObject(item, "won", contest->won) != NULL &&
              axn_json_add_double(item, "mean_power_ratio", contest->mean_ratio);
    cJSON *rows = cJSON_AddArrayToObject(item, "rows");
    ok = ok && rows != NULL;
    for (int i = 0; i < contest->count && ok; i++)
        ok = add_row(rows, r, &contest->row[i]);
    return ok;
}

static axn_status print_json(const front_request *r, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(json, "liberty", r->library.liberty) != NULL &&
              cJSON_AddStringToObject(json, "metric", r->metric_name) != NULL;
    cJSON *list = cJSON_AddArrayToObject(json, "front");
    ok = ok && list != NULL;
    for (int i = 0; i < r->front_count && ok; i++)
        ok = add_point(list, &r->points.point[r->front[i]], &r->library.multipliers[r->front[i]]);
    if (ok && r->reference_path != NULL) {
        cJSON *reference = cJSON_AddObjectToObject(json, "reference");
        cJSON *contests = cJSON_AddObjectToObject(reference, "contests");
        ok = cJSON_AddStringToObject(reference, "name", r->reference_name) != NULL &&
             axn_json_add_double(reference, "least_power_ratio", r->least_power) &&
             axn_json_add_double(reference, "most_power_ratio", r->most_power) && contests != NULL;
        for (axn_front_metric m = 0; m <= AXN_FRONT_JOINT && ok; m++)
            ok = add_contest(contests, r, m);
    }
    axn_status status = ok ? axn_json_print(json, error)
                           : axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the front");
    cJSON_Delete(json);
    return status;
}

static axn_status run(front_request *r, axn_error *error)
{
    axn_status status = prepare(r, error);
    if (status == AXN_OK && r->plot != NULL)
        status = axn_front_plot_write(&r->library, &r->points,
                                      r->reference_path == NULL ? NULL : &r->reference,
                                      r->reference_name, r->metric, r->plot, error);
    if (status == AXN_OK && r->json)
        status = print_json(r, error);
    else if (status == AXN_OK)
        print_text(r);
    for (axn_front_metric m = 0; m <= AXN_FRONT_JOINT; m++)
        axn_contest_free(&r->contest[m]);
    axn_front_points_free(&r->points);
    axn_front_points_free(&r->reference);
    free(r->front);
    axn_library_free(&r->library);
    return status;
}

int axn_multipliers_front(int argc, char **argv)
{
    front_request r = {.metric_name = "mae", .least_power = .02, .most_power = .95};
    axn_error error = {0};
    const axn_option options[] = {
        {"library", AXN_OPTION_TEXT, &r.folder, "DIR", "library folder (default: the shipped one)",
         0, 0, NULL},
        {"metric", AXN_OPTION_CHOICE, &r.metric_name, "mae|mre|wce",
         "error that power is set against (default mae)", 0, 0, NULL},
        {"plot", AXN_OPTION_TEXT, &r.plot, "FILE.svg", "draw it too", 0, 0, NULL},
        {"reference", AXN_OPTION_TEXT, &r.reference_path, "FILE.csv|DIR",
         "compare with published circuits or with another library", 0, 0, NULL},
        {"reference-name", AXN_OPTION_TEXT, &r.reference_name, "TEXT",
         "its name in the plot (default: its file name)", 0, 0, NULL},
        {"least-power", AXN_OPTION_NUMBER, &r.least_power, "X",
         "compare points of the reference from this power ratio (default .02)", 0, 1e6, NULL},
        {"most-power", AXN_OPTION_NUMBER, &r.most_power, "X", "to this one (default .95)", 0, 1e6,
         NULL},
    };
    axn_command_line line = {
        .usage = "multipliers front [options]",
        .summary = "The circuits of a library that no other beats in power and error at once. "
                   "With --reference:\nat how many points of the reference's front the library has "
                   "a circuit with no more error\nand no more power.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
    };
    axn_parse parse = axn_options_parse(&line, argc, argv, &r.json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    if (r.reference_path != NULL && r.reference_name == NULL)
        r.reference_name = axn_path_base(r.reference_path);
    axn_status status = run(&r, &error);
    return status == AXN_OK ? 0 : axn_command_fail(command, &error);
}
