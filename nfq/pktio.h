/* pktio.h - packets in and verdicts out behind one table of functions: replay and live run the same engine.
 *
 * Const instances: pktio_capture (pcap, pcapng, gzip), pktio_nfqueue (the kernel's packet queue); pktio_dump
 * wraps another and saves what was let through. Packets are lent from recv until their verdict; of a
 * queue several batches may be out at a time, and their verdicts are given in order. One thread.
 */
#ifndef NFQ_PKTIO_H
#define NFQ_PKTIO_H

#include "base/err.h"
#include "forward/packet.h"

#define PKTIO_BATCH_MAX 64u
#define PKTIO_FLIGHTS 4u         /* full batches of a queue that may wait for their verdicts; a file has one */
#define PKTIO_WHY_LEN 256u

struct pktio_verdict {
	bool pass;
	bool marked;                 /* mark is given, for the kernel's routing rules */
	uint32_t mark;
	/* The packet's new IP bytes; NULL = as it came. Where the packet's csum_ready is false the transport
	 * checksum in them does not matter: it is replaced by the right one. */
	const uint8_t *rewritten;
	uint32_t rewritten_len;
};

struct pktio_stats {
	uint64_t packets, bytes;     /* received: records and their wire octets, IP or not */
	uint64_t not_ip;             /* records that carry no IP packet: let through, never inspected */
	uint64_t passed, dropped, injected;
	uint64_t cut_short;          /* records whose capture length is below the wire length */
	/* of a queue; 0 elsewhere */
	uint64_t gso;                /* packets that the kernel will cut into segments behind us */
	uint64_t unusable;           /* messages that no packet could be taken from: dropped */
	uint64_t not_rewritten;      /* dropped for want of their new bytes: cut short on the way here, or too long */
	uint64_t refused;            /* verdicts that the kernel answered with an error */
	uint64_t not_injected;
	uint64_t queue_dropped;      /* by the kernel: maxlen packets were waiting */
	uint64_t user_dropped;       /* by the kernel: the socket buffer was full */
	uint32_t pending;            /* waiting for a verdict now */
};

struct pktio;

struct pktio_ops {
	const char *name;
	/* Next packets of a batch, at most max: *n > 0, or ERR_EOF at the end, or an error with why. A record
	 * without an IP packet comes with data == NULL (its verdict is always pass). A live source never waits: OK
	 * with *n == 0 when nothing is there (poll on its fd then) or as many packets wait for
	 * their verdicts as it holds. */
	enum err (*recv)(struct pktio *io, struct packet *v, unsigned max, unsigned *n);
	/* Verdicts of the n oldest packets that have none, in order. */
	enum err (*verdict)(struct pktio *io, const struct pktio_verdict *v, unsigned n);
	/* Sends an IP packet of our own. */
	enum err (*inject)(struct pktio *io, const uint8_t *ip, uint32_t len);
	void (*stats)(const struct pktio *io, struct pktio_stats *st);
	void (*close)(struct pktio *io);
	int (*fd)(const struct pktio *io); /* see pktio_fd; may be NULL */
};

/* Every source begins with this. */
struct pktio {
	const struct pktio_ops *ops;
	char why[PKTIO_WHY_LEN];     /* of the last error: what, where (packet number), what to do */
};

/* Readable when recv has something; -1: recv never has to be waited for. */
static inline int pktio_fd(const struct pktio *io)
{
	return io->ops->fd != NULL ? io->ops->fd(io) : -1;
}

/* path "-" is standard input; pcap, pcapng, either gzipped, by content. Every link type that carries IP:
 * Ethernet (VLAN, QinQ, MPLS, PPPoE), raw IP, null/loop, SLL, SLL2, PPP, NFLOG, PKTAP ... On error why (PKTIO_WHY_LEN) is set. */
enum err pktio_capture_open(const char *path, struct pktio **out, char *why) MUST_USE;
/* Saves what under lets pass into path (pcap, nanoseconds, the source's link layer kept where possible, otherwise raw IP);
 * takes under over: closing the dump closes it. A file that cannot be written whole is removed again. A device or
 * pipe is written in place. The process ignores SIGXFSZ. */
enum err pktio_dump_open(struct pktio *under, const char *path, struct pktio **out, char *why) MUST_USE;
/* Finishes the file: flush, sync, rename into place; ERR_IO with why when the disk is full. Call before close. */
enum err pktio_dump_finish(struct pktio *dump) MUST_USE;

struct pktio_nfqueue_opt {
	uint16_t queue;
	uint32_t maxlen;             /* packets that may wait; 0: as the kernel has it */
	uint32_t rcvbuf;             /* octets of socket buffer; 0: PKTIO_RCVBUF */
	bool fail_open;              /* what finds the queue full passes uninspected; otherwise it is dropped */
	mono_t (*now)(void *arg);    /* the packets' time; NULL: a clock of its own as in queue_clock.h */
	void *now_arg;
};

#define PKTIO_RCVBUF (64u << 20)

/* Binds the queue and opens the sockets that inject needs: CAP_NET_ADMIN and CAP_NET_RAW. Afterwards CAP_NET_ADMIN must stay,
 * every verdict needs it. close only closes: the queue ends, and what it holds is dropped, with the last process that has the
 * descriptors. */
enum err pktio_nfqueue_open(const struct pktio_nfqueue_opt *o, struct pktio **out, char *why) MUST_USE;

#endif
