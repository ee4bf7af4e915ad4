/* axnas worker: evaluates candidates for a search; started by it, never by hand. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "common/progress.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "nas/fitness.h"
#include "nas/worker.h"

static axn_status set_up(void *context, const cJSON *setup, axn_error *error)
{
    axn_fitness **fitness = context;
    axn_fitness_close(*fitness);
    return axn_fitness_open(setup, fitness, error);
}

static axn_status evaluate(void *context, const axn_job *job, axn_outcome *outcome,
                           axn_error *error)
{
    axn_fitness *const *fitness = context;
    if (*fitness == NULL) {
        return axn_fail(error, AXN_ERROR_FORMAT, "a job came before the setup");
    }
    return axn_fitness_evaluate(*fitness, job, outcome, error);
}

int axn_cmd_worker(int argc, char **argv)
{
    axn_fitness *fitness = NULL;
    axn_error error = {0};
    const axn_worker_handler handler = {&fitness, set_up, evaluate};
    (void)argv;
    if (argc > 1) {
        axn_fail(&error, AXN_ERROR_USAGE, "workers are started by `axnas search`");
        return axn_command_fail("worker", &error);
    }
    /* Ctrl-C reaches the whole group; the search decides what becomes of its workers. */
    signal(SIGINT, SIG_IGN);
    axn_progress_set_quiet(true);
    /* Answers go to the pipe alone, whatever a library may print. */
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        axn_fail_errno(&error, AXN_ERROR_IO, "standard output");
        return axn_command_fail("worker", &error);
    }
    axn_status status = axn_worker_serve(STDIN_FILENO, out, &handler, &error);
    axn_fitness_close(fitness);
    close(out);
    return status == AXN_OK ? 0 : 1; /* the search has the message */
}
