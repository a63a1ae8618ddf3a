# Tools of the tests: they stand apart from the product's libraries, which they check; NAME_TOOL_LIBS are the exceptions.
TOOLS := capgen recut streams iccp-sim flowplay names heldflood damage
CHECK_SCRIPTS += tests/golden/captures.sh
CHECK_RELEASE += tools captures
CHECK_ASAN += tools

capgen_OBJ := capgen script source flow sendopt frame expr exprfn env bytes
recut_OBJ := recut pktin bytes
streams_OBJ := streams pktin bytes
iccp-sim_OBJ := iccp_sim $(addprefix iccp_sim_,client assoc server conn script opt pdu val osi read enc)
flowplay_OBJ := flowplay flowplay_net flowplay_plan flowplay_cap bytes
flowplay_TOOL_LIBS := nfq forward base
names_OBJ := names
names_TOOL_LIBS := decoders forward base
heldflood_OBJ := heldflood
heldflood_TOOL_LIBS := ips nfq hacache sigs decoders forward base
damage_OBJ := damage
damage_TOOL_LIBS := ips nfq hacache sigs decoders forward base

define tool_rule
$(B)/tests/tools/$(1): $$(patsubst %,$(B)/tests/tools/%.o,$$($(1)_OBJ)) $$(patsubst %,$(B)/lib%.a,$$($(1)_TOOL_LIBS))
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t))))

tools: $(addprefix $(B)/tests/tools/,$(TOOLS)) ## build the test tools (capgen, recut, streams, flowplay ...)

# Every capture script but those named big*: these are made when asked for (make build/captures/big.pcap).
CAPTURES := $(patsubst tests/captures/%.cap,build/captures/%.pcap,$(filter-out %/big.cap,$(wildcard tests/captures/*.cap tests/captures/*/*.cap)))
captures: $(CAPTURES) ## write the test captures to build/captures/

build/captures/%.pcap: tests/captures/%.cap $(wildcard tests/captures/lib/*.inc) $(B)/tests/tools/capgen
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CAP   $@")
	$(Q)$(B)/tests/tools/capgen $< $@.tmp && mv $@.tmp $@

.PHONY: tools captures
