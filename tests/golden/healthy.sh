#!/bin/sh
# No packet of healthy traffic is dropped; of other traffic none but for what is wrong with it: see healthy.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/healthy.py
