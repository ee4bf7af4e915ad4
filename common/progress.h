/* Progress on standard error: a bar on a terminal, plain lines elsewhere. */
#ifndef AXN_COMMON_PROGRESS_H
#define AXN_COMMON_PROGRESS_H

#include <stdbool.h>

typedef struct axn_progress {
    char label[48];
    long total;
    long shown;     /* last value drawn */
    double started; /* monotonic seconds */
    double drawn;   /* time of last drawing */
    bool terminal;
    bool quiet;
} axn_progress;

/* Silences all progress and messages of this process (--quiet). */
void axn_progress_set_quiet(bool quiet);
bool axn_progress_is_quiet(void);
void axn_progress_start(axn_progress *progress, const char *label, long total);
/* `note` (may be NULL) stands behind the bar. Draws at most ten times a second on
 * a terminal and about every ten per cent elsewhere. */
void axn_progress_update(axn_progress *progress, long done, const char *note);
void axn_progress_end(axn_progress *progress, const char *note);
/* One message line on standard error. */
void axn_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Monotonic seconds. */
double axn_seconds(void);

#endif
