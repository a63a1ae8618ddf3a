/* queue.c - pktio_nfqueue: packets out of the kernel's queue, verdicts back.
 *
 * Datagrams are received many at a time into a ring of slots, where the packets stay until their verdicts: several batches may
 * wait for theirs. Runs of equal verdicts are one message. After a refused verdict for want of the right to give one every recv
 * fails: nothing would get through any more.
 */
#include "nfq/pktio.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nfq/inject.h"
#include "nfq/queue_clock.h"
#include "nfq/queue_tx.h"

enum {
	/* Attributes besides the packet take less than 512 octets. Not a multiple of the page, so that the
	 * slots' beginnings spread over the cache. */
	SLOT_SIZE = (1 << 16) + 1344,
	SNDBUF = 1 << 20,
	ANSWER_WAIT_MS = 2000,
	PROC_TEXT = 8192,
	IP_MIN = 20,
	SLOTS = PKTIO_BATCH_MAX * PKTIO_FLIGHTS
};

static const char PROC_FILE[] = "/proc/net/netfilter/nfnetlink_queue";

/* What a slot holds until its verdict. */
struct held {
	uint32_t id;
	bool packet;                     /* false: a message without one */
	bool cut, csum_ready, gso;
};

struct queue {
	struct pktio io;
	struct mnl_socket *nl;
	int fd, proc;
	uint32_t portid;
	uint16_t number;
	uint32_t seq;
	struct inject inject;
	struct queue_clock clock;
	mono_t (*now)(void *arg);
	void *now_arg;
	struct pktio_stats st;
	enum err failed;                 /* of every recv from now on */
	unsigned head, tail;             /* slots filled, and given back; modulo SLOTS */
	unsigned waiting;                /* packets among them */
	struct held held[SLOTS];
	struct queue_tx tx;
	uint8_t *arena;
	struct mmsghdr mm[SLOTS];
	struct iovec iov[SLOTS];
	struct sockaddr_nl from[SLOTS];
};

static enum err fail(struct queue *q, const char *what, int code)
{
	snprintf(q->io.why, sizeof(q->io.why), "queue %u: %s: %s", q->number, what, strerror(code));
	return ERR_IO;
}

/* --- verdicts ------------------------------------------------------------------------------- */
static enum err sent(struct queue *q, int code)
{
	return code == 0 ? OK : fail(q, "verdicts cannot be sent", code);
}

static enum err drop_one(struct queue *q, uint32_t id)
{
	TRY(sent(q, queue_tx_put(&q->tx, (struct queue_order){ .queue = q->number, .id = id }, span_of(NULL, 0), NULL)));
	return sent(q, queue_tx_flush(&q->tx));
}

/* New bytes for a packet of which not all was seen would cut it short; no attribute holds more than PAYLOAD_MAX. */
static bool can_rewrite(const struct held *h, const struct pktio_verdict *v)
{
	return !h->cut && v->rewritten_len >= IP_MIN && v->rewritten_len <= QUEUE_PAYLOAD_MAX;
}

static enum err put_rewritten(struct queue *q, const struct held *h, const struct pktio_verdict *v)
{
	struct queue_order o = { .queue = q->number, .pass = true, .id = h->id, .marked = v->marked, .mark = v->mark };
	const struct span ip = span_of(v->rewritten, v->rewritten_len);
	struct packet_csum sum = { 0 };
	if (!can_rewrite(h, v)) {
		q->st.not_rewritten++;
		q->st.dropped++;
		o.pass = false;
		return sent(q, queue_tx_put(&q->tx, o, span_of(NULL, 0), NULL));
	}
	if (!h->csum_ready)
		sum = packet_csum(ip, h->gso);
	q->st.passed++;
	return sent(q, queue_tx_put(&q->tx, o, ip, &sum));
}

static bool same(const struct pktio_verdict *a, const struct pktio_verdict *b)
{
	if (a->pass != b->pass || (a->pass && (a->rewritten != NULL || b->rewritten != NULL)))
		return false;
	return !a->pass || (a->marked == b->marked && (!a->marked || a->mark == b->mark));
}

/* The oldest packet without a verdict; it has it now. */
static const struct held *take_oldest(struct queue *q)
{
	while (!q->held[q->tail % SLOTS].packet)
		q->tail++;
	q->waiting--;
	return &q->held[q->tail++ % SLOTS];
}

/* The run of equal verdicts at v: all before it have theirs, so that one message may say "up to the last". */
static enum err put_run(struct queue *q, const struct pktio_verdict *v, unsigned n)
{
	const struct held *last = NULL;
	for (unsigned i = 0; i < n; i++)
		last = take_oldest(q);
	const struct queue_order o = {
		.queue = q->number, .pass = v->pass, .up_to = n > 1, .id = last->id,
		.marked = v->pass && v->marked, .mark = v->mark,
	};
	if (v->pass)
		q->st.passed += n;
	else
		q->st.dropped += n;
	return sent(q, queue_tx_put(&q->tx, o, span_of(NULL, 0), NULL));
}

static enum err queue_verdict(struct pktio *io, const struct pktio_verdict *v, unsigned n)
{
	struct queue *q = (struct queue *)io;
	enum err e = OK;
	if (n > q->waiting) {
		snprintf(io->why, sizeof(io->why), "queue %u: %u verdicts for %u packets", q->number, n, q->waiting);
		return ERR_USAGE;
	}
	for (unsigned i = 0, run; i < n && e == OK; i += run) {
		run = 1;
		if (v[i].pass && v[i].rewritten != NULL) {
			e = put_rewritten(q, take_oldest(q), &v[i]);
			continue;
		}
		while (i + run < n && same(&v[i], &v[i + run]))
			run++;
		e = put_run(q, &v[i], run);
	}
	const enum err last = sent(q, queue_tx_flush(&q->tx));
	return e != OK ? e : last;
}

/* --- packets -------------------------------------------------------------------------------- */
static void fill_packet(struct queue *q, const struct queue_msg *m, mono_t at, struct packet *p)
{
	struct held *h = &q->held[q->head % SLOTS];
	*h = (struct held){ .id = m->id, .packet = true, .cut = m->cap_len != 0, .gso = (m->skb_info & NFQA_SKB_GSO) != 0 };
	h->csum_ready = (m->skb_info & (NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO)) == 0;
	*p = (struct packet){ .data = m->payload.p, .len = (uint32_t)m->payload.len, .at = at, .csum_ready = h->csum_ready };
	p->wire_len = h->cut ? m->cap_len : p->len;
	p->ifin = m->physindev != 0 ? m->physindev : m->indev;
	p->has_mac = m->mac_len == sizeof(p->src_mac);
	if (p->has_mac)
		memcpy(p->src_mac, m->mac, sizeof(p->src_mac));
	p->nr = ++q->st.packets;
	q->waiting++;
	q->st.bytes += p->wire_len;
	q->st.cut_short += h->cut;
	q->st.gso += h->gso;
}

static enum err refused(struct queue *q, int code)
{
	q->st.refused++;
	if (code != EPERM)
		return OK; /* most likely ENOENT: the packet went with its interface */
	snprintf(q->io.why, sizeof(q->io.why),
		 "queue %u: the kernel refuses verdicts: %s; CAP_NET_ADMIN must be kept while the queue is served", q->number,
		 strerror(code));
	return ERR_IO;
}

/* The datagram in the next slot. A packet that cannot be read whole is dropped at once. */
static enum err take(struct queue *q, const struct mmsghdr *mm, mono_t at, struct packet *v, unsigned *n)
{
	const struct sockaddr_nl *from = mm->msg_hdr.msg_name;
	struct queue_msg m;
	if (from->nl_pid != 0)
		return OK; /* not from the kernel */
	queue_msg_read(span_of(mm->msg_hdr.msg_iov->iov_base, mm->msg_len), &m);
	switch (m.kind) {
	case QUEUE_ANSWER:
		return m.error != 0 ? refused(q, m.error) : OK;
	case QUEUE_OTHER:
		q->st.unusable++;
		return OK;
	case QUEUE_PACKET:
		break;
	}
	if (m.has_id && !m.bad && (mm->msg_hdr.msg_flags & MSG_TRUNC) == 0) {
		fill_packet(q, &m, at, &v[(*n)++]);
		return OK;
	}
	q->st.unusable++;
	q->st.dropped++;
	return m.has_id ? drop_one(q, m.id) : fail(q, "a packet without its number", EBADMSG);
}

static enum err queue_recv(struct pktio *io, struct packet *v, unsigned max, unsigned *n)
{
	struct queue *q = (struct queue *)io;
	const unsigned first = q->head % SLOTS;
	*n = 0;
	TRY(q->failed);
	if (q->waiting == 0)
		q->tail = q->head; /* what is left are messages without a packet */
	max = (unsigned)size_min(size_min(max, PKTIO_BATCH_MAX), size_min(SLOTS - first, SLOTS - (q->head - q->tail)));
	if (max == 0)
		return OK;
	for (unsigned i = 0; i < max; i++)
		q->mm[first + i].msg_hdr.msg_namelen = sizeof(q->from[first + i]);
	const int got = recvmmsg(q->fd, &q->mm[first], max, MSG_DONTWAIT, NULL);
	if (got < 0) /* ENOBUFS: packets were lost; the kernel counts and drops them */
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? OK : fail(q, "cannot be read", errno);
	const mono_t at = q->now(q->now_arg);
	for (unsigned i = 0; i < (unsigned)got; i++, q->head++) {
		q->held[first + i].packet = false;
		const enum err e = take(q, &q->mm[first + i], at, v, n);
		q->failed = e != OK ? e : q->failed;
	}
	return *n != 0 ? OK : q->failed;
}

/* --- the rest of the table ------------------------------------------------------------------ */
static enum err queue_inject(struct pktio *io, const uint8_t *ip, uint32_t len)
{
	struct queue *q = (struct queue *)io;
	const int code = inject_send(&q->inject, span_of(ip, len));
	if (code == 0) {
		q->st.injected++;
		return OK;
	}
	q->st.not_injected++;
	return fail(q, "a packet of our own cannot be sent", code);
}

/* The queue's line in the kernel's list, whoever serves it. */
static bool read_line(const struct queue *q, struct queue_line *l)
{
	char text[PROC_TEXT];
	const ssize_t got = pread(q->proc, text, sizeof(text) - 1, 0);
	if (got <= 0)
		return false;
	text[got] = '\0';
	return queue_line_find(text, q->number, l);
}

static void queue_stats(const struct pktio *io, struct pktio_stats *st)
{
	const struct queue *q = (const struct queue *)io;
	struct queue_line l;
	*st = q->st;
	if (!read_line(q, &l) || l.portid != q->portid)
		return;
	st->pending = l.pending;
	st->queue_dropped = l.queue_dropped;
	st->user_dropped = l.user_dropped;
}

static int queue_fd(const struct pktio *io)
{
	return ((const struct queue *)io)->fd;
}

static void queue_close(struct pktio *io)
{
	struct queue *q = (struct queue *)io;
	if (q == NULL)
		return;
	inject_close(&q->inject);
	if (q->nl != NULL)
		mnl_socket_close(q->nl);
	if (q->proc >= 0)
		close(q->proc);
	free(q->arena);
	free(q);
}

static const struct pktio_ops QUEUE_OPS = {
	.name = "nfqueue",
	.recv = queue_recv,
	.verdict = queue_verdict,
	.inject = queue_inject,
	.stats = queue_stats,
	.close = queue_close,
	.fd = queue_fd,
};

/* --- opening -------------------------------------------------------------------------------- */
static void set_int(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Best effort: where the size cannot be forced the system's limit holds, and losses are counted. */
static void set_socket(const struct queue *q, uint32_t rcvbuf)
{
	const int size = rcvbuf == 0 ? (int)PKTIO_RCVBUF : rcvbuf > INT32_MAX / 2 ? INT32_MAX / 2 : (int)rcvbuf;
	set_int(q->fd, SOL_SOCKET, SO_RCVBUF, size);
	set_int(q->fd, SOL_SOCKET, SO_RCVBUFFORCE, size);
	set_int(q->fd, SOL_SOCKET, SO_SNDBUF, SNDBUF);
	set_int(q->fd, SOL_SOCKET, SO_SNDBUFFORCE, SNDBUF);
	set_int(q->fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1);
	set_int(q->fd, SOL_NETLINK, NETLINK_CAP_ACK, 1); /* answers without our packets in them */
}

static bool set_up_arena(struct queue *q)
{
	q->arena = malloc((size_t)SLOT_SIZE * SLOTS);
	if (q->arena == NULL)
		return false;
	for (size_t i = 0; i < SLOTS; i++) {
		q->iov[i] = (struct iovec){ .iov_base = &q->arena[i * SLOT_SIZE], .iov_len = SLOT_SIZE };
		q->mm[i].msg_hdr = (struct msghdr){ .msg_name = &q->from[i], .msg_iov = &q->iov[i], .msg_iovlen = 1 };
	}
	return true;
}

/* What to do about an error of the kernel's when the queue is bound. */
static const char *bind_help(int code)
{
	switch (code) {
	case EBUSY:
		return "another process serves it; stop that or choose another number";
	case EPERM:
		return "CAP_NET_ADMIN is needed: run as root";
	case EPROTONOSUPPORT:
	case EINVAL:
	case EOPNOTSUPP:
	case ENOENT:
		return "the kernel lacks NETFILTER_NETLINK_QUEUE: modprobe nfnetlink_queue";
	default:
		return "see the kernel's log";
	}
}

static enum err not_bound(struct queue *q, int code)
{
	struct queue_line l;
	if (code == EPERM && read_line(q, &l) && l.portid != q->portid)
		code = EBUSY; /* the kernel has the same answer for both */
	snprintf(q->io.why, sizeof(q->io.why), "queue %u: cannot be bound: %s; %s", q->number, strerror(code), bind_help(code));
	return ERR_IO;
}

/* Waits for the answer to the configuration. Rules that stand already may send packets meanwhile: dropped. */
static enum err await_answer(struct queue *q)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };
	const mono_t until = mono_add(queue_clock_now(&q->clock), ANSWER_WAIT_MS * NS_PER_MS);
	for (;;) {
		struct queue_msg m;
		const ssize_t got = recv(q->fd, q->arena, SLOT_SIZE, MSG_DONTWAIT);
		if (got < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return fail(q, "cannot be read", errno);
		if (got >= 0) {
			queue_msg_read(span_of(q->arena, (size_t)got), &m);
			if (m.kind == QUEUE_ANSWER && m.seq == q->seq)
				return m.error != 0 ? not_bound(q, m.error) : OK;
			if (m.kind == QUEUE_PACKET && m.has_id)
				TRY(drop_one(q, m.id));
			continue;
		}
		if (!mono_before(queue_clock_now(&q->clock), until))
			return fail(q, "cannot be bound", ETIMEDOUT);
		(void)poll(&p, 1, ANSWER_WAIT_MS / 10);
	}
}

static enum err configure(struct queue *q, const struct pktio_nfqueue_opt *o)
{
	_Alignas(8) uint8_t buf[QUEUE_CONFIG_LEN];
	q->seq = 1;
	const size_t len = queue_msg_config(buf, o, q->seq);
	if (mnl_socket_sendto(q->nl, buf, len) < 0)
		return not_bound(q, errno);
	return await_answer(q);
}

static enum err start(struct queue *q, const struct pktio_nfqueue_opt *o)
{
	if (!set_up_arena(q)) {
		snprintf(q->io.why, sizeof(q->io.why), "out of memory");
		return ERR_NOMEM;
	}
	q->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (q->nl == NULL || mnl_socket_bind(q->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return not_bound(q, errno);
	q->proc = open(PROC_FILE, O_RDONLY | O_CLOEXEC);
	if (q->proc < 0)
		return fail(q, PROC_FILE, errno);
	q->fd = q->tx.fd = mnl_socket_get_fd(q->nl);
	q->portid = mnl_socket_get_portid(q->nl);
	set_socket(q, o->rcvbuf);
	TRY(configure(q, o));
	const int code = inject_open(&q->inject);
	return code == 0 ? OK : fail(q, "no raw sockets to send resets and errors with (CAP_NET_RAW is needed)", code);
}

enum err pktio_nfqueue_open(const struct pktio_nfqueue_opt *o, struct pktio **out, char *why)
{
	*out = NULL;
	struct queue *q = calloc(1, sizeof(*q));
	if (q == NULL) {
		snprintf(why, PKTIO_WHY_LEN, "out of memory");
		return ERR_NOMEM;
	}
	q->io.ops = &QUEUE_OPS;
	q->number = o->queue;
	q->fd = q->proc = q->inject.fd4 = q->inject.fd6 = -1;
	queue_clock_start(&q->clock);
	q->now = o->now != NULL ? o->now : queue_clock_now;
	q->now_arg = o->now != NULL ? o->now_arg : &q->clock;
	const enum err e = start(q, o);
	if (e != OK) {
		memcpy(why, q->io.why, PKTIO_WHY_LEN);
		queue_close(&q->io);
		return e;
	}
	*out = &q->io;
	return OK;
}
