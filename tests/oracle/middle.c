/* middle.c - the engine as the daemon runs it, over the kernel's queue; what its decoders are given is written down. */
#include "tests/oracle/ends.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "ips/conf.h"

static const char conf_text[] = "config system global\n"
				"    set max-sessions 4096\n"
				"end\n"
				"config system settings\n"
				"    set inspection-mode prevent\n"
				"end\n"
				"config firewall policy\n"
				"    edit 1\n"
				"        set srcintf \"any\"\n"
				"        set dstintf \"any\"\n"
				"        set srcaddr \"all\"\n"
				"        set dstaddr \"all\"\n"
				"        set service \"ALL\"\n"
				"        set action accept\n"
				"        set utm-status enable\n"
				"        set prefer security\n"
				"        set tcp-session-without-syn %s\n"
				"    next\n"
				"end\n";

static mono_t now_of(void *arg)
{
	const struct middle *m = arg;
	return m->now;
}

bool middle_open(struct middle *m, const char *outside)
{
	char why[PKTIO_WHY_LEN];
	*m = (struct middle){ .now = mono_ns(NS_PER_SEC), .outside = if_nametoindex(outside) };
	const struct pktio_nfqueue_opt o = { .maxlen = 65535, .now = now_of, .now_arg = m };
	if (pktio_nfqueue_open(&o, &m->io, why) == OK && outgoing_init(&m->out) == OK)
		return true;
	fprintf(stderr, "oracle: %s\n", why);
	return false;
}

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "oracle: %s\n", text);
}

static void add_seen(struct conn *c, uint16_t octet)
{
	if (c->n_seen < SEEN_MAX)
		c->seen[c->n_seen++] = octet;
}

/* A second session of the same connection is read by decoders that know nothing of the first. */
static void write_down(void *arg, const struct session *s, enum dir d, uint32_t seq, struct span bytes)
{
	struct middle *m = arg;
	struct conn *c = conn_at(m->c, m->n, &s->s.tuple[d], false);
	if (c == NULL)
		return;
	if (!c->started || c->serial != s->s.serial) {
		c->started = true;
		c->serial = s->s.serial;
		c->seen_from = c->seen_next = seq;
		c->n_seen = 0;
	}
	for (; c->seen_next != seq && c->n_seen < SEEN_MAX; c->seen_next++)
		add_seen(c, SEEN_UNKNOWN);
	for (size_t i = 0; i < bytes.len; i++)
		add_seen(c, bytes.p[i]);
	c->seen_next = seq + (uint32_t)bytes.len;
}

static void no_rec(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
}

bool middle_engine(struct middle *m, bool pick_up)
{
	static const char *const no_more[] = { NULL };
	static const struct engine_cfg cfg = { .seed = 1, .node = 1 };
	char text[sizeof(conf_text) + 16];
	const int len = snprintf(text, sizeof(text), conf_text, pick_up ? "all" : "disable");
	engine_free(m->e);
	gen_free(m->gen);
	m->e = NULL;
	m->gen = NULL;
	struct conf *c = conf_parse_text("oracle", text, (size_t)len, NULL);
	for (size_t i = 0; c != NULL && i < conf_n_errors(c); i++)
		tell(NULL, conf_error(c, i));
	const bool good = c != NULL && conf_n_errors(c) == 0 && gen_new_conf(c, no_more, NULL, tell, NULL, &m->gen) == OK &&
			  engine_new(&cfg, m->gen, m->now, no_rec, NULL, &m->e) == OK;
	conf_free(c);
	if (good)
		engine_on_bytes(m->e, write_down, m);
	return good;
}

/* Has the engine come to this packet's connection? */
static bool looks(const struct middle *m, const struct packet *p)
{
	struct packet q = *p;
	if (packet_decode(&q) != REASON_NONE)
		return true;
	const struct conn *c = conn_at(m->c, m->n, &q.tuple, p->ifin != m->outside);
	return c == NULL || c->engine;
}

static void judge(struct middle *m, struct packet *p)
{
	m->from_sender += p->ifin == m->outside;
	if (!looks(m, p)) {
		outgoing_add_plain(&m->out, true);
		return;
	}
	p->ifin = p->ifin == m->outside ? 1 : 2;
	p->ifout = 3 - p->ifin;
	const struct verdict v = engine_packet(m->e, p);
	outgoing_add(&m->out, p, &v);
	m->dropped += !v.pass && !v.held;
}

unsigned middle_turn(struct middle *m)
{
	static struct packet p[PKTIO_BATCH_MAX];
	unsigned n = 0, many = 0;
	while (m->io->ops->recv(m->io, p, PKTIO_BATCH_MAX, &n) == OK && n > 0) {
		outgoing_begin(&m->out);
		for (unsigned i = 0; i < n; i++)
			judge(m, &p[i]);
		if (outgoing_give(&m->out, m->io) != OK)
			fprintf(stderr, "oracle: %s\n", m->io->why);
		outgoing_reset(&m->out, m->io);
		many += n;
	}
	return many;
}
