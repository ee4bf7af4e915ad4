/* The farm's workers and where they run, shared by worker_farm.c (which starts and stops
 * them) and worker.c (which gives them jobs). */
#ifndef AXN_NAS_WORKER_FARM_H
#define AXN_NAS_WORKER_FARM_H

#include <poll.h>

#include "common/process.h"
#include "nas/worker.h"

/* Workers of one rank. */
typedef struct axn_site {
    int rank;
    char host[64];
    int first, count; /* workers */
    axn_buffer setup; /* the first line for each */
} axn_site;

typedef struct axn_worker {
    int site;
    axn_child child;   /* on rank 0 */
    axn_remote remote; /* elsewhere */
    bool running;
    bool ready;
    int job; /* index of the job in work, -1 = idle */
    double started;
    axn_buffer input;
} axn_worker;

struct axn_farm {
    const char *const *argv;
    const axn_ranks *ranks; /* NULL: no other ranks */
    axn_site *sites;
    int site_count;
    axn_worker *workers;
    int count;
    int failed_starts;
    struct pollfd *polled; /* [count] */
    size_t site_capacity, capacity, polled_capacity;
};

/* setup included. */
axn_status axn_farm_start_worker(axn_farm *farm, axn_worker *w, axn_error *error);
/* One that is gone is noticed by reading from it, not here. */
axn_status axn_farm_write_to(axn_farm *farm, axn_worker *w, const axn_buffer *line,
                             axn_error *error);
void axn_farm_stop_worker(axn_farm *farm, axn_worker *w);

#endif
