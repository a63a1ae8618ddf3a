/* bulk_bench.c - a standby joins an active node with many sessions, while these go on; then the active node is gone.
 *
 *   bulk_bench [--lose] [SESSIONS]
 *
 * Without a link: bytes are carried from one to the other. Every session is a TCP flow with octets of a request, inspected.
 * Beside each step of the bulk some sessions go on and some begin. At the end each session must be on the standby, the
 * digests equal, and after the promotion every one must take its next segment as its own. Exit status 1 otherwise: --lose
 * shows that, by a session that the standby loses.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/wr.h"
#include "ips/replica.h"

enum { SESSIONS = 1000000, STEP = 256, LIVE = 32, SERVER_PORT = 5000, IP_LEN = 20, TCP_LEN = 20, FRAME = 128 };

static const char request[] = "GET /value HTTP/1.1\r\nHost: plc\r\n\r\n";

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* one thread does it all, on a machine that others use */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double mib(size_t before)
{
	return (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / (1 << 20);
}

static size_t in_use(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void ignore_rec(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
}

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "bulk_bench: %s\n", text);
}

static uint16_t ip_checksum(uint32_t src, size_t len)
{
	uint32_t sum = 0x4500 + (uint32_t)len + 0x4006 + (src >> 16) + (src & 0xffff) + 0x0a80 + 1;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A segment of flow i's client; the kernel has yet to fill in TCP's checksum. */
static struct packet segment(uint8_t frame[FRAME], unsigned i, uint8_t flags, uint32_t seq, const char *text, mono_t at)
{
	const size_t n = strlen(text);
	const uint32_t src = 0x0a000000 + i / 50000;
	struct wr w = wr_of(frame, FRAME);
	wr_be16(&w, 0x4500);
	wr_be16(&w, (uint16_t)(IP_LEN + TCP_LEN + n));
	wr_be32(&w, 0);
	wr_be16(&w, 0x4006);
	wr_be16(&w, ip_checksum(src, IP_LEN + TCP_LEN + n));
	wr_be32(&w, src);
	wr_be32(&w, 0x0a800001);
	wr_be16(&w, (uint16_t)(10000 + i % 50000));
	wr_be16(&w, SERVER_PORT);
	wr_be32(&w, seq);
	wr_be32(&w, (flags & TCP_ACK) != 0 ? 1 : 0);
	wr_be16(&w, (uint16_t)(0x5000 | flags));
	wr_be16(&w, 0xffff);
	wr_be32(&w, 0);
	wr_bytes(&w, text, n);
	return (struct packet){ .data = frame, .len = (uint32_t)w.len, .wire_len = (uint32_t)w.len, .at = at };
}

static bool play(struct replica *r, unsigned i, uint8_t flags, uint32_t seq, const char *text, mono_t at)
{
	uint8_t frame[FRAME];
	struct packet p = segment(frame, i, flags, seq, text, at);
	p.nr = ++r->packet_nr;
	return engine_packet(r->engine, &p).pass;
}

static bool begin(struct replica *r, unsigned i, mono_t at)
{
	return play(r, i, TCP_SYN, 99, "", at) && play(r, i, TCP_ACK, 100, request, at);
}

static enum err carry(struct replica *a, struct replica *b)
{
	struct span bytes;
	TRY(replica_commit(a, &bytes));
	TRY(replica_feed(b, bytes));
	a->sender.acked = b->receiver.seq;
	replica_release(a, a->sender.seq);
	a->written = a->released;
	return OK;
}

static enum err bulk(struct replica *a, struct replica *b, unsigned n, unsigned *begun, mono_t at)
{
	unsigned live = 0;
	TRY(replica_join(a));
	for (size_t left = n; left != 0;) {
		for (unsigned k = 0; k < LIVE; k++, live = (live + 7919) % n)
			(void)play(a, live, TCP_ACK, 100, request, at); /* again: what is known changes all the same */
		(void)begin(a, n + (*begun)++, at);
		left = replica_bulk(a, STEP);
		TRY(carry(a, b));
	}
	return OK;
}

static enum err run(const struct gen *g, unsigned n, bool lose)
{
	const struct engine_cfg cfg = { .seed = 1, .node = 1 };
	const mono_t at = mono_ns(NS_PER_SEC);
	struct replica a = { 0 }, b = { 0 };
	unsigned begun = 0, resumed = 0;
	TRY(replica_new(&cfg, g, at, ignore_rec, NULL, &a));
	double t = seconds();
	for (unsigned i = 0; i < n; i++)
		if (!begin(&a, i, at))
			return ERR_FULL;
	printf("%u sessions begun in %.2f s\n", n, seconds() - t);
	const size_t before = in_use();
	TRY(replica_new(&cfg, g, at, ignore_rec, NULL, &b));
	TRY(replica_stand_by(&b));
	t = seconds();
	TRY(bulk(&a, &b, n, &begun, at));
	const double bulk_s = seconds() - t;
	printf("bulk %.2f s of CPU time for both nodes, %u sessions a step, %u packets and a new session beside each\n", bulk_s,
	       STEP, LIVE);
	printf("octets %.1f a session\n", (double)a.sender.n_octets / (n + begun));
	printf("standby's memory %.0f MiB, %.0f octets a session\n", mib(before), mib(before) * (1 << 20) / (n + begun));
	const bool equal = b.whole && b.digest_mismatches == 0 &&
			   session_count(engine_sessions(b.engine)) == session_count(engine_sessions(a.engine));
	if (lose)
		engine_ha_ended(b.ha, n);
	t = seconds();
	replica_promote(&b);
	printf("promotion %.3f ms\n", (seconds() - t) * 1e3);
	t = seconds();
	const uint64_t had = engine_stats(b.engine)->sessions;
	for (unsigned i = 0; i < n + begun; i++)
		resumed += play(&b, i, TCP_ACK, 100 + sizeof(request) - 1, "more", at);
	const bool none_new = engine_stats(b.engine)->sessions == had;
	t = seconds() - t;
	printf("%u of %u sessions resumed, %s opened anew, in %.2f s\n", resumed, n + begun, none_new ? "none" : "some", t);
	replica_free(&a);
	replica_free(&b);
	return equal && none_new && resumed == n + begun ? OK : ERR_MISMATCH;
}

int main(int argc, char **argv)
{
	const bool lose = argc > 1 && strcmp(argv[1], "--lose") == 0;
	const int at = 1 + lose;
	const long n = argc > at ? strtol(argv[at], NULL, 10) : SESSIONS;
	struct gen *g;
	if (n < 1 || n > 2 * SESSIONS || argc > at + 1) {
		fprintf(stderr, "usage: bulk_bench [--lose] [1..%d]\n", 2 * SESSIONS);
		return 2;
	}
	if (gen_new_default(NULL, NULL, tell, NULL, &g) != OK)
		return 1;
	g->max_sessions = (uint32_t)n + (uint32_t)n / 64 + 1024;
	g->stream_memory = (uint64_t)1 << 30;
	const enum err e = run(g, (unsigned)n, lose);
	if (e != OK)
		fprintf(stderr, "bulk_bench: %s\n", err_text(e));
	gen_free(g);
	return e == OK ? 0 : 1;
}
