/* Files and folders: whole or not at all. */
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void paths_join(void)
{
    axn_error error = {0};
    char path[AXN_PATH_MAX], longest[AXN_PATH_MAX];
    AXN_CHECK_OK(axn_path_join(path, "a/b", "c", &error), error);
    CU_ASSERT_STRING_EQUAL(path, "a/b/c");
    AXN_CHECK_OK(axn_path_join(path, path, "d", &error), error);
    CU_ASSERT_STRING_EQUAL(path, "a/b/c/d");
    AXN_CHECK_OK(axn_path_join(path, "a/", "c", &error), error);
    CU_ASSERT_STRING_EQUAL(path, "a/c");
    AXN_CHECK_OK(axn_path_join(path, "a", "/c", &error), error);
    CU_ASSERT_STRING_EQUAL(path, "/c");
    CU_ASSERT_STRING_EQUAL(axn_path_base("a/b.v"), "b.v");
    CU_ASSERT_STRING_EQUAL(axn_path_base("b.v"), "b.v");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    AXN_CHECK_FAILS(axn_path_join(path, longest, "y", &error), error, AXN_ERROR_LIMIT, "longer");
}

static size_t entries(const char *folder)
{
    axn_error error = {0};
    char **names;
    size_t count;
    AXN_REQUIRE_OK(axn_folder_list(folder, "", &names, &count, &error), error);
    axn_names_free(names, count);
    return count;
}

static void check_content(const char *path, const char *expected)
{
    axn_error error = {0};
    axn_buffer text = {0};
    AXN_REQUIRE_OK(axn_file_read(path, 1000, &text, &error), error);
    CU_ASSERT_STRING_EQUAL(text.data, expected);
    axn_buffer_free(&text);
}

static void writing_replaces_whole_files(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX], link[AXN_PATH_MAX];
    struct stat info;
    axn_check_folder(folder);
    axn_check_path(path, folder, "file");
    axn_check_path(link, folder, "link");
    AXN_CHECK_OK(axn_file_write(path, "first", 5, &error), error);
    check_content(path, "first");
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    AXN_CHECK_OK(axn_file_write(path, "", 0, &error), error);
    check_content(path, "");
    CU_ASSERT_EQUAL(stat(path, &info), 0);
    CU_ASSERT_EQUAL(info.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(symlink("file", link), 0);
    AXN_CHECK_OK(axn_file_write(link, "second", 6, &error), error);
    check_content(path, "second");
    CU_ASSERT(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    CU_ASSERT_EQUAL(entries(folder), 2);
    axn_check_folder_remove(folder);
    CU_ASSERT_FALSE(axn_path_exists(folder));
}

static void devices_are_written_in_place(void)
{
    axn_error error = {0};
    struct stat info;
    AXN_CHECK_OK(axn_file_write("/dev/null", "x", 1, &error), error);
    CU_ASSERT(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    AXN_CHECK_FAILS(axn_file_write("/dev/full", "x", 1, &error), error, AXN_ERROR_IO,
                    "cannot write \"/dev/full\": No space left on device");
}

/* In a child, whose files may not grow beyond 4 KiB: the write breaks half-way. */
static void a_full_disk_leaves_the_old_file(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(folder);
    axn_check_path(path, folder, "file");
    AXN_CHECK_OK(axn_file_write(path, "old", 3, &error), error);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        static char bytes[1 << 16];
        const struct rlimit limit = {4096, 4096};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        axn_status status = axn_file_write(path, bytes, sizeof bytes, &error);
        bool told = strstr(error.message, "file\": File too large") != NULL;
        _exit(status == AXN_ERROR_IO && told ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_content(path, "old");
    CU_ASSERT_EQUAL(entries(folder), 1);
    axn_check_folder_remove(folder);
}

static void impossible_targets_are_named(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX], below[AXN_PATH_MAX];
    axn_check_folder(folder);
    axn_check_path(path, folder, "file");
    axn_check_path(below, path, "x");
    AXN_CHECK_OK(axn_file_write(path, "old", 3, &error), error);
    AXN_CHECK_FAILS(axn_file_write(folder, "x", 1, &error), error, AXN_ERROR_IO, "is a folder");
    AXN_CHECK_FAILS(axn_file_write(below, "x", 1, &error), error, AXN_ERROR_IO, below);
    AXN_CHECK_FAILS(axn_folder_create(below, &error), error, AXN_ERROR_IO, "Not a directory");
    AXN_CHECK_FAILS(axn_folder_prepare(path, true, &error), error, AXN_ERROR_EXISTS,
                    "is a file, not a folder");
    axn_check_path(below, folder, "missing/x");
    AXN_CHECK_FAILS(axn_file_write(below, "x", 1, &error), error, AXN_ERROR_IO,
                    "No such file or directory");
    if (geteuid() != 0) {
        CU_ASSERT_EQUAL(chmod(folder, 0500), 0);
        axn_check_path(below, folder, "new");
        AXN_CHECK_FAILS(axn_file_write(below, "x", 1, &error), error, AXN_ERROR_IO, "denied");
        AXN_CHECK_FAILS(axn_folder_prepare(folder, true, &error), error, AXN_ERROR_IO, "denied");
        CU_ASSERT_EQUAL(chmod(folder, 0700), 0);
    }
    CU_ASSERT_EQUAL(entries(folder), 1);
    axn_check_folder_remove(folder);
}

static void reading_is_bounded(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_check_folder(folder);
    axn_check_path(path, folder, "file");
    AXN_CHECK_OK(axn_file_write(path, "0123456789", 10, &error), error);
    AXN_CHECK_OK(axn_file_read(path, 10, &text, &error), error);
    CU_ASSERT_EQUAL(text.length, 10);
    AXN_CHECK_FAILS(axn_file_read(path, 9, &text, &error), error, AXN_ERROR_LIMIT, path);
    CU_ASSERT_EQUAL(text.length, 0);
    AXN_CHECK_FAILS(axn_file_read(folder, 9, &text, &error), error, AXN_ERROR_IO, "is a folder");
    axn_check_path(path, folder, "none");
    AXN_CHECK_FAILS(axn_file_read(path, 9, &text, &error), error, AXN_ERROR_IO,
                    "none\": No such file or directory");
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    AXN_CHECK_FAILS(axn_file_read(path, 9, &text, &error), error, AXN_ERROR_IO,
                    "not a regular file");
    axn_buffer_free(&text);
    axn_check_folder_remove(folder);
}

static void folders_are_prepared(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX], file[AXN_PATH_MAX];
    axn_check_folder(folder);
    axn_check_path(path, folder, "a/b/c/");
    AXN_CHECK_OK(axn_folder_check(path, false, &error), error);
    CU_ASSERT_FALSE(axn_path_exists(path));
    AXN_CHECK_OK(axn_folder_prepare(path, false, &error), error);
    CU_ASSERT_TRUE(axn_path_is_folder(path));
    AXN_CHECK_OK(axn_folder_prepare(path, false, &error), error);
    axn_check_path(file, path, "x");
    AXN_CHECK_OK(axn_file_write(file, "1", 1, &error), error);
    AXN_CHECK_FAILS(axn_folder_prepare(path, false, &error), error, AXN_ERROR_EXISTS, "--force");
    AXN_CHECK_FAILS(axn_folder_check(path, false, &error), error, AXN_ERROR_EXISTS, "--force");
    AXN_CHECK_FAILS(axn_folder_check(file, true, &error), error, AXN_ERROR_EXISTS, "is a file");
    AXN_CHECK_OK(axn_folder_prepare(path, true, &error), error);
    check_content(file, "1");
    axn_check_folder_remove(folder);
}

static void listing_is_sorted_and_filtered(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    static const char *const files[] = {"b.v", "a.v", "c.json", "B.v", ".v"};
    char **names;
    size_t count;
    axn_check_folder(folder);
    for (int i = 0; i < 5; i++) {
        axn_check_path(path, folder, files[i]);
        AXN_CHECK_OK(axn_file_write(path, "", 0, &error), error);
    }
    AXN_REQUIRE_OK(axn_folder_list(folder, ".v", &names, &count, &error), error);
    CU_ASSERT_EQUAL_FATAL(count, 4);
    CU_ASSERT_STRING_EQUAL(names[0], ".v");
    CU_ASSERT_STRING_EQUAL(names[1], "B.v");
    CU_ASSERT_STRING_EQUAL(names[3], "b.v");
    axn_names_free(names, count);
    axn_check_path(path, folder, "none");
    AXN_CHECK_FAILS(axn_folder_list(path, "", &names, &count, &error), error, AXN_ERROR_IO, path);
    axn_check_folder_remove(folder);
}

static void removal_does_not_follow_links(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], kept[AXN_PATH_MAX], file[AXN_PATH_MAX], link[AXN_PATH_MAX];
    axn_check_folder(folder);
    axn_check_folder(kept);
    axn_check_path(file, kept, "file");
    axn_check_path(link, folder, "link");
    AXN_CHECK_OK(axn_file_write(file, "1", 1, &error), error);
    CU_ASSERT_EQUAL(symlink(kept, link), 0);
    axn_check_folder_remove(folder);
    check_content(file, "1");
    axn_check_folder_remove(kept);
    AXN_CHECK_FAILS(axn_folder_remove("/", &error), error, AXN_ERROR_USAGE, "refusing");
}

static void the_programs_own_files_are_found(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    AXN_CHECK_OK(axn_program_executable(path, &error), error);
    CU_ASSERT_PTR_NOT_NULL(strstr(path, "test_common_file"));
    axn_check_folder(folder);
    CU_ASSERT_EQUAL(setenv("AXNAS_HOME", folder, 1), 0);
    AXN_CHECK_FAILS(axn_program_path(path, "rtl_lib", &error), error, AXN_ERROR_NOT_FOUND,
                    "AXNAS_HOME");
    axn_check_path(path, folder, "rtl_lib");
    AXN_CHECK_OK(axn_folder_create(path, &error), error);
    AXN_CHECK_OK(axn_program_path(path, "rtl_lib", &error), error);
    CU_ASSERT_EQUAL(strncmp(path, folder, strlen(folder)), 0);
    CU_ASSERT_EQUAL(unsetenv("AXNAS_HOME"), 0);
    AXN_CHECK_FAILS(axn_program_path(path, "no_such_thing", &error), error, AXN_ERROR_NOT_FOUND,
                    "no_such_thing");
    axn_check_folder_remove(folder);
}

AXN_TEST_MAIN("files", {"paths join", paths_join},
              {"writing replaces whole files", writing_replaces_whole_files},
              {"devices are written in place", devices_are_written_in_place},
              {"a full disk leaves the old file", a_full_disk_leaves_the_old_file},
              {"impossible targets are named", impossible_targets_are_named},
              {"reading is bounded", reading_is_bounded},
              {"folders are prepared", folders_are_prepared},
              {"listing is sorted and filtered", listing_is_sorted_and_filtered},
              {"removal does not follow links", removal_does_not_follow_links},
              {"the program's own files are found", the_programs_own_files_are_found})
