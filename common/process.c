#include "common/process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/process_internal.h"
#include "common/progress.h"

#define OUTPUT_MAX ((size_t)256 << 20)
#define POLL_MS 50
#define TAIL_LINES 3
#define TAIL_BYTES 600

typedef struct conversation {
    axn_spawn spawn;
    const char *input; /* what is still to be written */
    size_t input_left;
    axn_buffer *output;
    bool too_long;
    bool ended; /* wait_status is valid */
    int wait_status;
} conversation;

static void close_end(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

/* Does not wait. */
static bool has_ended(pid_t pid, int *wait_status)
{
    pid_t reaped = waitpid(pid, wait_status, WNOHANG);
    if (reaped >= 0 || errno != ECHILD)
        return reaped == pid;
    /* Whoever started us made us ignore SIGCHLD: how the child ended is lost. */
    *wait_status = 127 << 8;
    return true;
}

static void feed(conversation *talk)
{
    ssize_t written = 0;
    if (talk->input_left > 0)
        written = axn_write_no_signal(talk->spawn.to, talk->input, talk->input_left);
    if (written > 0) {
        talk->input += written;
        talk->input_left -= (size_t)written;
    }
    /* A child that does not read on (EPIPE) is no failure: its exit status tells. */
    bool broken = written < 0 && errno != EINTR && errno != EAGAIN;
    if (talk->input_left == 0 || broken)
        close_end(&talk->spawn.to);
}

static void collect(conversation *talk)
{
    char chunk[16384];
    ssize_t got = read(talk->spawn.from, chunk, sizeof chunk);
    if (got > 0) {
        if (talk->output->length + (size_t)got > OUTPUT_MAX)
            talk->too_long = true;
        else
            axn_buffer_append(talk->output, chunk, (size_t)got);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close_end(&talk->spawn.from);
    }
}

/* One round: moves what can be moved, sees whether the child has ended. */
static void converse(conversation *talk)
{
    struct pollfd files[2];
    nfds_t count = 0;
    if (talk->spawn.from >= 0)
        files[count++] = (struct pollfd){.fd = talk->spawn.from, .events = POLLIN};
    if (talk->spawn.to >= 0)
        files[count++] = (struct pollfd){.fd = talk->spawn.to, .events = POLLOUT};
    /* With its output closed the child is about to end: look again soon. */
    int ready = poll(files, count, talk->spawn.from >= 0 ? POLL_MS : 1);
    for (nfds_t i = 0; ready > 0 && i < count; i++) {
        if (files[i].revents == 0)
            continue;
        if (files[i].fd == talk->spawn.from)
            collect(talk);
        else
            feed(talk);
    }
    if (ready == 0 || talk->spawn.from < 0)
        talk->ended = has_ended(talk->spawn.pid, &talk->wait_status);
}

/* What is still in the pipe of a child that has ended while a grandchild holds it. */
static void drain(conversation *talk)
{
    struct pollfd file = {.fd = talk->spawn.from, .events = POLLIN};
    while (talk->spawn.from >= 0 && !talk->too_long && poll(&file, 1, 0) > 0)
        collect(talk);
}

static axn_status run_to_end(conversation *talk, const axn_process_options *options,
                             axn_error *error)
{
    const char *name = talk->spawn.argv[0];
    double start = axn_seconds();
    axn_status status = AXN_OK;
    while (!talk->ended && status == AXN_OK) {
        converse(talk);
        if (talk->too_long)
            status = axn_fail(error, AXN_ERROR_TOOL, "\"%s\" printed more than %zu bytes", name,
                              OUTPUT_MAX);
        else if (axn_interrupted())
            status = axn_interrupt_check(error);
        else if (!talk->ended && options->timeout_s > 0.0 &&
                 axn_seconds() - start > options->timeout_s)
            status = axn_fail(error, AXN_ERROR_TOOL, "\"%s\" ran longer than %g s and was stopped",
                              name, options->timeout_s);
    }
    if (talk->ended)
        drain(talk);
    else
        axn_spawn_kill(talk->spawn.pid);
    if (status == AXN_OK)
        status = axn_spawn_judge(talk->wait_status, name, error);
    return status;
}

/* The last lines of the output, on one line, behind the message. */
static void add_tail(const axn_buffer *output, axn_error *error)
{
    if (error == NULL || output->length == 0)
        return;
    size_t end = output->length;
    while (end > 0 && isspace((unsigned char)output->data[end - 1]))
        end--;
    size_t begin = end;
    int lines = 0;
    while (begin > 0 && end - begin < TAIL_BYTES) {
        if (output->data[begin - 1] == '\n' && ++lines == TAIL_LINES)
            break;
        begin--;
    }
    char tail[2 * TAIL_BYTES + 1];
    size_t length = 0;
    for (size_t i = begin; i < end && length + 2 < sizeof tail; i++) {
        unsigned char c = (unsigned char)output->data[i];
        if (c == '\n') {
            tail[length++] = ' ';
            tail[length++] = '|';
            c = ' ';
        }
        tail[length++] = iscntrl(c) ? ' ' : (char)c;
    }
    tail[length] = '\0';
    if (length > 0)
        axn_fail(error, error->status, "%.*s: %s", 200, error->message, tail);
}

axn_status axn_process_run(const char *const *argv, const axn_process_options *options,
                           axn_error *error)
{
    static const axn_process_options defaults = {0};
    axn_buffer own = {0};
    if (options == NULL)
        options = &defaults;
    conversation talk = {.input = options->input, .output = options->output};
    if (talk.output == NULL)
        talk.output = &own;
    talk.input_left = options->input != NULL ? strlen(options->input) : 0;
    talk.spawn = (axn_spawn){.argv = argv,
                             .folder = options->folder,
                             .merge_errors = true,
                             .null_input = options->input == NULL,
                             .memory = options->memory};
    axn_status status = axn_spawn_start(&talk.spawn, error);
    if (status != AXN_OK)
        return status;
    /* Both ways must never block: the child may wait for us on the other one. */
    fcntl(talk.spawn.from, F_SETFL, O_NONBLOCK);
    if (talk.spawn.to >= 0)
        fcntl(talk.spawn.to, F_SETFL, O_NONBLOCK);
    status = run_to_end(&talk, options, error);
    close_end(&talk.spawn.to);
    close_end(&talk.spawn.from);
    if (status == AXN_ERROR_TOOL)
        add_tail(talk.output, error);
    if (status == AXN_OK && talk.output->failed)
        status =
            axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the output of \"%s\"", argv[0]);
    axn_buffer_free(&own);
    return status;
}

axn_status axn_child_start(const char *const *argv, const char *folder, axn_child *out,
                           axn_error *error)
{
    axn_spawn spawn = {.argv = argv, .folder = folder};
    axn_status status = axn_spawn_start(&spawn, error);
    out->pid = spawn.pid;
    out->to = spawn.to;
    out->from = spawn.from;
    return status;
}

axn_status axn_child_write(axn_child *child, const void *bytes, size_t length, const char *name,
                           axn_error *error)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = axn_write_no_signal(child->to, at, length);
        if (written < 0 && errno == EINTR && !axn_interrupted())
            continue;
        if (written < 0 && errno == EINTR)
            return axn_interrupt_check(error);
        if (written < 0)
            return axn_fail_errno(error, AXN_ERROR_TOOL, "cannot write to \"%s\"", name);
        at += written;
        length -= (size_t)written;
    }
    return AXN_OK;
}

axn_status axn_child_finish(axn_child *child, const char *name, axn_error *error)
{
    if (child->pid <= 0)
        return AXN_OK;
    close_end(&child->to);
    int wait_status = 0;
    for (;;) {
        struct pollfd file = {.fd = child->from, .events = POLLIN};
        int ready = poll(&file, child->from >= 0 ? 1 : 0, child->from >= 0 ? POLL_MS : 1);
        if (ready > 0) {
            char chunk[4096];
            ssize_t got = read(child->from, chunk, sizeof chunk);
            if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
                close_end(&child->from);
        } else if (has_ended(child->pid, &wait_status)) {
            break;
        }
        if (axn_interrupted()) {
            axn_child_kill(child);
            return axn_interrupt_check(error);
        }
    }
    close_end(&child->from);
    child->pid = -1;
    return axn_spawn_judge(wait_status, name, error);
}

void axn_child_kill(axn_child *child)
{
    axn_spawn_kill(child->pid);
    child->pid = -1;
    close_end(&child->to);
    close_end(&child->from);
}
