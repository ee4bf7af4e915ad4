/* Paths, whole-file reading, atomic writing, output folders. */
#ifndef AXN_COMMON_FILE_H
#define AXN_COMMON_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/error.h"

#define AXN_PATH_MAX 4096

/* Joins folder and name with one '/' into out[AXN_PATH_MAX]; an absolute `name`
 * stands for itself; out may be one of them. AXN_ERROR_LIMIT when it does not fit. */
axn_status axn_path_join(char *out, const char *folder, const char *name, axn_error *error);
/* The path of a file that tells what a folder is: where the folder is there without it, it is
 * not `what` ("the folder of a model"), AXN_ERROR_NOT_FOUND. */
axn_status axn_path_of_mark(char *out, const char *folder, const char *name, const char *what,
                            axn_error *error);
bool axn_path_exists(const char *path);
bool axn_path_is_folder(const char *path);
/* The part after the last '/'. */
const char *axn_path_base(const char *path);

/* Reads a regular file of at most max_bytes into *out (cleared first). */
axn_status axn_file_read(const char *path, size_t max_bytes, axn_buffer *out, axn_error *error);

/* Writes PATH.tmp-PID, flushes it to disk (fsync), renames it to PATH; on failure
 * PATH is as before and no temporary file is left. A device or pipe is
 * written in place; behind a symbolic link the file is replaced, not the link. */
axn_status axn_file_write(const char *path, const void *bytes, size_t length, axn_error *error);

/* mkdir -p. */
axn_status axn_folder_create(const char *path, axn_error *error);

/* Makes an output folder: created if missing; refused (AXN_ERROR_EXISTS, the
 * message names --force) if it exists and is not empty, unless `force`, which
 * removes nothing: files are overwritten one by one. A path that is a file is refused. */
axn_status axn_folder_prepare(const char *path, bool force, axn_error *error);
/* Refuses what axn_folder_prepare would refuse, and makes nothing: for before long work. */
axn_status axn_folder_check(const char *path, bool force, axn_error *error);

/* Creates a fresh temporary folder under $TMPDIR or /tmp; its path goes to
 * out[AXN_PATH_MAX]. Remove it with axn_folder_remove. */
axn_status axn_folder_temporary(char *out, axn_error *error);
/* Removes a folder and all below it (does not follow links). */
axn_status axn_folder_remove(const char *path, axn_error *error);

/* Names of the entries of a folder that end in `suffix` ("" for all), sorted by
 * strcmp, without "." and "..". Free with axn_names_free. */
axn_status axn_folder_list(const char *path, const char *suffix, char ***names, size_t *count,
                           axn_error *error);
void axn_names_free(char **names, size_t count);

/* Finds a file or folder that belongs to the program (`multipliers/library`,
 * `rtl_lib`, `flows/...`): below $AXNAS_HOME if set, else below the folder two
 * levels above the running executable (build/axnas), else three (build/tests/test_x).
 * out[AXN_PATH_MAX]. AXN_ERROR_NOT_FOUND when it is not there. */
axn_status axn_program_path(char *out, const char *relative, axn_error *error);
/* Path of the running executable, out[AXN_PATH_MAX]. */
axn_status axn_program_executable(char *out, axn_error *error);

#endif
