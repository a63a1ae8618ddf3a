/* replica_rig.h - an active node and its standby without a link, and their packets. */
#ifndef TESTS_UNIT_REPLICA_RIG_H
#define TESTS_UNIT_REPLICA_RIG_H

#include <stdlib.h>

#include "ips/lists.h"
#include "ips/replica.h"
#include "tests/unit/ha_script.h"

enum { SESSIONS = 256 };

static const struct rig_opts opts = { .rules = script_rules, .custom = script_custom, .prevent = true, .max_sessions = SESSIONS };

struct side {
	struct replica r;
	struct outbuf told;      /* records that may be written, a line each */
	unsigned n;
	uint32_t ifin, ifout;    /* of the last one */
	mono_t now;
};

static struct gen gen;
static struct side a, b;

static inline void sink(void *arg, const struct rec *r)
{
	struct side *s = arg;
	outbuf_fmt(&s->told, "%u %llu-%u packet %llu\n", r->kind, (unsigned long long)r->serial, r->nr,
		   (unsigned long long)r->packet_nr);
	s->ifin = r->ifin;
	s->ifout = r->ifout;
	s->n++;
}

static inline void side_new(struct side *s)
{
	const struct engine_cfg cfg = { .seed = 5, .node = 1, .rec_mask = RIG_REC_ALL };
	memset(s, 0, sizeof(*s));
	s->now = mono_ns(1000 * NS_PER_SEC);
	CU_ASSERT_EQUAL_FATAL(replica_new(&cfg, &gen, s->now, sink, s, &s->r), OK);
}

static inline void side_free(struct side *s)
{
	replica_free(&s->r);
	outbuf_free(&s->told);
}

static inline void both_new(void)
{
	rig_gen(&gen, &opts);
	side_new(&a);
	side_new(&b);
}

static inline void both_free(void)
{
	side_free(&a);
	side_free(&b);
	rig_gen_free(&gen);
}

static inline enum reason play(struct side *s, struct packet p)
{
	p.nr = ++s->r.packet_nr;
	if (mono_before(s->now, p.at))
		s->now = p.at;
	return engine_packet(s->r.engine, &p).reason;
}

/* A segment of the client of that port; time passes. */
static inline void segment(struct side *s, uint16_t port, uint8_t flags, const char *text)
{
	struct pkt k;
	struct rig g = { .cport = port, .sport = 102, .family = 4 };
	const struct pkt_tcp t = { .seq = 100 + ((flags & TCP_SYN) == 0), .ack = 1, .win = 1000, .flags = flags, .data = text,
				   .n_data = strlen(text) };
	struct packet p = rig_build(&k, &g, DIR_ORIG, &t);
	s->now = mono_add(s->now, NS_PER_MS);
	p.at = s->now;
	(void)play(s, p);
}

/* SYN and SYN-ACK: the client's next octet is 101. */
static inline void open_flow(struct side *s, uint16_t port)
{
	struct pkt k;
	struct rig g = { .cport = port, .sport = 102, .family = 4 };
	segment(s, port, TCP_SYN, "");
	struct packet p = rig_build(&k, &g, DIR_REPLY, &(struct pkt_tcp){ .ack = 101, .win = 1000, .flags = TCP_SYN | TCP_ACK });
	p.at = s->now;
	(void)play(s, p);
}

static inline struct span commit(struct side *s)
{
	struct span bytes;
	CU_ASSERT_EQUAL_FATAL(replica_commit(&s->r, &bytes), OK);
	return bytes;
}

static inline void tell(struct side *from, struct side *to)
{
	CU_ASSERT_EQUAL_FATAL(replica_feed(&to->r, commit(from)), OK);
	CU_ASSERT_EQUAL(to->r.receiver.seq, from->r.sender.seq);
	CU_ASSERT_EQUAL(ha_cache_digest(to->r.receiver.cache), ha_cache_digest(from->r.sender.cache));
	CU_ASSERT_EQUAL(to->r.digest_mismatches, 0);
}

static inline void join_whole(void)
{
	CU_ASSERT_EQUAL_FATAL(replica_stand_by(&b.r), OK);
	CU_ASSERT_EQUAL_FATAL(replica_join(&a.r), OK);
	CU_ASSERT_EQUAL(replica_bulk(&a.r, SESSIONS), 0);
	tell(&a, &b);
	CU_ASSERT_TRUE(b.r.whole);
}

static inline char *lists(struct side *s)
{
	struct outbuf o = { 0 };
	list_ips_sessions(s->r.engine, &o);
	list_sys_sessions(s->r.engine, &o);
	list_share(s->r.engine, &o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o.p);
	return o.p;
}

/* The standby takes over: the same sessions in the same state. */
static inline void same_tables(void)
{
	engine_tick(a.r.engine, a.now);
	replica_promote(&b.r);
	engine_tick(b.r.engine, a.now);
	char *x = lists(&a), *y = lists(&b);
	CU_ASSERT_STRING_EQUAL(x, y);
	free(x);
	free(y);
}

#endif
