/* capture.h - what the dump needs of a capture's current batch: the frames that its packets lay in. */
#ifndef NFQ_CAPTURE_H
#define NFQ_CAPTURE_H

#include "nfq/linktype.h"
#include "nfq/pktio.h"

enum { CAPTURE_SNAP_MAX = 256 * 1024 }; /* octets of a record at most: libpcap's own limit for these link types */

struct capture_record {
	struct span frame;       /* lent until the batch's verdicts */
	struct link_ip link;
	int dlt;
	uint32_t wire_len;       /* octets of the frame on the wire */
	mono_t at;
};

/* Is io a capture? */
bool capture_is(const struct pktio *io);
/* Link type of the file, or of its first interface. */
int capture_dlt(const struct pktio *io);
/* Record i of the last batch. */
const struct capture_record *capture_at(const struct pktio *io, unsigned i);

#endif
