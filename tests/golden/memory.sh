#!/bin/sh
# What a flood of out-of-order segments costs, and who goes on all the same: see memory.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/memory.py
