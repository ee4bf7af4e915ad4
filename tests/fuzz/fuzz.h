/* What the fuzz targets share. A target is one file fuzz_NAME.c with an
 * LLVMFuzzerTestOneInput; `make fuzz` links it with libFuzzer, `make tests` with a main
 * that runs it over the kept corpus (tests/fuzz/corpus/NAME). */
#ifndef AXN_TESTS_FUZZ_H
#define AXN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "synth/netlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path that reads as `data`, for readers of files; good until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A folder of its own for this process, removed at its end; made at the first call. */
const char *fuzz_folder(void);

/* Writes a file NAME in that folder, without the fsync of axn_file_write, which would take most
 * of the time; returns its path, good until the next call. */
const char *fuzz_put(const char *name, const uint8_t *data, size_t size);

/* tests/fuzz/cells.lib: gates, adders, flip-flops, a latch, a cell without a function. */
const axn_liberty *fuzz_cells(void);

/* Ends the program with the message: something that must hold does not. */
_Noreturn void fuzz_fail(const char *message);

#endif
