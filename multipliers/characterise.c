#include "multipliers/characterise.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "common/process.h"
#include "common/progress.h"
#include "multipliers/verilog_reader.h"
#include "synth/glitch.h"
#include "synth/mapping.h"
#include "synth/power.h"

/* File name without folder and ".v", as far as it can be an identifier; else the
 * module's name. */
static axn_status choose_name(axn_characterise_job *job, const char *module, axn_error *error)
{
    char name[256];
    snprintf(name, sizeof name, "%s", axn_path_base(job->file));
    size_t length = strlen(name);
    if (length > 2 && strcmp(name + length - 2, ".v") == 0)
        name[length - 2] = '\0';
    const char *chosen = axn_verilog_identifier(name, AXN_MULTIPLIER_NAME) ? name : module;
    if (!axn_verilog_identifier(chosen, AXN_MULTIPLIER_NAME))
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s: neither the file's nor the module's name is a plain identifier of at "
                        "most %d characters",
                        job->file, AXN_MULTIPLIER_NAME - 1);
    snprintf(job->multiplier.name, sizeof job->multiplier.name, "%.*s", AXN_MULTIPLIER_NAME - 1,
             chosen);
    return AXN_OK;
}

/* Fills job->netlist from the file or, if it is not yet as a library needs it, from
 * the circuit. */
static axn_status keep_netlist(axn_characterise_job *job, const axn_verilog_circuit *source,
                               axn_error *error)
{
    bool kept = false;
    axn_status status =
        axn_verilog_own_text(source, job->file, job->multiplier.name, &job->netlist, &kept, error);
    if (status != AXN_OK || kept)
        return status;
    return axn_circuit_print(&source->circuit, job->multiplier.name, NULL, &job->netlist, error);
}

static axn_status read_file(axn_characterise_job *job, axn_table *table, axn_error *error)
{
    axn_verilog_circuit *source = NULL;
    axn_status status = axn_verilog_read(&job->file, NULL, 1, &source, error);
    if (status == AXN_OK)
        status = axn_circuit_tabulate(&source->circuit, table, error);
    if (status == AXN_OK && job->multiplier.name[0] == '\0')
        status = choose_name(job, source->module, error);
    if (status == AXN_OK)
        status = keep_netlist(job, source, error);
    axn_verilog_free(source, 1);
    return status;
}

/* Table, hash and error metrics of the circuit itself. */
static axn_status read_function(axn_characterise_job *job, axn_table *table, axn_error *error)
{
    axn_status status = job->circuit == NULL ? read_file(job, table, error)
                                             : axn_circuit_tabulate(job->circuit, table, error);
    if (status != AXN_OK)
        return status;
    job->multiplier.hash = axn_table_hash(table);
    job->multiplier.metrics = axn_metrics_of(table);
    return AXN_OK;
}

/* Maps `verilog` and compares with the table: *same tells. */
static axn_status map_and_compare(const axn_liberty *liberty, const char *verilog,
                                  const char *module, bool extract_fa, const char *work_folder,
                                  const axn_table *table, axn_netlist *netlist, bool *same,
                                  axn_error *error)
{
    axn_table *mapped = NULL;
    axn_status status =
        axn_map_circuit(liberty, verilog, module, extract_fa, work_folder, netlist, error);
    if (status != AXN_OK)
        return status;
    status = axn_allocate(&mapped, 1, sizeof *mapped, "a truth table", error);
    if (status == AXN_OK)
        status = axn_netlist_tabulate(netlist, "A", "B", "O", mapped->product, error);
    if (status == AXN_OK)
        *same = memcmp(mapped, table, sizeof *mapped) == 0;
    else
        axn_netlist_free(netlist);
    free(mapped);
    return status;
}

static axn_status map_checked(const axn_liberty *liberty, axn_characterise_job *job,
                              const char *work_folder, const axn_table *table, axn_netlist *netlist,
                              axn_error *error)
{
    axn_multiplier *multiplier = &job->multiplier;
    char file[AXN_MULTIPLIER_NAME + 3], verilog[AXN_PATH_MAX];
    bool same = false;
    snprintf(file, sizeof file, "%s.v", multiplier->name);
    axn_status status = axn_path_join(verilog, work_folder, file, error);
    if (status == AXN_OK)
        status = axn_file_write(verilog, job->netlist.data, job->netlist.length, error);
    multiplier->extract_fa = true;
    if (status == AXN_OK)
        status = map_and_compare(liberty, verilog, multiplier->name, true, work_folder, table,
                                 netlist, &same, error);
    if (status != AXN_OK || same)
        return status;
    axn_netlist_free(netlist);
    multiplier->extract_fa = false;
    status = map_and_compare(liberty, verilog, multiplier->name, false, work_folder, table, netlist,
                             &same, error);
    if (status != AXN_OK || same)
        return status;
    axn_netlist_free(netlist);
    return axn_fail(error, AXN_ERROR_MISMATCH,
                    "%s: the netlist that Yosys mapped computes another function than the file, "
                    "with and without adder extraction",
                    job->file);
}

/* 1 pJ at 1 MHz is 1 uW. */
static double power_of(const axn_netlist *netlist, double switching_pj)
{
    return switching_pj * AXN_CHARACTERISE_CLOCK_MHZ * 1e-3 + axn_netlist_leakage(netlist);
}

static axn_status measure_energy(const axn_netlist *netlist, const axn_operand_histogram *histogram,
                                 axn_multiplier *out, axn_error *error)
{
    double switching_pj = 0;
    axn_glitch glitch;
    axn_status status = axn_power_operation(netlist, "A", "B", NULL, &switching_pj, error);
    if (status != AXN_OK)
        return status;
    out->power_mw = power_of(netlist, switching_pj);
    out->energy_pj = out->power_mw / AXN_CHARACTERISE_CLOCK_MHZ * 1e3;
    out->energy_histogram_pj = -1;
    if (histogram != NULL) {
        status = axn_power_operation(netlist, "A", "B", histogram->weights, &switching_pj, error);
        if (status != AXN_OK)
            return status;
        out->energy_histogram_pj =
            power_of(netlist, switching_pj) / AXN_CHARACTERISE_CLOCK_MHZ * 1e3;
    }
    status = axn_glitch_estimate(netlist, "A", "B", NULL, &glitch, error);
    out->glitch_pj = glitch.energy_pj;
    out->glitch_standard_error_pj = glitch.standard_error_pj;
    return status;
}

static axn_status measure(const axn_liberty *liberty, const axn_netlist *netlist,
                          const char *work_folder, const axn_operand_histogram *histogram,
                          axn_multiplier *out, axn_error *error)
{
    axn_status status = measure_energy(netlist, histogram, out, error);
    if (status == AXN_OK)
        status = axn_map_delay(liberty, netlist, work_folder, &out->delay_ns, error);
    if (status != AXN_OK)
        return status;
    out->area_um2 = axn_netlist_area(netlist);
    out->energy_pdp_pj = out->power_mw * out->delay_ns;
    return AXN_OK;
}

static axn_status work_on(const axn_liberty *liberty, axn_characterise_job *job,
                          const char *work_folder, axn_error *error)
{
    axn_table *table = NULL;
    axn_netlist netlist = {0};
    axn_status status = axn_allocate(&table, 1, sizeof *table, "a truth table", error);
    if (status == AXN_OK)
        status = read_function(job, table, error);
    if (status == AXN_OK)
        status = axn_folder_create(work_folder, error);
    if (status == AXN_OK)
        status = map_checked(liberty, job, work_folder, table, &netlist, error);
    if (status == AXN_OK) {
        status = measure(liberty, &netlist, work_folder, job->histogram, &job->multiplier, error);
        axn_netlist_free(&netlist);
    }
    free(table);
    /* The user's file, not our copy of it. */
    size_t copy = strlen(work_folder);
    const char *cause = error->message;
    if (status != AXN_OK && strncmp(cause, work_folder, copy) == 0 && strstr(cause, ".v: ") != NULL)
        cause = strstr(cause, ".v: ") + 4;
    if (status != AXN_OK && strncmp(cause, job->file, strlen(job->file)) != 0) {
        const axn_error inner = *error;
        cause = inner.message + (cause - error->message);
        axn_fail(error, status, "%s: %s", job->file, cause);
    }
    return status;
}

typedef struct batch {
    const axn_liberty *liberty;
    axn_characterise_job *jobs;
    const char *folder;
    axn_progress progress;
    pthread_mutex_t lock; /* of done and progress */
    long done;
} batch;

static void run_job(void *context, int part, int thread)
{
    batch *b = context;
    axn_characterise_job *job = &b->jobs[part];
    char name[32], work_folder[AXN_PATH_MAX];
    (void)thread;
    snprintf(name, sizeof name, "%d", part);
    job->status = axn_interrupt_check(&job->error);
    if (job->status == AXN_OK)
        job->status = axn_path_join(work_folder, b->folder, name, &job->error);
    if (job->status == AXN_OK) {
        job->status = work_on(b->liberty, job, work_folder, &job->error);
        axn_folder_remove(work_folder, NULL);
    }
    pthread_mutex_lock(&b->lock);
    axn_progress_update(&b->progress, ++b->done, axn_path_base(job->file));
    pthread_mutex_unlock(&b->lock);
}

axn_status axn_characterise(const axn_liberty *liberty, axn_characterise_job *jobs, int count,
                            int threads, axn_error *error)
{
    char folder[AXN_PATH_MAX];
    axn_pool *pool = NULL;
    batch b = {.liberty = liberty, .jobs = jobs, .folder = folder};
    axn_status status = axn_folder_temporary(folder, error);
    if (status != AXN_OK)
        return status;
    status = axn_pool_create(threads, &pool, error);
    if (status == AXN_OK) {
        pthread_mutex_init(&b.lock, NULL);
        axn_progress_start(&b.progress, "characterising", count);
        axn_pool_run(pool, count, run_job, &b);
        axn_progress_end(&b.progress, NULL);
        pthread_mutex_destroy(&b.lock);
        axn_pool_destroy(pool);
        status = axn_interrupt_check(error);
    }
    axn_folder_remove(folder, NULL);
    return status;
}

void axn_characterise_jobs_free(axn_characterise_job *jobs, int count)
{
    for (int i = 0; i < count && jobs != NULL; i++)
        axn_buffer_free(&jobs[i].netlist);
    free(jobs);
}

/* The version line of Yosys into out[size]. */
static axn_status yosys_version(char *out, size_t size, axn_error *error)
{
    static const char *const argv[] = {"yosys", "-V", NULL};
    axn_buffer text = {0};
    axn_process_options options = {.output = &text, .timeout_s = 60};
    axn_status status = axn_process_run(argv, &options, error);
    if (status == AXN_OK)
        snprintf(out, size, "%.*s", (int)strcspn(text.data == NULL ? "" : text.data, "\n"),
                 text.data == NULL ? "" : text.data);
    axn_buffer_free(&text);
    return status;
}

axn_status axn_characterise_collect(const axn_liberty *liberty, axn_characterise_job *jobs,
                                    int count, const char *folder, axn_library *out,
                                    axn_error *error)
{
    return axn_characterise_extend(liberty, NULL, jobs, count, folder, out, error);
}

/* The base's circuits first, if its figures can stand beside the jobs'. */
static axn_status start_from(const axn_library *base, const char *histogram, axn_library *out,
                             axn_error *error)
{
    if (strcmp(base->liberty, out->liberty) != 0 || base->clock_mhz != out->clock_mhz)
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "%s: its figures are of Liberty %s at %g MHz, not of %s at %g MHz",
                        base->folder, base->liberty, base->clock_mhz, out->liberty, out->clock_mhz);
    if (strcmp(base->histogram, histogram) != 0)
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "%s: its figures are of operand histogram \"%s\", not of \"%s\"",
                        base->folder, base->histogram, histogram);
    for (int i = 0; i < base->count; i++)
        out->multipliers[out->count++] = base->multipliers[i];
    return AXN_OK;
}

axn_status axn_characterise_extend(const axn_liberty *liberty, const axn_library *base,
                                   axn_characterise_job *jobs, int count, const char *folder,
                                   axn_library *out, axn_error *error)
{
    int most = count + (base == NULL ? 0 : base->count);
    *out = (axn_library){.clock_mhz = AXN_CHARACTERISE_CLOCK_MHZ, .exact = -1};
    snprintf(out->folder, sizeof out->folder, "%s", folder);
    snprintf(out->liberty, sizeof out->liberty, "%s", liberty->name);
    axn_status status = yosys_version(out->yosys, sizeof out->yosys, error);
    if (status == AXN_OK)
        status = axn_allocate(&out->multipliers, (size_t)most, sizeof *out->multipliers,
                              "a library", error);
    bool histogram = count > 0 && jobs[0].histogram != NULL;
    if (status == AXN_OK && base != NULL)
        status = start_from(base, histogram ? jobs[0].histogram->hash : "", out, error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        axn_characterise_job *job = &jobs[i];
        if (job->status != AXN_OK)
            continue;
        if (job->histogram != NULL)
            snprintf(out->histogram, sizeof out->histogram, "%s", job->histogram->hash);
        if (axn_library_find(out, job->multiplier.name) >= 0)
            job->status = axn_fail(&job->error, AXN_ERROR_EXISTS,
                                   "%s: another file's circuit is named %s too", job->file,
                                   job->multiplier.name);
        else
            out->multipliers[out->count++] = job->multiplier;
    }
    if (status == AXN_OK)
        status = axn_library_complete(out, error);
    if (status != AXN_OK)
        axn_library_free(out);
    return status;
}

axn_status axn_characterise_write(const axn_library *library, const axn_characterise_job *jobs,
                                  int count, bool force, axn_error *error)
{
    axn_status status = axn_folder_prepare(library->folder, force, error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        char path[AXN_PATH_MAX];
        if (jobs[i].status != AXN_OK)
            continue;
        int index = axn_library_find(library, jobs[i].multiplier.name);
        status = axn_library_netlist(library, index, path, error);
        if (status == AXN_OK)
            status = axn_file_write(path, jobs[i].netlist.data, jobs[i].netlist.length, error);
    }
    if (status == AXN_OK)
        status = axn_library_save(library, error);
    return status;
}
