/* cotp_int.h - between the files of decoders/cotp: one TPDU as parsed, and who does what with it.
 *
 * cotp.c frames TPKTs, tpdu.c parses a TPDU into struct tpdu, conn.c runs the connection.
 */
#ifndef DECODERS_COTP_COTP_INT_H
#define DECODERS_COTP_COTP_INT_H

#include "base/cur.h"
#include "decoders/cotp/cotp.h"

enum { TPKT_HEADER = 4, TPKT_LEN_MIN = 7, TPKT_VERSION = 3, TPDU_SIZE_MIN = 128, DT_HEADER = 3 };

/* Codes of TPDUs: octet 2 without its low nibble (X.224 13.2.2.2). */
enum tpdu_code {
	TPDU_ED = 0x10, TPDU_EA = 0x20, TPDU_UD = 0x40, TPDU_RJ = 0x50, TPDU_AK = 0x60, TPDU_ER = 0x70,
	TPDU_DR = 0x80, TPDU_DC = 0xc0, TPDU_CC = 0xd0, TPDU_CR = 0xe0, TPDU_DT = 0xf0,
};

struct tpdu {
	struct span whole;               /* from the length indicator to the end of user data */
	struct span user;                /* user data */
	struct span params;              /* the variable part; empty where it has none */
	enum event_id event;
	uint8_t code, low;               /* enum tpdu_code; low nibble of octet 2 */
	uint8_t class_, class_options;   /* CR, CC */
	uint8_t reason;                  /* DR reason, ER cause */
	uint8_t options;                 /* additional options; 0 when absent */
	uint8_t alternatives;            /* bit set of the alternative classes */
	bool eot, rdp;                   /* DT; CR or CC with an RDP cookie or negotiation */
	bool has_dst, has_src, has_nr;   /* references and number are in its fixed part */
	bool has_calling, has_called, has_options, has_info, has_rejected;
	uint16_t dst_ref, src_ref;
	uint16_t credit;                 /* CR, CC, AK, RJ */
	uint32_t nr;                     /* TPDU number: of DT and ED, or the one that AK, EA, RJ wait for */
	uint32_t size;                   /* stated TPDU size, 0 when absent */
	struct span calling, called;     /* TSAP identifiers */
	struct span info;                /* DR: additional clearing information */
	struct span rejected;            /* ER: octets of the TPDU that is rejected */
};

/* Parses the TPDU in a whole TPKT and tells its anomalies; false: it cannot be used. */
bool tpdu_parse(const struct cotp_state *s, const struct dec_ctx *ctx, enum dir d, struct span tpkt, struct tpdu *t);
void tpdu_event(struct dec_ctx *ctx, enum dir d, const struct tpdu *t);

/* Could these first octets of a TPKT (up to 7 are looked at) be one with a TPDU of class 0?
 * strict: nothing but what a well-behaved sender says. YES gives the TPKT's length. */
enum probe tpkt_consistent(struct span first, bool strict, size_t *len);

/* The DT that almost all are: a TSDU of its own on an open connection of class 0, its fields not asked for. Done at once, to
 * the same end as the long way; false: nothing was done. */
bool conn_usual(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, struct span tpkt, const struct dec_upper *up);
/* Runs the connection on one TPDU of d. */
void conn_tpdu(struct cotp_state *s, struct dec_ctx *ctx, enum dir d, const struct tpdu *t, const struct dec_upper *up);

#endif
