#!/bin/sh
# Every stock rule fires on its capture and on nothing else: see rules.py.
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/rules.py
