#!/bin/sh
# Multipliers layer by layer without retraining: never worse than one everywhere, the same
# bytes for any number of threads, written models that keep what was printed; refusals.
. tests/e2e/common.inc

"$tools/make_dataset" "$work/data" 300 60
cat >"$work/net.json" <<'END'
{"format": "axnas-network", "version": 1, "layers": [
 {"kind": "input", "shape": [12, 12, 1]},
 {"kind": "conv", "name": "first", "units": 4, "kernel": 3, "stride": 2, "batch_norm": true, "relu": true},
 {"kind": "conv", "name": "second", "units": 8, "kernel": 3, "stride": 2, "batch_norm": true, "relu": true},
 {"kind": "conv", "name": "third", "units": 8, "kernel": 3, "batch_norm": true, "relu": true},
 {"kind": "average_pool", "kernel": 3, "stride": 3},
 {"kind": "dense", "units": 4}]}
END
data="--dataset idx --data-dir $work/data"
# shellcheck disable=SC2086 # $data is a list of words
{
    check 'a trained model' "$axnas" train --network "$work/net.json" --multiplier exact $data \
        --epochs 6 --out "$work/model"
    assign="$axnas assign $work/model $data --population 12 --generations 4 --max-drop 60"

    json one $assign --json --threads 1 --map-weights uniform --out "$work/front" --plot "$work/front.svg"
    json three $assign --json --threads 3 --map-weights uniform
    check 'the same bytes with three threads' cmp "$work/one.json" "$work/three.json"
    check 'a drawing' grep -q '<svg' "$work/front.svg"
    points=$(find "$work/front" -mindepth 1 -maxdepth 1 | wc -l)
    check 'a front of several points' [ "$points" -gt 1 ]

    i=0
    while [ $i -lt "$points" ]; do
        id=$(get one points.$i.id)
        json evaluated "$axnas" evaluate --json "$work/front/$id" $data
        for figure in accuracy energy_uj energy_ratio; do
            check "point $id keeps its $figure" awk -v a="$(get one points.$i.$figure)" \
                -v b="$(get evaluated $figure)" 'BEGIN { exit !(a - b < 1e-9 && b - a < 1e-9) }'
        done
        i=$((i + 1))
    done

    # Within every loss the assignment is at most as dear as the best single multiplier.
    for i in 0 1 2 3 4; do
        ours=$(get one within.$i.energy_ratio)
        theirs=$(get one within.$i.uniform_energy_ratio)
        check "never worse than one multiplier ($i)" awk -v a="$ours" -v b="$theirs" \
            'BEGIN { exit !(a <= b + 1e-12) }'
    done

    best=$(get one within.2.id)
    check 'one point as a model' $assign --map-weights uniform --point best --out "$work/best"
    check 'it is the same model' cmp "$work/best/weights.bin" "$work/front/$best/weights.bin"
    json grouped $assign --json --multipliers loa_5_9,trunc_var_9 --groups first+third
    first=$(get grouped points.0.assignment.first)
    third=$(get grouped points.0.assignment.third)
    check 'layers of a group share their multiplier' [ "$first" = "$third" ]
    check 'everything is tried where that is little' [ "$(get grouped evaluated)" = 9 ]
    check 'corrections' $assign --multipliers loa_5_9 --groups 1 --operand-order best \
        --map-weights histogram --correct-bias --reestimate-norm --calibration-images 40

    fails 'an unknown multiplier' 1 '--multipliers.*no_such' $assign --multipliers no_such
    fails 'an empty name' 2 'not "lite", "all" or a list' $assign --multipliers loa_5_9,,exact
    fails 'an unknown layer' 2 'no convolution called "fourth"' $assign --groups first+fourth
    fails 'a layer twice' 2 '"first" is named twice' $assign --groups first+first
    fails 'too many groups' 2 '3 convolutions' $assign --groups 4
    fails 'another data set' 2 'model ".*model" is for images of 12x12x1' \
        "$axnas" assign "$work/model" --dataset fashion-mnist
    fails 'no model' 1 'nowhere' "$axnas" assign "$work/nowhere"
    fails 'a model that was made by assign' 2 'was made by assign' \
        "$axnas" assign "$work/best" $data
    fails 'an output folder in use' 1 'not empty' $assign --out "$work/front"
    fails 'a point without a place' 2 '--point needs --out' $assign --point best
    fails 'a point that is none' 2 '--point: .* is neither' $assign --point worst --out "$work/new"
    fails 'an unknown point' 1 'no point "99999"' $assign --quiet --point 99999 --out "$work/new"
    fails 'a budget beyond reason' 2 'at most' $assign --population 10000 --generations 1000
    cp -r "$work/model" "$work/foreign"
    awk '/"multipliers"/ { on = 1 } on && /"hash"/ { sub(/[0-9a-f][0-9a-f]*"[^"]*$/,
        "0123456789abcdef\""); on = 0 } { print }' "$work/model/model.json" \
        >"$work/foreign/model.json"
    fails 'a model of another library' 1 'has hash' "$axnas" assign "$work/foreign" $data
    check 'nothing was written' [ ! -e "$work/new" ]

    cat >"$work/flat.json" <<'END'
{"format": "axnas-network", "version": 1, "layers": [
 {"kind": "input", "shape": [12, 12, 1]}, {"kind": "dense", "units": 4}]}
END
    check 'a model without convolutions' "$axnas" train --network "$work/flat.json" \
        --multiplier exact $data --epochs 1 --out "$work/flat"
    fails 'has nothing to assign' 2 'flat" has no convolution' "$axnas" assign "$work/flat" $data

    $assign --multipliers all --population 400 --generations 200 --out "$work/stopped" >/dev/null 2>"$work/err.txt" &
    pid=$!
    sleep 2
    kill -INT $pid
    status=0
    wait $pid || status=$?
    check 'Ctrl-C ends it' [ $status = 1 ]
    check 'and says so' grep -q 'interrupted' "$work/err.txt"
    check 'and writes nothing' [ ! -e "$work/stopped" ]
}
finish
