/* Inside axn_hierarchy_synthesise: the design's file list as a Yosys script. */
#ifndef AXN_SYNTH_FILE_LIST_H
#define AXN_SYNTH_FILE_LIST_H

#include "common/buffer.h"
#include "common/error.h"

/* Appends read_verilog commands for the files of folder/list, which the script sees
 * below `link`. Paths must be relative, stay inside the folder and consist of letters,
 * digits and ._/+-; errors name list and line. */
axn_status axn_file_list_script(const char *folder, const char *list, const char *link,
                                axn_buffer *script, axn_error *error);

#endif
