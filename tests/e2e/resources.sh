#!/bin/sh
# Too much, too little and nowhere to write: huge, deep and cut files, a full disk, closed
# standard files. Every outcome is one clear message, and what was there stays whole.
. tests/e2e/common.inc

# repeat TEXT COUNT: the text so many times.
repeat() {
    awk -v text="$1" -v count="$2" 'BEGIN { for (i = 0; i < count; i++) printf "%s", text }'
}
# listed NAME PATTERN: the library in $work/library is refused with the pattern.
listed() {
    fails "$1" 1 "$2" "$axnas" multipliers list --library "$work/library"
}
mkdir "$work/library"
repeat '[' 100000 >"$work/library/library.json"
listed '100,000 levels of JSON' 'library.json:1: JSON nested deeper'
repeat '{"a":' 100000 >"$work/library/library.json"
listed '100,000 objects in each other' 'library.json:1: JSON nested deeper'
{ printf '[0'; repeat ',0' 9000000; printf ']'; } >"$work/library/library.json"
listed 'nine million items' 'library.json: more than [0-9]+ JSON items'
truncate -s 1T "$work/library/library.json" # sparse
listed 'a terabyte' 'larger than [0-9]+ bytes'
rm "$work/library/library.json"
mkfifo "$work/library/library.json"
listed 'a pipe' 'library.json.*not a regular file'
rm "$work/library/library.json"
mkdir "$work/library/library.json"
listed 'a folder' 'library.json.*folder'
rmdir "$work/library/library.json"
ln -s library.json "$work/library/library.json"
listed 'a link to itself' 'library.json.*symbolic links'
rm "$work/library/library.json"

# Cut anywhere, a library says so and names the file.
size=$(wc -c <multipliers/library/library.json)
at=0
bad=0
while [ $at -lt 40 ]; do
    head -c $((size * at / 40)) multipliers/library/library.json >"$work/library/library.json"
    "$axnas" multipliers list --library "$work/library" >"$work/out.txt" 2>"$work/err.txt" && bad=$((bad + 1))
    grep -Eq 'library.json:[0-9]*: JSON (ends too early|syntax error)' "$work/err.txt" || bad=$((bad + 1))
    at=$((at + 1))
done
check 'cut at forty places' [ $bad = 0 ]

# A library of a hundred thousand circuits: the exact one many times, the names numbered.
make_library() {
    awk -v count="$1" '
        /"name"/ { head = 1; taking = /"exact_dadda"/ }
        !head { print }
        /}/ { taking = 0 }
        taking { entry = entry "\n" $0 }
        END {
            sub(/"name":[^,]*,/, "", entry)
            for (i = 0; i < count; i++)
                printf "%s\"name\": \"c%06d\",%s}", i ? ",{" : "", i, entry
            print "]}"
        }' multipliers/library/library.json >"$work/library/library.json"
}
make_library 100000
"$axnas" multipliers list --library "$work/library" >"$work/list.txt"
check 'a hundred thousand circuits' grep -q '^100000 multipliers' "$work/list.txt"
make_library 100001
listed 'one more is refused' 'more than 100000 circuits'

# A Liberty without end, a network of layers without end.
{ printf 'library (l) '; repeat '{ cell () ' 100000; } >"$work/deep.lib"
fails 'a deep Liberty' 1 'deep.lib:1: groups are nested too deeply' \
    "$axnas" multipliers characterise multipliers/library/exact_dadda.v --liberty "$work/deep.lib"

# Nowhere to write. The limit on file sizes stands for a full disk.
fails 'a full device' 1 'standard output' sh -c "'$axnas' multipliers list >/dev/full"
fails 'a full device, JSON' 1 'standard output' sh -c "'$axnas' multipliers list --json >/dev/full"
fails 'no standard output' 1 'standard output' sh -c "'$axnas' multipliers list >&-"
fails 'no standard output, JSON' 1 'standard output' sh -c "'$axnas' multipliers list --json >&-"
check 'no standard files at all but a result' sh -c \
    "! '$axnas' multipliers generate exact_dadda -o '$work/closed' <&- >&- 2>&-; [ -s '$work/closed/exact_dadda.v' ] ||
     '$axnas' multipliers list <&- 2>&-"
cp -r multipliers/library "$work/mine"
mkdir "$work/tmp"
fails 'a disk that is full' 1 'File too large|killed|cannot write|signal' sh -c "
    ulimit -f 4
    TMPDIR='$work/tmp' '$axnas' multipliers characterise multipliers/library/exact_dadda.v -o '$work/mine' --force --quiet"
check 'the library is as before' diff -r multipliers/library "$work/mine"
check 'nothing is left behind' sh -c '! ls -A "$1" | grep -q .' sh "$work/tmp"
"$tools/make_random_model" 4 "$work/model" 1
fails 'a disk that is full: rtl' 1 'File too large|cannot write' sh -c "
    ulimit -f 4
    '$axnas' rtl '$work/model' --rows 2 --cols 2 --out '$work/rtl'"
check 'no half accelerator' [ ! -e "$work/rtl/manifest.json" ]

# Folders that may not be entered (root may enter all).
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    other='setpriv --reuid=65534 --regid=65534 --clear-groups'
else
    other=
fi
mkdir "$work/locked"
cp multipliers/library/library.json "$work/locked"
chmod 000 "$work/locked"
chmod 711 "$work"
# shellcheck disable=SC2086 # a list of words
if [ "$(id -u)" != 0 ] || $other "$axnas" --version >/dev/null 2>&1; then
    fails 'a locked folder' 1 'locked.*Permission denied' \
        $other "$axnas" multipliers list --library "$work/locked"
    fails 'a locked output folder' 1 'locked.*Permission denied' \
        $other env TMPDIR=/tmp "$axnas" multipliers characterise multipliers/library/exact_dadda.v -o "$work/locked/x"
fi
chmod 700 "$work/locked"
finish
