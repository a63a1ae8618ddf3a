/* nfq_loop.c - a plain loop over pktio_nfqueue, and ruleset by hand, for tests and as what the engine is measured against.
 *
 *   nfq_loop run QUEUE [option ...]           until SIGTERM; prints "ready", at the end its counters
 *   nfq_loop install DIR QUEUE N [--fail-open|--forward|--nat|--bridge] IF...
 *   nfq_loop remove DIR
 *   nfq_loop plan nft|iptables QUEUE N IF...  what install would say to the programs
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/wr.h"
#include "forward/csum.h"
#include "nfq/pktio.h"
#include "nfq/ruleset_plan.h"

enum { TICK_MS = 100, REWRITE_MAX = 65536, HELD_MAX = PKTIO_BATCH_MAX * PKTIO_FLIGHTS, HOLD_MS = 5, CHUNK = 37 };

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

struct loop {
	struct pktio_nfqueue_opt io;
	uint16_t drop_port;          /* TCP and UDP to it are dropped */
	uint16_t reset_port;         /* a SYN to it is answered by a reset of ours */
	int slow_ms;                 /* before the verdicts of a batch */
	unsigned hold;               /* full batches that wait for their verdicts, or until nothing more comes for HOLD_MS */
	bool drop_caps, mark_all;
	uint32_t mark;
	bool map[2];                 /* IPv4, IPv6: outer in destinations becomes inner, inner in sources outer */
	struct addr outer[2], inner[2];
	uint64_t backwards;          /* packets older than the one before */
	mono_t last;
	uint8_t *room;               /* REWRITE_MAX for each packet without a verdict */
	unsigned n_held, most;       /* packets without a verdict, and the most there were */
	struct packet p[HELD_MAX + PKTIO_BATCH_MAX];
	struct pktio_verdict v[HELD_MAX + PKTIO_BATCH_MAX];
	uint64_t sum[HELD_MAX + PKTIO_BATCH_MAX];
	uint64_t over;               /* packets that came although all flights were under way */
	uint64_t changed;            /* packets whose octets were not lent until their verdict */
	uint64_t surplus;            /* verdicts refused because no packet waits for them */
};

static int usage(void)
{
	fputs("usage: nfq_loop run QUEUE [--drop-port N] [--reset-port N] [--slow MS] [--map OUTER=INNER] [--mark N] [--maxlen N]\n"
	      "                [--rcvbuf OCTETS] [--fail-open] [--drop-caps] [--hold BATCHES]\n"
	      "       nfq_loop install DIR QUEUE N [--fail-open] [--forward] [--nat] [--bridge] IF...\n"
	      "       nfq_loop remove DIR\n"
	      "       nfq_loop plan nft|iptables QUEUE N IF...\n",
	      stderr);
	return 2;
}

/* --- verdicts ------------------------------------------------------------------------------- */
/* RFC 1624: the checksum at field after the octets old became now, n of them. */
static void adjust(uint8_t *field, const uint8_t *old, const uint8_t *now, size_t n)
{
	uint16_t sum;
	uint8_t inverse[16];
	memcpy(&sum, field, sizeof(sum));
	for (size_t i = 0; i < n; i++)
		inverse[i] = (uint8_t)~old[i];
	uint64_t s = csum_add((uint16_t)~sum, span_of(inverse, n));
	sum = (uint16_t)~csum_fold(csum_add(s, span_of(now, n)));
	memcpy(field, &sum, sizeof(sum));
}

/* Another address at ip[at], checksums adjusted as if they were whole ones. */
static void readdress(uint8_t *ip, const struct packet *p, size_t at, const struct addr *now)
{
	const bool six = p->tuple.family == 6;
	const size_t n = six ? 16 : 4, l4 = (size_t)(p->l4.p - p->data);
	uint8_t old[16];
	memcpy(old, &ip[at], n);
	memcpy(&ip[at], now->b, n);
	if (!six)
		adjust(&ip[10], old, now->b, n);
	if (p->tuple.proto == IPPROTO_TCP_ && p->l4.len >= 20)
		adjust(&ip[l4 + 16], old, now->b, n);
	else if (p->tuple.proto == IPPROTO_UDP_ && p->l4.len >= 8)
		adjust(&ip[l4 + 6], old, now->b, n);
	else if (p->tuple.proto == IPPROTO_ICMP6_ && p->l4.len >= 4)
		adjust(&ip[l4 + 2], old, now->b, n);
}

static void map_packet(struct loop *l, const struct packet *p, unsigned i, struct pktio_verdict *v)
{
	const bool six = p->tuple.family == 6;
	uint8_t *ip = &l->room[(size_t)i * REWRITE_MAX];
	const bool in = memcmp(&p->tuple.dst, &l->outer[six], sizeof(struct addr)) == 0;
	const bool out = memcmp(&p->tuple.src, &l->inner[six], sizeof(struct addr)) == 0;
	if (!l->map[six] || p->fragment || (!in && !out) || p->len > REWRITE_MAX)
		return;
	memcpy(ip, p->data, p->len);
	if (in)
		readdress(ip, p, six ? 24 : 16, &l->inner[six]);
	else
		readdress(ip, p, six ? 8 : 12, &l->outer[six]);
	v->rewritten = ip;
	v->rewritten_len = p->len;
}

/* A reset from where p went to, as a firewall sends it: IPv4, acknowledging the SYN. */
static void reset(struct pktio *io, const struct packet *p)
{
	uint8_t ip[40];
	struct wr w = wr_of(ip, sizeof(ip));
	wr_be32(&w, 0x45000028);
	wr_be32(&w, 0);
	wr_be32(&w, 0x40060000);
	wr_bytes(&w, p->tuple.dst.b, 4);
	wr_bytes(&w, p->tuple.src.b, 4);
	wr_be16(&w, p->tuple.dport);
	wr_be16(&w, p->tuple.sport);
	wr_be32(&w, 0);
	wr_be32(&w, p->tcp.seq + 1);
	wr_be32(&w, UINT32_C(0x50000000) | (TCP_RST | TCP_ACK) << 16);
	wr_be32(&w, 0);
	const struct packet_csum c = packet_csum(span_of(ip, sizeof(ip)), false);
	memcpy(&ip[c.at], c.octets, c.len);
	if (io->ops->inject(io, ip, sizeof(ip)) != OK)
		fprintf(stderr, "%s\n", io->why);
}

static void judge(struct loop *l, struct pktio *io, struct packet *p, unsigned i, struct pktio_verdict *v)
{
	*v = (struct pktio_verdict){ .pass = true, .marked = l->mark_all, .mark = l->mark };
	l->backwards += mono_before(p->at, l->last);
	l->last = p->at;
	if (l->drop_port == 0 && l->reset_port == 0 && !l->map[0] && !l->map[1])
		return;
	if (packet_decode(p) != REASON_NONE)
		return;
	const bool ports = p->tuple.proto == IPPROTO_TCP_ || p->tuple.proto == IPPROTO_UDP_;
	if (ports && l->drop_port != 0 && p->tuple.dport == l->drop_port) {
		v->pass = false;
	} else if (p->tuple.family == 4 && p->tcp.flags == TCP_SYN && l->reset_port != 0 && p->tuple.dport == l->reset_port) {
		v->pass = false;
		reset(io, p);
	} else {
		map_packet(l, p, i, v);
	}
}

/* --- the loop ------------------------------------------------------------------------------- */
static void print_stats(const struct loop *l, const struct pktio *io)
{
	struct pktio_stats s;
	io->ops->stats(io, &s);
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{ "packets", s.packets }, { "bytes", s.bytes }, { "passed", s.passed }, { "dropped", s.dropped }, { "gso", s.gso },
		{ "cut_short", s.cut_short }, { "unusable", s.unusable }, { "not_rewritten", s.not_rewritten },
		{ "refused", s.refused }, { "injected", s.injected }, { "not_injected", s.not_injected },
		{ "queue_dropped", s.queue_dropped }, { "user_dropped", s.user_dropped }, { "pending", s.pending },
		{ "backwards", l->backwards }, { "most", l->most }, { "over", l->over }, { "changed", l->changed },
		{ "surplus", l->surplus },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		printf("%s %llu\n", rows[i].name, (unsigned long long)rows[i].n);
}

static uint64_t sum_of(const struct packet *p)
{
	uint64_t sum = UINT64_C(14695981039346656037);
	for (uint32_t i = 0; i < p->len; i++)
		sum = (sum ^ p->data[i]) * UINT64_C(1099511628211);
	return sum;
}

/* All that is held gets its verdicts, in order, in pieces that are no batches; then none is left to be judged. */
static enum err release(struct loop *l, struct pktio *io)
{
	for (unsigned i = 0; l->hold != 0 && i < l->n_held; i++)
		l->changed += sum_of(&l->p[i]) != l->sum[i];
	for (unsigned i = 0, n; i < l->n_held; i += n) {
		n = l->hold == 0 || l->n_held - i < CHUNK ? l->n_held - i : CHUNK;
		TRY(io->ops->verdict(io, &l->v[i], n));
	}
	l->n_held = 0;
	if (l->hold != 0)
		l->surplus += io->ops->verdict(io, l->v, 1) == ERR_USAGE;
	return OK;
}

static enum err receive(struct loop *l, struct pktio *io, unsigned *n)
{
	const unsigned at = l->n_held;
	TRY(io->ops->recv(io, &l->p[at], PKTIO_BATCH_MAX, n));
	if (at == HELD_MAX)
		l->over += *n;
	for (unsigned i = at; i < at + *n; i++) {
		l->sum[i] = l->hold != 0 ? sum_of(&l->p[i]) : 0;
		judge(l, io, &l->p[i], i, &l->v[i]);
	}
	l->n_held += *n;
	l->most = l->n_held > l->most ? l->n_held : l->most;
	return OK;
}

static enum err serve(struct loop *l, struct pktio *io)
{
	struct pollfd fd = { .fd = pktio_fd(io), .events = POLLIN };
	while (!stop) {
		unsigned n;
		TRY(receive(l, io, &n));
		if (n == 0 && l->n_held == 0) {
			(void)poll(&fd, 1, TICK_MS);
			continue;
		}
		const bool full = l->n_held >= l->hold * PKTIO_BATCH_MAX;
		if (full && l->hold == PKTIO_FLIGHTS)
			TRY(receive(l, io, &n)); /* whatever waits in the kernel: nothing comes */
		if (!full && (n != 0 || poll(&fd, 1, HOLD_MS) > 0))
			continue;
		if (l->slow_ms != 0)
			(void)poll(NULL, 0, l->slow_ms);
		TRY(release(l, io));
	}
	return OK;
}

static void drop_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2];
	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &head, none) != 0)
		perror("capset");
}

static int run(struct loop *l)
{
	char why[PKTIO_WHY_LEN];
	struct pktio *io;
	const struct sigaction term = { .sa_handler = on_term };
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGINT, &term, NULL);
	l->room = malloc((size_t)REWRITE_MAX * (HELD_MAX + PKTIO_BATCH_MAX));
	if (l->room == NULL)
		return 1;
	if (pktio_nfqueue_open(&l->io, &io, why) != OK) {
		fprintf(stderr, "%s\n", why);
		free(l->room);
		return 1;
	}
	if (l->drop_caps)
		drop_caps();
	puts("ready");
	fflush(stdout);
	const enum err e = serve(l, io);
	if (e != OK)
		fprintf(stderr, "%s\n", io->why);
	print_stats(l, io);
	io->ops->close(io);
	free(l->room);
	return e != OK;
}

static bool parse_map(struct loop *l, char *text)
{
	char *sep = strchr(text, '=');
	const bool six = strchr(text, ':') != NULL;
	if (sep == NULL)
		return false;
	*sep = '\0';
	l->map[six] = true;
	return inet_pton(six ? AF_INET6 : AF_INET, text, l->outer[six].b) == 1 &&
	       inet_pton(six ? AF_INET6 : AF_INET, sep + 1, l->inner[six].b) == 1;
}

static bool parse_option(struct loop *l, char **arg, int *used)
{
	const unsigned long n = arg[1] != NULL ? strtoul(arg[1], NULL, 0) : 0;
	*used = 1;
	if (strcmp(arg[0], "--fail-open") == 0)
		return l->io.fail_open = true;
	if (strcmp(arg[0], "--drop-caps") == 0)
		return l->drop_caps = true;
	*used = 2;
	if (arg[1] == NULL)
		return false;
	if (strcmp(arg[0], "--drop-port") == 0)
		l->drop_port = (uint16_t)n;
	else if (strcmp(arg[0], "--reset-port") == 0)
		l->reset_port = (uint16_t)n;
	else if (strcmp(arg[0], "--slow") == 0)
		l->slow_ms = (int)n;
	else if (strcmp(arg[0], "--hold") == 0)
		l->hold = n < PKTIO_FLIGHTS ? (unsigned)n : PKTIO_FLIGHTS;
	else if (strcmp(arg[0], "--maxlen") == 0)
		l->io.maxlen = (uint32_t)n;
	else if (strcmp(arg[0], "--rcvbuf") == 0)
		l->io.rcvbuf = (uint32_t)n;
	else if (strcmp(arg[0], "--map") == 0)
		return parse_map(l, arg[1]);
	else if (strcmp(arg[0], "--mark") == 0)
		l->mark_all = true, l->mark = (uint32_t)n;
	else
		return false;
	return true;
}

/* --- the ruleset ---------------------------------------------------------------------------- */
static int report(enum err e, const struct ruleset_report *r)
{
	fputs(r->warn, stderr);
	if (e != OK)
		fprintf(stderr, "%s: %s\n", err_text(e), r->why);
	return e != OK;
}

static int install(const char *dir, char **arg)
{
	struct ruleset_report r;
	struct ruleset_opt o = { .state_dir = dir, .queue = (uint16_t)atoi(arg[0]), .n_queues = (uint16_t)atoi(arg[1]) };
	for (arg += 2; *arg != NULL && strncmp(*arg, "--", 2) == 0; arg++) {
		o.fail_open |= strcmp(*arg, "--fail-open") == 0;
		o.forward |= strcmp(*arg, "--forward") == 0;
		o.nat |= strcmp(*arg, "--nat") == 0;
		o.bridge |= strcmp(*arg, "--bridge") == 0;
	}
	o.iface = (const char *const *)arg;
	for (; *arg != NULL; arg++)
		o.n_iface++;
	const enum err e = ruleset_install(&o, &r);
	printf("%s\n", r.backend);
	return report(e, &r);
}

static int plan(const char *backend, char **arg, unsigned n_iface)
{
	static struct ruleset_plan p;
	char why[RULESET_TEXT];
	const struct ruleset_opt o = { .queue = (uint16_t)atoi(arg[0]), .n_queues = (uint16_t)atoi(arg[1]),
				       .iface = (const char *const *)&arg[2], .n_iface = n_iface };
	if (ruleset_check(&o, why) != OK) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	ruleset_plan_install(&p, strcmp(backend, "nft") == 0 ? RULESET_NFT : RULESET_IPTABLES, &o, true);
	for (unsigned i = 0; i < p.n; i++) {
		printf("#");
		for (unsigned k = 0; p.cmd[i].argv[k] != NULL; k++)
			printf(" %s", p.cmd[i].argv[k]);
		printf("\n%s", p.cmd[i].input != NULL ? p.cmd[i].input : "");
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct loop l = { .io = { .maxlen = 4096 } };
	struct ruleset_report r;
	if (argc >= 6 && strcmp(argv[1], "install") == 0)
		return install(argv[2], &argv[3]);
	if (argc == 3 && strcmp(argv[1], "remove") == 0)
		return report(ruleset_remove(argv[2], &r), &r);
	if (argc >= 6 && strcmp(argv[1], "plan") == 0)
		return plan(argv[2], &argv[3], (unsigned)argc - 5);
	if (argc < 3 || strcmp(argv[1], "run") != 0)
		return usage();
	l.io.queue = (uint16_t)atoi(argv[2]);
	for (int i = 3, used; i < argc; i += used)
		if (!parse_option(&l, &argv[i], &used)) {
			fprintf(stderr, "nfq_loop: %s\n", argv[i]);
			return usage();
		}
	return run(&l);
}
