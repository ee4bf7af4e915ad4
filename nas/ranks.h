/* The processes of one search that mpirun started together. Rank 0 searches; the others
 * lend it their machines' workers (nas/relay.h). Built with MPI=1 the messages go
 * through MPI (ranks_mpi.c, the only file that calls it); built without it a process is
 * alone (ranks_alone.c); tests put pipes in its place. */
#ifndef AXN_NAS_RANKS_H
#define AXN_NAS_RANKS_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

typedef struct axn_ranks {
    int count; /* of processes, 1 = alone */
    int self;  /* 0 .. count-1 */
    void *context;
    /* Collective: all[count] receives `mine` of each rank, `size` bytes each. */
    axn_status (*gather)(void *context, const void *mine, size_t size, void *all, axn_error *error);
    /* Copies the message and returns at once. Messages between two ranks keep their order. */
    axn_status (*send)(void *context, int to, const void *bytes, size_t length, axn_error *error);
    /* The next message, if one is there; else *from = -1. Never waits. */
    axn_status (*receive)(void *context, int *from, axn_buffer *message, axn_error *error);
    /* Collective: delivers what is on its way. */
    void (*finish)(void *context);
} axn_ranks;

/* Alone, unless the program was built with MPI and started by mpirun or srun. AXN_ERROR_USAGE
 * when several copies were started that cannot find each other: each would take
 * itself for the whole search. */
axn_status axn_ranks_start(axn_ranks *out, axn_error *error);
void axn_ranks_finish(axn_ranks *ranks); /* {0} is allowed */

/* Number of processes that a launcher says it has started of this program; 1 without one. */
int axn_ranks_launched(void);

/* What a rank tells the others about itself. */
typedef struct axn_rank_card {
    char host[64];     /* for messages */
    uint64_t machine;  /* equal for ranks that share processors */
    uint64_t program;  /* hash of the executable */
    int level;         /* of its instruction-set class, given by the caller */
    cpu_set_t allowed; /* processors it may use */
} axn_rank_card;

/* Collective: cards[count] of the caller. AXN_ERROR_MISMATCH when a rank runs another
 * program than rank 0. */
axn_status axn_ranks_meet(const axn_ranks *ranks, int level, axn_rank_card *cards,
                          axn_error *error);
/* The lowest level of all. */
int axn_ranks_lowest(const axn_rank_card *cards, int count);
/* A rank's share of the processors, at least 1: one that several ranks may use is divided
 * among them. */
int axn_ranks_share(const axn_rank_card *cards, int count, int rank);

#endif
