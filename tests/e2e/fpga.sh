#!/bin/sh
# The accelerator on FPGAs: a resource report, and bad input. Placing and routing takes minutes:
# tests/studies/fpga.sh.
. tests/e2e/common.inc

"$tools/make_random_model" 4 "$work/model" 1 loa_7_10
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/rtl"

# Refused before anything takes long.
fails 'no such FPGA' 2 'ice40' "$axnas" synth "$work/rtl" --fpga spartan
fails 'a clock' 2 'not for' "$axnas" synth "$work/rtl" --fpga ice40 --clock 50
fails 'a seed without placement' 2 'seed' "$axnas" synth "$work/rtl" --seed 3
fails 'not a folder of rtl' 1 'manifest.json' "$axnas" synth "$work/model" --fpga ice40
cp -r "$work/rtl" "$work/edited"
sed -i '0,/ & /s// | /' "$work/edited/rtl/axn_mul8u.v"
fails 'an edited folder' 1 'axn_mul8u.v' "$axnas" synth "$work/edited" --fpga ice40

# Tools that are missing, that fail, that are killed.
mkdir "$work/bin"
for tool in yosys icepack icetime verilator; do
    printf '#!/bin/sh\nexit 0\n' >"$work/bin/$tool"
    chmod +x "$work/bin/$tool"
done
fails 'no nextpnr' 1 "Debian's package nextpnr-ice40" env PATH="$work/bin" \
    "$axnas" synth "$work/rtl" --fpga ice40 --quiet
printf '#!/bin/sh\necho "ERROR: out of gates" >&2\nexit 1\n' >"$work/bin/yosys"
fails 'a tool that fails' 1 'out of gates' env PATH="$work/bin:$PATH" \
    "$axnas" synth "$work/rtl" --fpga ecp5 --quiet
printf '#!/bin/sh\necho "half way"\nkill -9 $$\n' >"$work/bin/yosys"
fails 'a tool that is killed' 1 'half way' env PATH="$work/bin:$PATH" \
    "$axnas" synth "$work/rtl" --fpga xilinx --quiet
check 'no partial report' [ ! -e "$work/rtl/report/fpga_ecp5.json" ]
check 'no partial report of the other' [ ! -e "$work/rtl/report/fpga_xilinx.json" ]

# A resource report, with the exact twin: its multipliers are larger, all else the same.
json ecp5 "$axnas" synth "$work/rtl" --fpga ecp5 --json
check 'ecp5: fits' [ "$(get ecp5 fits)" = true ]
check 'ecp5: no clock' [ "$(get ecp5 fmax_mhz)" = null ]
check 'ecp5: the exact one is larger' [ "$(get ecp5 exact.luts)" -gt "$(get ecp5 luts)" ]
check 'ecp5: as many multiplier blocks' [ "$(get ecp5 exact.dsps)" = "$(get ecp5 dsps)" ]
for key in luts ffs brams dsps; do
    check "ecp5: modules add up to $key" sums ecp5 $key
done

finish
