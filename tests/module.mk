# Scripts that tests/run runs beside the unit tests: each prints "ok - x", "not ok - x" or "skip - x: reason".
# Optional lines in a script's head: "# limit: 600" (seconds, 300 otherwise), "# alone" (nothing beside it).
CHECK_SCRIPTS += tests/lint/deps.sh tests/lint/purity.sh tests/lint/style.sh tests/lint/runner.sh

CHECK_SCRIPTS += tests/golden/demo.sh tests/e2e/demo_live.sh tests/golden/broken.sh tests/golden/docs.sh

include tests/tools/module.mk
include tests/e2e/module.mk
include tests/oracle/module.mk

# Unit tests that count or refuse allocations (tests/unit/alloc.h).
WRAP_ALLOC := -Wl,--wrap=malloc,--wrap=calloc,--wrap=free
UNIT_LD_pool := $(WRAP_ALLOC)
UNIT_LD_buf := $(WRAP_ALLOC)
UNIT_LD_ring := $(WRAP_ALLOC)
UNIT_LD_conf_alloc := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
UNIT_LD_alloc := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
CHECK_SCRIPTS += tests/golden/conf.sh tests/golden/recut.sh tests/ha/bulk.sh tests/ha/cut.sh tests/ha/mutation-some.sh
CHECK_SCRIPTS += tests/golden/fields.sh tests/golden/labels.sh tests/ha/octets.sh tests/ha/report.sh tests/golden/damage.sh tests/golden/tshark.sh
CHECK_SCRIPTS += tests/golden/ctl.sh tests/golden/rules.sh tests/golden/replay.sh
CHECK_SCRIPTS += tests/golden/drops.sh tests/golden/normalize.sh tests/golden/eve.sh
CHECK_SCRIPTS += tests/golden/healthy.sh tests/golden/memory.sh tests/golden/events.sh
