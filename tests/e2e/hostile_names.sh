#!/bin/sh
# Folders, files and names that are shell, Yosys, ABC, Tcl, make or gnuplot syntax: all work
# as any other name, or are refused in plain words; nothing in them is ever run.
. tests/e2e/common.inc

# The command that an injection would run leaves a mark.
mkdir "$work/bin"
printf '#!/bin/sh\necho "$PWD $0 $*" >>"%s/mark"\n' "$work" >"$work/bin/axnpwn"
chmod +x "$work/bin/axnpwn"
PATH=$work/bin:$PATH
export PATH
newline='
'
odd="$work/-x 'q' \"d\" ;axnpwn; !axnpwn; \$(axnpwn) \`axnpwn\` [exec axnpwn] |axnpwn& <b>#%*?\\${newline}axnpwn${newline}"
mkdir "$odd"
axnpwn # the mark itself works
[ -e "$work/mark" ] || { echo 'FAILED: no mark'; exit 1; }
rm "$work/mark"

# unmarked NAME: nothing ran since the last look.
unmarked() {
    if [ -e "$work/mark" ]; then
        echo "FAILED $1: a name was run as a command:"
        cat "$work/mark"
        rm "$work/mark"
        failures=$((failures + 1))
    fi
}

# The tools' folder for temporary files, the cache and the working folder are odd as well.
mkdir "$odd/tmp" "$odd/cache" "$odd/here"
XDG_CACHE_HOME=$odd/cache
TMPDIR=$odd/tmp
export XDG_CACHE_HOME TMPDIR

# Multipliers: library folder, Verilog, Liberty, output.
cp -r multipliers/library "$odd/library"
cp multipliers/library/exact_dadda.v "$odd/exact_dadda.v"
cp /usr/share/qflow/tech/osu018/osu018_stdcells.lib "$odd/cells.lib"
json plain "$axnas" multipliers characterise multipliers/library/exact_dadda.v --json
json odd "$axnas" multipliers characterise "$odd/exact_dadda.v" --liberty "$odd/cells.lib" \
    -o "$odd/made" --json
check 'characterise: the same figures' \
    [ "$(get odd multipliers.0.power_mw)" = "$(get plain multipliers.0.power_mw)" ]
check 'characterise: the library is there' [ -s "$odd/made/exact_dadda.v" ]
check 'list' "$axnas" multipliers list --library "$odd/library"
(cd "$odd/here" && mkdir ./-o && cp "$odd/exact_dadda.v" ./-o/-m.v &&
    json dash "$axnas" multipliers list --library "$odd/made" --json)
check 'list from an odd folder' [ -s "$work/dash.json" ]
mkdir "$odd/circuits"
cp multipliers/library/drum_4.v "$odd/circuits/\$(axnpwn);'q'${newline}.v"
json import "$axnas" multipliers import "$odd/circuits" -o "$odd/imported" --json
check 'import: one circuit' [ "$(get import 'imported.#')" = 1 ]
printf 'name,power_ratio,mae,mre_percent,wce\np,.5,100,3,900\n' >"$odd/points.csv"
check 'front and its plot' "$axnas" multipliers front --library "$odd/library" --plot "$odd/front.svg" \
    --reference "$odd/points.csv" --reference-name "'; system('axnpwn'); '\`axnpwn\`<b>"
check 'no reference becomes SVG' sh -c '[ -s "$1" ] && ! grep -q "<b>" "$1"' sh "$odd/front.svg"
check 'evolve' "$axnas" multipliers evolve --metric mae --limit 200 --generations 200 --judged 1 \
    --liberty "$odd/cells.lib" --from "$odd/made" -o "$odd/evolved"
check 'a recorded command is one line of plain words' sh -c \
    'grep "\"command\"" "$1" | grep -q "[\\\\]n" && exit 1; exit 0' sh "$odd/evolved/library.json"
unmarked multipliers

# Search, its plot and its page.
"$tools/make_dataset" "$odd/data" 300 60
cp flows/search-tiny.json "$odd/settings.json"
check 'search' "$axnas" search --dataset idx --data-dir "$odd/data" --config "$odd/settings.json" \
    --library "$odd/library" --population 2 --generations 1 --epochs 1 --train-images 100 --out "$odd/<b>run"
check 'report' "$axnas" report "$odd/<b>run" -o "$odd/page.html"
check 'the page shows the name as text' grep -q 'Search &lt;b&gt;run' "$odd/page.html"
check 'no name becomes HTML' sh -c '! grep -q "<b>" "$1"' sh "$odd/page.html"
unmarked search

# A run whose files were written by someone else.
cp -r "$odd/<b>run" "$work/forged"
sed "s/\"multiplier\":\"[^\"]*\"/\"multiplier\":\"'; system('axnpwn'); '<b>\"/" \
    "$odd/<b>run/archive.jsonl" >"$work/forged/archive.jsonl"
"$axnas" report "$work/forged" -o "$work/forged.html" >"$work/out.txt" 2>&1 || true
unmarked 'a forged archive'

# Accelerator: model, output folder, both simulators, synthesis, the folder's own Makefile.
"$tools/make_random_model" 4 "$odd/model" 1
check 'rtl' "$axnas" rtl "$odd/model" --library "$odd/library" --rows 2 --cols 2 --out "$odd/rtl"
json verilator "$axnas" simulate "$odd/rtl" --images 1 --json
check 'Verilator: no mismatch' [ "$(get verilator mismatches)" = 0 ]
json icarus "$axnas" simulate "$odd/rtl" --images 1 --simulator icarus --json
check 'Icarus: no mismatch' [ "$(get icarus mismatches)" = 0 ]
unmarked simulate
json synth "$axnas" synth "$odd/rtl" --liberty "$odd/cells.lib" --no-exact --json
check 'synth: area' [ "$(get synth area_um2 | cut -d. -f1)" -gt 10000 ]
unmarked synth
(
    unset TMPDIR # Icarus itself is at a loss with an odd one
    check 'make lint' make -C "$odd/rtl" lint
    check 'make sim-icarus' make -C "$odd/rtl" sim-icarus
    fails 'make sim says why not' 2 'plain path' make -C "$odd/rtl" sim
    fails 'make synth says why not' 2 'plain path' make -C "$odd/rtl" synth LIBERTY="$odd/cells.lib"
    [ "$failures" = 0 ]
) || failures=$((failures + 1))
unmarked 'the Makefile of the folder'

# Names inside files.
sed 's/"conv_1"/"a;axnpwn\\n\\u0022,"/' "$odd/model/model.json" >"$work/layers.json"
if ! cmp -s "$odd/model/model.json" "$work/layers.json"; then
    cp -r "$odd/model" "$work/layers"
    mv "$work/layers.json" "$work/layers/model.json"
    fails 'a layer with an odd name' 1 'name' "$axnas" rtl "$work/layers" --out "$work/x"
fi
sed 's/"exact_dadda"/"exact;axnpwn"/' multipliers/library/library.json >"$odd/library/library.json"
fails 'a circuit with an odd name' 1 'cannot be a module name' \
    "$axnas" multipliers list --library "$odd/library"
sed 's/cell (INVX1)/cell ("INVX1; !axnpwn; $(axnpwn)")/; s/cell (FAX1)/cell ("FAX1 [exec axnpwn]")/' \
    "$odd/cells.lib" >"$odd/named.lib"
check 'a Liberty whose cells have odd names' "$axnas" multipliers characterise \
    multipliers/library/exact_dadda.v --liberty "$odd/named.lib"
unmarked 'names inside files'

# Nothing was left in the folders for temporary files.
check 'nothing is left' sh -c 'ls -A "$1" | grep -q . && exit 1; exit 0' sh "$odd/tmp"
finish
