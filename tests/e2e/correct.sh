#!/bin/sh
# A model corrected for another multiplier: what evaluate tells, writes and compares, and that
# the rest of the path takes the corrected model.
. tests/e2e/common.inc

"$tools/make_dataset" "$work/data" 400 80
cat >"$work/net.json" <<'END'
{"format": "axnas-network", "version": 1, "layers": [
 {"kind": "input", "name": "in", "shape": [12, 12, 1]},
 {"kind": "conv", "name": "a", "units": 8, "kernel": 3, "batch_norm": true, "relu": true},
 {"kind": "conv", "name": "b", "units": 8, "kernel": 3, "batch_norm": true},
 {"kind": "sum", "name": "s", "inputs": ["a", "b"], "relu": true},
 {"kind": "conv", "name": "c", "units": 16, "kernel": 3, "stride": 2, "relu": true},
 {"kind": "average_pool", "kernel": 6},
 {"kind": "dense", "units": 4}]}
END
data="--dataset idx --data-dir $work/data"
all='--operand-order best --map-weights histogram --correct-bias --reestimate-norm'

# shellcheck disable=SC2086 # lists of words
{
    json train "$axnas" train --network "$work/net.json" --multiplier exact $data --epochs 6 \
        --out "$work/model" --json
    evaluate="$axnas evaluate $work/model $data"
    json own $evaluate --check --json
    json other $evaluate --multiplier evolved_5f3a02ef --check --json
    json best $evaluate --multiplier evolved_5f3a02ef $all --check --json --out "$work/corrected"
    json one $evaluate --multiplier evolved_5f3a02ef $all --threads 1 --json --out "$work/one"
    json again "$axnas" evaluate "$work/corrected" $data --check --json
    json settled "$axnas" evaluate "$work/corrected" $data --map-weights histogram --json
    json exact $evaluate --exact --operand-order best --correct-bias --json
    json rtl "$axnas" rtl "$work/corrected" --out "$work/rtl" --rows 4 --cols 4 --json
    json simulate "$axnas" simulate "$work/rtl" $data --images 20 --json
    json first "$axnas" evaluate "$work/corrected" $data --images 20 --json

    fails 'a multiplier that is not there' 1 'loa_7_1' $evaluate --multiplier loa_7_1
    fails 'exact and another' 2 'exclude' $evaluate --multiplier evolved_5f3a02ef --exact
    fails 'a folder with a model' 1 'force' $evaluate --out "$work/corrected"

    # a model from before the statistics were kept
    mkdir "$work/old"
    cp "$work/model/weights.bin" "$work/old"
    sed -e '/"norm_mean":/d' -e 's/"version":\t2/"version":\t1/' \
        -e '/"norm_deviation":/d' -e 's/\("weight_scale":.*\),$/\1/' "$work/model/model.json" \
        >"$work/old/model.json"
    "$axnas" evaluate "$work/old" $data --reestimate-norm 2>"$work/old.txt" >"$work/out.txt"
    "$axnas" evaluate "$work/old" $data --multiplier evolved_5f3a02ef --reestimate-norm \
        2>"$work/measured.txt" >"$work/out.txt"
}

check 'all logits were compared' [ "$(get own golden_logits_compared)" = 320 ]
check 'corrections act on all layers' sh -c "[ $(get best corrections.normalised_layers) = 2 ] &&
    [ $(get best corrections.swapped_layers) -gt 0 ] && [ $(get best corrections.mapped_weights) -gt 0 ]"
check 'errors become smaller' awk "BEGIN {
    exit !($(get best corrections.layers.0.error_after) < $(get best corrections.layers.0.error_before) / 2 &&
           $(get best corrections.layers.2.error_after) < $(get best corrections.layers.2.error_before) / 2)}"
check 'accuracy does not suffer' awk \
    "BEGIN { exit !($(get best accuracy) >= $(get other accuracy)) }"
check 'before is what it was' [ "$(get best accuracy_before)" = "$(get other accuracy)" ]
check 'a layer without batch norm has its bias corrected' [ "$(get best corrections.bias_layers)" = 1 ]
check 'a corrected model keeps its accuracy' [ "$(get again accuracy)" = "$(get best accuracy)" ]
check 'and has nothing left to correct' [ "$(get settled corrections.mapped_weights)" = 0 ]
check 'its multiplier is the other' [ "$(get again multiplier)" = evolved_5f3a02ef ]
check 'exact products need no correction' [ "$(get exact accuracy)" = "$(get own accuracy)" ]
check 'one thread or many: weights' cmp "$work/corrected/weights.bin" "$work/one/weights.bin"
check 'one thread or many: model' cmp "$work/corrected/model.json" "$work/one/model.json"
check 'RTL computes the corrected model' [ "$(get simulate mismatches)" = 0 ]
check 'with its accuracy' [ "$(get simulate accuracy)" = "$(get first accuracy)" ]
check 'the record tells the multiplier before' grep -q '"multipliers_before"' "$work/one/model.json"
check 'old models say that they carry no statistics' grep -q 'carries no statistics' "$work/old.txt"
check 'which can be measured' grep -q 'taken instead' "$work/measured.txt"
finish
