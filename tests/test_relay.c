/* Workers of other ranks: pipes take the place of MPI, processes are real ones. This
 * program is also the rank (`test_relay rank`) and the worker (`test_relay worker`). */
#include <poll.h>
#include <signal.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "common/process.h"
#include "nas/relay.h"
#include "nas/settings.h"
#include "nas/worker.h"
#include "tests/search_fixture.h"

#define RANKS 3
#define WORKERS 2 /* a rank */

/* ---- messages over pipes: four bytes of length, then the message ---- */

typedef struct pipes {
    int from[RANKS], to[RANKS]; /* -1 = none */
    axn_child children[RANKS];
} pipes;

static void write_all(int file, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(file, at, length);
        if (written < 0) {
            return;
        }
        at += written;
        length -= (size_t)written;
    }
}

static bool read_all(int file, void *bytes, size_t length)
{
    char *at = bytes;
    while (length > 0) {
        ssize_t got = read(file, at, length);
        if (got <= 0) {
            return false;
        }
        at += got;
        length -= (size_t)got;
    }
    return true;
}

static axn_status pipe_send(void *context, int to, const void *bytes, size_t length,
                            axn_error *error)
{
    pipes *p = context;
    uint32_t size = (uint32_t)length;
    (void)error;
    write_all(p->to[to], &size, sizeof size);
    write_all(p->to[to], bytes, length);
    return AXN_OK;
}

static axn_status pipe_receive(void *context, int *from, axn_buffer *message, axn_error *error)
{
    pipes *p = context;
    *from = -1;
    for (int rank = 0; rank < RANKS; rank++) {
        struct pollfd file = {.fd = p->from[rank], .events = POLLIN};
        uint32_t size = 0;
        char bytes[1 << 16];
        if (file.fd < 0 || poll(&file, 1, 0) <= 0) {
            continue;
        }
        axn_buffer_clear(message);
        if (!read_all(file.fd, &size, sizeof size)) {
            return axn_fail(error, AXN_ERROR_IO, "rank %d is gone", rank);
        }
        while (size > 0) {
            uint32_t part = size < sizeof bytes ? size : (uint32_t)sizeof bytes;
            if (!read_all(file.fd, bytes, part)) {
                return axn_fail(error, AXN_ERROR_IO, "rank %d is gone", rank);
            }
            axn_buffer_append(message, bytes, part);
            size -= part;
        }
        *from = rank;
        return AXN_OK;
    }
    return AXN_OK;
}

static axn_ranks ranks_over(pipes *p, int self)
{
    return (axn_ranks){
        .count = RANKS, .self = self, .context = p, .send = pipe_send, .receive = pipe_receive};
}

static int run_rank(void)
{
    char program[AXN_PATH_MAX];
    const char *argv[] = {program, "worker", NULL};
    axn_error error = {0};
    pipes p = {.from = {STDIN_FILENO, -1, -1}, .to = {STDOUT_FILENO, -1, -1}};
    const axn_ranks ranks = ranks_over(&p, 1);
    axn_interrupt_install();
    return axn_program_executable(program, &error) == AXN_OK &&
                   axn_relay_serve(&ranks, argv, &error) == AXN_OK
               ? 0
               : 1;
}

/* ---- worker ---- */

typedef struct worker_state {
    char folder[AXN_PATH_MAX]; /* marks of candidates tried */
    int64_t deadly, fatal;     /* candidates that kill: once, always; -1 = none */
} worker_state;

static axn_status worker_setup(void *context, const cJSON *setup, axn_error *error)
{
    worker_state *state = context;
    const char *folder = NULL;
    bool broken = false;
    axn_status status = axn_json_string(setup, "folder", &folder, "setup", error);
    if (status == AXN_OK) {
        status = axn_json_integer(setup, "deadly", -1, 1000, &state->deadly, "setup", error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(setup, "fatal", -1, 1000, &state->fatal, "setup", error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(setup, "broken", &broken, "setup", error);
    }
    if (status == AXN_OK && broken) {
        status = axn_fail(error, AXN_ERROR_IO, "images.gz: cannot be read");
    }
    snprintf(state->folder, sizeof state->folder, "%s", folder != NULL ? folder : "");
    return status;
}

static axn_status worker_evaluate(void *context, const axn_job *job, axn_outcome *outcome,
                                  axn_error *error)
{
    const worker_state *state = context;
    char path[AXN_PATH_MAX];
    if (job->id == state->fatal) {
        raise(SIGKILL);
    }
    axn_status status = axn_path_join(path, state->folder, "died", error);
    if (status == AXN_OK && job->id == state->deadly && !axn_path_exists(path)) {
        (void)axn_file_write(path, "", 0, error);
        raise(SIGKILL);
    }
    usleep(1000); /* so that no rank does it all */
    synthetic_outcome(job, outcome);
    return status;
}

static int run_worker(void)
{
    static worker_state state;
    axn_error error = {0};
    const axn_worker_handler handler = {&state, worker_setup, worker_evaluate};
    return axn_worker_serve(STDIN_FILENO, STDOUT_FILENO, &handler, &error) == AXN_OK ? 0 : 1;
}

/* ---- a search on three ranks ---- */

typedef struct team {
    char program[AXN_PATH_MAX];
    const char *argv[3]; /* of a worker */
    char marks[AXN_PATH_MAX];
    pipes p;
    axn_ranks ranks;
    axn_farm *farm;
} team;

static cJSON *make_setup(const char *marks, int deadly, int fatal, bool broken)
{
    cJSON *setup = cJSON_CreateObject();
    cJSON_AddStringToObject(setup, "folder", marks);
    cJSON_AddNumberToObject(setup, "deadly", deadly);
    cJSON_AddNumberToObject(setup, "fatal", fatal);
    cJSON_AddBoolToObject(setup, "broken", broken);
    return setup;
}

/* Rank 0 with no more than one worker; `broken` are the workers of rank 2. */
static void open_team(team *t, int deadly, int fatal, bool broken)
{
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_program_executable(t->program, &error), error);
    t->argv[0] = t->program;
    t->argv[1] = "worker";
    t->argv[2] = NULL;
    axn_check_folder(t->marks);
    const char *rank_argv[] = {t->program, "rank", NULL};
    t->p.from[0] = t->p.to[0] = -1;
    for (int i = 1; i < RANKS; i++) {
        AXN_REQUIRE_OK(axn_child_start(rank_argv, NULL, &t->p.children[i], &error), error);
        t->p.from[i] = t->p.children[i].from;
        t->p.to[i] = t->p.children[i].to;
    }
    t->ranks = ranks_over(&t->p, 0);
    cJSON *setup = make_setup(t->marks, deadly, fatal, false);
    AXN_REQUIRE_OK(axn_farm_create(t->argv, 1, setup, &t->farm, &error), error);
    cJSON_Delete(setup);
    for (int i = 1; i < RANKS; i++) {
        setup = make_setup(t->marks, deadly, fatal, broken && i == 2);
        AXN_REQUIRE_OK(axn_farm_add_rank(t->farm, &t->ranks, i, i == 1 ? "one" : "two", WORKERS,
                                         setup, &error),
                       error);
        cJSON_Delete(setup);
    }
    CU_ASSERT_EQUAL(axn_farm_workers(t->farm), 1 + (RANKS - 1) * WORKERS);
}

static void close_team(team *t)
{
    axn_error error = {0};
    axn_farm_free(t->farm);
    axn_relay_stop(&t->ranks);
    for (int i = 1; i < RANKS; i++) {
        AXN_CHECK_OK(axn_child_finish(&t->p.children[i], "rank", &error), error);
    }
    axn_check_folder_remove(t->marks);
}

static axn_status search_with(team *t, const char *folder, axn_error *error)
{
    axn_evaluator farmed = axn_farm_evaluator(t->farm);
    return fixture_run(folder, AXN_RUN_NEW, 7, &farmed, error);
}

static synthetic fast;
static const axn_evaluator here = {&fast, synthetic_evaluate};

static void ranks_and_deaths_do_not_matter(void)
{
    char whole[AXN_PATH_MAX];
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(whole);
    AXN_REQUIRE_OK(fixture_run(whole, AXN_RUN_NEW, 7, &here, &error), error);
    for (int deadly = -1; deadly <= 17; deadly += 9) {
        team t = {0};
        axn_check_folder(folder);
        open_team(&t, deadly, -1, false);
        AXN_CHECK_OK(search_with(&t, folder, &error), error);
        close_team(&t);
        CU_ASSERT_TRUE(same_runs(whole, folder));
        axn_check_folder_remove(folder);
    }
    axn_check_folder_remove(whole);
}

static void a_candidate_that_kills_twice_is_lost(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    team t = {0};
    axn_check_folder(folder);
    open_team(&t, -1, 3, false);
    AXN_CHECK_OK(search_with(&t, folder, &error), error);
    close_team(&t);
    axn_buffer archive = run_bytes(folder, "archive.jsonl");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(archive.data != NULL ? archive.data : "", "its worker died twice"));
    axn_buffer_free(&archive);
    axn_check_folder_remove(folder);
}

static void an_error_names_rank_and_host(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    team t = {0};
    axn_check_folder(folder);
    open_team(&t, -1, -1, true);
    AXN_CHECK_FAILS(search_with(&t, folder, &error), error, AXN_ERROR_IO,
                    "rank 2 on two: images.gz: cannot be read");
    close_team(&t);
    axn_check_folder_remove(folder);
}

static void a_second_search_follows_a_failed_one(void)
{
    char folder[AXN_PATH_MAX];
    char again[AXN_PATH_MAX];
    axn_error error = {0};
    team t = {0};
    synthetic stopping = {.stop_after = 4};
    const axn_evaluator stopped = {&stopping, synthetic_evaluate};
    axn_check_folder(folder);
    axn_check_folder(again);
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_NEW, 7, &stopped, &error), error,
                    AXN_ERROR_INTERRUPTED, "stopped");
    open_team(&t, -1, -1, false);
    axn_evaluator farmed = axn_farm_evaluator(t.farm);
    AXN_CHECK_OK(fixture_run(folder, AXN_RUN_RESUME, 7, &farmed, &error), error);
    AXN_CHECK_OK(fixture_run(again, AXN_RUN_NEW, 7, &farmed, &error), error);
    close_team(&t);
    CU_ASSERT_TRUE(same_runs(folder, again));
    axn_check_folder_remove(folder);
    axn_check_folder_remove(again);
}

static void a_rank_that_is_stopped_stops_the_search(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    team t = {0};
    axn_check_folder(folder);
    open_team(&t, -1, -1, false);
    /* A signal that came before its handler would be no message. */
    axn_rank_card cards[RANKS] = {0};
    AXN_CHECK_OK(axn_relay_find_file(&t.ranks, cards, folder, &error), error);
    kill(t.p.children[2].pid, SIGTERM);
    AXN_CHECK_FAILS(search_with(&t, folder, &error), error, AXN_ERROR_INTERRUPTED, "interrupted");
    close_team(&t);
    axn_check_folder_remove(folder);
}

static void a_rank_without_the_folder_is_named(void)
{
    axn_error error = {0};
    team t = {0};
    axn_rank_card cards[RANKS] = {{.host = "zero"}, {.host = "one"}, {.host = "one"}};
    open_team(&t, -1, -1, false);
    AXN_CHECK_OK(axn_relay_find_file(&t.ranks, cards, t.marks, &error), error);
    AXN_CHECK_FAILS(axn_relay_find_file(&t.ranks, cards, "/no/such/run", &error), error,
                    AXN_ERROR_USAGE, "on one does not see /no/such/run");
    close_team(&t);
}

/* ---- what ranks agree on ---- */

static axn_rank_card card_of(uint64_t machine, int level, int first, int count)
{
    axn_rank_card card = {.machine = machine, .level = level};
    for (int i = 0; i < count; i++) {
        CPU_SET((size_t)(first + i), &card.allowed);
    }
    return card;
}

static void processors_are_shared_out(void)
{
    axn_rank_card bound[] = {card_of(1, 0, 0, 4), card_of(1, 0, 4, 4), card_of(2, 0, 0, 4)};
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(axn_ranks_share(bound, 3, i), 4);
    }
    axn_rank_card free_ones[] = {card_of(1, 0, 0, 8), card_of(1, 0, 0, 8), card_of(2, 0, 0, 8)};
    CU_ASSERT_EQUAL(axn_ranks_share(free_ones, 3, 0), 4);
    CU_ASSERT_EQUAL(axn_ranks_share(free_ones, 3, 1), 4);
    CU_ASSERT_EQUAL(axn_ranks_share(free_ones, 3, 2), 8);
    axn_rank_card crowded[] = {card_of(1, 0, 0, 2), card_of(1, 0, 0, 2), card_of(1, 0, 0, 2)};
    CU_ASSERT_EQUAL(axn_ranks_share(crowded, 3, 1), 1);
    axn_rank_card partly[] = {card_of(1, 0, 0, 4), card_of(1, 0, 2, 4)};
    CU_ASSERT_EQUAL(axn_ranks_share(partly, 2, 0), 3);
}

static void the_lowest_class_counts(void)
{
    axn_rank_card cards[] = {card_of(1, 3, 0, 1), card_of(1, 2, 0, 1), card_of(2, 3, 0, 1)};
    CU_ASSERT_EQUAL(axn_ranks_lowest(cards, 3), 2);
    CU_ASSERT_EQUAL(axn_ranks_lowest(cards, 1), 3);
}

/* Rank 1 is like us, but for its program. */
static axn_status gather_stranger(void *context, const void *mine, size_t size, void *all,
                                  axn_error *error)
{
    axn_rank_card *cards = all;
    (void)error;
    memcpy(&cards[0], mine, size);
    memcpy(&cards[1], mine, size);
    snprintf(cards[1].host, sizeof cards[1].host, "elsewhere");
    cards[1].program ^= *(const uint64_t *)context;
    return AXN_OK;
}

static void another_build_is_refused(void)
{
    axn_error error = {0};
    axn_rank_card cards[2];
    uint64_t difference = 0;
    const axn_ranks ranks = {.count = 2, .context = &difference, .gather = gather_stranger};
    AXN_CHECK_OK(axn_ranks_meet(&ranks, 5, cards, &error), error);
    CU_ASSERT_EQUAL(cards[1].level, 5);
    CU_ASSERT_TRUE(CPU_COUNT(&cards[0].allowed) >= 1);
    CU_ASSERT_STRING_NOT_EQUAL(cards[0].host, "");
    difference = 1;
    AXN_CHECK_FAILS(axn_ranks_meet(&ranks, 5, cards, &error), error, AXN_ERROR_MISMATCH,
                    "rank 1 on elsewhere runs another build");
}

static void several_copies_without_mpi_are_refused(void)
{
    axn_error error = {0};
    axn_ranks ranks;
    setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
    setenv("SLURM_STEP_NUM_TASKS", "2", 1);
    CU_ASSERT_EQUAL(axn_ranks_launched(), 4);
    AXN_CHECK_FAILS(axn_ranks_start(&ranks, &error), error, AXN_ERROR_USAGE, "make MPI=1");
    setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
    AXN_CHECK_OK(axn_ranks_start(&ranks, &error), error);
    CU_ASSERT_EQUAL(ranks.count, 1);
    axn_ranks_finish(&ranks);
    unsetenv("OMPI_COMM_WORLD_SIZE");
    CU_ASSERT_EQUAL(axn_ranks_launched(), 2);
    unsetenv("SLURM_STEP_NUM_TASKS");
    CU_ASSERT_EQUAL(axn_ranks_launched(), 1);
}

static const axn_test tests[] = {
    {"ranks and deaths do not matter", ranks_and_deaths_do_not_matter},
    {"a candidate that kills twice is lost", a_candidate_that_kills_twice_is_lost},
    {"an error names rank and host", an_error_names_rank_and_host},
    {"a second search follows a stopped one", a_second_search_follows_a_failed_one},
    {"a rank that is stopped stops the search", a_rank_that_is_stopped_stops_the_search},
    {"a rank without the folder is named", a_rank_without_the_folder_is_named},
    {"processors are shared out", processors_are_shared_out},
    {"the lowest class counts", the_lowest_class_counts},
    {"another build is refused", another_build_is_refused},
    {"several copies without MPI are refused", several_copies_without_mpi_are_refused}};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "worker") == 0) {
        return run_worker();
    }
    if (argc > 1 && strcmp(argv[1], "rank") == 0) {
        return run_rank();
    }
    return axn_run_tests("relay", tests, sizeof tests / sizeof tests[0], argc > 1 ? argv[1] : NULL);
}
