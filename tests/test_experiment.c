/* Experiments: settings resolved against dataset, library and template. */
#include "common/json.h"
#include "nas/experiment.h"
#include "tests/check.h"

enum { TRAIN = 200, TEST = 40, SIDE = 12 };

typedef struct fixture {
    axn_dataset dataset;
    axn_library library;
    uint8_t train[TRAIN * SIDE * SIDE], train_labels[TRAIN];
    uint8_t test[TEST * SIDE * SIDE], test_labels[TEST];
    axn_multiplier multipliers[4];
} fixture;

static fixture make(void)
{
    return (fixture){
        .dataset = {.name = "idx", .shape = {SIDE, SIDE, 1}, .classes = 10, .flip = true},
        .library = {.folder = "lib", .count = 4, .exact = 1},
        .multipliers = {{.name = "cheap", .hash = 1, .energy_pj = 2, .power_ratio = .2},
                        {.name = "exact", .hash = 2, .energy_pj = 10, .power_ratio = 1},
                        {.name = "half", .hash = 3, .energy_pj = 5, .power_ratio = .5},
                        {.name = "nothing", .hash = 4, .energy_pj = .01, .power_ratio = .001}}};
}

static void link_up(fixture *f)
{
    f->dataset.train = (axn_images){f->train, f->train_labels, TRAIN};
    f->dataset.test = (axn_images){f->test, f->test_labels, TEST};
    f->library.multipliers = f->multipliers;
}

static axn_status create(fixture *f, const char *text, axn_experiment *out, axn_error *error)
{
    axn_settings settings;
    cJSON *json = NULL;
    link_up(f);
    axn_settings_defaults(&settings);
    *out = (axn_experiment){0};
    axn_status status = axn_json_parse("c.json", text, strlen(text), &json, error);
    if (status == AXN_OK) {
        status = axn_settings_apply(&settings, json, "c.json", error);
    }
    if (status == AXN_OK) {
        status = axn_experiment_create(&settings, &f->dataset, &f->library, out, error);
    }
    axn_settings_free(&settings);
    cJSON_Delete(json);
    return status;
}

static void check_multipliers(const char *text, const char *const *names, int count)
{
    fixture f = make();
    axn_experiment e;
    axn_error error = {0};
    AXN_REQUIRE_OK(create(&f, text, &e, &error), error);
    CU_ASSERT_EQUAL_FATAL(e.multiplier_count, count);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_STRING_EQUAL(e.multipliers[i].name, names[i]);
    }
    CU_ASSERT_EQUAL(cJSON_GetArraySize(e.settings.multipliers), count);
    axn_experiment_free(&e);
}

static void multipliers_by_set_scenario_and_name(void)
{
    static const char *const all[] = {"cheap", "exact", "half"};
    static const char *const named[] = {"half", "nothing"};
    check_multipliers("{}", all, 3); /* nothing marked lite; below .01 left out */
    check_multipliers("{\"multipliers\": [\"half\", \"nothing\"]}", named, 2);
    check_multipliers("{\"scenario\": \"s3\", \"multiplier\": \"half\"}", named, 1);
    check_multipliers("{\"scenario\": \"s4\"}", all + 1, 1);
    check_multipliers("{\"max_power_ratio\": 0.4}", all, 1);
}

static void lite_set_is_the_default(void)
{
    fixture f = make();
    axn_experiment e;
    axn_error error = {0};
    f.multipliers[2].lite = true;
    AXN_REQUIRE_OK(create(&f, "{}", &e, &error), error);
    CU_ASSERT_EQUAL(e.multiplier_count, 1);
    CU_ASSERT_STRING_EQUAL(e.multipliers[0].name, "half");
    CU_ASSERT_STRING_EQUAL(e.exact_name, "exact");
    CU_ASSERT_EQUAL(e.exact_energy_pj, 10);
    axn_experiment_free(&e);
    AXN_REQUIRE_OK(create(&f, "{\"multipliers\": \"all\"}", &e, &error), error);
    CU_ASSERT_EQUAL(e.multiplier_count, 3);
    axn_experiment_free(&e);
}

static void refuses(const char *text, axn_status expected, const char *part)
{
    fixture f = make();
    axn_experiment e;
    axn_error error = {0};
    AXN_CHECK_FAILS(create(&f, text, &e, &error), error, expected, part);
    axn_experiment_free(&e);
}

static void refusals_name_the_key(void)
{
    refuses("{\"scenario\": \"s3\"}", AXN_ERROR_USAGE, "s3 needs \"multiplier\"");
    refuses("{\"multipliers\": [\"half\", \"half\"]}", AXN_ERROR_USAGE, "half twice");
    refuses("{\"multipliers\": [\"none\"]}", AXN_ERROR_NOT_FOUND, "none");
    refuses("{\"min_power_ratio\": 0.6, \"max_power_ratio\": 0.9}", AXN_ERROR_USAGE,
            "\"min_power_ratio\" 0.6");
    refuses("{\"objectives\": [\"accuracy\", \"beauty\"]}", AXN_ERROR_USAGE, "unknown \"beauty\"");
    refuses("{\"objectives\": [\"energy\", \"energy\"]}", AXN_ERROR_USAGE, "\"energy\" twice");
    refuses("{\"train_images\": 181}", AXN_ERROR_USAGE, "leaves 180 for training");
    refuses("{\"population\": 1000, \"generations\": 10000}", AXN_ERROR_USAGE, "million");
}

static void scenarios_set_objectives(void)
{
    static const struct {
        const char *text;
        int objectives;
    } cases[] = {{"{\"scenario\": \"s1\"}", 2},
                 {"{\"scenario\": \"s2\"}", 3},
                 {"{\"scenario\": \"s3\", \"multiplier\": \"half\"}", 2},
                 {"{\"scenario\": \"s4\"}", 2},
                 {"{\"objectives\": [\"energy_total\"]}", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f = make();
        axn_experiment e;
        axn_search search;
        axn_error error = {0};
        AXN_REQUIRE_OK(create(&f, cases[i].text, &e, &error), error);
        AXN_REQUIRE_OK(axn_experiment_search(&e, &search, &error), error);
        CU_ASSERT_EQUAL(search.rules.objective_count, cases[i].objectives);
        axn_experiment_free(&e);
    }
}

static void protocols_split_images(void)
{
    fixture f = make();
    axn_experiment e;
    axn_error error = {0};
    AXN_REQUIRE_OK(create(&f, "{}", &e, &error), error);
    CU_ASSERT_EQUAL(e.train_images, 180);
    CU_ASSERT_EQUAL(e.validation_images, 20);
    axn_experiment_free(&e);
    AXN_REQUIRE_OK(create(&f, "{\"protocol\": \"paper\"}", &e, &error), error);
    CU_ASSERT_EQUAL(e.train_images, TRAIN);
    CU_ASSERT_EQUAL(e.validation_images, TEST);
    axn_experiment_free(&e);
    AXN_REQUIRE_OK(create(&f, "{\"train_images\": 50, \"validation_images\": 7}", &e, &error),
                   error);
    CU_ASSERT_EQUAL(e.train_images, 50);
    CU_ASSERT_EQUAL(e.validation_images, 7);
    axn_experiment_free(&e);
}

static void configuration_round_trips(void)
{
    fixture f = make();
    axn_experiment e;
    axn_experiment again;
    axn_error error = {0};
    cJSON *json = NULL;
    cJSON *json_again = NULL;
    AXN_REQUIRE_OK(create(&f, "{\"seed\": \"12345678901234567890\"}", &e, &error), error);
    AXN_REQUIRE_OK(axn_experiment_to_json(&e, &json, &error), error);
    AXN_REQUIRE_OK(axn_experiment_from_json(json, "c", &again, &error), error);
    AXN_REQUIRE_OK(axn_experiment_to_json(&again, &json_again, &error), error);
    CU_ASSERT_TRUE(cJSON_Compare(json, json_again, 1));
    axn_experiment_free(&again);
    cJSON_Delete(json_again);
    cJSON_ReplaceItemInObject(json, "template_lines", cJSON_CreateArray());
    AXN_CHECK_FAILS(axn_experiment_from_json(json, "c", &again, &error), error, AXN_ERROR_FORMAT,
                    "c: the template has no cells");
    cJSON_DeleteItemFromObject(json, "dataset_hash");
    cJSON_Delete(json);
    axn_experiment_free(&e);
}

/* Whatever decides the outcome of a training is part of the cache's key. */
static void protocol_decides_the_key(void)
{
    static const char *const texts[] = {"{}",
                                        "{\"learning_rate\": 0.002}",
                                        "{\"protocol\": \"paper\"}",
                                        "{\"seed\": 2}",
                                        "{\"train_images\": 100}",
                                        "{\"label_smoothing\": 0.1}",
                                        "{\"flip\": \"off\"}",
                                        "{\"schedule\": \"cosine\"}"};
    enum { COUNT = sizeof texts / sizeof texts[0] };
    uint64_t hashes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        fixture f = make();
        axn_experiment e;
        axn_search search;
        axn_error error = {0};
        AXN_REQUIRE_OK(create(&f, texts[i], &e, &error), error);
        AXN_REQUIRE_OK(axn_experiment_search(&e, &search, &error), error);
        hashes[i] = search.rules.protocol;
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(hashes[i], hashes[j]);
        }
        axn_experiment_free(&e);
    }
}

/* The configurations that come with the program. */
static void presets_name_shipped_multipliers(void)
{
    axn_error error = {0};
    axn_library library;
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    AXN_REQUIRE_OK(axn_library_load(NULL, &library, &error), error);
    AXN_REQUIRE_OK(axn_program_path(folder, "flows", &error), error);
    AXN_REQUIRE_OK(axn_folder_list(folder, ".json", &names, &count, &error), error);
    CU_ASSERT_TRUE(count >= 6);
    for (size_t i = 0; i < count; i++) {
        cJSON *json = NULL;
        axn_check_path(path, folder, names[i]);
        AXN_REQUIRE_OK(axn_json_read(path, &json, &error), error);
        const cJSON *name = cJSON_GetObjectItem(json, "multiplier");
        if (cJSON_IsString(name))
            CU_ASSERT_TRUE(axn_library_find(&library, name->valuestring) >= 0);
        cJSON_Delete(json);
    }
    axn_names_free(names, count);
    axn_library_free(&library);
}

AXN_TEST_MAIN("experiment",
              {"multipliers by set, scenario and name", multipliers_by_set_scenario_and_name},
              {"the lite set is the default", lite_set_is_the_default},
              {"refusals name the key", refusals_name_the_key},
              {"scenarios set objectives", scenarios_set_objectives},
              {"protocols split images", protocols_split_images},
              {"the configuration round-trips", configuration_round_trips},
              {"the protocol decides the key", protocol_decides_the_key},
              {"presets name shipped multipliers", presets_name_shipped_multipliers})
