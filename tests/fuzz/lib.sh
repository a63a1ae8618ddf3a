# What the fuzz scripts share. Sourced.

# words FOLDER: its words as a dictionary of libFuzzer.
words() {
	cat "$1"/* | tr -cs 'A-Za-z0-9_.:-' '\n' | LC_ALL=C grep -aE '^[A-Za-z][A-Za-z0-9_.:-]{2,30}$' | LC_ALL=C sort -u | sed 's/.*/"&"/'
}
