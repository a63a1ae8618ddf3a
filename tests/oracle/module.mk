# The oracle: does the receiver read what the decoders saw? oracle-last, -loose and -early are broken on purpose, for proof.
# The programs lie in a folder of $(B), where they find the stock rules as the product's do.
ORACLE_N ?= 10000
ORACLE_SEED ?= 1
ORACLE_OBJ := $(patsubst %,$(B)/tests/oracle/%.o,oracle play judge plan plan_odd plan_good plan_print wire \
                wire_tcp wire_ip middle middle_pair receiver)
ORACLE_LIBS := $(patsubst %,$(B)/lib%.a,$(LAYERS))

ORACLE_BIN := $(patsubst %,$(B)/oracle/%,oracle oracle-last oracle-loose oracle-early)

$(B)/oracle/oracle: $(ORACLE_OBJ) $(ORACLE_LIBS)
$(B)/oracle/oracle-last: $(ORACLE_OBJ) $(B)/tests/oracle/broken_last.o $(ORACLE_LIBS)
$(B)/oracle/oracle-loose: $(ORACLE_OBJ) $(B)/tests/oracle/broken_loose.o $(ORACLE_LIBS)
$(B)/oracle/oracle-early: $(filter-out %/middle_pair.o,$(ORACLE_OBJ)) $(B)/tests/oracle/broken_early.o $(ORACLE_LIBS)
$(ORACLE_BIN):
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD) -lpthread

CHECK_SCRIPTS += tests/oracle/check.sh
CHECK_RELEASE += oracle-tools

oracle-tools: $(ORACLE_BIN)
	@:

oracle: ## play ORACLE_N hostile schedules from ORACLE_SEED on to a real receiver behind the engine (needs root)
	@$(SUBMAKE) VARIANT=release oracle-tools
	@ORACLE_N=$(ORACLE_N) ORACLE_SEED=$(ORACLE_SEED) sh tests/oracle/oracle.sh

.PHONY: oracle oracle-tools
