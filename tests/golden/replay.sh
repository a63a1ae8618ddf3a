#!/bin/sh
# limit: 600
# What a replay tells of every generated capture: see replay.py. One golden file anew: replay.sh --update iccp
cd "$(dirname "$0")/../.." && exec python3 -B tests/golden/replay.py "$@"
