# One makefile; each folder adds its part in module.mk. Objects go to build/<compiler>-<variant>/.
#   VARIANT = release | debug | asan | cov | mutate      CC = gcc | clang      V=1 shows commands
CC      := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
VARIANT ?= release
B       := build/$(notdir $(CC))-$(VARIANT)
PREFIX  ?= /usr
DESTDIR ?=
Q       := $(if $(V),,@)

PKGS    := libhs libsodium jansson libpcap libprotobuf-c zlib
PKG_CF  := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LD  := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

CFLAGS_release := -O2 -g
CFLAGS_debug   := -O0 -g
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_cov     := -O0 -g --coverage
CFLAGS_mutate  := -O2 -g -DHA_MUTATE
CFLAGS_ALL := -std=c17 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
              -Werror=switch -D_GNU_SOURCE -I. -I$(B)/gen $(PKG_CF) $(CFLAGS_$(VARIANT)) $(CFLAGS)
LDFLAGS_ALL := $(filter -fsanitize% --coverage,$(CFLAGS_$(VARIANT))) $(LDFLAGS)

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:

# Folders in the order in which they may include one another: LIBS is the link order, top first.
LAYERS := ips nfq hacache sigs decoders forward base
LIBS :=
PROGRAMS :=
UNIT :=
CLEAN :=
include $(patsubst %,%/module.mk,$(LAYERS)) tests/module.mk tests/unit/module.mk bench/module.mk docs/module.mk packaging/module.mk

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
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lcunit -lpthread
UNIT_BIN += $(B)/tests/unit/test_$(1)
endef
comma := ,
UNIT_BIN :=
$(foreach u,$(UNIT),$(eval $(call unit_rule,$(word 1,$(subst :, ,$(u))),$(word 2,$(subst :, ,$(u))))))

define program_rule
$(B)/$(1): $$(patsubst %.c,$(B)/%.o,$$($(1)_SRC)) $(call archives,$($(1)_LIBS))
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lpthread
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

all: $(addprefix $(B)/,$(PROGRAMS)) ## build the programs
units: $(UNIT_BIN)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile */module.mk | sed 's/:.*## /\t/' | sort | expand -t 16

clean: ## remove build/
	rm -rf build $(CLEAN)

.PHONY: all units help clean
-include $(shell test -d $(B) && find $(B) -name '*.d')
