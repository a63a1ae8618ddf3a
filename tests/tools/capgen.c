/* capgen.c - capgen SCRIPT OUT.pcap: writes the capture that a script describes (README.md). */
#include "tests/tools/script.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	uint64_t packets;
	if (argc != 3) {
		fprintf(stderr, "use: capgen SCRIPT OUT.pcap\n");
		return 2;
	}
	script_run(argv[1], argv[2], &packets);
	return 0;
}
