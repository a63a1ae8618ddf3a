/* flow.c - sequence numbers, handshakes and segments of the conversations in a script. */
#include "tests/tools/flow.h"
#include "tests/tools/expr.h"
#include "tests/tools/sendopt.h"

#include <stdlib.h>
#include <string.h>

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

struct flow {
	struct text name;
	char *own;
	struct flow *next;
	struct host h[2];
	unsigned proto, ttl, tos, vlan[2];
	size_t mss;
	uint32_t nxt[2], ip_id[2], ts;
	bool acks, stamps, fragile;
	struct bytes last[2];
};

/* One TCP segment to be put on the wire. */
struct segment {
	uint32_t seq, ack;
	unsigned flags;
	struct text data;
	const struct sendopt *o;
};

static uint32_t name_hash(struct text name)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (uint8_t)name.p[i]) * 16777619u;
	return h ^ h >> 15;
}

static int64_t value_num(struct text t)
{
	char buf[24], *end;
	if (t.len == 0 || t.len >= sizeof(buf))
		fail("a number was expected: %.*s", (int)t.len, t.p);
	memcpy(buf, t.p, t.len);
	buf[t.len] = 0;
	long long v = strtoll(buf, &end, 0);
	if (*end != 0)
		fail("a number was expected: %s", buf);
	return v;
}

static void set_option(struct flow *f, struct text t)
{
	struct text value = t, key = text_split(&value, "=");
	if (text_is(key, "noacks"))
		f->acks = false;
	else if (text_is(key, "ts"))
		f->stamps = true;
	else if (text_is(key, "nodf"))
		f->fragile = true;
	else if (text_is(key, "mss"))
		f->mss = (size_t)value_num(value);
	else if (text_is(key, "ttl"))
		f->ttl = (unsigned)value_num(value);
	else if (text_is(key, "tos"))
		f->tos = (unsigned)value_num(value);
	else if (text_is(key, "vlan") || text_is(key, "isn"))
		for (unsigned i = 0; i < 2 && value.len > 0; i++)
			*(text_is(key, "vlan") ? &f->vlan[i] : &f->nxt[i]) = (uint32_t)value_num(text_split(&value, ","));
	else
		fail("no such option of a flow: %.*s", (int)t.len, t.p);
}

static unsigned proto_of(struct text t)
{
	static const struct {
		const char *name;
		unsigned proto;
	} names[] = { { "tcp", TCP }, { "udp", UDP }, { "icmp", ICMP } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_is(t, names[i].name))
			return names[i].proto;
	if (t.len > 3 && memcmp(t.p, "ip:", 3) == 0)
		return (unsigned)value_num((struct text){ t.p + 3, t.len - 3 }) & 0xff;
	return 0;
}

void flow_new(struct flows *fs, struct text t)
{
	struct text name = text_word(&t), word = text_word(&t);
	struct flow *f = calloc(1, sizeof(*f));
	uint32_t h = name_hash(name);
	if (f == NULL)
		fail("out of memory");
	*f = (struct flow){ .proto = TCP, .ttl = 64, .mss = 1460, .acks = true, .nxt = { h, h ^ 0x5bd1e995u } };
	f->ip_id[0] = h & 0xffff;
	f->ip_id[1] = h >> 16;
	if (proto_of(word) != 0) {
		f->proto = proto_of(word);
		word = text_word(&t);
	}
	f->h[0] = host_of(word);
	if (!text_is(text_word(&t), ">"))
		fail("flow NAME [PROTOCOL] SOURCE > DESTINATION [OPTIONS]");
	f->h[1] = host_of(text_word(&t));
	if (f->h[0].v6 != f->h[1].v6)
		fail("the two hosts differ in address family");
	if (f->proto == ICMP && f->h[0].v6)
		f->proto = ICMP6;
	for (t = text_trim(t); t.len > 0; t = text_trim(t))
		set_option(f, text_word(&t));
	f->own = malloc(name.len + 1);
	if (f->own == NULL)
		fail("out of memory");
	memcpy(f->own, name.p, name.len);
	f->name = (struct text){ f->own, name.len };
	f->next = fs->slot[h % FLOWS_N];
	fs->slot[h % FLOWS_N] = f;
}

struct flow *flow_find(struct flows *fs, struct text name)
{
	struct flow *f = fs->slot[name_hash(name) % FLOWS_N];
	while (f != NULL && !text_same(f->name, name))
		f = f->next;
	return f;
}

void flow_fini(struct flows *fs)
{
	for (size_t i = 0; i < FLOWS_N; i++)
		for (struct flow *f = fs->slot[i], *next; f != NULL; f = next) {
			next = f->next;
			bytes_free(&f->last[0]);
			bytes_free(&f->last[1]);
			free(f->own);
			free(f);
		}
}

const struct bytes *flow_last(const struct flow *f, char c)
{
	return &f->last[c == '<'];
}

static void send_ip(struct flows *fs, struct flow *f, unsigned d, const struct sendopt *o, const struct bytes *l4)
{
	struct ip_spec s = { .src = &f->h[d], .dst = &f->h[!d], .proto = f->proto, .ttl = f->ttl, .tos = f->tos };
	f->ip_id[d] = (f->ip_id[d] + 1) & 0xffff;
	s.id = f->ip_id[d];
	s.vlan[0] = f->vlan[0];
	s.vlan[1] = f->vlan[1];
	s.last = &f->last[d];
	s.fragile = f->fragile;
	if (o != NULL) {
		s.ttl = o->ttl != 0 ? (unsigned)o->ttl : s.ttl;
		s.tos = o->tos != 0 ? (unsigned)o->tos : s.tos;
		s.bad_sum = o->bad_ip;
		s.frag = (size_t)o->frag;
		s.frag_reversed = o->frag_reversed;
		s.snap = (size_t)o->snap;
		s.fragile |= o->df_off;
	}
	frame_ip(fs->out, &s, l4);
}

/* As the script has them; filled up to whole words (RFC 9293 3.1: end of list, then zeros). */
static void put_given(const char *hex, struct bytes *b)
{
	expr_hex((struct text){ hex, strlen(hex) }, b);
	while (b->len % 4 != 0)
		bytes_u8(b, 0);
}

static void put_options(const struct flow *f, const struct segment *g, unsigned d, struct bytes *b)
{
	if (g->o != NULL && g->o->opt[0] != 0) {
		put_given(g->o->opt, b);
		return;
	}
	if (g->flags & SYN) {
		bytes_be(b, 0x0204, 2);
		bytes_be(b, f->mss < 65535 ? f->mss : 65535, 2);
	}
	if (f->stamps) {
		uint32_t v = g->o != NULL && g->o->has_tsval ? (uint32_t)g->o->tsval : f->ts;
		bytes_be(b, 0x0101080a, 4);
		bytes_be(b, v, 4);
		bytes_be(b, d == 0 && g->flags == SYN ? 0 : f->ts - 1, 4);
	}
}

static void send_tcp(struct flows *fs, struct flow *f, unsigned d, const struct segment *g)
{
	struct bytes b = { 0 };
	f->ts = (uint32_t)(fs->out->now_us / 1000);
	bytes_be(&b, f->h[d].port, 2);
	bytes_be(&b, f->h[!d].port, 2);
	bytes_be(&b, g->seq, 4);
	bytes_be(&b, g->flags & ACK ? g->ack : 0, 4);
	bytes_u8(&b, 0x50);
	bytes_u8(&b, g->flags);
	bytes_be(&b, g->o != NULL && g->o->has_window ? (uint64_t)g->o->window : 65535, 2);
	bytes_be(&b, 0, 2);
	bytes_be(&b, g->flags & URG ? (uint64_t)g->o->urgent_at : 0, 2);
	put_options(f, g, d, &b);
	b.p[12] = (uint8_t)(b.len / 4 << 4);
	bytes_put(&b, g->data.p, g->data.len);
	unsigned sum = frame_sum(&f->h[d], &f->h[!d], TCP, b.p, b.len) ^ (g->o != NULL && g->o->bad_sum ? 0x5555 : 0);
	b.p[16] = (uint8_t)(sum >> 8);
	b.p[17] = (uint8_t)sum;
	send_ip(fs, f, d, g->o, &b);
	bytes_free(&b);
}

static void control(struct flows *fs, struct flow *f, unsigned d, unsigned flags)
{
	struct segment g = { .seq = f->nxt[d], .ack = f->nxt[!d], .flags = flags };
	send_tcp(fs, f, d, &g);
	if (flags & (SYN | FIN))
		f->nxt[d]++;
}

void flow_handshake(struct flows *fs, struct flow *f, bool silent)
{
	if (f->proto != TCP)
		fail("only TCP flows are opened");
	if (silent) {
		f->nxt[0]++;
		f->nxt[1]++;
		return;
	}
	control(fs, f, 0, SYN);
	control(fs, f, 1, SYN | ACK);
	control(fs, f, 0, ACK);
}

void flow_end(struct flows *fs, struct flow *f, struct text how)
{
	unsigned d = how.len > 0 && how.p[how.len - 1] == '<';
	how.len -= d;
	if (f->proto != TCP)
		fail("only TCP flows are closed");
	if (text_is(how, "rst")) {
		control(fs, f, d, RST | ACK);
	} else if (how.len == 0 || text_is(how, "fin")) {
		control(fs, f, d, FIN | ACK);
		control(fs, f, !d, FIN | ACK);
		control(fs, f, d, ACK);
	} else {
		fail("a flow is closed by fin, fin<, rst or rst<");
	}
}

static unsigned flags_of(const struct sendopt *o, bool last)
{
	static const char letters[] = "FSRPAUEC";
	unsigned v = 0;
	if (o->flags[0] == 0)
		return ACK | (last ? PSH : 0u) | (o->urgent ? URG : 0u);
	for (const char *c = o->flags; *c != 0; c++) {
		const char *at = strchr(letters, *c);
		if (at == NULL && *c != '0')
			fail("flags are of FSRPAUEC, or 0 for none: %s", o->flags);
		v |= at != NULL ? 1u << (at - letters) : 0;
	}
	return v | (o->urgent ? URG : 0u);
}

static void send_segments(struct flows *fs, struct flow *f, unsigned d, const struct sendopt *o, const struct bytes *payload)
{
	size_t n;
	struct piece *v = sendopt_cut(o, payload, f->mss, &n);
	uint32_t base = f->nxt[d] + (uint32_t)o->seq, end = base + (uint32_t)payload->len;
	bool syn_fin = (flags_of(o, true) & (SYN | FIN)) != 0;
	size_t turns = o->n_order != 0 ? o->n_order : n;
	for (size_t i = 0; i < turns; i++) {
		size_t k = o->n_order != 0 ? (size_t)o->order[i] - 1 : o->reversed ? n - 1 - i : i;
		if (k >= n)
			fail("order names segment %zu of %zu", k + 1, n);
		if (sendopt_in(o->drop, o->n_drop, k + 1))
			continue;
		struct segment g = { .seq = base + (uint32_t)v[k].off, .o = o, .flags = flags_of(o, k + 1 == n) };
		g.ack = f->nxt[!d] + (uint32_t)o->ack;
		if (v[k].len > 0)
			g.data = (struct text){ (const char *)payload->p + v[k].off, v[k].len };
		for (int twice = o->dup_all || sendopt_in(o->dup, o->n_dup, k + 1); twice >= 0; twice--)
			send_tcp(fs, f, d, &g);
	}
	free(v);
	end += syn_fin;
	if (!o->hold && (int32_t)(end - f->nxt[d]) > 0)
		f->nxt[d] = end;
	if (!o->hold && !o->noack && f->acks && payload->len > 0)
		control(fs, f, !d, ACK);
}

static void send_udp(struct flows *fs, struct flow *f, unsigned d, const struct sendopt *o, const struct bytes *payload)
{
	struct bytes b = { 0 };
	bytes_be(&b, f->h[d].port, 2);
	bytes_be(&b, f->h[!d].port, 2);
	bytes_be(&b, payload->len + 8, 2);
	bytes_be(&b, 0, 2);
	bytes_put(&b, payload->p, payload->len);
	unsigned sum = frame_sum(&f->h[d], &f->h[!d], UDP, b.p, b.len) ^ (o->bad_sum ? 0x5555 : 0);
	sum = sum == 0 ? 0xffff : sum;
	b.p[6] = (uint8_t)(sum >> 8);
	b.p[7] = (uint8_t)sum;
	send_ip(fs, f, d, o, &b);
	bytes_free(&b);
}

/* Payload begins with type and code; the checksum is put in between them and the rest. */
static void send_icmp(struct flows *fs, struct flow *f, unsigned d, const struct sendopt *o, const struct bytes *payload)
{
	struct bytes b = { 0 };
	if (payload->len < 2)
		fail("an ICMP message has a type and a code");
	bytes_put(&b, payload->p, 2);
	bytes_be(&b, 0, 2);
	bytes_put(&b, payload->p + 2, payload->len - 2);
	bool v6 = f->proto == ICMP6;
	unsigned sum = frame_sum(v6 ? &f->h[d] : NULL, &f->h[!d], f->proto, b.p, b.len) ^ (o->bad_sum ? 0x5555 : 0);
	b.p[2] = (uint8_t)(sum >> 8);
	b.p[3] = (uint8_t)sum;
	send_ip(fs, f, d, o, &b);
	bytes_free(&b);
}

void flow_send(struct flows *fs, struct flow *f, char c, struct text options, const struct bytes *payload)
{
	struct sendopt o = sendopt_parse(options);
	unsigned d = c == '<';
	if (f->proto == TCP)
		send_segments(fs, f, d, &o, payload);
	else if (f->proto == UDP)
		send_udp(fs, f, d, &o, payload);
	else if (f->proto == ICMP || f->proto == ICMP6)
		send_icmp(fs, f, d, &o, payload);
	else
		send_ip(fs, f, d, &o, payload);
}
