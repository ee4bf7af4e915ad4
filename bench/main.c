/* axnas-bench: each fast path beside what a user would use instead, in one run. */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "common/json.h"

typedef struct benchmark {
    const char *name, *summary;
    axn_status (*run)(int argc, char **argv, axn_bench *bench, axn_error *error);
} benchmark;

static const benchmark benchmarks[] = {
    {"gemm", "table GEMM, single thread, beside scalar emulation and OpenBLAS", axn_bench_gemm},
    {"step", "training step of resnet8, approximate beside fp32, one and two threads",
     axn_bench_step},
    {"evolve", "multiplier evolver, single thread, beside scalar evaluators", axn_bench_evolve},
    {"simulate", "Verilator beside Icarus Verilog, fast inference beside the golden model",
     axn_bench_simulate},
};
enum { BENCHMARKS = sizeof benchmarks / sizeof benchmarks[0] };

void axn_bench_add(axn_bench *bench, const char *name, const char *kernel, double rate,
                   const char *unit)
{
    for (int i = 0; i < bench->count; i++) {
        axn_bench_result *result = &bench->results[i];
        if (strcmp(result->name, name) == 0 && strcmp(result->kernel, kernel) == 0) {
            result->rate = rate > result->rate ? rate : result->rate;
            return;
        }
    }
    if (bench->count < AXN_BENCH_MAX_RESULTS) {
        axn_bench_result *result = &bench->results[bench->count++];
        snprintf(result->name, sizeof result->name, "%s", name);
        result->kernel = kernel;
        result->rate = rate;
        result->unit = unit;
    }
}

double axn_bench_rate(const axn_bench *bench, const char *name, const char *kernel)
{
    for (int i = 0; i < bench->count; i++) {
        if (strcmp(bench->results[i].name, name) == 0 &&
            strcmp(bench->results[i].kernel, kernel) == 0) {
            return bench->results[i].rate;
        }
    }
    return 0;
}

static axn_status print_json(const axn_bench *bench, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *results = cJSON_AddArrayToObject(json, "results");
    for (int i = 0; i < bench->count; i++) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "case", bench->results[i].name);
        cJSON_AddStringToObject(result, "kernel", bench->results[i].kernel);
        cJSON_AddNumberToObject(result, "rate", bench->results[i].rate);
        cJSON_AddStringToObject(result, "unit", bench->results[i].unit);
        cJSON_AddItemToArray(results, result);
    }
    axn_status status = axn_json_print(json, error);
    cJSON_Delete(json);
    return status;
}

/* Case by case, in the order of their first results. */
static void print_text(const axn_bench *bench)
{
    bool printed[AXN_BENCH_MAX_RESULTS] = {false};
    for (int i = 0; i < bench->count; i++) {
        for (int j = i; j < bench->count && !printed[i]; j++) {
            const axn_bench_result *result = &bench->results[j];
            if (j > i && strcmp(result->name, bench->results[i].name) != 0) {
                continue;
            }
            printf("%-20s %-18s %10.2f %s\n", result->name, result->kernel, result->rate,
                   result->unit);
            printed[j] = j > i;
        }
    }
}

static void print_usage(FILE *stream)
{
    fprintf(stream, "usage: axnas-bench BENCHMARK [--json]\n\n");
    for (int i = 0; i < BENCHMARKS; i++) {
        fprintf(stream, "  %-10s %s\n", benchmarks[i].name, benchmarks[i].summary);
    }
}

static int run(const benchmark *chosen, int argc, char **argv)
{
    static axn_bench bench;
    axn_error error = {0};
    bool json = false;
    int kept = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else {
            argv[kept++] = argv[i];
        }
    }
    axn_status status = chosen->run(kept, argv, &bench, &error);
    if (status == AXN_OK && json) {
        status = print_json(&bench, &error);
    } else if (status == AXN_OK) {
        print_text(&bench);
    }
    if (status != AXN_OK) {
        fprintf(stderr, "axnas-bench %s: %s\n", chosen->name, error.message);
        return status == AXN_ERROR_USAGE ? 2 : 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return 0;
    }
    for (int i = 0; argc > 1 && i < BENCHMARKS; i++) {
        if (strcmp(argv[1], benchmarks[i].name) == 0) {
            return run(&benchmarks[i], argc - 1, argv + 1);
        }
    }
    print_usage(stderr);
    return 2;
}
