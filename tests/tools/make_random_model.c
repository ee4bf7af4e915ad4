/* Writes a random small model that uses multipliers of the shipped library:
 *   make_random_model SEED FOLDER [SIZE 1..3] [MULTIPLIER[,MULTIPLIER...]]
 *   make_random_model --case SEED FOLDER     size and number of multipliers by the seed;
 *                                            prints the array: "ROWS COLS MULTIPLIERS"
 *   make_random_model --network FILE.json SEED FOLDER   random parameters for that network
 *   make_random_model --coverage FIRST COUNT what these cases reach, without writing them;
 *                                            fails where it is less than five times */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "multipliers/library.h"
#include "tests/random_coverage.h"
#include "tests/random_model.h"

enum { MOST = 8, LEAST_REACHED = 5 };

typedef struct choice {
    axn_library library;
    int indices[MOST];
    const char *names[MOST];
    int count;
    axn_table *tables; /* [count] */
} choice;

/* `count` different ones; for a single one the seed alone decides. */
static void draw_multipliers(uint64_t seed, int count, choice *out)
{
    axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 50, 0);
    out->indices[out->count++] = (int)(seed % (uint64_t)out->library.count);
    while (out->count < count && out->count < out->library.count) {
        int drawn = (int)axn_random_below(&random, (uint32_t)out->library.count);
        bool fresh = true;
        for (int i = 0; i < out->count; i++) {
            fresh = fresh && out->indices[i] != drawn;
        }
        if (fresh) {
            out->indices[out->count++] = drawn;
        }
    }
}

static axn_status name_multipliers(const char *wanted, choice *out, axn_error *error)
{
    char names[1024];
    axn_status status = AXN_OK;
    snprintf(names, sizeof names, "%s", wanted);
    for (char *rest = NULL, *name = strtok_r(names, ",", &rest);
         name != NULL && out->count < MOST && status == AXN_OK; name = strtok_r(NULL, ",", &rest)) {
        status = axn_library_require(&out->library, name, &out->indices[out->count++], error);
    }
    return status;
}

/* wanted: names, or NULL for `count` random ones. */
static axn_status choose(uint64_t seed, const char *wanted, int count, choice *out,
                         axn_error *error)
{
    axn_status status = axn_library_load(NULL, &out->library, error);
    if (status == AXN_OK && wanted != NULL) {
        status = name_multipliers(wanted, out, error);
    } else if (status == AXN_OK) {
        draw_multipliers(seed, count, out);
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&out->tables, (size_t)out->count, sizeof *out->tables, "tables", error);
    }
    if (status == AXN_OK) {
        status = axn_library_tables(&out->library, out->indices, out->count, out->tables, error);
    }
    for (int i = 0; i < out->count && status == AXN_OK; i++) {
        out->names[i] = out->library.multipliers[out->indices[i]].name;
    }
    return status;
}

static axn_status write_model(uint64_t seed, const char *folder, int size, const char *wanted,
                              int count, axn_error *error)
{
    choice chosen = {0};
    axn_model model = {0};
    axn_status status = choose(seed, wanted, count, &chosen, error);
    if (status == AXN_OK) {
        status = axn_random_model_several(seed, size, chosen.tables, chosen.names, chosen.count,
                                          &model, error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(&model, folder, false, error);
    }
    axn_model_free(&model);
    axn_library_free(&chosen.library);
    free(chosen.tables);
    return status;
}

static axn_status write_network(const char *file, uint64_t seed, const char *folder,
                                axn_error *error)
{
    choice chosen = {0};
    axn_model model = {0};
    axn_status status = axn_network_load(file, &model.network, error);
    if (status == AXN_OK) {
        status = choose(seed, NULL, 1, &chosen, error);
    }
    if (status == AXN_OK) {
        status =
            axn_random_parameters(seed, &model, chosen.tables, chosen.names, chosen.count, error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(&model, folder, false, error);
    }
    axn_model_free(&model);
    axn_library_free(&chosen.library);
    free(chosen.tables);
    return status;
}

static axn_status write_case(uint64_t seed, const char *folder, axn_error *error)
{
    axn_random_case at = axn_random_case_of(seed);
    axn_status status = write_model(seed, folder, at.size, NULL, at.multipliers, error);
    if (status == AXN_OK) {
        printf("%d %d %d\n", at.rows, at.cols, at.multipliers);
    }
    return status;
}

static axn_status print_coverage(uint64_t first, int count, axn_error *error)
{
    static const char *const names[] = {"one", "two", "three", "four"};
    axn_coverage coverage = {0};
    axn_table *tables = NULL;
    int missing = 0;
    axn_status status = axn_allocate(&tables, 4, sizeof *tables, "tables", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        uint64_t seed = first + (uint64_t)i;
        axn_random_case at = axn_random_case_of(seed);
        axn_model model;
        status =
            axn_random_model_several(seed, at.size, tables, names, at.multipliers, &model, error);
        if (status == AXN_OK) {
            axn_coverage_add(&coverage, &model);
            axn_model_free(&model);
        }
    }
    for (int i = 0; i < AXN_CORNERS && status == AXN_OK; i++) {
        char name[64];
        axn_corner_name(i, name, sizeof name);
        printf("%6d  %s\n", coverage.reached[i], name);
        missing += coverage.reached[i] < LEAST_REACHED;
    }
    if (status == AXN_OK && missing > 0) {
        status = axn_fail(error, AXN_ERROR_MISMATCH, "%d corners are reached less than %d times",
                          missing, LEAST_REACHED);
    }
    free(tables);
    return status;
}

int main(int argc, char **argv)
{
    axn_error error = {0};
    axn_status status;
    if (argc == 4 && strcmp(argv[1], "--case") == 0) {
        status = write_case(strtoull(argv[2], NULL, 10), argv[3], &error);
    } else if (argc == 5 && strcmp(argv[1], "--network") == 0) {
        status = write_network(argv[2], strtoull(argv[3], NULL, 10), argv[4], &error);
    } else if (argc == 4 && strcmp(argv[1], "--coverage") == 0) {
        status = print_coverage(strtoull(argv[2], NULL, 10), atoi(argv[3]), &error);
    } else if (argc >= 3 && argc <= 5 && argv[1][0] != '-') {
        int size = argc > 3 ? atoi(argv[3]) : 1;
        status = write_model(strtoull(argv[1], NULL, 10), argv[2], size < 1 || size > 3 ? 1 : size,
                             argc > 4 ? argv[4] : NULL, 1, &error);
    } else {
        fputs("usage: make_random_model SEED FOLDER [SIZE 1..3] [MULTIPLIER[,MULTIPLIER...]]\n"
              "       make_random_model --case SEED FOLDER\n"
              "       make_random_model --network FILE.json SEED FOLDER\n"
              "       make_random_model --coverage FIRST COUNT\n",
              stderr);
        return 2;
    }
    if (status != AXN_OK) {
        fprintf(stderr, "make_random_model: %s\n", error.message);
        return 1;
    }
    return 0;
}
