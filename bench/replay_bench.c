/* replay_bench.c - what a packet costs: the replay of a capture beside libpcap's own read loop.
 *
 *   replay_bench [--rounds N] CAPTURE
 *
 * In every round all ways go through the capture side by side, some thousand packets each in turn, so that a busy machine
 * slows all of them alike. A ratio is taken within a round; shown is the median of the rounds. Times are the thread's CPU
 * time, so they are of one core; the wall clock's stand beside them.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ips/capset.h"
#include "ips/engine.h"

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "unknown"
#endif

enum { ROUNDS_MAX = 99, ROUNDS = 5, CACHE_LINE = 64, SLICE = 8192 /* packets */ };

/* X(id, name) */
#define WAY_LIST(X)                                                        \
	X(WAY_LIBPCAP, "libpcap: pcap_next_ex, each packet touched")       \
	X(WAY_SOURCE, "capture source: recv and verdict")                  \
	X(WAY_REPLAY, "replay: capture source and engine")                 \
	X(WAY_UNDECODED, "replay, protocol-decoders disable")              \
	X(WAY_MEMORY, "engine, packets in memory")                         \
	X(WAY_PLAIN, "engine, packets in memory, utm-status disable")

enum way {
#define X(id, name) id,
	WAY_LIST(X)
#undef X
	WAY_N
};

static const char *const way_names[WAY_N] = {
#define X(id, name) [id] = name,
	WAY_LIST(X)
#undef X
};

static const struct {
	const char *name;
	enum way a, b;
} ratios[] = {
	{ "replay / libpcap's read loop", WAY_REPLAY, WAY_LIBPCAP },
	{ "capture source / libpcap's read loop", WAY_SOURCE, WAY_LIBPCAP },
	{ "replay / replay without decoders", WAY_REPLAY, WAY_UNDECODED },
	{ "replay / engine in memory", WAY_REPLAY, WAY_MEMORY },
	{ "inspected / not inspected, in memory", WAY_MEMORY, WAY_PLAIN },
};

struct cost {
	double cpu, wall; /* ns a packet */
};

/* One way under way: what it reads from, and what it has taken so far. */
struct lane {
	enum way way;
	struct engine *e;        /* NULL: reads and lets everything pass */
	struct pktio *io;
	pcap_t *pcap;
	uint64_t packets;
	double cpu, wall;        /* seconds */
	bool done;
};

struct bench {
	const char *path;
	struct gen *gen;
	struct gen plain;        /* gen's, but for the policy */
	struct gen undecoded;    /* gen's, but for the decoders */
	struct capset cap;
	unsigned n_rounds;
	uint64_t touched;        /* so that no read is optimised away */
	struct engine_stats st[WAY_N];
	struct cost cost[WAY_N][ROUNDS_MAX];
	char why[PKTIO_WHY_LEN];
};

/* --- the ways: each takes the next packets, about SLICE of them, and says when none are left ------------------ */

static enum err slice_libpcap(struct bench *b, struct lane *l)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	for (unsigned n = 0; n < SLICE; n++) {
		if (pcap_next_ex(l->pcap, &h, &data) != 1) {
			l->done = true;
			break;
		}
		for (size_t i = 0; i < h->caplen; i += CACHE_LINE)
			b->touched += data[i];
		l->packets++;
	}
	return OK;
}

static enum err slice_source(struct bench *b, struct lane *l)
{
	struct packet batch[PKTIO_BATCH_MAX];
	struct pktio_verdict v[PKTIO_BATCH_MAX];
	unsigned n;
	for (unsigned taken = 0; taken < SLICE; taken += n) {
		const enum err er = l->io->ops->recv(l->io, batch, PKTIO_BATCH_MAX, &n);
		if (er == ERR_EOF) {
			l->done = true;
			return OK;
		}
		TRY(er);
		for (unsigned i = 0; i < n; i++) {
			batch[i].nr = ++l->packets;
			const bool pass = l->e == NULL || batch[i].data == NULL || engine_packet(l->e, &batch[i]).pass;
			v[i] = (struct pktio_verdict){ .pass = pass };
		}
		TRY(l->io->ops->verdict(l->io, v, n));
	}
	(void)b;
	return OK;
}

static enum err slice_memory(struct bench *b, struct lane *l)
{
	for (unsigned n = 0; n < SLICE && l->packets < b->cap.n; n++) {
		struct packet p = b->cap.v[l->packets++];
		if (p.data != NULL)
			b->touched += engine_packet(l->e, &p).pass;
	}
	l->done = l->packets == b->cap.n;
	return OK;
}

static void ignore_rec(void *arg, const struct rec *r)
{
	(void)arg;
	(void)r;
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum err lane_open(struct bench *b, enum way w, struct lane *l)
{
	const struct gen *const gen[WAY_N] = {
		[WAY_REPLAY] = b->gen, [WAY_UNDECODED] = &b->undecoded, [WAY_MEMORY] = b->gen, [WAY_PLAIN] = &b->plain
	};
	const struct engine_cfg cfg = { .seed = 1, .node = 1 };
	char text[PCAP_ERRBUF_SIZE];
	*l = (struct lane){ .way = w };
	if (gen[w] != NULL)
		TRY(engine_new(&cfg, gen[w], mono_ns(0), ignore_rec, NULL, &l->e));
	if (w == WAY_MEMORY || w == WAY_PLAIN)
		return OK;
	if (w != WAY_LIBPCAP)
		return pktio_capture_open(b->path, &l->io, b->why);
	l->pcap = pcap_open_offline(b->path, text);
	if (l->pcap == NULL)
		snprintf(b->why, sizeof(b->why), "%.200s", text);
	return l->pcap != NULL ? OK : ERR_IO;
}

static void lane_close(struct bench *b, struct lane *l)
{
	if (l->io != NULL) {
		memcpy(b->why, l->io->why, sizeof(b->why));
		l->io->ops->close(l->io);
	}
	if (l->pcap != NULL)
		pcap_close(l->pcap);
	engine_free(l->e);
}

/* Times one slice; setting the engine up is not part of it, ending its sessions is. */
static enum err lane_slice(struct bench *b, struct lane *l)
{
	static enum err (*const slice[WAY_N])(struct bench *b, struct lane *l) = {
		[WAY_LIBPCAP] = slice_libpcap, [WAY_SOURCE] = slice_source, [WAY_REPLAY] = slice_source,
		[WAY_UNDECODED] = slice_source, [WAY_MEMORY] = slice_memory,   [WAY_PLAIN] = slice_memory,
	};
	if (l->done)
		return OK;
	const double cpu = seconds(CLOCK_THREAD_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
	const enum err er = slice[l->way](b, l);
	if (l->done && l->e != NULL)
		engine_finish(l->e);
	l->cpu += seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
	l->wall += seconds(CLOCK_MONOTONIC) - wall;
	return er;
}

/* What a lane that has come to its end has cost. */
static enum err lane_cost(struct bench *b, const struct lane *l, struct cost *c)
{
	const double n = (double)(l->packets != 0 ? l->packets : 1);
	*c = (struct cost){ .cpu = l->cpu * 1e9 / n, .wall = l->wall * 1e9 / n };
	if (l->e != NULL)
		b->st[l->way] = *engine_stats(l->e);
	if (l->packets == b->cap.n)
		return OK;
	snprintf(b->why, sizeof(b->why), "%s: %llu packets, not %zu", way_names[l->way], (unsigned long long)l->packets, b->cap.n);
	return ERR_MISMATCH;
}

static bool all_done(const struct lane lanes[WAY_N])
{
	for (enum way w = 0; w < WAY_N; w++) {
		if (!lanes[w].done)
			return false;
	}
	return true;
}

/* A round: all ways go through the capture side by side, a slice each in turn, so that what slows the machine for a moment
 * slows all of them. Each turn begins with another way. */
static enum err run_round(struct bench *b, unsigned round)
{
	struct lane lanes[WAY_N] = { 0 };
	enum err er = OK;
	for (enum way w = 0; er == OK && w < WAY_N; w++)
		er = lane_open(b, w, &lanes[w]);
	for (unsigned turn = round; er == OK && !all_done(lanes); turn++) {
		for (unsigned i = 0; er == OK && i < WAY_N; i++)
			er = lane_slice(b, &lanes[(turn + i) % WAY_N]);
	}
	for (enum way w = 0; w < WAY_N; w++) {
		if (er == OK)
			er = lane_cost(b, &lanes[w], &b->cost[w][round]);
		lane_close(b, &lanes[w]);
	}
	return er;
}

/* --- figures ------------------------------------------------------------------------------------ */

struct spread {
	double median, min, max;
};

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static struct spread spread_of(const double *v, unsigned n)
{
	double s[ROUNDS_MAX];
	memcpy(s, v, n * sizeof(*v));
	qsort(s, n, sizeof(*s), by_value);
	return (struct spread){ .median = n % 2 != 0 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2, .min = s[0], .max = s[n - 1] };
}

static void print_head(const struct bench *b)
{
	const struct engine_stats *st = &b->st[WAY_REPLAY];
	uint64_t octets = 0, ops = 0;
	for (size_t i = 0; i < b->cap.n; i++)
		octets += b->cap.v[i].wire_len;
	for (size_t i = 0; i < EV_N; i++)
		ops += st->events[i];
	printf("machine   %ld cores online; every way runs on one\n", sysconf(_SC_NPROCESSORS_ONLN));
	printf("build     %s\n", BENCH_FLAGS);
	printf("compiler  %s\n", __VERSION__);
	printf("capture   %s: %zu packets of %.0f octets on average, %llu flows\n", b->path, b->cap.n,
	       (double)octets / (double)(b->cap.n + (b->cap.n == 0)), (unsigned long long)st->sessions);
	printf("replay    %llu inspected as ICCP, %llu as MMS, %llu as S7; %llu events, %llu dropped; %zu signatures\n",
	       (unsigned long long)st->services[PROTO_ICCP], (unsigned long long)st->services[PROTO_MMS],
	       (unsigned long long)st->services[PROTO_S7COMM], (unsigned long long)ops, (unsigned long long)st->dropped,
	       sigset_n(b->gen->sigs));
	printf("rounds    %u, interleaved; ns a packet of CPU time\n\n", b->n_rounds);
}

static void print_table(const struct bench *b)
{
	printf("%-46s %8s %8s %8s %12s %10s\n", "", "median", "min", "max", "packets/s", "wall ns");
	for (enum way w = 0; w < WAY_N; w++) {
		double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
		for (unsigned r = 0; r < b->n_rounds; r++) {
			cpu[r] = b->cost[w][r].cpu;
			wall[r] = b->cost[w][r].wall;
		}
		const struct spread s = spread_of(cpu, b->n_rounds);
		printf("%-46s %8.1f %8.1f %8.1f %12.0f %10.1f\n", way_names[w], s.median, s.min, s.max, 1e9 / s.median,
		       spread_of(wall, b->n_rounds).median);
	}
	printf("\n");
	for (size_t i = 0; i < ARRAY_LEN(ratios); i++) {
		double v[ROUNDS_MAX];
		for (unsigned r = 0; r < b->n_rounds; r++)
			v[r] = b->cost[ratios[i].a][r].cpu / b->cost[ratios[i].b][r].cpu;
		const struct spread s = spread_of(v, b->n_rounds);
		printf("ratio  %-40s %6.2f  (%.2f to %.2f)\n", ratios[i].name, s.median, s.min, s.max);
	}
}

/* --- set-up ------------------------------------------------------------------------------------- */

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "replay_bench: %s\n", text);
}

static enum err set_up(struct bench *b)
{
	static const struct policy_rule uninspected = { .id = 1, .action = POLICY_ACCEPT, .without_syn = true, .sensor = -1 };
	TRY(gen_new_default(NULL, NULL, tell, NULL, &b->gen));
	b->plain = *b->gen;
	b->undecoded = *b->gen;
	b->undecoded.undecoded = true;
	b->plain.policy = NULL;
	TRY(policy_set_new(&uninspected, 1, &b->plain.policy));
	return capset_load(b->path, &b->cap, b->why);
}

static int usage(void)
{
	fprintf(stderr, "usage: replay_bench [--rounds 1..%d] CAPTURE\n", ROUNDS_MAX);
	return 2;
}

int main(int argc, char **argv)
{
	static struct bench b = { .n_rounds = ROUNDS };
	int at = 1;
	if (argc == 4 && strcmp(argv[1], "--rounds") == 0) {
		const long n = strtol(argv[2], NULL, 10);
		if (n < 1 || n > ROUNDS_MAX)
			return usage();
		b.n_rounds = (unsigned)n;
		at = 3;
	}
	if (argc != at + 1)
		return usage();
	b.path = argv[at];
	enum err e = set_up(&b);
	for (unsigned r = 0; e == OK && r < b.n_rounds; r++)
		e = run_round(&b, r);
	if (e == OK) {
		print_head(&b);
		print_table(&b);
	} else {
		fprintf(stderr, "replay_bench: %s: %s\n", b.path, b.why[0] != '\0' ? b.why : err_text(e));
	}
	capset_free(&b.cap);
	policy_set_free(b.plain.policy);
	gen_free(b.gen);
	return e == OK ? 0 : 1;
}
