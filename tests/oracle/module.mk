# The oracle: does the receiver read what the decoders saw? oracle-last has reassembly's overlaps the wrong way round, for proof.
# The programs lie in a folder of $(B), where they find the stock rules as the product's do.
ORACLE_N ?= 10000
ORACLE_SEED ?= 1
ORACLE_OBJ := $(patsubst %,$(B)/tests/oracle/%.o,oracle play judge plan plan_odd plan_good plan_print wire \
                wire_tcp wire_ip middle middle_pair receiver)
ORACLE_LIBS := $(patsubst %,$(B)/lib%.a,$(LAYERS))

$(B)/oracle/oracle: $(ORACLE_OBJ) $(ORACLE_LIBS)
$(B)/oracle/oracle-last: $(ORACLE_OBJ) $(B)/tests/oracle/reasm_last.o $(ORACLE_LIBS)
$(B)/oracle/oracle $(B)/oracle/oracle-last:
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD) -lpthread

oracle-tools: $(B)/oracle/oracle $(B)/oracle/oracle-last
	@:

oracle: ## play ORACLE_N hostile schedules from ORACLE_SEED on to a real receiver behind the engine (needs root)
	@$(SUBMAKE) VARIANT=release oracle-tools
	@ORACLE_N=$(ORACLE_N) ORACLE_SEED=$(ORACLE_SEED) sh tests/oracle/oracle.sh

.PHONY: oracle oracle-tools
