/* ha_script.h - packets of several flows at once, with everything a resumed inspection must know: an ICCP association
 * cut and out of order, a pattern across segments, tags, holes, a blocked flow, datagrams, echoes, a port used again.
 */
#ifndef TESTS_UNIT_HA_SCRIPT_H
#define TESTS_UNIT_HA_SCRIPT_H

#include "tests/unit/dec_log.h"
#include "tests/unit/dec_vectors.h"
#include "tests/unit/engine_rig.h"

enum { SCRIPT_MAX = 400 };

struct script {
	struct pkt k[SCRIPT_MAX];
	struct packet p[SCRIPT_MAX]; /* lends k's octets */
	size_t n;
	mono_t now;
};

static const char script_rules[] =
	"alert tcp any any -> any any (msg:\"split\"; content:\"left\"; content:\"right\"; "
	"distance:0; flowbits:set,split; sid:1;)\n"
	"alert tcp any any -> any any (msg:\"two\"; content:\"one\"; content:\"two\"; sid:2;)\n"
	"alert tcp any any -> any any (msg:\"tagged\"; content:\"again\"; flowbits:isset,split; sid:3;)\n"
	"drop tcp any any -> any any (msg:\"kill\"; content:\"KILL\"; sid:4;)\n"
	"alert iccp any any -> any any (msg:\"operate\"; iccp.op:\"deviceOperate\"; sid:5;)\n"
	"alert mms any any -> any any (msg:\"response\"; mms.service:\"read\"; flowbits:set,read; sid:6;)\n"
	"alert udp any any -> any any (msg:\"datagram\"; content:\"left\"; sid:7;)\n";
static const char script_custom[] =
	"alert tcp any any -> any any (msg:\"own\"; content:\"left\"; flowbits:set,own; noalert; sid:100;)\n";

static inline void script_add(struct script *s, const struct pkt *k, struct packet p)
{
	CU_ASSERT_FATAL(s->n < SCRIPT_MAX);
	s->k[s->n] = *k;
	p.data = s->k[s->n].b;
	p.at = s->now = mono_add(s->now, 3 * NS_PER_MS);
	p.nr = s->n + 1;
	s->p[s->n++] = p;
}

/* A segment of the flow with that client port. */
static inline void script_tcp(struct script *s, uint16_t cport, int family, enum dir d, struct pkt_tcp t)
{
	struct pkt k;
	struct rig g = { .cport = cport, .sport = 102, .family = family };
	const struct packet p = rig_build(&k, &g, d, &t);
	script_add(s, &k, p);
}

static inline void script_open(struct script *s, uint16_t cport, int family)
{
	script_tcp(s, cport, family, DIR_ORIG, (struct pkt_tcp){ .seq = 0xfffffff0u, .flags = TCP_SYN });
	script_tcp(s, cport, family, DIR_REPLY, (struct pkt_tcp){ .seq = 500, .ack = 0xfffffff1u, .flags = TCP_SYN | TCP_ACK });
	script_tcp(s, cport, family, DIR_ORIG, (struct pkt_tcp){ .seq = 0xfffffff1u, .ack = 501, .flags = TCP_ACK });
}

static inline void script_text(struct script *s, uint16_t cport, enum dir d, uint32_t at, const char *text)
{
	const uint32_t seq = (d == DIR_ORIG ? 0xfffffff1u : 501) + at, ack = d == DIR_ORIG ? 501 : 0xfffffff1u;
	script_tcp(s, cport, 4, d,
		   (struct pkt_tcp){ .seq = seq, .ack = ack, .flags = TCP_ACK, .data = text, .n_data = strlen(text) });
}

static inline void script_datagram(struct script *s, uint8_t proto, bool reply, const char *text)
{
	struct pkt k;
	pkt_flow(&k, 4, reply, proto);
	if (proto == 17)
		pkt_udp(&k, reply ? 6000 : 5000, reply ? 5000 : 6000, text, strlen(text));
	else
		pkt_icmp(&k, reply ? 0 : 8, 0, 0x00070001, text, strlen(text));
	pkt_finish(&k);
	script_add(s, &k, pkt_packet(&k));
}

/* The octets of one message in three segments, the second after the third. */
static inline void script_message(struct script *s, uint16_t cport, int family, const struct dec_vector *v, uint32_t seq[DIR_N])
{
	uint8_t b[1024];
	const size_t n = unhex(v->hex, b, sizeof(b)), cut = n / 3;
	const enum dir d = v->dir == 'O' ? DIR_ORIG : DIR_REPLY;
	const size_t from[] = { 0, 2 * cut, cut }, to[] = { cut, n, 2 * cut };
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		script_tcp(s, cport, family, d,
			   (struct pkt_tcp){ .seq = seq[d] + (uint32_t)from[i],
					     .ack = seq[dir_other(d)],
					     .flags = TCP_ACK | TCP_PSH,
					     .data = b + from[i],
					     .n_data = to[i] - from[i] });
	}
	seq[d] += (uint32_t)n;
}

static inline void script_texts(struct script *s, unsigned step)
{
	static const struct {
		uint16_t cport;
		enum dir d;
		uint32_t at;
		const char *text;
	} row[] = {
		{ 2000, DIR_ORIG, 0, "le" },       { 2000, DIR_ORIG, 2, "ft and " },    { 2001, DIR_ORIG, 0, "one" },
		{ 2002, DIR_ORIG, 0, "harmless" }, { 2000, DIR_REPLY, 9, "held one" },  { 2000, DIR_ORIG, 9, "right" },
		{ 2002, DIR_ORIG, 8, "KILL" },     { 2001, DIR_ORIG, 3, " and two" },   { 2002, DIR_ORIG, 8, "KILL" },
		{ 2002, DIR_ORIG, 0, "harmless" }, { 2000, DIR_ORIG, 14, "again" },     { 2002, DIR_ORIG, 12, "more" },
		{ 2001, DIR_REPLY, 4, "later" },   { 2000, DIR_REPLY, 0, "hole then" }, { 2000, DIR_REPLY, 17, " two" },
	};
	if (step < ARRAY_LEN(row))
		script_text(s, row[step].cport, row[step].d, row[step].at, row[step].text);
}

/* n_vectors messages of the association, beside everything else. */
static inline void script_make(struct script *s, size_t n_vectors)
{
	uint32_t seq[DIR_N] = { 0xfffffff1u, 501 };
	memset(s, 0, sizeof(*s));
	s->now = mono_ns(1000 * NS_PER_SEC);
	script_open(s, 57218, 6);
	for (uint16_t i = 0; i < 3; i++)
		script_open(s, 2000 + i, 4);
	for (size_t i = 0; i < n_vectors; i++) {
		script_message(s, 57218, 6, &dec_vectors[i], seq);
		script_texts(s, (unsigned)i);
		if (i == 2)
			script_datagram(s, 17, false, "to the left");
		if (i == 4)
			script_datagram(s, 1, false, "ping");
		if (i == 6)
			script_datagram(s, 17, true, "answer");
	}
	script_datagram(s, 1, true, "ping");
	/* reset, and the port used again; acknowledged but never seen; the end of one by FIN */
	script_tcp(s, 2001, 4, DIR_REPLY, (struct pkt_tcp){ .seq = 510, .ack = 0xfffffff1u, .flags = TCP_RST | TCP_ACK });
	script_tcp(s, 2001, 4, DIR_ORIG, (struct pkt_tcp){ .seq = 77, .flags = TCP_SYN });
	script_tcp(s, 2001, 4, DIR_REPLY, (struct pkt_tcp){ .seq = 900, .ack = 78, .flags = TCP_SYN | TCP_ACK });
	script_tcp(s, 2000, 4, DIR_REPLY, (struct pkt_tcp){ .seq = 520, .ack = 0xfffffff1u + 40, .flags = TCP_ACK });
	script_tcp(s, 57218, 6, DIR_ORIG, (struct pkt_tcp){ .seq = seq[0], .ack = seq[1], .flags = TCP_ACK | TCP_FIN });
	script_tcp(s, 57218, 6, DIR_REPLY, (struct pkt_tcp){ .seq = seq[1], .ack = seq[0] + 1, .flags = TCP_ACK | TCP_FIN });
	s->now = mono_add(s->now, 5 * NS_PER_SEC);
	script_text(s, 2002, DIR_REPLY, 0, "late");
}

#endif
