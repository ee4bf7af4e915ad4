/* axnas multipliers list | characterise | generate */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "multipliers/characterise.h"
#include "multipliers/families.h"

typedef struct rank {
    const axn_multiplier *multiplier;
} rank;

/* Most power first. */
static int compare_power(const void *left, const void *right)
{
    const axn_multiplier *a = ((const rank *)left)->multiplier;
    const axn_multiplier *b = ((const rank *)right)->multiplier;
    if (a->power_mw != b->power_mw)
        return a->power_mw < b->power_mw ? 1 : -1;
    return strcmp(a->name, b->name);
}

static axn_status print_table(const axn_library *library, axn_error *error)
{
    rank *sorted = NULL;
    axn_status status =
        axn_allocate(&sorted, (size_t)library->count, sizeof *sorted, "a table", error);
    if (status != AXN_OK)
        return status;
    for (int i = 0; i < library->count; i++)
        sorted[i].multiplier = &library->multipliers[i];
    if (library->count > 0)
        qsort(sorted, (size_t)library->count, sizeof *sorted, compare_power);
    printf("%-24s %9s %9s %6s %8s %8s %8s %6s %7s %8s %s\n", "name", "area/um2", "power/mW",
           "ratio", "E/pJ", "delay/ns", "MAE", "WCE", "EP/%", "MRE/%", "lite");
    for (int i = 0; i < library->count; i++) {
        const axn_multiplier *m = sorted[i].multiplier;
        printf("%-24s %9.0f %9.4f %6.3f %8.4f %8.3f %8.2f %6.0f %7.2f %8.3f %s%s\n", m->name,
               m->area_um2, m->power_mw, m->power_ratio, m->energy_pj, m->delay_ns, m->metrics.mae,
               m->metrics.wce, 100 * m->metrics.ep, 100 * m->metrics.mre, m->lite ? "*" : "",
               m->extract_fa ? "" : " (mapped without adder cells)");
    }
    printf("%d multipliers; Liberty %s, %.0f MHz, ratio of power to %s\n", library->count,
           library->liberty, library->clock_mhz, library->multipliers[library->exact].name);
    free(sorted);
    return AXN_OK;
}

/* The library as one JSON object with `rejected` files, and nothing else. */
static axn_status print_json(const axn_library *library, const axn_characterise_job *jobs,
                             int count, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(json, "multipliers");
    bool ok = list != NULL && cJSON_AddStringToObject(json, "liberty", library->liberty) != NULL &&
              cJSON_AddNumberToObject(json, "clock_mhz", library->clock_mhz) != NULL;
    for (int i = 0; i < library->count && ok; i++) {
        cJSON *item = axn_multiplier_json(&library->multipliers[i]);
        ok = item != NULL &&
             cJSON_AddNumberToObject(item, "clock_mhz", library->clock_mhz) != NULL &&
             cJSON_AddItemToArray(list, item);
        if (!ok)
            cJSON_Delete(item);
    }
    cJSON *rejected = jobs == NULL || !ok ? NULL : cJSON_AddArrayToObject(json, "rejected");
    for (int i = 0; i < count && rejected != NULL && ok; i++) {
        if (jobs[i].status == AXN_OK)
            continue;
        cJSON *item = cJSON_CreateObject();
        ok = cJSON_AddStringToObject(item, "file", jobs[i].file) != NULL &&
             cJSON_AddStringToObject(item, "reason", jobs[i].error.message) != NULL &&
             cJSON_AddItemToArray(rejected, item);
        if (!ok)
            cJSON_Delete(item);
    }
    axn_status status = ok ? axn_json_print(json, error)
                           : axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the list");
    cJSON_Delete(json);
    return status;
}

static int run_list(int argc, char **argv)
{
    const char *folder = NULL;
    bool json = false;
    axn_error error = {0};
    axn_library library;
    const axn_option options[] = {
        {"library", AXN_OPTION_TEXT, &folder, "DIR", "library folder (default: the shipped one)", 0,
         0, NULL},
    };
    axn_command_line line = {
        .usage = "multipliers list [options]",
        .summary = "The multipliers of a library with their costs and errors.",
        .options = options,
        .option_count = 1,
    };
    axn_parse parse = axn_options_parse(&line, argc, argv, &json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    axn_status status = axn_library_load(folder, &library, &error);
    if (status != AXN_OK)
        return axn_command_fail("multipliers list", &error);
    status = json ? print_json(&library, NULL, 0, &error) : print_table(&library, &error);
    axn_library_free(&library);
    return status == AXN_OK ? 0 : axn_command_fail("multipliers list", &error);
}

/* What characterise and generate share: work on jobs, show or write the library. */
typedef struct outcome {
    const char *command;
    const char *liberty; /* path, NULL = default */
    const char *folder;  /* NULL = print only */
    bool force;
    bool json;
} outcome;

/* Writes a family member's netlist to folder/NAME.v and fills its job; `path` (of
 * AXN_PATH_MAX) is kept by the caller as long as the job. */
static axn_status generate_job(const axn_family_member *member, const char *folder, char *path,
                               axn_characterise_job *job, axn_error *error)
{
    axn_circuit circuit;
    axn_buffer text = {0};
    char file[AXN_MULTIPLIER_NAME + 3], comment[512];
    axn_multiplier *multiplier = &job->multiplier;
    snprintf(multiplier->name, sizeof multiplier->name, "%s", member->name);
    snprintf(multiplier->family, sizeof multiplier->family, "%s", member->family);
    snprintf(multiplier->command, sizeof multiplier->command,
             "axnas multipliers generate --only %s -o DIR", member->name);
    multiplier->lite = member->lite;
    snprintf(file, sizeof file, "%s.v", member->name);
    snprintf(comment, sizeof comment, "%s multiplier, written by: %s", member->family,
             multiplier->command);
    axn_status status = axn_family_build(member, &circuit, error);
    if (status == AXN_OK)
        status = axn_circuit_print(&circuit, member->name, comment, &text, error);
    if (status == AXN_OK)
        status = axn_path_join(path, folder, file, error);
    if (status == AXN_OK)
        status = axn_file_write(path, text.data, text.length, error);
    job->file = path;
    axn_circuit_free(&circuit);
    axn_buffer_free(&text);
    return status;
}

static bool has_exact(const axn_characterise_job *jobs, int count)
{
    for (int i = 0; i < count; i++)
        if (jobs[i].status == AXN_OK && jobs[i].multiplier.metrics.wce == 0)
            return true;
    return false;
}

/* Ratios need an exact circuit: without one among the jobs, ours are characterised
 * too, and the cheapest joins them as jobs[count]. */
static axn_status add_baseline(const axn_liberty *liberty, const char *folder,
                               char (*path)[AXN_PATH_MAX], axn_characterise_job *jobs, int *count,
                               axn_error *error)
{
    enum { MOST = 8 };
    static const axn_characterise_job none = {0};
    axn_characterise_job *tried = NULL;
    char(*paths)[AXN_PATH_MAX] = NULL;
    int members, used = 0, best = -1;
    const axn_family_member *all = axn_family_members(&members);
    if (has_exact(jobs, *count))
        return AXN_OK;
    axn_status status = axn_allocate(&tried, MOST, sizeof *tried, "the exact baseline", error);
    if (status == AXN_OK)
        status = axn_allocate(&paths, MOST, sizeof *paths, "the exact baseline", error);
    for (int i = 0; i < members && used < MOST && status == AXN_OK; i++)
        if (strcmp(all[i].family, "exact") == 0) {
            status = generate_job(&all[i], folder, paths[used], &tried[used], error);
            used++;
        }
    if (status == AXN_OK)
        status = axn_characterise(liberty, tried, used, 0, error);
    for (int i = 0; i < used && status == AXN_OK; i++) {
        if (tried[i].status != AXN_OK) {
            *error = tried[i].error;
            status = tried[i].status;
        } else if (best < 0 || tried[i].multiplier.power_mw < tried[best].multiplier.power_mw) {
            best = i;
        }
    }
    if (status == AXN_OK && best >= 0) {
        jobs[*count] = tried[best];
        tried[best] = none;
        memcpy(*path, paths[best], sizeof *path);
        jobs[(*count)++].file = *path;
    }
    if (tried != NULL)
        axn_characterise_jobs_free(tried, used);
    free(paths);
    return status;
}

static int count_failures(const axn_characterise_job *jobs, int count)
{
    int failed = 0;
    for (int i = 0; i < count; i++)
        failed += jobs[i].status != AXN_OK;
    return failed;
}

static void print_failures(const char *command, const axn_characterise_job *jobs, int count)
{
    for (int i = 0; i < count; i++)
        if (jobs[i].status != AXN_OK)
            fprintf(stderr, "axnas %s: %s\n", command, jobs[i].error.message);
}

/* Works on the jobs and makes the library of those that succeed, the baseline among
 * them if needed; without any, the library stays empty. */
static axn_status make_library(const outcome *o, const axn_liberty *liberty,
                               axn_characterise_job *jobs, int *count, axn_library *library,
                               axn_error *error)
{
    char folder[AXN_PATH_MAX], baseline[1][AXN_PATH_MAX];
    int given = *count;
    axn_status status = axn_characterise(liberty, jobs, given, 0, error);
    if (status != AXN_OK || count_failures(jobs, given) == given)
        return status;
    status = axn_folder_temporary(folder, error);
    if (status != AXN_OK)
        return status;
    status = add_baseline(liberty, folder, baseline, jobs, count, error);
    if (status == AXN_OK)
        status = axn_characterise_collect(
            liberty, jobs, *count, o->folder == NULL ? "the result" : o->folder, library, error);
    axn_folder_remove(folder, NULL);
    if (*count > given)
        jobs[given].file = jobs[given].multiplier.name; /* its file is gone */
    return status;
}

static axn_status show_library(const outcome *o, const axn_library *library,
                               const axn_characterise_job *jobs, int count, axn_error *error)
{
    if (o->json)
        return print_json(library, jobs, count, error);
    if (library->count > 0 && o->folder == NULL)
        return print_table(library, error);
    if (library->count > 0)
        axn_message("%d multipliers written to %s", library->count, o->folder);
    return AXN_OK;
}

/* `jobs` has room for one more than count. Returns the exit status. */
static int finish_jobs(const outcome *o, axn_characterise_job *jobs, int count)
{
    axn_error error = {0};
    axn_liberty liberty = {0};
    axn_library library = {.clock_mhz = AXN_CHARACTERISE_CLOCK_MHZ};
    bool existed = o->folder != NULL && axn_path_exists(o->folder);
    /* early, not after minutes of work */
    axn_status status =
        o->folder == NULL ? AXN_OK : axn_folder_prepare(o->folder, o->force, &error);
    if (status == AXN_OK)
        status = axn_liberty_load(o->liberty, &liberty, &error);
    if (status == AXN_OK)
        snprintf(library.liberty, sizeof library.liberty, "%s", liberty.name);
    if (status == AXN_OK)
        status = make_library(o, &liberty, jobs, &count, &library, &error);
    if (status == AXN_OK && o->folder != NULL && library.count > 0)
        status = axn_characterise_write(&library, jobs, count, true, &error);
    if (status == AXN_OK)
        status = show_library(o, &library, jobs, count, &error);
    if (status == AXN_OK)
        print_failures(o->command, jobs, count);
    if (o->folder != NULL && !existed)
        rmdir(o->folder); /* does nothing to a library */
    axn_library_free(&library);
    axn_liberty_free(&liberty);
    if (status != AXN_OK)
        return axn_command_fail(o->command, &error);
    return count_failures(jobs, count) == 0 ? 0 : 1;
}

static int run_characterise(int argc, char **argv)
{
    outcome o = {.command = "multipliers characterise"};
    axn_error error = {0};
    axn_characterise_job *jobs = NULL;
    const char **files = NULL;
    const axn_option options[] = {
        {"liberty", AXN_OPTION_TEXT, &o.liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"o", AXN_OPTION_TEXT, &o.folder, "DIR", "write a library instead of printing a table", 0,
         0, NULL},
        {"force", AXN_OPTION_FLAG, &o.force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = "multipliers characterise FILE.v... [options]",
        .summary = "Error metrics over all operand pairs and area, power and delay from synthesis, "
                   "for Verilog\nmodules with two 8-bit inputs and a 16-bit output. Ratios are to "
                   "the cheapest exact multiplier\namong the files, else to our own.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
        .least = 1,
        .most = -1,
    };
    int status = 1;
    if (axn_allocate(&files, (size_t)argc, sizeof *files, "file names", &error) != AXN_OK ||
        axn_allocate(&jobs, (size_t)argc + 1, sizeof *jobs, "the files' work", &error) != AXN_OK) {
        status = axn_command_fail(o.command, &error);
        goto done;
    }
    line.arguments = files;
    axn_parse parse = axn_options_parse(&line, argc, argv, &o.json);
    if (parse != AXN_PARSE_RUN) {
        status = parse == AXN_PARSE_DONE ? 0 : 2;
        goto done;
    }
    for (int i = 0; i < line.argument_count; i++) {
        jobs[i].file = files[i];
        snprintf(jobs[i].multiplier.family, sizeof jobs[i].multiplier.family, "imported");
        snprintf(jobs[i].multiplier.command, sizeof jobs[i].multiplier.command,
                 "axnas multipliers characterise %.180s -o DIR", axn_path_base(files[i]));
    }
    status = finish_jobs(&o, jobs, line.argument_count);
done:
    axn_characterise_jobs_free(jobs, argc + 1);
    free(files);
    return status;
}

static int generate_members(const outcome *o, const axn_family_member *members, int count)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX] = "";
    char(*paths)[AXN_PATH_MAX] = NULL;
    axn_characterise_job *jobs = NULL;
    int result = 1;
    axn_status status = axn_folder_temporary(folder, &error);
    if (status == AXN_OK)
        status = axn_allocate(&paths, (size_t)count, sizeof *paths, "file names", &error);
    if (status == AXN_OK)
        status = axn_allocate(&jobs, (size_t)count + 1, sizeof *jobs, "the circuits", &error);
    for (int i = 0; i < count && status == AXN_OK; i++)
        status = generate_job(&members[i], folder, paths[i], &jobs[i], &error);
    result = status == AXN_OK ? finish_jobs(o, jobs, count) : axn_command_fail(o->command, &error);
    axn_characterise_jobs_free(jobs, count + 1);
    free(paths);
    if (folder[0] != '\0')
        axn_folder_remove(folder, NULL);
    return result;
}

static int run_generate(int argc, char **argv)
{
    outcome o = {.command = "multipliers generate"};
    const char *only = NULL;
    const axn_option options[] = {
        {"o", AXN_OPTION_TEXT, &o.folder, "DIR", "the library to write", 0, 0, NULL},
        {"only", AXN_OPTION_TEXT, &only, "NAME",
         "this circuit alone (and an exact one to compare with)", 0, 0, NULL},
        {"liberty", AXN_OPTION_TEXT, &o.liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"force", AXN_OPTION_FLAG, &o.force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = "multipliers generate -o DIR [options]",
        .summary = "Writes the classical exact and approximate multipliers as a library.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
    };
    axn_error error = {0};
    axn_parse parse = axn_options_parse(&line, argc, argv, &o.json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    int count;
    const axn_family_member *members = axn_family_members(&count);
    if (o.folder == NULL) {
        axn_fail(&error, AXN_ERROR_USAGE, "-o DIR is missing");
        return axn_command_fail(o.command, &error);
    }
    if (only != NULL) {
        members = axn_family_find(only);
        count = 1;
        if (members == NULL) {
            axn_fail(&error, AXN_ERROR_NOT_FOUND, "no generator makes a circuit \"%s\"", only);
            return axn_command_fail(o.command, &error);
        }
    }
    return generate_members(&o, members, count);
}

int axn_cmd_multipliers(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *summary;
    } actions[] = {
        {"list", run_list, "the multipliers of a library"},
        {"characterise", run_characterise, "error, area, power and delay of Verilog files"},
        {"generate", run_generate, "write the classical families as a library"},
    };
    size_t count = sizeof actions / sizeof actions[0];
    for (size_t i = 0; i < count && argc > 1; i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(argc - 1, argv + 1);
    bool help = argc > 1 && strcmp(argv[1], "--help") == 0;
    FILE *stream = help ? stdout : stderr;
    if (argc > 1 && !help)
        fprintf(stream, "axnas multipliers: unknown action \"%s\"\n", argv[1]);
    fprintf(stream, "usage: axnas multipliers ACTION [options]\n\n");
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "  %-14s %s\n", actions[i].name, actions[i].summary);
    fprintf(stream, "\n`axnas multipliers ACTION --help` shows the options.\n");
    return help ? 0 : 2;
}
