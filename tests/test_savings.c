/* Cheaper searches: successive halving, early termination, the screen of the error model. */
#include "nas/fidelity.h"
#include "tests/search_fixture.h"

#define EPOCHS 8

/* A trainer with learning curves, which notes what it was asked to do. */
typedef struct teacher {
    int stop_after; /* answers before an interruption, 0 = never */
    bool backwards;
    int answered;
    int epochs; /* trained in all */
    int ends[EPOCHS + 1];
} teacher;

static double accuracy_after(const axn_job *job, int epoch)
{
    axn_outcome last;
    axn_job whole = *job;
    synthetic_outcome(&whole, &last);
    double speed = 1.5 + job->stream % 7;
    return last.accuracy * (1 - exp(-(epoch + 1) / speed));
}

static axn_status teach(void *context, const axn_job *jobs, int count, axn_job_done *done,
                        void *done_context, axn_error *error)
{
    teacher *t = context;
    axn_status status = AXN_OK;
    for (int i = 0; i < count && status == AXN_OK; i++) {
        int number = t->backwards ? count - 1 - i : i;
        const axn_job *job = &jobs[number];
        axn_outcome outcome = {.kind = AXN_OUTCOME_OK};
        if (t->stop_after > 0 && t->answered == t->stop_after) {
            return axn_fail(error, AXN_ERROR_INTERRUPTED, "stopped");
        }
        for (int e = job->first_epoch; e < job->end_epoch && outcome.kind == AXN_OUTCOME_OK; e++) {
            outcome.accuracy = accuracy_after(job, e);
            t->epochs++;
            if (job->follow) {
                outcome.curve[outcome.curve_count++] = outcome.accuracy;
            }
            if (job->bar != NULL && outcome.accuracy < job->bar[e] && e + 1 < job->epochs) {
                outcome.kind = AXN_OUTCOME_STOPPED;
                snprintf(outcome.reason, sizeof outcome.reason, "stopped after epoch %d", e + 1);
            }
        }
        t->ends[job->end_epoch]++;
        t->answered++;
        status = done(done_context, number, &outcome, error);
    }
    return status;
}

static void open_search(search_fixture *f, int rungs, bool early)
{
    fixture_open(f, 4, 8, 10);
    f->search.rules.epochs = EPOCHS;
    f->search.rules.rungs = rungs;
    f->search.rules.halving_factor = 2;
    f->search.rules.early_termination = early;
    f->search.rules.early_margin = .05;
    f->search.rules.early_epochs = 2;
}

static void run_search(search_fixture *f, teacher *t)
{
    axn_error error = {0};
    const axn_evaluator evaluator = {t, teach};
    AXN_REQUIRE_OK(axn_search_run(&f->search, &evaluator, NULL, &error), error);
}

static void rungs_are_fair(void)
{
    search_fixture f;
    teacher t = {0};
    open_search(&f, 3, false);
    const int ends[] = {2, 4, 8};
    for (int rung = 0; rung < 3; rung++) {
        CU_ASSERT_EQUAL(axn_search_rung_epochs(&f.search.rules, rung), ends[rung]);
    }
    run_search(&f, &t);
    CU_ASSERT_EQUAL(t.ends[2] + t.ends[4] + t.ends[8], t.answered);
    int reached[4] = {0};
    for (int i = 0; i < f.search.finished; i++) {
        const axn_candidate *c = &f.search.candidates[i];
        CU_ASSERT_TRUE_FATAL(c->rung >= 1 && c->rung <= 3);
        CU_ASSERT_EQUAL(c->epochs, ends[c->rung - 1]);
        CU_ASSERT_EQUAL(c->training_age, c->epochs);
        CU_ASSERT_EQUAL(c->curve_count, c->epochs);
        CU_ASSERT_EQUAL(c->outcome, c->rung == 3 ? AXN_OUTCOME_OK : AXN_OUTCOME_STOPPED);
        reached[c->rung] += c->generation == 0 ? 1 : 0;
    }
    CU_ASSERT_EQUAL(reached[1], 4);
    CU_ASSERT_EQUAL(reached[2], 2);
    CU_ASSERT_EQUAL(reached[3], 2);
    CU_ASSERT_TRUE(t.epochs <= f.search.finished * (2 + 1 + 1));
    /* Complete candidates come first among the survivors. */
    int complete = 0;
    for (int i = 0; i < f.search.population_count; i++) {
        complete += f.search.candidates[f.search.population[i]].outcome == AXN_OUTCOME_OK ? 1 : 0;
    }
    CU_ASSERT_EQUAL(complete, 8);
    fixture_close(&f);
}

/* The best of each rung by its own accuracy go on: none that was stopped is better in
 * everything than one that was not. */
static void no_promoted_candidate_is_dominated(void)
{
    search_fixture f;
    teacher t = {0};
    open_search(&f, 2, false);
    run_search(&f, &t);
    for (int i = 0; i < f.search.finished; i++) {
        const axn_candidate *gone = &f.search.candidates[i];
        for (int j = 0; j < f.search.finished; j++) {
            const axn_candidate *kept = &f.search.candidates[j];
            bool better = gone->generation == kept->generation && gone->rung == 1 &&
                          kept->rung == 2 && gone->same_as < 0 && kept->same_as < 0 &&
                          gone->curve[3] > kept->curve[3] && gone->parameters < kept->parameters &&
                          gone->energy_uj < kept->energy_uj;
            CU_ASSERT_FALSE(better);
        }
    }
    fixture_close(&f);
}

/* What reaches the last rung has the accuracy of an uninterrupted training. */
static void rungs_change_no_outcome(void)
{
    search_fixture one, other;
    teacher t = {0};
    open_search(&one, 1, false);
    open_search(&other, 3, false);
    run_search(&one, &t);
    run_search(&other, &t);
    int compared = 0;
    for (int i = 0; i < 8; i++) {
        if (other.search.candidates[i].outcome == AXN_OUTCOME_OK) {
            CU_ASSERT_EQUAL(one.search.candidates[i].accuracy, other.search.candidates[i].accuracy);
            compared++;
        }
    }
    CU_ASSERT_EQUAL(compared, 2);
    fixture_close(&one);
    fixture_close(&other);
}

/* Was this candidate below what the rule allows, given the population of its time? */
static bool below_bar(const axn_search *search, const axn_candidate *c)
{
    for (int i = 0; i < search->finished; i++) {
        const axn_candidate *m = &search->candidates[i];
        if (m->generation < c->generation && m->outcome == AXN_OUTCOME_OK &&
            m->parameters <= c->parameters && m->energy_uj <= c->energy_uj &&
            m->curve_count >= c->curve_count &&
            c->curve[c->curve_count - 1] < m->curve[c->curve_count - 1] - .05 + 1e-9) {
            return true;
        }
    }
    return false;
}

static void hopeless_trainings_are_given_up(void)
{
    search_fixture f, whole;
    teacher t = {0}, all = {0};
    open_search(&f, 1, true);
    open_search(&whole, 1, false);
    run_search(&f, &t);
    run_search(&whole, &all);
    int stopped = 0;
    for (int i = 0; i < f.search.finished; i++) {
        const axn_candidate *c = &f.search.candidates[i];
        if (c->outcome == AXN_OUTCOME_STOPPED) {
            stopped++;
            CU_ASSERT_TRUE(c->epochs >= 2 && c->epochs < EPOCHS);
            CU_ASSERT_EQUAL(c->training_age, c->epochs);
            CU_ASSERT_TRUE(below_bar(&f.search, c));
            CU_ASSERT_PTR_NOT_NULL(strstr(c->reason, "stopped after epoch"));
        }
    }
    CU_ASSERT_TRUE(stopped > 5);
    CU_ASSERT_EQUAL(f.search.history[10].stopped, stopped);
    CU_ASSERT_TRUE(t.epochs < all.epochs);
    fixture_close(&f);
    fixture_close(&whole);
}

/* A margin that no accuracy can miss by stops nothing. */
static void a_margin_of_one_stops_nothing(void)
{
    search_fixture f;
    teacher t = {0};
    open_search(&f, 1, true);
    f.search.rules.early_margin = 1;
    run_search(&f, &t);
    CU_ASSERT_EQUAL(f.search.history[10].stopped, 0);
    CU_ASSERT_EQUAL(t.epochs, t.answered * EPOCHS);
    fixture_close(&f);
}

static const axn_search_multiplier judged[] = {
    {.name = "exact", .hash = 11, .energy_pj = 1.0, .power_ratio = 1.0, .fidelity = 1},
    {.name = "half", .hash = 22, .energy_pj = .5, .power_ratio = .5, .fidelity = .9},
    {.name = "third", .hash = 33, .energy_pj = .33, .power_ratio = .33, .fidelity = .5},
    {.name = "tenth", .hash = 44, .energy_pj = .1, .power_ratio = .1, .fidelity = .1}};

static void the_screen_trains_no_hopeless_pair(void)
{
    search_fixture f;
    teacher t = {0};
    open_search(&f, 1, false);
    f.search.multipliers = judged;
    f.search.rules.screen = .2;
    run_search(&f, &t);
    int screened = 0;
    int shared = 0;
    for (int i = 0; i < f.search.finished; i++) {
        const axn_candidate *c = &f.search.candidates[i];
        bool hopeless = c->signal_share < .2;
        CU_ASSERT_TRUE(c->signal_share > 0);
        CU_ASSERT_EQUAL(c->outcome == AXN_OUTCOME_STOPPED, hopeless);
        CU_ASSERT_EQUAL(c->epochs, hopeless ? 0 : EPOCHS);
        screened += hopeless && c->same_as < 0 ? 1 : 0;
        shared += c->same_as >= 0 ? 1 : 0;
    }
    CU_ASSERT_TRUE(screened > 5);
    CU_ASSERT_EQUAL(t.answered, f.search.finished - screened - shared);
    fixture_close(&f);
}

static void fidelity_of_known_tables(void)
{
    axn_table *table = malloc(sizeof *table);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    if (table == NULL) {
        return; /* for analysers, which do not see that CUnit has left */
    }
    axn_table_exact(table);
    CU_ASSERT_EQUAL(axn_fidelity(table), 1);
    double before = 1;
    for (int cut = 6; cut <= 14; cut += 2) { /* the low bits of the product are lost */
        axn_table_exact(table);
        for (int i = 0; i < 65536; i++) {
            table->product[i] = (uint16_t)(table->product[i] >> cut << cut);
        }
        double fidelity = axn_fidelity(table);
        CU_ASSERT_TRUE(fidelity > 0 && fidelity < before);
        before = fidelity;
    }
    axn_table_exact(table);
    for (int i = 0; i < 65536; i++) { /* a gain costs nothing: batch norm takes it away */
        int x = i / 256, w = i % 256;
        table->product[i] = (uint16_t)(x * 128 + x * (w - 128) / 2);
    }
    CU_ASSERT_TRUE(axn_fidelity(table) > .999);
    for (int i = 0; i < 65536; i++) {
        table->product[i] = (uint16_t)(i / 256 * 128); /* the weight is not heard */
    }
    CU_ASSERT_EQUAL(axn_fidelity(table), 1e-6);
    free(table);
}

/* All savings at once, in a run that is interrupted after each number of answers. */
static axn_status savings_run(const char *folder, const axn_evaluator *evaluator, axn_error *error)
{
    search_fixture f;
    axn_run *run = NULL;
    open_search(&f, 3, true);
    f.search.rules.generations = 4;
    f.search.multipliers = judged;
    f.search.rules.screen = .05;
    cJSON *config = fixture_config(4);
    axn_status status = axn_run_open(folder, config, &f.search.space, AXN_RUN_RESUME, &run, error);
    if (status == AXN_OK) {
        status = axn_run_search(run, &f.search, evaluator, NULL, NULL, error);
    }
    axn_run_close(run);
    cJSON_Delete(config);
    fixture_close(&f);
    return status;
}

static void savings_resume_to_the_same_bytes(void)
{
    char whole[AXN_PATH_MAX];
    axn_error error = {0};
    teacher undisturbed = {0};
    const axn_evaluator straight = {&undisturbed, teach};
    axn_check_folder(whole);
    AXN_REQUIRE_OK(savings_run(whole, &straight, &error), error);
    for (int stop = 1; stop < undisturbed.answered; stop += 3) {
        char folder[AXN_PATH_MAX];
        teacher t = {.stop_after = stop, .backwards = stop % 2 == 0};
        teacher rest = {.backwards = stop % 2 != 0};
        const axn_evaluator first = {&t, teach};
        const axn_evaluator second = {&rest, teach};
        axn_check_folder(folder);
        CU_ASSERT_EQUAL(savings_run(folder, &first, &error), AXN_ERROR_INTERRUPTED);
        AXN_CHECK_OK(savings_run(folder, &second, &error), error);
        CU_ASSERT_TRUE(same_runs(whole, folder));
        CU_ASSERT_EQUAL(t.answered + rest.answered, undisturbed.answered);
        axn_check_folder_remove(folder);
    }
    axn_check_folder_remove(whole);
}

AXN_TEST_MAIN("savings", {"at a rung all are of one age", rungs_are_fair},
              {"no promoted candidate is dominated", no_promoted_candidate_is_dominated},
              {"rungs change no outcome", rungs_change_no_outcome},
              {"hopeless trainings are given up", hopeless_trainings_are_given_up},
              {"a margin of one stops nothing", a_margin_of_one_stops_nothing},
              {"the screen trains no hopeless pair", the_screen_trains_no_hopeless_pair},
              {"fidelity of known tables", fidelity_of_known_tables},
              {"savings resume to the same bytes", savings_resume_to_the_same_bytes})
