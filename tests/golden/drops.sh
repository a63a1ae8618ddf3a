#!/bin/sh
# A capture and a configuration for every reason to drop a packet: see drops.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/drops.py
