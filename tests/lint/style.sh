#!/bin/sh
# What make can check of the house rules: sizes, tabs, line length, blanks, refused words, casts of wire bytes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lint/lib.sh

sources() { # root, name patterns...
	root=$1
	shift
	for p; do
		find "$root" \( -name build -o -name .git -o -name '.?*' -not -name .ci \) -prune -o -type f -name "$p" -print
	done | grep -v '/tests/lint/style\.sh$' | sort
}

code() { # root: .c and .h
	sources "$1" '*.c' '*.h' >"$work/code"
	xargs -r awk '
		FNR == 1 { closed() ; file = FILENAME; wide = FILENAME !~ /\/tests\// }
		{ n = FNR; text = $0; while (match(text, /\t/)) text = substr(text, 1, RSTART - 1) substr("        ", (RSTART - 1) % 8 + 1) substr(text, RSTART + 1) }
		length(text) > 132 { print FILENAME ":" FNR ": longer than 132 columns" }
		/^ / && !/^ \*/ { print FILENAME ":" FNR ": indented with blanks" }
		/\t +\t/ { print FILENAME ":" FNR ": blanks between tabs" }
		/^#if 0/ { print FILENAME ":" FNR ": code that is switched off" }
		/\((const )?(struct [a-z0-9_]+|u?int(16|32|64)_t) \*\) *\(?[a-z_>.-]*(\.|->)p([^a-z0-9_]|$)/ {
			if (FILENAME ~ /\/(forward|decoders|sigs|ips|hacache)\//) print FILENAME ":" FNR ": cast of wire bytes: read them with base/cur.h"
		}
		/^\{/ { open = FNR }
		/^\}/ { if (open && FNR - open > 61) print FILENAME ":" open ": function of " FNR - open - 1 " lines"; open = 0 }
		function closed() { if (file != "" && n > 600) print file ": " n " lines, more than 600" }
		END { closed() }' <"$work/code"
}

words() { # root: every text of ours
	sources "$1" '*.c' '*.h' '*.sh' '*.py' '*.mk' Makefile run '*.proto' '*.md' '*.[1-8]' '*.service' '*.rules' >"$work/texts"
	xargs -r grep -HnE '\<(T[O]DO|F[I]XME|X[X]X|H[A]CK)\>|[Nn]ot (yet )?i[m]plemented|/w[o]rk/' <"$work/texts" /dev/null | sed 's/\(:[0-9]*:\).*/\1 refused word: &/' | cut -c 1-200
	grep -E '\.(c|h|sh|py|mk)$|/(Makefile|run)$' "$work/texts" | xargs -r grep -HnE '[[:blank:]]+$' /dev/null | sed 's/\(:[0-9]*:\).*/\1 blanks at the end of the line/'
}

scan() {
	code "$1"
	words "$1"
}

mkdir -p "$work/bad/forward" "$work/bad/tests"
bad=$work/bad/forward
printf 'int f(void)\n{\n    return 1;\n}\n' >"$bad/blanks.c"
printf 'int x; \n' >"$bad/trailing.c"
printf '/* TO''DO: later */\n' >"$bad/words.c"
printf '/* not imple''mented */\n' >"$bad/words2.h"
printf '#if 0\nint x;\n#endif\n' >"$bad/off.c"
printf '\tconst struct tcp_hdr *h = (const struct tcp_hdr *)span.p;\n' >"$bad/cast.c"
awk 'BEGIN { for (i = 0; i < 601; i++) print "int x" i ";" }' >"$bad/long.c"
awk 'BEGIN { print "int f(void)\n{"; for (i = 0; i < 61; i++) print "\tx();"; print "}" }' >"$bad/function.c"
awk 'BEGIN { s = "int x"; for (i = 0; i < 130; i++) s = s "y"; print s ";" }' >"$bad/wide.c"
printf 'echo x\t\n' >"$work/bad/tests/trailing.sh"
printf '/* f.c - fine.\n *\n * More.\n */\nint f(void)\n{\n\treturn g(a.p, (const char *)b);\n}\n' >"$bad/fine.c"
found=$(scan "$work/bad")
for f in blanks.c trailing.c words.c words2.h off.c cast.c long.c function.c wide.c trailing.sh; do
	must_find "style check notices $f" "/$f:" "$found"
done
report "style check lets a good file pass" "$(printf '%s\n' "$found" | grep '/fine\.c')"
report "code style: sizes, tabs, columns, casts" "$(code . | sed 's|^\./||')"
report "no refused words, no blanks at line ends" "$(words . | sed 's|^\./||')"
exit $failed
