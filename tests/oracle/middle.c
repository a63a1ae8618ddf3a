/* middle.c - the engine as the daemon runs it, over the kernel's queue; what its decoders are given is written down. */
#include "tests/oracle/ends.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "forward/tcp.h"
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

/* A second session of the same connection is read by decoders that know nothing of the first; but where time has passed over
 * a session they may well have been told of it. */
static void write_seen(struct seen *v, uint64_t serial, uint32_t seq, struct span bytes, bool goes_on)
{
	const bool same = v->serial == serial;
	if (!goes_on && (!v->started || !same))
		*v = (struct seen){ .from = seq };
	v->twice |= v->started && same && bytes.len != 0 && seq_diff(seq, v->next) < 0;
	v->started = true;
	v->serial = serial;
	v->next = seq + (uint32_t)bytes.len;
	const uint32_t at = seq - v->from;
	if (at > SEEN_MAX)
		return;
	for (; v->n < at; v->n++)
		v->v[v->n] = SEEN_UNKNOWN;
	uint32_t n = at;
	for (size_t i = 0; i < bytes.len && n < SEEN_MAX; i++)
		v->v[n++] = bytes.p[i];
	v->n = n > v->n || !goes_on ? n : v->n;
}

void middle_write_down(void *arg, const struct session *s, enum dir d, uint32_t seq, struct span bytes)
{
	struct middle *m = arg;
	struct conn *c = conn_at(m->c, m->n, &s->s.tuple[d], false);
	const enum whose w = c != NULL ? THE_SENDERS : THE_RECEIVERS;
	if (c == NULL)
		c = conn_at(m->c, m->n, &s->s.tuple[d], true);
	if (c == NULL)
		return;
	const bool goes_on = c->s->odd == ODD_IDLE;
	if (goes_on)
		c->seen[w].from = w == THE_SENDERS ? c->s->isn + 1 : c->peer_first;
	write_seen(&c->seen[w], s->s.serial, seq, bytes, goes_on);
}

static void no_rec(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
}

bool middle_engine(struct middle *m, bool pick_up)
{
	static const char *const rules[] = { "tests/oracle/all.rules", NULL };
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
	const bool good = c != NULL && conf_n_errors(c) == 0 && gen_new_conf(c, rules, NULL, tell, NULL, &m->gen) == OK &&
			  engine_new(&cfg, m->gen, m->now, no_rec, NULL, &m->e) == OK;
	conf_free(c);
	if (good)
		engine_on_bytes(m->e, middle_write_down, m);
	return good;
}

/* Has the engine come to this packet's connection? */
static bool looks(const struct middle *m, const struct packet *p, struct conn **of)
{
	struct packet q = *p;
	(void)packet_decode(&q); /* its addresses stand there even if it is refused */
	struct conn *c = conn_with(m->c, m->n, &q.tuple, p->ifin != m->outside);
	*of = c;
	return c == NULL || c->engine;
}

static void judge(struct middle *m, struct packet *p)
{
	struct conn *c = NULL;
	bool lost = false;
	m->from_sender += p->ifin == m->outside;
	if (!looks(m, p, &c)) {
		outgoing_add_plain(&m->out, true);
		return;
	}
	if (c != NULL && p->ifin != m->outside && c->lose[0] != 0) {
		c->lose[0]--;
		outgoing_add_plain(&m->out, false);
		return;
	}
	p->ifin = p->ifin == m->outside ? 1 : 2;
	p->ifout = 3 - p->ifin;
	const struct verdict v = c != NULL && c->pair != NULL ? pair_packet(c->pair, c, p, &lost) : engine_packet(m->e, p);
	m->drops[v.reason] += !v.pass && !v.held;
	if (lost)
		outgoing_add_plain(&m->out, false);
	else
		outgoing_add(&m->out, p, &v);
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

void middle_tick(struct middle *m)
{
	engine_tick(m->e, m->now);
	for (unsigned i = 0; i < m->n; i++)
		if (m->c[i].pair != NULL)
			pair_tick(m->c[i].pair, m->now);
}
