#!/bin/sh
# The lines of ips replay --events against the summary, and their values: see events.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/events.py
