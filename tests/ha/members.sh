#!/bin/sh
# No state is added without its row; see members.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/ha/members.py
