/* iccp.h - TASE.2 / ICCP (IEC 60870-6-503, -802) over MMS: recognition and operations.
 *
 * Told apart from plain MMS and IEC 61850 by reserved names, their scope and structure, never by the
 * association. An operation is one event iccp.* beside the PDU's mms.* event. Names that the flow
 * taught us (transfer sets, devices with _SBO or _TAG, data sets with devices in them) are kept as hashes,
 * bounded. A flow that looked like IEC 61850 becomes ICCP at a reserved name; ICCP stays ICCP. Plain state.
 */
#ifndef DECODERS_ICCP_ICCP_H
#define DECODERS_ICCP_ICCP_H

#include "base/hash.h"
#include "decoders/mms/mms.h"

#define ICCP_NAMES_MAX 64

/* ICCP_KNOWN_DEVICE_SET: a data set that has a known device as member. */
enum iccp_known { ICCP_KNOWN_TRANSFER_SET, ICCP_KNOWN_DEVICE, ICCP_KNOWN_DEVICE_SET, ICCP_KNOWN_N };
enum iccp_label { ICCP_UNDECIDED, ICCP_YES, ICCP_IEC61850, ICCP_LABEL_N };
enum iccp_assoc { ICCP_ASSOC_UNSEEN, ICCP_ASSOC_ASKED, ICCP_ASSOC_ANSWERED, ICCP_ASSOC_N };

struct iccp_name {
	uint64_t hash;           /* unkeyed, over scope, domain and item: must agree between nodes */
	uint8_t what;            /* enum iccp_known */
};

struct iccp_state {
	uint8_t label;           /* enum iccp_label */
	uint8_t assoc;           /* enum iccp_assoc: told as operation once the flow is ICCP */
	uint8_t initiator;       /* enum dir of the initiate-Request's sender, unless ICCP_ASSOC_UNSEEN */
	uint16_t n_names;        /* the oldest makes room, counted as anomaly */
	uint16_t oldest;
	struct iccp_name name[ICCP_NAMES_MAX];
};

void iccp_init(struct iccp_state *s);
void iccp_pdu(struct iccp_state *s, struct dec_ctx *ctx, const struct mms_pdu *pdu);
void iccp_aborted(struct iccp_state *s, struct dec_ctx *ctx, enum dir d);

#endif
