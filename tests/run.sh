#!/bin/sh
# Runs the tests and prints a line a part and, last, "N passed, N failed, N skipped".
#   tests/run.sh          everything: units plain and sanitized, the corpus of the fuzz
#                         targets, RTL benches, proofs, end to end
#   tests/run.sh units    the CUnit programs only
# A part is one CUnit program, one fuzz target, one RTL bench, one proof or one
# end-to-end script.
set -u
cd "$(dirname "$0")/.."

logs=build/test-logs

# What leaks inside the libraries we link against is not ours to report.
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0
UBSAN_OPTIONS=print_stacktrace=1
AXNAS_HOME=$PWD
export LSAN_OPTIONS ASAN_OPTIONS UBSAN_OPTIONS AXNAS_HOME

# Runs one part: $1 = its name, the rest = the command. Exit status 77 = skipped.
part() {
    name=$1
    shift
    log=$logs/$(printf %s "$name" | tr '/ ' '__')
    start=$(date +%s)
    "$@" >"$log.log" 2>&1 </dev/null
    status=$?
    seconds=$(($(date +%s) - start))
    case $status in
    0) verdict=passed ;;
    77) verdict=skipped ;;
    *) verdict=failed ;;
    esac
    echo "$verdict" >"$log.$verdict"
    printf '%-8s %-44s %4d s\n' "$verdict" "$name" "$seconds"
    if [ $verdict != passed ]; then
        tail -n 40 "$log.log" | sed 's/^/    /'
    fi
}

# The list of parts, one a line: a name, a tab, a command (no spaces inside words).
parts() {
    for test in tests/test_*.c; do
        test=$(basename "$test" .c)
        printf '%s\t%s\n' "$test" "build/tests/$test"
    done
    [ "${1:-all}" = units ] && return
    for test in tests/test_*.c; do
        test=$(basename "$test" .c)
        printf '%s\t%s\n' "sanitized/$test" "build-san/tests/$test"
    done
    for target in tests/fuzz/fuzz_*.c; do
        target=$(basename "$target" .c)
        printf '%s\t%s\n' "fuzz/${target#fuzz_}" "build-san/tests/$target tests/fuzz/corpus/${target#fuzz_}"
    done
    for bench in $(sh tests/rtl/run.sh --list); do
        printf '%s\t%s\n' "rtl/$bench" "sh tests/rtl/run.sh $bench"
    done
    for proof in $(sh tests/proofs/run.sh --list); do
        printf '%s\t%s\n' "proof/$proof" "sh tests/proofs/run.sh $proof"
    done
    for script in tests/e2e/*.sh; do
        printf '%s\t%s\n' "e2e/$(basename "$script" .sh)" "sh $script"
    done
}

if [ "${1:-}" = --part ]; then
    # shellcheck disable=SC2086 # a command line of plain words
    part "$2" $3
    exit 0
fi

mkdir -p "$logs"
rm -f "$logs"/*
tab=$(printf '\t')
parts "${1:-all}" | tr "$tab" '\n' | xargs -d '\n' -n 2 -P "$(nproc)" sh tests/run.sh --part

count() {
    find "$logs" -name "*.$1" | wc -l
}
passed=$(count passed)
failed=$(count failed)
skipped=$(count skipped)
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
