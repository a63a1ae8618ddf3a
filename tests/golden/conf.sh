#!/bin/sh
# `ips config` as people call it: what it prints, where, and its exit code, against tests/golden/conf/*.
# To refresh an expected text after a wanted change: sh tests/golden/conf.sh --refresh
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build/$(basename "${CC:-gcc}")-release}
ips=$(pwd)/$B/bin/ips
dir=tests/golden/conf
refresh=${1:-}
failed=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# in the folder, so that names in messages are the same everywhere
cd "$dir" || exit 1

case_of() { # name, exit code, arguments: standard output and error against NAME.out and NAME.err
	name=$1 code=$2
	shift 2
	"$ips" config "$@" >"$out/out" 2>"$out/err"
	got=$?
	if [ "$refresh" = --refresh ]; then
		cp "$out/out" "$name.out"
		cp "$out/err" "$name.err"
	fi
	if [ "$got" -eq "$code" ] && cmp -s "$out/out" "$name.out" && cmp -s "$out/err" "$name.err"; then
		echo "ok - config $*"
		return
	fi
	failed=1
	echo "not ok - config $*"
	echo "#   exit $got, expected $code"
	{ diff "$name.out" "$out/out"; diff "$name.err" "$out/err"; } | head -n 20 | sed 's/^/#   /'
}

case_of errors 2 check errors.conf
case_of site-check 0 check site.conf ../../../packaging/ips.conf.example
case_of missing 1 check nowhere.conf
case_of worst 2 check nowhere.conf one.conf site.conf
case_of site-show 0 show site.conf
case_of site-policy 0 show site.conf firewall policy 10 --full
case_of no-entry 2 show site.conf firewall policy 11
case_of no-object 2 show site.conf firewall polcy
case_of diff 3 diff site.conf site-new.conf
case_of same 0 diff site.conf site.conf
case_of usage 2 check
case_of help 0 --help

"$ips" config reference >"$out/manual"
if cmp -s "$out/manual" ../../../docs/configuration.md; then
	echo "ok - docs/configuration.md is what config reference prints"
else
	failed=1
	echo "not ok - docs/configuration.md is what config reference prints"
fi
exit $failed
