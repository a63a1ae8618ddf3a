#!/bin/sh
# The core is pure: its objects call nothing outside themselves but the functions below, and have no mutable data.
# Reads the release objects in $B; objects of the same set may call one another.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lint/lib.sh
CC=${CC:-gcc}
B=${B:-build/$(basename "$CC")-release}

# Pure ones: four folders whole, of the engine what touches a packet, of hacache all but the link.
objects() {
	for o in "$B"/base/*.o "$B"/forward/*.o "$B"/decoders/*.o "$B"/decoders/*/*.o "$B"/sigs/*.o "$B"/hacache/*.o \
		"$B"/ips/engine*.o "$B"/ips/inspect*.o "$B"/ips/rec_pdu.o "$B"/ips/reasm*.o "$B"/ips/stack*.o "$B"/ips/peer_tags.o "$B"/ips/peer_ports.o \
		"$B"/ips/merge.o; do
		case $o in
		*'*'* | "$B"/hacache/link*.o | "$B"/hacache/*_link*.o | "$B"/hacache/ha_link*.o) continue ;;
		esac
		# an object whose source has gone is left over
		src=${o#"$B"/}
		[ -f "${src%.o}.c" ] && echo "$o"
	done
}

# The link may call sockets and cryptography besides, but no more than the core does it read a clock or wait.
link="socket|bind|listen|accept4|connect|send|sendto|recv|recvfrom|setsockopt|getsockopt|close|if_nametoindex|sodium_[a-z]*|randombytes_buf"
link="$link|crypto_(generichash|kdf|pwhash)[a-z0-9_]*|SSL_[A-Za-z0-9_]*|BIO_[a-z_]*|ERR_clear_error|EVP_MD_is_a|TLS_method"

# strtok and strsignal keep hidden state, strftime and the _l ones ask the environment.
allowed='mem[a-z]*|bcmp|__mem[a-z]*_chk|str[a-z]*|__str[a-z]*_chk|__isoc[0-9]*_strto[a-z]*'
allowed="$allowed|malloc|calloc|realloc|reallocarray|free|v?snprintf|__v?snprintf_chk|qsort|bsearch"
allowed="$allowed|inet_pton|inet_ntop|__ctype_(b|tolower|toupper)_loc|__errno_location|__assert_fail|abort"
allowed="$allowed|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|sanitizer)_[a-z0-9_]*"
allowed="$allowed|hs_[a-z_]*|crypto_shorthash[a-z0-9_]*|protobuf_c_[a-z_]*|ha__[a-z_]*__descriptor"
refused='strtok|strtok_r|strsignal|strftime|strfmon|hs_set_.*allocator'

scan() { # objects on standard input
	tee "$work/objects" | xargs -r nm -A -u 2>/dev/null | awk '{ sub(/:$/, "", $1); sub(/: *$/, "", $1); print $NF, $1 }' | sed 's/@[^ ]*//; s/:[^ ]*$//' | sort -u >"$work/undefined"
	xargs -r nm --defined-only -g <"$work/objects" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$work/defined"
	awk -v defined="$work/defined" -v allowed="^($allowed)$" -v refused="^($refused)$" '
		BEGIN { while ((getline s <defined) > 0) own[s] = 1 }
		!($1 in own) && ($1 !~ allowed || $1 ~ refused) { print $2 ": calls " $1 }' "$work/undefined"
	while read -r o; do
		objdump -t "$o" | awk -v o="$o" '
			NF < 5 { next }
			{ size = $(NF - 1) }
			/[[:space:]](\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && !/\.data\.rel\.ro/ && size !~ /^0+$/ && $0 !~ / d  / {
				print o ": mutable global " $NF
			}'
	done <"$work/objects"
}

compile() { # name, text: an object at $work/bad/name.o
	mkdir -p "$work/bad"
	printf '%s\n' "$2" >"$work/bad/$1.c"
	$CC -O2 -c -o "$work/bad/$1.o" "$work/bad/$1.c" || echo "# cannot compile $1"
}
compile clock '#include <time.h>
long now(void); long now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec; }'
compile env '#include <stdlib.h>
char *env(void); char *env(void) { return getenv("HOME"); }'
compile print '#include <stdio.h>
void out(int); void out(int n) { printf("%d\n", n); }'
compile token '#include <string.h>
char *tok(char *); char *tok(char *s) { return strtok(s, ","); }'
compile global 'int counter(void); int counter(void) { static int n; return ++n; }'
compile shared 'int level = 3;'
compile fine '#include <stdlib.h>
#include <string.h>
static const char *const names[] = { "a", "b" };
const char *pure(const char *s, int i); const char *pure(const char *s, int i) { return i < 2 ? names[i] : strdup(s); }'
found=$(ls "$work"/bad/*.o | scan)
for f in clock:clock_gettime env:getenv print:printf token:strtok global:mutable shared:mutable; do
	must_find "purity check notices ${f#*:} in ${f%:*}.c" "/${f%:*}\.o.*${f#*:}\|/${f%:*}\.o.*__${f#*:}_chk" "$found"
done
report "purity check lets a pure object pass" "$(printf '%s\n' "$found" | grep '/fine\.o')"

n=$(objects | wc -l)
if [ "$n" -lt 8 ]; then
	report "the objects of the core are there" "only $n in $B: run make libs first"
	exit 1
fi
report "the core is pure ($n objects)" "$(objects | scan)"
allowed="$allowed|$link"
found=$(ls "$work"/bad/clock.o | scan)
must_find "purity check notices a clock in the link" "clock_gettime" "$found"
report "the link reads no clock and does not wait" "$(ls "$B"/hacache/ha_link*.o "$B"/base/addr.o | scan)"
exit $failed
