/* Ranks through MPI: the only file that calls it, built with MPI=1 alone. Errors in MPI, a
 * rank that died above all, end the whole job (MPI_ERRORS_ARE_FATAL, the default).
 *
 * Nothing here waits but the collective calls at start and end: a rank that waited in
 * MPI would burn its processor, which its workers need. */
#include <mpi.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "common/memory.h"
#include "nas/ranks.h"

#define TAG 1

typedef struct letter {
    MPI_Request request;
    void *bytes;
} letter;

typedef struct post_office {
    letter *letters; /* on their way */
    int count;
    size_t capacity;
} post_office;

static axn_status gather(void *context, const void *mine, size_t size, void *all, axn_error *error)
{
    (void)context;
    (void)error;
    MPI_Allgather(mine, (int)size, MPI_BYTE, all, (int)size, MPI_BYTE, MPI_COMM_WORLD);
    return AXN_OK;
}

/* Forgets what has been delivered. */
static void clear_delivered(post_office *office)
{
    int kept = 0;
    for (int i = 0; i < office->count; i++) {
        letter *l = &office->letters[i];
        int delivered = 0;
        MPI_Test(&l->request, &delivered, MPI_STATUS_IGNORE);
        if (delivered) {
            free(l->bytes);
        } else {
            office->letters[kept++] = *l;
        }
    }
    office->count = kept;
}

static axn_status send_copy(void *context, int to, const void *bytes, size_t length,
                            axn_error *error)
{
    post_office *office = context;
    void *copy = NULL;
    clear_delivered(office);
    if (length > INT32_MAX) {
        return axn_fail(error, AXN_ERROR_LIMIT, "a message of %zu bytes", length);
    }
    axn_status status = axn_grow(&office->letters, &office->capacity, (size_t)office->count + 1,
                                 sizeof *office->letters, "messages", error);
    if (status == AXN_OK) {
        status = axn_allocate(&copy, length, 1, "messages", error);
    }
    if (status == AXN_OK) {
        memcpy(copy, bytes, length);
        letter *l = &office->letters[office->count++];
        l->bytes = copy;
        MPI_Isend(copy, (int)length, MPI_BYTE, to, TAG, MPI_COMM_WORLD, &l->request);
    }
    /* clear_delivered sees to the request. NOLINTNEXTLINE(clang-analyzer-optin.mpi.MPI-Checker) */
    return status;
}

static axn_status receive(void *context, int *from, axn_buffer *message, axn_error *error)
{
    post_office *office = context;
    int there = 0;
    int length = 0;
    void *bytes = NULL;
    MPI_Message handle;
    MPI_Status envelope;
    *from = -1;
    clear_delivered(office);
    MPI_Improbe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &there, &handle, &envelope);
    if (!there) {
        return AXN_OK;
    }
    MPI_Get_count(&envelope, MPI_BYTE, &length);
    axn_status status = axn_allocate(&bytes, (size_t)length + 1, 1, "messages", error);
    if (status == AXN_OK) {
        MPI_Mrecv(bytes, length, MPI_BYTE, &handle, MPI_STATUS_IGNORE);
        axn_buffer_clear(message);
        axn_buffer_append(message, bytes, (size_t)length);
        *from = envelope.MPI_SOURCE;
        if (message->failed) {
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for messages");
        }
    }
    free(bytes);
    return status;
}

static void finish(void *context)
{
    post_office *office = context;
    for (clear_delivered(office); office->count > 0; clear_delivered(office)) {
        (void)poll(NULL, 0, 1);
    }
    free(office->letters);
    free(office);
    MPI_Finalize();
}

/* Started by mpirun, or by srun with a plugin for MPI? One process started by hand stays
 * without MPI, which would start a daemon for it. */
static bool has_launcher(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (getenv(names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

axn_status axn_ranks_start(axn_ranks *out, axn_error *error)
{
    post_office *office = NULL;
    int provided = 0;
    *out = (axn_ranks){.count = 1};
    if (!has_launcher()) {
        int launched = axn_ranks_launched();
        return launched == 1
                   ? AXN_OK
                   : axn_fail(error, AXN_ERROR_USAGE,
                              "started %d times without MPI: use mpirun, or srun --mpi=pmix",
                              launched);
    }
    axn_status status = axn_allocate(&office, 1, sizeof *office, "messages", error);
    if (status != AXN_OK) {
        return status;
    }
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    /* A search whose mpirun was killed would go on unnoticed, holding its run's lock. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    MPI_Comm_size(MPI_COMM_WORLD, &out->count);
    MPI_Comm_rank(MPI_COMM_WORLD, &out->self);
    out->context = office;
    out->gather = gather;
    out->send = send_copy;
    out->receive = receive;
    out->finish = finish;
    if (out->count < axn_ranks_launched()) {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "started %d times, but MPI knows of %d: the launcher belongs to another "
                          "MPI than the program",
                          axn_ranks_launched(), out->count);
    }
    return status;
}
