/* A library's circuits as a picture: power ratio against an error metric, both axes
 * logarithmic, the front drawn and coloured by family, a reference front beside it. */
#ifndef AXN_FLOWS_FRONT_PLOT_H
#define AXN_FLOWS_FRONT_PLOT_H

#include "multipliers/front.h"

/* reference NULL = none; reference_name stands in the key. Exact circuits have no place on
 * a logarithmic axis and are left out. */
axn_status axn_front_plot_write(const axn_library *library, const axn_front_points *points,
                                const axn_front_points *reference, const char *reference_name,
                                axn_front_metric metric, const char *path, axn_error *error);

#endif
