#!/bin/sh
# Accelerators of random models on several arrays: no mismatch, cycles of the model, the
# same bytes twice; and tampering of every kind is seen, by the program and by the folder's
# own Makefile.
. tests/e2e/common.inc

# cycles NAME: in $work/NAME.json every layer takes the cycles of the model.
cycles() {
    i=0
    while [ "$i" -lt "$(get "$1" layers.#)" ]; do
        [ "$(get "$1" "layers.$i.cycles")" = "$(get "$1" "layers.$i.cycles_model")" ] || return 1
        i=$((i + 1))
    done
    [ "$(get "$1" cycles_per_image)" = "$(get "$1" cycles_per_image_model)" ]
}

# Seed and array.
for case in 4:2x2 6:3x5 9:4x4 8:16x16; do
    seed=${case%:*}
    size=${case#*:}
    "$tools/make_random_model" "$seed" "$work/model$seed" 2
    json rtl "$axnas" rtl "$work/model$seed" --rows "${size%x*}" --cols "${size#*x}" \
        --out "$work/$size" --json
    json simulate "$axnas" simulate "$work/$size" --images 4 --json
    check "$size: no mismatch" [ "$(get simulate mismatches)" = 0 ]
    check "$size: four images" [ "$(get simulate images)" = 4 ]
    check "$size: cycles of the model" cycles simulate
    check "$size: cycles of the estimate" \
        [ "$(get simulate cycles_per_image)" = "$(get rtl cycles_per_image)" ]
done

# A multiplier that does not commute, and a second simulator.
"$tools/make_random_model" 7 "$work/model" 1 broken_array_1_7
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/good"
check 'generate again' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/again"
check 'the same bytes' diff -r "$work/good" "$work/again"
check 'Icarus' "$axnas" simulate "$work/good" --images 3 --simulator icarus
check 'folder alone: lint' make -C "$work/good" lint
check 'folder alone: sim' make -C "$work/good" sim-icarus
check 'what the folder built is no edit' "$axnas" simulate "$work/good" --images 1
"$axnas" rtl "$work/model" --estimate --json >"$work/estimate.json"
check 'estimate' [ "$(get estimate cycles_per_image)" -gt 100 ]

# tampered NAME FILE SED: a copy of the folder in which FILE was edited.
tampered() {
    rm -rf "$work/bad"
    cp -r "$work/good" "$work/bad"
    rm -rf "$work/bad/build"
    sed "$3" "$work/good/$2" >"$work/bad/$2"
    if cmp -s "$work/good/$2" "$work/bad/$2"; then
        echo "FAILED $1: nothing was edited"
        failures=$((failures + 1))
    fi
    fails "$1: the program refuses the folder" 1 "$2 was edited" "$axnas" simulate "$work/bad"
    if make -C "$work/bad" sim-icarus >"$work/out.txt" 2>&1; then
        echo "FAILED $1: make sim did not see it"
        failures=$((failures + 1))
    else
        echo "ok $1: $(grep -m 1 'AXN mismatch' "$work/out.txt" || echo 'make sim failed')"
    fi
}
tampered 'flipped gate' rtl/axn_mul8u.v '0,/ & /s// | /'
tampered 'swapped operands' rtl/axn_cell.v 's/\.a_i(port_a)/.a_i(port_b)/; s/\.b_i(port_b)/.b_i(port_a)/'
tampered 'swapped operands of the netlist' rtl/axn_mul8u.v 's/\.A(a_i)/.A(b_i)/; s/\.B(b_i)/.B(a_i)/'
tampered 'wrong weight' mem/weights.hex '20s/^./f/; 20s/^\(.\)./\1e/'
tampered 'wrong parameter' mem/parameters.hex '$s/....$/1234/'
tampered 'wrong descriptor' mem/program.hex '3s/..$/40/'
tampered 'wrong table' mem/multiplier.hex '32000s/^./f/'
tampered 'wrong rounding' rtl/axn_round_shift.v 's/1/0/'

# What is left of a folder is named.
rm -rf "$work/bad"
cp -r "$work/good" "$work/bad"
rm "$work/bad/rtl/axn_cell.v"
fails 'missing file' 1 'rtl/axn_cell.v' "$axnas" simulate "$work/bad"
fails 'missing manifest' 1 'manifest.json' "$axnas" simulate "$work/model"

# Bad input.
fails 'array too large' 2 'rows' "$axnas" rtl "$work/model" --rows 33 --out "$work/x"
fails 'no output' 2 'out' "$axnas" rtl "$work/model"
fails 'multiplier of another library' 1 'broken_array_1_7' sh -c "
    mkdir -p '$work/library'
    cp multipliers/library/*.v '$work/library'
    sed 's/\"broken_array_1_7\"/\"broken_array_other\"/' multipliers/library/library.json \
        >'$work/library/library.json'
    '$axnas' rtl '$work/model' --library '$work/library' --out '$work/x'"
fails 'another shape of images' 2 'images of' "$axnas" simulate "$work/good" --dataset fashion-mnist
[ ! -e "$work/x" ] || { echo 'FAILED: an output folder was left'; failures=$((failures + 1)); }
finish
