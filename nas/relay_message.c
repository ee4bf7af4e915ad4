#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "nas/relay_internal.h"

axn_status axn_relay_send(const axn_ranks *ranks, int to, axn_relay_header header,
                          const void *bytes, size_t length, axn_error *error)
{
    axn_buffer message = {0};
    axn_buffer_append(&message, &header, sizeof header);
    axn_buffer_append(&message, bytes, length);
    axn_status status = message.failed
                            ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for messages")
                            : ranks->send(ranks->context, to, message.data, message.length, error);
    axn_buffer_free(&message);
    return status;
}

axn_status axn_relay_receive(const axn_ranks *ranks, int *from, axn_relay_header *header,
                             axn_buffer *message, const char **bytes, size_t *length,
                             axn_error *error)
{
    axn_status status = ranks->receive(ranks->context, from, message, error);
    if (status != AXN_OK || *from < 0) {
        return status;
    }
    if (message->length < sizeof *header) {
        return axn_fail(error, AXN_ERROR_TOOL, "rank %d sent a message that is cut", *from);
    }
    memcpy(header, message->data, sizeof *header);
    *bytes = message->data + sizeof *header;
    *length = message->length - sizeof *header;
    return AXN_OK;
}

void axn_relay_stop(const axn_ranks *ranks)
{
    for (int rank = 1; rank < ranks->count; rank++) {
        (void)axn_relay_send(ranks, rank, (axn_relay_header){.kind = AXN_RELAY_STOP}, NULL, 0,
                             NULL);
    }
}

axn_status axn_relay_find_file(const axn_ranks *ranks, const axn_rank_card *cards, const char *path,
                               axn_error *error)
{
    axn_buffer message = {0};
    axn_status status = AXN_OK;
    int answers = 0;
    for (int rank = 1; rank < ranks->count && status == AXN_OK; rank++) {
        status = axn_relay_send(ranks, rank, (axn_relay_header){.kind = AXN_RELAY_FIND}, path,
                                strlen(path), error);
    }
    while (status == AXN_OK && answers < ranks->count - 1) {
        axn_relay_header header = {0};
        const char *bytes = NULL;
        size_t length = 0;
        int from = -1;
        status = axn_relay_receive(ranks, &from, &header, &message, &bytes, &length, error);
        if (status == AXN_OK && from < 0) {
            (void)poll(NULL, 0, AXN_RELAY_POLL_MS);
            status = axn_interrupt_check(error);
        } else if (status == AXN_OK && header.kind == AXN_RELAY_FOUND) {
            answers++;
            if (header.slot == 0) {
                status = axn_fail(error, AXN_ERROR_USAGE,
                                  "rank %d on %s does not see %s: the run must lie in a folder "
                                  "that all machines share",
                                  from, cards[from].host, path);
            }
        } else if (status == AXN_OK && header.kind == AXN_RELAY_INTERRUPTED) {
            status = axn_fail(error, AXN_ERROR_INTERRUPTED, "interrupted");
        }
    }
    axn_buffer_free(&message);
    return status;
}

static axn_relay_header header_for(const axn_remote *worker, axn_relay_kind kind)
{
    return (axn_relay_header){.kind = (int32_t)kind, .slot = worker->slot, .start = worker->start};
}

axn_status axn_remote_start(const axn_ranks *ranks, const axn_remote *worker, axn_error *error)
{
    return axn_relay_send(ranks, worker->rank, header_for(worker, AXN_RELAY_START), NULL, 0, error);
}

axn_status axn_remote_write(const axn_ranks *ranks, const axn_remote *worker, const void *bytes,
                            size_t length, axn_error *error)
{
    return axn_relay_send(ranks, worker->rank, header_for(worker, AXN_RELAY_WRITE), bytes, length,
                          error);
}

void axn_remote_kill(const axn_ranks *ranks, const axn_remote *worker)
{
    (void)axn_relay_send(ranks, worker->rank, header_for(worker, AXN_RELAY_KILL), NULL, 0, NULL);
}

axn_status axn_remote_receive(const axn_ranks *ranks, axn_remote_kind *kind, axn_remote *worker,
                              axn_buffer *bytes, axn_error *error)
{
    axn_buffer message = {0};
    axn_relay_header header = {0};
    const char *content = NULL;
    size_t length = 0;
    int from = -1;
    *kind = AXN_REMOTE_NOTHING;
    axn_status status =
        axn_relay_receive(ranks, &from, &header, &message, &content, &length, error);
    if (status == AXN_OK && from >= 0) {
        *worker = (axn_remote){.rank = from, .slot = header.slot, .start = header.start};
        *kind = header.kind == AXN_RELAY_BYTES ? AXN_REMOTE_BYTES : AXN_REMOTE_GONE;
        if (header.kind == AXN_RELAY_INTERRUPTED) {
            status = axn_fail(error, AXN_ERROR_INTERRUPTED, "interrupted");
        } else if (header.kind == AXN_RELAY_GONE && header.status != 0) {
            status = axn_fail(error, AXN_ERROR_TOOL, "%.*s", (int)length, content);
        } else if (header.kind == AXN_RELAY_BYTES) {
            axn_buffer_clear(bytes);
            axn_buffer_append(bytes, content, length);
        } else if (header.kind != AXN_RELAY_GONE) {
            status = axn_fail(error, AXN_ERROR_TOOL, "rank %d sent an unknown message", from);
        }
    }
    if (status == AXN_OK && bytes->failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for messages");
    }
    axn_buffer_free(&message);
    return status;
}
