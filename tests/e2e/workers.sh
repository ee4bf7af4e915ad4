#!/bin/sh
# Workers that are killed cost repeating one evaluation each; Ctrl-C ends a search cleanly and
# leaves no process behind.
. tests/e2e/common.inc
. tests/e2e/parallel.inc

check 'an undisturbed search' "$axnas" search $options --out "$work/whole" --jobs 1

# A worker is killed in two generations: two different candidates begin anew.
"$axnas" search ${options% --quiet} --out "$work/bereaved" --jobs 2 >/dev/null 2>"$work/bereaved.err" &
pid=$!
for candidates in 1 9; do
    begun bereaved $pid $candidates || break
    victim=$(children $pid | head -n 1)
    [ -z "$victim" ] || kill -KILL "$victim"
done
status=0
wait $pid || status=$?
check 'a search outlives its workers' [ $status = 0 ]
check 'it is said' grep -qE 'a worker died; candidate [0-9]+ is evaluated again' "$work/bereaved.err"
check 'the same bytes when workers die' same bereaved

"$axnas" search ${options% --quiet} --out "$work/stopped" --jobs 2 >"$work/stopped.out" 2>"$work/stopped.err" &
pid=$!
begun stopped $pid 2
workers=$(children $pid)
kill -INT $pid
status=0
wait $pid || status=$?
check 'two workers were there' [ "$(echo "$workers" | wc -l)" = 2 ]
check 'Ctrl-C: exit status 1' [ $status = 1 ]
check 'Ctrl-C: says how to go on' grep -qE 'of 16 candidates are done, --resume goes on' "$work/stopped.err"
check 'Ctrl-C: nothing on standard output' [ ! -s "$work/stopped.out" ]
# shellcheck disable=SC2086 # a list of numbers
check 'Ctrl-C: no worker is left' ended $workers
check 'resumed after Ctrl-C' "$axnas" search --out "$work/stopped" --resume --jobs 1
check 'the same bytes after Ctrl-C' same stopped

"$axnas" search $options --out "$work/killed" --jobs 2 >/dev/null 2>&1 &
pid=$!
begun killed $pid 2
workers=$(children $pid)
kill -KILL $pid
wait $pid 2>/dev/null || true
# shellcheck disable=SC2086
check 'workers die with their search' ended $workers
check 'resumed after kill -9' "$axnas" search --out "$work/killed" --resume
check 'the same bytes after kill -9' same killed

fails 'several copies without MPI' 2 'build it with `make MPI=1`' \
    env OMPI_COMM_WORLD_SIZE=3 "$axnas" search $options --out "$work/new"
check 'they wrote nothing' [ ! -e "$work/new" ]
finish
