#include "synth/fpga.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "synth/file_list.h"
#include "synth/yosys.h"

#define LINK "design"

/* Data sheets: Lattice FPGA-DS-02029 (iCE40 LP/HX) and FPGA-DS-02012 (ECP5), Xilinx DS180. */
static const axn_fpga_device devices[] = {
    {AXN_FPGA_ICE40, "ice40", "iCE40 HX8K-CT256", "4 kbit", 7680, 7680, 32, 0},
    {AXN_FPGA_ECP5, "ecp5", "ECP5 LFE5U-85F", "18 kbit", 83640, 83640, 208, 156},
    {AXN_FPGA_XILINX, "xilinx", "Artix-7 XC7A100T", "18 kbit", 63400, 126800, 270, 240}};

const axn_fpga_device *axn_fpga_find(const char *name)
{
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (strcmp(devices[i].name, name) == 0)
            return &devices[i];
    return NULL;
}

/* The design's folder under a name without special characters. */
static axn_status make_link(const char *folder, const char *work_folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, work_folder, LINK, error);
    char *real = status == AXN_OK ? realpath(folder, NULL) : NULL;
    if (status == AXN_OK) {
        (void)unlink(path);
        if (real == NULL || symlink(real, path) != 0)
            status = axn_fail_errno(error, AXN_ERROR_IO, "%s", folder);
    }
    free(real);
    return status;
}

static void add_synthesis(const axn_fpga_device *device, axn_buffer *script)
{
    switch (device->family) {
    case AXN_FPGA_ICE40:
        axn_buffer_text(script, "synth_ice40 -top " AXN_FPGA_TOP "\n");
        break;
    case AXN_FPGA_ECP5:
        axn_buffer_text(script, "synth_ecp5 -top " AXN_FPGA_TOP "\n");
        break;
    case AXN_FPGA_XILINX:
    default:
        axn_buffer_text(script, "synth_xilinx -flatten -top " AXN_FPGA_TOP "\n");
        break;
    }
}

axn_status axn_fpga_synthesise(const axn_fpga_device *device, const axn_fpga_design *design,
                               const char *work_folder, axn_fpga_resources *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer script = {0};
    *out = (axn_fpga_resources){0};
    axn_status status = make_link(design->folder, work_folder, error);
    if (status == AXN_OK)
        status = axn_file_list_script(design->folder, design->file_list, LINK, &script, error);
    for (const char *const *file = design->replacements; *file != NULL; file++)
        axn_buffer_format(&script, "read_verilog -sv -defer -overwrite %s\n", *file);
    /* Before a net is tied every cell must use the same name of it: of the others connect
     * takes the driver away. */
    axn_buffer_text(&script, "hierarchy -check -top " AXN_FPGA_TOP "\nproc\nflatten\nopt_clean\n");
    if (design->constants != NULL)
        axn_buffer_append(&script, design->constants->data, design->constants->length);
    axn_buffer_text(&script, "opt_clean\nopt\nwreduce\nopt_clean\n");
    if (design->multiply_map != NULL)
        axn_buffer_format(&script, "techmap -map %s t:$mul\nopt\n", design->multiply_map);
    add_synthesis(device, &script);
    axn_buffer_text(&script, "autoname\ncheck -assert\nwrite_json " AXN_FPGA_JSON
                             "\nwrite_verilog -noattr " AXN_FPGA_NETLIST "\n");
    if (status == AXN_OK)
        status = axn_yosys_run(&script, work_folder, "fpga.ys", 0, NULL, error);
    if (status == AXN_OK)
        status = axn_path_join(path, work_folder, AXN_FPGA_JSON, error);
    if (status == AXN_OK)
        status = axn_fpga_count(device, path, out, error);
    axn_buffer_free(&script);
    return status;
}
