#!/bin/sh
# Line and toggle coverage of rtl_lib by Verilator: random networks on a 4 x 4 array (plain, with
# stalled streams, loaded through the register port), images abandoned half-way, and benches of
# modules of which no network takes every branch. Prints a line a module and the total; fails below 95 % of lines and branches.
# FOLDER/missed.txt lists those never executed, FOLDER/annotated the sources with counts.
#   make study-coverage      FOLDER (build/study-coverage), SEEDS ('1 2 3 7')
set -eu
folder=${FOLDER:-$PWD/build/study-coverage}
root=$PWD
tools=$root/build/tests/tools
modules=$(find "$root/rtl_lib" -maxdepth 1 -name 'axn_*.v' ! -name 'axn_mul8u_*' | sort)
rm -rf "$folder"
mkdir -p "$folder/data"

# build NAME TOP OPTIONS FILES...: $folder/NAME/bench, which writes coverage.dat where it runs.
build() {
    name=$1
    top=$2
    shift 2
    # shellcheck disable=SC2086 # a list of files
    verilator --cc --exe --build --prefix Vbench --timing --coverage-line --coverage-toggle \
        -Wno-fatal -Wno-lint -Wno-style --x-assign fast --x-initial fast \
        -MAKEFLAGS 'OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1' \
        -I"$root/rtl_lib" -Itb -I"$root/sim/tb" --top-module "$top" --Mdir "$folder/$name" -o bench \
        $modules "$@" "$root/tests/rtl/coverage_main.cpp" \
        >"$folder/$name.log" 2>&1 || {
        tail -n 5 "$folder/$name.log"
        return 1
    }
}

# networks ROWS COLS: the seeds on one array, with memories that hold all of them.
networks() {
    "$tools/make_accelerator" 1 "$folder/top" "$1" "$2" 1 1 1 8 2 2
    (
        cd "$folder/top"
        for depth in 'ACC_W AccW 32' 'ALLOW_SWAP AllowSwap 1' 'MULTIPLIERS Multipliers 4' \
            'ARENA_DEPTH ArenaDepth 4096' 'WEIGHT_DEPTH WeightDepth 65536' \
            'PARAMETER_DEPTH ParameterDepth 4096' 'PROGRAM_DEPTH ProgramDepth 1024'; do
            # shellcheck disable=SC2086
            set -- $depth
            sed -i "s/AXN_$1 .*/AXN_$1 $3/" tb/axn_config.vh
            sed -i "s/\\.$2([0-9]*)/.$2($3)/" rtl/axn_top.v
        done
        cc -O2 -c -o dpi.o "$root/sim/tb/axn_mul8u_dpi.c"
        build simulator axn_tb "$root/rtl_lib/axn_mul8u_dpi.v" "$PWD/rtl/axn_top.v" \
            "$root/sim/tb/axn_tb.sv" "$PWD/dpi.o"
    )
    for seed in ${SEEDS:-1 2 3 7}; do
        "$tools/make_accelerator" "$seed" "$folder/network" "$1" "$2" 2 2 $((seed % 4 + 1)) 8 2 2
        tables=$(find "$folder/network/mem" -name 'multiplier*' | wc -l)
        for option in '' '+stalls=7' '+load=port'; do
            # shellcheck disable=SC2086 # one option or none
            (cd "$folder/network" && "$folder/simulator/bench" "+tables=$tables" $option) \
                >"$folder/log" 2>&1 || {
                tail -n 3 "$folder/log"
                exit 1
            }
            mv "$folder/network/coverage.dat" "$folder/data/$1x$2-$seed-${option#+}.dat"
        done
        rm -rf "$folder/network"
    done
    rm -rf "$folder/simulator"
}
networks 4 4

for name in registers fifo argmax; do
    build "$name" "${name}_tb" "$root/rtl_lib/axn_mul8u_reference.v" "$root/tests/rtl/${name}_tb.sv"
    (cd "$folder" && "./$name/bench" >log)
    mv "$folder/coverage.dat" "$folder/data/$name.dat"
    rm -rf "${folder:?}/$name"
done

"$tools/make_accelerator" 24 "$folder/aborted" 3 5 1 3
(
    cd "$folder/aborted"
    build abort abort_tb "$root/rtl_lib/axn_mul8u_table.v" "$PWD/rtl/axn_top.v" \
        "$root/tests/rtl/abort_tb.sv"
    "$folder/abort/bench" >log
    mv coverage.dat "$folder/data/abort.dat"
)
rm -rf "$folder/abort"

verilator_coverage --write "$folder/all.dat" "$folder"/data/*.dat >/dev/null
verilator_coverage --annotate "$folder/annotated" --annotate-all "$folder/all.dat" >/dev/null

# A point is a line  C '<0x01>f<0x02>FILE<0x01>l<0x02>LINE...page<0x02>v_line/MODULE...' COUNT.
tr '\001\002' '|=' <"$folder/all.dat" | awk -v list="$folder/missed.txt" '
    /^C / && /rtl_lib\/axn_/ {
        file = $0; sub(/.*\|f=/, "", file); sub(/\|.*/, "", file); sub(/.*\//, "", file)
        line = $0; sub(/.*\|l=/, "", line); sub(/\|.*/, "", line)
        page = $0; sub(/.*\|page=v_/, "", page); sub(/[\/|].*/, "", page)
        object = $0; sub(/.*\|o=/, "", object); sub(/\|.*/, "", object) # signal or branch
        key = file SUBSEP line SUBSEP object SUBSEP page
        hit = $NF > 0
        if (page == "toggle") {
            toggles[key] = toggles[key] || hit
        } else {
            lines[key] = lines[key] || hit
        }
    }
    END {
        for (key in lines) {
            split(key, part, SUBSEP)
            all[part[1]]++; done[part[1]] += lines[key]; a++; d += lines[key]
            if (!lines[key]) print part[1] ":" part[2] " " part[4] " " part[3] >list
        }
        for (key in toggles) {
            split(key, part, SUBSEP)
            every[part[1]]++; moved[part[1]] += toggles[key]; e++; m += toggles[key]
        }
        for (file in every)
            printf "%-24s lines and branches %4d of %4d (%5.1f %%)   toggles %6d of %6d (%5.1f %%)\n",
                file, done[file], all[file], all[file] ? 100 * done[file] / all[file] : 100,
                moved[file], every[file], 100 * moved[file] / every[file] | "sort"
        close("sort")
        printf "total: lines and branches %d of %d (%.1f %%), toggles %d of %d (%.1f %%)\n",
            d, a, 100 * d / a, m, e, 100 * m / e
        exit d < .95 * a
    }'
