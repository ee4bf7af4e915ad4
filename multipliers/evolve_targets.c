#include "multipliers/evolve_targets.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "multipliers/evolve.h"

#define METRICS 5

typedef struct metric {
    const char *name;
    double whole; /* what 100 % is */
} metric;

static const metric all_metrics[METRICS] = {
    {"mae", 65536}, {"wce", 65536}, {"ep", 1}, {"mre", 1}, {"mean_error", 65536},
};

typedef struct bound {
    const metric *metric;
    double limit;
} bound;

static double *value_of(axn_cgp_limits *limits, const metric *m)
{
    double *const values[METRICS] = {&limits->mae, &limits->wce, &limits->ep, &limits->mre,
                                     &limits->mean_error};
    return values[m - all_metrics];
}

static const metric *find_metric(const char *name, size_t length)
{
    for (int i = 0; i < METRICS; i++)
        if (strlen(all_metrics[i].name) == length &&
            strncmp(all_metrics[i].name, name, length) == 0)
            return &all_metrics[i];
    return NULL;
}

static bool parse_limit(const char *text, size_t length, const metric *m, double *out)
{
    char copy[64], *end;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    errno = 0;
    *out = strtod(copy, &end);
    if (end != copy && *end == '%') {
        *out *= m->whole / 100;
        end++;
    }
    return end != copy && *end == '\0' && errno == 0 && isfinite(*out) && *out >= 0;
}

/* The two lists side by side into bounds[METRICS]; returns how many. */
static axn_status parse_lists(const char *metrics, const char *limits, bound *bounds, int *count,
                              axn_error *error)
{
    const char *name = metrics, *limit = limits;
    *count = 0;
    for (;;) {
        size_t name_length = strcspn(name, ","), limit_length = strcspn(limit, ",");
        const metric *m = find_metric(name, name_length);
        bound *b = &bounds[*count];
        if (m == NULL)
            return axn_fail(error, AXN_ERROR_USAGE,
                            "--metric %s: \"%.*s\" is none of mae, wce, ep, mre, mean_error",
                            metrics, (int)name_length, name);
        for (int i = 0; i < *count; i++)
            if (bounds[i].metric == m)
                return axn_fail(error, AXN_ERROR_USAGE, "--metric %s: %s is named twice", metrics,
                                m->name);
        if (!parse_limit(limit, limit_length, m, &b->limit))
            return axn_fail(error, AXN_ERROR_USAGE,
                            "--limit %s: \"%.*s\" is not a number from 0 up, or a percentage",
                            limits, (int)limit_length, limit);
        b->metric = m;
        ++*count;
        name += name_length;
        limit += limit_length;
        if (*name == '\0' && *limit == '\0')
            return AXN_OK;
        if (*name == '\0' || *limit == '\0')
            return axn_fail(error, AXN_ERROR_USAGE,
                            "--metric %s and --limit %s are lists of different length", metrics,
                            limits);
        name++;
        limit++;
    }
}

axn_status axn_evolve_target_parse(const char *metrics, const char *limits, axn_cgp_limits *out,
                                   axn_error *error)
{
    bound bounds[METRICS];
    int count;
    axn_status status = parse_lists(metrics, limits, bounds, &count, error);
    *out = axn_cgp_no_limits;
    for (int i = 0; i < count && status == AXN_OK; i++)
        *value_of(out, bounds[i].metric) = bounds[i].limit;
    return status;
}

axn_status axn_evolve_target_front(const char *metrics, const char *limits, int points, double span,
                                   axn_cgp_limits **targets, int *count, axn_error *error)
{
    bound bounds[METRICS];
    int metric_count;
    axn_status status = parse_lists(metrics, limits, bounds, &metric_count, error);
    if (status != AXN_OK)
        return status;
    *count = metric_count * points;
    if (*count > AXN_EVOLVE_MAX_TARGETS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%d targets are more than %d", *count,
                        AXN_EVOLVE_MAX_TARGETS);
    status = axn_allocate(targets, (size_t)*count, sizeof **targets, "targets", error);
    for (int i = 0; i < *count && status == AXN_OK; i++) {
        const bound *b = &bounds[i / points];
        double share = points > 1 ? (double)(i % points) / (points - 1) : 0;
        (*targets)[i] = axn_cgp_no_limits;
        *value_of(&(*targets)[i], b->metric) = b->limit * pow(span, -share);
    }
    return status;
}

static axn_status read_target(const cJSON *item, const char *path, axn_cgp_limits *out,
                              axn_error *error)
{
    static const char *const keys[] = {"mae", "wce", "ep", "mre", "mean_error", "zero_exact", NULL};
    *out = axn_cgp_no_limits;
    if (!cJSON_IsObject(item))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: a target is not an object", path);
    axn_status status = axn_json_known_keys(item, keys, path, error);
    for (int i = 0; i < METRICS && status == AXN_OK; i++)
        if (cJSON_HasObjectItem(item, all_metrics[i].name))
            status = axn_json_number(item, all_metrics[i].name, 0, all_metrics[i].whole,
                                     value_of(out, &all_metrics[i]), path, error);
    if (status == AXN_OK && cJSON_HasObjectItem(item, "zero_exact"))
        status = axn_json_bool(item, "zero_exact", &out->zero_exact, path, error);
    return status;
}

axn_status axn_evolve_target_read(const char *path, axn_cgp_limits **targets, int *count,
                                  axn_error *error)
{
    cJSON *json = NULL;
    const cJSON *list = NULL;
    axn_status status = axn_json_read(path, &json, error);
    if (status == AXN_OK)
        status = axn_json_check_format(json, "axnas-targets", 1, path, error);
    if (status == AXN_OK)
        status = axn_json_array(json, "targets", &list, path, error);
    if (status == AXN_OK) {
        *count = cJSON_GetArraySize(list);
        if (*count < 1 || *count > AXN_EVOLVE_MAX_TARGETS)
            status = axn_fail(error, AXN_ERROR_FORMAT, "%s: %d targets; 1 to %d are possible", path,
                              *count, AXN_EVOLVE_MAX_TARGETS);
    }
    if (status == AXN_OK)
        status = axn_allocate(targets, (size_t)*count, sizeof **targets, "targets", error);
    int i = 0;
    for (const cJSON *item = list == NULL ? NULL : list->child; item != NULL && status == AXN_OK;
         item = item->next)
        status = read_target(item, path, &(*targets)[i++], error);
    cJSON_Delete(json);
    return status;
}
