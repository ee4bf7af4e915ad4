/* State of an open run, shared by run.c and run_search.c. */
#ifndef AXN_NAS_RUN_INTERNAL_H
#define AXN_NAS_RUN_INTERNAL_H

#include "nas/run.h"

struct axn_run {
    char folder[AXN_PATH_MAX];
    int lock, log; /* descriptors */
    const axn_search_space *space;
    axn_archive archive;
    axn_archive pending;
    axn_run_observer *observer;
    void *observer_context;
};

/* Compares a checkpoint, if there is one, with the archive it was written for. */
axn_status axn_run_check_checkpoint(const axn_run *run, axn_error *error);

#endif
