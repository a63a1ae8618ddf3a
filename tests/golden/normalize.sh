#!/bin/sh
# What leaves under a policy that normalises, octet for octet, against packets made without the product: see normalize.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/normalize.py
