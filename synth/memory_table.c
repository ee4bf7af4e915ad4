#include "synth/memory_table.h"

#include <string.h>

#include "common/file.h"
#include "common/json.h"

#define SHIPPED "synth/memories.json"
#define LEAST_SIZES 3
#define MAX_FIGURE 1e12

static axn_status read_size(const cJSON *item, const char *file, axn_macro *out, axn_error *error)
{
    int64_t words = 0;
    axn_status status = axn_json_integer(item, "words", 1, 1 << 28, &words, file, error);
    out->words = (int)words;
    if (status == AXN_OK)
        status = axn_json_number(item, "area_um2", 0, MAX_FIGURE, &out->area_um2, file, error);
    if (status == AXN_OK)
        status = axn_json_number(item, "read_pj", 0, MAX_FIGURE, &out->read_pj, file, error);
    if (status == AXN_OK)
        status = axn_json_number(item, "write_pj", 0, MAX_FIGURE, &out->write_pj, file, error);
    if (status == AXN_OK)
        status = axn_json_number(item, "standby_mw", 0, MAX_FIGURE, &out->standby_mw, file, error);
    return status;
}

static axn_status read_sizes(const cJSON *technology, const char *file, axn_memory_table *out,
                             axn_error *error)
{
    const cJSON *sizes = NULL, *item;
    axn_status status = axn_json_array(technology, "sizes", &sizes, file, error);
    cJSON_ArrayForEach(item, sizes)
    {
        if (status == AXN_OK && out->count == AXN_MEMORY_SIZES)
            status =
                axn_fail(error, AXN_ERROR_LIMIT, "%s: more than %d sizes", file, AXN_MEMORY_SIZES);
        if (status == AXN_OK)
            status = read_size(item, file, &out->sizes[out->count++], error);
        if (status == AXN_OK && out->count > 1 &&
            out->sizes[out->count - 1].words <= out->sizes[out->count - 2].words)
            status = axn_fail(error, AXN_ERROR_FORMAT, "%s: sizes do not ascend", file);
    }
    if (status == AXN_OK && out->count < LEAST_SIZES)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: %s: fewer than %d sizes", file, out->node,
                          LEAST_SIZES);
    return status;
}

/* Printable text of any kind. */
static axn_status read_text(const cJSON *item, const char *key, char *out, size_t size,
                            const char *file, axn_error *error)
{
    const char *text = "";
    axn_status status = axn_json_string(item, key, &text, file, error);
    if (status == AXN_OK && (strlen(text) >= size || text[0] == '\0'))
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is empty or too long", file, key);
    for (const char *c = text; status == AXN_OK && *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            status = axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is not plain text", file, key);
    if (status == AXN_OK)
        memcpy(out, text, strlen(text) + 1);
    return status;
}

/* One technology; it becomes *out if it stands for the Liberty. */
static axn_status read_technology(const cJSON *item, const char *file, const char *liberty,
                                  axn_memory_table *out, axn_error *error)
{
    axn_memory_table table = {0};
    const cJSON *liberties = NULL, *name;
    int64_t bits = 0;
    bool meant = false;
    axn_status status = axn_json_name(item, "node", table.node, sizeof table.node, file, error);
    if (status == AXN_OK)
        status = read_text(item, "source", table.source, sizeof table.source, file, error);
    if (status == AXN_OK)
        status = read_text(item, "scaling", table.scaling, sizeof table.scaling, file, error);
    if (status == AXN_OK)
        status = axn_json_integer(item, "word_bits", 1, 4096, &bits, file, error);
    table.word_bits = (int)bits;
    if (status == AXN_OK)
        status = axn_json_array(item, "liberties", &liberties, file, error);
    if (status == AXN_OK)
        status = read_sizes(item, file, &table, error);
    cJSON_ArrayForEach(name, liberties) meant |=
        cJSON_IsString(name) && strcmp(name->valuestring, liberty) == 0;
    if (status == AXN_OK && meant)
        *out = table;
    return status;
}

axn_status axn_memory_table_load(const char *path, const char *liberty, axn_memory_table *out,
                                 axn_error *error)
{
    char shipped[AXN_PATH_MAX];
    cJSON *root = NULL;
    const cJSON *list = NULL, *item;
    axn_status status = AXN_OK;
    *out = (axn_memory_table){0};
    if (path == NULL) {
        status = axn_program_path(shipped, SHIPPED, error);
        path = shipped;
    }
    if (status == AXN_OK)
        status = axn_json_read(path, &root, error);
    if (status == AXN_OK)
        status = axn_json_check_format(root, "axnas-memories", 1, path, error);
    if (status == AXN_OK)
        status = axn_json_array(root, "technologies", &list, path, error);
    cJSON_ArrayForEach(item, list)
    {
        if (status == AXN_OK)
            status = read_technology(item, path, liberty, out, error);
    }
    cJSON_Delete(root);
    if (status != AXN_OK)
        *out = (axn_memory_table){0};
    return status;
}

static double between(double from, double to, double part)
{
    return from + (to - from) * part;
}

/* `words` lies between the first and the last size. */
static axn_macro interpolate(const axn_memory_table *table, int64_t words)
{
    int k = 0;
    while (k + 2 < table->count && table->sizes[k + 1].words < words)
        k++;
    const axn_macro *a = &table->sizes[k], *b = &table->sizes[k + 1];
    double part = (double)(words - a->words) / (double)(b->words - a->words);
    return (axn_macro){.words = (int)words,
                       .area_um2 = between(a->area_um2, b->area_um2, part),
                       .read_pj = between(a->read_pj, b->read_pj, part),
                       .write_pj = between(a->write_pj, b->write_pj, part),
                       .standby_mw = between(a->standby_mw, b->standby_mw, part)};
}

axn_status axn_memory_cost_of(const axn_memory_table *table, int64_t bytes, int64_t depth,
                              axn_memory_cost *out, axn_error *error)
{
    int64_t least = table->sizes[0].words, most = table->sizes[table->count - 1].words;
    int64_t banks = (depth + most - 1) / most;
    *out = (axn_memory_cost){0};
    if (bytes < 1 || depth < least || banks > AXN_MEMORY_BANKS)
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "a memory of %lld words of %lld bytes is outside the table (%lld to %lld "
                        "words a macro, at most %d banks)",
                        (long long)depth, (long long)bytes, (long long)least, (long long)most,
                        AXN_MEMORY_BANKS);
    int64_t columns = (8 * bytes + table->word_bits - 1) / table->word_bits;
    axn_macro macro = interpolate(
        table, (depth + banks - 1) / banks < least ? least : (depth + banks - 1) / banks);
    double macros = (double)(banks * columns);
    *out = (axn_memory_cost){.banks = (int)banks,
                             .columns = (int)columns,
                             .macro_words = macro.words,
                             .area_um2 = macros * macro.area_um2,
                             .standby_mw = macros * macro.standby_mw,
                             .read_pj = (double)columns * macro.read_pj,
                             .write_pj = macro.write_pj,
                             .column_bytes = table->word_bits < 16 ? 1 : table->word_bits / 8};
    return AXN_OK;
}
