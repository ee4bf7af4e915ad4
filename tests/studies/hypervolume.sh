#!/bin/sh
# NSGA-II against random search with the same budget on Fashion-MNIST, three seeds each:
# mean hypervolume within one box. Some 15 minutes of processor time.
#   tests/studies/hypervolume.sh PROGRAM [FOLDER]     FOLDER keeps the runs; resumed if there
set -eu
axnas=$1
folder=${2:-build/study-hypervolume}
mkdir -p "$folder"
cat >"$folder/settings.json" <<'END'
{"dataset": "fashion-mnist", "template": "fashion-mnist", "scenario": "s2", "population": 8,
 "generations": 7, "epochs": 1, "train_images": 2000, "validation_images": 2000,
 "crop_padding": 0, "schedule": "one-cycle", "learning_rate": 0.004,
 "max_multiplications": 1500000, "max_parameters": 100000,
 "hypervolume_energy_uj": 15, "hypervolume_parameters": 100000}
END
for algorithm in nsga2 random; do
    sum=0
    for seed in ${SEEDS:-1 2 3}; do
        run=$folder/$algorithm-$seed
        "$axnas" search --config "$folder/settings.json" --algorithm $algorithm --seed "$seed" \
            --out "$run" --resume --quiet >"$run.txt"
        volume=$(sed -n '1s/.*hypervolume \([0-9.]*\),.*/\1/p' "$run.txt")
        echo "$algorithm, seed $seed: hypervolume $volume"
        sum=$(awk "BEGIN { print $sum + $volume }")
    done
    mean=$(awk "BEGIN { printf \"%.4f\", $sum / $(echo "${SEEDS:-1 2 3}" | wc -w) }")
    echo "$algorithm: mean hypervolume $mean"
    eval "$algorithm=$mean"
done
# shellcheck disable=SC2154 # set by eval
awk "BEGIN { exit !($nsga2 > $random) }" || {
    echo "random search was better"
    exit 1
}
