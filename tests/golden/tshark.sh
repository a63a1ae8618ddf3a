#!/bin/sh
# limit: 900
# What the decoders tell of every capture, against another dissector: see tshark.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/tshark.py "$@"
