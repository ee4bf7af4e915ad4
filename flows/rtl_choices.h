/* What `rtl --estimate` says of the choices that the compiler makes by itself. */
#ifndef AXN_FLOWS_RTL_CHOICES_H
#define AXN_FLOWS_RTL_CHOICES_H

#include <cjson/cJSON.h>

#include "rtl_gen/program.h"

#define AXN_RTL_CHOICES 11 /* six of banks and buses, five of taps, one of them in both */

typedef struct axn_rtl_choice {
    int64_t cycles_per_image, dense_cycles; /* of the fully connected layers */
    double utilisation;                     /* over the convolutions */
    int banks, row_buses, dense_taps;
    bool chosen;
} axn_rtl_choice;

/* Compiles the model for the choices the array allows: every number of banks and buses with the
 * chosen number of taps, and every number of taps with the chosen others; *count of them, by
 * rising area. */
axn_status axn_rtl_choices(const axn_model *model, const axn_program *chosen,
                           axn_rtl_choice out[AXN_RTL_CHOICES], int *count, axn_error *error);

void axn_rtl_choices_print(const axn_rtl_choice *choices, int count);

/* Adds "choices" to the object; false: out of memory. */
bool axn_rtl_choices_json(const axn_rtl_choice *choices, int count, cJSON *root);

#endif
