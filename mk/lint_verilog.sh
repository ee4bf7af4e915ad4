#!/bin/sh
# Verilator lint of emitted accelerators over several array sizes, by the folder's own
# `make lint`, with the one waiver file.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

make --no-print-directory build/tests/tools/make_random_model >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
build/tests/tools/make_random_model 7 "$work/model"
for size in 2x2 3x5 4x4 16x16 32x32; do
    taps=1 # of fully connected layers, a cycle
    [ $size != 4x4 ] || taps=4
    build/axnas rtl "$work/model" --rows "${size%x*}" --cols "${size#*x}" --dense-taps $taps \
        --out "$work/$size" --quiet >"$work/log"
    if ! make -C "$work/$size" --no-print-directory lint >"$work/log" 2>&1; then
        echo "lint: Verilog of a $size array:"
        cat "$work/log"
        exit 1
    fi
done
