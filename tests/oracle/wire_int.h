/* wire_int.h - a step's segment, and its IP packets. */
#ifndef TESTS_ORACLE_WIRE_INT_H
#define TESTS_ORACLE_WIRE_INT_H

#include "base/wr.h"
#include "tests/oracle/ends.h"

/* Octets of a datagram that go in one packet. */
struct piece {
	size_t from, len;
	bool more;
};

/* The TCP segment of a step; its octets follow from where they stand in the stream. 0: it has none of those it asks for. */
size_t wire_segment(struct conn *c, const struct step *st, uint8_t *out, size_t cap);
/* Its IP header with what stands between, for a piece of all; id: of the datagram. */
void wire_ip(struct wr *o, const struct conn *c, const struct step *st, const struct piece *x, uint32_t id);
void wire_addresses(struct wr *w, const struct conn *c);
void wire_set_csum(uint8_t *at, uint64_t sum, bool wrong);

#endif
