#!/bin/sh
# Random small networks over all cell kinds (tests/random_model.h), each on one of five arrays,
# through `axnas rtl` and `axnas simulate`: every byte is that of the golden model, every layer
# takes the cycles of the model, and together they reach every corner (printed first).
#   make study-random                       200 networks
#   COUNT=50 FIRST=1000 make study-random   others
#   CASES='17 42' make study-random         these alone: so is a failure repeated
# FOLDER (build/study-random) keeps model and accelerator of what failed. SIMULATOR=icarus.
set -u
program=$1
folder=${FOLDER:-build/study-random}
simulator=${SIMULATOR:-verilator}
tools=$PWD/build/tests/tools

# of FILE PATH: a value of a JSON file.
of() {
    "$tools/json_get" "$1" "$2"
}

# cycles_agree FILE: of every layer and of the image.
cycles_agree() {
    layers=$(of "$1" layers.#)
    i=0
    while [ "$i" -lt "$layers" ]; do
        [ "$(of "$1" "layers.$i.cycles")" = "$(of "$1" "layers.$i.cycles_model")" ] || return 1
        i=$((i + 1))
    done
    [ "$(of "$1" cycles_per_image)" = "$(of "$1" cycles_per_image_model)" ]
}

# most_taps ROWS: of a fully connected layer, a cycle.
most_taps() {
    most=1
    while [ $((2 * most)) -le "$1" ] && [ "$most" -lt 16 ]; do most=$((2 * most)); done
    echo "$most"
}

# try SEED: one case in $at; a line about it, exit status 1 where it failed.
try() {
    seed=$1
    at=$folder/$seed
    rm -rf "$at"
    mkdir -p "$at"
    array=$("$tools/make_random_model" --case "$seed" "$at/model" 2>"$at/log") || return 1
    # shellcheck disable=SC2086 # rows, columns, multipliers
    set -- $array
    # Small networks need no more than one tap of a fully connected layer a cycle: told to take
    # more, they show that these work too.
    taps=
    [ $((seed / 5 % 4)) != 3 ] || taps=$(most_taps "$1")
    "$program" rtl "$at/model" --rows "$1" --cols "$2" ${taps:+--dense-taps "$taps"} --out "$at/rtl" \
        --quiet >/dev/null 2>"$at/log" || return 1
    "$program" simulate "$at/rtl" --images 2 --simulator "$simulator" --threads 1 --json --quiet \
        >"$at/simulate.json" 2>"$at/log" || return 1
    if [ "$(of "$at/simulate.json" mismatches)" != 0 ]; then
        echo 'mismatches, and exit status 0' >"$at/log"
        return 1
    fi
    if ! cycles_agree "$at/simulate.json"; then
        echo "the cycles differ from the model's: $at/simulate.json" >"$at/log"
        return 1
    fi
    echo "ok $seed: $1 x $2, multipliers $3,${taps:+ taps $taps,} bytes $(of "$at/simulate.json" bytes_checked)," \
        "cycles $(of "$at/simulate.json" cycles_per_image)"
    rm -rf "$at"
}

if [ "${2:-}" = --case ]; then
    if ! try "$3"; then
        echo "FAILED $3: $(tail -n 2 "$at/log" | tr '\n' ' ')(CASES=$3 make study-random)"
        exit 1
    fi
    exit 0
fi

first=${FIRST:-0}
count=${COUNT:-200}
start=$(date +%s)
mkdir -p "$folder"
if [ -z "${CASES:-}" ]; then
    "$tools/make_random_model" --coverage "$first" "$count" || [ "$count" -lt 200 ] || exit 1
    CASES=$(seq "$first" $((first + count - 1)))
fi
# shellcheck disable=SC2086 # a list of numbers
printf '%s\n' $CASES | xargs -n 1 -P "${JOBS:-$(nproc)}" sh "$0" "$program" --case >"$folder/log"
cat "$folder/log"
failed=$(grep -c '^FAILED' "$folder/log")
echo "$(grep -c '^ok' "$folder/log") random networks agree, $failed failed;" \
    "$(awk '/^ok/ { gsub(",", ""); for (i = 1; i < NF; i++) if ($i == "bytes") n += $(i + 1) } END { print n + 0 }' "$folder/log")" \
    "bytes compared, $(($(date +%s) - start)) s"
[ "$failed" = 0 ] && grep -q '^ok' "$folder/log"
