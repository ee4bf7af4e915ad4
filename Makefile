# axnas. `make demo` runs the whole path, `make test` the tests; `make help` lists the rest.

include mk/config.mk

FOLDERS  := common synth multipliers model nas rtl_gen sim
LIBRARY  := $(BUILD)/libaxnas.a
PROGRAM  := $(BUILD)/axnas
# Takes the place of nas/ranks_alone.c in the program, with MPI=1.
MPI_SOURCE := nas/ranks_mpi.c

LIBRARY_SOURCES := $(filter-out $(MPI_SOURCE),$(sort $(wildcard $(addsuffix /*.c,$(FOLDERS)))))
PROGRAM_SOURCES := $(sort $(wildcard flows/*.c))
TEST_SOURCES    := $(sort $(wildcard tests/test_*.c))
# What suites and tools share: tests/*.c that are not suites.
TEST_SUPPORT    := $(filter-out $(TEST_SOURCES),$(sort $(wildcard tests/*.c)))
TOOL_SOURCES    := $(sort $(wildcard tests/tools/*.c))
BENCH_SOURCES   := $(sort $(wildcard bench/*.c))
# Fuzz targets; each becomes a program that replays inputs, with FUZZ=1 a fuzzer.
FUZZ_SOURCES    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SUPPORT    := tests/fuzz/fuzz.c $(if $(filter 1,$(FUZZ)),,tests/fuzz/replay.c)
ALL_SOURCES     := $(LIBRARY_SOURCES) $(PROGRAM_SOURCES) $(TEST_SOURCES) $(TEST_SUPPORT) $(TOOL_SOURCES) \
                   $(BENCH_SOURCES) $(FUZZ_SOURCES) $(FUZZ_SUPPORT) $(MPI_SOURCE)

object = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
TEST_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TEST_SOURCES))
TOOL_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TOOL_SOURCES))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(FUZZ_SOURCES))

.PHONY: all help deps demo tests test test-sanitized test-units fuzz fuzzers bench lint fronts format clean install always
.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAM) $(if $(BENCH_SOURCES),$(BUILD)/axnas-bench)

help:
	@echo 'make demo    from Fashion-MNIST images to a verified, synthesised accelerator (4 to 6 minutes)'
	@echo 'make test    all tests, sanitizer runs included'
	@echo 'make fuzz    every reader against made-up input, FUZZ_SECONDS each (default 600)'
	@echo 'make         build/axnas and build/axnas-bench'
	@echo 'make MPI=1   build/axnas that mpirun may start on several machines (docs/parallel.md)'
	@echo 'make deps    install the Debian packages listed in mk/packages.txt'
	@echo 'make study-NAME  a longer measurement: hypervolume, correlation, mutations, savings, kills, random, coverage, fpga'
	@echo 'make lint    compiler warnings (gcc, clang), clang-format, clang-tidy, cppcheck, Verilator lint'
	@echo 'make bench   each fast path beside what a user would use instead'
	@echo 'make clean   remove build/ and build-san/'

deps:
	@sh mk/deps.sh

# The two commands of the README install what they need, then start make again so that
# the sources are compiled with the packages in place.
demo: deps
	@$(MAKE) --no-print-directory all
	@$(PROGRAM) demo --force

test: deps
	@$(MAKE) --no-print-directory all tests
	@$(MAKE) --no-print-directory SAN=1 all tests
	@sh tests/run.sh

test-units: tests
	@sh tests/run.sh units

tests: $(TEST_PROGRAMS) $(TOOL_PROGRAMS) $(FUZZ_PROGRAMS)

fuzzers: $(FUZZ_PROGRAMS)

fuzz: deps
	@$(MAKE) --no-print-directory FUZZ=1 fuzzers
	@sh tests/fuzz/run.sh

# Longer measurements behind figures in docs/.
study-%: all tests
	@sh tests/studies/$*.sh $(PROGRAM)

# The pictures of docs/multipliers.md, from the shipped library.
fronts: $(PROGRAM)
	@sh mk/fronts.sh $(PROGRAM)

bench: all
	@sh bench/run.sh

lint: deps
	@$(MAKE) --no-print-directory all
	@sh mk/lint.sh

format:
	clang-format -i $(wildcard */*.c */*.h)

clean:
	rm -rf build build-san build-fuzz

$(LIBRARY): $(call object,$(LIBRARY_SOURCES))
	@rm -f $@
	$(call say,AR,$@)ar rcs $@ $^

# Tells which of the two programs was linked, so that a change of MPI links anew.
$(PROGRAM).mpi: always
	@mkdir -p $(@D)
	@[ "$$(cat $@ 2>/dev/null)" = $(MPI) ] || echo $(MPI) >$@

$(call object,$(MPI_SOURCE)): CFLAGS += $(MPI_CFLAGS)

$(PROGRAM): $(call object,$(PROGRAM_SOURCES) $(if $(filter 1,$(MPI)),$(MPI_SOURCE))) $(LIBRARY) $(PROGRAM).mpi
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(if $(filter 1,$(MPI)),$(MPI_LDLIBS)) $(LDLIBS)

$(BUILD)/axnas-bench: $(call object,$(BENCH_SOURCES)) $(LIBRARY)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(BENCH_LDLIBS) $(LDLIBS)

$(FUZZ_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/obj/tests/fuzz/%.o $(call object,$(FUZZ_SUPPORT)) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) $(FUZZ_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(call object,$(TEST_SUPPORT)) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call object,$(ALL_SOURCES)))
