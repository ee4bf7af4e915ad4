/* What `axnas synth` says: JSON, the table on the terminal, and the files in report/. */
#ifndef AXN_FLOWS_SYNTHESIS_REPORT_H
#define AXN_FLOWS_SYNTHESIS_REPORT_H

#include "flows/synthesis_twin.h"

/* The keys are listed in docs/formats.md; the caller deletes *out. */
axn_status axn_synthesis_json(const axn_synthesis_set *set, cJSON **out, axn_error *error);
void axn_synthesis_print(const axn_synthesis_set *set);
/* report/area.csv, report/energy.csv, report/synthesis.json and, where gnuplot is installed,
 * report/area.svg of the emitted folder; all of them or, where something fails before the first is
 * written, none. */
axn_status axn_synthesis_write(const char *folder, const axn_synthesis_set *set, const cJSON *json,
                               axn_error *error);

#endif
