/* What fully connected layers take in random networks of a template of the search. */
#ifndef AXN_TESTS_DENSE_SURVEY_H
#define AXN_TESTS_DENSE_SURVEY_H

#include "rtl_gen/program.h"

typedef struct axn_dense_figures {
    double share; /* of the cycles of an image */
    int taps;     /* a cycle, as the compiler chose or was told */
} axn_dense_figures;

/* out[networks]; `file` is a template of the program, classes 10, networks of at least one
 * convolution; the same numbers give the same networks. */
axn_status axn_dense_survey(const char *file, axn_shape input, axn_array_shape array,
                            axn_array_options options, int networks, axn_dense_figures *out,
                            axn_error *error);

#endif
