#!/bin/sh
# Whatever is changed in an accelerator's folder is seen twice: `simulate` refuses the folder by
# its manifest; and when the manifest is repaired to fit, as one would who means to deceive, the
# simulation itself finds the bytes that differ. Run on Icarus, with a multiplier that does not
# commute.
. tests/e2e/common.inc

# Of the random models one whose convolutions and clamps let every change below reach a byte.
"$tools/make_random_model" 7 "$work/model" 1 broken_array_1_7
check 'generate' "$axnas" rtl "$work/model" --rows 2 --cols 2 --out "$work/good"
check 'untouched' "$axnas" simulate "$work/good" --images 2 --simulator icarus

# repair FOLDER FILE: puts the changed file's hash in the place of the good one's.
repair() {
    old=$("$tools/hash_file" "$work/good/$2")
    new=$("$tools/hash_file" "$1/$2")
    grep -q "$old" "$1/manifest.json" && sed -i "s/$old/$new/" "$1/manifest.json"
}

# tampered NAME FILE SED
tampered() {
    bad=$work/bad
    rm -rf "$bad"
    cp -r "$work/good" "$bad"
    rm -rf "$bad/build"
    sed "$3" "$work/good/$2" >"$bad/$2"
    if cmp -s "$work/good/$2" "$bad/$2"; then
        echo "FAILED $1: nothing was edited"
        failures=$((failures + 1))
        return
    fi
    fails "$1: refused" 1 "$2.* was edited" "$axnas" simulate "$bad"
    if ! repair "$bad" "$2"; then
        echo "FAILED $1: the manifest cannot be repaired"
        failures=$((failures + 1))
        return
    fi
    if "$axnas" simulate "$bad" --images 2 --simulator icarus >"$work/out.txt" 2>&1; then
        echo "FAILED $1: with a repaired manifest nobody saw it"
        failures=$((failures + 1))
    else
        echo "ok $1: found, $(grep -m 1 -i 'mismatch\|differ\|error' "$work/out.txt" || tail -n 1 "$work/out.txt")"
    fi
}

tampered 'operands swapped in the cell' rtl/axn_cell.v 's/\.a_i(port_a)/.a_i(port_b)/; s/\.b_i(port_b)/.b_i(port_a)/'
tampered 'wrong shift' rtl/axn_post_lane.v 's/\.shift_i(shift_q)/.shift_i(shift_q + 6'"'"'d1)/'
tampered 'wrong rounding' rtl/axn_round_shift.v 's/ + 26.sd1//'
tampered 'gate of the netlist' rtl/axn_mul8u.v '0,/ & /s// | /'
tampered 'word of the weights' mem/weights.hex '20s/^./f/; 20s/^\(.\)./\1e/'
tampered 'word of the parameters' mem/parameters.hex '2s/\(.\)$/x\1/; 2s/x0/1/; 2s/x[0-9a-f]/0/'
tampered 'bit of a descriptor' mem/program.hex '3s/\(.\)$/x\1/; 3s/x0/4/; 3s/x[0-9a-f]/0/'
tampered 'entry of the table' mem/multiplier.hex '32000s/^./f/'
tampered 'padding left out' rtl/axn_gather.v 's/else if (fill_cq\[r\]) a_dq <= zero_i/else if (fill_cq[r]) a_dq <= 8'"'"'d0/'
finish
