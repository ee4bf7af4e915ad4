/* Reading the netlists that Yosys writes as JSON. */
#ifndef AXN_SYNTH_YOSYS_JSON_H
#define AXN_SYNTH_YOSYS_JSON_H

#include "common/json.h"

/* Parses a file and checks its shape, so that its readers need not: `modules` is an object
 * of objects; in each, `attributes`, `parameter_default_values`, `ports`, `cells` and
 * `netnames` are objects where they are there, ports, cells and netnames of objects; `bits`
 * and the members of `connections` are arrays of strings and whole numbers from 2 on, the
 * largest of them in proportion to their count (Yosys counts the nets of a module without
 * gaps), so that arrays over the nets are no larger than the file deserves. Caller frees
 * with cJSON_Delete. */
axn_status axn_yosys_json_read(const char *path, cJSON **out, axn_error *error);

#endif
