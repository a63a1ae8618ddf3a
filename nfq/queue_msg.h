/* queue_msg.h - the messages of the kernel's packet queue (linux/netfilter/nfnetlink_queue.h): reading and building.
 *
 * Pure: bytes in, values out. Read with bounds although the kernel wrote them: a datagram may be cut short,
 * and lengths are not all multiples of 4.
 */
#ifndef NFQ_QUEUE_MSG_H
#define NFQ_QUEUE_MSG_H

#include "nfq/pktio.h"

enum {
	QUEUE_PAYLOAD_MAX = 65531,   /* an attribute's length has 16 bits and counts its head */
	QUEUE_VERDICT_LEN = 48,      /* octets of a verdict message at most, without the packet's bytes */
	QUEUE_CONFIG_LEN = 128
};

enum queue_kind {
	QUEUE_OTHER,                 /* nothing of ours, or unreadable */
	QUEUE_PACKET,
	QUEUE_ANSWER                 /* NLMSG_ERROR: to a configuration, or that a verdict failed */
};

struct queue_msg {
	enum queue_kind kind;
	uint32_t seq;                /* of the message that is answered */
	int error;                   /* an errno, 0: done as asked */
	bool has_id;
	bool bad;                    /* some attribute could not be read */
	uint32_t id;
	struct span payload;         /* lent out of the datagram; p NULL: none there */
	uint32_t cap_len;            /* octets of the whole packet when payload is not all of it, else 0 */
	uint32_t skb_info;           /* NFQA_SKB_... */
	uint32_t indev, physindev;
	uint8_t mac[8];
	uint8_t mac_len;
};

/* The first message of a datagram: the kernel puts one in each. */
void queue_msg_read(struct span datagram, struct queue_msg *m);

/* Binds o->queue and sets everything about it, in one message, to be answered. buf: QUEUE_CONFIG_LEN, aligned. Its length. */
size_t queue_msg_config(void *buf, const struct pktio_nfqueue_opt *o, uint32_t seq);

/* What to do with packets of one queue. */
struct queue_order {
	uint16_t queue;
	bool pass;
	bool up_to;                  /* with all that came before id and have no verdict yet, too */
	bool marked;
	uint32_t id, mark;
	uint32_t payload;            /* octets of new packet that the caller sends behind it, padded to 4; 0 = none */
};
/* buf: QUEUE_VERDICT_LEN, aligned to 4. Its length, a multiple of 4, without the payload. */
size_t queue_msg_verdict(void *buf, const struct queue_order *o);

/* One queue's line of /proc/net/netfilter/nfnetlink_queue. */
struct queue_line {
	uint32_t portid, pending, queue_dropped, user_dropped;
};
bool queue_line_find(const char *text, uint16_t queue, struct queue_line *out);

#endif
