/* What the benchmarks share: results as text or JSON, timing. */
#ifndef AXN_BENCH_BENCH_H
#define AXN_BENCH_BENCH_H

#include <stdbool.h>

#include "common/error.h"

enum { AXN_BENCH_MAX_RESULTS = 256 };

typedef struct axn_bench_result {
    char name[48]; /* of the case */
    const char *kernel;
    double rate;
    const char *unit;
} axn_bench_result;

typedef struct axn_bench {
    axn_bench_result results[AXN_BENCH_MAX_RESULTS];
    int count;
} axn_bench;

/* Keeps the best rate of a (case, kernel); `kernel` and `unit` must outlive the bench. */
void axn_bench_add(axn_bench *bench, const char *name, const char *kernel, double rate,
                   const char *unit);
double axn_bench_rate(const axn_bench *bench, const char *name, const char *kernel);

/* The benchmarks: argv[0] = its name, further arguments are its own. Each fills `bench`. */
axn_status axn_bench_gemm(int argc, char **argv, axn_bench *bench, axn_error *error);
axn_status axn_bench_step(int argc, char **argv, axn_bench *bench, axn_error *error);
axn_status axn_bench_evolve(int argc, char **argv, axn_bench *bench, axn_error *error);
axn_status axn_bench_simulate(int argc, char **argv, axn_bench *bench, axn_error *error);

#endif
