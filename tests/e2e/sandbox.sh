#!/bin/sh
# The engine's sandbox as it is in the release build: the sanitizer's has more system calls, for its reports.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec "${B:-build/gcc-release}/tests/unit/test_sandbox"
