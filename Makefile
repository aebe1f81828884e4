# SPDX-License-Identifier: MIT
# Everything is built under $(B); nothing is written into the source tree.
# Knobs: B=folder SAN=address,undefined|thread WERROR=1 V=1 PREFIX= DESTDIR=
SAN     ?=
B       ?= build$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN))))
CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
comma    = ,

WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wold-style-definition -Wvla -Wwrite-strings -Wundef \
	   -Wpointer-arith -Wformat=2
XCFLAGS  = -std=gnu11 -D_GNU_SOURCE $(WARN) $(if $(WERROR),-Werror) -fPIC \
	   -fvisibility=hidden -pthread -I. $(CFLAGS)
XLDFLAGS = -pthread -Wl,--as-needed $(LDFLAGS)
sanitize = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
Q        = $(if $(V),,@)
say      = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))
objects  = $(patsubst %.c,$(B)/%.o,$(1))
no_main  = $(filter-out %_main.c,$(1))
# elfutils, where it is installed: names and lines in heaptape info --sites.
# LIBDW= on the command line builds without it.
LIBDW    = $(shell echo '\#include <elfutils/libdwfl.h>' | $(CC) -E -x c - \
	   >/dev/null 2>&1 && echo -ldw)

# Each product is one folder; *_main.c is a tool, the rest its library.
base_SRC       = $(wildcard traces/base/*.c)
tape_SRC       = $(wildcard traces/*.c)
tape_tool_SRC  = $(wildcard traces/tool/*.c)
shim_SRC       = $(wildcard recorder/shim/*.c)
record_SRC     = $(wildcard recorder/*.c)
arena_SRC      = $(wildcard allocators/arena/*.c)
registry_SRC   = $(wildcard allocators/*.c)
replay_SRC     = $(wildcard replayer/*.c)
worker_SRC     = $(wildcard replayer/worker/*.c)
worker_OTHER   = $(B)/worker/statistics.o
results_SRC    = $(wildcard results/*.c)
preloaded_SRC  = $(shim_SRC) $(arena_SRC)

VERBS   = record ctl info check dump tune replay calibrate validate compare \
	  gate baseline report plot allocators
TOOLS   = heaptape-record heaptape-tape heaptape-replay heaptape-worker \
	  heaptape-report heaptape-allocators
SHARED  = libheaptape.so libarena.so
SCRIPTS = $(wildcard scripts/plot/*.gp)
LIBS    = libresults.a libreplay.a librecord.a libregistry.a libtape.a libbase.a
PARTS   = $(TOOLS) $(SHARED) $(notdir $(SCRIPTS))
MAN     = $(VERBS:%=$(B)/man/heaptape-%.1) $(B)/man/heaptape.1
UNIT    = $(patsubst %.c,$(B)/%,$(wildcard */tests/*_test.c))
LINKED  = $(patsubst %.c,$(B)/%,$(wildcard */tests/make_*.c */tests/*_bench.c))
HELPERS = $(filter-out $(UNIT) $(LINKED),$(patsubst %.c,$(B)/%, \
	  $(wildcard */tests/*.c)))

all: $(PARTS:%=$(B)/%) $(B)/heaptape man ## build everything

man: $(MAN)

check: ## install what is missing, build, run all tests (T=name filters)
	$(Q)scripts/install-deps.sh --if-missing
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)B=$(B) T="$(T)" UPDATE="$(UPDATE)" SAN="$(SAN)" scripts/check.sh

check-san: ## the tests under address+undefined, then thread sanitizers
	$(Q)$(MAKE) --no-print-directory check SAN=address,undefined
	$(Q)$(MAKE) --no-print-directory check SAN=thread

demo: ## record real programs, replay on all allocators, write a report
	$(Q)scripts/install-deps.sh --if-missing
	$(Q)$(MAKE) --no-print-directory all
	$(Q)B=$(B) scripts/demo.sh

bench: all tests ## print the figures: recorder, plan, replay floor, fidelity
	$(Q)B=$(B) scripts/bench.sh

bench-smoke: all tests ## the same in about a minute
	$(Q)B=$(B) scripts/bench.sh --smoke

bench-report: all tests ## print time and size of a large report
	$(Q)B=$(B) scripts/bench/report.sh

bench-arena: all ## arena against the installed allocators, and its targets
	$(Q)B=$(B) scripts/bench-arena.sh

bench-arena-quick: all ## the same in about a minute
	$(Q)B=$(B) scripts/bench-arena.sh --quick

bench-stats: all tests ## print how often verdicts are right, and on this machine
	$(Q)B=$(B) scripts/stats.sh

bench-campaign: all ## the model of campaigns against real ones
	$(Q)python3 -B scripts/bench/campaign.py --build $(B)

validate: all ## print the fidelity table: predicted against real memory
	$(Q)B=$(B) scripts/validate.sh

validate-smoke: all ## the same in about a minute
	$(Q)B=$(B) scripts/validate.sh --smoke

fuzz: ## run the tape reader under libFuzzer (SECONDS=60)
	$(Q)B=$(B)-fuzz scripts/fuzz.sh $(or $(SECONDS),60)

lint: $(SHARED:%=$(B)/%) ## linters and the rules of the house
	$(Q)B=$(B) scripts/lint.sh

format: ## rewrite the C files in the house style
	$(Q)scripts/format.sh

format-check: ## tell which C files are not in the house style
	$(Q)scripts/format.sh --check

install: all ## install below PREFIX (and DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/heaptape \
		$(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/heaptape/samples
	install -m 755 $(B)/heaptape $(DESTDIR)$(PREFIX)/bin/heaptape
	install -m 755 $(TOOLS:%=$(B)/%) $(DESTDIR)$(PREFIX)/lib/heaptape
	install -m 644 $(SHARED:%=$(B)/%) $(SCRIPTS) \
		$(DESTDIR)$(PREFIX)/lib/heaptape
	install -m 644 $(MAN) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(wildcard traces/samples/*.tape) \
		$(DESTDIR)$(PREFIX)/share/heaptape/samples

uninstall: ## remove what install put there
	rm -rf $(DESTDIR)$(PREFIX)/bin/heaptape \
		$(DESTDIR)$(PREFIX)/lib/heaptape \
		$(DESTDIR)$(PREFIX)/share/heaptape
	rm -f $(MAN:$(B)/man/%=$(DESTDIR)$(PREFIX)/share/man/man1/%)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

clean: ## remove the build folders
	rm -rf build build-*

tests: $(UNIT) $(LINKED) $(HELPERS)

# Libraries and tools.
$(B)/libbase.a: $(call objects,$(base_SRC))
$(B)/libtape.a: $(call objects,$(call no_main,$(tape_SRC)))
$(B)/librecord.a: $(call objects,$(call no_main,$(record_SRC)))
$(B)/libregistry.a: $(call objects,$(call no_main,$(registry_SRC)))
$(B)/libreplay.a: $(call objects,$(call no_main,$(replay_SRC)))
$(B)/libresults.a: $(call objects,$(call no_main,$(results_SRC)))
# What the unit tests of arena link: all of it but the public names, built with
# the sanitizer that the tests have.
arena_INTERNAL = $(patsubst %.c,$(B)/internal/%.o,$(filter-out %/entry.c \
	%/arena_cxx.c %/jemalloc_compat.c,$(arena_SRC)))
$(B)/libarena_internal.a: $(arena_INTERNAL)
# The same of the shim.
shim_INTERNAL = $(patsubst %.c,$(B)/internal/%.o,$(filter-out %/wrap.c \
	%/cxx.c,$(shim_SRC)))
$(B)/libshim_internal.a: $(shim_INTERNAL)
# And what the worker verifies allocators with.
verify_INTERNAL = $(B)/internal/replayer/worker/contents.o \
	$(B)/internal/replayer/worker/shadow.o
$(B)/libverify_internal.a: $(verify_INTERNAL)
$(arena_INTERNAL) $(shim_INTERNAL) $(verify_INTERNAL): $(B)/internal/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(XCFLAGS) $(sanitize) -fno-builtin-malloc \
		-ftls-model=initial-exec -fexceptions -MMD -MP -c -o $@ $<

$(B)/heaptape: $(call objects,scripts/heaptape_main.c)
# Walking stacks: as the shim has it, for its unit test and bench.
$(B)/libstack.a: $(patsubst %,$(B)/recorder/shim/stack_%.o,cfi memo object \
	rule span table walk)
$(B)/recorder/tests/stack_test $(B)/recorder/tests/stack_bench: $(B)/libstack.a

$(B)/heaptape-tape: $(call objects,$(tape_tool_SRC)) \
	$(addprefix $(B)/,libtape.a libbase.a)
$(B)/heaptape-record: $(call objects,$(filter %_main.c,$(record_SRC))) \
	$(addprefix $(B)/,librecord.a libtape.a libbase.a)
$(B)/heaptape-replay: $(call objects,$(filter %_main.c,$(replay_SRC))) \
	$(addprefix $(B)/,libreplay.a libresults.a libregistry.a libtape.a \
	libbase.a)
$(B)/heaptape-report: $(call objects,$(filter %_main.c,$(results_SRC))) \
	$(addprefix $(B)/,libresults.a libbase.a)
$(B)/heaptape-allocators: $(call objects,$(filter %_main.c,$(registry_SRC))) \
	$(addprefix $(B)/,libregistry.a libbase.a)
# The worker is measured on the heaps of others: libc only, no sanitizer.
$(B)/heaptape-worker: $(call objects,$(worker_SRC)) $(worker_OTHER)
$(B)/heaptape-worker: sanitize =
# Its clock functions are found before the C library's.
$(B)/heaptape-worker: XLDFLAGS += -rdynamic
$(worker_OTHER): $(B)/worker/%.o: allocators/%.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(XCFLAGS) -MMD -MP -c -o $@ $<

$(B)/heaptape-%: tool_LIBS = -lzstd -ljansson -lelf -ldl -lm
$(B)/heaptape-tape: tool_LIBS += $(LIBDW)
$(B)/traces/tool/symbols_file.o: XCFLAGS += $(if $(LIBDW),,-DNO_LIBDW)
$(B)/heaptape-worker: tool_LIBS = -ldl
$(B)/heaptape $(TOOLS:%=$(B)/%):
	$(call say,LINK,$@)
	$(Q)$(CC) $(XCFLAGS) $(sanitize) -o $@ $(filter %.o,$^) \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(XLDFLAGS) $(tool_LIBS)

# Preloaded into other programs: never built with a sanitizer's runtime.
$(B)/libheaptape.so: $(call objects,$(shim_SRC)) recorder/shim/shim.map
$(B)/libarena.so: $(call objects,$(arena_SRC)) allocators/arena/arena.map
$(SHARED:%=$(B)/%):
	$(call say,LINK,$@)
	$(Q)$(CC) $(XCFLAGS) -shared -o $@ $(filter %.o,$^) $(XLDFLAGS) \
		-Wl,--version-script=$(filter %.map,$^) -Wl,-z,defs,-z,now,-z,nodelete \
		-Wl,-soname,$(@F) -ldl

$(call objects,$(preloaded_SRC)): sanitize =
$(call objects,$(preloaded_SRC)): XCFLAGS += -ftls-model=initial-exec \
	-fno-builtin-malloc -fexceptions

$(B)/%.gp: scripts/plot/%.gp
	$(Q)mkdir -p $(@D) && install -m 644 $< $@

$(B)/man/heaptape.1: scripts/heaptape.1.in scripts/man.sh
	$(Q)mkdir -p $(@D) && scripts/man.sh $(B) heaptape $< >$@
$(B)/man/heaptape-%.1: scripts/man.sh $(B)/heaptape $(TOOLS:%=$(B)/%) \
	$(wildcard */heaptape-*.1.in)
	$(Q)mkdir -p $(@D) && scripts/man.sh $(B) $* $(wildcard */heaptape-$*.1.in) >$@

$(B)/results/html_assets.o: results/report.css results/report.js

# Unit tests, makers of test data and benches link every library; the other
# small programs beside them stand alone.
$(B)/recorder/tests/shim_test: $(B)/libshim_internal.a
$(B)/replayer/tests/verify_test: $(B)/libverify_internal.a
$(UNIT) $(LINKED): $(B)/%: $(B)/%.o $(LIBS:%=$(B)/%) $(B)/libarena_internal.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(XCFLAGS) $(sanitize) -o $@ $< \
		-Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(XLDFLAGS) -lcmocka -lzstd -ljansson -lelf -ldl -lm
$(HELPERS): $(B)/%: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(XCFLAGS) -fno-builtin -o $@ $< \
		-Wl,--no-as-needed $(XLDFLAGS) -ldl

$(B)/%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(B)/%.o: %.c Makefile $(B)/.deps
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(XCFLAGS) $(sanitize) -MMD -MP -c -o $@ $<
$(B)/.deps:
	$(Q)scripts/install-deps.sh --check-build
	$(Q)mkdir -p $(@D) && touch $@

.PHONY: all man check check-san demo bench bench-smoke bench-report bench-arena \
	bench-arena-quick bench-stats bench-campaign validate \
	validate-smoke fuzz lint format format-check install uninstall help clean tests
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
