#include "flows/gnuplot.h"

#include <ctype.h>
#include <string.h>

#include "common/file.h"
#include "common/process.h"

const char *const axn_gnuplot_colours[AXN_GNUPLOT_COLOURS] = {
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#444444"};

void axn_gnuplot_head(axn_buffer *script, int width, int height)
{
    axn_buffer_format(script,
                      "set terminal svg size %d,%d enhanced font 'Helvetica,13' "
                      "background rgb 'white'\n"
                      "set encoding utf8\n"
                      "set output 'plot.svg'\n"
                      "set grid lc rgb '#dddddd'\nset border 3 lc rgb '#444444'\n"
                      "set tics nomirror\nset format x '%%g'\n",
                      width, height);
}

void axn_gnuplot_quote(axn_buffer *script, const char *text)
{
    axn_buffer_text(script, "'");
    for (; *text != '\0'; text++) {
        bool plain = isalnum((unsigned char)*text) || strchr(" _-.,()%<>=/+", *text) != NULL;
        axn_buffer_append(script, plain ? text : "?", 1);
    }
    axn_buffer_text(script, "'");
}

/* gnuplot runs in a folder of its own, from which plot.svg is taken. */
axn_status axn_gnuplot_draw(const axn_buffer *script, axn_buffer *svg, axn_error *error)
{
    static const char *const argv[] = {"gnuplot", "-", NULL};
    char folder[AXN_PATH_MAX];
    char path[AXN_PATH_MAX];
    axn_buffer output = {0};
    axn_buffer text = {0};
    if (script->failed) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the plot");
    }
    axn_status status = axn_folder_temporary(folder, error);
    if (status != AXN_OK) {
        return status;
    }
    const axn_process_options options = {
        .folder = folder, .input = script->data, .output = &output, .timeout_s = 60};
    status = axn_process_run(argv, &options, error);
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "plot.svg", error);
    }
    if (status == AXN_OK) {
        status = axn_file_read(path, (size_t)16 << 20, &text, error);
    }
    const char *start = status == AXN_OK && text.data != NULL ? strstr(text.data, "<svg") : NULL;
    if (status == AXN_OK && start == NULL) {
        status = axn_fail(error, AXN_ERROR_TOOL, "gnuplot drew nothing");
    }
    if (status == AXN_OK) {
        axn_buffer_text(svg, start);
    }
    axn_buffer_free(&output);
    axn_buffer_free(&text);
    axn_folder_remove(folder, NULL);
    return status;
}

axn_status axn_gnuplot_save(const axn_buffer *svg, const char *path, axn_error *error)
{
    if (svg->failed) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the plot");
    }
    return axn_file_write(path, svg->data, svg->length, error);
}

axn_status axn_gnuplot_write(const axn_buffer *script, const char *path, axn_error *error)
{
    axn_buffer svg = {0};
    axn_status status = axn_gnuplot_draw(script, &svg, error);
    if (status == AXN_OK) {
        status = axn_gnuplot_save(&svg, path, error);
    }
    axn_buffer_free(&svg);
    return status;
}
