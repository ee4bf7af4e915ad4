#!/bin/sh
# Fuzzes the targets built by `make FUZZ=1 fuzzers`, one after another, and says what each
# did. New inputs are kept in build-fuzz/corpus, findings in build-fuzz/findings.
#   tests/fuzz/run.sh [TARGET...]            e.g. tests/fuzz/run.sh liberty
#   tests/fuzz/run.sh --merge [TARGET...]    no fuzzing: makes the kept corpus from both
# FUZZ_SECONDS: time for each target (default 600).
set -u
cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-600}
build=build-fuzz
merge=no
if [ "${1:-}" = --merge ]; then
    merge=yes
    shift
fi
if [ $# = 0 ]; then
    # shellcheck disable=SC2046 # plain names
    set -- $(for source in tests/fuzz/fuzz_*.c; do basename "$source" .c | sed 's/^fuzz_//'; done)
fi

# Files that a target must write cost nothing there.
if [ -w /dev/shm ]; then
    TMPDIR=/dev/shm
    export TMPDIR
fi
ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS

# run TARGET OPTION...: the fuzzer with the limits that every input must keep.
run() {
    target=$1
    shift
    dictionary=tests/fuzz/$target.dict
    [ -f "$dictionary" ] || dictionary=tests/fuzz/json.dict
    "$build/tests/fuzz_$target" -dict="$dictionary" -rss_limit_mb=512 -timeout=5 \
        -artifact_prefix="$build/findings/$target/" "$@"
}

# Adds to the kept corpus the fewest inputs that reach the edges it does not reach; those the
# fuzzer made before (named by a hash) are chosen anew.
merge() {
    kept=tests/fuzz/corpus/$1
    new=$build/merged/$1
    rm -rf "$new"
    mkdir -p "$kept" "$new/all" "$build/corpus/$1" "$build/findings/$1"
    find "$kept" -type f -name '????????????' | grep -E '/[0-9a-f]{12}$' | xargs -r -d '\n' \
        sh -c 'mv "$@" "$0"' "$build/corpus/$1"
    cp "$kept"/* "$new/all"
    run "$1" -set_cover_merge=1 -use_counters=0 -max_len=2048 "$new/all" "$build/corpus/$1" \
        >"$build/$1.merge.log" 2>&1 || return 1
    for input in "$new/all"/*; do
        name=$(basename "$input")
        [ -e "$kept/$name" ] || cp "$input" "$kept/$(echo "$name" | cut -c 1-12)"
    done
    echo "$1: $(find "$kept" -type f | wc -l) inputs, $(cat "$kept"/* | wc -c) bytes"
}

# An input that took more than a second may have waited for the processor: it is kept as a
# finding only if it takes more than one of the processor's own seconds.
confirm_slow() {
    for input in "$build/findings/$1"/slow-unit-*; do
        [ -f "$input" ] || continue
        spent=$( (run "$1" "$input" >"$build/$1.slow.log" 2>&1; times) | awk -F '[ms ]' 'END { print 60 * $1 + $2 }')
        [ "${spent%.*}" -ge 1 ] || rm "$input"
    done
}

fuzz() {
    mkdir -p "$build/corpus/$1" "$build/findings/$1" "tests/fuzz/corpus/$1"
    log=$build/$1.log
    verdict=clean
    run "$1" -max_total_time="$seconds" -max_len=16384 -print_final_stats=1 -report_slow_units=1 \
        "$build/corpus/$1" "tests/fuzz/corpus/$1" >"$log" 2>&1 || verdict=FAILED
    confirm_slow "$1"
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    found=$(find "$build/findings/$1" -type f | wc -l)
    [ "$found" = 0 ] || verdict=FAILED
    printf '%-10s %-7s %9s runs, %5s edges, %4s MB at most, %d findings\n' \
        "$1" "$verdict" "${runs:-?}" "${edges:-?}" "${memory:-?}" "$found"
    [ $verdict = clean ] || { tail -n 5 "$log" | sed 's/^/    /'; return 1; }
}

failures=0
for target in "$@"; do
    if [ $merge = yes ]; then
        merge "$target" || failures=$((failures + 1))
    else
        fuzz "$target" || failures=$((failures + 1))
    fi
done
[ $failures = 0 ]
