#!/bin/sh
# Searches killed with signal 9 at random moments and resumed, again and again, against one
# that nobody disturbed: `make study-kills` (about 2 minutes), KILLS (20) for each of one worker,
# two workers and three MPI ranks, at moments by SEED (1). A run that is complete is compared, and
# the next one begun.
. tests/e2e/common.inc
kills=${KILLS:-20}
seed=${SEED:-1}
. tests/e2e/parallel.inc
sed -i 's/"generations": 3/"generations": 5/' "$work/settings.json"

# random MODULUS: the next of a sequence that the seed decides.
state=$seed
random() {
    state=$(((state * 1103515245 + 12345) % 2147483648))
    number=$((state / 65536 % $1))
}

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

compare() {
    if same "$1"; then
        complete=$((complete + 1))
    else
        echo "FAILED: $way: a run differs after kill $done"
        failures=$((failures + 1))
    fi
    rm -rf "${work:?}/$1"
}

# study WAY COMMAND...: `kills` kills of the command, which searches in $work/run.
study() {
    way=$1
    shift
    done=0
    complete=0
    begin=$(milliseconds)
    while [ "$done" -lt "$kills" ]; do
        "$@" --resume >/dev/null 2>"$work/err.txt" &
        pid=$!
        random "$span"
        sleep "$(printf '%d.%03d' $((number / 1000)) $((number % 1000)))"
        # Of a job of several processes: mpirun or one of the ranks.
        ranks=$(ps -o pid=,comm= --ppid $pid | sed -n 's/^ *\([0-9]*\) axnas$/\1/p')
        case $1 in
        mpirun)
            random 4
            victim=$(echo "$pid" "$ranks" | tr ' ' '\n' | sed -n $((number + 1))p)
            victim=${victim:-$pid}
            ;;
        *) victim=$pid ;;
        esac
        recorded=$(cat "$work/run/archive.jsonl" 2>/dev/null | wc -l)
        kill -KILL "$victim" 2>/dev/null || true
        status=0
        wait $pid 2>/dev/null || status=$?
        case $status in
        0) compare run ;;
        137)
            done=$((done + 1))
            echo "$way: kill $done with $recorded candidates recorded"
            # shellcheck disable=SC2086 # a list of numbers
            ended $ranks || failures=$((failures + 1))
            ;;
        *)
            echo "FAILED: $way: exit status $status after kill $done:"
            tail -n 5 "$work/err.txt"
            exit 1
            ;;
        esac
    done
    "$@" --resume >/dev/null 2>&1 || failures=$((failures + 1))
    compare run
    echo "$way: $done kills, $complete complete runs, all alike: $([ $failures = 0 ] && echo yes || echo no)," \
        "$((($(milliseconds) - begin) / 1000)) s"
}

# shellcheck disable=SC2086 # $mpi and $options are lists of words
{
    begin=$(milliseconds)
    "$axnas" search $options --out "$work/whole" --jobs 1 >/dev/null
    span=$((($(milliseconds) - begin) * 2 / 3))
    echo "undisturbed: $(wc -l <"$work/whole/archive.jsonl") candidates in $((span * 3 / 2)) ms;" \
        "kills within $span ms of each start, seed $seed"
    study '1 worker' "$axnas" search $options --out "$work/run" --jobs 1
    study '2 workers' "$axnas" search $options --out "$work/run" --jobs 2
    if mpi_build; then
        study '3 ranks' $mpi -n 3 "$mpi_axnas" search $options --out "$work/run"
    else
        echo 'skipped: 3 ranks (no mpicc or mpirun)'
    fi
}
finish
