/* The cache of built simulators: $XDG_CACHE_HOME/axnas/simulators (default ~/.cache; the emitted
 * folder's own build/ where there is no home). Programs appear in it whole or not at all, are
 * built by one process at a time, and go away when they have not been used for long. */
#ifndef AXN_SIM_CACHE_H
#define AXN_SIM_CACHE_H

#include "common/file.h"

#define AXN_CACHE_VARIABLE "AXNAS_CACHE_MB" /* most megabytes kept, default 1024 */

/* The cache's folder, created; `folder` is the emitted one. out[AXN_PATH_MAX]. */
axn_status axn_cache_folder(const char *folder, char *out, axn_error *error);

/* Waits until no other process builds `program`; *lock is for axn_cache_unlock, -1 where the
 * file system has no locks. Ctrl-C ends the waiting. */
axn_status axn_cache_lock(const char *program, int *lock, axn_error *error);
void axn_cache_unlock(int lock);

/* Copies the file `built` to `program`, executable: beside it first, then renamed. */
axn_status axn_cache_keep(const char *built, const char *program, axn_error *error);

/* Notes that `program` is in use: for an hour it is not removed. */
void axn_cache_touch(const char *program);

/* Removes the programs that were not used for longest until all take at most the megabytes
 * allowed, and what interrupted processes left. Failures are no matter. */
void axn_cache_trim(const char *folder);

#endif
