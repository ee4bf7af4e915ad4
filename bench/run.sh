#!/bin/sh
# All benchmarks, one after the other.
set -eu
program=$(dirname "$0")/../build/axnas-bench
for name in $("$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    printf '%s\n' "$name"
    "$program" "$name"
done
