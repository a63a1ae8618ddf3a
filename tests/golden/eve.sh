#!/bin/sh
# limit: 600
# Every EVE line of every generated capture follows docs/eve.schema.json; every field of the lists is in docs/lists.md. See eve.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/eve.py
