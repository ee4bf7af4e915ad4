#!/bin/sh
# axnas multipliers import: what enters a library, what is rejected and why, what the exit
# status and --json say, and that nothing half-written is left.
. tests/e2e/common.inc

in=$work/in
mkdir -p "$in/by_mae" "$in/by_mre"
ports='(input [7:0] A, input [7:0] B, output [15:0] O);'
cp multipliers/library/exact_array.v "$in/by_mae/exact.v"
cp multipliers/library/exact_dadda.v "$in/by_mre/also_exact.v"
printf 'module mul_z(A, B, Z); input [7:0] A, B; output [15:0] Z; assign Z = {A[7:4] * B, 4'\''b0}; endmodule\n' \
    >"$in/by_mre/mul_z.v"
echo 'int mul_z(int b, int a);' >"$in/by_mre/mul_z.c"
printf 'module nothing%s assign O = 0; endmodule\n' "$ports" >"$in/nothing.v"

# All good: a new library, exit status 0.
rm "$in/by_mre/also_exact.v"
json first "$axnas" multipliers import "$in" -o "$work/library" --json
check 'all are in' [ "$(get first imported.#) $(get first rejected.#)" = '3 0' ]
check 'the library can be listed' "$axnas" multipliers list --library "$work/library"
check 'a constant costs nothing' grep -q '"area_um2":	0,' "$work/library/library.json"
json listed "$axnas" multipliers list --library "$work/library" --json
check 'it holds the three' [ "$(get listed multipliers.#)" = 3 ]

# Duplicates, bad ones and new ones into the library that is there.
cp multipliers/library/exact_dadda.v "$in/by_mre/also_exact.v"
odd=$(printf '%s/-odd "na;me'\''\n$(touch x).v' "$in")
printf 'module \\m;exec(touch) %s assign O = A * B + 1; endmodule\n' "$ports" >"$odd"
printf 'module mul_z%s assign O = A * B + 2; endmodule\n' "$ports" >"$in/mul_z.v"
printf 'module latch(input [7:0] A, B, output reg [15:0] O); always @* if (A) O = B; endmodule\n' \
    >"$in/latch.v"
printf 'module broken(\n' >"$in/broken.v"
cp "$work/library/mul_z.v" "$work/mul_z.before"
status=0
"$axnas" multipliers import "$in" -o "$work/library" --json >"$work/second.json" 2>"$work/err.txt" ||
    status=$?
check 'rejected files give exit status 1' [ "$status" = 1 ]
check 'two are new' [ "$(get second imported.#)" = 2 ]
check 'the others are rejected' [ "$(get second rejected.#)" = 6 ]
check 'a name that is taken gets a number' [ -f "$work/library/mul_z_2.v" ]
check 'the one that was there stays' cmp "$work/library/mul_z.v" "$work/mul_z.before"
check 'an odd name becomes an identifier' [ -f "$work/library/m_exec_touch_.v" ]
check 'no name was a command' [ ! -e x ]
check 'the latch is named' grep -q 'latch.v: module latch: a latch' "$work/err.txt"
check 'the syntax error is named' grep -q 'broken.v: line 1: syntax error' "$work/err.txt"
check 'the duplicate is named' grep -q 'also_exact.v: .*same function as' "$work/err.txt"
json listed "$axnas" multipliers list --library "$work/library" --json
check 'the library holds five' [ "$(get listed multipliers.#)" = 5 ]

# Without an exact circuit one of ours joins.
json lone "$axnas" multipliers import "$in/by_mre/mul_z.v" -o "$work/lone" --json
check 'an exact circuit joins' [ "$(get lone baseline_added)" = exact_array ]

# Refusals leave everything as it was.
cp "$work/library/library.json" "$work/library.before"
fails 'only bad files' 1 'broken.v' "$axnas" multipliers import "$in/broken.v" -o "$work/none" --quiet
check 'no library of nothing' [ ! -e "$work/none" ]
fails 'no Verilog' 1 'no Verilog file' "$axnas" multipliers import tests/e2e -o "$work/none"
fails 'no such path' 1 'nowhere: No such file' "$axnas" multipliers import "$work/nowhere" -o "$work/none"
fails 'no library named' 2 'o DIR is missing' "$axnas" multipliers import "$in"
mkdir "$work/full" && echo keep >"$work/full/file"
fails 'a folder of other things' 1 'full.*--force' "$axnas" multipliers import "$in" -o "$work/full"
printf 'library (other) { nom_voltage : 1; cell (INV) { area : 1; pin (A) { direction : input; capacitance : 0.01; }
  pin (Y) { direction : output; function : "!A"; } } }\n' >"$work/other.lib"
fails 'another Liberty' 1 'osu018_stdcells, not of other' \
    "$axnas" multipliers import "$in/mul_z.v" -o "$work/library" --liberty "$work/other.lib"
fails 'a Liberty that is none' 1 'broken.v' \
    "$axnas" multipliers import "$in/mul_z.v" -o "$work/library" --cells "$in/broken.v"
check 'the library is as it was' cmp "$work/library/library.json" "$work/library.before"

# Ctrl-C.
"$axnas" multipliers import "$in" multipliers/library -o "$work/cut" 2>"$work/err.txt" &
pid=$!
sleep 1
kill -INT "$pid"
status=0
wait "$pid" || status=$?
check 'Ctrl-C ends it' [ "$status" = 1 ]
check 'and says so' grep -q interrupted "$work/err.txt"
check 'and leaves nothing' [ ! -e "$work/cut" ]
finish
