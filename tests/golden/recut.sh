#!/bin/sh
# limit: 600
# Segmentation invariance and determinism: see recut.py.
exec python3 tests/golden/recut.py
