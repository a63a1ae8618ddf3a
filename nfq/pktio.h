/* pktio.h - packets in and verdicts out behind one table of functions: replay and live run the same engine.
 *
 * Const instances: pktio_capture (pcap, pcapng, gzip), later NFQUEUE; pktio_dump wraps another and saves
 * what was let through. Packets are lent from recv until their verdict. One thread.
 */
#ifndef NFQ_PKTIO_H
#define NFQ_PKTIO_H

#include "base/err.h"
#include "forward/packet.h"

#define PKTIO_BATCH_MAX 64u
#define PKTIO_WHY_LEN 256u

struct pktio_verdict {
	bool pass;
	const uint8_t *rewritten;    /* the packet's new IP bytes; NULL = as it came */
	uint32_t rewritten_len;
};

struct pktio_stats {
	uint64_t packets, bytes;     /* received: records and their wire octets, IP or not */
	uint64_t not_ip;             /* records that carry no IP packet: let through, never inspected */
	uint64_t passed, dropped, injected;
	uint64_t cut_short;          /* records whose capture length is below the wire length */
};

struct pktio;

struct pktio_ops {
	const char *name;
	/* Next packets of a batch, at most max: *n > 0, or ERR_EOF at the end, or an error with why. A record
	 * without an IP packet comes with data == NULL (its verdict is always pass). */
	enum err (*recv)(struct pktio *io, struct packet *v, unsigned max, unsigned *n);
	/* Verdicts of the last batch's packets, in order, n of them. */
	enum err (*verdict)(struct pktio *io, const struct pktio_verdict *v, unsigned n);
	/* Sends an IP packet of our own. */
	enum err (*inject)(struct pktio *io, const uint8_t *ip, uint32_t len);
	void (*stats)(const struct pktio *io, struct pktio_stats *st);
	void (*close)(struct pktio *io);
};

/* Every source begins with this. */
struct pktio {
	const struct pktio_ops *ops;
	char why[PKTIO_WHY_LEN];     /* of the last error: what, where (packet number), what to do */
};

/* path "-" is standard input; pcap, pcapng, either gzipped, by content. Every link type that carries IP:
 * Ethernet (VLAN, QinQ, MPLS, PPPoE), raw IP, null/loop, SLL, SLL2, PPP, NFLOG, PKTAP ... On error why (PKTIO_WHY_LEN) is set. */
enum err pktio_capture_open(const char *path, struct pktio **out, char *why) MUST_USE;
/* Saves what under lets pass into path (pcap, nanoseconds, the source's link layer kept where possible, otherwise raw IP);
 * takes under over: closing the dump closes it. A file that cannot be written whole is removed again. A device or
 * pipe is written in place. The process ignores SIGXFSZ. */
enum err pktio_dump_open(struct pktio *under, const char *path, struct pktio **out, char *why) MUST_USE;
/* Finishes the file: flush, sync, rename into place; ERR_IO with why when the disk is full. Call before close. */
enum err pktio_dump_finish(struct pktio *dump) MUST_USE;

#endif
