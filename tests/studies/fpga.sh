#!/bin/sh
# `make study-fpga` (about 13 minutes of processor time): a tiny network complete on an iCE40 HX8K, its
# netlist answering as the golden model, the same bitstream twice.
. tests/e2e/common.inc

"$tools/make_random_model" 4 "$work/model" 1 loa_7_10
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/rtl"

# Complete on the HX8K.
json ice40 "$axnas" synth "$work/rtl" --fpga ice40 --images 2 --json
check 'ice40: fits' [ "$(get ice40 fits)" = true ]
check 'ice40: complete' [ "$(get ice40 complete)" = true ]
check 'ice40: at least the clock of the board' [ "$(get ice40 fmax_mhz | cut -d. -f1)" -ge 12 ]
check 'ice40: golden bytes through the netlist' [ "$(get ice40 images)" = 2 ]
check 'ice40: memories are block RAM' [ "$(get ice40 brams)" -gt 16 ]
check 'ice40: the exact one is larger' [ "$(get ice40 exact.luts)" -gt "$(get ice40 luts)" ]
check 'ice40: modules add up' sums ice40 luts
check 'the folder is not edited by it' "$axnas" simulate "$work/rtl" --images 1
check 'a bitstream' [ -s "$work/rtl/report/fpga/fpga.bin" ]
cp "$work/rtl/report/fpga/fpga.bin" "$work/first.bin"
json again "$axnas" synth "$work/rtl" --fpga ice40 --images 1 --json
check 'the same bitstream' cmp "$work/first.bin" "$work/rtl/report/fpga/fpga.bin"
check 'the same clock' [ "$(get again fmax_mhz)" = "$(get ice40 fmax_mhz)" ]
finish
