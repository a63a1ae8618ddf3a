/* pktin.h - captured frames taken apart as far as the TCP payload, and a table of flows.
 *
 * Written apart from the product's decoder on purpose: it checks it.
 */
#ifndef TESTS_TOOLS_PKTIN_H
#define TESTS_TOOLS_PKTIN_H

#include "tests/tools/bytes.h"

enum pkt_kind { PKT_OTHER, PKT_FRAGMENT, PKT_TCP };
enum { PKT_FIN = 1, PKT_SYN = 2, PKT_RST = 4, PKT_PSH = 8, PKT_ACK = 16, PKT_URG = 32 };

struct pkt {
	enum pkt_kind kind;
	const uint8_t *p;
	size_t len, ip, l4, data, end; /* offsets into p; end is that of the IP packet */
	bool v6, cut;                  /* cut: the frame is longer than what was captured of it */
	bool bad_sum;                  /* the TCP checksum is neither right nor left to the network card */
	uint8_t src[18], dst[18];      /* address (zeros behind an IPv4 one), port */
	uint32_t seq;
	unsigned flags;
};

void pkt_parse(struct pkt *k, int link, const uint8_t *p, size_t caplen, size_t len);
static inline size_t pkt_data_len(const struct pkt *k)
{
	return k->end - k->data;
}
/* Sum of the TCP segment and its pseudo header: 0 when the checksum field is right. */
uint16_t pkt_tcp_sum(const struct pkt *k, const uint8_t *p, size_t end);
uint16_t pkt_sum(uint32_t start, const uint8_t *p, size_t n);

struct pflow {
	struct pflow *next, *all;
	uint8_t end[2][18]; /* sender of the first packet, receiver */
	void *user;
};

enum { PFLOWS_N = 65536 };

struct pflows {
	struct pflow *slot[PFLOWS_N];
	struct pflow *first, *last; /* in order of appearance */
};

/* The flow of k, made if it is new; *d is the direction. */
struct pflow *pflow_of(struct pflows *t, const struct pkt *k, unsigned *d);
void pflow_fini(struct pflows *t);

#endif
