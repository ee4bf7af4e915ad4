#!/bin/sh
# A search on several MPI ranks gives the bytes of the one on a single process; a worker that
# dies costs an evaluation, a rank that dies ends the job, which is then resumed.
. tests/e2e/common.inc
. tests/e2e/parallel.inc

mpi_build || {
    echo 'skipped: mpicc and mpirun (libopenmpi-dev, openmpi-bin) are not installed'
    exit 77
}

# shellcheck disable=SC2086 # $mpi and $options are lists of words
{
    check 'a search on one process' "$axnas" search $options --out "$work/whole" --jobs 1
    check 'one rank' $mpi -n 1 "$mpi_axnas" search $options --out "$work/one"
    check 'the same bytes on one rank' same one
    check 'three ranks' $mpi -n 3 "$mpi_axnas" search $options --out "$work/three"
    check 'the same bytes on three ranks' same three
    check 'three ranks worked' [ "$(grep -o '"worker":[0-9]*' "$work/three/log.jsonl" | sort -u | wc -l)" = 3 ]
    check 'two ranks of two workers' $mpi -n 2 "$mpi_axnas" search $options --out "$work/four" --jobs 2
    check 'the same bytes with two workers a rank' same four
    check 'two local workers, without mpirun' "$mpi_axnas" search $options --out "$work/alone" --jobs 2
    check 'the same bytes with two local workers' same alone

    fails 'a rank of another build' 1 'rank 1 on .* runs another build' sh -c "
        cp '$mpi_axnas' '$work/other'
        printf x >>'$work/other'
        exec $mpi -n 1 '$mpi_axnas' search $options --out '$work/new' : -n 1 '$work/other' search 2>&1 >/dev/null |
            { grep -m 1 another >&2; exit 1; }"
    fails 'a program without MPI' 2 'build it with .make MPI=1' sh -c "
        $mpi -n 2 '$axnas' search $options --out '$work/new'"
    fails 'wrong usage' 2 'missing' $mpi -n 2 "$mpi_axnas" search --dataset idx
    check 'nothing was written' [ ! -e "$work/new" ]

    # A worker of rank 2 is killed, in a later generation again if it was idle.
    $mpi -n 3 "$mpi_axnas" search ${options% --quiet} --out "$work/bereaved" >/dev/null 2>"$work/err.txt" &
    pid=$!
    for candidates in 1 2 3 4 5 6 7 8 9 10 11 12; do
        begun bereaved $pid $candidates || break
        worker=$(children "$(children $pid | tail -n 1)" | head -n 1)
        [ -z "$worker" ] || kill -KILL "$worker"
        sleep 0.3
        ! grep -q 'a worker on .* died' "$work/err.txt" || break
    done
    status=0
    wait $pid || status=$?
    check 'a worker of another rank dies: the search goes on' [ $status = 0 ]
    check 'it is said' grep -q 'a worker on .* died' "$work/err.txt"
    check 'the same bytes when a worker of a rank dies' same bereaved

    # Ranks are killed, then mpirun itself; the last resumes without MPI.
    for victim in 3 1 0; do
        $mpi -n 3 "$mpi_axnas" search $options --out "$work/killed" --resume >/dev/null 2>&1 &
        pid=$!
        begun killed $pid $(((3 - victim) * 2 + 2))
        ranks=$(children $pid)
        processes=$(for rank in $ranks; do children "$rank"; done)
        [ $victim = 0 ] && rank=$pid || rank=$(echo "$ranks" | sed -n ${victim}p)
        kill -KILL "$rank"
        wait $pid 2>/dev/null && check 'a dead rank ends the job' false
        check "nothing is left of the job" ended $ranks $processes
    done
    check 'resumed after three kills' "$axnas" search --out "$work/killed" --resume --jobs 1
    check 'the same bytes after ranks were killed' same killed

    $mpi -n 3 "$mpi_axnas" search ${options% --quiet} --out "$work/stopped" >"$work/stopped.out" 2>"$work/stopped.err" &
    pid=$!
    begun stopped $pid 2
    ranks=$(children $pid)
    kill -INT $pid
    status=0
    wait $pid || status=$?
    # What a rank says on its way out may be lost with mpirun: workers.sh reads it.
    check 'Ctrl-C: exit status is not 0' [ $status != 0 ]
    check 'Ctrl-C: no rank is left' ended $ranks
    check 'resumed on two ranks' $mpi -n 2 "$mpi_axnas" search --out "$work/stopped" --resume
    check 'the same bytes after Ctrl-C' same stopped

    check 'linked anew without MPI' make MPI=0 "PROGRAM=$mpi_axnas" "$mpi_axnas"
    check 'no MPI in it' sh -c "! ldd '$mpi_axnas' | grep -q libmpi"
}
finish
