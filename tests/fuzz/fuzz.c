#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/file.h"

/* State of the process, as libFuzzer calls one function without a context. */
static int memory_file = -1;
static char memory_path[64];
static char folder[AXN_PATH_MAX];
static pid_t folder_owner;
static axn_liberty cells;

void fuzz_fail(const char *message)
{
    fprintf(stderr, "fuzz: %s\n", message);
    abort();
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
    if (memory_file < 0) {
        memory_file = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(memory_path, sizeof memory_path, "/proc/self/fd/%d", memory_file);
    }
    if (memory_file < 0 || ftruncate(memory_file, 0) != 0 ||
        (size > 0 && pwrite(memory_file, data, size, 0) != (ssize_t)size))
        fuzz_fail("cannot write the input");
    return memory_path;
}

static void remove_folder(void)
{
    if (getpid() == folder_owner)
        (void)axn_folder_remove(folder, NULL);
}

const char *fuzz_folder(void)
{
    if (folder_owner == 0) {
        if (axn_folder_temporary(folder, NULL) != AXN_OK)
            fuzz_fail("cannot make a folder");
        folder_owner = getpid();
        (void)atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_put(const char *name, const uint8_t *data, size_t size)
{
    static char path[AXN_PATH_MAX];
    if (axn_path_join(path, fuzz_folder(), name, NULL) != AXN_OK)
        fuzz_fail("a long path");
    FILE *file = fopen(path, "wbe");
    bool good = file != NULL && (size == 0 || fwrite(data, size, 1, file) == 1);
    if (file == NULL || fclose(file) != 0 || !good)
        fuzz_fail("cannot write the input");
    return path;
}

const axn_liberty *fuzz_cells(void)
{
    char path[AXN_PATH_MAX];
    axn_error error;
    if (cells.cell_count == 0 &&
        (axn_program_path(path, "tests/fuzz/cells.lib", &error) != AXN_OK ||
         axn_liberty_load(path, &cells, &error) != AXN_OK))
        fuzz_fail(error.message);
    return &cells;
}
