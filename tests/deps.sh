#!/bin/sh
# Installs the distribution packages that the build and the tests need and that are missing; says what it does.
# Quiet when nothing is missing. Without root it prints the command and fails.
set -eu

case $(dpkg --print-architecture 2>/dev/null || echo none) in
none)
	echo "deps: not a Debian system: install the counterparts of the packages in tests/deps.sh by hand" >&2
	exit 0
	;;
amd64 | i386) hyperscan=libhyperscan-dev ;;
*) hyperscan=libvectorscan-dev ;;
esac

packages="gcc libc6-dev make pkg-config clang $hyperscan libnetfilter-queue-dev libmnl-dev libpcap-dev
	libprotobuf-c-dev protobuf-c-compiler libssl-dev libcunit1-dev libjansson-dev libsodium-dev zlib1g-dev
	libseccomp-dev libcap-ng-dev iputils-ping iperf3
	iptables nftables iproute2 tshark lcov clang-format groff-base python3 python3-jsonschema jq procps"

# Those of the arguments that are not installed.
missing_of() {
	dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p' >"$list" || true
	for p; do
		grep -qx -- "$p" "$list" || printf '%s ' "$p"
	done
}

# The package of clang's sanitizer run-time, by the major version of the distribution's clang.
clang_rt() {
	version=$(dpkg-query -W -f '${Version}' clang 2>/dev/null) || version=
	[ -n "$version" ] || version=$(apt-cache policy clang 2>/dev/null | sed -n 's/^ *Candidate: *//p')
	major=$(printf '%s' "$version" | sed 's/^[0-9]*://; s/[^0-9].*//')
	[ -n "$major" ] && echo "libclang-rt-$major-dev"
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
# shellcheck disable=SC2086 # lists of words on purpose
missing=$(missing_of $packages $(clang_rt || true))
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing: $missing" >&2
	echo "deps: as root: apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "deps: apt-get update"
apt-get update -qq
# A fresh machine learns only now which clang it is going to have.
# shellcheck disable=SC2086
missing=$(missing_of $packages $(clang_rt || true))
echo "deps: apt-get install $missing"
if command -v debconf-set-selections >/dev/null; then
	echo "wireshark-common wireshark-common/install-setuid boolean false" | debconf-set-selections
fi
# shellcheck disable=SC2086
apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends $missing
