/* Genome: mutation by its definition, decoding, and counts against brute force. */
#include "common/memory.h"
#include "nas/candidate.h"
#include "nas/genome.h"
#include "tests/check.h"

typedef struct fixture {
    axn_template grid;
    axn_search_space space;
} fixture;

static fixture load(const char *name, int side, int channels)
{
    fixture f = {0};
    char relative[64];
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    snprintf(relative, sizeof relative, "flows/templates/%s.txt", name);
    AXN_REQUIRE_OK(axn_program_path(path, relative, &error), error);
    AXN_REQUIRE_OK(axn_template_load(path, &f.grid, &error), error);
    f.space = (axn_search_space){.levels_back = f.grid.levels_back,
                                 .input = {side, side, channels},
                                 .classes = 10,
                                 .multiplier_count = 5,
                                 .multiplier_groups = 1,
                                 .min_convolutions = 1};
    return f;
}

static fixture parse(const char *text)
{
    fixture f = {0};
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_template_parse("t", text, strlen(text), &f.grid, &error), error);
    f.space = (axn_search_space){.levels_back = f.grid.levels_back,
                                 .input = {9, 9, 2},
                                 .classes = 3,
                                 .multiplier_count = 1,
                                 .multiplier_groups = 1,
                                 .min_convolutions = 1};
    return f;
}

static axn_genome random_genome(const axn_search_space *space, uint32_t number)
{
    axn_genome genome = {0};
    axn_error error = {0};
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, number, 0);
    AXN_REQUIRE_OK(axn_genome_random(space, &random, &genome, &error), error);
    return genome;
}

static uint64_t phenotype_of(const axn_search_space *space, const axn_genome *genome)
{
    axn_phenotype phenotype = {0};
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_genome_decode(space, genome, &phenotype, &error), error);
    uint64_t hash = phenotype.hash;
    axn_phenotype_free(&phenotype);
    return hash;
}

/* Does a gene of an active cell, or the output gene, differ? */
static bool hits_active(const axn_genome *before, const axn_genome *after, const bool *active)
{
    bool hit = before->output != after->output;
    for (int i = 0; i < before->cell_count * 2; i++) {
        hit = hit || (active[i / 2] && before->links[i] != after->links[i]);
    }
    return hit;
}

/* A chain of mutations: each legal, hitting an active gene, changing the network. */
static void mutate_many(const char *name, int side, int channels, int count)
{
    fixture f = load(name, side, channels);
    f.space.grid = &f.grid;
    axn_error error = {0};
    axn_genome genome = random_genome(&f.space, 0);
    axn_genome before = {0};
    bool *active = NULL;
    const axn_mutation mutation = {1, 1};
    uint64_t hash = phenotype_of(&f.space, &genome);
    int illegal = 0;
    int unchanged = 0;
    int missed = 0;
    int drifted = 0;
    AXN_REQUIRE_OK(axn_allocate(&active, (size_t)genome.cell_count, sizeof *active, "test", &error),
                   error);
    for (int i = 0; i < count; i++) {
        bool changed = false;
        axn_random random = axn_random_stream(3, AXN_RANDOM_MUTATION, (uint32_t)i, 0);
        axn_genome_activity(&f.space, &genome, active);
        AXN_REQUIRE_OK(axn_genome_copy(&genome, &before, &error), error);
        AXN_REQUIRE_OK(axn_genome_mutate(&f.space, &mutation, &random, &genome, &changed, &error),
                       error);
        uint64_t mutated = phenotype_of(&f.space, &genome);
        illegal += axn_genome_check(&f.space, &genome, &error) != AXN_OK ? 1 : 0;
        unchanged += !changed || mutated == hash ? 1 : 0;
        missed += hits_active(&before, &genome, active) ? 0 : 1;
        for (int k = 0; k < genome.cell_count * 2; k++) {
            drifted += !active[k / 2] && before.links[k] != genome.links[k] ? 1 : 0;
        }
        hash = mutated;
        axn_genome_free(&before);
    }
    CU_ASSERT_EQUAL(illegal, 0);
    CU_ASSERT_EQUAL(unchanged, 0);
    CU_ASSERT_EQUAL(missed, 0);
    CU_ASSERT_TRUE(drifted > count / 100);
    free(active);
    axn_genome_free(&genome);
    axn_template_free(&f.grid);
}

/* AXNAS_MUTATIONS: how many of each template (`make study-mutations`). */
static void mutations_are_legal_and_effective(void)
{
    const char *text = getenv("AXNAS_MUTATIONS");
    int many = text != NULL ? atoi(text) : 0;
    mutate_many("fashion-mnist", 28, 1, many > 0 ? many : 30000);
    mutate_many("tiny", 8, 1, many > 0 ? many : 30000);
    mutate_many("cifar10", 32, 3, many > 0 ? many : 5000);
}

static int by_size(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

/* Quantiles of the multiplications of random networks, in millions. */
static void sizes_of(const char *name, int side, int channels, double *low, double *middle,
                     double *high)
{
    enum { GENOMES = 2000 };
    static int64_t sizes[GENOMES];
    fixture f = load(name, side, channels);
    f.space.grid = &f.grid;
    for (uint32_t i = 0; i < GENOMES; i++) {
        axn_error error = {0};
        axn_phenotype phenotype = {0};
        axn_genome genome = random_genome(&f.space, i);
        AXN_REQUIRE_OK(axn_genome_decode(&f.space, &genome, &phenotype, &error), error);
        sizes[i] = axn_network_multiplications(&phenotype.network, AXN_COUNT_EXACT);
        axn_phenotype_free(&phenotype);
        axn_genome_free(&genome);
    }
    qsort(sizes, GENOMES, sizeof sizes[0], by_size);
    const int tenth = GENOMES / 10, half = GENOMES / 2;
    *low = (double)sizes[tenth] / 1e6;
    *middle = (double)sizes[half] / 1e6;
    *high = (double)sizes[GENOMES - tenth] / 1e6;
    axn_template_free(&f.grid);
}

/* As in the paper, the initial networks of a search on CIFAR-10 spread over 3 to 32 million: the
 * first and the last decile lie there. */
static void templates_are_calibrated(void)
{
    double low, middle, high;
    sizes_of("cifar10", 32, 3, &low, &middle, &high);
    CU_ASSERT_TRUE(low > 3 && low < 4);
    CU_ASSERT_TRUE(middle > 10 && middle < 14);
    CU_ASSERT_TRUE(high > 30 && high < 35);
    sizes_of("fashion-mnist", 28, 1, &low, &middle, &high);
    CU_ASSERT_TRUE(low > .12 && middle > .5 && middle < .9 && high < 2.4);
    sizes_of("tiny", 8, 1, &low, &middle, &high);
    CU_ASSERT_TRUE(high < .05);
}

/* Each legal source of a link is drawn equally often. */
static void links_are_uniform_within_levels_back(void)
{
    fixture f = load("tiny", 8, 1);
    f.space.grid = &f.grid;
    enum { CELL = 4, DRAWS = 6000 }; /* column 1: the 3 cells of column 0, or the input */
    int drawn[4] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        axn_genome genome = random_genome(&f.space, i);
        int link = genome.links[CELL * 2];
        CU_ASSERT_TRUE_FATAL(link == AXN_GENOME_INPUT || (link >= 0 && link < 3));
        drawn[link == AXN_GENOME_INPUT ? 3 : link]++;
        axn_genome_free(&genome);
    }
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(abs(drawn[i] - DRAWS / 4) < DRAWS / 20);
    }
    axn_template_free(&f.grid);
}

static void probabilities_are_kept(void)
{
    fixture f = load("fashion-mnist", 28, 1);
    f.space.grid = &f.grid;
    axn_error error = {0};
    const axn_mutation half = {.5, .25};
    axn_genome parent = random_genome(&f.space, 1);
    int architecture = 0;
    int multiplier = 0;
    for (uint32_t i = 0; i < 4000; i++) {
        axn_genome genome = {0};
        bool changed = false;
        axn_random random = axn_random_stream(3, AXN_RANDOM_MUTATION, i, 1);
        AXN_REQUIRE_OK(axn_genome_copy(&parent, &genome, &error), error);
        AXN_REQUIRE_OK(axn_genome_mutate(&f.space, &half, &random, &genome, &changed, &error),
                       error);
        architecture += changed ? 1 : 0;
        multiplier += genome.multipliers[0] != parent.multipliers[0] ? 1 : 0;
        axn_genome_free(&genome);
    }
    CU_ASSERT_TRUE(abs(architecture - 2000) < 150);
    CU_ASSERT_TRUE(abs(multiplier - 4000 / 4 * 4 / 5) < 150); /* one in five draws the old one */
    axn_genome_free(&parent);
    axn_template_free(&f.grid);
}

/* Counts of the whole network, cell by cell, independent of model/. */
static int64_t brute_force_multiplications(const axn_network *network)
{
    int64_t sum = 0;
    for (int i = 0; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        if (layer->kind != AXN_LAYER_CONV) {
            continue;
        }
        axn_shape in = network->layers[layer->inputs[0]].output;
        for (int y = 0; y < in.height; y += layer->stride) {
            for (int x = 0; x < in.width; x += layer->stride) {
                for (int tap = 0; tap < layer->kernel_h * layer->kernel_w; tap++) {
                    sum += in.channels * layer->units;
                }
            }
        }
    }
    return sum;
}

static void random_genomes_decode_and_count(void)
{
    static const struct {
        const char *name;
        int side, channels;
    } cases[] = {{"fashion-mnist", 28, 1}, {"tiny", 8, 1}, {"tiny", 3, 2}, {"cifar10", 32, 3}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        fixture f = load(cases[k].name, cases[k].side, cases[k].channels);
        f.space.grid = &f.grid;
        for (uint32_t i = 0; i < 300; i++) {
            axn_error error = {0};
            axn_phenotype phenotype = {0};
            axn_genome genome = random_genome(&f.space, i);
            AXN_REQUIRE_OK(axn_genome_decode(&f.space, &genome, &phenotype, &error), error);
            const axn_network *network = &phenotype.network;
            CU_ASSERT_EQUAL(axn_network_multiplications(network, AXN_COUNT_EXACT),
                            brute_force_multiplications(network));
            const axn_layer *last = &network->layers[network->count - 1];
            CU_ASSERT_EQUAL(last->kind, AXN_LAYER_DENSE);
            CU_ASSERT_EQUAL(last->units, 10);
            CU_ASSERT_EQUAL(phenotype.multiplier_count, 1);
            axn_phenotype_free(&phenotype);
            axn_genome_free(&genome);
        }
        axn_template_free(&f.grid);
    }
}

static int count_kind(const axn_network *network, axn_layer_kind kind)
{
    int count = 0;
    for (int i = 0; i < network->count; i++) {
        count += network->layers[i].kind == kind ? 1 : 0;
    }
    return count;
}

static axn_phenotype only_network(fixture *f)
{
    axn_phenotype phenotype = {0};
    axn_error error = {0};
    f->space.grid = &f->grid;
    axn_genome genome = random_genome(&f->space, 0);
    AXN_REQUIRE_OK(axn_genome_decode(&f->space, &genome, &phenotype, &error), error);
    axn_genome_free(&genome);
    return phenotype;
}

static void compound_cells_expand(void)
{
    fixture f = parse("axnas-template 1\nrows 1\ncolumns 4\nlevels_back 1\n"
                      "cell 0 0 RES channels=4 kernel=5 kernel2=3 stride=2\n"
                      "cell 1 0 RES-B channels=8 kernel=3 reduce=2 stride=2\n"
                      "cell 2 0 INC channels=16 reduce=3\n"
                      "cell 3 0 FC units=5\n");
    axn_phenotype phenotype = only_network(&f);
    const axn_network *network = &phenotype.network;
    CU_ASSERT_EQUAL(count_kind(network, AXN_LAYER_CONV), 3 + 4 + 6);
    CU_ASSERT_EQUAL(count_kind(network, AXN_LAYER_SUM), 2);
    CU_ASSERT_EQUAL(count_kind(network, AXN_LAYER_CONCAT), 1);
    CU_ASSERT_EQUAL(count_kind(network, AXN_LAYER_MAX_POOL), 1);
    CU_ASSERT_EQUAL(count_kind(network, AXN_LAYER_DENSE), 2);
    const axn_layer *joined = &network->layers[network->count - 3];
    CU_ASSERT_EQUAL(joined->kind, AXN_LAYER_CONCAT);
    CU_ASSERT_EQUAL(joined->output.height, 3); /* 9 -> 5 -> 3 */
    CU_ASSERT_EQUAL(joined->output.channels, 16);
    CU_ASSERT_EQUAL(axn_network_multiplications(network, AXN_COUNT_EXACT),
                    25 * (50 * 4 + 36 * 4 + 2 * 4) + 9 * (4 * 2 + 18 * 2 + 2 * 8 + 4 * 8) +
                        9 * (8 * 3 + 75 * 4 + 8 * 3 + 27 * 4 + 8 * 4 + 8 * 4));
    axn_phenotype_free(&phenotype);
    axn_template_free(&f.grid);
}

static void a_map_of_one_passes_pools(void)
{
    fixture f = parse("axnas-template 1\nrows 1\ncolumns 7\nlevels_back 1\n"
                      "cell 0 0 CONV channels=4 kernel=3 stride=2\n" /* 5 */
                      "cell 1 0 MAX kernel=2 stride=2\n"             /* 2 */
                      "cell 2 0 AVG kernel=2 stride=2\n"             /* 1 */
                      "cell 3 0 MAX kernel=2 stride=2\n"
                      "cell 4 0 AVG kernel=2 stride=2\n"
                      "cell 5 0 SUM\n"
                      "cell 6 0 FC units=5\n");
    axn_phenotype phenotype = only_network(&f);
    CU_ASSERT_EQUAL(count_kind(&phenotype.network, AXN_LAYER_MAX_POOL), 1);
    CU_ASSERT_EQUAL(count_kind(&phenotype.network, AXN_LAYER_AVERAGE_POOL), 1);
    axn_phenotype_free(&phenotype);
    axn_template_free(&f.grid);
}

/* The same graph in other cells is the same phenotype, with the same layers in order. */
static void phenotype_does_not_depend_on_rows(void)
{
    fixture f = parse("axnas-template 1\nrows 2\ncolumns 3\nlevels_back 1\n"
                      "cell 0 0 CONV channels=4 kernel=3 stride=1\n"
                      "cell 0 1 CONV channels=4 kernel=3 stride=1\n"
                      "cell 1 0 SUM\ncell 1 1 SUM\n"
                      "cell 2 0 FC units=5\ncell 2 1 FC units=5\n");
    int one_links[] = {-1, -1, -1, -1, 0, 1, 0, 0, 2, -1, 2, -1};
    int two_links[] = {-1, -1, -1, -1, 0, 0, 1, 0, 3, -1, 3, -1};
    int shared_links[] = {-1, -1, -1, -1, 0, 0, 1, 0, 2, -1, 2, -1};
    axn_genome one = {.cell_count = 6, .links = one_links, .output = 4};
    axn_genome two = {.cell_count = 6, .links = two_links, .output = 5};
    axn_genome shared = {.cell_count = 6, .links = shared_links, .output = 4};
    f.space.grid = &f.grid;
    CU_ASSERT_EQUAL(phenotype_of(&f.space, &one), phenotype_of(&f.space, &two));
    CU_ASSERT_NOT_EQUAL(phenotype_of(&f.space, &one), phenotype_of(&f.space, &shared));
    axn_template_free(&f.grid);
}

static void limits_of_the_space_are_kept(void)
{
    fixture f = load("fashion-mnist", 28, 1);
    f.space.grid = &f.grid;
    f.space.max_multiplications = 600000;
    f.space.max_parameters = 20000;
    f.space.min_convolutions = 3;
    axn_genome genome = random_genome(&f.space, 7);
    const axn_mutation mutation = {1, 1};
    axn_error error = {0};
    for (uint32_t i = 0; i < 500; i++) {
        axn_phenotype phenotype = {0};
        axn_random random = axn_random_stream(3, AXN_RANDOM_MUTATION, i, 2);
        AXN_REQUIRE_OK(axn_genome_mutate(&f.space, &mutation, &random, &genome, NULL, &error),
                       error);
        AXN_REQUIRE_OK(axn_genome_decode(&f.space, &genome, &phenotype, &error), error);
        CU_ASSERT_TRUE(phenotype.convolutions >= 3);
        CU_ASSERT_TRUE(axn_network_multiplications(&phenotype.network, AXN_COUNT_EXACT) <= 600000);
        CU_ASSERT_TRUE(axn_network_parameters(&phenotype.network) <= 20000);
        axn_phenotype_free(&phenotype);
    }
    axn_genome_free(&genome);
    f.space.min_convolutions = 90;
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, 0, 0);
    AXN_CHECK_FAILS(axn_genome_random(&f.space, &random, &genome, &error), error, AXN_ERROR_USAGE,
                    "template fashion-mnist yields no network");
    axn_template_free(&f.grid);
}

static void json_is_the_identity_and_checked(void)
{
    fixture f = load("tiny", 8, 1);
    f.space.grid = &f.grid;
    axn_error error = {0};
    axn_genome genome = random_genome(&f.space, 5);
    axn_genome again = {0};
    cJSON *json = axn_genome_to_json(&f.space, &genome);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    AXN_REQUIRE_OK(axn_genome_from_json(&f.space, json, "f", &again, &error), error);
    CU_ASSERT_TRUE(axn_genome_equal(&genome, &again));
    axn_genome_free(&again);
    cJSON *links = cJSON_GetObjectItem(json, "links");
    cJSON_SetNumberHelper(cJSON_GetArrayItem(links, 0), 14);
    AXN_CHECK_FAILS(axn_genome_from_json(&f.space, json, "f", &again, &error), error,
                    AXN_ERROR_FORMAT, "cell 0 links to 14");
    cJSON_SetNumberHelper(cJSON_GetArrayItem(links, 0), -1);
    cJSON_SetNumberHelper(cJSON_GetObjectItem(json, "output"), 0);
    AXN_CHECK_FAILS(axn_genome_from_json(&f.space, json, "f", &again, &error), error,
                    AXN_ERROR_FORMAT, "output gene 0");
    cJSON_DeleteItemFromArray(links, 0);
    AXN_CHECK_FAILS(axn_genome_from_json(&f.space, json, "f", &again, &error), error,
                    AXN_ERROR_FORMAT, "\"links\" must be");
    cJSON_Delete(json);
    axn_genome_free(&genome);
    axn_template_free(&f.grid);
}

static void inheritance_maps_same_cells_and_shapes(void)
{
    fixture f = parse("axnas-template 1\nrows 2\ncolumns 3\nlevels_back 2\n"
                      "cell 0 0 CONV channels=4 kernel=3 stride=1\n"
                      "cell 0 1 CONV channels=6 kernel=3 stride=1\n"
                      "cell 1 0 CONV channels=4 kernel=3 stride=1\n"
                      "cell 1 1 CONV channels=4 kernel=3 stride=2\n"
                      "cell 2 0 FC units=5\ncell 2 1 FC units=5\n");
    int parent_links[] = {-1, -1, -1, -1, 0, -1, 0, -1, 2, -1, 2, -1};
    int child_links[] = {-1, -1, -1, -1, 1, -1, 0, -1, 2, -1, 2, -1};
    axn_genome parent = {.cell_count = 6, .links = parent_links, .output = 4};
    axn_genome child = {.cell_count = 6, .links = child_links, .output = 4};
    axn_phenotype from = {0};
    axn_phenotype to = {0};
    axn_error error = {0};
    int map[8];
    f.space.grid = &f.grid;
    AXN_REQUIRE_OK(axn_genome_decode(&f.space, &parent, &from, &error), error);
    AXN_REQUIRE_OK(axn_genome_decode(&f.space, &child, &to, &error), error);
    axn_phenotype_inherit(&from, &to, map);
    CU_ASSERT_EQUAL(map[1], -1); /* cell 1 was not active */
    CU_ASSERT_EQUAL(map[2], -1); /* cell 2 now has six input channels */
    CU_ASSERT_EQUAL(map[3], 3);  /* the FC cell is as it was */
    CU_ASSERT_EQUAL(map[4], 4);  /* and the classifier */
    axn_phenotype_inherit(&from, &from, map);
    for (int i = 1; i < from.network.count; i++) {
        CU_ASSERT_EQUAL(map[i], i);
    }
    axn_phenotype_free(&from);
    axn_phenotype_free(&to);
    axn_template_free(&f.grid);
}

/* A gene a group of columns: each convolution gets the multiplier of its column's group,
 * and its energy is counted with it. */
static void multiplier_groups(void)
{
    fixture f = parse("axnas-template 1\nrows 1\ncolumns 4\nlevels_back 1\n"
                      "cell 0 0 CONV channels=4 kernel=3 stride=1\n"
                      "cell 1 0 CONV channels=4 kernel=1 stride=1\n"
                      "cell 2 0 CONV channels=2 kernel=1 stride=1\n"
                      "cell 3 0 FC units=5\n");
    int links[] = {-1, -1, 0, -1, 1, -1, 2, -1};
    axn_genome genome = {.cell_count = 4, .links = links, .output = 3, .multipliers = {2, 0}};
    const axn_search_multiplier multipliers[] = {{.name = "a", .energy_pj = 1, .power_ratio = 1},
                                                 {.name = "b", .energy_pj = 5, .power_ratio = 5},
                                                 {.name = "c", .energy_pj = .5, .power_ratio = .5}};
    axn_phenotype phenotype = {0};
    axn_candidate candidate = {0};
    axn_error error = {0};
    f.space.grid = &f.grid;
    f.space.multiplier_count = 3;
    f.space.multiplier_groups = 2;
    AXN_REQUIRE_OK(axn_genome_decode(&f.space, &genome, &phenotype, &error), error);
    CU_ASSERT_EQUAL(phenotype.multiplier_count, 2);
    CU_ASSERT_EQUAL(phenotype.network.layers[1].multiplier, 0);
    CU_ASSERT_EQUAL(phenotype.network.layers[2].multiplier, 0);
    CU_ASSERT_EQUAL(phenotype.network.layers[3].multiplier, 1);
    axn_candidate_measure(&phenotype, multipliers, 1, AXN_COUNT_EXACT, &candidate);
    CU_ASSERT_STRING_EQUAL(candidate.multiplier, "c+a");
    CU_ASSERT_DOUBLE_EQUAL(candidate.energy_uj, 81 * ((18 * 4 + 4 * 4) * .5 + 4 * 2 * 1) / 1e6,
                           1e-12);
    CU_ASSERT_EQUAL(candidate.multiplications_fc, 81 * 2 * 5 + 5 * 3);
    CU_ASSERT_DOUBLE_EQUAL(candidate.energy_total_uj - candidate.energy_uj,
                           (81 * 2 * 5 + 5 * 3) / 1e6, 1e-12);
    axn_phenotype_free(&phenotype);
    axn_template_free(&f.grid);
}

AXN_TEST_MAIN("genome",
              {"mutations are legal, hit active genes, change the network",
               mutations_are_legal_and_effective},
              {"templates are calibrated", templates_are_calibrated},
              {"links are uniform within levels back", links_are_uniform_within_levels_back},
              {"probabilities of mutation are kept", probabilities_are_kept},
              {"random genomes decode and count as brute force", random_genomes_decode_and_count},
              {"RES, RES-B and INC expand", compound_cells_expand},
              {"a 1 x 1 map passes pools", a_map_of_one_passes_pools},
              {"phenotypes do not depend on rows", phenotype_does_not_depend_on_rows},
              {"limits of the space are kept", limits_of_the_space_are_kept},
              {"genomes in JSON are checked", json_is_the_identity_and_checked},
              {"inheritance maps same cells of same shape", inheritance_maps_same_cells_and_shapes},
              {"a multiplier gene a group of columns", multiplier_groups})
