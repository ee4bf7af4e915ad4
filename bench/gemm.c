/* C[M][N] = sum over k of T[x[k][n]][w[m][k]], one thread: our kernels on a table of random
 * products; the 8-way unrolled scalar emulation with transposed operand that public CPU
 * emulators use (AdaPT, Danopoulos et al., 2022, re-created from its description); and OpenBLAS's
 * float product of the same shape. "vbmi_affine" is timed on a table that it has a way for:
 * x * w and errors of -32 .. 31, which half of the shipped circuits that are such tables stay
 * within; that way is for 48 weight rows and more, fewer go as in "vbmi". */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/progress.h"
#include "common/random.h"
#include "nas/kernel.h"

enum { CASES = 4, ROUNDS = 3 };

typedef struct gemm_case {
    const char *name;
    int M, K, N;
} gemm_case;

static const gemm_case cases[CASES] = {{"16x144x32768", 16, 144, 32768},
                                       {"32x288x8192", 32, 288, 8192},
                                       {"64x576x2048", 64, 576, 2048},
                                       {"64x64x8192", 64, 64, 8192}};

static const char unit[] = "Gproducts/s";

typedef struct gemm_data {
    uint16_t *product, *near_exact;
    axn_kernel_table *table, *affine;
    uint8_t *w, *x, *transposed;               /* [M][K], [K][N], [N][K] */
    int32_t *sum, *expected, *expected_affine; /* [M][N] */
} gemm_data;

static void free_data(gemm_data *data)
{
    free(data->product);
    free(data->near_exact);
    axn_kernel_table_free(data->table);
    axn_kernel_table_free(data->affine);
    free(data->w);
    free(data->x);
    free(data->transposed);
    free(data->sum);
    free(data->expected);
    free(data->expected_affine);
}

static axn_status make_data(const gemm_case *shape, gemm_data *data, axn_error *error)
{
    size_t M = (size_t)shape->M, K = (size_t)shape->K, N = (size_t)shape->N;
    struct {
        void *out;
        size_t count, size;
    } arrays[] = {{&data->product, 65536, sizeof *data->product},
                  {&data->near_exact, 65536, sizeof *data->near_exact},
                  {&data->w, M * K, 1},
                  {&data->x, K * N, 1},
                  {&data->transposed, N * K, 1},
                  {&data->sum, M * N, sizeof *data->sum},
                  {&data->expected, M * N, sizeof *data->expected},
                  {&data->expected_affine, M * N, sizeof *data->expected}};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        axn_status status = axn_allocate_aligned(arrays[i].out, arrays[i].count, arrays[i].size,
                                                 "benchmark data", error);
        if (status != AXN_OK) {
            return status;
        }
    }
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < 65536; i++) {
        int exact = (int)(i / 256 * (i % 256)), error_of = (int)(axn_random_u32(&random) % 64) - 32;
        data->product[i] = (uint16_t)axn_random_u32(&random);
        data->near_exact[i] = (uint16_t)(exact + error_of < 0 ? 0 : exact + error_of);
    }
    for (size_t i = 0; i < M * K; i++) {
        data->w[i] = (uint8_t)axn_random_u32(&random);
    }
    for (size_t i = 0; i < K * N; i++) {
        data->x[i] = (uint8_t)axn_random_u32(&random);
        data->transposed[i % N * K + i / N] = data->x[i];
    }
    axn_status status = axn_kernel_table_create(data->product, 0, &data->table, error);
    if (status == AXN_OK) {
        status = axn_kernel_table_create(data->near_exact, 0, &data->affine, error);
    }
    return status;
}

/* The method of public emulators. T[x][w] as a two-dimensional array, both operands
 * contiguous along k, eight products a turn. */
__attribute__((noinline)) static void unrolled_scalar(const uint16_t (*lut)[256], int M, int K,
                                                      int N, const uint8_t *w, const uint8_t *x,
                                                      int32_t *sum)
{
    for (int m = 0; m < M; m++) {
        const uint8_t *a = w + (int64_t)m * K;
        for (int n = 0; n < N; n++) {
            const uint8_t *b = x + (int64_t)n * K;
            int32_t total[8] = {0};
            int k = 0;
            for (; k + 8 <= K; k += 8) {
                total[0] += lut[b[k]][a[k]];
                total[1] += lut[b[k + 1]][a[k + 1]];
                total[2] += lut[b[k + 2]][a[k + 2]];
                total[3] += lut[b[k + 3]][a[k + 3]];
                total[4] += lut[b[k + 4]][a[k + 4]];
                total[5] += lut[b[k + 5]][a[k + 5]];
                total[6] += lut[b[k + 6]][a[k + 6]];
                total[7] += lut[b[k + 7]][a[k + 7]];
            }
            for (; k < K; k++) {
                total[0] += lut[b[k]][a[k]];
            }
            sum[(int64_t)m * N + n] = total[0] + total[1] + total[2] + total[3] + total[4] +
                                      total[5] + total[6] + total[7];
        }
    }
}

static double products(const gemm_case *shape)
{
    return (double)shape->M * shape->K * shape->N * 1e-9;
}

/* Times a call: repeated until it has taken 0.1 s, the best counts. */
#define BEST_SECONDS(best, call)                                                                   \
    do {                                                                                           \
        double begun_ = axn_seconds(), last_ = begun_;                                             \
        (best) = 1e9;                                                                              \
        do {                                                                                       \
            call;                                                                                  \
            double now_ = axn_seconds();                                                           \
            (best) = now_ - last_ < (best) ? now_ - last_ : (best);                                \
            last_ = now_;                                                                          \
        } while (last_ - begun_ < .1);                                                             \
    } while (0)

static axn_status check(const gemm_case *shape, const gemm_data *data, const int32_t *expected,
                        const char *kernel, axn_error *error)
{
    if (memcmp(data->sum, expected, (size_t)shape->M * (size_t)shape->N * sizeof *data->sum) != 0) {
        return axn_fail(error, AXN_ERROR_MISMATCH, "%s differs from the reference at %s", kernel,
                        shape->name);
    }
    return AXN_OK;
}

static axn_status time_tiers(const gemm_case *shape, const gemm_data *data, axn_bench *bench,
                             axn_error *error)
{
    static const char *const tiers[] = {"portable", "avx2", "avx512",
                                        "planes",   "vbmi", "vbmi_affine"};
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++) {
        axn_kernel_gemm *gemm = NULL;
        int affine = strcmp(tiers[i], "vbmi_affine") == 0;
        const axn_kernel_table *table = affine ? data->affine : data->table;
        double best;
        if (axn_kernel_select(tiers[i], &gemm, NULL, NULL) != AXN_OK) {
            continue; /* this processor has not got it */
        }
        BEST_SECONDS(best, gemm(table, shape->M, shape->K, shape->N, data->w, data->x, shape->N,
                                data->sum, shape->N));
        axn_bench_add(bench, shape->name, tiers[i], products(shape) / best, unit);
        axn_status status =
            check(shape, data, affine ? data->expected_affine : data->expected, tiers[i], error);
        if (status != AXN_OK) {
            return status;
        }
    }
    return AXN_OK;
}

static axn_status prepare(gemm_data *data, axn_bench *bench, axn_error *error)
{
    for (int i = 0; i < CASES; i++) {
        const gemm_case *shape = &cases[i];
        axn_status status = make_data(shape, &data[i], error);
        if (status != AXN_OK) {
            return status;
        }
        double begun = axn_seconds();
        axn_kernel_reference(data[i].table, shape->M, shape->K, shape->N, data[i].w, data[i].x,
                             shape->N, data[i].expected, shape->N);
        axn_bench_add(bench, shape->name, "reference", products(shape) / (axn_seconds() - begun),
                      unit);
        axn_kernel_reference(data[i].affine, shape->M, shape->K, shape->N, data[i].w, data[i].x,
                             shape->N, data[i].expected_affine, shape->N);
    }
    return AXN_OK;
}

static axn_status time_scalar(const gemm_case *shape, const gemm_data *data, axn_bench *bench,
                              axn_error *error)
{
    double best;
    BEST_SECONDS(best, unrolled_scalar((const uint16_t(*)[256])data->product, shape->M, shape->K,
                                       shape->N, data->w, data->transposed, data->sum));
    axn_bench_add(bench, shape->name, "unrolled_scalar", products(shape) / best, unit);
    return check(shape, data, data->expected, "unrolled_scalar", error);
}

/* In the child: prints one rate a line, in the order of the cases. */
static axn_status time_sgemm(axn_error *error)
{
    openblas_set_num_threads(1);
    for (int i = 0; i < CASES; i++) {
        int M = cases[i].M, K = cases[i].K, N = cases[i].N;
        size_t sizes[3] = {(size_t)M * (size_t)K, (size_t)K * (size_t)N, (size_t)M * (size_t)N};
        float *matrix[3] = {NULL, NULL, NULL};
        axn_status status = AXN_OK;
        for (int j = 0; j < 3 && status == AXN_OK; j++) {
            status =
                axn_allocate_aligned(&matrix[j], sizes[j], sizeof(float), "benchmark data", error);
            for (size_t at = 0; status == AXN_OK && at < sizes[j]; at++) {
                matrix[j][at] = (float)(at % 251) / 251;
            }
        }
        double best = 1;
        if (status == AXN_OK) {
            BEST_SECONDS(best, cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1,
                                           matrix[0], K, matrix[1], N, 0, matrix[2], N));
            printf("%.6f\n", products(&cases[i]) / best);
        }
        for (int j = 0; j < 3; j++) {
            free(matrix[j]);
        }
        if (status != AXN_OK) {
            return status;
        }
    }
    return AXN_OK;
}

/* OpenBLAS reads its environment when it is loaded: so in a child. */
static axn_status time_sgemm_child(axn_bench *bench, axn_error *error)
{
    char program[AXN_PATH_MAX];
    axn_buffer output = {0};
    axn_status status = axn_program_executable(program, error);
    if (status == AXN_OK) {
        const char *argv[] = {program, "gemm", "sgemm-child", NULL};
        axn_process_options options = {.output = &output, .timeout_s = 60};
        status = axn_process_run(argv, &options, error);
    }
    const char *at = output.data;
    for (int i = 0; i < CASES && status == AXN_OK; i++) {
        char *end = NULL;
        double rate = strtod(at, &end);
        if (end == at) {
            status = axn_fail(error, AXN_ERROR_TOOL, "the sgemm child printed no rate");
            break;
        }
        at = end;
        axn_bench_add(bench, cases[i].name, "sgemm", rate, unit);
    }
    axn_buffer_free(&output);
    return status;
}

/* Rounds over all kernels, so that a busy moment of the machine hits none of them alone. */
axn_status axn_bench_gemm(int argc, char **argv, axn_bench *bench, axn_error *error)
{
    gemm_data data[CASES] = {{0}};
    if (argc == 2 && strcmp(argv[1], "sgemm-child") == 0) {
        axn_status status = time_sgemm(error);
        return status;
    }
    if (argc > 1) {
        return axn_fail(error, AXN_ERROR_USAGE, "unexpected argument \"%s\"", argv[1]);
    }
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw")) {
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
    }
#endif
    axn_status status = prepare(data, bench, error);
    for (int round = 0; round < ROUNDS && status == AXN_OK; round++) {
        for (int i = 0; i < CASES && status == AXN_OK; i++) {
            status = time_scalar(&cases[i], &data[i], bench, error);
            if (status == AXN_OK) {
                status = time_tiers(&cases[i], &data[i], bench, error);
            }
        }
        if (status == AXN_OK) {
            status = time_sgemm_child(bench, error);
        }
    }
    for (int i = 0; i < CASES; i++) {
        free_data(&data[i]);
    }
    return status;
}
