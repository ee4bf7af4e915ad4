#!/bin/sh
# Models with several multipliers: each layer computes with its own, on both simulators; the
# folder works alone; whatever is changed in one of the multipliers is seen and named.
. tests/e2e/common.inc

wanted=broken_array_1_7,drum_4,loa_5_9
for seed in 3 5 6 7 8 9 12 13 14 15 16 17 18; do
    rm -rf "$work/model"
    "$tools/make_random_model" $seed "$work/model" 1 $wanted
    json estimate "$axnas" rtl "$work/model" --rows 2 --cols 2 --estimate --json
    [ "$(get estimate multipliers.#)" = 3 ] && break
done
check 'three multipliers in the estimate' [ "$(get estimate multipliers.#)" = 3 ]
check 'the energy is the sum over the layers' awk -v a="$(get estimate multiplier_energy_uj)" \
    -v b="$(get estimate multipliers.0.energy_uj)" -v c="$(get estimate multipliers.1.energy_uj)" \
    -v d="$(get estimate multipliers.2.energy_uj)" \
    'BEGIN { e = a - b - c - d; exit !(a > 0 && e < 1e-9 && e > -1e-9) }'

good=$work/good
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$good"
check 'generate again' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/again"
check 'the same bytes' diff -r "$good" "$work/again"
for one in broken_array_1_7 drum_4 loa_5_9; do
    check "README: layers of $one" grep -q "^| $one |.*|.*|.*[a-z].* |" "$good/README.md"
    check "layers.csv: $one" grep -q ",$one,[01]," "$good/report/layers.csv"
done
for simulator in verilator icarus; do
    json simulate "$axnas" simulate "$good" --images 3 --simulator $simulator --json
    check "$simulator: no mismatch" [ "$(get simulate mismatches)" = 0 ]
    check "$simulator: three images" [ "$(get simulate images)" = 3 ]
    check "$simulator: cycles of the estimate" \
        [ "$(get simulate cycles_per_image)" = "$(get estimate cycles_per_image)" ]
done
check 'folder alone: lint' make -C "$good" lint
check 'folder alone: sim' make -C "$good" sim-icarus

# Other multipliers, the same network: tables are read at run time, so the simulator is there.
"$tools/make_random_model" $seed "$work/other" 1 trunc_var_9,exact_dadda,mitchell
check 'generate with others' "$axnas" rtl "$work/other" --rows 2 --cols 2 --out "$work/others"
check 'simulate with others' "$axnas" simulate "$work/others" --images 2
check 'accelerators that differ in multipliers share a simulator' \
    [ "$(find "$XDG_CACHE_HOME" -name 'verilator-*' | wc -l)" -le 2 ]

# Which multiplier stands where: mem/multiplier.hex is the first.
name() { # INDEX
    get estimate "multipliers.$1.name"
}
# One whose operands must not be swapped.
harsh=0
while [ "$(name $harsh)" != broken_array_1_7 ]; do
    harsh=$((harsh + 1))
done

# edited NAME FILE MULTIPLIER COMMAND...: makes FILE of a copy anew from the good one.
edited() {
    title=$1 file=$2 multiplier=$3
    shift 3
    rm -rf "$work/bad"
    cp -r "$good" "$work/bad"
    rm -rf "$work/bad/build"
    "$@" <"$good/$file" >"$work/bad/$file"
    fails "$title: the program" 1 "$file \\(multiplier $multiplier\\) was edited" \
        "$axnas" simulate "$work/bad"
    fails "$title: the folder alone" 2 '' make -s -C "$work/bad" sim-icarus
}
edited 'one table' mem/multiplier_1.hex "$(name 1)" sed '32000s/^./f/'
edited 'another table' mem/multiplier_2.hex "$(name 2)" sed '60000s/...$/123/'
edited 'one netlist' rtl/axn_mul8u_0.v "$(name 0)" sed '0,/ & /s// | /'
edited 'swapped operands of one' rtl/axn_mul8u_$harsh.v broken_array_1_7 \
    sed 's/\.A(a_i)/.A(b_i)/; s/\.B(b_i)/.B(a_i)/'
edited 'tables in another order' mem/multiplier_1.hex "$(name 1)" cat "$good/mem/multiplier.hex"

# Other multipliers in the descriptors of all convolutions: bits 24 and up of the first word.
rm -rf "$work/bad"
cp -r "$good" "$work/bad"
rm -rf "$work/bad/build"
awk 'NR % 16 == 1 && /^0[012].....[08]$/ { sub(/^../, /^00/ ? "01" : "00") } { print }' \
    "$good/mem/program.hex" >"$work/bad/mem/program.hex"
fails 'other multipliers in the descriptors: the program' 1 'program.hex was edited' \
    "$axnas" simulate "$work/bad"
fails 'other multipliers in the descriptors: the folder alone' 2 '' make -s -C "$work/bad" sim-icarus

# A table that is not there.
rm -rf "$work/bad"
cp -r "$good" "$work/bad"
rm "$work/bad/mem/multiplier_2.hex"
fails 'a missing table' 1 "multiplier $(name 2)" "$axnas" simulate "$work/bad"

# A library without one of them, and one in which it is another circuit.
mkdir "$work/library"
cp multipliers/library/*.v "$work/library"
sed 's/"drum_4"/"drum_other"/' multipliers/library/library.json >"$work/library/library.json"
fails 'a multiplier that the library lacks' 1 'drum_4' \
    "$axnas" rtl "$work/model" --library "$work/library" --out "$work/x"
awk '/"name"/ { on = /"loa_5_9"/ } on && /"hash"/ { sub(/[0-9a-f][0-9a-f]*"[^"]*$/,
    "0123456789abcdef\",") } { print }' multipliers/library/library.json \
    >"$work/library/library.json"
fails 'a multiplier with another hash' 1 'loa_5_9.*hash' \
    "$axnas" rtl "$work/model" --library "$work/library" --out "$work/x"
check 'nothing was written' [ ! -e "$work/x" ]
finish
