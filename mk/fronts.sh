#!/bin/sh
# Draws the fronts of the shipped library into docs/images and prints how it compares with
# the published circuits: mk/fronts.sh PROGRAM
set -eu
axnas=$1

front() # METRIC REFERENCE NAME
{
    "$axnas" multipliers front --metric "$1" --reference "docs/data/$2" --reference-name "$3" \
        --plot "docs/images/front-$1.svg" | sed -n '/^reference .* power ratio/,$p'
}

front mae evoapproxlib-mul8u-recipe.csv 'EvoApproxLib, 45 nm, this recipe'
front mre evoapproxlib-mul8u-recipe.csv 'EvoApproxLib, 45 nm, this recipe'
front wce evoapproxlib-mul8u.csv 'EvoApproxLib, 45 nm, catalogue'
