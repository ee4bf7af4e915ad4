#!/bin/sh
# Draws the fronts of the shipped library into docs/images and compares it with the published
# circuits in docs/data/contests.txt: mk/fronts.sh PROGRAM
set -eu
axnas=$1
recipe='EvoApproxLib, 45 nm, this recipe'
catalogue='EvoApproxLib, 45 nm, catalogue'

picture() # METRIC FILE NAME
{
    "$axnas" multipliers front --metric "$1" --reference "docs/data/$2" --reference-name "$3" \
        --plot "docs/images/front-$1.svg" >/dev/null
}

# The rows of each metric, then the summary.
contest() # FILE NAME
{
    for metric in mae mre wce; do
        "$axnas" multipliers front --metric "$metric" --reference "docs/data/$1" \
            --reference-name "$2" | sed "1,/^reference  /{/^reference  /!d;s/^/\n$metric\n/;};/^\$/,\$d"
    done
    "$axnas" multipliers front --reference "docs/data/$1" --reference-name "$2" |
        sed -n '/^reference .* power ratio/,$p'
}

picture mae evoapproxlib-mul8u-recipe.csv "$recipe"
picture mre evoapproxlib-mul8u-recipe.csv "$recipe"
picture wce evoapproxlib-mul8u.csv "$catalogue"
{
    contest evoapproxlib-mul8u-recipe.csv "$recipe"
    echo
    contest evoapproxlib-mul8u.csv "$catalogue"
} >docs/data/contests.txt
grep '^[a-z]* *at ' docs/data/contests.txt
