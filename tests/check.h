/* What every test program here shares: a main that runs one CUnit suite, checks
 * that show an axn_error, and a temporary folder.
 *
 *     #include "tests/check.h"
 *
 *     static void adds(void) { CU_ASSERT_EQUAL(1 + 1, 2); }
 *
 *     AXN_TEST_MAIN("arithmetic", {"one and one are two", adds})
 *
 * The program prints CUnit's verbose summary and returns 0 if all tests passed. An
 * argument runs only the tests whose name contains it. */
#ifndef AXN_TESTS_CHECK_H
#define AXN_TESTS_CHECK_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/file.h"

typedef struct axn_test {
    const char *name; /* the fact it checks */
    void (*run)(void);
} axn_test;

/* `call` returns an axn_status and fills the axn_error `error`: passes when it is
 * AXN_OK, else shows the message. */
#define AXN_CHECK_OK(call, error)                                                                  \
    do {                                                                                           \
        if ((call) != AXN_OK) {                                                                    \
            fprintf(stderr, "\n    %s:%d: %s\n", __FILE__, __LINE__, (error).message);             \
            CU_FAIL(#call);                                                                        \
        } else {                                                                                   \
            CU_PASS(#call);                                                                        \
        }                                                                                          \
    } while (0)

/* The same, but leaves the test (for what all the rest depends on). */
#define AXN_REQUIRE_OK(call, error)                                                                \
    do {                                                                                           \
        if ((call) != AXN_OK) {                                                                    \
            fprintf(stderr, "\n    %s:%d: %s\n", __FILE__, __LINE__, (error).message);             \
            CU_FAIL_FATAL(#call);                                                                  \
            abort(); /* CUnit has left the test by a jump, which analysers do not see */           \
        }                                                                                          \
    } while (0)

/* Passes when `call` fails with `expected` and its message contains `part`. */
#define AXN_CHECK_FAILS(call, error, expected, part)                                               \
    do {                                                                                           \
        (error).message[0] = '\0';                                                                 \
        int axn_status_ = (int)(call);                                                             \
        if (axn_status_ != (int)(expected) || strstr((error).message, part) == NULL) {             \
            fprintf(stderr, "\n    %s:%d: status %d (expected %d), \"%s\" (expected \"%s\")\n",    \
                    __FILE__, __LINE__, axn_status_, (int)(expected), (error).message, part);      \
            CU_FAIL(#call);                                                                        \
        } else {                                                                                   \
            CU_PASS(#call);                                                                        \
        }                                                                                          \
    } while (0)

/* A fresh temporary folder in out[AXN_PATH_MAX]; leaves the test if impossible. */
static inline void axn_check_folder(char *out)
{
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_folder_temporary(out, &error), error);
}

/* Removes it and all in it. */
static inline void axn_check_folder_remove(const char *path)
{
    axn_error error = {0};
    AXN_CHECK_OK(axn_folder_remove(path, &error), error);
}

/* folder/name in out[AXN_PATH_MAX]. */
static inline void axn_check_path(char *out, const char *folder, const char *name)
{
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_path_join(out, folder, name, &error), error);
}

/* Writes folder/name; leaves the test if impossible. */
static inline void axn_check_write(const char *folder, const char *name, const char *text)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_path(path, folder, name);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &error), error);
}

static inline void axn_check_write_buffer(const char *folder, const char *name,
                                          const axn_buffer *text)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_path(path, folder, name);
    CU_ASSERT_FATAL(!text->failed);
    AXN_REQUIRE_OK(axn_file_write(path, text->data, text->length, &error), error);
}

static inline int axn_run_tests(const char *suite_name, const axn_test *tests, size_t count,
                                const char *only)
{
    if (CU_initialize_registry() != CUE_SUCCESS) {
        fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
        return 1;
    }
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    unsigned added = 0;
    for (size_t i = 0; suite != NULL && i < count; i++) {
        if (only != NULL && strstr(tests[i].name, only) == NULL)
            continue;
        if (CU_add_test(suite, tests[i].name, tests[i].run) == NULL) {
            suite = NULL;
            break;
        }
        added++;
    }
    if (suite == NULL) {
        fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
        CU_cleanup_registry();
        return 1;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_ErrorCode result = CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    unsigned ran = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return result == CUE_SUCCESS && failures == 0 && ran == added && added > 0 ? 0 : 1;
}

#define AXN_TEST_MAIN(suite, ...)                                                                  \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const axn_test axn_tests[] = {__VA_ARGS__};                                         \
        return axn_run_tests(suite, axn_tests, sizeof axn_tests / sizeof axn_tests[0],             \
                             argc > 1 ? argv[1] : NULL);                                           \
    }

#endif
