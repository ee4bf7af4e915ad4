#!/bin/sh
# The benchmarks' interface: which there are, the shape of their JSON, wrong usage. How fast
# anything is, is no matter of tests.
. tests/e2e/common.inc
bench=$PWD/build/axnas-bench

check 'help' "$bench" --help
"$bench" --help >"$work/help.txt"
for benchmark in gemm step evolve simulate; do
    check "help lists $benchmark" grep -q "^  $benchmark " "$work/help.txt"
    fails "$benchmark with a wrong argument" 2 'wings' "$bench" $benchmark --wings
done
fails 'no benchmark' 2 'usage' "$bench"
fails 'unknown benchmark' 2 'usage' "$bench" fly

# conforms NAME COMMAND...: {"results": [{"case", "kernel", "rate", "unit"}]} and nothing else on
# standard output.
conforms() {
    part=$1
    shift
    json "$part" "$@" --json
    count=$(get "$part" results.#)
    check "$part has results" test "$count" -ge 2
    i=0
    while [ "$i" -lt "$count" ]; do
        for key in case kernel unit; do
            check "$part: result $i has a $key" test -n "$(get "$part" results.$i.$key)"
        done
        check "$part: result $i has a rate" test "$(get "$part" results.$i.rate | cut -c 1)" -ge 0
        i=$((i + 1))
    done
}
# It also compares what it times: fast inference must equal the golden model.
conforms simulate "$bench" simulate small
check 'kernels of simulate' test "$(get simulate results.0.kernel) $(get simulate results.1.kernel)" \
    = 'golden evaluate'
conforms evolve "$bench" evolve
check 'text has a line a result' test "$("$bench" evolve | grep -c 'candidates/s$')" = "$count"
finish
