/* capset.h - a whole capture in memory, for runs that read it more than once. */
#ifndef IPS_CAPSET_H
#define IPS_CAPSET_H

#include "nfq/pktio.h"

struct capset {
	struct packet *v;        /* v[i].data == NULL: no IP in that record */
	size_t n, cap;
};

/* Reads path to its end. On an error of the file what could be read is there, and why says what is wrong. */
enum err capset_load(const char *path, struct capset *out, char *why) MUST_USE;
/* From here on bad checksums drop, as they do inline; otherwise they are counted. */
void capset_be_strict(struct capset *c);
void capset_free(struct capset *c);

#endif
