# End-to-end tests in network namespaces, and their tools: nfq_loop (a loop over pktio_nfqueue), traffic (both its ends), vip_tool,
# conns (many connections),
# web (a small web server and its client), pace (numbered datagrams), crowd (segments of a million flows).
E2E_TOOLS := nfq_loop traffic vip_tool conns web pace crowd
nfq_loop_E2E_LIBS := nfq forward base
vip_tool_E2E_LIBS := ips forward base
CHECK_SCRIPTS += tests/e2e/nfq.sh tests/e2e/vip.sh tests/e2e/sandbox.sh
CHECK_SCRIPTS += tests/e2e/flowplay.sh tests/e2e/iccp_sim.sh
CHECK_SCRIPTS += tests/e2e/live.sh tests/e2e/live_captures.sh tests/e2e/live_rules.sh tests/e2e/live_ends.sh tests/e2e/live_prevent.sh
CHECK_SCRIPTS += tests/e2e/pair.sh tests/e2e/pair_links.sh tests/e2e/pair_stops.sh tests/e2e/pair_care.sh tests/e2e/pair_bounce.sh
CHECK_SCRIPTS += tests/e2e/pair_port.sh tests/e2e/pair_many.sh tests/e2e/pair_figures.sh tests/e2e/pair_crowd.sh tests/e2e/pair_switch.sh
CHECK_RELEASE += e2e-tools sandbox-test
CHECK_ASAN += e2e-tools

e2e_archives = $(foreach l,$(LAYERS),$(if $(filter $(l),$(1)),$(B)/lib$(l).a))

define e2e_rule
$(B)/tests/e2e/$(1): $(B)/tests/e2e/$(1).o $(call e2e_archives,$($(1)_E2E_LIBS))
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lpthread
endef
$(foreach t,$(E2E_TOOLS),$(eval $(call e2e_rule,$(t))))

e2e-tools: $(addprefix $(B)/tests/e2e/,$(E2E_TOOLS))
	@:

sandbox-test: $(B)/tests/unit/test_sandbox
	@:

.PHONY: e2e-tools sandbox-test
