#!/bin/sh
# Builders with own parameters, fronts, the contest with a reference, pictures, the lite set.
. tests/e2e/common.inc

equal() # NAME VALUE EXPECTED
{
    check "$1: $2" [ "$2" = "$3" ]
}

# A circuit of any builder, and the recorded command makes it again.
json made "$axnas" multipliers generate --builder column_groups --parameters 0,4,7,-2 \
    -o "$work/library" --json
equal 'name' "$(get made multipliers.0.name)" column_groups_0_4_7_m2
command=$(get made multipliers.0.command)
equal 'command' "$command" \
    'axnas multipliers generate --builder column_groups --parameters 0,4,7,-2 -o DIR'
arguments=${command#axnas }
# shellcheck disable=SC2086 # a command line
json again "$axnas" ${arguments% -o DIR} -o "$work/again" --json
equal 'hash' "$(get again multipliers.0.hash)" "$(get made multipliers.0.hash)"
check 'netlist' cmp "$work/library/column_groups_0_4_7_m2.v" "$work/again/column_groups_0_4_7_m2.v"
fails 'unknown builder' 1 'no builder "x"; there are' \
    "$axnas" multipliers generate --builder x -o "$work/none"
fails 'parameter out of range' 2 'number 2 of 2, vertical, must be 0 to 16' \
    "$axnas" multipliers generate --builder broken_array --parameters 1,17 -o "$work/none"
fails 'too many parameters' 2 'it has 1' \
    "$axnas" multipliers generate --builder drum --parameters 3,4 -o "$work/none"
fails 'parameters without builder' 2 'belongs to --builder' \
    "$axnas" multipliers generate --parameters 3 -o "$work/none"
check 'no folder is left' [ ! -e "$work/none" ]

# A library against itself wins everywhere with ratio 1; against nothing better, nowhere.
json self "$axnas" multipliers front --reference multipliers/library --metric mre --json
for metric in mae mre wce joint; do
    points=$(get self "reference.contests.$metric.points")
    equal "$metric against itself" "$(get self "reference.contests.$metric.won")" "$points"
    check "points of $metric" [ "$points" -gt 0 ]
done
printf 'name,power_ratio,mae,mre_percent,wce\nfree,.5,0,0,0\n' >"$work/free.csv"
json lost "$axnas" multipliers front --reference "$work/free.csv" --json
equal 'against the impossible' "$(get lost reference.contests.joint.won)" 0
printf 'nonsense\n' >"$work/bad.csv"
fails 'bad reference' 1 'bad.csv, line 1' "$axnas" multipliers front --reference "$work/bad.csv"

# Pictures: the same bytes each time.
for i in 1 2; do
    check "picture $i" "$axnas" multipliers front --metric wce --plot "$work/$i.svg" \
        --reference docs/data/evoapproxlib-mul8u.csv --reference-name "it's; \`a\` name"
done
check 'a picture' grep -q '^<svg' "$work/1.svg"
check 'pictures' cmp "$work/1.svg" "$work/2.svg"
"$axnas" multipliers front --reference docs/data/evoapproxlib-mul8u.csv >"$work/text"
check 'report' grep -q '^joint  at [0-9]* of 27 points' "$work/text"

# The shipped lite set is what its rule gives.
mkdir "$work/lite"
cp multipliers/library/* "$work/lite"
sed 's/"lite":\ttrue/"lite":\tfalse/' multipliers/library/library.json >"$work/lite/library.json"
"$axnas" multipliers lite --library "$work/lite" >"$work/text"
check 'library.json' cmp multipliers/library/library.json "$work/lite/library.json"
equal 'lite circuits and a head' "$(wc -l <"$work/text")" 16

finish
