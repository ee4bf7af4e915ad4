/* Writes a random small model that uses a multiplier of the shipped library:
 *   make_random_model SEED FOLDER [SIZE 1..3] [MULTIPLIER] */
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "multipliers/library.h"
#include "tests/random_model.h"

static axn_status load_table(uint64_t seed, const char *wanted, char name[AXN_MULTIPLIER_NAME],
                             axn_table *table, axn_error *error)
{
    axn_library library = {0};
    axn_status status = axn_library_load(NULL, &library, error);
    int index = 0;
    if (status == AXN_OK && wanted != NULL) {
        status = axn_library_require(&library, wanted, &index, error);
    } else if (status == AXN_OK) {
        index = (int)(seed % (uint64_t)library.count);
    }
    if (status == AXN_OK) {
        snprintf(name, AXN_MULTIPLIER_NAME, "%s", library.multipliers[index].name);
        status = axn_library_tables(&library, &index, 1, table, error);
    }
    axn_library_free(&library);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 5) {
        fputs("usage: make_random_model SEED FOLDER [SIZE 1..3] [MULTIPLIER]\n", stderr);
        return 2;
    }
    uint64_t seed = strtoull(argv[1], NULL, 10);
    int size = argc > 3 ? atoi(argv[3]) : 1;
    char name[AXN_MULTIPLIER_NAME];
    axn_error error = {0};
    axn_model model = {0};
    axn_table *table = NULL;
    axn_status status = axn_allocate(&table, 1, sizeof *table, "table", &error);
    if (status == AXN_OK) {
        status = load_table(seed, argc > 4 ? argv[4] : NULL, name, table, &error);
    }
    if (status == AXN_OK) {
        status =
            axn_random_model(seed, size < 1 || size > 3 ? 1 : size, table, name, &model, &error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(&model, argv[2], false, &error);
    }
    axn_model_free(&model);
    free(table);
    if (status != AXN_OK) {
        fprintf(stderr, "make_random_model: %s\n", error.message);
        return 1;
    }
    return 0;
}
