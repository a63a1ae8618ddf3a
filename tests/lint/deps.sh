#!/bin/sh
# Includes go down only: every #include "x/..." of a folder is one that its row below allows.
# Own folder first, then what it may name besides; patterns are of the shell, * does not cross a slash.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lint/lib.sh

rows() {
	cat <<'ROWS'
base            base/*
forward         forward/* base/*
decoders        decoders/* base/*
decoders/cotp   decoders/cotp/* decoders/* base/*
decoders/osi    decoders/osi/* decoders/* base/*
decoders/mms    decoders/mms/* decoders/* base/*
decoders/iccp   decoders/iccp/* decoders/* decoders/mms/mms.h base/*
decoders/other  decoders/other/* decoders/* base/*
sigs            sigs/* sigs/apps/* decoders/* base/*
hacache         hacache/* base/* forward/session.h forward/tcp.h forward/packet.h forward/frag.h decoders/*/* sigs/match.h sigs/tags.h ips/reasm.h ips/rec.h ips/insp_state.h
nfq             nfq/* forward/packet.h forward/reason.h base/*
ips             ips/* nfq/* hacache/* sigs/* decoders/*/* decoders/* forward/* base/*
ROWS
}

# Headers of libraries, and generated ones, that only one folder or file may see (or those of a list with commas).
owned() {
	cat <<'ROWS'
hs\.h|hs/.*|hs_.*\.h                   sigs
protobuf-c/.*                          hacache/ha_wire.c
ha\.pb-c\.h                            hacache/ha_wire.c
libnetfilter_queue/.*                  nfq
libmnl/.*                              nfq,ips/vip.c,ips/routes.c,ips/ifstate.c,ips/bounce.c
seccomp\.h|cap-ng\.h                   ips/sandbox.c
pcap\.h|pcap/.*                        nfq
openssl/(bio|err|ssl)\.h                hacache/ha_link_tls.c
ROWS
}

scan() { # root
	find "$1/base" "$1/forward" "$1/decoders" "$1/sigs" "$1/hacache" "$1/nfq" "$1/ips" \
		\( -name '*.c' -o -name '*.h' \) -print 2>/dev/null | sort >"$work/files"
	rows >"$work/rows"
	owned >"$work/owned"
	xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' <"$work/files" /dev/null | sed "s|^$1/||" | awk -v rows="$work/rows" -v owned="$work/owned" '
		function regex(glob) {
			gsub(/\./, "\\.", glob)
			gsub(/\*/, "[^/]*", glob)
			return "^" glob "$"
		}
		BEGIN {
			while ((getline line <rows) > 0) {
				n = split(line, f, / +/)
				known[f[1]] = 1
				for (i = 2; i <= n; i++)
					allowed[f[1], ++count[f[1]]] = regex(f[i])
			}
			while ((getline line <owned) > 0) {
				split(line, f, / +/)
				owner["^(" f[1] ")$"] = f[2]
			}
		}
		{
			split($0, at, ":")
			where = at[1] ":" at[2]
			folder = at[1]
			sub(/\/[^\/]*$/, "", folder)
			match($0, /[<"][^>"]*[>"]/)
			quote = substr($0, RSTART, 1)
			name = substr($0, RSTART + 1, RLENGTH - 2)
			is_owned = 0
			for (o in owner)
				if (name ~ o) {
					is_owned = 1
					if (index("," owner[o] ",", "," folder ",") == 0 && index("," owner[o] ",", "," at[1] ",") == 0)
						print where ": " name " belongs to " owner[o] " alone"
				}
			if (quote == "<" || is_owned)
				next
			if (!(folder in known)) {
				print where ": folder " folder " is not in the table"
				next
			}
			for (i = 1; i <= count[folder]; i++)
				if (name ~ allowed[folder, i])
					next
			print where ": " folder "/ may not include \"" name "\""
		}'
}

plant() { # path, line
	mkdir -p "$work/bad/$(dirname "$1")"
	printf '%s\n' "$2" >"$work/bad/$1"
}
plant base/up.c '#include "forward/packet.h"'
plant forward/side.c '  #  include "decoders/dec.h"'
plant decoders/cotp/across.c '#include "decoders/mms/mms.h"'
plant decoders/iccp/fine.c '#include "decoders/mms/mms.h"'
plant decoders/iccp/deep.c '#include "decoders/mms/mms_int.h"'
plant sigs/deep.h '#include "decoders/iccp/iccp.h"'
plant hacache/engine.c '#include "ips/engine.h"'
plant nfq/policy.c '#include "forward/policy.h"'
plant ips/bare.c '#include "engine.h"'
plant ips/hyper.c '#include <hs/hs.h>'
plant hacache/ha_types.c '#include "ha.pb-c.h"'
plant hacache/ha_link.c '#include <openssl/ssl.h>'
plant ips/netlink.c '#include <libmnl/libmnl.h>'
plant ips/vip.c '#include <libmnl/libmnl.h>'
plant decoders/new/x.c '#include "base/cur.h"'
found=$(scan "$work/bad")
for f in base/up.c forward/side.c decoders/cotp/across.c decoders/iccp/deep.c sigs/deep.h hacache/engine.c nfq/policy.c ips/bare.c \
	ips/hyper.c hacache/ha_types.c hacache/ha_link.c ips/netlink.c decoders/new/x.c; do
	must_find "include check notices $f" "^$f:1:" "$found"
done
report "include check lets the allowed pass" "$(printf '%s\n' "$found" | grep -e '/fine\.c:' -e '^ips/vip\.c:')"
report "includes go down only" "$(scan .)"
exit $failed
