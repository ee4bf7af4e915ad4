/* A small pool of POSIX threads. Work is cut into numbered parts, so results that
 * are kept per part and reduced in order are the same for any thread count. */
#ifndef AXN_COMMON_PARALLEL_H
#define AXN_COMMON_PARALLEL_H

#include "common/error.h"

typedef struct axn_pool axn_pool;

/* threads >= 1; 0 = number of usable processors. */
axn_status axn_pool_create(int threads, axn_pool **out, axn_error *error);
void axn_pool_destroy(axn_pool *pool);
int axn_pool_threads(const axn_pool *pool);
/* Calls task(context, part, thread) for part = 0 .. parts-1, each once, in any
 * order, and returns when all are done. thread is in 0 .. threads-1 (for scratch).
 * One run at a time: not from within a task, not from two threads at once. */
void axn_pool_run(axn_pool *pool, int parts, void (*task)(void *context, int part, int thread),
                  void *context);
/* Number of processors this process may use, at least 1. */
int axn_processors(void);

#endif
