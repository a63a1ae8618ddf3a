/* cotp.h - TPKT framing (RFC 1006, 2126) and COTP class 0 (X.224): bytes of a stream to TSDUs.
 *
 * Fed in order, any segmentation. A TPKT that lies whole in one feed is not copied; partial ones and
 * TSDUs of several DT TPDUs are held in the state. Gives each complete TSDU to the upper layer.
 * After a framing error the direction is failed until a gap lets it resynchronise: three consecutive
 * consistent headers, the first at a segment start. Plain state; the caller owns it.
 */
#ifndef DECODERS_COTP_COTP_H
#define DECODERS_COTP_COTP_H

#include "decoders/dec.h"

/* Units for the upper layer: a TSDU (never empty); the connection ended by DR or ER (unit empty). */
enum cotp_unit { COTP_UNIT_TSDU, COTP_UNIT_END };

enum cotp_phase { COTP_CLOSED, COTP_WFCC, COTP_OPEN, COTP_ENDED, COTP_PHASE_N };

struct cotp_dir {
	struct buf part;         /* octets of an incomplete TPKT; of an incomplete header while resync */
	struct buf tsdu;         /* octets of an incomplete TSDU */
	uint32_t frags;          /* DT TPDUs in tsdu so far */
	bool failed;             /* framing lost: bytes are skipped */
	bool resync;             /* after a gap: looking for headers at a segment start */
	bool skip_tsdu;          /* TSDU over the cap or broken by a gap: dropped up to its EOT */
	bool oversize;           /* AN_COTP_DT_SIZE was told */
	uint8_t resync_n;        /* consistent headers met in a row, while resync */
	uint32_t resync_left;    /* octets up to where the next header must be, while resync */
};

struct cotp_state {
	uint8_t phase;           /* enum cotp_phase */
	uint8_t initiator;       /* enum dir of the CR's sender */
	uint8_t class_;          /* agreed (or proposed) class */
	uint8_t classes;         /* bit set of the classes a CC may choose */
	uint8_t options;         /* additional options (parameter C6): proposed, then agreed */
	bool rdp_asked;          /* the CR has an RDP cookie or negotiation: proves nothing, an MMS server may ignore it */
	bool rdp;                /* ... and the CC answers it, or MCS (T.125) follows: bytes are no longer looked at */
	bool midstream;          /* joined without its CR */
	uint16_t src_ref, dst_ref; /* CR's SRC-REF, CC's SRC-REF */
	uint32_t tpdu_size;      /* proposed, then agreed octets; 0 = not stated */
	struct cotp_dir dir[DIR_N];
};

void cotp_init(struct cotp_state *s);
void cotp_fini(struct cotp_state *s, struct bufpool *bufs);
void cotp_feed(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct span bytes, const struct dec_upper *up);
/* Bytes of d were never seen: what is partial is lost, framing is looked for again. */
void cotp_gap(struct cotp_state *s, struct dec_ctx *ctx, enum dir d);
/* Do the first octets of a direction look like TPKT with COTP (not: TPKT with Q.931)? */
enum probe cotp_probe(struct span first);

#endif
