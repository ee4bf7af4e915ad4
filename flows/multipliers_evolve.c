/* axnas multipliers evolve */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/multipliers.h"
#include "flows/options.h"
#include "multipliers/adders.h"
#include "multipliers/evolve.h"
#include "multipliers/evolve_judge.h"
#include "multipliers/evolve_targets.h"
#include "multipliers/verilog_reader.h"

#define COMMAND "multipliers evolve"
#define CHECKPOINT "evolve.checkpoint"

typedef struct settings {
    axn_multipliers_outcome outcome;
    const char *metrics, *limits, *targets_file, *from, *cost;
    int64_t points, generations, seed, nodes, judged, threads;
    double span;
    bool zero_exact, resume;
    char command[AXN_MULTIPLIER_COMMAND]; /* to record */
    char checkpoint[AXN_PATH_MAX];
    axn_cgp_limits *targets;
    int target_count;
    axn_circuit *seeds; /* of --from */
    int seed_count;
    axn_library base;
} settings;

/* The command that would give the same circuits again: without what does not matter to
 * them, and with DIR for the folder. */
static axn_status record_command(settings *s, int argc, char **argv, axn_error *error)
{
    static const char *const left_out[] = {"--resume", "--force", "--quiet", "--json"};
    static const char *const with_value[] = {"-o", "--jobs"};
    axn_buffer text = {0};
    axn_buffer_text(&text, "axnas multipliers evolve");
    for (int i = 1; i < argc; i++) {
        bool skip = false;
        for (size_t k = 0; k < sizeof left_out / sizeof left_out[0]; k++)
            skip = skip || strcmp(argv[i], left_out[k]) == 0;
        for (size_t k = 0; k < sizeof with_value / sizeof with_value[0]; k++)
            if (strcmp(argv[i], with_value[k]) == 0 && i + 1 < argc) {
                skip = true;
                i++;
            }
        if (skip)
            continue;
        axn_buffer_text(&text, " ");
        axn_buffer_word(&text, argv[i]);
    }
    axn_buffer_text(&text, " -o DIR");
    axn_status status = AXN_OK;
    if (text.failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a command line");
    else if (text.length >= sizeof s->command)
        status = axn_fail(error, AXN_ERROR_LIMIT,
                          "the command line is too long to be recorded with the circuits (%zu "
                          "characters at most); put the limits into a --targets file",
                          sizeof s->command - 1);
    else
        memcpy(s->command, text.data, text.length + 1);
    axn_buffer_free(&text);
    return status;
}

static axn_status make_targets(settings *s, axn_error *error)
{
    axn_status status;
    if ((s->targets_file != NULL) == (s->metrics != NULL || s->limits != NULL))
        return axn_fail(error, AXN_ERROR_USAGE, "either --metric and --limit or --targets");
    if (s->targets_file == NULL && (s->metrics == NULL || s->limits == NULL))
        return axn_fail(error, AXN_ERROR_USAGE, "--metric and --limit belong together");
    if (s->targets_file != NULL) {
        status = axn_evolve_target_read(s->targets_file, &s->targets, &s->target_count, error);
    } else if (s->points > 0) {
        status = axn_evolve_target_front(s->metrics, s->limits, (int)s->points, s->span,
                                         &s->targets, &s->target_count, error);
    } else {
        s->target_count = 1;
        status = axn_allocate(&s->targets, 1, sizeof *s->targets, "targets", error);
        if (status == AXN_OK)
            status = axn_evolve_target_parse(s->metrics, s->limits, s->targets, error);
    }
    for (int i = 0; i < s->target_count && status == AXN_OK && s->zero_exact; i++)
        s->targets[i].zero_exact = true;
    return status;
}

/* Circuits of the --from library, beside the families. */
static axn_status read_seeds(settings *s, axn_error *error)
{
    axn_library library = {0};
    char(*paths)[AXN_PATH_MAX] = NULL;
    const char **files = NULL;
    axn_verilog_circuit *read = NULL;
    if (s->from == NULL)
        return AXN_OK;
    axn_status status = axn_library_load(s->from, &library, error);
    size_t count = (size_t)library.count;
    if (status == AXN_OK)
        status = axn_allocate(&paths, count, sizeof *paths, "file names", error);
    if (status == AXN_OK)
        status = axn_allocate(&files, count, sizeof *files, "file names", error);
    if (status == AXN_OK)
        status = axn_allocate(&s->seeds, count, sizeof *s->seeds, "circuits", error);
    for (int i = 0; i < library.count && status == AXN_OK; i++) {
        status = axn_library_netlist(&library, i, paths[i], error);
        files[i] = paths[i];
    }
    if (status == AXN_OK)
        status = axn_verilog_read(files, NULL, library.count, &read, error);
    for (int i = 0; i < library.count && status == AXN_OK; i++) {
        axn_circuit_start(&s->seeds[i]);
        s->seed_count = i + 1;
        status = axn_circuit_find_adders(&read[i].circuit, &s->seeds[i], error);
    }
    axn_verilog_free(read, library.count);
    axn_library_free(&library);
    free(paths);
    free(files);
    return status;
}

/* The folder is empty, or a library to add to, or one with a checkpoint to go on from. */
static axn_status open_folder(settings *s, axn_error *error)
{
    axn_multipliers_outcome *o = &s->outcome;
    char path[AXN_PATH_MAX];
    if (o->folder == NULL)
        return axn_fail(error, AXN_ERROR_USAGE, "-o DIR is missing");
    axn_status status = axn_path_join(s->checkpoint, o->folder, CHECKPOINT, error);
    if (status == AXN_OK)
        status = axn_path_join(path, o->folder, "library.json", error);
    if (status != AXN_OK)
        return status;
    if (axn_path_exists(path) && !o->force) {
        status = axn_library_load(o->folder, &s->base, error);
        if (status == AXN_OK)
            o->base = &s->base;
    }
    if (status != AXN_OK)
        return status;
    bool waiting = axn_path_exists(s->checkpoint);
    if (s->resume && !waiting)
        return axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: no checkpoint to resume from",
                        s->checkpoint);
    if (waiting && !s->resume && !o->force)
        return axn_fail(error, AXN_ERROR_EXISTS,
                        "%s: an interrupted evolution is here; --resume goes on with it, --force "
                        "starts anew",
                        s->checkpoint);
    status = axn_folder_prepare(o->folder, o->force || s->resume || o->base != NULL, error);
    o->force = true; /* the folder is ours from here on */
    return status;
}

static axn_status fill_job(const settings *s, const axn_evolve_survivor *survivor,
                           axn_circuit *circuit, axn_characterise_job *job, axn_error *error)
{
    axn_multiplier *m = &job->multiplier;
    char comment[AXN_MULTIPLIER_COMMAND + 64];
    snprintf(m->name, sizeof m->name, "evolved_%08x", (unsigned)(survivor->hash >> 32));
    snprintf(m->family, sizeof m->family, "evolved");
    snprintf(m->command, sizeof m->command, "%s", s->command);
    snprintf(comment, sizeof comment, "Evolved multiplier, written by: %s", s->command);
    axn_circuit_start(circuit);
    axn_cgp_to_circuit(&survivor->genome, circuit);
    job->circuit = circuit;
    job->file = m->name;
    return axn_circuit_print(circuit, m->name, comment, &job->netlist, error);
}

static bool known(const settings *s, const axn_evolve_result *result, const int *winners, int t)
{
    uint64_t hash = result->survivors[winners[t]].hash;
    for (int i = 0; i < t; i++)
        if (winners[i] >= 0 && result->survivors[winners[i]].hash == hash)
            return true;
    for (int i = 0; i < s->base.count; i++)
        if (s->base.multipliers[i].hash == hash)
            return true;
    return false;
}

/* Each target's winner, once, into the library. Returns the exit status. */
static int write_winners(settings *s, const axn_evolve_result *result, const int *winners)
{
    axn_error error = {0};
    axn_characterise_job *jobs = NULL;
    axn_circuit *circuits = NULL;
    int count = 0, exit_status = 1;
    size_t room = (size_t)s->target_count + 1;
    axn_status status = axn_allocate(&jobs, room, sizeof *jobs, "evolved circuits", &error);
    if (status == AXN_OK)
        status = axn_allocate(&circuits, room, sizeof *circuits, "evolved circuits", &error);
    for (int t = 0; t < s->target_count && status == AXN_OK; t++) {
        if (winners[t] == AXN_EVOLVE_NONE)
            axn_message("target %d: no circuit could be mapped", t + 1);
        else if (!known(s, result, winners, t)) {
            status =
                fill_job(s, &result->survivors[winners[t]], &circuits[count], &jobs[count], &error);
            count++;
        }
    }
    if (status != AXN_OK)
        exit_status = axn_command_fail(COMMAND, &error);
    else
        exit_status = axn_multipliers_finish(&s->outcome, jobs, count);
    if (jobs != NULL)
        axn_characterise_jobs_free(jobs, (int)room);
    for (int i = 0; i < count && circuits != NULL; i++)
        axn_circuit_free(&circuits[i]);
    free(circuits);
    return exit_status;
}

static int evolve(settings *s)
{
    axn_error error = {0};
    axn_liberty liberty = {0};
    axn_evolve_result result = {0};
    int *winners = NULL;
    int exit_status = 1;
    axn_status status = axn_liberty_load(s->outcome.liberty, &liberty, &error);
    axn_evolve_options options = {
        .targets = s->targets,
        .target_count = s->target_count,
        .seed = (uint64_t)s->seed,
        .generations = (long)s->generations,
        .nodes = (int)s->nodes,
        .threads = s->outcome.threads,
        .objective = strcmp(s->cost, "area") == 0 ? AXN_CGP_AREA : AXN_CGP_POWER,
        .liberty = &liberty,
        .seeds = s->seeds,
        .seed_count = s->seed_count,
        .checkpoint = s->checkpoint,
        .resume = s->resume,
    };
    if (status == AXN_OK)
        status =
            axn_allocate(&winners, (size_t)s->target_count, sizeof *winners, "winners", &error);
    if (status == AXN_OK)
        status = axn_evolve(&options, &result, &error);
    if (status == AXN_OK) {
        axn_message("%.4g million mutants in %.0f s", (double)result.evaluations * 1e-6,
                    result.seconds);
        status = axn_evolve_judge(&options, &result, (int)s->judged, winners, &error);
    }
    if (status == AXN_OK)
        exit_status = write_winners(s, &result, winners);
    else
        exit_status = axn_command_fail(COMMAND, &error);
    if (status == AXN_OK && exit_status == 0)
        unlink(s->checkpoint);
    if (status == AXN_ERROR_INTERRUPTED)
        axn_message("--resume goes on from %s", s->checkpoint);
    axn_evolve_result_free(&result);
    axn_liberty_free(&liberty);
    free(winners);
    return exit_status;
}

static axn_parse parse(settings *s, int argc, char **argv)
{
    axn_multipliers_outcome *o = &s->outcome;
    const axn_option options[] = {
        {"metric", AXN_OPTION_TEXT, &s->metrics, "LIST",
         "what is limited: mae, wce, ep, mre, mean_error; several, with commas, jointly", 0, 0,
         NULL},
        {"limit", AXN_OPTION_TEXT, &s->limits, "LIST",
         "the largest error, one a metric; 1.5% is possible", 0, 0, NULL},
        {"front", AXN_OPTION_INTEGER, &s->points, "N",
         "a front: N limits a metric, each metric by itself, from --limit down", 1, 64, NULL},
        {"span", AXN_OPTION_NUMBER, &s->span, "X",
         "ratio of the largest to the smallest limit of a front (default 100)", 1, 1e6, NULL},
        {"targets", AXN_OPTION_TEXT, &s->targets_file, "FILE",
         "a JSON file of targets (docs/formats.md) in place of --metric and --limit", 0, 0, NULL},
        {"zero-exact", AXN_OPTION_FLAG, &s->zero_exact, NULL, "products with 0 stay exact", 0, 0,
         NULL},
        {"generations", AXN_OPTION_INTEGER, &s->generations, "N",
         "mutants to try a target (default 2000000)", 1, 1e12, NULL},
        {"seed", AXN_OPTION_INTEGER, &s->seed, "S", "of the random numbers (default 1)", 0, 9e15,
         NULL},
        {"cost", AXN_OPTION_CHOICE, &s->cost, "power|area", "what is made small (default power)", 0,
         0, NULL},
        {"from", AXN_OPTION_TEXT, &s->from, "DIR",
         "start from this library's circuits, too, not from the families alone", 0, 0, NULL},
        {"nodes", AXN_OPTION_INTEGER, &s->nodes, "N", "nodes of a genome (default 320)", 150,
         AXN_CGP_MAX_NODES, NULL},
        {"judged", AXN_OPTION_INTEGER, &s->judged, "N",
         "circuits a target that the real recipe compares at the end (default 16)", 1, 1000, NULL},
        {"o", AXN_OPTION_TEXT, &o->folder, "DIR", "the library to write, or to add to", 0, 0, NULL},
        {"liberty", AXN_OPTION_TEXT, &o->liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"jobs", AXN_OPTION_INTEGER, &s->threads, "N", "threads (default: all processors)", 1, 1024,
         NULL},
        {"resume", AXN_OPTION_FLAG, &s->resume, NULL, "go on after an interruption", 0, 0, NULL},
        {"force", AXN_OPTION_FLAG, &o->force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = COMMAND " --metric LIST --limit LIST -o DIR [options]",
        .summary = "Evolves approximate multipliers of least power within limits of error. The "
                   "same options and seed give the same circuits.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
    };
    axn_parse result = axn_options_parse(&line, argc, argv, &o->json);
    o->threads = (int)s->threads;
    return result;
}

int axn_multipliers_evolve(int argc, char **argv)
{
    settings s = {.outcome = {.command = COMMAND},
                  .cost = "power",
                  .generations = 2000000,
                  .seed = 1,
                  .nodes = 320,
                  .judged = 16,
                  .span = 100};
    axn_error error = {0};
    axn_parse parsed = parse(&s, argc, argv);
    if (parsed != AXN_PARSE_RUN)
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    axn_interrupt_install();
    axn_status status = make_targets(&s, &error);
    if (status == AXN_OK)
        status = record_command(&s, argc, argv, &error);
    if (status == AXN_OK)
        status = open_folder(&s, &error);
    if (status == AXN_OK)
        status = read_seeds(&s, &error);
    int exit_status = status == AXN_OK ? evolve(&s) : axn_command_fail(COMMAND, &error);
    for (int i = 0; i < s.seed_count; i++)
        axn_circuit_free(&s.seeds[i]);
    free(s.seeds);
    free(s.targets);
    axn_library_free(&s.base);
    return exit_status;
}
