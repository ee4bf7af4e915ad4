/* Errors, memory, text, threads, interrupts, progress. */
#include "tests/check.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/interrupt.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "common/progress.h"

static void errors_keep_status_and_message(void)
{
    axn_error error = {0};
    CU_ASSERT_EQUAL(axn_fail(NULL, AXN_ERROR_IO, "x"), AXN_ERROR_IO);
    CU_ASSERT_EQUAL(axn_fail(&error, AXN_ERROR_FORMAT, "line %d", 7), AXN_ERROR_FORMAT);
    CU_ASSERT_EQUAL(axn_error_prefix(&error, "file \"%s\"", "a"), AXN_ERROR_FORMAT);
    CU_ASSERT_STRING_EQUAL(error.message, "file \"a\": line 7");
    errno = ENOENT;
    CU_ASSERT_EQUAL(axn_fail_errno(&error, AXN_ERROR_IO, "cannot open \"b\""), AXN_ERROR_IO);
    CU_ASSERT_STRING_EQUAL(error.message, "cannot open \"b\": No such file or directory");
    axn_fail(&error, AXN_ERROR_IO, "%s, %s", error.message, "sorry");
    CU_ASSERT_STRING_EQUAL(error.message, "cannot open \"b\": No such file or directory, sorry");
    for (int i = 0; i < 200; i++)
        axn_error_prefix(&error, "a long prefix %d", i);
    CU_ASSERT_EQUAL(strlen(error.message), sizeof error.message - 1);
    CU_ASSERT_EQUAL(strncmp(error.message, "a long prefix 199: a long prefix 198", 36), 0);
}

static void allocation_is_checked(void)
{
    axn_error error = {0};
    uint32_t *numbers;
    AXN_REQUIRE_OK(axn_allocate(&numbers, 1000, sizeof *numbers, "numbers", &error), error);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL(numbers[i], 0);
    free(numbers);
    AXN_CHECK_OK(axn_allocate(&numbers, 0, sizeof *numbers, "numbers", &error), error);
    CU_ASSERT_PTR_NOT_NULL(numbers);
    free(numbers);
    AXN_CHECK_FAILS(axn_allocate(&numbers, SIZE_MAX / 2, 4, "numbers", &error), error,
                    AXN_ERROR_MEMORY, "numbers");
    CU_ASSERT_PTR_NULL(numbers);
    AXN_CHECK_FAILS(axn_allocate_aligned(&numbers, SIZE_MAX - 8, 1, "numbers", &error), error,
                    AXN_ERROR_MEMORY, "numbers");
    for (size_t count = 0; count < 200; count += 33) {
        AXN_CHECK_OK(axn_allocate_aligned(&numbers, count, 1, "numbers", &error), error);
        CU_ASSERT_EQUAL((uintptr_t)numbers % 64, 0);
        free(numbers);
    }
}

static void growing_keeps_and_zeroes(void)
{
    axn_error error = {0};
    int *numbers = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        AXN_REQUIRE_OK(axn_grow(&numbers, &capacity, i + 1, sizeof *numbers, "numbers", &error),
                       error);
        CU_ASSERT_EQUAL(numbers[i], 0);
        numbers[i] = (int)i + 1;
    }
    CU_ASSERT(capacity >= 1000 && capacity < 4000);
    CU_ASSERT(numbers[0] == 1 && numbers[999] == 1000);
    AXN_CHECK_FAILS(axn_grow(&numbers, &capacity, SIZE_MAX, sizeof *numbers, "numbers", &error),
                    error, AXN_ERROR_MEMORY, "numbers");
    CU_ASSERT_EQUAL(numbers[999], 1000);
    free(numbers);
}

static void text_grows(void)
{
    axn_buffer text = {0}, expected = {0};
    for (int i = 0; i < 1000; i++)
        axn_buffer_format(&text, "%d,", i);
    CU_ASSERT_FALSE(text.failed);
    CU_ASSERT_EQUAL(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    CU_ASSERT_STRING_EQUAL(text.data + text.length - 8, "998,999,");
    axn_buffer_clear(&text);
    CU_ASSERT_STRING_EQUAL(text.data, "");
    axn_buffer_append(&text, "a\0b", 3);
    axn_buffer_text(&text, "c");
    CU_ASSERT(text.length == 4 && memcmp(text.data, "a\0bc", 5) == 0);
    axn_buffer_free(&text);
    axn_buffer_append(&text, "x", SIZE_MAX - 1);
    axn_buffer_text(&text, "after a failure nothing is appended");
    CU_ASSERT(text.failed && text.length == 0);
    axn_buffer_free(&text);
    axn_buffer_free(&expected);
}

typedef struct counts {
    int parts[1000];
    long threads[8];
} counts;

static void count_part(void *context, int part, int thread)
{
    counts *all = context;
    all->parts[part]++;
    all->threads[thread]++;
}

static void every_part_runs_once(void)
{
    for (int threads = 1; threads <= 8; threads++) {
        axn_error error = {0};
        axn_pool *pool;
        counts all = {0};
        long sum = 0;
        AXN_REQUIRE_OK(axn_pool_create(threads, &pool, &error), error);
        CU_ASSERT_EQUAL(axn_pool_threads(pool), threads);
        for (int round = 0; round < 200; round++)
            axn_pool_run(pool, round * 5, count_part, &all);
        for (int i = 0; i < 1000; i++)
            CU_ASSERT_EQUAL(all.parts[i], 199 - i / 5);
        for (int i = 0; i < 8; i++) {
            CU_ASSERT(i < threads || all.threads[i] == 0);
            sum += all.threads[i];
        }
        CU_ASSERT_EQUAL(sum, 5 * 199 * 100);
        axn_pool_destroy(pool);
    }
}

static void thread_counts_are_checked(void)
{
    axn_error error = {0};
    axn_pool *pool;
    CU_ASSERT(axn_processors() >= 1);
    AXN_REQUIRE_OK(axn_pool_create(0, &pool, &error), error);
    CU_ASSERT_EQUAL(axn_pool_threads(pool), axn_processors());
    axn_pool_destroy(pool);
    AXN_CHECK_FAILS(axn_pool_create(-1, &pool, &error), error, AXN_ERROR_USAGE, "-1 threads");
    AXN_CHECK_FAILS(axn_pool_create(100000, &pool, &error), error, AXN_ERROR_USAGE,
                    "100000 threads");
}

/* In a child: the first signal is a flag, the second one ends the process. */
static void interrupts_are_polled(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        axn_error error = {0};
        axn_interrupt_install();
        if (axn_interrupt_check(&error) != AXN_OK || raise(SIGINT) != 0 || !axn_interrupted() ||
            axn_interrupt_check(&error) != AXN_ERROR_INTERRUPTED)
            _exit(1);
        raise(SIGINT);
        _exit(2);
    }
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

/* What progress prints when standard error is a file. */
static void show_progress(bool quiet, long total, axn_buffer *text)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_check_folder(folder);
    axn_check_path(path, folder, "stderr");
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (freopen(path, "w", stderr) == NULL)
            _exit(1);
        axn_progress progress;
        axn_progress_set_quiet(quiet);
        axn_progress_start(&progress, "training", total);
        for (long i = 0; i <= 1000; i++)
            axn_progress_update(&progress, i, "loss 1");
        axn_progress_end(&progress, NULL);
        axn_message("%s", "a message");
        fflush(stderr);
        _exit(0);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_file_read(path, 100000, text, &error), error);
    axn_check_folder_remove(folder);
}

static void progress_is_plain_lines_in_a_file(void)
{
    axn_buffer text = {0};
    int lines = 0;
    show_progress(false, 1000, &text);
    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    CU_ASSERT_EQUAL(lines, 12);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "training: 50 %  loss 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "a message\n"));
    CU_ASSERT_PTR_NULL(strchr(text.data, '\r'));
    show_progress(true, 1000, &text);
    CU_ASSERT_EQUAL(text.length, 0);
    show_progress(false, 0, &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "training: done"));
    axn_buffer_free(&text);
}

static void words_are_as_a_shell_takes_them(void)
{
    static const struct {
        const char *text, *word;
    } cases[] = {{"plain_1.v", "plain_1.v"}, {"", "''"},
                 {"a b", "'a b'"},           {"it's", "'it'\\''s'"},
                 {"$(x);`y`", "'$(x);`y`'"}, {"two\nlines\x7f", "'two?lines?'"},
                 {"~/file", "'~/file'"},     {"-o", "-o"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_buffer word = {0};
        axn_buffer_word(&word, cases[i].text);
        CU_ASSERT_STRING_EQUAL(word.data, cases[i].word);
        axn_buffer_free(&word);
    }
}

AXN_TEST_MAIN("basics", {"errors keep status and message", errors_keep_status_and_message},
              {"allocation is checked", allocation_is_checked},
              {"growing keeps and zeroes", growing_keeps_and_zeroes}, {"text grows", text_grows},
              {"words are as a shell takes them", words_are_as_a_shell_takes_them},
              {"every part runs once", every_part_runs_once},
              {"thread counts are checked", thread_counts_are_checked},
              {"interrupts are polled", interrupts_are_polled},
              {"progress is plain lines in a file", progress_is_plain_lines_in_a_file})
