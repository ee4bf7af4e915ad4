#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/progress.h"
#include "flows/multipliers.h"
#include "flows/options.h"
#include "multipliers/lite.h"

axn_status axn_multipliers_place(const axn_circuit *circuit, const char *comment,
                                 const char *folder, char *path, axn_characterise_job *job,
                                 axn_error *error)
{
    axn_buffer text = {0};
    char file[AXN_MULTIPLIER_NAME + 3];
    snprintf(file, sizeof file, "%s.v", job->multiplier.name);
    axn_status status = axn_circuit_print(circuit, job->multiplier.name, comment, &text, error);
    if (status == AXN_OK)
        status = axn_path_join(path, folder, file, error);
    if (status == AXN_OK)
        status = axn_file_write(path, text.data, text.length, error);
    job->file = path;
    axn_buffer_free(&text);
    return status;
}

axn_status axn_multipliers_member(const axn_family_member *member, const char *arguments,
                                  const char *folder, char *path, axn_characterise_job *job,
                                  axn_error *error)
{
    axn_circuit circuit;
    char comment[AXN_MULTIPLIER_COMMAND + 128];
    axn_multiplier *multiplier = &job->multiplier;
    snprintf(multiplier->name, sizeof multiplier->name, "%s", member->name);
    snprintf(multiplier->family, sizeof multiplier->family, "%s", member->family);
    if (arguments == NULL)
        snprintf(multiplier->command, sizeof multiplier->command,
                 "axnas multipliers generate --only %s -o DIR", member->name);
    else
        snprintf(multiplier->command, sizeof multiplier->command,
                 "axnas multipliers generate %.180s -o DIR", arguments);
    snprintf(comment, sizeof comment, "%s multiplier, written by: %s", member->family,
             multiplier->command);
    axn_status status = axn_family_build(member, &circuit, error);
    if (status == AXN_OK)
        status = axn_multipliers_place(&circuit, comment, folder, path, job, error);
    axn_circuit_free(&circuit);
    return status;
}

static bool has_exact(const axn_library *base, const axn_characterise_job *jobs, int count)
{
    if (base != NULL) /* a library always has one */
        return true;
    for (int i = 0; i < count; i++)
        if (jobs[i].status == AXN_OK && jobs[i].multiplier.metrics.wce == 0)
            return true;
    return false;
}

/* Ratios need an exact circuit: without one among the jobs, ours are characterised
 * too, and the cheapest joins them as jobs[count]. */
static axn_status add_baseline(const axn_multipliers_outcome *o, const axn_liberty *liberty,
                               const char *folder, const axn_operand_histogram *histogram,
                               char (*path)[AXN_PATH_MAX], axn_characterise_job *jobs, int *count,
                               axn_error *error)
{
    enum { MOST = 8 };
    static const axn_characterise_job none = {0};
    axn_characterise_job *tried = NULL;
    char(*paths)[AXN_PATH_MAX] = NULL;
    int members, used = 0, best = -1;
    const axn_family_member *all = axn_family_members(&members);
    if (has_exact(o->base, jobs, *count))
        return AXN_OK;
    axn_status status = axn_allocate(&tried, MOST, sizeof *tried, "the exact baseline", error);
    if (status == AXN_OK)
        status = axn_allocate(&paths, MOST, sizeof *paths, "the exact baseline", error);
    for (int i = 0; i < members && used < MOST && status == AXN_OK; i++)
        if (strcmp(all[i].family, "exact") == 0) {
            status =
                axn_multipliers_member(&all[i], NULL, folder, paths[used], &tried[used], error);
            tried[used].histogram = histogram;
            used++;
        }
    if (status == AXN_OK)
        status = axn_characterise(liberty, tried, used, o->threads, error);
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

axn_status axn_multipliers_make(const axn_multipliers_outcome *o, const axn_liberty *liberty,
                                const axn_operand_histogram *histogram, axn_characterise_job *jobs,
                                int *count, axn_library *library, axn_error *error)
{
    char folder[AXN_PATH_MAX], baseline[1][AXN_PATH_MAX];
    int given = *count;
    for (int i = 0; i < given; i++)
        jobs[i].histogram = histogram;
    axn_status status = axn_characterise(liberty, jobs, given, o->threads, error);
    if (status != AXN_OK || count_failures(jobs, given) == given)
        return status;
    status = axn_folder_temporary(folder, error);
    if (status != AXN_OK)
        return status;
    status = add_baseline(o, liberty, folder, histogram, baseline, jobs, count, error);
    if (status == AXN_OK)
        status =
            axn_characterise_extend(liberty, o->base, jobs, *count,
                                    o->folder == NULL ? "the result" : o->folder, library, error);
    axn_folder_remove(folder, NULL);
    if (*count > given)
        jobs[given].file = jobs[given].multiplier.name; /* its file is gone */
    return status;
}

static axn_status show_library(const axn_multipliers_outcome *o, const axn_library *library,
                               const axn_characterise_job *jobs, int count, axn_error *error)
{
    if (o->json)
        return axn_multipliers_print_json(library, jobs, count, error);
    if (library->count > 0 && o->folder == NULL)
        return axn_multipliers_print_table(library, error);
    if (library->count > 0)
        axn_message("%d multipliers written to %s", library->count, o->folder);
    return AXN_OK;
}

/* Of a library whose netlists are written. */
static axn_status choose_lite(axn_library *library, axn_error *error)
{
    axn_status status = axn_lite_choose(library, error);
    return status == AXN_OK ? axn_library_save(library, error) : status;
}

/* Says which areas are not those of the Liberty file. */
static void tell_corrections(const axn_liberty *liberty)
{
    char names[256] = "";
    for (int i = 0; i < liberty->cell_count; i++) {
        size_t used = strlen(names);
        if (liberty->cells[i].area_note != NULL)
            snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                     liberty->cells[i].name);
    }
    if (names[0] != '\0')
        axn_message("%s: areas of %s are the LEF file's, which this file contradicts",
                    axn_path_base(liberty->path), names);
}

/* `jobs` has room for one more than count. Returns the exit status. */
int axn_multipliers_finish(const axn_multipliers_outcome *o, axn_characterise_job *jobs, int count)
{
    axn_error error = {0};
    axn_liberty liberty = {0};
    axn_operand_histogram *histogram = NULL;
    axn_library library = {.clock_mhz = AXN_CHARACTERISE_CLOCK_MHZ};
    bool existed = o->folder != NULL && axn_path_exists(o->folder);
    /* early, not after minutes of work */
    axn_status status =
        o->folder == NULL ? AXN_OK : axn_folder_prepare(o->folder, o->force, &error);
    if (status == AXN_OK)
        status = axn_liberty_load(o->liberty, &liberty, &error);
    if (status == AXN_OK)
        tell_corrections(&liberty);
    if (status == AXN_OK && o->histogram != NULL)
        status = axn_operand_histogram_read(o->histogram, &histogram, &error);
    if (status == AXN_OK)
        snprintf(library.liberty, sizeof library.liberty, "%s", liberty.name);
    if (status == AXN_OK)
        status = axn_multipliers_make(o, &liberty, histogram, jobs, &count, &library, &error);
    if (status == AXN_OK && o->folder != NULL && library.count > 0)
        status = axn_characterise_write(&library, jobs, count, true, &error);
    if (status == AXN_OK && o->folder != NULL && library.count > 0 && o->choose_lite)
        status = choose_lite(&library, &error);
    if (status == AXN_OK)
        status = show_library(o, &library, jobs, count, &error);
    if (status == AXN_OK)
        print_failures(o->command, jobs, count);
    if (o->folder != NULL && !existed)
        rmdir(o->folder); /* does nothing to a library */
    axn_library_free(&library);
    axn_liberty_free(&liberty);
    free(histogram);
    if (status != AXN_OK)
        return axn_command_fail(o->command, &error);
    return count_failures(jobs, count) == 0 ? 0 : 1;
}
