#!/bin/sh
# RTL benches: a line each, exit status = number of failures.
#   tests/rtl/run.sh [--list | NAME...]
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
lib=$root/rtl_lib
here=$root/tests/rtl
make_accelerator=$root/build/tests/tools/make_accelerator
cache=$root/build/rtl

names='array_2x2 array_3x5 array_16x16 array_gates array_several post round_shift fifo argmax arena_4 arena_8
feeder_3 feeder_16 feeder_32 writer_3 writer_16 writer_32 dense_pool registers serial abort
icarus_2x2 icarus_3x5 verilator_4x4 verilator_16x16 axi_lite axi_icarus axi_verilator requantise
tamper lint'

if [ "${1:-}" = --list ]; then
    printf '%s\n' $names
    exit 0
fi
[ $# -gt 0 ] || set -- $names

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$cache"

modules=$(ls "$lib"/axn_*.v | grep -v '/axn_mul8u_')

# Icarus says this of every always_comb that reads a part of a vector; it is harmless.
quiet() {
    grep -v 'sorry: constant selects' || true
}

# icarus OUTPUT TOP FILES... : compiles; bench sources see -D from $defines.
icarus() {
    output=$1 top=$2
    shift 2
    # shellcheck disable=SC2086 # lists of plain words
    iverilog -g2012 ${defines:-} -I"$lib" -Itb -I"$root/sim/tb" -s "$top" -o "$output" $modules "$@" \
        >"$work/compile" 2>&1 || { quiet <"$work/compile"; return 1; }
}

# bench TOP [FILES] : a module bench under Icarus.
bench() {
    top=$1
    shift
    icarus "$work/$name.vvp" "$top" "$@" "$here/$top.sv" && vvp -n "$work/$name.vvp" |
        grep -v 'readmemh' >"$work/$name.out" 2>&1
    cat "$work/$name.out" 2>/dev/null
    grep -q '^PASS' "$work/$name.out" 2>/dev/null
}

# The same under Verilator, for what Icarus takes too long.
verilated_bench() { # TOP FILES
    top=$1
    shift
    # shellcheck disable=SC2086
    verilator --binary --timing -O3 -Wno-fatal -Wno-lint -Wno-style -j 2 \
        -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0" $defines -I"$lib" --top-module "$top" \
        --Mdir "$work/$name" -o bench $modules "$@" "$here/$top.sv" >"$work/compile" 2>&1 ||
        { tail -20 "$work/compile"; return 1; }
    "$work/$name/bench" | tee "$work/$name.out"
    grep -q "^PASS" "$work/$name.out"
}

# Random networks on the whole accelerator.
make_network() { # SEED FOLDER ROWS COLS SIZE IMAGES [MULTIPLIERS [BANKS BUSES TAPS]]
    [ -x "$make_accelerator" ] || { echo "build/tests/tools/make_accelerator is missing: make tests"; return 1; }
    "$make_accelerator" "$@"
}

# The bench's lines must hold no mismatch and the cycles of the model.
agrees() { # FOLDER OUTPUT
    grep -q '^AXN done .* mismatches 0$' "$2" || { grep '^AXN' "$2" | tail -3; return 1; }
    grep -E '^AXN layer|^AXN image 0 ' "$2" |
        sed 's/^AXN image 0 cycles \([0-9]*\) .*/AXN image cycles \1/' >"$work/cycles"
    diff "$work/cycles" "$1/cycles.txt"
}

icarus_networks() { # ROWS COLS TAPS SEEDS...
    rows=$1 cols=$2 taps=$3
    shift 3
    for seed in "$@"; do
        make_network "$seed" "$work/n$seed" "$rows" "$cols" 1 2 $((seed % 3 + 1)) 0 0 "$taps" || return 1
        (cd "$work/n$seed" &&
            icarus sim.vvp axn_tb "$lib/axn_mul8u_table.v" rtl/axn_top.v "$root/sim/tb/axn_tb.sv" &&
            vvp -n sim.vvp >out 2>&1)
        agrees "$work/n$seed" "$work/n$seed/out" || { echo "seed $seed"; return 1; }
    done
    echo "PASS $# random networks on $rows x $cols, $taps dense taps"
}

# One simulator an array size, with memories for all of these networks, kept under build/.
verilated() { # ROWS COLS TAPS
    key=$(cat "$lib"/*.v "$lib"/*.vh "$root"/sim/tb/* "$here/run.sh" | sha256sum | cut -c1-16)
    simulator=$cache/$1x$2-$3-$key
    [ -x "$simulator" ] && return 0
    rm -f "$cache/$1x$2-"*
    make_network 1 "$work/wide$1x$2" "$1" "$2" 1 1 1 8 2 "$3" || return 1
    cd "$work/wide$1x$2" || return 1
    for depth in 'ACC_W 32 AccW' 'ALLOW_SWAP 1 AllowSwap' 'MULTIPLIERS 4 Multipliers' 'ARENA_DEPTH 4096 ArenaDepth' \
        'WEIGHT_DEPTH 65536 WeightDepth' 'PARAMETER_DEPTH 4096 ParameterDepth' \
        'PROGRAM_DEPTH 1024 ProgramDepth'; do
        # shellcheck disable=SC2086
        set -- $depth "$1" "$2"
        sed -i "s/AXN_$1 .*/AXN_$1 $2/" tb/axn_config.vh
        sed -i "s/\\.$3([0-9]*)/.$3($2)/" rtl/axn_top.v
        shift 3
    done
    cc -O2 -c -o dpi.o "$root/sim/tb/axn_mul8u_dpi.c" &&
        verilator --binary --timing -O3 --x-assign fast --x-initial unique --noassert -Wno-fatal \
            -Wno-lint -Wno-style -j 2 -MAKEFLAGS 'OPT_FAST=-O1 OPT_SLOW=-O0' --top-module axn_tb \
            --Mdir obj -o simulator -I"$lib" -Itb -I"$root/sim/tb" $modules "$lib/axn_mul8u_dpi.v" rtl/axn_top.v \
            "$root/sim/tb/axn_tb.sv" "$PWD/dpi.o" >build.log 2>&1 || { tail -20 build.log; return 1; }
    cp obj/simulator "$simulator"
    cd "$root" || return 1
}

verilator_networks() { # ROWS COLS TAPS SIZE FIRST LAST
    rows=$1 cols=$2 taps=$3 size=$4 seed=$5 last=$6
    verilated "$rows" "$cols" "$taps" || return 1
    count=0
    while [ "$seed" -le "$last" ]; do
        make_network "$seed" "$work/n$seed" "$rows" "$cols" "$size" 2 $((seed % 4 + 1)) 8 2 "$taps" || return 1
        tables=$(ls "$work/n$seed/mem/" | grep -c multiplier)
        for options in '' '+stalls=7' '+load=port'; do
            # Registers without reset start from random values.
            (cd "$work/n$seed" && "$simulator" $options +tables=$tables +verilator+rand+reset+2 +verilator+seed+$seed >out 2>&1)
            if [ "$options" = +stalls=7 ]; then
                grep -q '^AXN done .* mismatches 0$' "$work/n$seed/out"
            else
                agrees "$work/n$seed" "$work/n$seed/out"
            fi || { grep AXN "$work/n$seed/out" | tail -3; echo "seed $seed $options"; return 1; }
        done
        rm -rf "$work/n$seed"
        seed=$((seed + 1)) count=$((count + 1))
    done
    echo "PASS $count random networks on $rows x $cols, plain, with stalls, loaded by the port"
}

# A random network behind the AXI shell: stalls on every channel, bad frames, aborts, resets.
axi_icarus() {
    make_network 24 "$work/axi" 2 2 1 3 || return 1
    (cd "$work/axi" &&
        icarus sim.vvp axn_axi_tb "$lib/axn_mul8u_table.v" rtl/axn_top.v "$root/sim/tb/axn_axi_tb.sv" &&
        vvp -n sim.vvp +stalls=3 +faults=5 | grep '^AXN' >out)
    shell_agrees
}

axi_verilator() {
    make_network 21 "$work/axi" 4 4 2 3 || return 1
    (cd "$work/axi" && cc -O2 -c -o dpi.o "$root/sim/tb/axn_mul8u_dpi.c" &&
        verilator --binary --timing --x-initial unique -Wno-fatal -Wno-lint -Wno-style -j 2 \
            -MAKEFLAGS 'OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0' --top-module axn_axi_tb --Mdir obj -o simulator \
            -I"$lib" -Itb -I"$root/sim/tb" $modules "$lib/axn_mul8u_dpi.v" rtl/axn_top.v \
            "$root/sim/tb/axn_axi_tb.sv" "$PWD/dpi.o" >build.log 2>&1 || tail -20 build.log
        for seed in 1 2 3; do
            obj/simulator +stalls=$seed +faults=$seed +verilator+rand+reset+2 +verilator+seed+$seed |
                grep '^AXN' || exit 1
        done >out)
    shell_agrees
}

shell_agrees() {
    if ! grep -q '^AXN done .* mismatches 0$' "$work/axi/out" || grep -q 'AXN error\|AXN mismatch' "$work/axi/out"; then
        cat "$work/axi/out"
        return 1
    fi
    sed -n '$s/^AXN done/PASS/p' "$work/axi/out"
}

# A million products and every corner through the post lane, against the C function.
requantise() {
    [ -f "$root/build/libaxnas.a" ] || { echo 'build/libaxnas.a is missing: make'; return 1; }
    verilator --binary --timing -O3 -Wno-fatal -Wno-lint -Wno-style -j 2 \
        -MAKEFLAGS 'OPT_FAST=-O1 OPT_SLOW=-O0' -I"$lib" --top-module requantise_tb \
        --Mdir "$work/requantise" -o bench "$lib/axn_post_lane.v" "$lib/axn_round_shift.v" \
        "$lib/axn_clamp.v" "$here/requantise_tb.sv" "$here/requantise_dpi.c" \
        "$root/build/libaxnas.a" -LDFLAGS '-lcjson -lz -lm' >"$work/compile" 2>&1 ||
        { tail -20 "$work/compile"; return 1; }
    "$work/requantise/bench"
}

# What is changed must be seen: a weight, a parameter, a descriptor bit, the table, the RTL.
tamper() {
    verilated 4 4 4 || return 1
    make_network 12 "$work/t" 4 4 1 2 1 8 2 4 || return 1
    (cd "$work/t" && "$simulator" +tables=1 >out 2>&1) || { echo "the plain run fails"; return 1; }
    for change in "weights 1" "parameters 2" "program 3" "multiplier 1"; do
        # shellcheck disable=SC2086
        set -- $change
        cp "$work/t/mem/$1.hex" "$work/saved"
        if [ "$1" = multiplier ]; then
            tr '0123456789abcdef' '1032547698badcfe' <"$work/saved" >"$work/t/mem/$1.hex"
        else
            sed "$2s/\\(.\\)\$/x\\1/; $2s/x0/1/; $2s/x[0-9a-f]/0/" "$work/saved" >"$work/t/mem/$1.hex"
        fi
        if (cd "$work/t" && "$simulator" +tables=1 +timeout=100000 >out 2>&1); then
            echo "a changed $1.hex was not seen"
            return 1
        fi
        cp "$work/saved" "$work/t/mem/$1.hex"
    done
    # Swapped operands in every cell.
    make_network 12 "$work/s" 2 2 1 1 || return 1
    sed 's/assign port_a = a_q;/assign port_a = w_q;/; s/assign port_b = w_q;/assign port_b = a_q;/
         s/swap_i ? w_q : a_q/swap_i ? a_q : w_q/; s/swap_i ? a_q : w_q;$/swap_i ? w_q : a_q;/' \
        "$lib/axn_cell.v" >"$work/axn_cell.v"
    kept=$modules
    modules=$(printf '%s\n' $modules | grep -v '/axn_cell.v')
    (cd "$work/s" && icarus sim.vvp axn_tb "$work/axn_cell.v" "$lib/axn_mul8u_table.v" rtl/axn_top.v \
        "$root/sim/tb/axn_tb.sv" && vvp -n sim.vvp >out 2>&1)
    modules=$kept
    grep -q 'AXN mismatch' "$work/s/out" || { echo "swapped operands were not seen"; return 1; }
    echo "PASS tampered weights, parameters, descriptors, tables and cells are seen"
}

run() {
    defines=
    odd=$here/axn_mul8u_odd.v
    exact=$lib/axn_mul8u_reference.v
    case $name in
    array_several) defines='-DROWS=3 -DCOLS=5 -DMULTIPLIERS=3' && bench array_tb "$odd" ;;
    array_gates) defines='-DROWS=4 -DCOLS=4 -DGATES' && gates ;;
    array_16x16) defines="-DROWS=16 -DCOLS=16" && verilated_bench array_tb "$odd" ;;
    array_*) size=${name#array_} defines="-DROWS=${size%x*} -DCOLS=${size#*x}" && bench array_tb "$odd" ;;
    arena_*) defines="-DBANKS=${name#arena_}" && bench arena_tb "$exact" ;;
    feeder_*) defines="-DROWS=${name#feeder_}" && bench feeder_tb "$exact" ;;
    writer_*) defines="-DROWS=${name#writer_}" && bench writer_tb "$exact" ;;
    post | round_shift | fifo | argmax | dense_pool | registers) bench "${name}_tb" "$exact" ;;
    serial) bench serial_tb "$exact" "$lib"/fpga/axn_serial_bridge.v "$lib"/fpga/axn_uart_*.v ;;
    abort)
        make_network 24 "$work/abort" 3 5 1 3 || return 1
        (cd "$work/abort" && bench abort_tb "$lib/axn_mul8u_table.v" rtl/axn_top.v) ;;
    axi_icarus | axi_verilator | requantise) $name ;;
    axi_lite) bench axi_lite_tb "$exact" ;;
    icarus_2x2) icarus_networks 2 2 2 13 24 17 ;;
    icarus_3x5) icarus_networks 3 5 1 3 19 25 ;;
    verilator_4x4) verilator_networks 4 4 4 1 1 12 ;;
    verilator_16x16) verilator_networks 16 16 8 3 21 30 ;;
    tamper) tamper ;;
    lint) lint ;;
    *) echo "no bench named $name"; return 1 ;;
    esac
}

# No warning at any size, with the smallest memories and with larger ones.
lint() {
    for rows in 2 3 4 16 32; do
        cols=$rows
        [ $rows != 3 ] || cols=5
        for depth in 2 16 1000; do
            # As many dense taps as the rows allow for the middle depth.
            taps=1
            while [ $depth = 16 ] && [ $((2 * taps)) -le $rows ] && [ $taps -lt 16 ]; do taps=$((2 * taps)); done
            # shellcheck disable=SC2086 # a list of files
            verilator --lint-only -Wall -Wno-DECLFILENAME --top-module axn_accelerator \
                -GMultipliers=$((depth % 3 + 1)) -GRows=$rows -GCols=$cols -GArenaDepth=$depth -GWeightDepth=$((depth * taps)) -GDenseTaps=$taps \
                -GParameterDepth=$depth -GProgramDepth=$depth -I"$lib" $modules \
                "$lib/axn_mul8u_dpi.v" || return 1
        done
    done
    echo 'PASS no lint warnings over sizes and depths'
}

# The array with a multiplier of the library as gates in every cell.
gates() {
    netlist=$(ls "$root"/multipliers/library/*.v 2>/dev/null | sed -n 3p)
    [ -n "$netlist" ] || { echo 'no library'; return 1; }
    module=$(sed -n 's/^ *module *\([A-Za-z0-9_]*\).*/\1/p' "$netlist" | head -1)
    cat >"$work/gates.v" <<END
module axn_mul8u (input wire [7:0] a_i, input wire [7:0] b_i, output wire [15:0] product_o);
  $module u_netlist (.A(a_i), .B(b_i), .O(product_o));
endmodule
END
    bench array_tb "$work/gates.v" "$netlist"
}

failed=0
for name in "$@"; do
    if output=$(run 2>&1); then
        printf 'ok      %-16s %s\n' "$name" "$(printf '%s' "$output" | sed -n 's/^PASS //p' | tail -1)"
    else
        printf 'FAILED  %s\n%s\n' "$name" "$output" | head -40
        failed=$((failed + 1))
    fi
done
exit $failed
