#!/bin/sh
# synth: the figures agree with each other, the twin stands beside, and what cannot be
# synthesised leaves no report.
. tests/e2e/common.inc

# Its multiplier does not commute, and some layers swap its operands.
"$tools/make_random_model" 7 "$work/model" 1 broken_array_1_7
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/rtl"

# Errors first: nothing is written.
unwritten() {
    if [ -e "$work/rtl/report/synthesis.json" ] || [ -e "$work/rtl/report/area.csv" ]; then
        echo "FAILED $1: a partial report"
        failures=$((failures + 1))
    fi
}
run="$axnas synth $work/rtl --dataset random --images 1 --cycles 200"
sed '/ff *(/,/}/d' /usr/share/qflow/tech/osu018/osu018_stdcells.lib >"$work/no_ff.lib"
fails 'no flip-flops' 1 'no_ff.lib.*flip-flop' $run --liberty "$work/no_ff.lib"
head -c 200000 /usr/share/qflow/tech/osu018/osu018_stdcells.lib >"$work/cut.lib"
fails 'broken Liberty' 1 'cut.lib' $run --liberty "$work/cut.lib"
fails 'no Liberty' 1 'nowhere.lib' $run --liberty "$work/nowhere.lib"
fails 'not an accelerator' 1 'manifest.json' "$axnas" synth "$work/model"
echo '{"format": "axnas-memories", "version": 9}' >"$work/memories.json"
fails 'another table of memories' 1 'memories.json' $run --no-exact --memories "$work/memories.json"
mkdir "$work/bin"
printf '#!/bin/sh\n[ "$1" = -V ] && exec /usr/bin/yosys -V\necho half way >&2\nkill -9 $$\n' \
    >"$work/bin/yosys"
chmod +x "$work/bin/yosys"
fails 'a tool is killed' 1 'half way|signal|killed' env PATH="$work/bin:$PATH" $run --no-exact
unwritten 'after errors'

json synth $run --json
same() { # KEY KEY: equal within a millionth
    awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; m = a < 0 ? -a : a; exit !(d * d <= 1e-12 * m * m) }'
}
# sum LIST KEY: of the items of a list
sum() {
    i=0
    total=0
    while [ "$i" -lt "$(get synth "$1.#")" ]; do
        total=$(awk -v a="$total" -v b="$(get synth "$1.$i.$2")" 'BEGIN { printf "%.12g", a + b }')
        i=$((i + 1))
    done
    echo "$total"
}
for key in area_um2 memory_area_um2 fmax_mhz clock_mhz power_mw energy_uj_per_image \
    memory_energy_uj_per_image multiplier_energy_uj_per_image modules.0.power_mw; do
    check "own $key" get synth "$key"
    check "exact $key" get synth "exact.$key"
    check "star $key" get synth "exact_star.$key"
done
check 'areas add up' same "$(get synth area_um2)" "$(sum modules area_um2)"
check 'powers add up' same "$(get synth power_mw)" "$(sum modules power_mw)"
check 'the cell is proved' [ "$(get synth cells_proved)" = 1 ]
check 'the array is simulated' [ "$(get synth netlist_simulation.layers)" -gt 0 ]
check 'by Icarus too' [ "$(get synth netlist_simulation.icarus_cycles)" = 1000 ]
check 'with the vendor'"'"'s models' [ "$(get synth netlist_simulation.icarus_vendor_models)" = true ]
check 'no net is too heavy' [ "$(get synth nets_above_max_capacitance)" = 0 ]
check 'ports and uncertainty limit the clock' awk -v all="$(get synth fmax_mhz)" \
    -v registers="$(get synth fmax_registers_mhz)" 'BEGIN { exit !(all > 0 && all <= registers * 1.000001) }'
check 'memories: a source' grep -q gf180mcu "$work/synth.json"
check 'clock gates save power' awk -v on="$(get synth power_mw)" -v off="$(get synth without_clock_gating.power_mw)" \
    'BEGIN { exit !(0 < on && on < off) }'
check 'twin: the exact multiplier' [ "$(get synth exact.multipliers.0.name)" != broken_array_1_7 ]
check 'twin: as long' [ "$(get synth exact.cycles_per_image)" = "$(get synth cycles_per_image)" ]
for file in area.csv energy.csv synthesis.json; do
    check "report/$file" [ -s "$work/rtl/report/$file" ]
done
finish
