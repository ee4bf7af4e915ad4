#!/bin/sh
# Training: options, checkpoints that survive kills, Ctrl-C and full disks, classes of
# instructions, what is printed.
. tests/e2e/common.inc

"$tools/make_dataset" "$work/data" 400 60
cat >"$work/net.json" <<'END'
{"format": "axnas-network", "version": 1, "layers": [
 {"kind": "input", "name": "in", "shape": [12, 12, 1]},
 {"kind": "conv", "name": "a", "units": 8, "kernel": 3, "batch_norm": true, "relu": true},
 {"kind": "conv", "name": "b", "units": 8, "kernel": 3, "batch_norm": true},
 {"kind": "sum", "name": "s", "inputs": ["a", "b"], "relu": true},
 {"kind": "conv", "name": "c", "units": 64, "kernel": 3, "stride": 2, "relu": true},
 {"kind": "average_pool", "kernel": 3, "stride": 3},
 {"kind": "dense", "units": 4}]}
END
train="$axnas train --network $work/net.json --multiplier drum_4 --dataset idx --data-dir $work/data"

# stopped SIGNAL FOLDER COMMAND...: runs it and sends the signal after its first epoch.
stopped() {
    signal=$1
    state=$2/training.state
    shift 2
    "$@" >"$work/out.txt" 2>"$work/err.txt" &
    pid=$!
    while [ ! -e "$state" ] && kill -0 $pid 2>/dev/null; do
        sleep 0.01
    done
    sleep 0.05
    kill "-$signal" $pid 2>/dev/null || true
    status=0
    wait $pid 2>/dev/null || status=$?
}

# shellcheck disable=SC2086 # lists of words
{
    # A training that is killed again and again ends with the bytes of an undisturbed one.
    for how in '--optimiser adam' '--optimiser sgd --schedule step --step-epochs 20' \
        '--gradient table --decoupled-l2' '--arithmetic float --weight-ranges layer' \
        '--map-weights histogram --operand-order best --reestimate-norm'; do
        options="--epochs 50 --crop-padding 2 --flip on --train-images 200 $how"
        rm -rf "$work/whole" "$work/killed"
        check "undisturbed: $how" $train --out "$work/whole" $options --threads 2
        for round in 1 2; do
            stopped KILL "$work/killed" $train --out "$work/killed" $options --resume --threads 1
        done
        check "round $round left a checkpoint" [ -e "$work/killed/training.state" ]
        check 'resumed' $train --out "$work/killed" $options --resume --threads 3
        check 'the same bytes' diff -r "$work/whole" "$work/killed"
    done

    # Ctrl-C, and what stands in the way afterwards.
    options='--epochs 80 --train-images 200'
    rm -rf "$work/killed"
    stopped INT "$work/killed" $train --out "$work/killed" $options
    check 'Ctrl-C is a failure' [ "$status" = 1 ]
    check 'Ctrl-C tells how to go on' grep -q 'of 80 epochs are kept in .*killed/training.state; --resume' "$work/err.txt"
    check 'a checkpoint was left' [ -e "$work/killed/training.state" ]
    cp "$work/killed/training.state" "$work/state"
    again="$train --quiet --out $work/killed"
    fails 'begun anew by mistake' 1 'was stopped \(--resume goes on' $again $options
    fails 'other epochs' 2 'training.state.*"epochs": 80, not 81' $again --resume --epochs 81 --train-images 200
    fails 'another rate' 2 '"learning_rate": 0.002, not 0.003' $again $options --resume --learning-rate 0.003
    fails 'another seed' 2 '"seed": "1", not "2"' $again $options --resume --seed 2
    fails 'another optimiser' 2 '"optimiser": "adam", not "sgd"' $again $options --resume --optimiser sgd --learning-rate 0.002
    fails 'another multiplier' 2 '"multipliers"' $again $options --resume --multiplier exact
    sed 's/"units": 64/"units": 63/' "$work/net.json" >"$work/other.json"
    fails 'another network' 2 '"network"' $again $options --resume --network "$work/other.json"
    fails 'another class of instructions' 2 '"isa".*--isa chooses' $again $options --resume --isa portable
    # A byte of the weights, a byte of the version, half a file, another kind of file.
    printf 'x' | dd of="$work/killed/training.state" bs=1 seek=3000 conv=notrunc 2>/dev/null
    fails 'a damaged checkpoint' 1 'training.state: damaged' $again $options --resume
    cp "$work/state" "$work/killed/training.state"
    printf '\011' | dd of="$work/killed/training.state" bs=1 seek=8 conv=notrunc 2>/dev/null
    fails 'a later version' 1 'training.state: version 9, this program reads' $again $options --resume
    head -c 2000 "$work/state" >"$work/killed/training.state"
    fails 'half a checkpoint' 1 'training.state: damaged' $again $options --resume
    echo hello >"$work/killed/training.state"
    fails 'no checkpoint at all' 1 'training.state: not a training state' $again $options --resume

    # A full disk: the checkpoint before it stays, and is good. The state is larger than what
    # the multiplier's table takes to make.
    sed 's/{"kind": "average_pool.*/{"kind": "dense", "units": 64, "relu": true},/' "$work/net.json" >"$work/large.json"
    again="$train --quiet --out $work/killed --network $work/large.json"
    options='--epochs 30 --train-images 200'
    rm -rf "$work/killed"
    stopped KILL "$work/killed" $again $options
    cp "$work/killed/training.state" "$work/state"
    fails 'a full disk' 1 'cannot write .*training.state.*epochs are kept in' \
        sh -c "ulimit -f 1000; exec $again $options --resume"
    check 'the last good checkpoint stays' cmp "$work/state" "$work/killed/training.state"
    check 'nothing else was left' [ "$(ls "$work/killed")" = training.state ]
    check 'it goes on with more room' $again $options --resume
    check 'only the model stays' [ "$(ls "$work/killed" | tr '\n' ' ')" = 'model.json weights.bin ' ]
    fails 'nothing to go on with' 1 'is not empty' $again $options --resume
    mkdir "$work/litter"
    touch "$work/litter/training.state.tmp-1"
    check 'litter of a kill is no obstacle' $train --out "$work/litter" --epochs 1 --resume
    check 'and goes away' [ ! -e "$work/litter/training.state.tmp-1" ]

    # Divergence keeps what was reached before.
    fails 'divergence' 1 'diverged in epoch [0-9]+ .*smaller --learning-rate .*[0-9]+ of 50 epochs are kept' \
        $train --quiet --out "$work/wild" --epochs 50 --optimiser sgd --momentum 0.999 --learning-rate 10 --schedule constant
    rm -rf "$work/wild"

    # Classes of instructions: each repeats itself; integers do not depend on them.
    for isa in portable avx2 avx512; do
        if $train --out "$work/$isa" --epochs 2 --isa $isa >/dev/null 2>"$work/err.txt"; then
            check "$isa gives the same bytes again" sh -c \
                "$train --out $work/$isa.2 --epochs 2 --isa $isa --threads 1 && diff -r $work/$isa $work/$isa.2"
            check "$isa is written down" grep -q "\"isa\":	*\"$isa\"" "$work/$isa/model.json"
        else
            check "this machine lacks $isa, and it is told" grep -q 'lacks the instructions' "$work/err.txt"
        fi
    done

    # Options.
    fails 'an optimiser of its own' 2 'must be one of adam' $train --quiet --out "$work/new" --optimiser lbfgs
    fails 'a momentum of 1' 2 'momentum must be a number' $train --quiet --out "$work/new" --momentum 1
    fails 'steps without length' 2 'epochs of a step' $train --quiet --out "$work/new" --schedule step
    fails 'a wide window' 2 'gradient-window must be' $train --quiet --out "$work/new" --gradient-window 200
    fails 'too large for the memory' 1 'MiB of memory, more than the limit of 1024 MiB; choose a smaller --batch-size' \
        sh -c "
        '$tools/make_dataset' '$work/large' 40 10 64
        sed -e 's/12, 12, 1/64, 64, 1/' -e 's/\"units\": 8/\"units\": 64/' '$work/net.json' >'$work/wide.json'
        exec $train --quiet --out '$work/new' --network '$work/wide.json' --data-dir '$work/large' --batch-size 1024"
    check 'nothing was written' [ ! -e "$work/new" ]

    # Figures.
    json train $train --out "$work/model" --epochs 8 --json
    check 'both validations are near each other' sh -c "
        awk 'BEGIN { d = $(get train validation_accuracy) - $(get train validation_accuracy_quantised)
                     exit !(d * d <= 0.026 * 0.026) }'"
    check 'both counts of multiplications' [ "$(get train multiplications) $(get train multiplications_paper)" = '259200 996480' ]
    for key in model accuracy test_images multiplier power_ratio parameters energy_uj energy_paper_uj \
        images_per_s provenance.config.optimiser provenance.config.momentum provenance.config.decoupled_l2 \
        provenance.config.schedule provenance.config.gradient provenance.config.gradient_window \
        provenance.config.arithmetic provenance.config.weight_ranges provenance.config.isa \
        provenance.history.7.validation_accuracy provenance.validation_accuracy_quantised; do
        check "key $key" get train $key
    done
    json mapped $train --out "$work/mapped" --epochs 2 --map-weights uniform --operand-order swapped --json
    check 'mapped in training' [ "$(get mapped provenance.corrections.mapped_weights)" -gt 100 ]
    check 'swapped in training' [ "$(get mapped provenance.corrections.swapped_layers)" = 3 ]
    json evaluate "$axnas" evaluate "$work/mapped" --dataset idx --data-dir "$work/data" --json
    check 'the model has the accuracy of its training' [ "$(get evaluate accuracy)" = "$(get mapped accuracy)" ]
    json corrected $train --out "$work/corrected" --epochs 2 --arithmetic float --correct-bias --reestimate-norm --json
    check 'accuracy before corrections' get corrected validation_accuracy_uncorrected

    # A search of a version that knew no optimisers goes on, and its points are retrained.
    search="$axnas search --dataset idx --data-dir $work/data --config flows/search-tiny.json --population 2
        --generations 1 --epochs 1 --train-images 100 --seed 4 --out $work/run"
    json search $search --json
    sed -E '/"(optimiser|momentum|decoupled_l2|gradient|gradient_window|weight_ranges|step_epochs|step_factor)":/d' \
        "$work/run/config.json" >"$work/old.json"
    check 'an older configuration' [ "$(wc -l <"$work/old.json")" -lt "$(wc -l <"$work/run/config.json")" ]
    cp "$work/old.json" "$work/run/config.json"
    check 'an older search goes on' $search --resume
    fails 'but not with another gradient' 2 '"gradient": "straight-through", not "table"' sh -c "
        sed 's/{/{\"gradient\": \"table\",/' flows/search-tiny.json >'$work/table.json'
        exec $(echo $search) --resume --config '$work/table.json'"
    fails 'nor in another class' 2 'class avx2, not|class portable, not|class avx512, not .*--isa avx512' \
        $search --resume --isa portable
    point=$("$tools/json_get" "$work/run/pareto.json" points.0.id)
    json retrain "$axnas" retrain "$work/run" --point "$point" --out "$work/retrained" --epochs 2 \
        --optimiser sgd --gradient table --schedule cosine --decoupled-l2 --protocol held-out --json
    check 'retrained with other options' [ "$(get retrain provenance.config.optimiser)" = sgd ]
    check 'the rate of the optimiser' [ "$(get retrain provenance.config.learning_rate)" = 0.05 ]
}
finish
