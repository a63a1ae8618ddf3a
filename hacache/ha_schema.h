/* ha_schema.h - the schema as rows: for each plain struct its fields, their kinds and ranges.
 *
 * ha_wire.c walks the rows to fill and read protobuf messages; ha_digest walks them to sum up a session.
 * A field that is not in a row is not replicated, and has its reason in tests/ha/members.txt; a row without a field in
 * ha.proto is refused at start.
 */
#ifndef HACACHE_HA_SCHEMA_H
#define HACACHE_HA_SCHEMA_H

#include "hacache/ha.h"

enum ha_kind {
	HK_UINT,        /* unsigned integer or bool of 1, 2, 4 or 8 octets */
	HK_TIME,        /* mono_t, as its distance from the commit's moment */
	HK_RAW,         /* fixed number of octets */
	HK_OCTETS,      /* array of octets and a count */
	HK_BUF,         /* struct buf */
	HK_MSG,         /* struct inside */
	HK_PTR,         /* pointer to a struct, NULL = absent */
	HK_LIST,        /* array of structs and a count */
	HK_UINTS        /* array of unsigned integers and a count */
};

struct ha_msg;

struct ha_row {
	const char *name;
	uint8_t kind;            /* enum ha_kind */
	bool local;              /* left out of the digest: timers, counters, what only this node knows */
	uint16_t off;            /* of the field in its struct */
	uint32_t size;           /* octets of the field, or of one element of an array */
	uint64_t max;            /* HK_UINT(S): largest value; HK_BUF: octets; HK_OCTETS, HK_LIST, HK_UINTS: elements */
	uint16_t n_off, n_size;  /* of the count */
	const struct ha_msg *sub;
};

struct ha_msg {
	const char *name;        /* message name in ha.proto */
	const struct ha_row *row;
	uint16_t n;
	uint32_t size;           /* of the plain struct */
};

/* Every message of the schema; the order numbers the rows for ha_row_number. */
extern const struct ha_msg *const ha_msgs[];
extern const size_t ha_msgs_n;

const struct ha_msg *ha_msg_of_type(enum ha_type t);   /* NULL = none */
const struct ha_msg *ha_section_msg(enum ha_section i);
/* The rows' fields of from to to; rows of numbers, octets of one size and messages of such only. */
void ha_copy(const struct ha_msg *m, void *to, const void *from);
/* Rows of all messages in one numbering; row i's message and row, or false. */
bool ha_row_at(unsigned i, const struct ha_msg **m, const struct ha_row **r);
unsigned ha_row_number(const struct ha_msg *m, unsigned row);

/* Of what digests are made of: names and kinds of a session's rows that are not local, in order. Never 0. */
uint64_t ha_schema_sum(void);
/* Sum over the rows that are not local; equal states give equal sums on every node. */
uint64_t ha_digest(const struct ha_msg *m, const void *plain);

#endif
