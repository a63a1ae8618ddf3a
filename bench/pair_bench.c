/* pair_bench.c - what a pair costs, without a link: an active engine, its commits, and the standby that applies them.
 *
 *   pair_bench [--rounds N] [--batch N] [--prevent] [--after OCTETS] CAPTURE
 *
 * Every round plays the capture on one engine alone and on a pair, the one beginning in turn; the pair's octets are gathered
 * over many commits, then fed to the standby, so that each side's CPU time is its own. What travels is counted by the service
 * of its flow and by section, read from the frames themselves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cur.h"
#include "ips/capset.h"
#include "ips/replica.h"

enum { ROUNDS_MAX = 99, ROUNDS = 5, BATCH = 8, CHUNK = 64 << 20, CHUNK_FULL = 256 << 10, FIELDS_MAX = 32 };

struct cost {
	double alone, active, standby; /* ns a packet of CPU time */
};

struct of_service {
	uint64_t flows, packets, octets, told;
};

struct bench {
	struct gen *gen;
	struct capset cap;
	unsigned n_rounds, batch;
	struct cost cost[ROUNDS_MAX];
	struct span out;
	uint8_t *mem;
	size_t len;
	uint64_t *told;          /* octets by serial number */
	uint64_t n_serials;
	uint64_t section[FIELDS_MAX]; /* octets by field of a session message */
	uint64_t other, commits, all; /* ... of other messages, and of all */
	struct of_service service[PROTO_N];
	double standby_s;
};

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what travels ------------------------------------------------------------------------------- */

static uint64_t varint(struct cur *c)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		const uint8_t b = cur_u8(c);
		v |= (uint64_t)(b & 0x7f) << shift;
		if ((b & 0x80) == 0)
			break;
	}
	return v;
}

/* One session message: its serial number comes first. */
static void count_session(struct bench *b, struct span body)
{
	struct cur c = cur_span(body);
	uint64_t serial = 0;
	while (cur_ok(&c) && cur_left(&c) > 0) {
		const size_t before = cur_left(&c);
		const uint64_t tag = varint(&c);
		const uint64_t v = varint(&c);
		if ((tag & 7) == 2)
			cur_skip(&c, (size_t)v);
		if (tag >> 3 == 1)
			serial = v;
		if (tag >> 3 < FIELDS_MAX)
			b->section[tag >> 3] += before - cur_left(&c);
	}
	if (serial < b->n_serials)
		b->told[serial] += body.len + HA_FRAME_HEADER;
}

static void count_frames(struct bench *b, struct span batch)
{
	struct cur c = cur_span(batch);
	b->all += batch.len;
	while (cur_left(&c) > 0) {
		const uint8_t type = cur_u8(&c);
		const struct span body = cur_bytes(&c, cur_be32(&c));
		b->section[0] += type == HA_SESSION ? HA_FRAME_HEADER : 0;
		if (type == HA_SESSION)
			count_session(b, body);
		else
			b->other += body.len + HA_FRAME_HEADER;
		b->commits += type == HA_COMMIT;
	}
}

static void on_rec(void *arg, const struct rec *r)
{
	struct bench *b = arg;
	if (r->kind != REC_FLOW)
		return;
	struct of_service *s = &b->service[r->proto];
	s->flows++;
	s->packets += r->flow.packets[DIR_ORIG] + r->flow.packets[DIR_REPLY];
	s->octets += r->flow.bytes[DIR_ORIG] + r->flow.bytes[DIR_REPLY];
	s->told += r->serial < b->n_serials ? b->told[r->serial] : 0;
}

static void ignore_rec(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
}

/* --- the ways ------------------------------------------------------------------------------------ */

static const struct engine_cfg cfg = { .seed = 1, .node = 1, .rec_mask = 1u << REC_FLOW };

static enum err run_alone(struct bench *b, double *ns)
{
	struct engine *e;
	TRY(engine_new(&cfg, b->gen, mono_ns(0), ignore_rec, NULL, &e));
	const double t = seconds();
	for (size_t i = 0; i < b->cap.n; i++) {
		struct packet p = b->cap.v[i];
		if (p.data != NULL)
			(void)engine_packet(e, &p);
	}
	*ns = (seconds() - t) * 1e9 / (double)b->cap.n;
	engine_free(e);
	return OK;
}

static enum err feed_chunk(struct bench *b, struct replica *to)
{
	const double t = seconds();
	TRY(replica_feed(to, span_of(b->mem, b->len)));
	b->standby_s += seconds() - t;
	b->len = 0;
	return OK;
}

/* The active engine's packets and commits until the chunk is full; *at: the next packet. */
static enum err play_chunk(struct bench *b, struct replica *a, size_t *at)
{
	while (*at < b->cap.n && b->len < CHUNK_FULL) {
		struct span bytes;
		for (unsigned k = 0; k < b->batch && *at < b->cap.n; k++, (*at)++) {
			struct packet p = b->cap.v[*at];
			a->packet_nr = p.nr;
			if (p.data != NULL)
				(void)engine_packet(a->engine, &p);
		}
		TRY(replica_commit(a, &bytes));
		if (bytes.len > CHUNK - b->len)
			return ERR_FULL;
		memcpy(b->mem + b->len, bytes.p, bytes.len);
		b->len += bytes.len;
		replica_release(a, a->sender.seq);
		a->written = a->released;
	}
	return OK;
}

static enum err play_pair(struct bench *b, struct replica *a, struct replica *s, struct cost *c)
{
	double active = 0;
	b->standby_s = 0;
	for (size_t at = 0; at < b->cap.n;) {
		const double t = seconds();
		TRY(play_chunk(b, a, &at));
		active += seconds() - t;
		count_frames(b, span_of(b->mem, b->len));
		TRY(feed_chunk(b, s));
	}
	c->active = active * 1e9 / (double)b->cap.n;
	c->standby = b->standby_s * 1e9 / (double)b->cap.n;
	if (s->digest_mismatches != 0)
		return ERR_MISMATCH;
	return OK;
}

static enum err run_pair(struct bench *b, struct cost *c)
{
	struct replica a = { 0 }, s = { 0 };
	memset(b->told, 0, b->n_serials * sizeof(*b->told));
	memset(b->section, 0, sizeof(b->section));
	memset(b->service, 0, sizeof(b->service));
	b->other = b->commits = b->all = b->len = 0;
	enum err e = replica_new(&cfg, b->gen, mono_ns(0), on_rec, b, &a);
	if (e == OK)
		e = replica_new(&cfg, b->gen, mono_ns(0), ignore_rec, NULL, &s);
	if (e == OK)
		e = replica_stand_by(&s);
	if (e == OK)
		e = replica_join(&a);
	if (e == OK) {
		(void)replica_bulk(&a, 1);
		e = play_pair(b, &a, &s, c);
	}
	if (e == OK) {
		engine_finish(a.engine);
		replica_part(&a);
	}
	replica_free(&a);
	replica_free(&s);
	return e;
}

static enum err run_rounds(struct bench *b)
{
	for (unsigned r = 0; r < b->n_rounds; r++) {
		if (r % 2 == 0)
			TRY(run_alone(b, &b->cost[r].alone));
		TRY(run_pair(b, &b->cost[r]));
		if (r % 2 != 0)
			TRY(run_alone(b, &b->cost[r].alone));
	}
	return OK;
}

/* --- figures ------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void row(const char *name, double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_value);
	printf("%-46s %10.2f %10.2f %10.2f\n", name, v[n / 2], v[0], v[n - 1]);
}

static void print_costs(const struct bench *b)
{
	double v[6][ROUNDS_MAX];
	static const char *const name[6] = { "alone, ns a packet", "active, ns a packet", "standby, ns a packet", "active / alone",
					     "standby / alone", "standby / active" };
	for (unsigned r = 0; r < b->n_rounds; r++) {
		const struct cost *c = &b->cost[r];
		const double of[6] = { c->alone, c->active, c->standby, c->active / c->alone, c->standby / c->alone,
				       c->standby / c->active };
		for (unsigned i = 0; i < 6; i++)
			v[i][r] = of[i];
	}
	printf("%-46s %10s %10s %10s\n", "", "median", "min", "max");
	for (unsigned i = 0; i < 6; i++)
		row(name[i], v[i], b->n_rounds);
}

static void print_octets(const struct bench *b)
{
	const struct ha_msg *m = ha_msg_of_type(HA_SESSION);
	const double n = (double)b->cap.n;
	printf("\n%-20s %8s %10s %14s %14s %10s\n", "service", "flows", "packets", "octets/packet", "HA/packet", "HA share");
	for (unsigned i = 0; i < PROTO_N; i++) {
		const struct of_service *s = &b->service[i];
		if (s->packets != 0)
			printf("%-20s %8llu %10llu %14.1f %14.1f %9.1f%%\n", proto_name((enum proto)i),
			       (unsigned long long)s->flows, (unsigned long long)s->packets,
			       (double)s->octets / (double)s->packets, (double)s->told / (double)s->packets,
			       100.0 * (double)s->told / (double)s->octets);
	}
	printf("\nHA octets a packet, %llu commits of %u packets: %.1f\n", (unsigned long long)b->commits, b->batch,
	       (double)b->all / n);
	printf("  %-10s %8.2f\n  %-10s %8.2f\n", "frames", (double)b->section[0] / n, "others", (double)b->other / n);
	for (unsigned i = 0; i < m->n; i++)
		printf("  %-10s %8.2f\n", m->row[i].name, (double)b->section[i + 1] / n);
}

/* --- set-up -------------------------------------------------------------------------------------- */

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "pair_bench: %s\n", text);
}

static enum err set_up(struct bench *b, const char *path, char *why)
{
	TRY(capset_load(path, &b->cap, why));
	b->n_serials = b->cap.n + 1; /* no packet opens two sessions */
	b->told = calloc(b->n_serials, sizeof(*b->told));
	b->mem = malloc(CHUNK);
	return b->told != NULL && b->mem != NULL ? OK : ERR_NOMEM;
}

static int usage(void)
{
	fprintf(stderr, "usage: pair_bench [--rounds 1..%d] [--batch N] [--prevent] [--after OCTETS] CAPTURE\n", ROUNDS_MAX);
	return 2;
}

static bool read_options(struct bench *b, int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i++) {
		const bool prevent = strcmp(argv[i], "--prevent") == 0;
		const long n = prevent ? 1 : strtol(argv[i + 1], NULL, 10);
		if (n < 1)
			return false;
		if (prevent)
			b->gen->prevent = true;
		else if (strcmp(argv[i], "--rounds") == 0 && n <= ROUNDS_MAX)
			b->n_rounds = (unsigned)n;
		else if (strcmp(argv[i], "--batch") == 0)
			b->batch = (unsigned)n;
		else if (strcmp(argv[i], "--after") == 0)
			b->gen->ignore_after = (uint64_t)n;
		else
			return false;
		i += !prevent;
	}
	return argc > 1;
}

int main(int argc, char **argv)
{
	static struct bench b = { .n_rounds = ROUNDS, .batch = BATCH };
	char why[PKTIO_WHY_LEN] = "";
	if (gen_new_default(NULL, NULL, tell, NULL, &b.gen) != OK)
		return 1;
	if (!read_options(&b, argc, argv))
		return usage();
	enum err e = set_up(&b, argv[argc - 1], why);
	if (e == OK)
		e = run_rounds(&b);
	if (e == OK) {
		print_costs(&b);
		print_octets(&b);
	} else {
		fprintf(stderr, "pair_bench: %s: %s\n", argv[argc - 1], why[0] != '\0' ? why : err_text(e));
	}
	capset_free(&b.cap);
	gen_free(b.gen);
	free(b.told);
	free(b.mem);
	return e == OK ? 0 : 1;
}
