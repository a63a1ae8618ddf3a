# Scripts that tests/run runs beside the unit tests: each prints "ok - x", "not ok - x" or "skip - x: reason".
# Optional lines in a script's head: "# limit: 600" (seconds, 300 otherwise), "# alone" (nothing beside it).
CHECK_SCRIPTS += tests/lint/deps.sh tests/lint/purity.sh tests/lint/style.sh
