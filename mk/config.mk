# Compilers, flags and libraries. `make SAN=1` builds with AddressSanitizer and
# UndefinedBehaviorSanitizer into build-san/, FUZZ=1 with both and libFuzzer into
# build-fuzz/; MPI=1 links build/axnas with OpenMPI; `make V=1` shows the commands.

CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
SAN     ?= 0
FUZZ    ?= 0
MPI     ?= 0
V       ?= 0
# All processors, unless the user asked for another number.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS := $(MAKEFLAGS) -j$(shell nproc)
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
# Contraction and -march=native would make results depend on compiler and machine.
CFLAGS   := -std=c11 -D_GNU_SOURCE -O2 -g -ffp-contract=off -pthread $(WARNINGS) -I.
LDFLAGS  := -pthread
# libgomp comes with oneDNN, which is told to use one OpenMP thread.
LDLIBS   := -lcjson -ldnnl -l:libgomp.so.1 -lz -lm
# What the benchmarks compare with.
BENCH_LDLIBS := -lopenblas

ifeq ($(SAN),1)
BUILD   := build-san
CFLAGS  += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else ifeq ($(FUZZ),1)
BUILD   := build-fuzz
CC      := clang
SANITIZERS := address,undefined,float-cast-overflow
CFLAGS  += -fsanitize=fuzzer-no-link,$(SANITIZERS) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=$(SANITIZERS)
FUZZ_LDFLAGS := -fsanitize=fuzzer
else
BUILD   := build
endif

ifeq ($(MPI),1)
MPI_CFLAGS := $(patsubst -I%,-isystem %,$(shell mpicc --showme:compile))
MPI_LDLIBS := $(shell mpicc --showme:link)
ifeq ($(MPI_LDLIBS),)
$(error MPI=1 needs mpicc of OpenMPI (Debian: libopenmpi-dev, openmpi-bin))
endif
endif

say = @$(if $(filter 1,$(V)),,printf '%-5s %s\n' '$(1)' '$(2)';)
ifeq ($(V),1)
say =
endif
