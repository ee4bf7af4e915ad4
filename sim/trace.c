#include "sim/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/vectors.h"

axn_status axn_trace_layer(const axn_accelerator *accelerator, const char *name, int *layer,
                           axn_error *error)
{
    const axn_network *network = &accelerator->model.network;
    axn_buffer names = {0};
    char *end = NULL;
    long number = isdigit((unsigned char)name[0]) ? strtol(name, &end, 10) : 0;
    bool is_number = end != NULL && *end == '\0';
    *layer = 0;
    for (int i = 1; i < network->count; i++) {
        if (strcmp(network->layers[i].name, name) == 0 || (is_number && number == i)) {
            *layer = i;
        }
        axn_buffer_format(&names, "%s%s", i > 1 ? ", " : "", network->layers[i].name);
    }
    axn_status status = AXN_OK;
    if (*layer == 0) {
        status =
            axn_fail(error, AXN_ERROR_USAGE, "no layer \"%s\": there are 1 to %d (%s)", name,
                     network->count - 1, names.data != NULL && !names.failed ? names.data : "...");
    }
    axn_buffer_free(&names);
    return status;
}

static axn_status write_vector(const axn_accelerator *accelerator, const uint8_t *image,
                               const char *path, axn_error *error)
{
    axn_golden_buffers buffers = {0};
    axn_buffer vector = {0};
    axn_status status = axn_golden_buffers_create(&accelerator->model.network, &buffers, error);
    if (status == AXN_OK) {
        axn_vector_append(&accelerator->model, accelerator->tables, image, &buffers, &vector);
        status = vector.failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for vectors")
                               : axn_file_write(path, vector.data, vector.length, error);
    }
    axn_golden_buffers_free(&buffers);
    axn_buffer_free(&vector);
    return status;
}

/* The simulator runs in the emitted folder, so a relative name would count from there. */
static axn_status absolute(const char *file, char out[AXN_PATH_MAX], axn_error *error)
{
    char here[AXN_PATH_MAX];
    if (getcwd(here, sizeof here) == NULL) {
        return axn_fail_errno(error, AXN_ERROR_IO, "the current folder");
    }
    return axn_path_join(out, here, file, error);
}

axn_status axn_trace(const axn_accelerator *accelerator, const axn_simulator *simulator,
                     const uint8_t *image, int layer, const char *file, axn_error *error)
{
    char folder[AXN_PATH_MAX] = "", vector[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_buffer printed = {0};
    axn_status status = absolute(file, path, error);
    if (status == AXN_OK) { /* says at once what the simulator would keep for itself */
        status = axn_file_write(path, "", 0, error);
    }
    if (status == AXN_OK) {
        status = axn_folder_temporary(folder, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(vector, folder, "vector.bin", error);
    }
    if (status == AXN_OK) {
        status = write_vector(accelerator, image, vector, error);
    }
    if (status == AXN_OK) {
        status = axn_simulator_trace(simulator, vector, layer, path, &printed, error);
    }
    struct stat about;
    if (status == AXN_OK && (stat(path, &about) != 0 || about.st_size == 0)) {
        status = axn_fail(error, AXN_ERROR_TOOL, "%s: the simulator wrote no waveforms", path);
    }
    axn_buffer_free(&printed);
    if (folder[0] != '\0') {
        axn_folder_remove(folder, NULL);
    }
    return status;
}
