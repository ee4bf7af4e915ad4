#!/bin/sh
# Evolution from the command line: limits hold, the same bytes for any number of threads
# and after kills, libraries are added to, wrong requests are refused.
. tests/e2e/common.inc

evolve="$axnas multipliers evolve --seed 4 --judged 2"
joint="--metric mae,mre --limit 40,2% --zero-exact --generations 250000"

# same RUN: the library that must not depend on how a run went.
same() {
    diff -r "$work/whole" "$work/$1"
}

# within FILE: the evolved circuit keeps its limits and saves a tenth of the power at least.
within() {
    "$axnas" multipliers list --library "$1" --json >"$work/list.json" || return 1
    i=0
    while [ "$("$tools/json_get" "$work/list.json" "multipliers.$i.family")" != evolved ]; do
        i=$((i + 1))
    done
    awk -v mae="$("$tools/json_get" "$work/list.json" "multipliers.$i.mae")" \
        -v mre="$("$tools/json_get" "$work/list.json" "multipliers.$i.mre")" \
        -v power="$("$tools/json_get" "$work/list.json" "multipliers.$i.power_ratio")" \
        'BEGIN { exit !(mae <= 40 && mre <= 0.02 && power < 0.9) }'
}

# shellcheck disable=SC2086 # $evolve and $joint are lists of words
{
    check 'an undisturbed evolution' $evolve $joint -o "$work/whole" --jobs 1
    check 'its circuit keeps the limits' within "$work/whole"
    check 'three threads' $evolve $joint -o "$work/three" --jobs 3
    check 'the same bytes with three threads' same three
    check 'portable kernels' env AXNAS_CGP_KERNEL=portable $evolve $joint -o "$work/portable"
    check 'the same bytes with portable kernels' same portable

    checkpoint=$work/killed/evolve.checkpoint
    resume=
    for pause in 0 0.3 0.6; do
        $evolve $joint -o "$work/killed" $resume >/dev/null 2>&1 &
        pid=$!
        while [ ! -e "$checkpoint" ] && kill -0 $pid 2>/dev/null; do
            sleep 0.1
        done
        sleep $pause
        kill -KILL $pid 2>/dev/null || true
        wait $pid 2>/dev/null || true
        resume=--resume
    done
    check 'a checkpoint is left' [ -e "$checkpoint" ]
    fails 'an interrupted evolution is not overwritten' 1 'resume goes on with it' \
        $evolve $joint -o "$work/killed"
    check 'resumed after kills' $evolve $joint -o "$work/killed" --resume
    check 'the same bytes after kills' same killed

    check 'a second circuit joins the library' \
        $evolve --metric wce --limit 500 --generations 20000 --from "$work/whole" \
        -o "$work/whole"
    check 'which has both' sh -c "[ \$(ls '$work'/whole/evolved_*.v | wc -l) = 2 ]"
    cat >"$work/targets.json" <<'END'
{"format": "axnas-targets", "version": 1, "targets": [{"mae": 100}, {"ep": 0.6}]}
END
    check 'targets from a file, for area' $evolve --targets "$work/targets.json" --cost area \
        --generations 10000 -o "$work/area"

    fails 'no limit' 2 'belong together' $evolve --metric mae -o "$work/new"
    fails 'no such metric' 2 'none of mae' $evolve --metric psnr --limit 3 -o "$work/new"
    fails 'a limit that is no number' 2 'not a number' $evolve --metric mae --limit 3x -o "$work/new"
    fails 'a damaged target file' 1 'targets.json' sh -c "
        echo '{' >'$work/targets.json'
        exec $evolve --targets '$work/targets.json' -o '$work/new'"
    fails 'nothing to resume' 1 'no checkpoint' $evolve $joint -o "$work/new" --resume
    fails 'a folder with other files' 1 'not empty' $evolve $joint -o tests
    check 'nothing was written' [ ! -e "$work/new" ]
}
finish
