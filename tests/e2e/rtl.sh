#!/bin/sh
# Accelerators of random models on several arrays: no mismatch, cycles of the model, the
# same bytes twice; and tampering of every kind is seen, by the program and by the folder's
# own Makefile.
. tests/e2e/common.inc

# Random networks, one on each array of the study; two of them have several multipliers.
check 'random networks on five arrays' env CASES='5 16 17 3 4' FOLDER="$work/random" \
    sh tests/studies/random.sh "$axnas"
grep '^ok ' "$work/out.txt" || true

# A multiplier that does not commute, and a second simulator.
"$tools/make_random_model" 7 "$work/model" 1 broken_array_1_7
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/good"
check 'generate again' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/again"
check 'the same bytes' diff -r "$work/good" "$work/again"
check 'README on one screen' [ "$(wc -l <"$work/good/README.md")" -le 45 ]
check 'Icarus' "$axnas" simulate "$work/good" --images 3 --simulator icarus
check 'folder alone: lint' make -C "$work/good" lint
check 'folder alone: sim-icarus' make -C "$work/good" sim-icarus
cp -r "$work/again" "$work/elsewhere" # without axnas, its files, or any setting
check 'folder alone: sim synth sta' env -i PATH=/usr/bin:/bin make -C "$work/elsewhere" sim synth sta
check 'what the folder built is no edit' "$axnas" simulate "$work/good" --images 1 --simulator icarus

fails 'an arena too small' 1 'at most 1024 are allowed; in layer .* at once: ' \
    "$axnas" rtl "$work/model" --rows 2 --cols 2 --arena-kib 1 --out "$work/refused"
fails 'weights too many' 1 'the weights take .* the layers with the most are ' \
    "$axnas" rtl "$work/model" --rows 2 --cols 2 --weights-kib 1 --out "$work/refused"
check 'nothing was written' [ ! -e "$work/refused" ]

# Waveforms: FST begins with a header block, type 0, of 329 bytes.
is_fst() {
    [ "$(od -A n -t x1 -N 9 "$1" | tr -d ' ')" = 000000000000000149 ] &&
        { ! command -v fst2vcd >/dev/null || fst2vcd "$1" | grep -q 'u_accelerator'; }
}
check 'trace' "$axnas" simulate "$work/good" --images 2 --simulator icarus --trace "$work/all.fst" \
    --trace-image 1
check 'trace is FST' is_fst "$work/all.fst"
check 'trace of a layer' "$axnas" simulate "$work/good" --images 1 --simulator icarus \
    --trace "$work/layer.fst" --trace-layer 1
check 'trace of a layer is FST' is_fst "$work/layer.fst"
check 'trace of a layer is smaller' \
    [ "$(wc -c <"$work/layer.fst")" -lt "$(wc -c <"$work/all.fst")" ]
fails 'trace of no layer' 2 'no layer "none": there are 1 to' "$axnas" simulate "$work/good" \
    --trace "$work/x.fst" --trace-layer none
fails 'trace of no image' 2 'images 0 to 1' "$axnas" simulate "$work/good" --images 2 \
    --trace "$work/x.fst" --trace-image 2
fails 'trace without a file' 2 'need --trace' "$axnas" simulate "$work/good" --trace-layer 1
fails 'trace into nowhere' 1 '/nowhere/x.fst' "$axnas" simulate "$work/good" --images 1 \
    --quiet --simulator icarus --trace /nowhere/x.fst

# The cache: two at once share one build, what is old goes when space is short, what is new stays.
rm -rf "$XDG_CACHE_HOME/axnas/simulators"
"$axnas" simulate "$work/good" --images 1 --simulator icarus >"$work/one.txt" 2>&1 &
check 'two builds at once: this' "$axnas" simulate "$work/good" --images 1 --simulator icarus
cp "$work/out.txt" "$work/two.txt"
check 'two builds at once: the other' wait $!
check 'one was built' grep -q 'found in the cache' "$work/one.txt" "$work/two.txt"
simulators=$XDG_CACHE_HOME/axnas/simulators
new=$(find "$simulators" -name 'icarus-*' ! -name '*.lock')
cp "$new" "$simulators/icarus-old"
touch "$simulators/verilator-0.new-1"
touch -d '2 hours ago' "$simulators/icarus-old" "$simulators/verilator-0.new-1"
mv "$new" "$work/kept"
check 'build with little space' env AXNAS_CACHE_MB=0 "$axnas" simulate "$work/good" --images 1 \
    --simulator icarus
check 'what is old is gone' [ "$(find "$simulators" ! -name '*.lock' -type f)" = "$new" ]

"$axnas" rtl "$work/model" --estimate --json >"$work/estimate.json"
check 'estimate' [ "$(get estimate cycles_per_image)" -gt 100 ]

# Choices of one's own: the manifest keeps them, and the simulation goes by them.
check 'own choices' "$axnas" rtl "$work/model" --rows 2 --cols 2 --banks 8 --row-buses 2 \
    --dense-taps 2 --out "$work/chosen"
for choice in 'banks 8' 'row_buses 2' 'dense_taps 2'; do
    check "kept: $choice" [ "$("$tools/json_get" "$work/chosen/manifest.json" "${choice% *}")" = "${choice#* }" ]
done
check 'own choices run' "$axnas" simulate "$work/chosen" --images 2 --simulator icarus
fails 'more dense taps than rows' 2 'at most as many as the array has rows' \
    "$axnas" rtl "$work/model" --rows 2 --cols 2 --dense-taps 4 --estimate

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
    fails "$1: the program refuses the folder" 1 "$2 .*was edited" "$axnas" simulate "$work/bad"
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
for size in '33 4' '1 4' '4 33' '4 1' '0 0'; do
    fails "array of $size" 2 '(rows|cols).*2.*32' "$axnas" rtl "$work/model" --rows "${size% *}" \
        --cols "${size#* }" --out "$work/x"
done
# network NAME LAYERS: a random model of an input and these layers.
network() {
    printf '{"format": "axnas-network", "version": 1, "layers": [%s]}' "$2" >"$work/$1.json"
    "$tools/make_random_model" --network "$work/$1.json" 1 "$work/$1"
}
network wide '{"kind": "input", "shape": [2048, 2048, 3]}, {"kind": "conv", "units": 3, "kernel": 1},
    {"kind": "max_pool", "kernel": 64, "stride": 64}, {"kind": "dense", "units": 2}'
fails 'tensors beyond the arena' 1 'need 25165824 bytes at once.* 16777216' "$axnas" rtl "$work/wide" --out "$work/x"
network padded '{"kind": "input", "shape": [40, 40, 1]}, {"kind": "conv", "units": 2, "kernel": 40},
    {"kind": "dense", "units": 2}'
fails 'kernel beyond the descriptor' 1 'layer conv_1.*15' "$axnas" rtl "$work/padded" --out "$work/x"
network strided '{"kind": "input", "shape": [40, 40, 1]},
    {"kind": "conv", "units": 2, "kernel": 1, "stride": 16}, {"kind": "dense", "units": 2}'
fails 'stride beyond the descriptor' 1 'layer conv_1.*15' "$axnas" rtl "$work/strided" --out "$work/x"
# At the limits, and beyond what the search draws: kernels and strides larger than the map.
network odd '{"kind": "input", "shape": [3, 3, 2]}, {"kind": "conv", "units": 5, "kernel": 7},
    {"kind": "conv", "units": 3, "kernel": 2, "stride": 15}, {"kind": "conv", "units": 37, "kernel": 3},
    {"kind": "dense", "units": 33, "relu": true}, {"kind": "dense", "units": 101}'
check 'odd network: rtl' "$axnas" rtl "$work/odd" --rows 2 --cols 3 --out "$work/odd-rtl"
check 'odd network: simulate' "$axnas" simulate "$work/odd-rtl" --images 1 --simulator icarus
fails 'no output' 2 'out' "$axnas" rtl "$work/model"
fails 'multiplier of another library' 1 'broken_array_1_7' sh -c "
    mkdir -p '$work/library'
    cp multipliers/library/*.v '$work/library'
    sed 's/\"broken_array_1_7\"/\"broken_array_other\"/' multipliers/library/library.json \
        >'$work/library/library.json'
    '$axnas' rtl '$work/model' --library '$work/library' --out '$work/x'"
fails 'multiplier with another table' 1 'broken_array_1_7.*hash' sh -c "
    cp multipliers/library/library.json '$work/library'
    sed -i '0,/ & /s// | /' '$work/library/broken_array_1_7.v'
    '$axnas' rtl '$work/model' --library '$work/library' --out '$work/x'"
fails 'another shape of images' 2 'images of' "$axnas" simulate "$work/good" --dataset fashion-mnist
[ ! -e "$work/x" ] || { echo 'FAILED: an output folder was left'; failures=$((failures + 1)); }
finish
