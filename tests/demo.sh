#!/bin/sh
# make demo: a node dies in the middle of a message and its peer resumes. Live, between network namespaces, as root; else by replay.
#
#   sh tests/demo.sh [live|replay]    the form that can be run here, unless one is named
set -u
cd "$(dirname "$0")/.." || exit 1
case ${1:-} in
live | replay) exec sh "tests/demo_$1.sh" ;;
'') ;;
*)
	echo "usage: sh tests/demo.sh [live|replay]" >&2
	exit 2
	;;
esac

# In a subshell, which takes its own namespace and folder away again, and is waited for when interrupted.
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE
obstacle=$(
	. tests/e2e/lib.sh
	trap 'trap "" INT TERM HUP PIPE; clean_up' EXIT
	need_root demo
)
[ -n "$obstacle" ] || exec sh tests/demo_live.sh
echo "The live demo cannot be run here: ${obstacle#*: }. This is the demo by replay of a capture."
exec sh tests/demo_replay.sh
