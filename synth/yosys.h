/* Running Yosys and OpenSTA in a work folder. Scripts are made of fixed text and of
 * names that passed axn_plain_name, so a name from outside is never tool syntax. */
#ifndef AXN_SYNTH_YOSYS_H
#define AXN_SYNTH_YOSYS_H

#include "common/buffer.h"
#include "common/error.h"
#include "synth/liberty.h"

#define AXN_VERSION_TEXT 96

/* A plain Verilog identifier: a letter or '_', then letters, digits, '_' and '$'. */
bool axn_plain_name(const char *name);

/* Writes the script to folder/NAME and runs Yosys on it there; quiet, so that what it
 * prints are warnings and errors (they go to `output` if it is not NULL). timeout_s 0 =
 * none. AXN_ERROR_TOOL holds Yosys' last lines. */
axn_status axn_yosys_run(const axn_buffer *script, const char *folder, const char *name,
                         double timeout_s, axn_buffer *output, axn_error *error);

/* The same for OpenSTA, which exits 0 on errors: its output is searched for them. */
axn_status axn_sta_run(const axn_buffer *script, const char *folder, const char *name,
                       double timeout_s, axn_buffer *output, axn_error *error);

/* Appends a techmap module that maps $fa to the Liberty's own adder cells and to plain
 * logic where it has none; false (nothing appended) if it has no adders at all. */
bool axn_yosys_adder_map(const axn_liberty *liberty, axn_buffer *out);

/* "Yosys 0.23 (...)" and "OpenSTA 2.0.17", for records. */
axn_status axn_synth_versions(char yosys[AXN_VERSION_TEXT], char sta[AXN_VERSION_TEXT],
                              axn_error *error);

#endif
