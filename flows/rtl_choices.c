#include "flows/rtl_choices.h"

#include <stdio.h>

static const struct {
    int banks, row_buses;
} arenas[] = {{4, 1}, {8, 1}, {4, 2}, {8, 2}, {16, 1}, {16, 2}};

static const int taps[] = {1, 2, 4, 8, 16};

enum { ARENAS = sizeof arenas / sizeof arenas[0], TAPS = sizeof taps / sizeof taps[0] };

static axn_status add_choice(const axn_model *model, const axn_program *chosen,
                             axn_array_options options, axn_rtl_choice *out, int *count,
                             axn_error *error)
{
    axn_program program = {0};
    axn_cycles cycles = {0};
    axn_status status = axn_program_compile_for(model, chosen->array, options, &program, error);
    if (status == AXN_OK) {
        status = axn_program_cycles(&program, &model->network, &cycles, error);
    }
    if (status == AXN_OK) {
        out[(*count)++] = (axn_rtl_choice){
            .banks = program.banks,
            .row_buses = program.row_buses,
            .dense_taps = program.dense_taps,
            .cycles_per_image = cycles.cycles_per_image,
            .dense_cycles = axn_dense_cycles(&cycles, &model->network),
            .utilisation = cycles.utilisation,
            .chosen = program.banks == chosen->banks && program.row_buses == chosen->row_buses &&
                      program.dense_taps == chosen->dense_taps};
    }
    axn_cycles_free(&cycles);
    axn_program_free(&program);
    return status;
}

axn_status axn_rtl_choices(const axn_model *model, const axn_program *chosen,
                           axn_rtl_choice out[AXN_RTL_CHOICES], int *count, axn_error *error)
{
    axn_status status = AXN_OK;
    axn_array_options own = axn_program_options(chosen);
    *count = 0;
    for (int i = 0; i < ARENAS && status == AXN_OK; i++) {
        bool is_own = arenas[i].banks == own.banks && arenas[i].row_buses == own.row_buses;
        axn_array_options options = {.banks = arenas[i].banks,
                                     .row_buses = arenas[i].row_buses,
                                     .dense_taps = own.dense_taps,
                                     .tiles = is_own ? own.tiles : AXN_TILES_OPEN};
        if (chosen->array.rows <= 16 || options.banks >= 8) {
            status = add_choice(model, chosen, options, out, count, error);
        }
    }
    for (int i = 0; i < TAPS && status == AXN_OK; i++) {
        axn_array_options options = own;
        options.dense_taps = taps[i];
        if (taps[i] != own.dense_taps && taps[i] <= chosen->array.rows) {
            status = add_choice(model, chosen, options, out, count, error);
        }
    }
    return status;
}

void axn_rtl_choices_print(const axn_rtl_choice *choices, int count)
{
    printf("choices    banks  row buses  dense taps  cycles an image  utilisation  fully "
           "connected\n");
    for (int i = 0; i < count; i++) {
        const axn_rtl_choice *at = &choices[i];
        printf("        %s %5d %10d %11d %16lld %10.1f %% %14.1f %%\n", at->chosen ? "->" : "  ",
               at->banks, at->row_buses, at->dense_taps, (long long)at->cycles_per_image,
               100 * at->utilisation,
               100 * (double)at->dense_cycles / (double)at->cycles_per_image);
    }
}

bool axn_rtl_choices_json(const axn_rtl_choice *choices, int count, cJSON *root)
{
    cJSON *list = cJSON_AddArrayToObject(root, "choices");
    bool built = list != NULL;
    for (int i = 0; i < count && built; i++) {
        cJSON *item = cJSON_CreateObject();
        built = item != NULL && cJSON_AddItemToArray(list, item) &&
                cJSON_AddNumberToObject(item, "banks", choices[i].banks) != NULL &&
                cJSON_AddNumberToObject(item, "row_buses", choices[i].row_buses) != NULL &&
                cJSON_AddNumberToObject(item, "dense_taps", choices[i].dense_taps) != NULL &&
                cJSON_AddNumberToObject(item, "cycles_per_image",
                                        (double)choices[i].cycles_per_image) != NULL &&
                cJSON_AddNumberToObject(item, "dense_cycles", (double)choices[i].dense_cycles) !=
                    NULL &&
                cJSON_AddNumberToObject(item, "utilisation", choices[i].utilisation) != NULL &&
                cJSON_AddBoolToObject(item, "chosen", choices[i].chosen) != NULL;
    }
    return built;
}
