/* fork + exec with the exec's own failure reported back. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "common/process.h"
#include "common/process_internal.h"

/* Where a Debian user finds the programs we start. */
static const struct {
    const char *program, *package;
} packages[] = {
    {"yosys", "yosys"},
    {"yosys-abc", "yosys"},
    {"verilator", "verilator"},
    {"iverilog", "iverilog"},
    {"vvp", "iverilog"},
    {"sta", "opensta"},
    {"gnuplot", "gnuplot-nox"},
    {"make", "make"},
    {"gcc", "gcc"},
    {"g++", "g++"},
    {"clang", "clang"},
    {"nextpnr-ice40", "nextpnr-ice40"},
    {"mpirun", "openmpi-bin"},
    {"perl", "perl"},
};

static const char *package_of(const char *program)
{
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++)
        if (strcmp(packages[i].program, program) == 0)
            return packages[i].package;
    return NULL;
}

static axn_status cannot_start(const char *program, int cause, axn_error *error)
{
    const char *package = cause == ENOENT ? package_of(program) : NULL;
    errno = cause;
    axn_fail_errno(error, AXN_ERROR_TOOL, "cannot start \"%s\"", program);
    if (package != NULL && error != NULL)
        axn_fail(error, AXN_ERROR_TOOL, "%s (Debian package: %s)", error->message, package);
    return AXN_ERROR_TOOL;
}

/* 0 and out[AXN_PATH_MAX], or an errno. Searched here and not by execvp, so that the
 * child calls only async-signal-safe functions. */
static int find_program(const char *program, char *out)
{
    if (strchr(program, '/') != NULL)
        return axn_path_join(out, "", program, NULL) == AXN_OK ? 0 : ENAMETOOLONG;
    const char *at = getenv("PATH");
    if (at == NULL)
        at = "/usr/local/bin:/usr/bin:/bin";
    int cause = ENOENT;
    while (program[0] != '\0') {
        size_t length = strcspn(at, ":");
        struct stat info;
        int written = snprintf(out, AXN_PATH_MAX, "%.*s/%s", length > 0 ? (int)length : 1,
                               length > 0 ? at : ".", program);
        if (written > 0 && written < AXN_PATH_MAX && stat(out, &info) == 0 &&
            S_ISREG(info.st_mode)) {
            if (access(out, X_OK) == 0)
                return 0;
            cause = EACCES;
        }
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    return cause;
}

bool axn_program_available(const char *program)
{
    char path[AXN_PATH_MAX];
    return find_program(program, path) == 0 && access(path, X_OK) == 0;
}

static void close_file(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

/* A pipe whose ends stay clear of 0, 1 and 2, even if those are closed here. */
static bool make_pipe(int ends[2])
{
    int raw[2];
    ends[0] = ends[1] = -1;
    if (pipe2(raw, O_CLOEXEC) != 0)
        return false;
    ends[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, 3);
    ends[1] = fcntl(raw[1], F_DUPFD_CLOEXEC, 3);
    int cause = errno;
    close(raw[0]);
    close(raw[1]);
    errno = cause;
    if (ends[0] >= 0 && ends[1] >= 0)
        return true;
    close_file(&ends[0]);
    close_file(&ends[1]);
    errno = cause;
    return false;
}

enum { STAGE_FOLDER = 1, STAGE_EXEC };

typedef struct child_report {
    int stage, cause;
} child_report;

/* In the child, which shares the parent's locks as they were: only
 * async-signal-safe calls from here to exec. */
static void become_program(const axn_spawn *spawn, const char *path, pid_t parent, int input,
                           int output, int report)
{
    child_report failure = {STAGE_EXEC, 0};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    bool good = dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                (!spawn->merge_errors || dup2(output, STDERR_FILENO) >= 0);
    if (good && spawn->folder != NULL && chdir(spawn->folder) != 0) {
        failure.stage = STAGE_FOLDER;
        good = false;
    }
    if (good && spawn->memory > 0) {
        /* A program that runs out of it shall not leave a dump either. */
        const struct rlimit memory = {spawn->memory, spawn->memory}, dump = {0, 0};
        good = setrlimit(RLIMIT_AS, &memory) == 0 && setrlimit(RLIMIT_CORE, &dump) == 0;
    }
    if (good)
        execv(path, (char *const *)spawn->argv);
    failure.cause = errno;
    ssize_t written = write(report, &failure, sizeof failure);
    _exit(written == (ssize_t)sizeof failure ? 127 : 126);
}

/* Waits for exec: the report pipe closes by itself (CLOEXEC) when it succeeds. */
static axn_status await_exec(const axn_spawn *spawn, int report, axn_error *error)
{
    child_report failure;
    ssize_t got;
    do
        got = read(report, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof failure)
        return AXN_OK;
    while (waitpid(spawn->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (failure.stage == STAGE_FOLDER) {
        errno = failure.cause;
        return axn_fail_errno(error, AXN_ERROR_TOOL, "cannot start \"%s\" in folder \"%s\"",
                              spawn->argv[0], spawn->folder);
    }
    return cannot_start(spawn->argv[0], failure.cause, error);
}

axn_status axn_spawn_start(axn_spawn *spawn, axn_error *error)
{
    int input[2] = {-1, -1}, output[2] = {-1, -1}, report[2] = {-1, -1};
    char path[AXN_PATH_MAX];
    axn_status status = AXN_OK;
    spawn->pid = -1;
    spawn->to = spawn->from = -1;
    int cause = find_program(spawn->argv[0], path);
    if (cause != 0)
        return cannot_start(spawn->argv[0], cause, error);
    bool ready = make_pipe(output) && make_pipe(report);
    if (ready && spawn->null_input) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        input[0] = null >= 0 ? fcntl(null, F_DUPFD_CLOEXEC, 3) : -1;
        close_file(&null);
        ready = input[0] >= 0;
    } else if (ready) {
        ready = make_pipe(input);
    }
    pid_t parent = getpid();
    if (ready)
        spawn->pid = fork();
    if (spawn->pid == 0)
        become_program(spawn, path, parent, input[0], output[1], report[1]);
    if (spawn->pid < 0)
        status = axn_fail_errno(error, AXN_ERROR_TOOL, "cannot start \"%s\"", spawn->argv[0]);
    else
        setpgid(spawn->pid, spawn->pid); /* both sides set it: whoever comes first */
    close_file(&input[0]);
    close_file(&output[1]);
    close_file(&report[1]);
    if (status == AXN_OK)
        status = await_exec(spawn, report[0], error);
    close_file(&report[0]);
    if (status == AXN_OK) {
        spawn->to = input[1];
        spawn->from = output[0];
        return AXN_OK;
    }
    close_file(&input[1]);
    close_file(&output[0]);
    spawn->pid = -1;
    return status;
}

void axn_spawn_kill(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

axn_status axn_spawn_judge(int wait_status, const char *name, axn_error *error)
{
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
        return AXN_OK;
    if (WIFSIGNALED(wait_status))
        return axn_fail(error, AXN_ERROR_TOOL, "\"%s\" was killed by signal %d (%s)", name,
                        WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    return axn_fail(error, AXN_ERROR_TOOL, "\"%s\" failed with exit status %d", name,
                    WEXITSTATUS(wait_status));
}

ssize_t axn_write_no_signal(int file, const void *bytes, size_t length)
{
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t written = write(file, bytes, length);
    int cause = errno;
    /* Also after a short write: it may have ended because the reader went. */
    if (!was_pending) {
        const struct timespec now = {0, 0};
        sigtimedwait(&pipe_signal, NULL, &now);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = cause;
    return written;
}
