#!/bin/sh
# Every linter; the first that complains ends the run with its messages.
set -eu
cd "$(dirname "$0")/.."

folders='common synth multipliers model nas rtl_gen sim flows tests tests/fuzz bench'
sources=$(for folder in $folders; do ls "$folder"/*.c 2>/dev/null || true; done)
headers=$(for folder in $folders; do ls "$folder"/*.h 2>/dev/null || true; done)
jobs=$(nproc)

say() {
    printf 'lint: %s\n' "$*"
}

say 'clang-format'
# shellcheck disable=SC2086 # lists of plain file names
clang-format --dry-run --Werror $sources $headers

say 'clang, warnings as errors'
mpi=$(mpicc --showme:compile | sed 's/-I/-isystem /g') # of nas/ranks_mpi.c
flags="-std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -pthread -Wall -Wextra -Wshadow -Wconversion
       -Wstrict-prototypes -Wmissing-prototypes -Werror -I. $mpi"
# shellcheck disable=SC2086
printf '%s\n' $sources | xargs -n 1 -P "$jobs" clang $flags -fsyntax-only

say 'clang-tidy'
# shellcheck disable=SC2086
printf '%s\n' $sources | xargs -n 1 -P "$jobs" sh -c '
    out=$(clang-tidy --quiet "$2" -- -std=c11 -D_GNU_SOURCE -I. $1 2>/dev/null) && [ -z "$out" ] ||
        { printf "%s\n" "$out"; exit 1; }' tidy "$mpi"

say 'cppcheck'
# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
    --suppressions-list=mk/cppcheck.supp --error-exitcode=1 -j "$jobs" -I . -D_GNU_SOURCE $sources

say 'floors (a folder includes only from those below it)'
sh mk/floors.sh

say 'Verilog'
sh mk/lint_verilog.sh
say 'clean'
