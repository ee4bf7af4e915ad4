/* iCE40: nextpnr-ice40, icepack, icetime. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/process.h"
#include "synth/fpga.h"

#define ASCII "fpga.asc"

/* Lattice's iCE40-HX8K breakout board (EB85): 12 MHz oscillator, the serial lines of its
 * FTDI chip, eight LEDs. */
static const char pins[] = "set_io clk_i J3\nset_io rx_i B10\nset_io tx_o B12\n"
                           "set_io led_o[0] B5\nset_io led_o[1] B4\nset_io led_o[2] A2\n"
                           "set_io led_o[3] A1\nset_io led_o[4] C5\nset_io led_o[5] C4\n"
                           "set_io led_o[6] B3\nset_io led_o[7] C3\n";

/* "Info: ICESTORM_LC:  7000/ 7680  91%": false if the line is not there. */
static bool utilisation(const char *text, const char *name, long *used, long *most)
{
    char label[32];
    snprintf(label, sizeof label, "%s:", name);
    const char *at = text != NULL ? strstr(text, label) : NULL;
    if (at == NULL)
        return false;
    char *end = NULL;
    *used = strtol(at + strlen(label), &end, 10);
    if (*end != '/')
        return false;
    *most = strtol(end + 1, &end, 10);
    return *most > 0;
}

static axn_status route(const char *folder, int seed, axn_fpga_placement *out, axn_error *error)
{
    char number[16];
    axn_buffer output = {0};
    long cells = 0, most_cells = 0, brams = 0, most_brams = 0;
    snprintf(number, sizeof number, "%d", seed);
    /* Without a wish for a clock that the tool would stop at: timing is icetime's business. */
    const char *const argv[] = {"nextpnr-ice40", "--hx8k", "--package",   "ct256", "--json",
                                AXN_FPGA_JSON,   "--pcf",  AXN_FPGA_PINS, "--asc", ASCII,
                                "--seed",        number,   "--freq",      "12",    NULL};
    axn_process_options options = {.folder = folder, .output = &output};
    axn_status status = axn_process_run(argv, &options, error);
    bool known = utilisation(output.data, "ICESTORM_LC", &cells, &most_cells) &&
                 utilisation(output.data, "ICESTORM_RAM", &brams, &most_brams);
    out->cells = cells;
    out->brams = brams;
    bool too_large = known && (cells > most_cells || brams > most_brams);
    if (status == AXN_ERROR_TOOL && too_large)
        status = AXN_OK;
    else if (status == AXN_OK && !known)
        status = axn_fail(error, AXN_ERROR_TOOL, "nextpnr-ice40 does not say what it used");
    out->fits = status == AXN_OK && !too_large;
    axn_buffer_free(&output);
    return status;
}

static axn_status read_clock(const axn_buffer *text, double *fmax_mhz, axn_error *error)
{
    static const char label[] = "Total path delay:";
    const char *at = text->data != NULL ? strstr(text->data, label) : NULL;
    double delay_ns = at != NULL ? strtod(at + strlen(label), NULL) : 0;
    if (!(delay_ns > 0))
        return axn_fail(error, AXN_ERROR_TOOL, "icetime tells no path delay");
    *fmax_mhz = 1000 / delay_ns;
    return AXN_OK;
}

axn_status axn_fpga_place(const char *work_folder, int seed, axn_fpga_placement *out,
                          axn_error *error)
{
    static const char *const pack[] = {"icepack", ASCII, AXN_FPGA_BITSTREAM, NULL};
    static const char *const timing[] = {"icetime", "-d", "hx8k",        "-P",  "ct256",
                                         "-t",      "-p", AXN_FPGA_PINS, ASCII, NULL};
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    *out = (axn_fpga_placement){0};
    axn_status status = axn_path_join(path, work_folder, AXN_FPGA_PINS, error);
    if (status == AXN_OK)
        status = axn_file_write(path, pins, strlen(pins), error);
    if (status == AXN_OK)
        status = route(work_folder, seed, out, error);
    if (status != AXN_OK || !out->fits)
        return status;
    axn_process_options options = {.folder = work_folder};
    status = axn_process_run(pack, &options, error);
    options.output = &text;
    if (status == AXN_OK)
        status = axn_process_run(timing, &options, error);
    if (status == AXN_OK)
        status = read_clock(&text, &out->fmax_mhz, error);
    axn_buffer_free(&text);
    return status;
}
