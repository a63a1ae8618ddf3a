#!/bin/sh
# limit: 600
# A tenth of the rows of the schema that tests/ha/killers knows; make mutation takes every row.
set -u
B_MUTATE=${B_MUTATE:-build/gcc-mutate}
"$B_MUTATE/bin/ips" replay --mutate list > /dev/null || { echo "not ok - mutation: no rows"; exit 1; }
exec sh tests/ha/mutation.sh $("$B_MUTATE/bin/ips" replay --mutate list | while read -r nr name; do
	grep -q "^$name " tests/ha/killers && echo "$nr"
done | awk 'NR % 10 == 4')
