#!/bin/sh
# A million mutations on the shipped templates: each must be legal, hit an active gene and
# change the network. Some half a minute.
set -eu
AXNAS_HOME=$PWD
AXNAS_MUTATIONS=${MUTATIONS:-350000}
export AXNAS_HOME AXNAS_MUTATIONS
exec build/tests/test_genome 'mutations are legal'
