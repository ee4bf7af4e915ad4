#!/bin/sh
# What an accuracy in the search says about the final one: retrains a sample of a run's
# candidates and prints Spearman's and Kendall's rank correlation.
#   tests/studies/correlation.sh PROGRAM RUN [EPOCHS [CANDIDATES]]
set -eu
axnas=$1
run=${2:-build/study-hypervolume/nsga2-1}
epochs=${3:-4}
count=${4:-12}
# Complete candidates, evenly spread over the ids.
ids=$(sed -n 's/^{"id":\([0-9]*\),.*"same_as":-1,.*"status":"ok".*/\1/p' "$run/archive.jsonl" |
    awk -v n="$count" '{ id[NR] = $1 }
        END { for (i = 0; i < n && i < NR; i++) print id[1 + int(i * NR / (n < NR ? n : NR))] }')
mkdir -p "$run/retrained"
for id in $ids; do
    [ -e "$run/retrained/$id/model.json" ] ||
        "$axnas" retrain "$run" --point "$id" --epochs "$epochs" --out "$run/retrained/$id" \
            --train-images "${TRAIN_IMAGES:-0}" \
            --quiet >/dev/null
done
"$axnas" pareto "$run"
