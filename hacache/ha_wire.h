/* ha_wire.h - plain structs to protobuf messages in frames, and back with every field range-checked.
 *
 * A frame is type (1 octet), length (4, big-endian), message. Decoded structs live in the wire's own arena until the
 * next decode; the bytes they refer to are the message's. Pure: bytes in, bytes out. One thread.
 */
#ifndef HACACHE_HA_WIRE_H
#define HACACHE_HA_WIRE_H

#include "base/err.h"
#include "base/wr.h"
#include "hacache/ha_schema.h"

#define HA_FRAME_HEADER 5u

struct ha_wire;
/* ERR_INTERNAL when rows and ha.proto do not name the same fields. */
enum err ha_wire_new(struct ha_wire **out) MUST_USE;
void ha_wire_free(struct ha_wire *w);

/* Appends one framed message; times become distances from now. ERR_FULL when it does not fit. */
enum err ha_wire_encode(struct ha_wire *w, enum ha_type t, const void *plain, mono_t now, struct wr *out) MUST_USE;
/* Type and total length of the frame at the start of in; ERR_TRUNCATED when more is needed, ERR_MALFORMED
 * or ERR_RANGE when it can be none. */
enum err ha_wire_frame(struct span in, enum ha_type *t, size_t *len) MUST_USE;
/* Decodes a frame's message. *plain is the struct of its type, valid until the next decode; nothing is
 * given out unless every field is in range. */
enum err ha_wire_decode(struct ha_wire *w, enum ha_type t, struct span message, mono_t now, const void **plain) MUST_USE;
/* One more: what was decoded before stays valid. ERR_FULL: there is no room beside that. */
enum err ha_wire_decode_too(struct ha_wire *w, enum ha_type t, struct span message, mono_t now, const void **plain) MUST_USE;

#ifdef HA_MUTATE
/* Test build: row (ha_row_at's number) reads as zero on every decode. */
void ha_wire_mutate(struct ha_wire *w, unsigned row);
#endif

#endif
