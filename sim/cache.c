#include "sim/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/memory.h"

#define MAX_PROGRAM_BYTES ((size_t)1 << 30)
#define DEFAULT_MEGABYTES 1024
#define KEPT_SECONDS 3600 /* since the last use */

axn_status axn_cache_folder(const char *folder, char *out, axn_error *error)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    axn_status status;
    if (cache != NULL && cache[0] == '/') {
        status = axn_path_join(out, cache, "axnas/simulators", error);
    } else if (home != NULL && home[0] == '/') {
        status = axn_path_join(out, home, ".cache/axnas/simulators", error);
    } else {
        status = axn_path_join(out, folder, "build", error);
    }
    if (status == AXN_OK && axn_folder_create(out, NULL) != AXN_OK) {
        status = axn_path_join(out, folder, "build", error);
        if (status == AXN_OK) {
            status = axn_folder_create(out, error);
        }
    }
    return status;
}

axn_status axn_cache_lock(const char *program, int *lock, axn_error *error)
{
    char path[AXN_PATH_MAX + 8];
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    axn_status status = AXN_OK;
    snprintf(path, sizeof path, "%s.lock", program);
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*lock < 0) {
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot write %s", path);
    }
    while (flock(*lock, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
        status = axn_interrupt_check(error);
        if (status != AXN_OK) {
            axn_cache_unlock(*lock);
            *lock = -1;
            break;
        }
        nanosleep(&pause, NULL);
    }
    return status; /* any other failure: no locks there, two may build the same */
}

void axn_cache_unlock(int lock)
{
    if (lock >= 0) {
        close(lock);
    }
}

axn_status axn_cache_keep(const char *built, const char *program, axn_error *error)
{
    char beside[AXN_PATH_MAX + 32];
    axn_buffer bytes = {0};
    snprintf(beside, sizeof beside, "%s.new-%ld", program, (long)getpid());
    axn_status status = axn_file_read(built, MAX_PROGRAM_BYTES, &bytes, error);
    if (status == AXN_OK) {
        status = axn_file_write(beside, bytes.data, bytes.length, error);
    }
    if (status == AXN_OK && (chmod(beside, 0755) != 0 || rename(beside, program) != 0)) {
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot write %s", program);
        (void)unlink(beside);
    }
    axn_buffer_free(&bytes);
    return status;
}

void axn_cache_touch(const char *program)
{
    (void)utimensat(AT_FDCWD, program, NULL, 0);
}

/* --- Trimming --- */

typedef struct entry {
    char path[AXN_PATH_MAX];
    int64_t bytes;
    time_t used;
} entry;

static int by_use(const void *a, const void *b)
{
    const entry *one = a, *other = b;
    return (one->used > other->used) - (one->used < other->used);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Only what the cache itself has written: the folder may be an emitted one's build/. */
static bool is_ours(const char *name)
{
    return starts_with(name, "verilator-") || starts_with(name, "icarus-");
}

static int64_t allowed_bytes(void)
{
    const char *text = getenv(AXN_CACHE_VARIABLE);
    char *end = NULL;
    long megabytes = text != NULL ? strtol(text, &end, 10) : DEFAULT_MEGABYTES;
    if (text != NULL && (end == text || *end != '\0' || megabytes < 0)) {
        megabytes = DEFAULT_MEGABYTES;
    }
    return (int64_t)megabytes << 20;
}

/* Fills entries with the whole programs; locks and half-written files that nobody has
 * touched for long are removed at once. Returns how many programs there are. */
static size_t list_programs(const char *folder, char **names, size_t count, entry *entries)
{
    size_t programs = 0;
    time_t now = time(NULL);
    for (size_t i = 0; i < count; i++) {
        entry *at = &entries[programs];
        struct stat about;
        if (!is_ours(names[i]) || axn_path_join(at->path, folder, names[i], NULL) != AXN_OK ||
            lstat(at->path, &about) != 0 || !S_ISREG(about.st_mode)) {
            continue;
        }
        if (strchr(names[i], '.') == NULL) {
            at->bytes = about.st_size;
            at->used = about.st_mtime;
            programs++;
        } else if (about.st_mtime + KEPT_SECONDS < now) {
            (void)unlink(at->path);
        }
    }
    return programs;
}

void axn_cache_trim(const char *folder)
{
    char **names = NULL;
    size_t count = 0;
    entry *entries = NULL;
    int64_t total = 0;
    time_t now = time(NULL);
    if (axn_folder_list(folder, "", &names, &count, NULL) != AXN_OK ||
        axn_allocate(&entries, count + 1, sizeof *entries, "cache", NULL) != AXN_OK) {
        axn_names_free(names, count);
        return;
    }
    size_t programs = list_programs(folder, names, count, entries);
    for (size_t i = 0; i < programs; i++) {
        total += entries[i].bytes;
    }
    qsort(entries, programs, sizeof *entries, by_use);
    for (size_t i = 0; i < programs && total > allowed_bytes(); i++) {
        if (entries[i].used + KEPT_SECONDS < now && unlink(entries[i].path) == 0) {
            total -= entries[i].bytes;
        }
    }
    free(entries);
    axn_names_free(names, count);
}
