/* worker_rig.h - packet loops on threads of their own, over queues in memory; two of them may be joined by a real link over
 * loopback addresses.
 *
 * Packets are put in by the test, verdicts are kept in the packets' order. Waiting is bounded and generous; nothing is timed.
 */
#ifndef TESTS_UNIT_WORKER_RIG_H
#define TESTS_UNIT_WORKER_RIG_H

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ips/worker_int.h"
#include "tests/unit/logs_rig.h"

enum { FAKE_MAX = 2048, FAKE_LEN = 128, WAIT_MS = 20000 };

/* --- a queue in memory -------------------------------------------------------------------------------------- */

struct fake {
	struct pktio io;
	pthread_mutex_t lock;
	int fd;
	struct {
		uint8_t b[FAKE_LEN];
		uint32_t len;
		bool pass;
	} p[FAKE_MAX];
	unsigned put, taken, judged; /* packets so far */
	uint32_t ifin;               /* of the kernel's, where all of them come in; 0: unknown */
	unsigned injected, wrong;    /* wrong: verdicts for packets that were not taken */
	unsigned refused;            /* verdicts, by fail_verdict */
	unsigned most;               /* packets without a verdict at a time */
	bool fail_recv, fail_verdict;
	void (*before)(void *arg, unsigned first, unsigned n); /* verdicts are given */
	void *arg;
	mono_t (*now)(void *arg);
	void *now_arg;
};

static inline enum err fake_recv(struct pktio *io, struct packet *v, unsigned max, unsigned *n)
{
	struct fake *f = (struct fake *)io;
	uint64_t count;
	*n = 0;
	pthread_mutex_lock(&f->lock);
	const bool fail = f->fail_recv;
	for (; !fail && *n < max && f->taken < f->put; f->taken++)
		v[(*n)++] = (struct packet){ .data = f->p[f->taken].b, .len = f->p[f->taken].len, .wire_len = f->p[f->taken].len,
					     .csum_ready = true, .ifin = f->ifin, .at = f->now(f->now_arg) };
	if (f->taken == f->put)
		(void)!read(f->fd, &count, sizeof(count));
	if (f->taken - f->judged > f->most)
		f->most = f->taken - f->judged;
	pthread_mutex_unlock(&f->lock);
	return fail ? ERR_IO : OK;
}

static inline enum err fake_verdict(struct pktio *io, const struct pktio_verdict *v, unsigned n)
{
	struct fake *f = (struct fake *)io;
	if (f->fail_verdict) {
		f->refused++;
		return ERR_IO;
	}
	if (f->before != NULL)
		f->before(f->arg, f->judged, n);
	pthread_mutex_lock(&f->lock);
	f->wrong += n > f->taken - f->judged;
	for (unsigned i = 0; i < n && f->judged < f->taken; i++)
		f->p[f->judged++].pass = v[i].pass;
	pthread_mutex_unlock(&f->lock);
	return OK;
}

static inline enum err fake_inject(struct pktio *io, const uint8_t *ip, uint32_t len)
{
	struct fake *f = (struct fake *)io;
	struct packet p = { .data = ip, .len = len, .wire_len = len, .csum_ready = true };
	if (packet_decode(&p) == REASON_NONE && (p.tcp.flags & TCP_RST) != 0)
		f->injected++;
	return OK;
}

static inline void fake_stats(const struct pktio *io, struct pktio_stats *st)
{
	(void)io;
	*st = (struct pktio_stats){ 0 };
}

static inline int fake_fd(const struct pktio *io)
{
	return ((const struct fake *)io)->fd;
}

static const struct pktio_ops fake_ops = {
	.name = "fake", .recv = fake_recv, .verdict = fake_verdict, .inject = fake_inject, .stats = fake_stats, .fd = fake_fd
};

/* --- a node --------------------------------------------------------------------------------------------------- */

struct box {
	struct fake f;
	struct live live;
	struct links *links;
	struct pulse pulse;
	struct logs *logs;
	struct worker *w;
	int parent[2];           /* the worker's end, and the test's */
	_Atomic int64_t jump;    /* of its clock */
	pthread_t thread;
	bool running;
	enum engine_exit end;
};

static inline int64_t real_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

static inline mono_t box_now(void *arg)
{
	struct box *b = arg;
	return mono_ns(real_ns() + b->jump);
}

static inline void box_new(struct box *b, const struct gen *g)
{
	memset(&b->f, 0, sizeof(b->f));
	b->f.io.ops = &fake_ops;
	b->f.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->f.now = box_now;
	b->f.now_arg = b;
	pthread_mutex_init(&b->f.lock, NULL);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, b->parent), 0);
	b->pulse.stored = UINT64_MAX;
	b->pulse.quality = 100;
	const struct worker_cfg cfg = { .live = &b->live, .gen = g, .io = &b->f.io, .links = b->links, .pulse = &b->pulse,
					.parent = b->parent[0], .seed = 5, .boot_id = 7, .now = box_now, .now_arg = b };
	CU_ASSERT_EQUAL_FATAL(worker_new(&cfg, &b->w), OK);
	b->logs = start_logs(1, 4096, mem_file(), -1);
	worker_set_logs(b->w, b->logs);
}

static inline void *box_thread(void *arg)
{
	struct box *b = arg;
	b->end = worker_run(b->w);
	return NULL;
}

static inline void box_start(struct box *b)
{
	b->running = pthread_create(&b->thread, NULL, box_thread, b) == 0;
	CU_ASSERT_TRUE_FATAL(b->running);
}

/* Its end, as it came by itself. */
static inline enum engine_exit box_join(struct box *b)
{
	pthread_join(b->thread, NULL);
	b->running = false;
	return b->end;
}

static inline enum engine_exit box_stop(struct box *b)
{
	worker_stop(b->w);
	return box_join(b);
}

static inline void box_free(struct box *b)
{
	if (b->running)
		(void)box_stop(b);
	CU_ASSERT_EQUAL(b->f.wrong, 0);
	worker_free(b->w);
	logs_stop(b->logs);
	links_free(b->links);
	close(b->f.fd);
	close(b->parent[0]);
	close(b->parent[1]);
	memset(b, 0, sizeof(*b));
}

/* --- packets --------------------------------------------------------------------------------------------------- */

/* All of them at once: one recv may have them. */
static inline void box_put(struct box *b, const struct pkt *k, unsigned n)
{
	const uint64_t one = 1;
	struct fake *f = &b->f;
	pthread_mutex_lock(&f->lock);
	for (unsigned i = 0; i < n; i++, f->put++) {
		CU_ASSERT_FATAL(f->put < FAKE_MAX && k[i].len <= FAKE_LEN);
		memcpy(f->p[f->put].b, k[i].b, k[i].len);
		f->p[f->put].len = k[i].len;
	}
	(void)!write(f->fd, &one, sizeof(one));
	pthread_mutex_unlock(&f->lock);
}

static inline struct pkt box_tcp(const char *dst, uint16_t cport, uint8_t flags, uint32_t seq, const char *text)
{
	struct pkt k;
	pkt_ip(&k, strchr(dst, ':') != NULL ? 6 : 4, strchr(dst, ':') != NULL ? "2001:db8:1::2" : "10.1.0.2", dst, 6);
	pkt_tcp(&k, &(struct pkt_tcp){ .sport = cport, .dport = 102, .seq = seq, .ack = 1, .win = 1000, .flags = flags,
				       .data = text, .n_data = strlen(text) });
	pkt_finish(&k);
	return k;
}

static inline void box_put_tcp(struct box *b, uint16_t cport, uint8_t flags, uint32_t seq, const char *text)
{
	const struct pkt k = box_tcp("10.2.0.2", cport, flags, seq, text);
	box_put(b, &k, 1);
}

/* A SYN and its answer: the client's next octet is seq + 1, the server's 1. */
static inline void box_put_open(struct box *b, uint16_t cport, uint32_t seq)
{
	struct pkt k[2] = { box_tcp("10.2.0.2", cport, TCP_SYN, seq, "") };
	pkt_ip(&k[1], 4, "10.2.0.2", "10.1.0.2", 6);
	pkt_tcp(&k[1], &(struct pkt_tcp){ .sport = 102, .dport = cport, .ack = seq + 1, .win = 1000, .flags = TCP_SYN | TCP_ACK });
	pkt_finish(&k[1]);
	box_put(b, k, 2);
}

static inline unsigned box_judged(struct box *b)
{
	pthread_mutex_lock(&b->f.lock);
	const unsigned n = b->f.judged;
	pthread_mutex_unlock(&b->f.lock);
	return n;
}

static inline bool box_wait_judged(struct box *b, unsigned n)
{
	for (unsigned i = 0; i < WAIT_MS && box_judged(b) < n; i++)
		usleep(1000);
	return box_judged(b) >= n;
}

/* --- visits ------------------------------------------------------------------------------------------------------ */

static inline void take_status(const struct ctl_view *v, void *ctx)
{
	*(struct ha_status *)ctx = *v->ha;
}

static inline struct ha_status box_status(struct box *b)
{
	struct ha_status s = { 0 };
	CU_ASSERT_EQUAL(worker_visit(b->w, take_status, &s), OK);
	return s;
}

static inline bool box_wait_role(struct box *b, enum ha_role r, enum ha_sync s)
{
	struct ha_status st = { 0 };
	for (unsigned i = 0; i < WAIT_MS / 10; i++) {
		st = box_status(b);
		if (st.role == r && st.sync == s)
			return true;
		usleep(10000);
	}
	printf("# role %u sync %u, not %u %u\n", st.role, st.sync, r, s);
	return false;
}

/* A visit that lasts until it is let go. */
struct stall {
	struct box *b;
	_Atomic bool in, go;
	pthread_t thread;
};

static inline void stall_visit(const struct ctl_view *v, void *ctx)
{
	struct stall *s = ctx;
	(void)v;
	s->in = true;
	while (!s->go)
		usleep(500);
}

static inline void *stall_thread(void *arg)
{
	struct stall *s = arg;
	(void)!worker_visit(s->b->w, stall_visit, s);
	return NULL;
}

static inline void stall_begin(struct stall *s, struct box *b)
{
	s->b = b;
	s->in = s->go = false;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&s->thread, NULL, stall_thread, s), 0);
	while (!s->in)
		usleep(500);
}

static inline void stall_end(struct stall *s)
{
	s->go = true;
	pthread_join(s->thread, NULL);
}

/* The next message to the parent about addresses, of those that came; false: none. */
static inline bool box_told(struct box *b, enum proc_msg_kind *k)
{
	static struct proc_msg m;
	int fds[PM_FDS];
	do {
		if (proc_recv(b->parent[1], &m, fds) != OK)
			return false;
		*k = (enum proc_msg_kind)m.kind;
	} while (*k == PM_STATE || *k == PM_PROBE);
	return true;
}

#endif
