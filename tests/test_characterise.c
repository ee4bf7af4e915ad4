/* From Verilog files to a library, and the library shipped with the program. */
#include "common/memory.h"
#include "multipliers/characterise.h"
#include "multipliers/families.h"
#include "tests/check.h"

static char folder[AXN_PATH_MAX];
static axn_liberty liberty;

static void begin(void)
{
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &liberty, &error), error);
}

static void end(void)
{
    axn_liberty_free(&liberty);
    axn_check_folder_remove(folder);
}

static void write_text(const char *name, const char *text, char *path)
{
    axn_error error = {0};
    axn_check_path(path, folder, name);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &error), error);
}

static axn_characterise_job *make_jobs(int count)
{
    axn_error error = {0};
    axn_characterise_job *jobs = NULL;
    AXN_REQUIRE_OK(axn_allocate(&jobs, (size_t)count, sizeof *jobs, "jobs", &error), error);
    return jobs;
}

/* JSON keeps 15 digits. */
static void check_metrics(const axn_metrics *x, const axn_metrics *y)
{
    CU_ASSERT_DOUBLE_EQUAL(x->mae, y->mae, 1e-12 * x->mae);
    CU_ASSERT_DOUBLE_EQUAL(x->mre, y->mre, 1e-12 * x->mre);
    CU_ASSERT_DOUBLE_EQUAL(x->wcre, y->wcre, 1e-12 * x->wcre);
    CU_ASSERT_DOUBLE_EQUAL(x->mse, y->mse, 1e-12 * x->mse);
    CU_ASSERT_DOUBLE_EQUAL(x->mean_error, y->mean_error, 1e-9);
    CU_ASSERT(x->wce == y->wce && x->ep == y->ep);
}

/* Every shipped netlist is what its generator writes today and what its entry says. */
static void shipped_netlists(void)
{
    static axn_table tables[256];
    int indices[256], members, lite = 0;
    axn_library library;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_library_load(NULL, &library, &error), error);
    axn_family_members(&members);
    CU_ASSERT_FATAL(library.count >= 31 && library.count <= 256);
    CU_ASSERT(library.count >= members);
    for (int i = 0; i < library.count; i++)
        indices[i] = i;
    AXN_CHECK_OK(axn_library_tables(&library, indices, library.count, tables, &error), error);
    for (int i = 0; i < library.count; i++) {
        const axn_multiplier *m = &library.multipliers[i];
        axn_metrics metrics = axn_metrics_of(&tables[i]);
        check_metrics(&metrics, &m->metrics);
        lite += m->lite;
        const axn_family_member *member = axn_family_find(m->name);
        if (member == NULL)
            continue;
        axn_circuit circuit;
        axn_buffer made = {0}, shipped = {0};
        char path[AXN_PATH_MAX];
        AXN_CHECK_OK(axn_family_build(member, &circuit, &error), error);
        AXN_CHECK_OK(axn_circuit_print(&circuit, m->name, NULL, &made, &error), error);
        AXN_CHECK_OK(axn_library_netlist(&library, i, path, &error), error);
        AXN_CHECK_OK(axn_file_read(path, 1 << 20, &shipped, &error), error);
        /* after the comment line */
        const char *body = shipped.data == NULL ? NULL : strchr(shipped.data, '\n');
        CU_ASSERT(body != NULL && made.data != NULL && strcmp(body + 1, made.data) == 0);
        axn_buffer_free(&made);
        axn_buffer_free(&shipped);
        axn_circuit_free(&circuit);
    }
    CU_ASSERT_EQUAL(lite, 15);
    axn_library_free(&library);
}

/* The figures in the library come out again from the netlists. */
static void figures_are_reproduced(void)
{
    static const char *const names[] = {"exact_array", "loa_8_14", "trunc_var_10"};
    char paths[3][AXN_PATH_MAX];
    axn_library shipped, made;
    axn_error error = {0};
    begin();
    axn_characterise_job *jobs = make_jobs(3);
    AXN_REQUIRE_OK(axn_library_load(NULL, &shipped, &error), error);
    for (int i = 0; i < 3; i++) {
        int index = axn_library_find(&shipped, names[i]);
        CU_ASSERT_FATAL(index >= 0);
        AXN_CHECK_OK(axn_library_netlist(&shipped, index, paths[i], &error), error);
        jobs[i].file = paths[i];
    }
    AXN_REQUIRE_OK(axn_characterise(&liberty, jobs, 3, 2, &error), error);
    AXN_REQUIRE_OK(axn_characterise_collect(&liberty, jobs, 3, folder, &made, &error), error);
    CU_ASSERT_EQUAL_FATAL(made.count, 3);
    for (int i = 0; i < 3; i++) {
        const axn_multiplier *m = &made.multipliers[axn_library_find(&made, names[i])];
        const axn_multiplier *s = &shipped.multipliers[axn_library_find(&shipped, names[i])];
        CU_ASSERT_DOUBLE_EQUAL(m->area_um2, s->area_um2, 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(m->power_mw, s->power_mw, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(m->delay_ns, s->delay_ns, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(m->energy_pj, m->power_mw, 1e-9); /* at 1,000 MHz */
        CU_ASSERT_DOUBLE_EQUAL(m->energy_pdp_pj, m->power_mw * m->delay_ns, 1e-9);
        CU_ASSERT_EQUAL(m->hash, s->hash);
    }
    axn_characterise_jobs_free(jobs, 3);
    axn_library_free(&shipped);
    axn_library_free(&made);
    end();
}

#define EXACT "(input [7:0] x, y, output [15:0] z); assign z = x * y; endmodule\n"

/* Bad files fail alone; foreign names become what a library needs. */
static void bad_files_stop_nobody(void)
{
    char paths[5][AXN_PATH_MAX];
    axn_library library, read;
    axn_error error = {0};
    static axn_table table, exact;
    begin();
    axn_characterise_job *jobs = make_jobs(5);
    write_text("first.v", "module other" EXACT, paths[0]);
    write_text("bad.v", "module bad(input [7:0] A, output [15:0] O); assign O = A; endmodule\n",
               paths[1]);
    write_text("odd name;.v", "module odd_name" EXACT, paths[2]);
    write_text("broken.v", "module broken(\n", paths[3]);
    write_text("first", "module m" EXACT, paths[4]); /* the same name without .v */
    for (int i = 0; i < 5; i++)
        jobs[i].file = paths[i];
    AXN_REQUIRE_OK(axn_characterise(&liberty, jobs, 5, 2, &error), error);
    char out[AXN_PATH_MAX];
    axn_check_path(out, folder, "out");
    AXN_REQUIRE_OK(axn_characterise_collect(&liberty, jobs, 5, out, &library, &error), error);
    CU_ASSERT_EQUAL_FATAL(library.count, 2);
    CU_ASSERT_STRING_EQUAL(library.multipliers[0].name, "first");
    CU_ASSERT_STRING_EQUAL(library.multipliers[1].name, "odd_name");
    CU_ASSERT_PTR_NOT_NULL(strstr(jobs[1].error.message, "bad.v"));
    CU_ASSERT_PTR_NOT_NULL(strstr(jobs[3].error.message, "broken.v"));
    CU_ASSERT_EQUAL(jobs[4].status, AXN_ERROR_EXISTS);
    AXN_CHECK_OK(axn_characterise_write(&library, jobs, 5, false, &error), error);
    AXN_CHECK_FAILS(axn_characterise_write(&library, jobs, 5, false, &error), error,
                    AXN_ERROR_EXISTS, "--force");
    AXN_REQUIRE_OK(axn_library_load(out, &read, &error), error);
    const int index = 0;
    axn_table_exact(&exact);
    AXN_CHECK_OK(axn_library_tables(&read, &index, 1, &table, &error), error);
    CU_ASSERT(memcmp(&table, &exact, sizeof table) == 0);
    axn_characterise_jobs_free(jobs, 5);
    axn_library_free(&library);
    axn_library_free(&read);
    end();
}

/* Yosys's extract_fa miscompiles a full subtractor: found, and mapped without it. */
static void miscompiled_circuit(void)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    begin();
    axn_characterise_job *jobs = make_jobs(1);
    write_text("subtractor.v",
               "module subtractor(A, B, O); input [7:0] A, B; output [15:0] O;\n"
               "wire a = A[0], b = B[0], c = A[1]; assign O[15:2] = 0;\n"
               "assign O[0] = a ^ b ^ c; assign O[1] = (~a & b) | (c & (~a | b)); endmodule\n",
               path);
    jobs[0].file = path;
    AXN_REQUIRE_OK(axn_characterise(&liberty, jobs, 1, 1, &error), error);
    AXN_CHECK_OK(jobs[0].status, jobs[0].error);
    CU_ASSERT_FALSE(jobs[0].multiplier.extract_fa);
    CU_ASSERT(jobs[0].multiplier.power_mw > 0);
    axn_characterise_jobs_free(jobs, 1);
    end();
}

static void constant_circuit(void)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    begin();
    axn_characterise_job *jobs = make_jobs(1);
    write_text("zero.v",
               "module zero(input [7:0] A, B, output [15:0] O); assign O = 0; endmodule\n", path);
    jobs[0].file = path;
    AXN_REQUIRE_OK(axn_characterise(&liberty, jobs, 1, 1, &error), error);
    AXN_CHECK_OK(jobs[0].status, jobs[0].error);
    CU_ASSERT_EQUAL(jobs[0].multiplier.delay_ns, 0);
    CU_ASSERT_EQUAL(jobs[0].multiplier.area_um2, 0);
    axn_characterise_jobs_free(jobs, 1);
    end();
}

/* A histogram of equal counts gives the uniform figure, one of zeros nearly none; the file
 * comes back as it was written. */
static void operand_histograms(void)
{
    static const char verilog[] = "module m(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                                  "assign O = A * B;\nendmodule\n";
    static uint64_t counts[AXN_OPERAND_PAIRS];
    char path[AXN_PATH_MAX], file[AXN_PATH_MAX], damaged[AXN_PATH_MAX];
    axn_error error = {0};
    axn_multiplier found[3];
    begin();
    write_text("m.v", verilog, path);
    axn_check_path(file, folder, "h.json");
    for (int k = 0; k < 3; k++) {
        axn_operand_histogram *histogram = NULL;
        for (int i = 0; i < AXN_OPERAND_PAIRS; i++)
            counts[i] = k == 0 ? 3 : k == 1 ? i == 0 : i >> 8 == 5;
        AXN_REQUIRE_OK(axn_operand_histogram_write(file, "a model", "images", 7, counts, &error),
                       error);
        AXN_REQUIRE_OK(axn_operand_histogram_read(file, &histogram, &error), error);
        CU_ASSERT_STRING_EQUAL(histogram->model, "a model");
        CU_ASSERT(histogram->images == 7 && histogram->weights[5 * 256 + 9] == (k == 0   ? 3
                                                                                : k == 1 ? 0
                                                                                         : 1));
        axn_characterise_job *jobs = make_jobs(1);
        jobs[0].file = path;
        jobs[0].histogram = histogram;
        AXN_REQUIRE_OK(axn_characterise(&liberty, jobs, 1, 1, &error), error);
        AXN_REQUIRE_OK(jobs[0].status, jobs[0].error);
        found[k] = jobs[0].multiplier;
        axn_library library;
        AXN_REQUIRE_OK(axn_characterise_collect(&liberty, jobs, 1, folder, &library, &error),
                       error);
        CU_ASSERT_STRING_EQUAL(library.histogram, histogram->hash);
        axn_library_free(&library);
        axn_characterise_jobs_free(jobs, 1);
        free(histogram);
    }
    CU_ASSERT_DOUBLE_EQUAL(found[0].energy_histogram_pj, found[0].energy_pj, 1e-12);
    CU_ASSERT(found[1].energy_histogram_pj > 0 &&
              found[1].energy_histogram_pj < 1e-3);                    /* leakage */
    CU_ASSERT(found[2].energy_histogram_pj < .6 * found[2].energy_pj); /* A is constant */
    CU_ASSERT_EQUAL(found[2].energy_pj, found[0].energy_pj);

    static const struct {
        const char *text, *message;
    } bad[] = {
        {"{\"format\": \"axnas-library\", \"version\": 1}", "format"},
        {"{\"format\": \"axnas-operand-histogram\", \"version\": 1, \"model\": \"\", "
         "\"dataset\": \"\", \"images\": 1, \"multiplications\": 1, \"counts\": [1, 2]}",
         "65536"},
        {"{\"format\": \"axnas-operand-histogram\", \"version\": 1, \"extra\": 1}", "extra"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        axn_operand_histogram *histogram = NULL;
        write_text("bad.json", bad[i].text, damaged);
        AXN_CHECK_FAILS(axn_operand_histogram_read(damaged, &histogram, &error), error,
                        AXN_ERROR_FORMAT, bad[i].message);
        CU_ASSERT_PTR_NULL(histogram);
    }
    memset(counts, 0, sizeof counts);
    AXN_CHECK_FAILS(axn_operand_histogram_write(file, "", "", 1, counts, &error), error,
                    AXN_ERROR_LIMIT, "no multiplications");
    end();
}

AXN_TEST_MAIN("characterisation", {"shipped netlists are their generators'", shipped_netlists},
              {"shipped figures are reproduced", figures_are_reproduced},
              {"bad files stop nobody", bad_files_stop_nobody},
              {"a miscompiled circuit is mapped again", miscompiled_circuit},
              {"a constant circuit costs nothing", constant_circuit},
              {"operand histograms weigh the pairs", operand_histograms})
