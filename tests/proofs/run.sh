#!/bin/sh
# Proofs by Yosys: a line each, exit status = number of failures. Each claim is proved for the
# module of rtl_lib, and must then fail, with a counterexample, for a broken twin of it.
#   tests/proofs/run.sh [--list | NAME...]
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
lib=$root/rtl_lib
here=$root/tests/proofs
names='fifo skid requantise addresses multiplier'

if [ "${1:-}" = --list ]; then
    printf '%s\n' $names
    exit 0
fi
[ $# -gt 0 ] || set -- $names

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# yosys_proof TOP SAT-COMMANDS FILES... : the log in $work/log. Twins are read from $work.
yosys_proof() {
    top=$1 commands=$2
    shift 2
    {
        echo "read_verilog -sv -I$lib $*"
        echo "hierarchy -check -top $top"
        echo 'proc; flatten; async2sync; dffunmap; opt_clean; memory_map; opt -fast; opt_clean'
        cat "$commands"
    } >"$work/script.ys"
    yosys -q -l "$work/log" -s "$work/script.ys" >"$work/out" 2>&1
}

# proves TOP COMMANDS FILES... : every claim holds.
proves() {
    if ! yosys_proof "$@" || grep -q 'FAIL' "$work/log" || ! grep -q 'SUCCESS' "$work/log"; then
        echo "$1 was not proved:"
        tail -n 30 "$work/log"
        return 1
    fi
}

# refutes TOP COMMANDS FILES... : a counterexample was found, not some other error.
refutes() {
    yosys_proof "$@"
    if ! grep -q 'model found.*FAIL!' "$work/log"; then
        echo "the broken twin of $1 passed, or could not be read:"
        tail -n 30 "$work/log"
        return 1
    fi
}

# twin MODULE SED : a copy of the module in $work, edited.
twin() {
    sed "$2" "$lib/$1.v" >"$work/$1.v"
    ! cmp -s "$lib/$1.v" "$work/$1.v" || {
        echo "$1: nothing was broken"
        return 1
    }
}

# Registers without an initial value start from any.
induction='sat -tempinduct -prove ok_o 1 -maxsteps 12 -verify'

fifo() {
    for depth in 2 4 6; do
        sed "s/parameter Depth = 4/parameter Depth = $depth/" "$here/fifo_proof.v" >"$work/fifo_proof.v"
        echo "$induction" >"$work/sat"
        proves fifo_proof "$work/sat" "$lib/axn_fifo.v" "$work/fifo_proof.v" || return 1
    done
    # A push beside a pop goes one entry too far; a word is taken from the wrong side.
    twin axn_fifo 's/load = ~used_d & {used_d/load = ~used_q \& {used_q/' &&
        refutes fifo_proof "$work/sat" "$work/axn_fifo.v" "$work/fifo_proof.v" || return 1
    twin axn_fifo 's/else if (pop_i) entry_q/else if (pop_i \&\& !push_i) entry_q/' &&
        refutes fifo_proof "$work/sat" "$work/axn_fifo.v" "$work/fifo_proof.v" || return 1
    echo 'PASS order, no loss, no duplication, by induction, depths 2, 4 and 6'
}

skid() {
    echo "$induction" >"$work/sat"
    proves skid_proof "$work/sat" "$lib/axn_skid.v" "$here/skid_proof.v" || return 1
    twin axn_skid 's/full_q ? spare_q : data_i/data_i/' &&
        refutes skid_proof "$work/sat" "$work/axn_skid.v" "$here/skid_proof.v" || return 1
    twin axn_skid 's/ready_q <= !full_d/ready_q <= 1'"'"'b1/' &&
        refutes skid_proof "$work/sat" "$work/axn_skid.v" "$here/skid_proof.v" || return 1
    echo 'PASS order, no loss, no duplication, stable until ready, by induction'
}

# The shifts of the hardware: 1..46, and the two beyond that the port can take.
requantise() {
    shift=0
    while [ $shift -lt 48 ]; do
        echo "sat -set shift_i $shift -prove ok_o 1"
        shift=$((shift + 1))
    done >"$work/sat"
    proves requantise_proof "$work/sat" "$lib/axn_round_shift.v" "$lib/axn_clamp.v" \
        "$here/requantise_proof.v" || return 1
    [ "$(grep -c SUCCESS "$work/log")" = 48 ] || { echo 'a shift is missing'; return 1; }
    echo 'sat -set shift_i 7 -prove ok_o 1' >"$work/sat"
    twin axn_round_shift 's/ + 26.sd1//' &&
        refutes requantise_proof "$work/sat" "$work/axn_round_shift.v" "$lib/axn_clamp.v" \
            "$here/requantise_proof.v" || return 1
    twin axn_clamp 's/value_i\[24:8\]/value_i[24:9]/' &&
        refutes requantise_proof "$work/sat" "$lib/axn_round_shift.v" "$work/axn_clamp.v" \
            "$here/requantise_proof.v" || return 1
    echo 'PASS every shift, any product, zero point and low'
}

# The path of an address: window records, offsets of the taps, words that are read.
addresses() {
    for adaptive in 0 1; do
        echo "$induction -set adaptive $adaptive -set adaptive_i $adaptive" >"$work/sat"
        proves walker_proof "$work/sat" "$lib/axn_walker.v" "$lib/axn_window.v" "$here/walker_proof.v" ||
            return 1
    done
    echo "$induction -set adaptive 0 -set adaptive_i 0" >"$work/sat"
    twin axn_window "s/first_y = y_i\[12\] ? .*/first_y = 4'd0;/" &&
        refutes walker_proof "$work/sat" "$lib/axn_walker.v" "$work/axn_window.v" "$here/walker_proof.v" ||
        return 1
    echo "$induction" >"$work/sat"
    proves taps_proof "$work/sat" "$lib/axn_taps.v" "$here/taps_proof.v" || return 1
    twin axn_taps 's/offset_d  = plane_q + second_offset_i/offset_d = second_offset_i/' &&
        refutes taps_proof "$work/sat" "$work/axn_taps.v" "$here/taps_proof.v" || return 1
    proves gather_proof "$work/sat" "$lib/axn_gather.v" "$here/gather_proof.v" || return 1
    twin axn_gather 's/distance < WordW/distance <= WordW/' &&
        refutes gather_proof "$work/sat" "$work/axn_gather.v" "$here/gather_proof.v" || return 1
    echo 'PASS windows, offsets and reads stay inside the operand, by induction'
}

# pairs CELL NETLIST: every operand pair by simulation, in $work/folder.
pairs() {
    (cd "$work/folder" && iverilog -g2012 -I "$lib" -s multiplier_tb -o pairs.vvp "$1" "$2" "$here/multiplier_tb.sv" &&
        vvp -n pairs.vvp) >"$work/log" 2>&1
    cat "$work/log"
}

# The netlist of a multiplier that does not commute, in a cell, against its table.
multiplier() {
    "$root/build/tests/tools/make_random_model" 7 "$work/model" 1 broken_array_1_7 &&
        "$root/build/axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/folder" --quiet >"$work/log" ||
        return 1
    cell=$lib/axn_cell.v
    netlist=$work/folder/rtl/axn_mul8u.v
    pairs "$cell" "$netlist" | grep '^PASS' || { cat "$work/log"; return 1; }
    sed 's/\.A(a_i)/.A(b_i)/; s/\.B(b_i)/.B(a_i)/' "$netlist" >"$work/swapped.v"
    sed '0,/ & /s// | /' "$netlist" >"$work/gate.v"
    twin axn_cell 's/swap_i ? w_q : a_q/a_q/' || return 1
    for broken in "$cell $work/swapped.v" "$cell $work/gate.v" "$work/axn_cell.v $netlist"; do
        # shellcheck disable=SC2086 # two plain paths
        pairs $broken | grep -q '^WRONG' || {
            echo "a broken twin passed: $broken"
            cat "$work/log"
            return 1
        }
    done
}

failed=0
for name in "$@"; do
    if output=$($name 2>&1); then
        printf 'ok      %-16s %s\n' "$name" "$(printf '%s' "$output" | sed -n 's/^PASS //p')"
    else
        printf 'FAILED  %s\n%s\n' "$name" "$output"
        failed=$((failed + 1))
    fi
done
exit $failed
