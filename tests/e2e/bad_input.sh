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

# Damaged data.
cp -r "$work/data" "$work/short"
head -c 1000 "$work/data/t10k-images-idx3-ubyte" >"$work/short/t10k-images-idx3-ubyte"
fails 'truncated images' 1 't10k-images-idx3-ubyte' \
    "$axnas" evaluate "$work/model" --dataset idx --data-dir "$work/short"
rm "$work/short/t10k-images-idx3-ubyte"
fails 'missing images' 1 'images' \
    "$axnas" evaluate "$work/model" --dataset idx --data-dir "$work/short"

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
