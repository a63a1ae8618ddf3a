/* seeds.c - seeds OUT CAPTURE...: what a capture holds for each target, as seed files OUT/<target>/<capture>-<n>.
 *
 * A seed is small: the association's first records, then a window of those that follow. Every other one has
 * something odd in its middle: a gap, an abort, a switch to the other node.
 */
#include <sys/stat.h>

#include "decoders/other/other.h"
#include "ips/node.h"
#include "ips/stack.h"
#include "tests/fuzz/fuzz_gen.h"
#include "tests/fuzz/fuzz_log.h"
#include "tests/unit/pktbuild.h"

enum { SEED_MAX = 1100, RECORDS_MAX = 1200, WINDOWS_MAX = 8, PACKETS_MAX = 14, BATCH = 2 };

/* Control octets of fuzz_engine.c and of the decoders' targets. */
enum { ENGINE_RAW = 0, ENGINE_TCP = 1, ENGINE_UDP = 4, ENGINE_SWITCH = 6, ENGINE_REPLY = 8 };
enum { HA_WIRE_BELIEVE = 0x80, COTP_GAP = 2, COTP_PIECES = 4 + (6 << 3), OSI_GAP = 2, MMS_ABORT = 8, OTHER_WHOLE = 2,
	OTHER_S7 = 4 };

struct shape {
	const char *target, *kind;
	size_t n_head;           /* octets before the records: the settings first */
	size_t n_first;          /* records of the association */
	uint8_t every;           /* in the control octet of all records of odd windows */
	uint8_t middle;          /* and of their middle one */
	bool insert;             /* a record of its own, middle is all its control octet */
};

struct record {
	uint8_t ctl;
	uint8_t *p;
	size_t len;
};

struct records {
	struct record v[RECORDS_MAX];
	size_t n;
};

struct seeds {
	const char *out, *name;
	struct records packets, segments, pieces, tsdus, pdus;
	struct fuzz_log log;
	struct stack stack;
	struct tuple flow;       /* the first TCP flow: of the others only packets are taken */
	bool seen[DIR_N];
	uint32_t next[DIR_N];
};

static void add(struct records *r, uint8_t ctl, struct span s)
{
	if (r->n < RECORDS_MAX && s.len <= UINT16_MAX)
		r->v[r->n++] = (struct record){ ctl, fuzz_copy(s), s.len };
}

static void clear(struct records *r)
{
	while (r->n > 0)
		free(r->v[--r->n].p);
}

/* --- writing ---------------------------------------------------------------------------------------- */

static FILE *create(const struct seeds *s, const char *target, const char *kind, unsigned nr)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", s->out, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s%s-%u", s->out, target, kind, s->name, nr);
	FILE *f = fopen(path, "wb");
	FUZZ_CHECK(f != NULL);
	return f;
}

static void put(FILE *f, const struct record *r)
{
	const uint8_t head[3] = { r->ctl, (uint8_t)(r->len >> 8), (uint8_t)r->len };
	fwrite(head, 1, sizeof(head), f);
	if (r->len != 0)
		fwrite(r->p, 1, r->len, f);
}

static void put_odd(FILE *f, const struct shape *sh, const struct record *r, bool odd, bool middle)
{
	const struct record own = { sh->middle, NULL, 0 };
	struct record changed = *r;
	if (odd)
		changed.ctl |= (uint8_t)(sh->every | (middle && !sh->insert ? sh->middle : 0));
	if (odd && middle && sh->insert)
		put(f, &own);
	put(f, &changed);
}

/* Windows of at most SEED_MAX octets, each behind the first records. */
static void write_windows(const struct seeds *s, const struct shape *sh, const struct records *r)
{
	size_t at = sh->n_first;
	for (unsigned nr = 0; nr < WINDOWS_MAX && (nr < 2 || at < r->n); nr++) {
		size_t len = 0;
		if (nr == 1 && at >= r->n)
			at = sh->n_first;        /* one window in all: once as it is, once odd */
		const size_t from = at;
		FILE *f = create(s, sh->target, sh->kind, nr);
		for (size_t i = 0; i < sh->n_head; i++)
			fputc(i == 0 && nr >= 2 ? 1 << nr % 4 : 0, f); /* later windows under other settings */
		for (size_t i = 0; i < sh->n_first && i < r->n; i++)
			put_odd(f, sh, &r->v[i], nr % 2 != 0, false);
		for (; at < r->n && (at == from || len + r->v[at].len <= SEED_MAX); at++) {
			put_odd(f, sh, &r->v[at], nr % 2 != 0, at == from + 1);
			len += r->v[at].len;
		}
		FUZZ_CHECK(fclose(f) == 0);
	}
}

/* --- tapping the decoders ------------------------------------------------------------------------------ */

static void to_iccp(void *arg, const struct mms_pdu *p)
{
	struct seeds *s = arg;
	iccp_pdu(&s->stack.iccp, &s->log.ctx, p);
}

static void iccp_ends(void *arg, enum dir d)
{
	struct seeds *s = arg;
	iccp_aborted(&s->stack.iccp, &s->log.ctx, d);
}

static void to_mms(void *arg, enum dir d, int kind, struct span u)
{
	struct seeds *s = arg;
	const struct mms_upper up = { to_iccp, iccp_ends, s };
	if (kind == OSI_UNIT_MMS) {
		add(&s->pdus, (uint8_t)d, u);
		mms_pdu(&s->stack.mms, &s->log.ctx, d, u, &up);
	}
}

static void to_osi(void *arg, enum dir d, int kind, struct span u)
{
	struct seeds *s = arg;
	const struct dec_upper up = { to_mms, s };
	if (kind == COTP_UNIT_TSDU) {
		add(&s->tsdus, (uint8_t)d, u);
		osi_tsdu(&s->stack.osi, &s->log.ctx, d, u, &up);
	}
}

static void tap(struct seeds *s, const struct packet *given)
{
	struct packet p = *given;
	const struct dec_upper up = { to_osi, s };
	if (p.data == NULL || packet_decode(&p) != REASON_NONE || p.payload.len == 0)
		return;
	if (p.tuple.proto == IPPROTO_UDP_)
		add(&s->segments, (uint8_t)(ENGINE_UDP | (p.tuple.sport < p.tuple.dport ? ENGINE_REPLY : 0)), p.payload);
	if (p.tuple.proto != IPPROTO_TCP_)
		return;
	const struct tuple back = tuple_reverse(&p.tuple);
	if (s->flow.family == 0)
		s->flow = p.tuple;
	const enum dir d = tuple_equal(&back, &s->flow) ? DIR_REPLY : DIR_ORIG;
	if (d == DIR_ORIG && !tuple_equal(&p.tuple, &s->flow))
		return;
	if (s->seen[d] && s->next[d] != p.tcp.seq)
		return;
	s->seen[d] = true;
	s->next[d] = p.tcp.seq + (uint32_t)p.payload.len;
	add(&s->pieces, (uint8_t)d, p.payload);
	add(&s->segments, (uint8_t)(ENGINE_TCP | (d == DIR_REPLY ? ENGINE_REPLY : 0)), p.payload);
	fuzz_log_feed(&s->log);
	cotp_feed(&s->stack.cotp, &s->log.ctx, d, p.payload, &up);
}

/* --- BER, and what is not COTP --------------------------------------------------------------------------- */

/* MMS PDUs by themselves, read to another depth each. */
static void write_elements(const struct seeds *s)
{
	for (unsigned nr = 0; nr < s->pdus.n && nr < PACKETS_MAX; nr++) {
		const struct record *r = &s->pdus.v[nr * s->pdus.n / (s->pdus.n < PACKETS_MAX ? s->pdus.n : PACKETS_MAX)];
		if (r->len > SEED_MAX)
			continue;
		FILE *f = create(s, "ber", "", nr);
		fputc((int)(32 - nr % 8 * 4), f);
		fwrite(r->p, 1, r->len, f);
		FUZZ_CHECK(fclose(f) == 0);
	}
}

struct begun {
	struct tuple flow;       /* as its first packet had it */
	bool dir[DIR_N];
};

/* The flow of t, made if there is none; NULL: no more are kept. */
static struct begun *begun_of(struct begun *v, size_t cap, const struct tuple *t, enum dir *d)
{
	const struct tuple back = tuple_reverse(t);
	for (size_t i = 0; i < cap; i++) {
		if (v[i].flow.family == 0)
			v[i].flow = *t;
		*d = tuple_equal(&v[i].flow, &back) ? DIR_REPLY : DIR_ORIG;
		if (*d == DIR_REPLY || tuple_equal(&v[i].flow, t))
			return &v[i];
	}
	return NULL;
}

static void write_first(const struct seeds *s, unsigned nr, const struct begun *b, enum dir d, const struct packet *p)
{
	const bool udp = b->flow.proto == IPPROTO_UDP_;
	const struct record r = { (uint8_t)(d | (nr % 2 != 0 ? OTHER_WHOLE : 0)), (uint8_t *)(uintptr_t)p->payload.p,
				  size_min(p->payload.len, SEED_MAX) };
	FILE *f = create(s, "other", "", nr);
	const uint16_t ports[] = { b->flow.sport, b->flow.dport };
	fputc(udp, f);
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		fputc(ports[i] >> 8, f);
		fputc(ports[i] & 0xff, f);
	}
	put(f, &r);
	FUZZ_CHECK(fclose(f) == 0);
}

/* What each direction of each flow begins with; TSDUs of S7. */
static void write_firsts(const struct seeds *s, const struct capset *cap)
{
	struct begun seen[RECORDS_MAX / 8] = { 0 };
	unsigned nr = 0;
	for (size_t i = 0; i < cap->n; i++) {
		struct packet p = cap->v[i];
		enum dir d;
		if (p.data == NULL || packet_decode(&p) != REASON_NONE || p.payload.len == 0)
			continue;
		struct begun *b = begun_of(seen, ARRAY_LEN(seen), &p.tuple, &d);
		if (b == NULL || b->dir[d])
			continue;
		b->dir[d] = true;
		write_first(s, nr++, b, d, &p);
	}
	for (size_t i = 0; i < s->tsdus.n && i < PACKETS_MAX; i++) {
		struct record r = s->tsdus.v[i];
		if (!s7_looks_like(span_of(r.p, r.len)) || r.len > SEED_MAX)
			continue;
		r.ctl |= OTHER_S7;
		FILE *f = create(s, "other", "s7.", (unsigned)i);
		for (unsigned k = 0; k < 5; k++)
			fputc(0, f);
		put(f, &r);
		FUZZ_CHECK(fclose(f) == 0);
	}
}

/* --- the link's bytes ------------------------------------------------------------------------------------ */

static void write_batch(FILE *f, struct node *n, bool spoilt)
{
	struct span bytes;
	FUZZ_CHECK(replica_commit(&n->r, &bytes) == OK);
	uint8_t *own = fuzz_copy(bytes);
	own[bytes.len / 2] ^= spoilt ? 0x80 : 0;
	fwrite(own, 1, bytes.len, f);
	free(own);
}

/* The first packets of the capture, as node A tells node B of them, two a batch, and all sessions' ends;
 * spoilt: not quite so. */
static void write_link(struct seeds *s, const struct gen *g, const struct capset *cap, size_t n_packets, bool spoilt)
{
	struct node n;
	struct trace_mark v[BATCH];
	FILE *f = create(s, "ha_wire", spoilt ? "spoilt." : "", (unsigned)n_packets);
	fputc(HA_WIRE_BELIEVE | (int)n_packets % 4, f);
	FUZZ_CHECK(node_new_active(g, 1, &n) == OK);
	for (size_t i = 0; i < cap->n && i < n_packets; i += BATCH) {
		const size_t batch = size_min(BATCH, cap->n - i);
		for (size_t k = 0; k < batch; k++)
			node_packet(&n, &cap->v[i + k], &v[k]);
		write_batch(f, &n, spoilt);
		node_release(&n, &cap->v[i], v, batch);
	}
	if (n_packets % 4 == 0) {
		engine_finish(n.r.engine);
		write_batch(f, &n, spoilt);
	}
	node_free(&n);
	FUZZ_CHECK(fclose(f) == 0);
}

static void write_packet(const struct seeds *s, unsigned nr, const void *p, size_t len)
{
	FILE *f = create(s, "packet", "", nr);
	fwrite(p, 1, len, f);
	FUZZ_CHECK(fclose(f) == 0);
}

/* Packets, and an ICMP error about one of them. */
static void write_packets(const struct seeds *s, const struct capset *cap)
{
	unsigned nr = 0;
	struct pkt k;
	for (size_t i = 0; i < cap->n && nr < PACKETS_MAX; i++) {
		const struct packet *p = &cap->v[i];
		if (p->data == NULL || p->len > SEED_MAX || i % (cap->n / PACKETS_MAX + 1) != 0)
			continue;
		write_packet(s, nr++, p->data, p->len);
		if (nr != 2)
			continue;
		const bool six = (p->data[0] >> 4) == 6;
		pkt_flow(&k, six ? 6 : 4, true, six ? 58 : 1);
		pkt_icmp(&k, six ? 1 : 3, 1, 0, p->data, p->len);
		pkt_finish(&k);
		write_packet(s, nr++, k.b, k.len);
	}
}

static void one_capture(struct seeds *s, const struct gen *g, const char *path)
{
	struct capset cap;
	char why[PKTIO_WHY_LEN], name[256];
	FUZZ_CHECK(capset_load(path, &cap, why) == OK);
	const char *slash = strrchr(path, '/');
	snprintf(name, sizeof(name), "%s", slash != NULL ? slash + 1 : path);
	char *dot = strstr(name, ".pcap");
	if (dot != NULL)
		*dot = '\0';
	s->name = name;
	fuzz_log_init(&s->log, 0);
	stack_init(&s->stack);
	for (size_t i = 0; i < cap.n; i++) {
		tap(s, &cap.v[i]);
		if (cap.v[i].data != NULL)
			add(&s->packets, ENGINE_RAW, span_of(cap.v[i].data, cap.v[i].len));
	}
	write_packets(s, &cap);
	write_windows(s, &(struct shape){ "cotp", "", 1, 2, COTP_PIECES, COTP_GAP, false }, &s->pieces);
	write_windows(s, &(struct shape){ "osi", "", 1, 2, 0, OSI_GAP, false }, &s->tsdus);
	write_windows(s, &(struct shape){ "mms_iccp", "", 1, 2, 0, MMS_ABORT, false }, &s->pdus);
	write_windows(s, &(struct shape){ "engine", "", 2, 7, 0, ENGINE_SWITCH, true }, &s->packets);
	write_windows(s, &(struct shape){ "engine", "tcp.", 2, 4, 0, ENGINE_SWITCH, true }, &s->segments);
	write_elements(s);
	write_firsts(s, &cap);
	write_link(s, g, &cap, 4, false);
	write_link(s, g, &cap, 4, true);
	write_link(s, g, &cap, 10, false);
	stack_fini(&s->stack, s->log.ctx.bufs);
	fuzz_log_fini(&s->log);
	capset_free(&cap);
}

int main(int argc, char **argv)
{
	static struct seeds s;
	const struct gen g = fuzz_gen(PREFER_CONNECTIVITY);
	if (argc < 3) {
		fprintf(stderr, "use: seeds OUT CAPTURE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		s.out = argv[1];
		one_capture(&s, &g, argv[i]);
		struct records *const all[] = { &s.packets, &s.segments, &s.pieces, &s.tsdus, &s.pdus };
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			clear(all[k]);
		memset(&s, 0, sizeof(s));
	}
	sigset_free(g.sigs);
	policy_set_free(g.policy);
	return 0;
}
