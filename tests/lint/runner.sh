#!/bin/sh
# The runner of the tests itself: what it must count as a failure, a skip, a pass.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lint/lib.sh

# counts NAME "N passed, N failed, N skipped" SCRIPT-TEXT [PATTERN IN THE OUTPUT]
counts() {
	printf '#!/bin/sh\n%s\n' "$3" >"$work/case.sh"
	chmod +x "$work/case.sh"
	output=$(LOGS=$work/logs tests/run "$work/case.sh" 2>&1)
	status=$?
	last=$(printf '%s\n' "$output" | tail -n 1)
	want=1
	case $2 in
	0\ passed*) ;;
	*\ 0\ failed*) want=0 ;;
	esac
	if [ "$last" = "$2" ] && [ $status -eq $want ] && printf '%s\n' "$output" | grep -q -- "${4:-.}"; then
		echo "ok - runner: $1"
	else
		echo "not ok - runner: $1"
		printf '%s\n' "status $status" "$output" | sed 's/^/#   /; s/^#   \(ok\|not ok\|skip\)/#   : \1/'
		failed=1
	fi
}

counts "passes are counted" "2 passed, 0 failed, 0 skipped" 'echo "ok - a"; echo "noise"; echo "ok - b"'
counts "a failed line is counted and shown" "1 passed, 1 failed, 0 skipped" 'echo "ok - a"; echo "not ok - b"; exit 1' "not ok - b"
counts "a failed line counts without an exit status" "0 passed, 1 failed, 0 skipped" 'echo "not ok - b"'
counts "an exit status without a failed line is a failure" "1 passed, 1 failed, 0 skipped" 'echo "ok - a"; exit 3' "exit status 3"
counts "a crash is a failure" "1 passed, 1 failed, 0 skipped" 'echo "ok - a"; kill -SEGV $$' "status 139"
counts "a crash after a failed line is one more" "0 passed, 2 failed, 0 skipped" 'echo "not ok - a"; kill -ABRT $$'
counts "no line at all is a failure" "0 passed, 1 failed, 0 skipped" 'echo "fine"' "printed no result"
counts "a time-out is a failure" "1 passed, 1 failed, 0 skipped" '# limit: 1
echo "ok - a"; sleep 30' "limit of 1 s"
counts "a skip is counted and shown" "1 passed, 0 failed, 1 skipped" 'echo "ok - a"; echo "skip - b: no such device"' "no such device"
counts "a skip needs a reason" "1 passed, 1 failed, 0 skipped" 'echo "ok - a"; echo "skip - b"' "without a reason"
counts "nothing but skips is no success" "0 passed, 0 failed, 1 skipped" 'echo "skip - b: no such device"'
counts "a line of another kind does not count" "0 passed, 1 failed, 0 skipped" 'echo "  ok - a"; echo "ok 1 - b"'

output=$(LOGS=$work/logs tests/run "$work/none.sh" 2>&1)
if [ $? -ne 0 ] && [ "$(printf '%s\n' "$output" | tail -n 1)" = "0 passed, 1 failed, 0 skipped" ]; then
	echo "ok - runner: a missing test is a failure"
else
	report "runner: a missing test is a failure" "$output"
fi
exit $failed
