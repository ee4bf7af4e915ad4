#!/bin/sh
# Wrong commands and damaged files: one clear line that names the file and the cause, the
# right exit status, nothing half-written, nothing overwritten.
. tests/e2e/common.inc

"$tools/make_dataset" "$work/data" 200 40
"$tools/make_random_model" 3 "$work/model"

# Wrong usage: exit status 2.
fails 'no command' 2 'usage' "$axnas"
fails 'unknown command' 2 'unknown command "fly"' "$axnas" fly
fails 'unknown option' 2 'unknown option "--wings"' "$axnas" pareto "$work" --wings
fails 'missing value' 2 'needs a value' "$axnas" rtl "$work/model" --out
fails 'missing argument' 2 'argument is missing' "$axnas" evaluate
fails 'extra argument' 2 'unexpected argument "b"' "$axnas" pareto a b
for command in demo search train 'multipliers list'; do
    # shellcheck disable=SC2086 # a command of one or two words
    fails "argument of $command" 2 'unexpected argument "a"' "$axnas" $command a
done
fails 'number out of range' 2 'rows must be a whole number' \
    "$axnas" rtl "$work/model" --out "$work/x" --rows 99
fails 'not a number' 2 'epochs must be a whole number' \
    "$axnas" train --network resnet8 --multiplier exact --dataset fashion-mnist --epochs ten \
    --out "$work/x"

# Unknown names.
fails 'unknown dataset' '[12]' 'mnist-of-the-future' \
    "$axnas" evaluate "$work/model" --dataset mnist-of-the-future
fails 'unknown multiplier' '[12]' 'no_such_multiplier' \
    "$axnas" train --network resnet8 --multiplier no_such_multiplier --dataset fashion-mnist \
    --epochs 1 --out "$work/x"
fails 'unknown network' 1 'no_such_network' \
    "$axnas" train --network "$work/no_such_network" --multiplier exact_dadda \
    --dataset fashion-mnist --epochs 1 --out "$work/x"
fails 'missing model' 1 'no_such_model' "$axnas" rtl "$work/no_such_model" --out "$work/x"
fails 'missing run' 1 'no_such_run' "$axnas" pareto "$work/no_such_run"
fails 'missing library' 1 'no_such_library' "$axnas" multipliers list --library "$work/no_such_library"
fails 'missing config' 1 'no_such.json' \
    "$axnas" search --dataset idx --data-dir "$work/data" --config "$work/no_such.json" --out "$work/x"
[ ! -e "$work/x" ] || { echo 'FAILED: an output folder was left'; failures=$((failures + 1)); }

# Output folders.
mkdir "$work/full" && echo keep >"$work/full/file"
fails 'folder not empty' 1 'full.*--force' "$axnas" rtl "$work/model" --out "$work/full"
check 'its content is untouched' grep -q keep "$work/full/file"
fails 'output is a file' 1 'full/file' "$axnas" rtl "$work/model" --out "$work/full/file"

# Disks that cannot be written.
fails 'unwritable folder' 1 '/proc/axnas' "$axnas" rtl "$work/model" --out /proc/axnas
fails 'unwritable library' 1 '/proc/axnas' \
    "$axnas" multipliers characterise multipliers/library/loa_8_14.v -o /proc/axnas
fails 'unwritable run' 1 '/proc/axnas' \
    "$axnas" search --dataset idx --data-dir "$work/data" --config flows/search-tiny.json \
    --train-images 100 --out /proc/axnas

# Configurations.
printf '{"population": 4, "wings": 2}\n' >"$work/wings.json"
fails 'unknown key' '[12]' 'wings' \
    "$axnas" search --dataset idx --data-dir "$work/data" --config "$work/wings.json" --out "$work/x"
printf '{"population": -4}\n' >"$work/range.json"
fails 'key out of range' '[12]' 'population' \
    "$axnas" search --dataset idx --data-dir "$work/data" --config "$work/range.json" --out "$work/x"

# Damaged data: named before training starts, and nothing is written.
train() {
    "$axnas" train --multiplier exact_dadda --dataset idx --data-dir "$work/data" --epochs 1 \
        --network "$work/net.json" --out "$work/x" "$@"
}
network() {
    printf '{"format": "axnas-network", "version": 1, "layers": [%s]}\n' "$1" >"$work/net.json"
}
image='{"kind": "input", "name": "image", "shape": [12, 12, 1]}'
convolution='{"kind": "conv", "name": "c1", "units": 4, "kernel": 3, "batch_norm": true, "relu": true}'
network "$image, $convolution, {\"kind\": \"dense\", \"units\": 4}"

# damaged NAME STATUS PATTERN COMMAND: the command spoils a copy of the data set.
damaged() {
    rm -rf "$work/spoilt"
    cp -r "$work/data" "$work/spoilt"
    (cd "$work/spoilt" && eval "$4")
    fails "$1" "$2" "$3" train --data-dir "$work/spoilt"
    fails "$1, evaluate" "$2" "$3" "$axnas" evaluate "$work/model" --dataset idx \
        --data-dir "$work/spoilt"
}
damaged 'truncated images' 1 't10k-images-idx3-ubyte.*truncated' \
    'truncate -s 1000 t10k-images-idx3-ubyte'
damaged 'truncated gzip' 1 'train-images-idx3-ubyte.gz.*truncated gzip' \
    'gzip train-images-idx3-ubyte && truncate -s 5000 train-images-idx3-ubyte.gz'
damaged 'damaged gzip' 1 'train-labels-idx1-ubyte.gz.*damaged gzip' \
    'gzip train-labels-idx1-ubyte && printf "\\377\\377" |
        dd of=train-labels-idx1-ubyte.gz bs=1 seek=60 conv=notrunc 2>/dev/null'
damaged 'bytes behind the images' 1 'train-images-idx3-ubyte.*unexpected bytes' \
    'echo more >>train-images-idx3-ubyte'
damaged 'label out of range' 1 't10k-labels-idx1-ubyte.*label 255 of image 4 is not in 0..3' \
    'printf "\\377" | dd of=t10k-labels-idx1-ubyte bs=1 seek=12 conv=notrunc 2>/dev/null'
damaged 'too few labels' 1 'train-labels-idx1-ubyte" has 40 labels' \
    'cp t10k-labels-idx1-ubyte train-labels-idx1-ubyte'
damaged 'images for labels' 1 'train-labels-idx1-ubyte.*not an IDX file of labels' \
    'cp train-images-idx3-ubyte train-labels-idx1-ubyte'
damaged 'a web page' 1 'train-images-idx3-ubyte.*not an IDX file' \
    'echo "<!DOCTYPE html>" >train-images-idx3-ubyte'
damaged 'a folder for a file' 1 'train-labels-idx1-ubyte.*not a regular file' \
    'rm train-labels-idx1-ubyte && mkdir train-labels-idx1-ubyte'
damaged 'a pipe for a file' 1 'train-images-idx3-ubyte.*not a regular file' \
    'rm train-images-idx3-ubyte && mkfifo train-images-idx3-ubyte'
damaged 'missing labels' 1 'has no train-labels-idx1-ubyte' 'rm train-labels-idx1-ubyte'
fails 'missing folder' 1 'no_such_folder" does not exist' train --data-dir "$work/no_such_folder"
fails 'a file for the folder' 1 'net.json" is not a folder' train --data-dir "$work/net.json"
fails 'no folder' 2 'idx.*--data-dir' \
    "$axnas" train --multiplier exact_dadda --dataset idx --network "$work/net.json" --out "$work/x"
for name in cifar10 cifar100; do
    fails "missing $name" 1 'data/(data_batch_1|train).bin" is missing' train --dataset $name
done
fails 'another data set' 1 'expected 28x28x1' train --dataset fashion-mnist
printf 'too short' >"$work/data/train.bin"
fails 'cut CIFAR-100' 1 'train.bin.*whole number of 3074-byte records' train --dataset cifar100
rm "$work/data/train.bin"

# Networks that cannot be, or not on these images.
for damage in \
    'dense of other classes|net.json.*10 classes apart.* has 4|'"$image"', {"kind": "dense", "units": 10}' \
    'other images|net.json.*28x28x1.* has 12x12x1|{"kind": "input", "shape": [28, 28, 1]}, {"kind": "dense", "units": 4}' \
    'pool beyond the map|net.json.*"p1": kernel 13|'"$image"', {"kind": "max_pool", "name": "p1", "kernel": 13}, {"kind": "dense", "units": 4}' \
    'maps that differ|net.json.*"joined"|'"$image"', {"kind": "max_pool", "name": "half", "kernel": 2, "stride": 2}, {"kind": "concat", "name": "joined", "inputs": ["image", "half"]}, {"kind": "dense", "units": 4}' \
    'input that is not there|net.json.*"b" is not an earlier layer|'"$image"', {"kind": "conv", "inputs": ["b"], "units": 4, "kernel": 3}, {"kind": "dense", "units": 4}' \
    'no classifier|net.json.*the last layer must be a dense|'"$image, $convolution" \
    'wrong output shape|net.json.*output_shape|'"$image"', {"kind": "conv", "units": 4, "kernel": 3, "output_shape": [1, 2, 3]}, {"kind": "dense", "units": 4}' \
    'unknown key|net.json.*wings|'"$image"', {"kind": "dense", "units": 4, "wings": 2}' \
    'sum of too many products|net.json.*the limit is 32768|{"kind": "input", "shape": [64, 64, 9]}, {"kind": "dense", "units": 4}'; do
    network "${damage##*|}"
    pattern=${damage#*|}
    fails "${damage%%|*}" '[12]' "${pattern%|*}" train
done
network "$image"', {"kind": "conv", "units": 4096, "kernel": 3}, {"kind": "conv", "units": 4096, "kernel": 1}, {"kind": "average_pool", "kernel": 12}, {"kind": "dense", "units": 4}'
fails 'network beyond the memory' 1 'net.json.* needs [0-9]* MiB of memory.*limit' train
head -c 100 "$work/net.json" >"$work/cut.json"
fails 'cut network' 1 'cut.json.*JSON ends too early' train --network "$work/cut.json"
fails 'network that is a folder' 1 'data.*it is a folder' train --network "$work/data"
network "$image, $convolution, {\"kind\": \"dense\", \"units\": 4}"

# Another data set than the model's.
"$tools/make_dataset" "$work/large" 40 40 20
fails 'images of another size' 2 'model takes images of .* are 20x20x1' \
    "$axnas" evaluate "$work/model" --dataset idx --data-dir "$work/large"

# Kernels that are not there.
for command in 'train' "$axnas evaluate $work/model --dataset idx --data-dir $work/data"; do
    AXNAS_KERNEL=quantum
    export AXNAS_KERNEL
    # shellcheck disable=SC2086 # a command of plain words
    fails "unknown kernel, ${command%% *}" 2 'AXNAS_KERNEL: unknown kernel "quantum".*portable' $command
    unset AXNAS_KERNEL
done
check 'nothing was written' test ! -e "$work/x"

# Damaged model.
cp -r "$work/model" "$work/flipped"
printf '\377' | dd of="$work/flipped/weights.bin" bs=1 seek=40 conv=notrunc 2>/dev/null
fails 'changed weights' 1 'weights.bin' "$axnas" rtl "$work/flipped" --out "$work/x"
cp -r "$work/model" "$work/cut"
head -c 300 "$work/model/model.json" >"$work/cut/model.json"
fails 'cut model.json' 1 'model.json' "$axnas" rtl "$work/cut" --out "$work/x"

# Damaged library.
cp -r multipliers/library "$work/library"
echo '{"format": "axnas-library", "version": 2' >"$work/library/library.json"
fails 'cut library.json' 1 'library.json' "$axnas" multipliers list --library "$work/library"
cp multipliers/library/library.json "$work/library/library.json"
for netlist in "$work"/library/*.v; do
    sed 's/&/|/' "$netlist" >"$netlist.new" && mv "$netlist.new" "$netlist"
done
fails 'edited netlist' 1 '\.v.*hash|hash.*\.v' \
    "$axnas" rtl "$work/model" --out "$work/x" --library "$work/library"

# Circuits that are not multipliers.
printf 'module m(input [7:0] A, B, output [15:0] O); assign O = A +; endmodule\n' >"$work/bad.v"
fails 'syntax error' 1 'bad.v' "$axnas" multipliers characterise --quiet "$work/bad.v"
printf 'module m(input c, input [7:0] A, B, output reg [15:0] O); always @(posedge c) O <= A*B; endmodule\n' \
    >"$work/clocked.v"
fails 'sequential' 1 'clocked.v' "$axnas" multipliers characterise --quiet "$work/clocked.v"
fails 'broken Liberty' 1 'data' \
    "$axnas" multipliers characterise multipliers/library/exact_dadda.v \
    --liberty "$work/data/train-labels-idx1-ubyte"

# A missing tool is named.
mkdir "$work/bin"
fails 'missing tool' 1 'yosys' env PATH="$work/bin" "$axnas" multipliers characterise \
    --quiet multipliers/library/exact_dadda.v

# Folders not made by rtl.
fails 'not an accelerator' 1 'data' "$axnas" simulate "$work/data"
fails 'not an accelerator' 1 'data' "$axnas" synth "$work/data"

# Help is there for every command.
for command in multipliers search pareto train retrain evaluate rtl simulate synth report demo; do
    check "help of $command" "$axnas" "$command" --help
done
for action in list characterise recharacterise import generate evolve front lite; do
    check "help of multipliers $action" "$axnas" multipliers "$action" --help
done
finish
