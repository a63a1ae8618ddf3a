/* queue_tx.c - gathers verdict messages in pieces and sends them. */
#include "nfq/queue_tx.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cur.h"

enum { SEND_TRIES = 16 };

/* Pieces that follow one another in memory become one. */
static void add(struct queue_tx *t, const void *p, size_t len)
{
	if (len == 0)
		return;
	struct iovec *last = t->n_iov != 0 ? &t->iov[t->n_iov - 1] : NULL;
	if (last != NULL && (const uint8_t *)last->iov_base + last->iov_len == p)
		last->iov_len += len;
	else
		t->iov[t->n_iov++] = (struct iovec){ .iov_base = (void *)p, .iov_len = len };
	t->size += len;
}

static void add_payload(struct queue_tx *t, struct span payload, const struct packet_csum *sum)
{
	static const uint8_t zeros[4] = { 0 };
	struct cur c = cur_span(payload);
	if (sum != NULL && sum->len != 0) {
		struct packet_csum *kept = &t->sum[t->n];
		*kept = *sum;
		const struct span before = cur_bytes(&c, kept->at);
		cur_skip(&c, kept->len);
		add(t, before.p, before.len);
		add(t, kept->octets, kept->len);
	}
	const struct span rest = cur_rest(&c);
	add(t, rest.p, rest.len);
	add(t, zeros, (4 - payload.len % 4) % 4);
}

int queue_tx_flush(struct queue_tx *t)
{
	struct sockaddr_storage kernel = { .ss_family = AF_NETLINK };
	const struct msghdr m = { .msg_name = &kernel, .msg_namelen = 12, .msg_iov = t->iov, .msg_iovlen = t->n_iov };
	int code = 0;
	for (unsigned i = 0; t->n != 0 && i < SEND_TRIES; i++) {
		code = sendmsg(t->fd, &m, 0) >= 0 ? 0 : errno;
		if (code != EINTR && code != ENOBUFS && code != ENOMEM)
			break;
	}
	t->n = t->n_iov = 0;
	t->size = t->head_used = 0;
	return code;
}

int queue_tx_put(struct queue_tx *t, struct queue_order o, struct span payload, const struct packet_csum *sum)
{
	int code = 0;
	if (t->n == PKTIO_BATCH_MAX || (t->n != 0 && t->size + payload.len > QUEUE_TX_SEND))
		code = queue_tx_flush(t);
	o.payload = (uint32_t)payload.len;
	uint8_t *head = &t->head[t->head_used];
	const size_t len = queue_msg_verdict(head, &o);
	t->head_used += len;
	add(t, head, len);
	if (payload.len != 0)
		add_payload(t, payload, sum);
	t->n++;
	return code;
}
