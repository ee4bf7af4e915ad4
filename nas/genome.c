#include "nas/genome.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"

static int cell_count(const axn_search_space *space)
{
    return space->grid->rows * space->grid->columns;
}

static int arity(const axn_search_space *space, int cell)
{
    return axn_cell_arity(space->grid->cells[cell].kind);
}

/* First cell that `cell` may link to. */
static int first_source(const axn_search_space *space, int cell)
{
    int column = cell / space->grid->rows - space->levels_back;
    return column > 0 ? column * space->grid->rows : 0;
}

/* First cell that `cell` may no longer link to: its own column. */
static int source_end(const axn_search_space *space, int cell)
{
    return cell / space->grid->rows * space->grid->rows;
}

static bool may_link_to_input(const axn_search_space *space, int cell)
{
    return cell / space->grid->rows < space->levels_back;
}

static bool is_output_cell(const axn_search_space *space, int cell)
{
    return cell >= (space->grid->columns - 1) * space->grid->rows && cell < cell_count(space) &&
           space->grid->cells[cell].kind == AXN_CELL_FC;
}

static void draw_links(const axn_search_space *space, axn_random *random, axn_genome *genome,
                       int cell)
{
    int first = first_source(space, cell);
    int cells = source_end(space, cell) - first;
    int sources = cells + (may_link_to_input(space, cell) ? 1 : 0);
    for (int i = 0; i < arity(space, cell); i++) {
        int drawn = (int)axn_random_below(random, (uint32_t)sources);
        genome->links[cell * 2 + i] = drawn < cells ? first + drawn : AXN_GENOME_INPUT;
    }
}

static void draw_output(const axn_search_space *space, axn_random *random, axn_genome *genome)
{
    int first = (space->grid->columns - 1) * space->grid->rows;
    int choices = 0;
    for (int cell = first; cell < cell_count(space); cell++) {
        choices += is_output_cell(space, cell) ? 1 : 0;
    }
    int drawn = (int)axn_random_below(random, (uint32_t)choices);
    for (int cell = first; cell < cell_count(space); cell++) {
        if (is_output_cell(space, cell) && drawn-- == 0) {
            genome->output = cell;
        }
    }
}

static int draw_multiplier(const axn_search_space *space, axn_random *random)
{
    return (int)axn_random_below(random, (uint32_t)space->multiplier_count);
}

static axn_status create(const axn_search_space *space, axn_genome *out, axn_error *error)
{
    *out = (axn_genome){.cell_count = cell_count(space)};
    axn_status status =
        axn_allocate(&out->links, (size_t)out->cell_count * 2, sizeof *out->links, "genome", error);
    if (status != AXN_OK) {
        return status;
    }
    for (int i = 0; i < out->cell_count * 2; i++) {
        out->links[i] = AXN_GENOME_INPUT;
    }
    return AXN_OK;
}

void axn_genome_free(axn_genome *genome)
{
    free(genome->links);
    *genome = (axn_genome){0};
}

axn_status axn_genome_copy(const axn_genome *from, axn_genome *to, axn_error *error)
{
    axn_genome copy = *from;
    copy.links = NULL;
    axn_status status = axn_allocate(&copy.links, (size_t)from->cell_count * 2, sizeof *copy.links,
                                     "genome", error);
    if (status == AXN_OK) {
        memcpy(copy.links, from->links, (size_t)from->cell_count * 2 * sizeof *copy.links);
        *to = copy;
    }
    return status;
}

bool axn_genome_equal(const axn_genome *one, const axn_genome *other)
{
    return one->cell_count == other->cell_count && one->output == other->output &&
           memcmp(one->multipliers, other->multipliers, sizeof one->multipliers) == 0 &&
           memcmp(one->links, other->links, (size_t)one->cell_count * 2 * sizeof *one->links) == 0;
}

axn_status axn_genome_random(const axn_search_space *space, axn_random *random, axn_genome *out,
                             axn_error *error)
{
    axn_error reason = {0};
    axn_status status = create(space, out, error);
    for (int attempt = 0; status == AXN_OK && attempt < AXN_GENOME_ATTEMPTS; attempt++) {
        for (int cell = 0; cell < out->cell_count; cell++) {
            draw_links(space, random, out, cell);
        }
        draw_output(space, random, out);
        for (int group = 0; group < space->multiplier_groups; group++) {
            out->multipliers[group] = draw_multiplier(space, random);
        }
        axn_phenotype phenotype = {0};
        axn_status decoded = axn_genome_decode(space, out, &phenotype, &reason);
        axn_phenotype_free(&phenotype);
        if (decoded == AXN_OK) {
            return AXN_OK;
        }
        if (decoded == AXN_ERROR_MEMORY) {
            status = axn_fail(error, decoded, "%s", reason.message);
        }
    }
    if (status == AXN_OK) {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "template %s yields no network under this configuration: %s",
                          space->grid->name, reason.message);
    }
    axn_genome_free(out);
    return status;
}

void axn_genome_activity(const axn_search_space *space, const axn_genome *genome, bool *active)
{
    memset(active, 0, (size_t)genome->cell_count * sizeof *active);
    active[genome->output] = true;
    /* Links only lead to columns further left, so one sweep suffices. */
    for (int cell = genome->output; cell >= 0; cell--) {
        for (int i = 0; active[cell] && i < arity(space, cell); i++) {
            int source = genome->links[cell * 2 + i];
            if (source != AXN_GENOME_INPUT) {
                active[source] = true;
            }
        }
    }
}

/* The genes of one cell (or the output gene), to take a draw back. */
typedef struct drawn_unit {
    int unit; /* cell, or cell_count for the output gene */
    int links[2];
    int output;
} drawn_unit;

static drawn_unit redraw(const axn_search_space *space, axn_random *random, axn_genome *genome)
{
    drawn_unit before = {.unit = (int)axn_random_below(random, (uint32_t)genome->cell_count + 1),
                         .output = genome->output};
    if (before.unit == genome->cell_count) {
        draw_output(space, random, genome);
    } else {
        memcpy(before.links, &genome->links[before.unit * 2], sizeof before.links);
        draw_links(space, random, genome, before.unit);
    }
    return before;
}

static void take_back(const drawn_unit *before, axn_genome *genome)
{
    if (before->unit == genome->cell_count) {
        genome->output = before->output;
    } else {
        memcpy(&genome->links[before->unit * 2], before->links, sizeof before->links);
    }
}

/* Repeats draws until the network's hash is no longer `hash`. */
static axn_status mutate_architecture(const axn_search_space *space, uint64_t hash, bool *active,
                                      axn_random *random, axn_genome *genome, bool *changed,
                                      axn_error *error)
{
    axn_genome_activity(space, genome, active);
    for (int attempt = 0; attempt < AXN_GENOME_ATTEMPTS && !*changed; attempt++) {
        drawn_unit before = redraw(space, random, genome);
        if (before.unit < genome->cell_count && !active[before.unit]) {
            continue; /* an inactive cell drifts */
        }
        axn_phenotype phenotype = {0};
        axn_error reason = {0};
        axn_status decoded = axn_genome_decode(space, genome, &phenotype, &reason);
        bool differs = decoded == AXN_OK && phenotype.hash != hash;
        axn_phenotype_free(&phenotype);
        if (decoded == AXN_ERROR_MEMORY) {
            return axn_fail(error, decoded, "%s", reason.message);
        }
        if (decoded != AXN_OK) {
            take_back(&before, genome);
        }
        *changed = differs;
        axn_genome_activity(space, genome, active);
    }
    return AXN_OK;
}

axn_status axn_genome_mutate(const axn_search_space *space, const axn_mutation *mutation,
                             axn_random *random, axn_genome *genome, bool *changed,
                             axn_error *error)
{
    bool *active = NULL;
    bool differs = false;
    axn_phenotype phenotype = {0};
    axn_status status = AXN_OK;
    if (axn_random_unit(random) < mutation->p_architecture) {
        status = axn_genome_decode(space, genome, &phenotype, error);
        if (status == AXN_OK) {
            status =
                axn_allocate(&active, (size_t)genome->cell_count, sizeof *active, "genome", error);
        }
        if (status == AXN_OK) {
            status =
                mutate_architecture(space, phenotype.hash, active, random, genome, &differs, error);
        }
    }
    if (status == AXN_OK && axn_random_unit(random) < mutation->p_multiplier) {
        int group = (int)axn_random_below(random, (uint32_t)space->multiplier_groups);
        genome->multipliers[group] = draw_multiplier(space, random);
    }
    if (changed != NULL) {
        *changed = differs;
    }
    axn_phenotype_free(&phenotype);
    free(active);
    return status;
}

axn_status axn_genome_check(const axn_search_space *space, const axn_genome *genome,
                            axn_error *error)
{
    if (genome->cell_count != cell_count(space)) {
        return axn_fail(error, AXN_ERROR_FORMAT, "the genome has %d cells, the template %d",
                        genome->cell_count, cell_count(space));
    }
    if (genome->output < 0 || !is_output_cell(space, genome->output)) {
        return axn_fail(error, AXN_ERROR_FORMAT, "output gene %d is no FC cell of the last column",
                        genome->output);
    }
    for (int cell = 0; cell < genome->cell_count; cell++) {
        for (int i = 0; i < arity(space, cell); i++) {
            int source = genome->links[cell * 2 + i];
            bool legal = source == AXN_GENOME_INPUT ? may_link_to_input(space, cell)
                                                    : source >= first_source(space, cell) &&
                                                          source < source_end(space, cell);
            if (!legal) {
                return axn_fail(error, AXN_ERROR_FORMAT, "cell %d links to %d, out of its reach",
                                cell, source);
            }
        }
    }
    for (int group = 0; group < space->multiplier_groups; group++) {
        if (genome->multipliers[group] < 0 ||
            genome->multipliers[group] >= space->multiplier_count) {
            return axn_fail(error, AXN_ERROR_FORMAT, "multiplier gene %d is out of range",
                            genome->multipliers[group]);
        }
    }
    return AXN_OK;
}

cJSON *axn_genome_to_json(const axn_search_space *space, const axn_genome *genome)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *links = cJSON_AddArrayToObject(json, "links");
    bool complete = links != NULL;
    for (int cell = 0; complete && cell < genome->cell_count; cell++) {
        for (int i = 0; i < arity(space, cell); i++) {
            complete = complete &&
                       cJSON_AddItemToArray(links, cJSON_CreateNumber(genome->links[cell * 2 + i]));
        }
    }
    complete = complete && cJSON_AddNumberToObject(json, "output", genome->output) != NULL;
    cJSON *multipliers = cJSON_CreateIntArray(genome->multipliers, space->multiplier_groups);
    if (!complete || !cJSON_AddItemToObject(json, "multipliers", multipliers)) {
        cJSON_Delete(multipliers);
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static axn_status read_integers(const cJSON *json, const char *key, int count, int *out,
                                const char *file, axn_error *error)
{
    const cJSON *array = NULL;
    axn_status status = axn_json_array(json, key, &array, file, error);
    if (status != AXN_OK) {
        return status;
    }
    int at = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, array)
    {
        double value = cJSON_IsNumber(item) ? item->valuedouble : .5;
        if (at == count || value != (double)(int)value) {
            break;
        }
        out[at++] = (int)value;
    }
    if (item != NULL || at != count) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" must be %d whole numbers", file, key,
                        count);
    }
    return AXN_OK;
}

axn_status axn_genome_from_json(const axn_search_space *space, const cJSON *json, const char *file,
                                axn_genome *out, axn_error *error)
{
    int *flat = NULL;
    int links = 0;
    int64_t output = 0;
    axn_status status = create(space, out, error);
    for (int cell = 0; cell < cell_count(space); cell++) {
        links += arity(space, cell);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&flat, (size_t)links, sizeof *flat, "genome", error);
    }
    if (status == AXN_OK) {
        status = read_integers(json, "links", links, flat, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(json, "output", 0, out->cell_count - 1, &output, file, error);
    }
    if (status == AXN_OK) {
        status = read_integers(json, "multipliers", space->multiplier_groups, out->multipliers,
                               file, error);
    }
    if (status == AXN_OK) {
        out->output = (int)output;
        for (int cell = 0, at = 0; cell < out->cell_count; cell++) {
            for (int i = 0; i < arity(space, cell); i++) {
                out->links[cell * 2 + i] = flat[at++];
            }
        }
        status = axn_genome_check(space, out, error);
        if (status != AXN_OK) {
            axn_error_prefix(error, "%s", file);
        }
    }
    free(flat);
    if (status != AXN_OK) {
        axn_genome_free(out);
    }
    return status;
}
