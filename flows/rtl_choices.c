#include "flows/rtl_choices.h"

#include <stdio.h>

static const axn_array_options options[AXN_RTL_CHOICES] = {{4, 1}, {8, 1},  {4, 2},
                                                           {8, 2}, {16, 1}, {16, 2}};

axn_status axn_rtl_choices(const axn_model *model, const axn_program *chosen,
                           axn_rtl_choice out[AXN_RTL_CHOICES], int *count, axn_error *error)
{
    axn_status status = AXN_OK;
    *count = 0;
    for (int i = 0; i < AXN_RTL_CHOICES && status == AXN_OK; i++) {
        axn_program program = {0};
        axn_cycles cycles = {0};
        if (chosen->array.rows > 16 && options[i].banks == 4) {
            continue;
        }
        status = axn_program_compile_for(model, chosen->array, options[i], &program, error);
        if (status == AXN_OK) {
            status = axn_program_cycles(&program, &model->network, &cycles, error);
        }
        if (status == AXN_OK) {
            out[(*count)++] = (axn_rtl_choice){.banks = program.banks,
                                               .row_buses = program.row_buses,
                                               .cycles_per_image = cycles.cycles_per_image,
                                               .utilisation = cycles.utilisation,
                                               .chosen = program.banks == chosen->banks &&
                                                         program.row_buses == chosen->row_buses};
        }
        axn_cycles_free(&cycles);
        axn_program_free(&program);
    }
    return status;
}

void axn_rtl_choices_print(const axn_rtl_choice *choices, int count)
{
    printf("choices                banks  row buses  cycles an image  utilisation\n");
    for (int i = 0; i < count; i++) {
        const axn_rtl_choice *at = &choices[i];
        printf("                    %s %6d %10d %16lld %10.1f %%\n", at->chosen ? "->" : "  ",
               at->banks, at->row_buses, (long long)at->cycles_per_image, 100 * at->utilisation);
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
                cJSON_AddNumberToObject(item, "cycles_per_image",
                                        (double)choices[i].cycles_per_image) != NULL &&
                cJSON_AddNumberToObject(item, "utilisation", choices[i].utilisation) != NULL &&
                cJSON_AddBoolToObject(item, "chosen", choices[i].chosen) != NULL;
    }
    return built;
}
