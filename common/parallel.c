#include "common/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/memory.h"

#define MAX_THREADS 1024

typedef struct worker {
    axn_pool *pool;
    pthread_t thread;
    int number;
} worker;

/* Parts of the current job that nobody has taken stand in the lower half of `open`, the number
 * of the job in the upper: who takes a part of a job may rely on its members until the part is
 * done, and a worker that wakes late finds nothing open and holds up nobody. */
struct axn_pool {
    worker *workers; /* threads - 1: the caller of axn_pool_run is thread 0 */
    int threads;
    int started; /* workers that exist */
    bool spins;  /* each thread has a processor: waiting awake for a moment pays */
    atomic_uint_fast64_t open;
    atomic_int finished; /* parts of the current job */
    void (*task)(void *context, int part, int thread);
    void *context;
    int parts;
    pthread_mutex_t mutex; /* of those who sleep */
    pthread_cond_t wake;   /* parts are open, or stop */
    pthread_cond_t done;   /* all parts are finished */
    atomic_int sleepers;   /* workers */
    atomic_bool caller_sleeps;
    atomic_bool stop;
};

int axn_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count >= 1 ? count : 1;
}

static int open_parts(axn_pool *pool)
{
    return (int)(atomic_load(&pool->open) & UINT32_MAX);
}

/* A part of the current job, -1 when none is open. */
static int take_part(axn_pool *pool)
{
    uint_fast64_t open = atomic_load(&pool->open);
    while ((open & UINT32_MAX) > 0) {
        if (atomic_compare_exchange_weak(&pool->open, &open, open - 1))
            return pool->parts - (int)(open & UINT32_MAX);
    }
    return -1;
}

static void work(axn_pool *pool, int thread)
{
    for (int part = take_part(pool); part >= 0; part = take_part(pool)) {
        const int parts = pool->parts;
        pool->task(pool->context, part, thread);
        /* From the last one on the pool may have its next job. */
        if (atomic_fetch_add(&pool->finished, 1) + 1 == parts && thread > 0 &&
            atomic_load(&pool->caller_sleeps)) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static bool worker_waits(axn_pool *pool)
{
    return open_parts(pool) == 0 && !atomic_load(&pool->stop);
}

static bool caller_waits(axn_pool *pool)
{
    return atomic_load(&pool->finished) < pool->parts;
}

static inline void pause_processor(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Waits awake, but not for long: going to sleep and being woken takes longer than the gaps
 * between the steps of a batch. */
static void spin_while(axn_pool *pool, bool (*waits)(axn_pool *pool))
{
    enum { PAUSES = 32, NANOSECONDS = 100000 };
    struct timespec begun, now;
    if (!pool->spins || clock_gettime(CLOCK_MONOTONIC, &begun) != 0)
        return;
    do {
        for (int i = 0; i < PAUSES; i++) {
            if (!waits(pool))
                return;
            pause_processor();
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begun.tv_sec) * 1000000000L + now.tv_nsec - begun.tv_nsec < NANOSECONDS);
}

static void *worker_main(void *argument)
{
    worker *self = argument;
    axn_pool *pool = self->pool;
    while (!atomic_load(&pool->stop)) {
        work(pool, self->number);
        spin_while(pool, worker_waits);
        pthread_mutex_lock(&pool->mutex);
        /* Counted before the last look: who opens parts looks at the count afterwards. */
        atomic_fetch_add(&pool->sleepers, 1);
        while (worker_waits(pool))
            pthread_cond_wait(&pool->wake, &pool->mutex);
        atomic_fetch_sub(&pool->sleepers, 1);
        pthread_mutex_unlock(&pool->mutex);
    }
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
    pool->spins = threads <= axn_processors();
    atomic_init(&pool->open, 0);
    atomic_init(&pool->finished, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->caller_sleeps, false);
    atomic_init(&pool->stop, false);
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
    atomic_store(&pool->stop, true);
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

static void open_job(axn_pool *pool)
{
    const uint_fast64_t job = (atomic_load(&pool->open) >> 32) + 1;
    atomic_store(&pool->finished, 0);
    atomic_store(&pool->open, job << 32 | (uint_fast64_t)pool->parts);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

void axn_pool_run(axn_pool *pool, int parts, void (*task)(void *context, int part, int thread),
                  void *context)
{
    if (parts <= 0)
        return;
    if (pool->threads == 1 || parts == 1) {
        for (int part = 0; part < parts; part++)
            task(context, part, 0);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->parts = parts;
    open_job(pool);
    work(pool, 0);
    spin_while(pool, caller_waits);
    if (caller_waits(pool)) {
        pthread_mutex_lock(&pool->mutex);
        atomic_store(&pool->caller_sleeps, true);
        while (caller_waits(pool))
            pthread_cond_wait(&pool->done, &pool->mutex);
        atomic_store(&pool->caller_sleeps, false);
        pthread_mutex_unlock(&pool->mutex);
    }
}
