/* The kernel queue's messages: reading (cut, changed, hostile), building, gathering, and the checksums of rewritten packets. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stdlib.h>

#include "base/cur.h"
#include "base/wr.h"
#include "nfq/queue_tx.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

/* --- what the kernel sends ------------------------------------------------------------------ */
struct datagram {
	uint8_t b[512];
	size_t len;
};

static void put(struct datagram *d, const void *p, size_t n)
{
	memcpy(&d->b[d->len], p, n);
	d->len += n;
}

static void attr(struct datagram *d, uint16_t type, const void *p, size_t n)
{
	const struct nlattr a = { .nla_type = type, .nla_len = (uint16_t)(sizeof(a) + n) };
	d->len = NLMSG_ALIGN(d->len);
	put(d, &a, sizeof(a));
	put(d, p, n);
}

static void attr32(struct datagram *d, uint16_t type, uint32_t v)
{
	v = htonl(v);
	attr(d, type, &v, sizeof(v));
}

static void finish(struct datagram *d, uint16_t type)
{
	const struct nlmsghdr h = { .nlmsg_len = (uint32_t)d->len, .nlmsg_type = type };
	memcpy(d->b, &h, sizeof(h));
}

/* A packet of 17 octets, so that neither attribute nor message ends at a multiple of 4. */
static struct datagram packet_message(void)
{
	struct datagram d = { .len = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) };
	const uint8_t head[7] = { 0x01, 0x02, 0x03, 0x04, 0x08, 0x00, 0 }, ip[17] = "\x45seventeen octets";
	const uint8_t mac[12] = { 0, 6, 0, 0, 2, 0, 0, 0, 0, 9, 0, 0 };
	attr(&d, NFQA_PACKET_HDR, head, sizeof(head));
	attr32(&d, NFQA_IFINDEX_INDEV, 5);
	attr32(&d, NFQA_IFINDEX_PHYSINDEV, 7);
	attr(&d, NFQA_HWADDR, mac, sizeof(mac));
	attr32(&d, NFQA_SKB_INFO, NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO);
	attr32(&d, NFQA_CAP_LEN, 4000);
	attr32(&d, 99, 1); /* of a later kernel */
	attr(&d, NFQA_PAYLOAD, ip, sizeof(ip));
	finish(&d, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
	return d;
}

/* Read out of memory of just that size; the span that comes back is checked and forgotten. */
static struct queue_msg read_exact(const uint8_t *b, size_t len)
{
	struct queue_msg m;
	uint8_t *copy = malloc(len != 0 ? len : 1);
	memcpy(copy, b, len);
	queue_msg_read(span_of(copy, len), &m);
	if (m.payload.p != NULL) {
		CU_ASSERT(m.payload.p >= copy && m.payload.p + m.payload.len <= copy + len);
		m.payload.p = (const uint8_t *)"";
	}
	free(copy);
	return m;
}

static void test_packet(void)
{
	const struct datagram d = packet_message();
	struct queue_msg m;
	CU_ASSERT(d.len % 4 != 0);
	queue_msg_read(span_of(d.b, d.len), &m);
	CU_ASSERT(m.kind == QUEUE_PACKET && !m.bad && m.has_id);
	CU_ASSERT_EQUAL(m.id, 0x01020304);
	CU_ASSERT(m.payload.len == 17 && memcmp(m.payload.p, "\x45seventeen octets", 17) == 0);
	CU_ASSERT(m.indev == 5 && m.physindev == 7 && m.cap_len == 4000);
	CU_ASSERT_EQUAL(m.skb_info, NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO);
	CU_ASSERT(m.mac_len == 6 && m.mac[0] == 2 && m.mac[5] == 9);
}

/* Whatever is missing is noticed, and the number is known as soon as it is there: such a packet can be dropped. */
static void test_packet_cut(void)
{
	const struct datagram d = packet_message();
	const size_t number_there = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) + sizeof(struct nlattr) + 7;
	for (size_t len = 0; len < d.len; len++) {
		const struct queue_msg m = read_exact(d.b, len);
		CU_ASSERT(m.kind == QUEUE_OTHER || m.bad);
		CU_ASSERT_EQUAL(m.kind == QUEUE_PACKET, len >= sizeof(struct nlmsghdr));
		CU_ASSERT_EQUAL(m.has_id, len >= number_there);
	}
}

static void test_packet_changed(void)
{
	for (size_t i = 0; i < packet_message().len; i++)
		for (unsigned v = 0; v < 256; v++) {
			struct datagram d = packet_message();
			d.b[i] = (uint8_t)v;
			const struct queue_msg m = read_exact(d.b, d.len);
			CU_ASSERT(m.mac_len <= sizeof(m.mac));
			CU_ASSERT(m.bad || m.kind != QUEUE_PACKET || m.payload.len != 0);
		}
}

static void test_attr_lengths(void)
{
	const size_t at = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);
	for (uint32_t len = 0; len <= UINT16_MAX; len++) {
		struct datagram d = packet_message();
		const uint16_t said = (uint16_t)len;
		memcpy(&d.b[at], &said, sizeof(said));
		const struct queue_msg m = read_exact(d.b, d.len);
		if (len < sizeof(struct nlattr) + 7 || at + len > d.len)
			CU_ASSERT(m.bad && !m.has_id);
	}
}

static void test_no_payload(void)
{
	struct datagram d = { .len = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg) };
	attr(&d, NFQA_PACKET_HDR, "\0\0\0\1\0\0", 7);
	finish(&d, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
	const struct queue_msg m = read_exact(d.b, d.len);
	CU_ASSERT(m.kind == QUEUE_PACKET && m.has_id && m.bad);
	finish(&d, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG);
	CU_ASSERT_EQUAL(read_exact(d.b, d.len).kind, QUEUE_OTHER);
}

static void test_answer(void)
{
	static const int codes[] = { 0, -EPERM, -ENOENT, INT32_MIN };
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct datagram d = { .len = sizeof(struct nlmsghdr) };
		const struct nlmsgerr e = { .error = codes[i], .msg.nlmsg_seq = 77 };
		put(&d, &e, sizeof(e));
		finish(&d, NLMSG_ERROR);
		const struct queue_msg m = read_exact(d.b, d.len);
		CU_ASSERT(m.kind == QUEUE_ANSWER && m.seq == 77);
		CU_ASSERT_EQUAL(m.error, codes[i] == INT32_MIN ? INT32_MIN : -codes[i]);
		for (size_t len = 0; len < d.len; len++)
			CU_ASSERT_EQUAL(read_exact(d.b, len).kind, QUEUE_OTHER);
	}
}

/* --- what we send --------------------------------------------------------------------------- */
/* The body of a message's attribute; len SIZE_MAX when it has none. */
static struct span find_attr(const uint8_t *b, size_t len, uint16_t type)
{
	struct cur c = cur_of(b, len);
	cur_skip(&c, sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg));
	while (cur_left(&c) >= sizeof(struct nlattr)) {
		struct nlattr a;
		memcpy(&a, cur_take(&c, sizeof(a)), sizeof(a));
		const struct span s = cur_bytes(&c, a.nla_len - sizeof(a));
		if (a.nla_type == type)
			return s;
		cur_skip(&c, size_min(NLA_ALIGN(a.nla_len) - a.nla_len, cur_left(&c)));
	}
	return span_of(NULL, SIZE_MAX);
}

static uint32_t be32_at(struct span s, size_t at)
{
	struct cur c = cur_span(s);
	cur_skip(&c, at);
	return s.p != NULL ? cur_be32(&c) : UINT32_MAX;
}

static void test_config(void)
{
	_Alignas(8) uint8_t b[QUEUE_CONFIG_LEN];
	for (unsigned open = 0; open < 2; open++) {
		const struct pktio_nfqueue_opt o = { .queue = 300, .maxlen = 70000, .fail_open = open != 0 };
		const size_t len = queue_msg_config(b, &o, 9);
		CU_ASSERT(len <= sizeof(b));
		CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_CFG_FLAGS), 0), NFQA_CFG_F_GSO | (open ? NFQA_CFG_F_FAIL_OPEN : 0));
		CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_CFG_MASK), 0), NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN);
		CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_CFG_PARAMS), 0), 65531);
		CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_CFG_QUEUE_MAXLEN), 0), 70000);
		CU_ASSERT(b[18] == 300 >> 8 && b[19] == (300 & 255));
	}
	const struct pktio_nfqueue_opt plain = { .queue = 1 };
	CU_ASSERT_PTR_NULL(find_attr(b, queue_msg_config(b, &plain, 1), NFQA_CFG_QUEUE_MAXLEN).p);
}

static void test_verdict(void)
{
	_Alignas(8) uint8_t b[QUEUE_VERDICT_LEN + 8];
	struct nlmsghdr h;
	struct queue_order o = { .queue = 2, .pass = true, .id = 0xa0b0c0d0, .marked = true, .mark = 7 };
	size_t len = queue_msg_verdict(b, &o);
	memcpy(&h, b, sizeof(h));
	CU_ASSERT(len == h.nlmsg_len && len % 4 == 0 && len <= QUEUE_VERDICT_LEN && h.nlmsg_flags == NLM_F_REQUEST);
	CU_ASSERT_EQUAL(h.nlmsg_type, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT);
	CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_VERDICT_HDR), 0), NF_ACCEPT);
	CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_VERDICT_HDR), 4), 0xa0b0c0d0);
	CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_MARK), 0), 7);
	o.pass = o.marked = false;
	o.up_to = true;
	len = queue_msg_verdict(b, &o);
	memcpy(&h, b, sizeof(h));
	CU_ASSERT_EQUAL(h.nlmsg_type, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT_BATCH);
	CU_ASSERT_EQUAL(be32_at(find_attr(b, len, NFQA_VERDICT_HDR), 0), NF_DROP);
	CU_ASSERT_PTR_NULL(find_attr(b, len, NFQA_MARK).p);
	for (uint32_t n = 1; n <= QUEUE_PAYLOAD_MAX; n += n < 64 ? 1 : 997) {
		o = (struct queue_order){ .pass = true, .marked = true, .payload = n };
		len = queue_msg_verdict(b, &o);
		memcpy(&h, b, sizeof(h));
		CU_ASSERT(len <= QUEUE_VERDICT_LEN && len % 4 == 0 && h.nlmsg_len == len + (n + 3) / 4 * 4);
	}
}

/* What a flush would send. */
static size_t gathered(const struct queue_tx *t, uint8_t *out, size_t cap)
{
	struct wr w = wr_of(out, cap);
	for (unsigned i = 0; i < t->n_iov; i++)
		wr_bytes(&w, t->iov[i].iov_base, t->iov[i].iov_len);
	CU_ASSERT(wr_ok(&w) && w.len == t->size);
	return w.len;
}

static void test_gather(void)
{
	struct queue_tx *t = calloc(1, sizeof(*t));
	static uint8_t out[1 << 18];
	uint8_t ip[101];
	t->fd = -1;
	memset(ip, 'x', sizeof(ip));
	for (uint32_t i = 0; i < PKTIO_BATCH_MAX - 1; i++)
		CU_ASSERT_EQUAL(queue_tx_put(t, (struct queue_order){ .pass = true, .id = i }, span_of(NULL, 0), NULL), 0);
	CU_ASSERT_EQUAL(t->n_iov, 1);
	const struct packet_csum sum = { .at = 50, .len = 2, .octets = { 'a', 'b' } };
	CU_ASSERT_EQUAL(queue_tx_put(t, (struct queue_order){ .pass = true, .id = 99 }, span_of(ip, sizeof(ip)), &sum), 0);
	const size_t len = gathered(t, out, sizeof(out)), before = (PKTIO_BATCH_MAX - 1) * 32;
	CU_ASSERT_EQUAL(len, before + 36 + 104);
	const struct span got = find_attr(&out[before], len - before, NFQA_PAYLOAD);
	CU_ASSERT_EQUAL_FATAL(got.len, sizeof(ip));
	for (size_t i = 0; i < sizeof(ip); i++)
		CU_ASSERT_EQUAL(got.p[i], i == 50 ? 'a' : i == 51 ? 'b' : 'x');
	CU_ASSERT(out[len - 3] == 0 && out[len - 2] == 0 && out[len - 1] == 0);
	/* full: the next one sends, and this socket cannot */
	CU_ASSERT_EQUAL(queue_tx_put(t, (struct queue_order){ .id = 1 }, span_of(NULL, 0), NULL), EBADF);
	CU_ASSERT(t->n == 1 && t->size == 32);
	CU_ASSERT_EQUAL(queue_tx_flush(t), EBADF);
	CU_ASSERT_EQUAL(queue_tx_flush(t), 0);
	free(t);
}

/* A batch of the largest rewritten packets with a checksum each stays within the pieces there are. */
static void test_gather_large(void)
{
	struct queue_tx *t = calloc(1, sizeof(*t));
	static const uint8_t ip[QUEUE_PAYLOAD_MAX];
	const struct packet_csum sum = { .at = 20, .len = 4 };
	t->fd = -1;
	for (uint32_t i = 0; i < PKTIO_BATCH_MAX; i++) {
		const int code = queue_tx_put(t, (struct queue_order){ .pass = true, .id = i }, span_of(ip, sizeof(ip)), &sum);
		CU_ASSERT_EQUAL(code, i == 0 ? 0 : EBADF); /* a second one makes a send due, and this socket cannot */
		CU_ASSERT(t->size <= QUEUE_TX_SEND + QUEUE_PAYLOAD_MAX);
	}
	CU_ASSERT_EQUAL(queue_tx_flush(t), EBADF);
	for (uint32_t i = 0; i < PKTIO_BATCH_MAX; i++)
		CU_ASSERT_EQUAL(queue_tx_put(t, (struct queue_order){ .pass = true, .id = i }, span_of(&ip[i], 63), &sum), 0);
	CU_ASSERT(t->n == PKTIO_BATCH_MAX && t->n_iov <= QUEUE_TX_IOV && t->head_used <= sizeof(t->head));
	free(t);
}

static void test_line(void)
{
	static const char text[] = "    0   4242     3 2 65531    10    20      400  1\n"
				   "   17     99     0 2 65531     1     2        3  1\n";
	struct queue_line l;
	CU_ASSERT(queue_line_find(text, 17, &l));
	CU_ASSERT(l.portid == 99 && l.pending == 0 && l.queue_dropped == 1 && l.user_dropped == 2);
	CU_ASSERT(queue_line_find(text, 0, &l));
	CU_ASSERT(l.portid == 4242 && l.pending == 3 && l.queue_dropped == 10 && l.user_dropped == 20);
	CU_ASSERT(!queue_line_find(text, 1, &l));
	CU_ASSERT(!queue_line_find("", 0, &l));
	CU_ASSERT(!queue_line_find("0 1 2", 0, &l));
	CU_ASSERT(!queue_line_find("what is this\n\n", 0, &l));
}

/* --- checksums ------------------------------------------------------------------------------ */
static void transport(struct pkt *k, int family, uint8_t proto, size_t n)
{
	static const uint8_t data[64] = "0123456789 and so on, to an odd or an even length";
	pkt_flow(k, family, false, proto);
	if (proto == 6)
		pkt_tcp(k, &(struct pkt_tcp){ .sport = 1, .dport = 102, .flags = 16, .data = data, .n_data = n });
	else if (proto == 17)
		pkt_udp(k, 1, 102, data, n);
	else
		pkt_icmp(k, proto == 1 ? 8 : 128, 0, 7, data, n);
	pkt_finish(k);
}

static void test_csum(void)
{
	static const struct {
		int family;
		uint8_t proto;
	} rows[] = { { 4, 6 }, { 4, 17 }, { 4, 1 }, { 6, 6 }, { 6, 17 }, { 6, 58 } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t n = 0; n < 64; n++) {
			struct pkt k;
			transport(&k, rows[i].family, rows[i].proto, n);
			const uint32_t at = k.l4 + pkt_sum_at(&k);
			uint8_t right[2];
			memcpy(right, &k.b[at], 2);
			pkt_put16(&k.b[at], 0x1234);
			const struct packet_csum c = packet_csum(span_of(k.b, k.len), false);
			CU_ASSERT(c.at == at && c.len == 2 && memcmp(c.octets, right, 2) == 0);
			/* as the kernel goes on from it: the sum over all with the partial one in place */
			const struct packet_csum half = packet_csum(span_of(k.b, k.len), true);
			if (rows[i].proto == 1) {
				CU_ASSERT_EQUAL(half.len, 0);
				continue;
			}
			CU_ASSERT(half.at == at && half.len == 2);
			memcpy(&k.b[at], half.octets, 2);
			CU_ASSERT_EQUAL(~pkt_sum(0, &k.b[k.l4], k.len - k.l4) & 0xffff, (uint32_t)right[0] << 8 | right[1]);
		}
}

static void test_csum_sctp(void)
{
	static const uint8_t sctp[] = { 0x0b, 0x59, 0x0b, 0x59, 0, 0, 0x0e, 0x50, 1, 2, 3, 4,
					6, 0, 0, 0x0c, 0, 1, 0, 4, 0xde, 0xad, 0xbe, 0xef };
	static const uint8_t right[4] = { 0x14, 0x9a, 0x01, 0x05 };
	struct pkt k;
	pkt_flow(&k, 4, false, 132);
	pkt_add(&k, sctp, sizeof(sctp));
	pkt_finish(&k);
	const struct packet_csum c = packet_csum(span_of(k.b, k.len), false);
	CU_ASSERT(c.at == 28 && c.len == 4 && memcmp(c.octets, right, 4) == 0);
	CU_ASSERT_EQUAL(packet_csum(span_of(k.b, k.len), true).len, 0);
}

static void test_csum_udp_zero(void)
{
	struct pkt k;
	pkt_flow(&k, 4, false, 17);
	pkt_udp(&k, 1, 2, "\0\0", 2);
	pkt_finish(&k);
	/* makes the sum come out as 0, which is written as all ones */
	memcpy(&k.b[k.l4 + 8], &k.b[k.l4 + 6], 2);
	const struct packet_csum c = packet_csum(span_of(k.b, k.len), false);
	CU_ASSERT(c.len == 2 && c.octets[0] == 0xff && c.octets[1] == 0xff);
}

static void test_csum_none(void)
{
	struct pkt k;
	for (unsigned six = 0; six < 2; six++) {
		transport(&k, six ? 6 : 4, 6, 10);
		for (uint32_t len = 0; len < k.len; len++) {
			uint8_t *copy = malloc(len != 0 ? len : 1);
			memcpy(copy, k.b, len);
			CU_ASSERT_EQUAL(packet_csum(span_of(copy, len), false).len, 0);
			free(copy);
		}
	}
	transport(&k, 4, 6, 10);
	k.b[6] = 0x20; /* more fragments */
	CU_ASSERT_EQUAL(packet_csum(span_of(k.b, k.len), false).len, 0);
	transport(&k, 4, 6, 10);
	k.b[9] = 47;
	CU_ASSERT_EQUAL(packet_csum(span_of(k.b, k.len), false).len, 0);
}

/* --- a dump of a live source ---------------------------------------------------------------- */
static enum err quiet_recv(struct pktio *io, struct packet *v, unsigned max, unsigned *n)
{
	(void)io, (void)v, (void)max;
	*n = 0;
	return OK;
}

static int quiet_fd(const struct pktio *io)
{
	(void)io;
	return 17;
}

static void quiet_close(struct pktio *io)
{
	(void)io;
}

/* Nothing there is no end and no packet; the descriptor to wait on is the source's. */
static void test_dump_of_quiet(void)
{
	static const struct pktio_ops ops = { .recv = quiet_recv, .fd = quiet_fd, .close = quiet_close };
	struct pktio quiet = { .ops = &ops }, *dump;
	struct packet p[1];
	unsigned n = 9;
	char why[PKTIO_WHY_LEN];
	CU_ASSERT_EQUAL_FATAL(pktio_dump_open(&quiet, "/dev/null", &dump, why), OK);
	CU_ASSERT_EQUAL(dump->ops->recv(dump, p, 1, &n), OK);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(pktio_fd(dump), 17);
	dump->ops->close(dump);
}

UNIT_MAIN({ "a packet", test_packet }, { "a packet cut short", test_packet_cut },
	  { "a packet with a changed octet", test_packet_changed },
	  { "attribute lengths", test_attr_lengths }, { "no payload, another message", test_no_payload },
	  { "answers", test_answer },
	  { "configuration", test_config }, { "verdicts", test_verdict }, { "gathering", test_gather },
	  { "gathering large packets", test_gather_large }, { "the kernel's list", test_line }, { "checksums", test_csum },
	  { "SCTP's checksum", test_csum_sctp }, { "UDP's checksum of 0", test_csum_udp_zero },
	  { "no checksum to set", test_csum_none },
	  { "a dump of a source with nothing there", test_dump_of_quiet })
