#!/bin/sh
# Searches that are killed, interrupted and resumed end with the bytes of an undisturbed
# one; a run is neither overwritten nor resumed as something else.
. tests/e2e/common.inc

"$tools/make_dataset" "$work/data" 300 60
cat >"$work/settings.json" <<'END'
{"template": "fashion-mnist", "population": 4, "generations": 3, "epochs": 2, "train_images": 200,
 "inheritance": "on", "max_multiplications": 1000000, "crop_padding": 2}
END
data="--dataset idx --data-dir $work/data"
search="$axnas search $data --config $work/settings.json --seed 5"

# same RUN: the files that must not depend on how a run went.
same() {
    for file in archive.jsonl pareto.json checkpoint config.json; do
        cmp "$work/whole/$file" "$work/$1/$file" || return 1
    done
}

# shellcheck disable=SC2086 # $search and $data are lists of words
{
    check 'an undisturbed search' $search --out "$work/whole" --jobs 1
    check 'three workers' $search --out "$work/three" --jobs 3
    check 'the same bytes with three workers' same three

    round=0
    for pause in 0.3 0.5 0.7 0.4; do
        $search --out "$work/killed" --resume --jobs 2 >/dev/null 2>&1 &
        pid=$!
        while [ ! -e "$work/killed/archive.jsonl" ] && kill -0 $pid 2>/dev/null; do
            sleep 0.1
        done
        sleep $pause
        if [ $round = 3 ]; then
            kill -INT $pid 2>/dev/null || true
        else
            kill -KILL $pid 2>/dev/null || true
        fi
        wait $pid 2>/dev/null || true
        round=$((round + 1))
    done
    check 'resumed after three kills and one Ctrl-C' "$axnas" search --out "$work/killed" --resume
    check 'the same bytes after kills' same killed

    # Cheaper searches, killed and resumed: the same bytes again.
    saving="$axnas search $data --config $work/saving.json --seed 3"
    sed 's/"inheritance": "on"/"rungs": 2, "early_termination": "on", "screen": 0.01/' \
        "$work/settings.json" >"$work/saving.json"
    mv "$work/whole" "$work/plain"
    check 'halving, early termination and screen' $saving --out "$work/whole" --jobs 1
    check 'some are stopped' grep -q '"status":"stopped".*"accuracy"' "$work/whole/archive.jsonl"
    $saving --out "$work/saved" --resume --jobs 3 >/dev/null 2>&1 &
    pid=$!
    while [ ! -s "$work/saved/archive.jsonl" ] && kill -0 $pid 2>/dev/null; do
        sleep 0.1
    done
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    check 'resumed, three workers' $saving --out "$work/saved" --resume --jobs 3
    check 'the same bytes' same saved
    check 'no states stay' [ -z "$(ls "$work/whole/models")" ]
    rm -r "$work/whole"
    mv "$work/plain" "$work/whole"
    fails 'halving with inheritance' 2 '"rungs" 2 needs "inheritance": "off"' sh -c "
        echo '{\"rungs\": 2, \"inheritance\": \"on\"}' >'$work/bad.json'
        exec '$axnas' search $data --config '$work/bad.json' --out '$work/new'"

    # Cycles of the search are those of the RTL.
    echo '{"template": "fashion-mnist", "population": 4, "generations": 1, "epochs": 1,
        "train_images": 100, "max_multiplications": 500000, "rows": 4, "columns": 5,
        "objectives": ["accuracy", "cycles", "energy_accelerator"]}' >"$work/cost.json"
    check 'objectives of the accelerator' "$axnas" search $data --config "$work/cost.json" \
        --out "$work/cost" --jobs 2
    json cost "$axnas" pareto "$work/cost" --json
    id=$(get cost points.0.id)
    check 'retrained' "$axnas" retrain "$work/cost" --point "$id" --epochs 1 --train-images 50 \
        --out "$work/cost/retrained/$id"
    json estimate "$axnas" rtl "$work/cost/retrained/$id" --estimate --rows 4 --cols 5 --json
    check 'cycles of the search and of rtl --estimate' \
        [ "$(get cost points.0.cycles)" = "$(get estimate cycles_per_image)" ]
    for key in id accuracy parameters multiplications energy_uj multiplier generation \
        multiplications_fc energy_total_uj; do
        check "pareto --json has $key" get cost "points.0.$key"
    done
    check 'the retrained model is listed' sh -c "'$axnas' pareto '$work/cost' | grep -q retrained"
    check 'the report has it too' sh -c "'$axnas' report '$work/cost' -o '$work/cost.html' --quiet &&
        grep -q 'Retrained candidates' '$work/cost.html'"
    json hours $search --estimate --json
    check 'an estimate' get hours hours

    mkdir "$work/empty"
    fails 'an empty library' 1 'library.json' $search --library "$work/empty" --out "$work/new"
    cp -r multipliers/library "$work/library"
    head -c 5000 multipliers/library/library.json >"$work/library/library.json"
    fails 'a damaged library' 1 'library.json' $search --library "$work/library" --out "$work/new"
    sed 's/"energy_pj":[^,]*,/"energy_pj":	1.25,/' \
        multipliers/library/library.json >"$work/library/library.json"
    before=$(cat "$work/whole/archive.jsonl" "$work/whole/config.json" | cksum)
    fails 'resumed with another library' 2 'another "' $search --out "$work/whole" --resume \
        --library "$work/library"
    check 'and nothing changed' [ "$before" = \
        "$(cat "$work/whole/archive.jsonl" "$work/whole/config.json" | cksum)" ]

    fails 'a run is not overwritten' 1 'holds a run already' $search --out "$work/whole"
    fails 'resumed with another seed' 2 '"seed": "5", not "6"' \
        "$axnas" search --out "$work/whole" --resume --seed 6
    fails 'resumed with another budget' 2 '"epochs": 2, not 3' \
        "$axnas" search --out "$work/whole" --resume --epochs 3
    check 'refusals changed nothing' same killed

    fails 'no such point' 1 'no candidate 99' \
        "$axnas" retrain "$work/whole" --point 99 --out "$work/model"
    fails 'unknown key' 2 'unknown key "epoch"' sh -c "
        echo '{\"epoch\": 3}' >'$work/bad.json'
        exec '$axnas' search $data --config '$work/bad.json' --out '$work/new'"
    fails 'out of range' 2 '"population" must be a whole number' sh -c "
        echo '{\"population\": 0}' >'$work/bad.json'
        exec '$axnas' search $data --config '$work/bad.json' --out '$work/new'"
    fails 'a template without a network' 2 'yields no network' sh -c "
        echo '{\"min_convolutions\": 90}' >'$work/bad.json'
        exec '$axnas' search $data --config '$work/bad.json' --out '$work/new'"
    fails 'a damaged template' 1 'bad.txt:2: unexpected' sh -c "
        printf 'axnas-template 1\nrowz 3\n' >'$work/bad.txt'
        exec '$axnas' search $data --template '$work/bad.txt' --out '$work/new'"
    fails 'an unknown multiplier' 1 'no_such' \
        "$axnas" search $data --scenario s3 --multiplier no_such --out "$work/new"
    check 'nothing was written' [ ! -e "$work/new" ]
    printf 'x' >>"$work/whole/config.json"
    fails 'a damaged configuration' 1 'config.json' "$axnas" pareto "$work/whole"
    head -c 100 "$work/three/archive.jsonl" >"$work/cut"
    cat "$work/cut" "$work/three/archive.jsonl" >"$work/joined"
    mv "$work/joined" "$work/three/archive.jsonl"
    fails 'a damaged archive' 1 'archive.jsonl:1' "$axnas" search --out "$work/three" --resume
}
finish
