/* queue_tx.h - verdicts on their way to the kernel: many messages in one send, new packet bytes lent, not copied.
 */
#ifndef NFQ_QUEUE_TX_H
#define NFQ_QUEUE_TX_H

#include <sys/uio.h>

#include "nfq/queue_msg.h"

enum {
	QUEUE_TX_SEND = 128 << 10,       /* octets that are sent without waiting for more */
	QUEUE_TX_IOV = PKTIO_BATCH_MAX * 5
};

struct queue_tx {
	int fd;
	size_t size;                     /* octets gathered */
	size_t head_used;
	unsigned n, n_iov;               /* messages, pieces */
	struct iovec iov[QUEUE_TX_IOV];
	struct packet_csum sum[PKTIO_BATCH_MAX];
	_Alignas(8) uint8_t head[PKTIO_BATCH_MAX * QUEUE_VERDICT_LEN];
};

/* A verdict; payload: the packet's new bytes (o->payload is set here), empty for none, lent until the flush; their transport
 * checksum is replaced by sum's when that has one. 0 or an errno of a send that became due. */
int queue_tx_put(struct queue_tx *t, struct queue_order o, struct span payload, const struct packet_csum *sum) MUST_USE;
/* Sends what is gathered. 0 or an errno; what was not sent is forgotten. */
int queue_tx_flush(struct queue_tx *t) MUST_USE;

#endif
