# Fuzz targets: each is linked with driver.c for make check, and with libFuzzer by make fuzz.
FUZZ := packet cotp ber osi mms_iccp other rule conf ha_wire ha_link engine
FUZZ_SECONDS ?= 300
FUZZ_TARGETS ?= $(FUZZ)

packet_FUZZ_LIBS := forward base
planted_1_FUZZ_LIBS := forward base
planted_2_FUZZ_LIBS := forward base
planted_3_FUZZ_LIBS := forward base
cotp_FUZZ_LIBS := decoders base
ber_FUZZ_LIBS := decoders base
osi_FUZZ_LIBS := decoders base
other_FUZZ_LIBS := decoders base
mms_iccp_FUZZ_LIBS := decoders base
rule_FUZZ_LIBS := sigs decoders base
conf_FUZZ_LIBS := ips base
ha_link_FUZZ_LIBS := ips hacache sigs decoders forward base
ha_wire_FUZZ_LIBS := ips hacache sigs decoders forward base
engine_FUZZ_LIBS := ips hacache sigs decoders forward base

# The variant fuzz brings a main of its own.
FUZZ_WITH := $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer,$(B)/tests/fuzz/driver.o)
FUZZ_ALL := $(FUZZ) $(if $(filter fuzz,$(VARIANT)),,planted_1 planted_2 planted_3)
fuzz_archives = $(foreach l,$(LAYERS),$(if $(filter $(l),$(1)),$(B)/lib$(l).a))

# name, object
define fuzz_rule
$(B)/tests/fuzz/$(1): $(B)/tests/fuzz/$(2).o $(filter %.o,$(FUZZ_WITH)) $(call fuzz_archives,$($(1)_FUZZ_LIBS))
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) $(filter -%,$(FUZZ_WITH)) -o $$@ $$^ $$(PKG_LD) -lpthread
endef
$(foreach t,$(FUZZ),$(eval $(call fuzz_rule,$(t),fuzz_$(t))))

# Faults that tests/fuzz/corpus.sh must find.
define planted_rule
$(B)/tests/fuzz/planted_$(1).o: tests/fuzz/fuzz_packet.c
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  CC    $$@")
	$$(Q)$$(CC) $$(CFLAGS_ALL) -DFUZZ_PLANTED=$(1) -MMD -MP -c -o $$@ $$<
$(call fuzz_rule,planted_$(1),planted_$(1))
endef
$(foreach n,1 2 3,$(eval $(call planted_rule,$(n))))

$(B)/tests/fuzz/seeds: $(B)/tests/fuzz/seeds.o $(call fuzz_archives,$(LAYERS))
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD) -lpthread

fuzz-targets: $(patsubst %,$(B)/tests/fuzz/%,$(FUZZ_ALL) seeds)
	@:
CHECK_ASAN += fuzz-targets
CHECK_SCRIPTS += tests/fuzz/corpus.sh

fuzz: captures ## fuzz each target FUZZ_SECONDS long (FUZZ_TARGETS="packet cotp" picks)
	@$(SUBMAKE) CC=clang VARIANT=fuzz fuzz-targets
	@tests/fuzz/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-seeds: captures ## make tests/fuzz/corpus anew: the seeds that cover something of their own
	@$(SUBMAKE) CC=clang VARIANT=fuzz fuzz-targets
	@$(SUBMAKE) CC=gcc VARIANT=release all
	@tests/fuzz/seeds.sh $(FUZZ_TARGETS)

.PHONY: fuzz fuzz-seeds fuzz-targets
