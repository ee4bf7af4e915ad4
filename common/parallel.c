#include "common/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define MAX_THREADS 1024

typedef struct worker {
    axn_pool *pool;
    pthread_t thread;
    int number;
} worker;

struct axn_pool {
    worker *workers; /* threads - 1: the caller of axn_pool_run is thread 0 */
    int threads;
    int started; /* workers that exist */
    pthread_mutex_t mutex;
    pthread_cond_t wake; /* a new job, or stop */
    pthread_cond_t done; /* `busy` became 0 */
    unsigned long job;   /* number of the current job */
    int busy;            /* workers that have not finished the current job */
    bool stop;
    void (*task)(void *context, int part, int thread);
    void *context;
    int parts;
    atomic_int next; /* first part that nobody has taken */
};

int axn_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count >= 1 ? count : 1;
}

static void work(axn_pool *pool, int thread)
{
    for (;;) {
        int part = atomic_fetch_add(&pool->next, 1);
        if (part >= pool->parts)
            return;
        pool->task(pool->context, part, thread);
    }
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    axn_pool *pool = self->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->job == seen && !pool->stop)
            pthread_cond_wait(&pool->wake, &pool->mutex);
        if (pool->stop)
            break;
        seen = pool->job;
        pthread_mutex_unlock(&pool->mutex);
        work(pool, self->number);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* Signals stay with the thread that called main: workers block them all. */
static axn_status start_workers(axn_pool *pool, axn_error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    for (int i = 0; i < pool->threads - 1 && failure == 0; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].number = i + 1;
        failure = pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]);
        if (failure == 0)
            pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return axn_fail(error, AXN_ERROR_LIMIT, "cannot start thread %d of %d: %s",
                        pool->started + 1, pool->threads, strerror(failure));
    return AXN_OK;
}

axn_status axn_pool_create(int threads, axn_pool **out, axn_error *error)
{
    *out = NULL;
    if (threads < 0 || threads > MAX_THREADS)
        return axn_fail(error, AXN_ERROR_USAGE, "%d threads: must be 0 .. %d", threads,
                        MAX_THREADS);
    if (threads == 0)
        threads = axn_processors() < MAX_THREADS ? axn_processors() : MAX_THREADS;
    axn_pool *pool;
    axn_status status = axn_allocate(&pool, 1, sizeof *pool, "a thread pool", error);
    if (status != AXN_OK)
        return status;
    pool->threads = threads;
    atomic_init(&pool->next, 0);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    status = axn_allocate(&pool->workers, (size_t)(threads - 1), sizeof(worker), "threads", error);
    if (status == AXN_OK)
        status = start_workers(pool, error);
    if (status != AXN_OK) {
        axn_pool_destroy(pool);
        return status;
    }
    *out = pool;
    return AXN_OK;
}

void axn_pool_destroy(axn_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool);
}

int axn_pool_threads(const axn_pool *pool)
{
    return pool->threads;
}

void axn_pool_run(axn_pool *pool, int parts, void (*task)(void *context, int part, int thread),
                  void *context)
{
    if (parts <= 0)
        return;
    pool->task = task;
    pool->context = context;
    pool->parts = parts;
    atomic_store(&pool->next, 0);
    if (pool->threads > 1 && parts > 1) {
        pthread_mutex_lock(&pool->mutex);
        pool->job++;
        pool->busy = pool->started;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
        work(pool, 0);
        pthread_mutex_lock(&pool->mutex);
        while (pool->busy > 0)
            pthread_cond_wait(&pool->done, &pool->mutex);
        pthread_mutex_unlock(&pool->mutex);
    } else {
        work(pool, 0);
    }
}
