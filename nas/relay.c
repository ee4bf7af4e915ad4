/* The relay of a rank: between rank 0 and the workers on this machine. */
#include "nas/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/interrupt.h"
#include "common/memory.h"
#include "common/process.h"
#include "nas/relay_internal.h"

#define SLOTS 1024 /* workers a rank, as many as --jobs takes */

typedef struct slot {
    axn_child child;
    bool running;
    int start;
} slot;

typedef struct relay {
    const axn_ranks *ranks;
    const char *const *argv;
    slot *slots;           /* [SLOTS] */
    struct pollfd *polled; /* [SLOTS] */
    int count;             /* slots used so far */
    bool stopped, told;
} relay;

static void kill_worker(slot *s)
{
    if (s->running) {
        axn_child_kill(&s->child);
    }
    s->running = false;
}

static axn_status tell_gone(relay *r, int index, const axn_error *cause, axn_error *error)
{
    axn_relay_header header = {
        .kind = AXN_RELAY_GONE, .slot = index, .start = r->slots[index].start};
    header.status = cause != NULL ? (int32_t)cause->status : 0;
    const char *text = cause != NULL ? cause->message : "";
    return axn_relay_send(r->ranks, 0, header, text, strlen(text), error);
}

static axn_status start_worker(relay *r, const axn_relay_header *header, axn_error *error)
{
    axn_error cause = {0};
    if (header->slot < 0 || header->slot >= SLOTS) {
        return axn_fail(error, AXN_ERROR_LIMIT, "more than %d workers on a rank", SLOTS);
    }
    r->count = header->slot >= r->count ? header->slot + 1 : r->count;
    slot *s = &r->slots[header->slot];
    kill_worker(s);
    s->start = header->start;
    if (axn_child_start(r->argv, NULL, &s->child, &cause) != AXN_OK) {
        return tell_gone(r, header->slot, &cause, error);
    }
    s->running = true;
    return AXN_OK;
}

static axn_status find_file(relay *r, const char *bytes, size_t length, axn_error *error)
{
    axn_buffer path = {0};
    axn_buffer_append(&path, bytes, length);
    axn_relay_header header = {.kind = AXN_RELAY_FOUND};
    header.slot = !path.failed && axn_path_exists(path.data);
    axn_buffer_free(&path);
    return axn_relay_send(r->ranks, 0, header, NULL, 0, error);
}

static axn_status obey(relay *r, const axn_relay_header *header, const char *bytes, size_t length,
                       axn_error *error)
{
    bool known = header->slot >= 0 && header->slot < r->count &&
                 r->slots[header->slot].start == header->start;
    slot *s = known ? &r->slots[header->slot] : NULL;
    switch (header->kind) {
    case AXN_RELAY_START:
        return start_worker(r, header, error);
    case AXN_RELAY_WRITE:
        if (s != NULL && s->running) { /* one that is gone is noticed by reading from it */
            (void)axn_child_write(&s->child, bytes, length, "worker", NULL);
        }
        return AXN_OK;
    case AXN_RELAY_KILL:
        if (s != NULL) {
            kill_worker(s);
        }
        return AXN_OK;
    case AXN_RELAY_FIND:
        return find_file(r, bytes, length, error);
    case AXN_RELAY_STOP:
        r->stopped = true;
        return AXN_OK;
    default:
        return axn_fail(error, AXN_ERROR_TOOL, "rank 0 sent an unknown message");
    }
}

static axn_status take_orders(relay *r, axn_error *error)
{
    axn_buffer message = {0};
    axn_status status = AXN_OK;
    int from = 0;
    while (status == AXN_OK && !r->stopped && from >= 0) {
        axn_relay_header header = {0};
        const char *bytes = NULL;
        size_t length = 0;
        status = axn_relay_receive(r->ranks, &from, &header, &message, &bytes, &length, error);
        if (status == AXN_OK && from >= 0) {
            status = obey(r, &header, bytes, length, error);
        }
    }
    axn_buffer_free(&message);
    return status;
}

static axn_status listen_to(relay *r, int index, axn_error *error)
{
    char bytes[16384];
    slot *s = &r->slots[index];
    ssize_t got = read(s->child.from, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return AXN_OK;
    }
    if (got <= 0) {
        kill_worker(s);
        return tell_gone(r, index, NULL, error);
    }
    const axn_relay_header header = {.kind = AXN_RELAY_BYTES, .slot = index, .start = s->start};
    return axn_relay_send(r->ranks, 0, header, bytes, (size_t)got, error);
}

static axn_status hear_workers(relay *r, axn_error *error)
{
    for (int i = 0; i < r->count; i++) {
        r->polled[i] = (struct pollfd){.fd = r->slots[i].running ? r->slots[i].child.from : -1,
                                       .events = POLLIN};
    }
    int ready = poll(r->polled, (nfds_t)r->count, AXN_RELAY_POLL_MS);
    if (ready < 0 && errno != EINTR) {
        return axn_fail_errno(error, AXN_ERROR_IO, "waiting for the workers");
    }
    axn_status status = AXN_OK;
    for (int i = 0; i < r->count && ready > 0 && status == AXN_OK; i++) {
        if (r->polled[i].revents != 0) {
            status = listen_to(r, i, error);
        }
    }
    return status;
}

axn_status axn_relay_serve(const axn_ranks *ranks, const char *const *argv, axn_error *error)
{
    relay r = {.ranks = ranks, .argv = argv};
    axn_status status = axn_allocate(&r.slots, SLOTS, sizeof *r.slots, "workers", error);
    if (status == AXN_OK) {
        status = axn_allocate(&r.polled, SLOTS, sizeof *r.polled, "workers", error);
    }
    while (status == AXN_OK && !r.stopped) {
        status = take_orders(&r, error);
        if (status == AXN_OK && !r.stopped) {
            status = hear_workers(&r, error);
        }
        if (status == AXN_OK && axn_interrupted() && !r.told) {
            /* The search decides what becomes of it; it answers with STOP. */
            r.told = true;
            status = axn_relay_send(ranks, 0, (axn_relay_header){.kind = AXN_RELAY_INTERRUPTED},
                                    NULL, 0, error);
        }
    }
    for (int i = 0; i < r.count; i++) {
        kill_worker(&r.slots[i]);
    }
    free(r.slots);
    free(r.polled);
    return status;
}
