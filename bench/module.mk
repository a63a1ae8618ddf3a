# Benchmarks: programs of the release build that are never installed.
BENCHES := replay_bench pair_bench bulk_bench live_probe floor_bench
BENCH_CAPTURE := build/captures/big.pcap
BENCH_RUN = $(B)/bench/replay_bench --rounds 5 $(BENCH_CAPTURE)
CFLAGS_bench_replay_bench = -DBENCH_FLAGS='"$(notdir $(CC)) $(CFLAGS_$(VARIANT)) $(CFLAGS)"'
CHECK_SCRIPTS += tests/e2e/live_bench.sh
CHECK_RELEASE += benches

define bench_rule
$(B)/bench/$(1): $(B)/bench/$(1).o $(patsubst %,$(B)/lib%.a,$(LAYERS))
	$$(if $$(Q),@echo "  LD    $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD) -lpthread
endef
$(foreach b,$(BENCHES),$(eval $(call bench_rule,$(b))))

benches: $(addprefix $(B)/bench/,$(BENCHES)) ## build the benchmarks
	@:

bench: ## packets a second of the replay, and what the live node costs (release build, about 4 minutes)
	@$(SUBMAKE) VARIANT=release all benches e2e-tools $(BENCH_CAPTURE)
	@$(MAKE) --no-print-directory VARIANT=release bench-run

bench-run:
	@echo '$$ $(BENCH_RUN)'
	@$(BENCH_RUN)
	@echo '$$ sh bench/live_bench.sh'
	@B=$(B) sh bench/live_bench.sh

.PHONY: benches bench bench-run
