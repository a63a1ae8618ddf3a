#!/bin/sh
# Do the documents say what the program does? See docs.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/docs.py
