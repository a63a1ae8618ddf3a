/* queue_msg.c - attributes by a table, messages by libmnl. */
#include "nfq/queue_msg.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cur.h"

/* The kernel's own structures, in its byte order; zeros when too few octets are left. */
static void host(struct cur *c, void *out, size_t n)
{
	const uint8_t *p = cur_take(c, n);
	memset(out, 0, n);
	if (p != NULL)
		memcpy(out, p, n);
}

static void read_head(struct queue_msg *m, struct cur c)
{
	m->id = cur_be32(&c);
	m->has_id = true;
}

static void read_indev(struct queue_msg *m, struct cur c)
{
	m->indev = cur_be32(&c);
}

static void read_physindev(struct queue_msg *m, struct cur c)
{
	m->physindev = cur_be32(&c);
}

static void read_mac(struct queue_msg *m, struct cur c)
{
	const uint16_t len = cur_be16(&c);
	cur_skip(&c, 2);
	if (len > sizeof(m->mac)) {
		m->bad = true;
		return;
	}
	m->mac_len = (uint8_t)len;
	host(&c, m->mac, sizeof(m->mac));
}

static void read_payload(struct queue_msg *m, struct cur c)
{
	m->payload = cur_rest(&c);
}

static void read_cap_len(struct queue_msg *m, struct cur c)
{
	m->cap_len = cur_be32(&c);
}

static void read_skb_info(struct queue_msg *m, struct cur c)
{
	m->skb_info = cur_be32(&c);
}

/* Attributes that matter here, by type; octets at least. */
static const struct attr_row {
	uint8_t min;
	void (*read)(struct queue_msg *m, struct cur c);
} attr_rows[NFQA_MAX + 1] = {
	[NFQA_PACKET_HDR] = { 7, read_head },
	[NFQA_IFINDEX_INDEV] = { 4, read_indev },
	[NFQA_IFINDEX_PHYSINDEV] = { 4, read_physindev },
	[NFQA_HWADDR] = { 12, read_mac },
	[NFQA_PAYLOAD] = { 1, read_payload },
	[NFQA_CAP_LEN] = { 4, read_cap_len },
	[NFQA_SKB_INFO] = { 4, read_skb_info },
};

static void read_attrs(struct queue_msg *m, struct cur c)
{
	while (cur_left(&c) != 0) {
		struct nlattr a;
		host(&c, &a, sizeof(a));
		struct cur body = cur_sub(&c, a.nla_len >= sizeof(a) ? a.nla_len - sizeof(a) : SIZE_MAX);
		if (!cur_ok(&c)) {
			m->bad = true;
			return;
		}
		const unsigned type = a.nla_type & NLA_TYPE_MASK;
		const struct attr_row *row = type <= NFQA_MAX ? &attr_rows[type] : NULL;
		if (row != NULL && row->read != NULL && cur_left(&body) < row->min)
			m->bad = true;
		else if (row != NULL && row->read != NULL)
			row->read(m, body);
		/* the last attribute's padding may be missing */
		cur_skip(&c, size_min(NLA_ALIGN(a.nla_len) - a.nla_len, cur_left(&c)));
	}
}

static void read_answer(struct queue_msg *m, struct cur c)
{
	struct nlmsgerr e;
	host(&c, &e, sizeof(e));
	if (!cur_ok(&c))
		return;
	m->kind = QUEUE_ANSWER;
	m->seq = e.msg.nlmsg_seq;
	m->error = e.error < 0 && e.error != INT32_MIN ? -e.error : e.error;
}

void queue_msg_read(struct span datagram, struct queue_msg *m)
{
	*m = (struct queue_msg){ .kind = QUEUE_OTHER };
	struct cur c = cur_span(datagram);
	struct nlmsghdr h;
	host(&c, &h, sizeof(h));
	if (!cur_ok(&c) || h.nlmsg_len < sizeof(h))
		return;
	const size_t said = h.nlmsg_len - sizeof(h), left = cur_left(&c);
	struct cur body = cur_sub(&c, size_min(said, left));
	if (h.nlmsg_type == NLMSG_ERROR) {
		read_answer(m, body);
		return;
	}
	if (h.nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
		return;
	m->kind = QUEUE_PACKET;
	m->bad = said > left;
	cur_skip(&body, sizeof(struct nfgenmsg));
	m->bad |= !cur_ok(&body);
	read_attrs(m, body);
	if (m->payload.p == NULL)
		m->bad = true;
	if (m->cap_len <= m->payload.len)
		m->cap_len = 0;
}

static struct nlmsghdr *begin(void *buf, unsigned type, uint16_t queue)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type);
	h->nlmsg_flags = NLM_F_REQUEST;
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = AF_UNSPEC;
	g->version = NFNETLINK_V0;
	g->res_id = htons(queue);
	return h;
}

size_t queue_msg_config(void *buf, const struct pktio_nfqueue_opt *o, uint32_t seq)
{
	const struct nfqnl_msg_config_cmd bind = { .command = NFQNL_CFG_CMD_BIND, .pf = htons(AF_UNSPEC) };
	const struct nfqnl_msg_config_params params = { .copy_range = htonl(QUEUE_PAYLOAD_MAX), .copy_mode = NFQNL_COPY_PACKET };
	const uint32_t flags = NFQA_CFG_F_GSO | (o->fail_open ? NFQA_CFG_F_FAIL_OPEN : 0);
	struct nlmsghdr *h = begin(buf, NFQNL_MSG_CONFIG, o->queue);
	h->nlmsg_flags |= NLM_F_ACK;
	h->nlmsg_seq = seq;
	mnl_attr_put(h, NFQA_CFG_CMD, sizeof(bind), &bind);
	mnl_attr_put(h, NFQA_CFG_PARAMS, sizeof(params), &params);
	mnl_attr_put_u32(h, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
	mnl_attr_put_u32(h, NFQA_CFG_FLAGS, htonl(flags));
	if (o->maxlen != 0)
		mnl_attr_put_u32(h, NFQA_CFG_QUEUE_MAXLEN, htonl(o->maxlen));
	return h->nlmsg_len;
}

size_t queue_msg_verdict(void *buf, const struct queue_order *o)
{
	const struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(o->pass ? NF_ACCEPT : NF_DROP), .id = htonl(o->id) };
	struct nlmsghdr *h = begin(buf, o->up_to ? NFQNL_MSG_VERDICT_BATCH : NFQNL_MSG_VERDICT, o->queue);
	mnl_attr_put(h, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
	if (o->marked)
		mnl_attr_put_u32(h, NFQA_MARK, htonl(o->mark));
	if (o->payload == 0)
		return h->nlmsg_len;
	struct nlattr *a = mnl_nlmsg_get_payload_tail(h);
	a->nla_type = NFQA_PAYLOAD;
	a->nla_len = (uint16_t)(sizeof(*a) + o->payload);
	const size_t len = h->nlmsg_len + sizeof(*a);
	h->nlmsg_len = (uint32_t)(len + NLA_ALIGN(o->payload));
	return len;
}

bool queue_line_find(const char *text, uint16_t queue, struct queue_line *out)
{
	for (const char *line = text; *line != '\0';) {
		unsigned nr;
		struct queue_line l;
		if (sscanf(line, "%u %u %u %*u %*u %u %u", &nr, &l.portid, &l.pending, &l.queue_dropped, &l.user_dropped) == 5 &&
		    nr == queue) {
			*out = l;
			return true;
		}
		const char *end = strchr(line, '\n');
		if (end == NULL)
			break;
		line = end + 1;
	}
	return false;
}
