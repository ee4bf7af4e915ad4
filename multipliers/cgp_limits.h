/* Limits of error that evolution keeps. */
#ifndef AXN_MULTIPLIERS_CGP_LIMITS_H
#define AXN_MULTIPLIERS_CGP_LIMITS_H

#include <stdbool.h>

#include "multipliers/metrics.h"

/* Largest allowed errors; INFINITY = any. */
typedef struct axn_cgp_limits {
    double mae;
    double wce;
    double ep;         /* fraction */
    double mre;        /* fraction */
    double mean_error; /* of its magnitude */
    bool zero_exact;   /* products with 0 are exact */
} axn_cgp_limits;

extern const axn_cgp_limits axn_cgp_no_limits;

/* The errors of a circuit, all of them. */
typedef struct axn_cgp_errors {
    axn_metrics metrics;
    bool zero_exact;
} axn_cgp_errors;
axn_cgp_errors axn_cgp_errors_of(const axn_table *table);
bool axn_cgp_meets(const axn_cgp_limits *limits, const axn_cgp_errors *errors);

#endif
