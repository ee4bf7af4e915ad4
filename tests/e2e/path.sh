#!/bin/sh
# The whole path on a tiny data set made here: search, pareto, retrain, evaluate, rtl,
# simulate, synth, report; figures that belong together must agree.
. tests/e2e/common.inc

"$tools/make_dataset" "$work/data" 400 80
data="--dataset idx --data-dir $work/data"

# shellcheck disable=SC2086 # $data is two options
{
    json search "$axnas" search $data --config flows/search-tiny.json --population 4 \
        --generations 2 --epochs 2 --train-images 300 --out "$work/run" --seed 3 --json
    json again "$axnas" search $data --config flows/search-tiny.json --population 4 \
        --generations 2 --epochs 2 --train-images 300 --out "$work/run1" --seed 3 --jobs 1 --json
    json pareto "$axnas" pareto "$work/run" --json
    point=$(get pareto points.0.id)
    json retrain "$axnas" retrain "$work/run" --point "$point" --epochs 3 --out "$work/model" --json
    json evaluate "$axnas" evaluate "$work/model" $data --json
    json rtl "$axnas" rtl "$work/model" --out "$work/rtl" --rows 4 --cols 4 --json
    json simulate "$axnas" simulate "$work/rtl" $data --images 20 --json
    json first "$axnas" evaluate "$work/model" $data --images 20 --json
    json synth "$axnas" synth "$work/rtl" $data --json
    json report "$axnas" report "$work/run" -o "$work/report.html" --json
}

check 'same archive for one and two workers' cmp "$work/run/archive.jsonl" "$work/run1/archive.jsonl"
check 'no mismatch' [ "$(get simulate mismatches)" = 0 ]
check 'twenty images' [ "$(get simulate images)" = 20 ]
check 'bytes were compared' [ "$(get simulate bytes_checked)" -gt 1000 ]
check 'accuracy of RTL equals evaluate' [ "$(get simulate accuracy)" = "$(get first accuracy)" ]
check 'every layer takes the cycles of the model' sh -c "
    i=0
    while [ \$i -lt $(get simulate layers.#) ]; do
        a=\$('$tools/json_get' '$work/simulate.json' layers.\$i.cycles)
        b=\$('$tools/json_get' '$work/simulate.json' layers.\$i.cycles_model)
        [ \$a = \$b ] || exit 1
        i=\$((i + 1))
    done"
check 'the report is one page with its plot' grep -q '<svg' "$work/report.html"
check 'area is there' [ "$(get synth area_um2 | cut -d. -f1)" -gt 10000 ]
check 'power is there' sh -c "printf '%s\n' $(get synth power_mw) | grep -qE '^[0-9]*[1-9]|^0\.0*[1-9]'"
finish
