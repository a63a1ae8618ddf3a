# One makefile; each folder adds its part in module.mk. Objects go to build/<compiler>-<variant>/.
#   VARIANT = release | debug | asan | tsan | cov | mutate | fuzz      CC = gcc | clang      V=1 shows commands
CC      := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
VARIANT ?= release
B       := build/$(notdir $(CC))-$(VARIANT)
PREFIX  ?= /usr
DESTDIR ?=
JOBS    ?= 2
Q       := $(if $(V),,@)

PKGS    := libhs libsodium jansson libpcap libprotobuf-c zlib libnetfilter_queue libmnl libssl libcrypto libseccomp libcap-ng
PKG_CF  := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LD  := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

CFLAGS_release := -O2 -g
CFLAGS_debug   := -O0 -g
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g -fsanitize=thread
CFLAGS_cov     := -O0 -g --coverage
CFLAGS_mutate  := -O2 -g -DHA_MUTATE -DFIELD_MUTATE
CFLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_ALL := -std=c17 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
              -Werror=switch -D_GNU_SOURCE -I. -I$(B)/gen $(PKG_CF) $(CFLAGS_$(VARIANT)) $(CFLAGS)
LDFLAGS_ALL := $(filter -fsanitize% --coverage,$(CFLAGS_$(VARIANT))) -Wl,--as-needed $(LDFLAGS)

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:

# Folders in the order in which they may include one another: LIBS is the link order, top first.
# What a module.mk may add to:
#   PROGRAMS       name, with <name>_MAIN (its own sources) and <name>_LIBS
#   UNIT           name:libraries, a unit test
#   CHECK_SCRIPTS  scripts that print TAP lines, run by tests/run
#   CHECK_RELEASE, CHECK_ASAN  targets that make check builds first, in that variant
LAYERS := ips nfq hacache sigs decoders forward base
LIBS :=
PROGRAMS :=
UNIT :=
CLEAN :=
CHECK_SCRIPTS :=
CHECK_RELEASE :=
CHECK_ASAN :=
include $(patsubst %,%/module.mk,$(LAYERS)) tests/module.mk tests/unit/module.mk bench/module.mk docs/module.mk packaging/module.mk
-include tests/fuzz/module.mk

# --- rules made from the modules -------------------------------------------------------------
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(Q)$(CC) $(CFLAGS_ALL) $(CFLAGS_$(subst /,_,$(patsubst %.c,%,$<))) -MMD -MP -c -o $@ $<

define library_rule
$(B)/lib$(1).a: $$(patsubst %.c,$(B)/%.o,$$($(1)_SRC)) $$($(1)_OBJ)
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  AR    $$@")
	$$(Q)rm -f $$@; ar rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call library_rule,$(l))))

archives = $(foreach l,$(LAYERS),$(if $(filter $(l),$(1)),$(B)/lib$(l).a))

# A unit test "name:libs" is tests/unit/test_<name>.c linked with just those libraries.
define unit_rule
$(B)/tests/unit/test_$(1): $(B)/tests/unit/test_$(1).o $(call archives,$(subst $(comma), ,$(2)))
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lcunit -lpthread $$(UNIT_LD_$(1))
UNIT_BIN += $(B)/tests/unit/test_$(1)
endef
comma := ,
# What tests/golden/fields.sh runs with a field that sticks.
decoder-tests: $(patsubst %,$(B)/tests/unit/test_%,$(patsubst %:decoders$(comma)base,%,$(filter %:decoders$(comma)base,$(UNIT))))
UNIT_BIN :=
$(foreach u,$(UNIT),$(eval $(call unit_rule,$(word 1,$(subst :, ,$(u))),$(word 2,$(subst :, ,$(u))))))

define program_rule
$(B)/bin/$(1): $$(patsubst %.c,$(B)/%.o,$$($(1)_MAIN)) $(call archives,$($(1)_LIBS))
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lpthread
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# --- build -----------------------------------------------------------------------------------
all: $(addprefix $(B)/bin/,$(PROGRAMS)) ## build the programs
	@:
libs: $(patsubst %,$(B)/lib%.a,$(LIBS))
	@:
units: $(UNIT_BIN)
	@:

deps: ## install the distribution packages that are missing (needs root; says what it does)
	@sh tests/deps.sh

# --- check -----------------------------------------------------------------------------------
# The packages come first and the rest in a make of its own, which then finds them.
check: ## install what is missing, build, and run every test
	@sh tests/deps.sh
	@$(MAKE) --no-print-directory check-run

SUBMAKE = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

# Unit tests that take a row of the schema as an argument, for tests/ha/mutation.sh.
ROW_TESTS = $(addprefix build/$(notdir $(CC))-mutate/tests/unit/test_,ha_needed replica_twice)

check-build:
	@$(SUBMAKE) VARIANT=release all libs $(CHECK_RELEASE)
	@$(SUBMAKE) VARIANT=asan all units $(CHECK_ASAN)
	@$(SUBMAKE) VARIANT=mutate all decoder-tests $(ROW_TESTS)

check-run: check-build
	@CC=$(CC) JOBS=$(JOBS) tests/run

list-checks:
	@printf '%s\n' $(UNIT_BIN) $(CHECK_SCRIPTS)

lint: libs ## all static checks: includes, purity, style
	@CC=$(CC) tests/run tests/lint/deps.sh tests/lint/purity.sh tests/lint/style.sh

check-deps: ## includes go down only
	@sh tests/lint/deps.sh

check-purity: libs ## the core calls nothing but pure functions and has no mutable globals
	@CC=$(CC) sh tests/lint/purity.sh

coverage: ## line coverage of unit tests and fuzz corpora, by folder, and the decoders' files below 90 %
	@$(SUBMAKE) VARIANT=cov units fuzz-targets
	@$(MAKE) --no-print-directory VARIANT=cov coverage-run

coverage-run:
	@B=$(B) sh tests/coverage.sh $(LAYERS) -- $(UNIT_BIN)

# Like check: the packages first.
demo: ## install what is missing, build, and watch a node die and its peer resume
	@sh tests/deps.sh
	@$(SUBMAKE) VARIANT=release all tools captures
	@B=build/$(notdir $(CC))-release sh tests/demo.sh

mutation: ## read each field of the replication schema as zero on the peer; a cut must show each
	@$(SUBMAKE) VARIANT=release all captures
	@$(SUBMAKE) VARIANT=mutate all $(ROW_TESTS)
	@sh tests/ha/mutation.sh

cut: ## the whole cut test: a failover at every packet and every octet of every capture there is
	@$(SUBMAKE) VARIANT=release all captures tools
	@B=build/$(notdir $(CC))-release sh tests/ha/cut-all.sh

election: ## 10,000 runs of the election over a bad network, and every order of ten events
	@$(SUBMAKE) VARIANT=release $(B)/tests/unit/test_peering_net $(B)/tests/unit/test_peering_all
	@PEERING_RUNS=10000 $(B)/tests/unit/test_peering_net
	@PEERING_DEPTH=10 $(B)/tests/unit/test_peering_all

figures: ## what failures of the live pair cost: 50 of each kind, 50 deaths in a row, a million sessions (root; half an hour)
	@$(SUBMAKE) VARIANT=release all tools e2e-tools captures
	@B=build/$(notdir $(CC))-release FIGURES_RUNS=50 sh tests/e2e/pair_figures.sh
	@B=build/$(notdir $(CC))-release CROWD=1000000 CROWD_BULK_S=10 sh tests/e2e/pair_crowd.sh

# --- install ---------------------------------------------------------------------------------
# Daemons (a name that ends in d) go to sbin.
bin_dir = $(if $(filter %d,$(1)),sbin,bin)
MANUALS = $(wildcard docs/*.1 docs/*.5 docs/*.8)

install: all ## install under DESTDIR and PREFIX
	$(Q)set -e; $(foreach p,$(PROGRAMS),install -D -m 755 $(B)/bin/$(p) $(DESTDIR)$(PREFIX)/$(call bin_dir,$(p))/$(notdir $(p));)
	$(Q)set -e; $(foreach s,$(wildcard sigs/stock/*),install -D -m 644 $(s) $(DESTDIR)$(PREFIX)/share/ips/$(s);)
	$(Q)install -D -m 644 packaging/ips.conf.example $(DESTDIR)$(PREFIX)/share/doc/ips/ips.conf.example
	$(Q)set -e; $(foreach m,$(MANUALS),install -D -m 644 $(m) $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m));)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile */module.mk tests/*/module.mk | sed 's/:.*## /\t/' | sort | expand -t 16

clean: ## remove build/
	rm -rf build $(CLEAN)

.PHONY: election figures
.PHONY: all libs units decoder-tests deps check check-build check-run list-checks lint check-deps check-purity \
        coverage coverage-run demo mutation cut install help clean
-include $(shell test -d $(B) && find $(B) -name '*.d')
