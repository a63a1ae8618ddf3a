#!/bin/sh
# limit: 600
# Every ninth row of the schema through the mutation test; make mutation takes all of them.
set -u
B_MUTATE=${B_MUTATE:-build/gcc-mutate}
n=$("$B_MUTATE/bin/ips" replay --mutate list | wc -l) || exit 1
exec sh tests/ha/mutation.sh $(seq 4 9 $((n - 1)))
