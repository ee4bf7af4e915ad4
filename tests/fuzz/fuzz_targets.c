/* Targets of the evolver: the file, and the lists of the command line (split at a NUL). */
#include <stdlib.h>
#include <string.h>

#include "multipliers/evolve_targets.h"
#include "tests/fuzz/fuzz.h"

static void parse_lists(const uint8_t *data, size_t size)
{
    axn_cgp_limits one, *front = NULL;
    axn_error error;
    int count = 0;
    char *text = calloc(size + 2, 1);
    if (text == NULL)
        fuzz_fail("out of memory");
    if (size > 0)
        memcpy(text, data, size);
    const char *limits = text + strlen(text) + 1;
    (void)axn_evolve_target_parse(text, limits, &one, &error);
    (void)axn_evolve_target_front(text, limits, 5, 100, &front, &count, &error);
    free(front);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_cgp_limits *targets = NULL;
    axn_error error;
    int count = 0;
    if (axn_evolve_target_read(fuzz_file(data, size), &targets, &count, &error) == AXN_OK)
        for (int i = 0; i < count; i++)
            if (!(targets[i].mae >= 0 && targets[i].wce >= 0 && targets[i].ep >= 0 &&
                  targets[i].mre >= 0))
                fuzz_fail("a limit below 0");
    free(targets);
    parse_lists(data, size);
    return 0;
}
