/* Model files: what is written is what is read, and nothing damaged is. */
#include "tests/check.h"

#include <math.h>
#include <sys/stat.h>

#include "common/json.h"
#include "common/random.h"
#include "model/builtin.h"
#include "model/model.h"

/* A network with every kind of layer, filled with random numbers within the rules. */
static void make_model(axn_model *model, uint32_t number)
{
    axn_error error = {0};
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, number, 0);
    *model = (axn_model){0};
    axn_network *network = &model->network;
    int input = axn_network_add_input(network, (axn_shape){8, 8, 3});
    int wide = axn_network_add_conv(network, input, 6, 3, 1, true, true);
    int small = axn_network_add_conv(network, wide, 8, 3, 2, true, false);
    int sum = axn_network_add_sum(network, small, wide, true);
    int pool = axn_network_add_pool(network, AXN_LAYER_MAX_POOL, sum, 2, 2, 0);
    int mean = axn_network_add_pool(network, AXN_LAYER_AVERAGE_POOL, sum, 2, 2, 0);
    int both = axn_network_add_concat(network, (int[]){pool, mean}, 2);
    int hidden = axn_network_add_dense(network, both, 7, true);
    axn_network_add_dense(network, hidden, 10, false);
    network->layers[small].multiplier = 1;
    network->layers[small].swap_operands = true;
    AXN_REQUIRE_OK(axn_network_infer(network, &error), error);
    AXN_REQUIRE_OK(axn_model_allocate(model, &error), error);
    model->multiplier_count = 2;
    snprintf(model->multipliers[0].name, AXN_NAME_MAX, "mul8u_exact");
    snprintf(model->multipliers[1].name, AXN_NAME_MAX, "mul8u_trunc_4");
    model->multipliers[0].hash = UINT64_C(0xfedcba9876543210);
    model->multipliers[1].hash = 7;
    snprintf(model->dataset, AXN_NAME_MAX, "fashion-mnist");
    model->provenance = cJSON_CreateObject();
    cJSON_AddNumberToObject(model->provenance, "seed", 3);
    for (int i = 0; i < network->count; i++) {
        axn_model_layer *layer = &model->layers[i];
        bool last = i == network->count - 1;
        if (!last) {
            layer->output.scale = exp(axn_random_normal(&random));
            layer->output.zero_point = (uint8_t)axn_random_below(&random, 256);
            layer->low = network->layers[i].relu ? layer->output.zero_point : 0;
        }
        for (int64_t k = 0; k < axn_model_weight_count(model, i); k++)
            layer->weights[k] = (uint8_t)axn_random_below(&random, 256);
        for (int j = 0; j < network->layers[i].units; j++) {
            layer->weight_zero[j] = (uint8_t)axn_random_below(&random, 256);
            layer->weight_scale[j] = exp(axn_random_normal(&random)) / 3.0;
            layer->bias[j] = (int32_t)axn_random_below(&random, 2000000) - 1000000;
        }
        for (int j = 0; j < layer->requantisations; j++) {
            layer->mantissa[j] = (int16_t)(axn_random_below(&random, 65536) - 32768);
            layer->shift[j] = (uint8_t)(1 + axn_random_below(&random, 46));
        }
    }
    model->layers[pool].output = model->layers[sum].output;
    AXN_REQUIRE_OK(axn_model_allocate_norm(model, wide, &error), error); /* not of `small` */
    for (int j = 0; j < 6; j++) {
        model->layers[wide].norm_mean[j] = 1000 * axn_random_normal(&random);
        model->layers[wide].norm_deviation[j] = exp(axn_random_normal(&random));
    }
}

static void check_same(const axn_model *a, const axn_model *b)
{
    CU_ASSERT_EQUAL_FATAL(a->network.count, b->network.count);
    CU_ASSERT_EQUAL(a->multiplier_count, b->multiplier_count);
    CU_ASSERT_STRING_EQUAL(a->dataset, b->dataset);
    for (int i = 0; i < a->multiplier_count; i++) {
        CU_ASSERT_STRING_EQUAL(a->multipliers[i].name, b->multipliers[i].name);
        CU_ASSERT_EQUAL(a->multipliers[i].hash, b->multipliers[i].hash);
    }
    for (int i = 0; i < a->network.count; i++) {
        const axn_model_layer *p = &a->layers[i], *q = &b->layers[i];
        size_t units = (size_t)a->network.layers[i].units;
        CU_ASSERT_STRING_EQUAL(a->network.layers[i].name, b->network.layers[i].name);
        CU_ASSERT_EQUAL(p->output.scale, q->output.scale);
        CU_ASSERT_EQUAL(p->output.zero_point, q->output.zero_point);
        CU_ASSERT_EQUAL(p->low, q->low);
        CU_ASSERT_EQUAL(p->accumulator_bits, q->accumulator_bits);
        CU_ASSERT_EQUAL_FATAL(p->requantisations, q->requantisations);
        for (int64_t k = 0; k < axn_model_weight_count(a, i); k++)
            CU_ASSERT_EQUAL(p->weights[k], q->weights[k]);
        for (size_t j = 0; j < units; j++) {
            CU_ASSERT_EQUAL(p->weight_zero[j], q->weight_zero[j]);
            CU_ASSERT_EQUAL(p->weight_scale[j], q->weight_scale[j]);
            CU_ASSERT_EQUAL(p->bias[j], q->bias[j]);
        }
        CU_ASSERT_EQUAL_FATAL(p->norm_mean == NULL, q->norm_mean == NULL);
        for (size_t j = 0; p->norm_mean != NULL && q->norm_mean != NULL && j < units; j++) {
            CU_ASSERT_EQUAL(p->norm_mean[j], q->norm_mean[j]);
            CU_ASSERT_EQUAL(p->norm_deviation[j], q->norm_deviation[j]);
        }
        for (int j = 0; j < p->requantisations; j++) {
            CU_ASSERT_EQUAL(p->mantissa[j], q->mantissa[j]);
            CU_ASSERT_EQUAL(p->shift[j], q->shift[j]);
        }
    }
}

static void every_field_comes_back(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_check_folder(folder);
    for (uint32_t number = 0; number < 20; number++) {
        axn_error error = {0};
        axn_model model, again;
        char name[32];
        snprintf(name, sizeof name, "a/b%u", number);
        axn_check_path(path, folder, name);
        make_model(&model, number);
        AXN_REQUIRE_OK(axn_model_save(&model, path, false, &error), error);
        AXN_REQUIRE_OK(axn_model_load(path, &again, &error), error);
        check_same(&model, &again);
        CU_ASSERT_TRUE(cJSON_Compare(model.provenance, again.provenance, 1));
        axn_model_free(&model);
        axn_model_free(&again);
    }
    axn_check_folder_remove(folder);
}

static void saving_overwrites_only_by_force(void)
{
    axn_error error = {0};
    axn_model model, other, again;
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_check_folder(folder);
    axn_check_path(path, folder, "model");
    make_model(&model, 0);
    make_model(&other, 1);
    AXN_REQUIRE_OK(axn_model_save(&model, path, false, &error), error);
    AXN_CHECK_FAILS(axn_model_save(&other, path, false, &error), error, AXN_ERROR_EXISTS,
                    "--force");
    AXN_REQUIRE_OK(axn_model_load(path, &again, &error), error);
    check_same(&model, &again);
    axn_model_free(&again);
    AXN_CHECK_OK(axn_model_save(&other, path, true, &error), error);
    AXN_REQUIRE_OK(axn_model_load(path, &again, &error), error);
    check_same(&other, &again);
    axn_model_free(&again);
    axn_model_free(&model);
    axn_model_free(&other);
    axn_check_folder_remove(folder);
}

static void same_model_gives_the_same_bytes(void)
{
    axn_error error = {0};
    axn_model model;
    axn_buffer bytes[2] = {{0}, {0}};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_check_folder(folder);
    static const char *const files[] = {"model.json", "weights.bin"};
    for (int file = 0; file < 2; file++) {
        for (int i = 0; i < 2; i++) {
            make_model(&model, 5);
            axn_check_path(path, folder, i == 0 ? "one" : "two");
            AXN_CHECK_OK(axn_model_save(&model, path, true, &error), error);
            axn_check_path(path, path, files[file]);
            AXN_CHECK_OK(axn_file_read(path, 1 << 20, &bytes[i], &error), error);
            axn_model_free(&model);
        }
        CU_ASSERT_EQUAL_FATAL(bytes[0].length, bytes[1].length);
        CU_ASSERT_EQUAL(memcmp(bytes[0].data, bytes[1].data, bytes[0].length), 0);
    }
    axn_buffer_free(&bytes[0]);
    axn_buffer_free(&bytes[1]);
    axn_check_folder_remove(folder);
}

typedef struct saved {
    char folder[AXN_PATH_MAX], json[AXN_PATH_MAX], weights[AXN_PATH_MAX];
    axn_buffer json_bytes, weights_bytes;
} saved;

static void save_one(saved *files)
{
    axn_error error = {0};
    axn_model model;
    *files = (saved){0};
    axn_check_folder(files->folder);
    axn_check_path(files->json, files->folder, "model.json");
    axn_check_path(files->weights, files->folder, "weights.bin");
    make_model(&model, 9);
    AXN_REQUIRE_OK(axn_model_save(&model, files->folder, false, &error), error);
    AXN_REQUIRE_OK(axn_file_read(files->json, 1 << 20, &files->json_bytes, &error), error);
    AXN_REQUIRE_OK(axn_file_read(files->weights, 1 << 20, &files->weights_bytes, &error), error);
    axn_model_free(&model);
}

static void drop(saved *files)
{
    axn_buffer_free(&files->json_bytes);
    axn_buffer_free(&files->weights_bytes);
    axn_check_folder_remove(files->folder);
}

static void any_wrong_weight_byte_is_refused(void)
{
    axn_error error = {0};
    axn_model model;
    saved files;
    save_one(&files);
    for (size_t i = 0; i < files.weights_bytes.length; i += 41) {
        files.weights_bytes.data[i] = (char)(files.weights_bytes.data[i] ^ (1 << (i % 8)));
        AXN_CHECK_OK(axn_file_write(files.weights, files.weights_bytes.data,
                                    files.weights_bytes.length, &error),
                     error);
        AXN_CHECK_FAILS(axn_model_load(files.folder, &model, &error), error, AXN_ERROR_MISMATCH,
                        files.weights);
        CU_ASSERT_PTR_NULL(model.layers);
        files.weights_bytes.data[i] = (char)(files.weights_bytes.data[i] ^ (1 << (i % 8)));
    }
    AXN_CHECK_OK(
        axn_file_write(files.weights, files.weights_bytes.data, files.weights_bytes.length, &error),
        error);
    AXN_CHECK_OK(axn_model_load(files.folder, &model, &error), error);
    axn_model_free(&model);
    drop(&files);
}

static void other_sizes_of_the_weights_are_refused(void)
{
    axn_error error = {0};
    axn_model model;
    saved files;
    save_one(&files);
    size_t length = files.weights_bytes.length;
    const size_t shorter[] = {0, 1, length / 2, length - 1};
    for (size_t i = 0; i < 4; i++) {
        AXN_CHECK_OK(axn_file_write(files.weights, files.weights_bytes.data, shorter[i], &error),
                     error);
        AXN_CHECK_FAILS(axn_model_load(files.folder, &model, &error), error, AXN_ERROR_FORMAT,
                        "weights.bin is truncated");
    }
    axn_buffer_append(&files.weights_bytes, "x", 1);
    AXN_CHECK_OK(axn_file_write(files.weights, files.weights_bytes.data, length + 1, &error),
                 error);
    AXN_CHECK_FAILS(axn_model_load(files.folder, &model, &error), error, AXN_ERROR_LIMIT,
                    "weights.bin");
    CU_ASSERT_EQUAL(remove(files.weights), 0);
    AXN_CHECK_FAILS(axn_model_load(files.folder, &model, &error), error, AXN_ERROR_IO,
                    files.weights);
    CU_ASSERT_EQUAL(remove(files.json), 0);
    AXN_CHECK_FAILS(axn_model_load(files.folder, &model, &error), error, AXN_ERROR_NOT_FOUND,
                    "there is no model.json in it");
    drop(&files);
}

/* Cut and scribbled descriptions: refused, or (a changed figure in provenance, say)
 * a valid model; never a crash. */
static void damaged_descriptions_never_break_reading(void)
{
    axn_random random = axn_random_stream(4, AXN_RANDOM_TEST, 0, 0);
    axn_error error = {0};
    axn_model model;
    saved files;
    save_one(&files);
    size_t length = files.json_bytes.length;
    for (int round = 0; round < 400; round++) {
        axn_buffer damaged = {0};
        axn_buffer_append(&damaged, files.json_bytes.data, length);
        bool cut = round % 2 == 0;
        if (cut)
            damaged.length = axn_random_below(&random, (uint32_t)length - 2);
        for (int i = 0; !cut && i < 1 + round % 3; i++)
            damaged.data[axn_random_below(&random, (uint32_t)length)] =
                "0123456789-\"[]{},:exa"[axn_random_below(&random, 21)];
        AXN_CHECK_OK(axn_file_write(files.json, damaged.data, damaged.length, &error), error);
        error.message[0] = '\0';
        if (axn_model_load(files.folder, &model, &error) == AXN_OK) {
            CU_ASSERT_FALSE(cut);
            AXN_CHECK_OK(axn_model_check(&model, &error), error);
        } else {
            CU_ASSERT_PTR_NOT_NULL(strstr(error.message, files.folder));
            CU_ASSERT_PTR_NULL(model.layers);
        }
        axn_model_free(&model);
        axn_buffer_free(&damaged);
    }
    drop(&files);
}

/* Replaces the first `from` after `behind` in the description. */
static axn_status load_changed(saved *files, const char *behind, const char *from, const char *to,
                               axn_error *error)
{
    axn_buffer text = {0};
    axn_model model;
    char *start = strstr(files->json_bytes.data, behind);
    char *place = start != NULL ? strstr(start, from) : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(place);
    axn_buffer_append(&text, files->json_bytes.data, (size_t)(place - files->json_bytes.data));
    axn_buffer_text(&text, to);
    axn_buffer_text(&text, place + strlen(from));
    axn_status status = axn_file_write(files->json, text.data, text.length, error);
    axn_buffer_free(&text);
    if (status == AXN_OK)
        status = axn_model_load(files->folder, &model, error);
    axn_model_free(&model);
    return status;
}

/* Models written before the statistics of batch norms were kept. */
static void the_first_version_is_still_read(void)
{
    axn_error error = {0};
    axn_model model;
    char folder[AXN_PATH_MAX], json[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_check_folder(folder);
    axn_check_path(json, folder, "model.json");
    make_model(&model, 2);
    free(model.layers[1].norm_mean);
    free(model.layers[1].norm_deviation);
    model.layers[1].norm_mean = model.layers[1].norm_deviation = NULL;
    AXN_REQUIRE_OK(axn_model_save(&model, folder, true, &error), error);
    AXN_REQUIRE_OK(axn_file_read(json, 1 << 20, &text, &error), error);
    char *version = strstr(text.data, "\"version\":\t2");
    CU_ASSERT_PTR_NOT_NULL_FATAL(version);
    if (version == NULL) {
        return; /* for analysers, which do not see that CUnit has left */
    }
    version[strlen("\"version\":\t")] = '1';
    AXN_REQUIRE_OK(axn_file_write(json, text.data, text.length, &error), error);
    axn_buffer_free(&text);
    axn_model again;
    AXN_REQUIRE_OK(axn_model_load(folder, &again, &error), error);
    check_same(&model, &again);
    axn_model_free(&model);
    axn_model_free(&again);
    axn_check_folder_remove(folder);
}

static void each_wrong_figure_is_named(void)
{
    static const struct {
        const char *behind, *from, *to, *part;
    } cases[] = {
        {"", "axnas-model", "axnas-toy", "not of format \"axnas-model\""},
        {"\"version\"", "2", "3", "version 3"},
        {"", "\"dataset\"", "\"data_set\"", "unknown key \"data_set\""},
        {"", "mul8u_exact", "mul8u/exact", "the name of multiplier 0"},
        {"", "fedcba9876543210", "FEDCBA9876543210", "\"hash\""},
        {"", "\"weights.bin\"", "\"../weights.bin\"", "\"file\" must be"},
        {"\"bytes\"", "\t", "\t1", "\"bytes\""},
        {"\"conv_1\"", "\"zero_point\":\t", "\"zero_point\":\t9", "\"zero_point\""},
        {"\"quantisation\"", "\"scale\":\t", "\"scale\":\t-", "\"scale\""},
        {"\"quantisation\"", "\"scale\":\t", "\"scale\":\t1e999,\"low\":", "\"scale\""},
        {"\"quantisation\"", "\"layer\":\t\"conv_1\"", "\"layer\":\t\"conv_2\"", "\"conv_2\""},
        {"\"quantisation\"", "\"weight_scale\":\t[", "\"weight_scale\":\t[1, ",
         "7 channels, there are 6"},
        {"\"quantisation\"", "\"weight_scale\":\t[", "\"weight_scale\":\t[-", "weight scale"},
        {"\"quantisation\"", "\"norm_mean\":\t[", "\"norm_mean\":\t[1, ", "\"norm_mean\" of 7"},
        {"\"quantisation\"", "\"norm_deviation\":\t[", "\"norm_deviation\":\t[-", "batch norm"},
        {"\"quantisation\"", "\"norm_mean\"", "\"norm_men\"", "unknown key"},
        {"\"layers\"", "\"batch_norm\":\ttrue", "\"batch_norm\":\tfalse", "with a batch norm"},
        {"\"layers\"", "\"multiplier\":\t1", "\"multiplier\":\t2", "has only 2"},
        {"\"layers\"", "\"units\":\t6", "\"units\":\t5", "\"output_shape\""},
        {"\"layers\"", "\"relu\":\ttrue", "\"relu\":\tfalse", "lower clamp"},
        {"\"provenance\"", "{\n\t\t\"seed\":\t3\n\t}", "3", "\"provenance\" is not an object"},
    };
    saved files;
    save_one(&files);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_error error = {0};
        AXN_CHECK_FAILS(load_changed(&files, cases[i].behind, cases[i].from, cases[i].to, &error),
                        error, AXN_ERROR_FORMAT, cases[i].part);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, files.folder));
    }
    drop(&files);
}

/* A writer that is wrong is stopped before it leaves a file. */
static void invalid_models_are_not_written(void)
{
    axn_error error = {0};
    axn_model model;
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_check_folder(folder);
    axn_check_path(path, folder, "model");
    make_model(&model, 2);
    model.layers[1].shift[2] = 47;
    AXN_CHECK_FAILS(axn_model_save(&model, path, false, &error), error, AXN_ERROR_FORMAT,
                    "layer 1 \"conv_1\": shift 47 of channel 2");
    model.layers[1].shift[2] = 0;
    AXN_CHECK_FAILS(axn_model_save(&model, path, false, &error), error, AXN_ERROR_FORMAT,
                    "shift 0");
    model.layers[1].shift[2] = 1;
    model.layers[1].bias[0] = INT32_MAX;
    AXN_CHECK_FAILS(axn_model_save(&model, path, false, &error), error, AXN_ERROR_FORMAT, "bias");
    model.layers[1].bias[0] = 0;
    model.layers[0].output.scale = NAN;
    AXN_CHECK_FAILS(axn_model_save(&model, path, false, &error), error, AXN_ERROR_FORMAT, "scale");
    model.layers[0].output.scale = 1.0;
    model.multiplier_count = 1;
    AXN_CHECK_FAILS(axn_model_save(&model, path, false, &error), error, AXN_ERROR_FORMAT,
                    "multiplier 1");
    CU_ASSERT_FALSE(axn_path_exists(path));
    model.multiplier_count = 2;
    AXN_CHECK_OK(axn_model_save(&model, path, false, &error), error);
    axn_model_free(&model);
    axn_check_folder_remove(folder);
}

/* Against the sum written out for one channel at a time. */
static void accumulator_width_holds_the_largest_sum(void)
{
    static uint16_t tables[2][65536];
    const uint16_t *pointers[2] = {tables[0], tables[1]};
    axn_random random = axn_random_stream(5, AXN_RANDOM_TEST, 0, 0);
    axn_model model;
    make_model(&model, 3);
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            tables[0][a * 256 + b] = (uint16_t)(a * b);
            tables[1][a * 256 + b] = (uint16_t)(axn_random_below(&random, 65536) >> (b % 9));
        }
    }
    axn_model_prove(&model, pointers);
    for (int i = 1; i <= 2; i++) {
        const axn_layer *layer = &model.network.layers[i];
        int64_t taps = axn_layer_taps(&model.network, i);
        int64_t highest = 0;
        for (int c = 0; c < layer->units; c++) {
            int64_t sum = 0;
            for (int64_t k = 0; k < taps; k++) {
                int w = model.layers[i].weights[c * taps + k];
                int largest = 0;
                for (int x = 0; x < 256; x++) {
                    int product = i == 1 ? tables[0][x * 256 + w] : tables[1][w * 256 + x];
                    if (product > largest)
                        largest = product;
                }
                sum += largest;
            }
            if (sum > highest)
                highest = sum;
        }
        int bits = model.layers[i].accumulator_bits;
        CU_ASSERT(highest < INT64_C(1) << bits);
        CU_ASSERT(highest >= INT64_C(1) << (bits - 1));
    }
    CU_ASSERT_EQUAL(model.layers[7].accumulator_bits, 0);
    axn_model_free(&model);
}

AXN_TEST_MAIN("model", {"every field comes back", every_field_comes_back},
              {"saving overwrites only by force", saving_overwrites_only_by_force},
              {"the same model gives the same bytes", same_model_gives_the_same_bytes},
              {"any wrong weight byte is refused", any_wrong_weight_byte_is_refused},
              {"other sizes of the weights are refused", other_sizes_of_the_weights_are_refused},
              {"damaged descriptions never break reading",
               damaged_descriptions_never_break_reading},
              {"the first version is still read", the_first_version_is_still_read},
              {"each wrong figure is named", each_wrong_figure_is_named},
              {"invalid models are not written", invalid_models_are_not_written},
              {"the accumulator width holds the largest sum",
               accumulator_width_holds_the_largest_sum})
