/* recut.c - recut IN.pcap OUT.pcap --mode MODE [--seed S]: the same streams in other TCP segments.
 *
 * Each data segment is cut by itself, so what was lost, repeated or changed in the source stays so. Pieces
 * change places only among consecutive segments of one direction that follow each other without
 * gap or overlap, and only with near neighbours; SYN, FIN, RST, urgent and empty segments stay where
 * they are. A flow without SYN begins with a piece in order, since a reader must start somewhere.
 * Modes: one, two, N (octets), random, reorder, dup, mix. Everything that is not whole TCP is copied.
 */
#include "tests/tools/pktin.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 8, HOLD_US = 50000, SNAPLEN = 262144 };

struct mode {
	const char *name;
	bool one, two, random, reorder, dup;
};

static const struct mode modes[] = {
	{ "one", .one = true },
	{ "two", .two = true },
	{ "random", .random = true },
	{ "reorder", .random = true, .reorder = true },
	{ "dup", .random = true, .dup = true },
	{ "mix", .one = true, .two = true, .random = true, .reorder = true, .dup = true },
};

struct run {
	struct run *next; /* in the list of runs that hold pieces, oldest first */
	struct bytes held[HELD_MAX];
	size_t n;
	unsigned dir;
	uint32_t seq_next;
	int64_t since_us;
	bool started[2];
};

struct recut {
	struct mode mode;
	size_t fixed;
	uint64_t seed;
	int link;
	struct pcap_pkthdr now;
	int64_t now_us;
	pcap_dumper_t *out;
	struct pflows flows;
	struct run *oldest, *newest;
};

/* splitmix64: the same seed, the same cuts. */
static uint64_t roll(struct recut *r, uint64_t n)
{
	uint64_t z = r->seed += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % n;
}

static void put(struct recut *r, const uint8_t *p, size_t len, size_t wire)
{
	struct pcap_pkthdr h = { .ts = r->now.ts, .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)wire };
	pcap_dump((u_char *)r->out, &h, p);
}

static void unlist(struct recut *r, struct run *run)
{
	struct run **at = &r->oldest, *before = NULL;
	while (*at != NULL && *at != run) {
		before = *at;
		at = &(*at)->next;
	}
	if (*at == NULL)
		return;
	*at = run->next;
	if (r->newest == run)
		r->newest = before;
	run->next = NULL;
}

/* Puts the held pieces out in another order. */
static void flush(struct recut *r, struct run *run)
{
	for (size_t i = run->n; r->mode.reorder && i > 1; i--) {
		size_t k = (size_t)roll(r, i);
		struct bytes t = run->held[i - 1];
		run->held[i - 1] = run->held[k];
		run->held[k] = t;
	}
	for (size_t i = 0; i < run->n; i++) {
		put(r, run->held[i].p, run->held[i].len, run->held[i].len);
		if (r->mode.dup && roll(r, 4) == 0) {
			size_t again = (size_t)roll(r, i + 1);
			put(r, run->held[again].p, run->held[again].len, run->held[again].len);
		}
	}
	for (size_t i = 0; i < run->n; i++)
		run->held[i].len = 0;
	if (run->n > 0)
		unlist(r, run);
	run->n = 0;
}

static void be16_to(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void fix_ip(const struct pkt *k, uint8_t *p, size_t end)
{
	if (k->v6) {
		be16_to(p + k->ip + 4, (unsigned)(end - k->ip - 40));
		return;
	}
	size_t hl = (size_t)(p[k->ip] & 15) * 4;
	bool bad = pkt_sum(0, k->p + k->ip, hl) != 0 && (k->p[k->ip + 10] | k->p[k->ip + 11]) != 0;
	be16_to(p + k->ip + 2, (unsigned)(end - k->ip));
	be16_to(p + k->ip + 10, 0);
	be16_to(p + k->ip + 10, pkt_sum(0, p + k->ip, hl) ^ (bad ? 0x5555u : 0));
}

/* Octets off..off+n of k's data as a frame of their own; a checksum that was bad stays bad. */
static void make_piece(const struct pkt *k, size_t off, size_t n, struct bytes *f)
{
	f->len = 0;
	bytes_put(f, k->p, k->data);
	bytes_put(f, k->p + k->data + off, n);
	uint8_t *tcp = f->p + k->l4;
	uint32_t seq = k->seq + (uint32_t)off;
	be16_to(tcp + 4, seq >> 16);
	be16_to(tcp + 6, seq & 0xffff);
	if (off + n < pkt_data_len(k))
		tcp[13] &= (uint8_t) ~(PKT_FIN | PKT_PSH);
	fix_ip(k, f->p, f->len);
	be16_to(tcp + 16, 0);
	be16_to(tcp + 16, pkt_tcp_sum(k, f->p, f->len) ^ (k->bad_sum ? 0x5555u : 0));
}

/* How long the next piece is, of `left` octets of a segment of `all`. */
static size_t piece_len(struct recut *r, const struct mode *m, size_t left, size_t all)
{
	size_t n = left;
	if (r->fixed != 0)
		n = r->fixed;
	else if (m->one)
		n = 1;
	else if (m->two)
		n = all / 2 + all % 2;
	else if (m->random)
		n = 1 + (size_t)roll(r, left < 64 || roll(r, 2) == 0 ? left : 64);
	return n < left ? n : left;
}

static void hold(struct recut *r, struct run *run, const struct pkt *k, size_t off, size_t n)
{
	if (run->n == HELD_MAX)
		flush(r, run);
	if (run->n == 0) {
		run->since_us = r->now_us;
		if (r->newest != NULL)
			r->newest->next = run;
		else
			r->oldest = run;
		r->newest = run;
	}
	make_piece(k, off, n, &run->held[run->n++]);
}

static void cut(struct recut *r, struct run *run, unsigned d, const struct pkt *k)
{
	size_t all = pkt_data_len(k);
	struct mode m = r->mode;
	if (run->n > 0 && (run->dir != d || run->seq_next != k->seq))
		flush(r, run);
	if (strcmp(m.name, "mix") == 0) {
		uint64_t how = roll(r, 4);
		m.one = how == 0 && all < 256;
		m.two = how == 1;
		m.random = how == 2;
	}
	run->dir = d;
	run->seq_next = k->seq + (uint32_t)all;
	for (size_t off = 0, n; off < all; off += n) {
		n = piece_len(r, &m, all - off, all);
		if (k->flags & PKT_FIN && off + n == all)
			flush(r, run);
		hold(r, run, k, off, n);
		if (!m.reorder || !run->started[d] || k->flags & PKT_FIN)
			flush(r, run);
		run->started[d] = true;
	}
}

static struct run *run_of(struct pflow *f)
{
	if (f->user == NULL && (f->user = calloc(1, sizeof(struct run))) == NULL)
		fail("out of memory");
	return f->user;
}

static void packet(struct recut *r, const uint8_t *p)
{
	struct pkt k;
	r->now_us = (int64_t)r->now.ts.tv_sec * 1000000 + r->now.ts.tv_usec;
	pkt_parse(&k, r->link, p, r->now.caplen, r->now.len);
	while (r->oldest != NULL && (k.kind == PKT_FRAGMENT || k.cut || r->now_us - r->oldest->since_us > HOLD_US))
		flush(r, r->oldest);
	if (k.kind == PKT_TCP) {
		unsigned d;
		struct run *run = run_of(pflow_of(&r->flows, &k, &d));
		if (pkt_data_len(&k) > 0 && !k.cut && (k.flags & (PKT_SYN | PKT_RST | PKT_URG)) == 0) {
			cut(r, run, d, &k);
			return;
		}
		flush(r, run);
		if (k.flags & PKT_SYN)
			run->started[d] = true;
	}
	put(r, p, r->now.caplen, r->now.len);
}

static void finish(struct recut *r)
{
	while (r->oldest != NULL)
		flush(r, r->oldest);
	for (struct pflow *f = r->flows.first; f != NULL; f = f->all) {
		struct run *run = f->user;
		for (size_t i = 0; i < HELD_MAX; i++)
			bytes_free(&run->held[i]);
		free(run);
	}
	pflow_fini(&r->flows);
}

static bool set_mode(struct recut *r, const char *s)
{
	char *end;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(s, modes[i].name) == 0) {
			r->mode = modes[i];
			return true;
		}
	r->mode = (struct mode){ .name = "fixed" };
	r->fixed = strtoul(s, &end, 10);
	return r->fixed > 0 && *end == 0;
}

static void run_all(struct recut *r, const char *from, const char *to)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(from, err);
	if (in == NULL)
		fail("%s", err);
	r->link = pcap_datalink(in);
	pcap_t *dead = pcap_open_dead(r->link, SNAPLEN);
	r->out = dead != NULL ? pcap_dump_open(dead, to) : NULL;
	if (r->out == NULL)
		fail("%s: %s", to, dead != NULL ? pcap_geterr(dead) : "no memory");
	struct pcap_pkthdr *h;
	const uint8_t *p;
	int more;
	while ((more = pcap_next_ex(in, &h, &p)) == 1) {
		r->now = *h;
		packet(r, p);
	}
	finish(r);
	if (more == -1)
		fprintf(stderr, "%s: %s\n", from, pcap_geterr(in));
	if (pcap_dump_flush(r->out) != 0)
		fail("%s could not be written", to);
	pcap_dump_close(r->out);
	pcap_close(dead);
	pcap_close(in);
}

int main(int argc, char **argv)
{
	struct recut *r = calloc(1, sizeof(*r));
	bool fine = r != NULL && argc >= 5 && argc % 2 == 1;
	for (int i = 3; fine && i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--mode") == 0)
			fine = set_mode(r, argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			r->seed = strtoull(argv[i + 1], NULL, 0);
		else
			fine = false;
	}
	if (!fine || r->mode.name == NULL) {
		fprintf(stderr, "use: recut IN OUT --mode one|two|N|random|reorder|dup|mix [--seed S]\n");
		free(r);
		return 2;
	}
	run_all(r, argv[1], argv[2]);
	free(r);
	return 0;
}
