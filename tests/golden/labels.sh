#!/bin/sh
# Each protocol by its name and no other by it: recorded captures by the folders they are in. See labels.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/labels.py
