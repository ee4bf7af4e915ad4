/* Child processes: what they print, how they end, and that they end. */
#include "tests/check.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/process.h"
#include "common/progress.h"

#define RUN(...) ((const char *const[]){__VA_ARGS__, NULL})

static void output_is_collected(void)
{
    axn_error error = {0};
    axn_buffer output = {0};
    axn_process_options options = {.output = &output};
    AXN_CHECK_OK(
        axn_process_run(RUN("sh", "-c", "echo one; echo two >&2; printf three"), &options, &error),
        error);
    CU_ASSERT_STRING_EQUAL(output.data, "one\ntwo\nthree");
    axn_buffer_clear(&output);
    options.folder = "/";
    AXN_CHECK_OK(axn_process_run(RUN("pwd"), &options, &error), error);
    CU_ASSERT_STRING_EQUAL(output.data, "/\n");
    axn_buffer_free(&output);
    AXN_CHECK_OK(axn_process_run(RUN("echo", "nobody listens"), NULL, &error), error);
}

static void arguments_are_not_interpreted(void)
{
    axn_error error = {0};
    axn_buffer output = {0};
    axn_process_options options = {.output = &output};
    AXN_CHECK_OK(axn_process_run(RUN("printf", "%s|", "$HOME; rm x", "a b", ""), &options, &error),
                 error);
    CU_ASSERT_STRING_EQUAL(output.data, "$HOME; rm x|a b||");
    axn_buffer_free(&output);
}

/* More than the pipes hold, both ways at once. */
static void large_input_passes_through(void)
{
    axn_error error = {0};
    axn_buffer input = {0}, output = {0};
    for (int i = 0; i < 100000; i++)
        axn_buffer_format(&input, "line %d\n", i);
    axn_process_options options = {.input = input.data, .output = &output};
    AXN_CHECK_OK(axn_process_run(RUN("cat"), &options, &error), error);
    CU_ASSERT_EQUAL(output.length, input.length);
    CU_ASSERT_STRING_EQUAL(output.data, input.data);
    /* A child that reads nothing is no trouble, nor a SIGPIPE. */
    AXN_CHECK_OK(axn_process_run(RUN("true"), &options, &error), error);
    axn_buffer_free(&input);
    axn_buffer_free(&output);
}

static void missing_programs_are_named(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    const char *old = getenv("PATH");
    char *kept = strdup(old != NULL ? old : "");
    axn_check_folder(folder);
    AXN_CHECK_FAILS(axn_process_run(RUN("axnas-no-such"), NULL, &error), error, AXN_ERROR_TOOL,
                    "cannot start \"axnas-no-such\": No such file or directory");
    CU_ASSERT_FALSE(axn_program_available("axnas-no-such"));
    CU_ASSERT_TRUE(axn_program_available("sh"));
    CU_ASSERT_EQUAL(setenv("PATH", folder, 1), 0);
    AXN_CHECK_FAILS(axn_process_run(RUN("yosys"), NULL, &error), error, AXN_ERROR_TOOL,
                    "cannot start \"yosys\": No such file or directory (Debian package: yosys)");
    axn_check_path(path, folder, "yosys");
    AXN_CHECK_OK(axn_file_write(path, "not a program", 13, &error), error);
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    AXN_CHECK_FAILS(axn_process_run(RUN("yosys"), NULL, &error), error, AXN_ERROR_TOOL,
                    "cannot start \"yosys\": Permission denied");
    CU_ASSERT_EQUAL(chmod(path, 0700), 0);
    AXN_CHECK_FAILS(axn_process_run(RUN("yosys"), NULL, &error), error, AXN_ERROR_TOOL,
                    "cannot start \"yosys\": Exec format error");
    CU_ASSERT_EQUAL(setenv("PATH", kept, 1), 0);
    free(kept);
    axn_process_options options = {.folder = "/no/such/folder"};
    AXN_CHECK_FAILS(axn_process_run(RUN("true"), &options, &error), error, AXN_ERROR_TOOL,
                    "/no/such/folder");
    axn_check_folder_remove(folder);
}

static void failures_show_the_last_lines(void)
{
    axn_error error = {0};
    AXN_CHECK_FAILS(
        axn_process_run(RUN("sh", "-c", "seq 1 5000; printf 'ERROR: bad\\n\\n'; exit 7"), NULL,
                        &error),
        error, AXN_ERROR_TOOL, "\"sh\" failed with exit status 7: 4999 | 5000 | ERROR: bad");
    CU_ASSERT_PTR_NULL(strchr(error.message, '\n'));
    AXN_CHECK_FAILS(axn_process_run(RUN("sh", "-c", "kill -SEGV $$"), NULL, &error), error,
                    AXN_ERROR_TOOL, "killed by signal 11");
}

/* Waits (not long) until the process is gone or a zombie of init's. */
static bool is_gone(pid_t pid)
{
    for (int i = 0; i < 500; i++) {
        char path[64];
        axn_buffer text = {0};
        snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
        bool dead =
            axn_file_read(path, 4096, &text, NULL) != AXN_OK || strstr(text.data, ") Z ") != NULL;
        axn_buffer_free(&text);
        if (dead)
            return true;
        usleep(10000);
    }
    return false;
}

static void time_out_ends_the_whole_group(void)
{
    axn_error error = {0};
    axn_buffer output = {0};
    axn_process_options options = {.output = &output, .timeout_s = 0.3};
    double start = axn_seconds();
    AXN_CHECK_FAILS(axn_process_run(RUN("sh", "-c", "sleep 60 & echo $!; wait"), &options, &error),
                    error, AXN_ERROR_TOOL, "ran longer than 0.3 s");
    CU_ASSERT(axn_seconds() - start < 30.0);
    long grandchild = strtol(output.data, NULL, 10);
    CU_ASSERT_FATAL(grandchild > 1);
    CU_ASSERT_TRUE(is_gone((pid_t)grandchild));
    axn_buffer_free(&output);
}

/* A grandchild that keeps the pipe open does not keep us waiting. */
static void forgotten_grandchildren_do_not_block(void)
{
    axn_error error = {0};
    axn_buffer output = {0};
    axn_process_options options = {.output = &output, .timeout_s = 20.0};
    AXN_CHECK_OK(axn_process_run(RUN("sh", "-c", "sleep 30 & echo $!"), &options, &error), error);
    long grandchild = output.length > 0 ? strtol(output.data, NULL, 10) : 0;
    CU_ASSERT_FATAL(grandchild > 1);
    kill((pid_t)grandchild, SIGKILL);
    axn_buffer_free(&output);
}

static void children_die_with_their_parent(void)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(NULL);
    pid_t parent = fork();
    if (parent == 0) {
        axn_child child;
        pid_t number = -1;
        if (axn_child_start(RUN("sleep", "60"), NULL, &child, NULL) == AXN_OK)
            number = child.pid;
        if (write(ends[1], &number, sizeof number) != (ssize_t)sizeof number)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    pid_t child = -1;
    CU_ASSERT_EQUAL(read(ends[0], &child, sizeof child), (ssize_t)sizeof child);
    CU_ASSERT_EQUAL(waitpid(parent, NULL, 0), parent);
    CU_ASSERT_FATAL(child > 1);
    CU_ASSERT_TRUE(is_gone(child));
    close(ends[0]);
    close(ends[1]);
}

/* In a child of ours, whose child sends it the Ctrl-C. */
static void interrupts_end_the_child(void)
{
    double start = axn_seconds();
    fflush(NULL);
    pid_t parent = fork();
    if (parent == 0) {
        axn_error error = {0};
        axn_interrupt_install();
        axn_status status =
            axn_process_run(RUN("sh", "-c", "kill -INT $PPID; sleep 60"), NULL, &error);
        _exit(status == AXN_ERROR_INTERRUPTED && strcmp(error.message, "interrupted") == 0 ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(parent, &status, 0), parent);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT(axn_seconds() - start < 30.0);
}

static void conversations_work(void)
{
    axn_error error = {0};
    axn_child child;
    char answer[6] = "";
    AXN_REQUIRE_OK(axn_child_start(RUN("cat"), NULL, &child, &error), error);
    AXN_CHECK_OK(axn_child_write(&child, "hello", 5, "cat", &error), error);
    CU_ASSERT_EQUAL(read(child.from, answer, 5), 5);
    CU_ASSERT_STRING_EQUAL(answer, "hello");
    AXN_CHECK_OK(axn_child_finish(&child, "cat", &error), error);
    CU_ASSERT(child.pid == -1 && child.to == -1 && child.from == -1);
    AXN_REQUIRE_OK(axn_child_start(RUN("sh", "-c", "exit 3"), NULL, &child, &error), error);
    AXN_CHECK_FAILS(axn_child_finish(&child, "sh", &error), error, AXN_ERROR_TOOL,
                    "\"sh\" failed with exit status 3");
    AXN_REQUIRE_OK(axn_child_start(RUN("sleep", "60"), NULL, &child, &error), error);
    pid_t pid = child.pid;
    axn_child_kill(&child);
    CU_ASSERT(kill(pid, 0) == -1 && errno == ESRCH);
}

static void writing_to_a_dead_child_is_an_error(void)
{
    static const char bytes[1 << 17];
    axn_error error = {0};
    axn_child child;
    AXN_REQUIRE_OK(axn_child_start(RUN("true"), NULL, &child, &error), error);
    AXN_CHECK_FAILS(axn_child_write(&child, bytes, sizeof bytes, "true", &error), error,
                    AXN_ERROR_TOOL, "cannot write to \"true\": Broken pipe");
    axn_child_kill(&child);
}

/* In a child only; what it asks for beyond the limit it does not get. */
static void memory_can_be_limited(void)
{
    axn_error error = {0};
    axn_buffer output = {0};
    axn_process_options options = {.output = &output, .memory = (size_t)1 << 30};
    AXN_CHECK_OK(axn_process_run(RUN("sh", "-c", "ulimit -v; ulimit -c"), &options, &error), error);
    CU_ASSERT_STRING_EQUAL(output.data, "1048576\n0\n");
    axn_buffer_clear(&output);
    CU_ASSERT_EQUAL(
        axn_process_run(RUN("sh", "-c", "head -c 2G /dev/zero | tail -n 1"), &options, NULL),
        AXN_ERROR_TOOL);
    axn_buffer_free(&output);
}

static long open_files(void)
{
    char **names;
    size_t count = 0;
    if (axn_folder_list("/proc/self/fd", "", &names, &count, NULL) == AXN_OK)
        axn_names_free(names, count);
    return (long)count;
}

static void no_descriptor_is_left_open(void)
{
    axn_process_options options = {.input = "x"};
    long before = open_files();
    CU_ASSERT_EQUAL(axn_process_run(RUN("cat"), &options, NULL), AXN_OK);
    CU_ASSERT_EQUAL(axn_process_run(RUN("false"), NULL, NULL), AXN_ERROR_TOOL);
    CU_ASSERT_EQUAL(axn_process_run(RUN("/no/such"), NULL, NULL), AXN_ERROR_TOOL);
    axn_child child;
    CU_ASSERT_EQUAL(axn_child_start(RUN("cat"), NULL, &child, NULL), AXN_OK);
    axn_child_kill(&child);
    CU_ASSERT_EQUAL(open_files(), before);
}

AXN_TEST_MAIN("processes", {"output is collected", output_is_collected},
              {"arguments are not interpreted", arguments_are_not_interpreted},
              {"large input passes through", large_input_passes_through},
              {"missing programs are named", missing_programs_are_named},
              {"failures show the last lines", failures_show_the_last_lines},
              {"a time-out ends the whole group", time_out_ends_the_whole_group},
              {"forgotten grandchildren do not block", forgotten_grandchildren_do_not_block},
              {"children die with their parent", children_die_with_their_parent},
              {"interrupts end the child", interrupts_end_the_child},
              {"conversations work", conversations_work},
              {"writing to a dead child is an error", writing_to_a_dead_child_is_an_error},
              {"memory can be limited", memory_can_be_limited},
              {"no descriptor is left open", no_descriptor_is_left_open})
