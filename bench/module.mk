# Benchmarks: programs of the release build that are never installed.
BENCHES := replay_bench
BENCH_CAPTURE := build/captures/big.pcap
BENCH_RUN = $(B)/bench/replay_bench --rounds 5 $(BENCH_CAPTURE)
CFLAGS_bench_replay_bench = -DBENCH_FLAGS='"$(notdir $(CC)) $(CFLAGS_$(VARIANT)) $(CFLAGS)"'

define bench_rule
$(B)/bench/$(1): $(B)/bench/$(1).o $(patsubst %,$(B)/lib%.a,$(LAYERS))
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lpthread
endef
$(foreach b,$(BENCHES),$(eval $(call bench_rule,$(b))))

benches: $(addprefix $(B)/bench/,$(BENCHES)) ## build the benchmarks
	@:

bench: ## packets a second of the replay, beside libpcap's own read loop (release build, under 90 s)
	@$(SUBMAKE) VARIANT=release benches $(BENCH_CAPTURE)
	@$(MAKE) --no-print-directory VARIANT=release bench-run

bench-run:
	@echo '$$ $(BENCH_RUN)'
	@$(BENCH_RUN)

.PHONY: benches bench bench-run
