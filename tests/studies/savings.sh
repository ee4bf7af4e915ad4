#!/bin/sh
# What each way to a cheaper search brings and costs, on Fashion-MNIST: epochs trained and
# hypervolume beside the plain search of the same candidates' number; and which candidates of the
# plain search a screen would have refused. Some 10 minutes of processor time.
#   tests/studies/savings.sh PROGRAM [FOLDER]     FOLDER keeps the runs; resumed if there
set -eu
axnas=$1
folder=${2:-build/study-savings}
mkdir -p "$folder"

# search NAME SETTINGS: runs it, and prints a line.
search() {
    cat >"$folder/$1.json" <<END
{"dataset": "fashion-mnist", "scenario": "s2", "population": 8, "generations": 5, "epochs": 4,
 "train_images": ${IMAGES:-800}, "validation_images": 1000, "crop_padding": 0,
 "learning_rate": 0.002, "multipliers": "all", "max_power_ratio": 1, "min_power_ratio": 0.02,
 "max_multiplications": 1000000, "max_parameters": 60000,
 "hypervolume_energy_uj": 10, "hypervolume_parameters": 60000$2}
END
    "$axnas" search --config "$folder/$1.json" --seed "${SEED:-1}" --out "$folder/$1" --resume \
        --quiet >"$folder/$1.txt"
    awk -v name="$1" '
        FNR == NR { if (match($0, /hypervolume [0-9.]+/)) volume = substr($0, RSTART + 12, RLENGTH - 12); next }
        {
            shared = $0 !~ /"same_as":-1,/
            match($0, /"epochs":[0-9]+/)
            if (!shared) epochs += substr($0, RSTART + 9, RLENGTH - 9)
            complete += $0 ~ /"status":"ok"/
            stopped += $0 ~ /"status":"stopped"/
            all++
        }
        END { printf "%-10s %4d candidates, %4d complete, %4d stopped, %5d epochs, hypervolume %s\n",
                     name, all, complete, stopped, epochs, volume }' \
        "$folder/$1.txt" "$folder/$1/archive.jsonl"
}

search plain ''
search halving ', "rungs": 3, "halving_factor": 2'
search early ', "early_termination": "on", "early_margin": 0.05'
search screen ', "screen": 0.05'
search all ', "rungs": 3, "halving_factor": 2, "early_termination": "on", "early_margin": 0.05, "screen": 0.05'

# The screen's judgement of the plain search, which trained all.
front=$("$axnas" pareto "$folder/plain" --json | sed -n 's/^.*"id":[^0-9]*\([0-9]*\),.*/ \1 /p' | tr -d '\n')
for least in 0.01 0.05 0.2 0.5; do
    awk -v least=$least -v front="$front" '
        /"status":"ok"/ && /"same_as":-1,/ {
            match($0, /"signal_share":[0-9.e-]+/); share = substr($0, RSTART + 15, RLENGTH - 15) + 0
            match($0, /"accuracy":[0-9.]+/); accuracy = substr($0, RSTART + 11, RLENGTH - 11) + 0
            match($0, /"id":[0-9]+/); id = substr($0, RSTART + 5, RLENGTH - 5)
            all++
            if (share < least) {
                refused++
                best = accuracy > best ? accuracy : best
                wrong += index(front, " " id " ") > 0
            }
        }
        END { printf "screen %g: refuses %d of %d, %d of them on the front, best accuracy %.3f\n",
                     least, refused, all, wrong, best }' "$folder/plain/archive.jsonl"
done
