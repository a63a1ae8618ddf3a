/* rec_pdu.h - the fields of the PDU that a record is about, packed; EVE's cotp, mms and iccp objects are made of them.
 *
 * In the event's order: a field's number (decoders/fields.h), its value, at most REC_PDU_TEXT of its octets. What finds no
 * room is left out and marked. Plain, so that it travels with its record; what a peer sent is read with the same care as
 * anything off the wire. Never allocates.
 */
#ifndef IPS_REC_PDU_H
#define IPS_REC_PDU_H

#include "decoders/fields.h"

enum { REC_PDU_ROOM = 512, REC_PDU_TEXT = 131 }; /* an MMS identifier of the longest tolerated kind */

struct rec_pdu {
	uint16_t len;
	bool cut;                /* there were more fields, or more octets of one */
	uint8_t p[REC_PDU_ROOM];
};

/* What is secret is left out. */
void rec_pdu_add(struct rec_pdu *r, const struct field *f);
/* The field at *at, which then is the next one's place; octets are lent from r. False at the end, and at what is damaged;
 * of a number that this build does not know f->id is FLD_N. */
bool rec_pdu_next(const struct rec_pdu *r, size_t *at, struct field *f);
/* The octets of the first field of that id; empty when there is none. */
struct span rec_pdu_octets(const struct rec_pdu *r, enum field_id id);
/* Domain and name that the PDU addresses first, TASE.2's before MMS's; empty where there are none. */
struct span rec_pdu_domain(const struct rec_pdu *r);
struct span rec_pdu_object(const struct rec_pdu *r);

#endif
