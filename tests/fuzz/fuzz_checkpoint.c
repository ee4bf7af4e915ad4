/* Checkpoints of the evolver. The input stands for the islands and survivors in the file,
 * zeros behind it; the head and the hash around it are right, as no fuzzer finds them. */
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/hash.h"
#include "multipliers/evolve_internal.h"
#include "tests/fuzz/fuzz.h"

#define IDENTITY 42
#define SURVIVORS 2

/* What axn_evolve_save writes, with the input over the islands and survivors. */
static void make_file(const uint8_t *data, size_t size, axn_buffer *out)
{
    char path[4096];
    axn_error error;
    axn_evolve_island islands[AXN_EVOLVE_ISLANDS];
    axn_evolve_survivor survivors[SURVIVORS];
    memset(islands, 0, sizeof islands);
    memset(survivors, 0, sizeof survivors);
    axn_evolve_state state = {.islands = islands,
                              .island_count = AXN_EVOLVE_ISLANDS,
                              .survivors = survivors,
                              .survivor_count = SURVIVORS};
    if (axn_path_join(path, fuzz_folder(), "checkpoint", &error) != AXN_OK ||
        axn_evolve_save(&state, IDENTITY, path, &error) != AXN_OK ||
        axn_file_read(path, 1 << 20, out, &error) != AXN_OK)
        fuzz_fail(error.message);
    size_t payload = sizeof islands + sizeof survivors, head = out->length - payload - 8;
    if (size > 0)
        memcpy(out->data + head, data, size < payload ? size : payload);
    uint64_t hash = axn_hash(AXN_HASH_SEED, out->data, head + payload);
    memcpy(out->data + head + payload, &hash, sizeof hash);
}

static void use_genome(const axn_cgp_genome *genome)
{
    axn_circuit circuit;
    axn_circuit_start(&circuit);
    axn_cgp_to_circuit(genome, &circuit);
    axn_circuit_free(&circuit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static axn_buffer file;
    axn_evolve_island islands[AXN_EVOLVE_ISLANDS];
    axn_evolve_state state = {.islands = islands, .island_count = AXN_EVOLVE_ISLANDS};
    axn_error error;
    axn_buffer_clear(&file);
    make_file(data, size, &file);
    if (axn_evolve_restore(&state, IDENTITY, fuzz_file((const uint8_t *)file.data, file.length),
                           &error) == AXN_OK) {
        for (int i = 0; i < state.island_count; i++)
            if (islands[i].used)
                use_genome(&islands[i].genome);
        for (size_t i = 0; i < state.survivor_count; i++)
            use_genome(&state.survivors[i].genome);
    }
    free(state.survivors);
    return 0;
}
