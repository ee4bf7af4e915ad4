#include "common/progress.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 24
#define REDRAW_S 0.1

static atomic_bool be_quiet;

void axn_progress_set_quiet(bool quiet)
{
    atomic_store(&be_quiet, quiet);
}

bool axn_progress_is_quiet(void)
{
    return atomic_load(&be_quiet);
}

double axn_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int percent(const axn_progress *progress, long done)
{
    if (progress->total <= 0)
        return 100;
    return (int)((double)done * 100.0 / (double)progress->total);
}

/* A note may be a file's name, which may hold what would steer a terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

static void draw(axn_progress *progress, long done, const char *note)
{
    char shown[256];
    const char *separator = note != NULL && note[0] != '\0' ? "  " : "";
    double elapsed = axn_seconds() - progress->started;
    char left[32] = "";
    if (done > 0 && done < progress->total)
        snprintf(left, sizeof left, "  %.0f s left",
                 elapsed * (double)(progress->total - done) / (double)done);
    snprintf(shown, sizeof shown, "%.255s", note == NULL ? "" : note);
    make_printable(shown);
    note = shown;
    if (progress->terminal) {
        char bar[BAR_WIDTH + 1];
        int filled = percent(progress, done) * BAR_WIDTH / 100;
        for (int i = 0; i < BAR_WIDTH; i++)
            bar[i] = i < filled ? '#' : '.';
        bar[BAR_WIDTH] = '\0';
        fprintf(stderr, "\r\033[K%s [%s] %3d %%%s%s%s", progress->label, bar,
                percent(progress, done), left, separator, note);
    } else {
        fprintf(stderr, "%s: %d %%%s%s\n", progress->label, percent(progress, done), separator,
                note);
    }
    fflush(stderr);
    progress->shown = done;
}

void axn_progress_start(axn_progress *progress, const char *label, long total)
{
    *progress = (axn_progress){0};
    snprintf(progress->label, sizeof progress->label, "%s", label);
    progress->total = total;
    progress->started = axn_seconds();
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->quiet = atomic_load(&be_quiet);
    progress->drawn = progress->started;
    if (!progress->quiet && progress->terminal)
        draw(progress, 0, NULL);
}

void axn_progress_update(axn_progress *progress, long done, const char *note)
{
    if (progress->quiet)
        return;
    if (done < 0)
        done = 0;
    if (done > progress->total)
        done = progress->total;
    if (progress->terminal) {
        double now = axn_seconds();
        if (now - progress->drawn < REDRAW_S)
            return;
        progress->drawn = now;
    } else if (percent(progress, done) / 10 <= percent(progress, progress->shown) / 10) {
        return;
    }
    draw(progress, done, note);
}

void axn_progress_end(axn_progress *progress, const char *note)
{
    if (progress->quiet)
        return;
    double elapsed = axn_seconds() - progress->started;
    fprintf(stderr, "%s%s: done in %.1f s%s%s\n", progress->terminal ? "\r\033[K" : "",
            progress->label, elapsed, note != NULL && note[0] != '\0' ? "  " : "",
            note != NULL ? note : "");
    fflush(stderr);
    progress->quiet = true;
}

void axn_message(const char *format, ...)
{
    if (atomic_load(&be_quiet))
        return;
    va_list arguments;
    va_start(arguments, format);
    flockfile(stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(arguments);
}
