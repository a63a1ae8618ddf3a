/* ha_wire.c - rows to protobuf's wire format and back. protobuf-c's descriptors say which number and type a row's field has;
 * the octets are written and read here, in one pass without memory of their own.
 */
#include "hacache/ha_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "ha.pb-c.h"
#include "hacache/ha_rows.h"

enum { ARENA_SIZE = 4 << 20, ARENA_ALIGN = 16, NUMBER_MAX = 31, ROWS_MAX = 64, NO_OP = 0xff };
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_OCTETS = 2, WIRE_FIXED32 = 5 };

struct arena {
	uint8_t *p;
	size_t len, cap;
};

struct bind;

struct op { /* a row, and what its field looks like */
	const struct ha_row *r;
	const struct bind *sub;
	uint16_t tag;           /* number and wire type, as the varint it is written as */
	bool narrow;            /* 32 bits */
};

struct bind { /* one message of the schema */
	const struct ha_msg *m;
	struct op *op;
	uint8_t by_number[NUMBER_MAX + 1];
};

struct ha_wire {
	struct arena arena;
	struct bind *bind;
#ifdef HA_MUTATE
	unsigned mutate;
	bool mutating;
#endif
};

/* Each message of ha_msgs by its name in ha.proto. */
#define MESSAGES(X)                                                                                    \
	X(hello) X(session) X(ended) X(rec) X(commit) X(ack) X(forward) X(state) X(way) X(tuple)        \
	X(count) X(tcp) X(tcp_end) X(tcp_flow) X(tcp_syn) X(reasm) X(reasm_dir) X(held) X(held_segment) \
	X(insp) X(insp_dir) X(tags) X(cotp) X(cotp_dir) X(osi) X(context) X(mms) X(mms_dir) X(pending)  \
	X(iccp) X(iccp_name) X(match) X(match_part) X(scan) X(rec_flow) X(kept) X(kept_dir)             \
	X(datagram) X(fragment) X(buckets) X(repair)

static const ProtobufCMessageDescriptor *descriptor_of(const char *name)
{
	static const ProtobufCMessageDescriptor *const all[] = {
#define X(id) &ha__##id##__descriptor,
		MESSAGES(X)
#undef X
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i]->short_name, name) == 0)
			return all[i];
	return NULL;
}

/* --- memory ---------------------------------------------------------------------------------------- */

static void *arena_zero(struct arena *a, size_t n)
{
	const size_t at = (a->len + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (n > a->cap || at > a->cap - n)
		return NULL;
	a->len = at + n;
	return memset(a->p + at, 0, n);
}

/* --- binding rows to descriptors ------------------------------------------------------------------- */

static const struct bind *bind_of(const struct ha_wire *w, const struct ha_msg *m)
{
	size_t i = 0;
	while (ha_msgs[i] != m)
		i++;
	return &w->bind[i];
}

/* What a field of that kind is in ha.proto. */
static bool type_fits(const struct ha_row *r, const ProtobufCFieldDescriptor *f)
{
	const ProtobufCType t = f->type;
	const bool number = t == PROTOBUF_C_TYPE_BOOL || t == PROTOBUF_C_TYPE_UINT32 || t == PROTOBUF_C_TYPE_UINT64;
	const bool many = f->label == PROTOBUF_C_LABEL_REPEATED;
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
		return number && !many;
	case HK_UINTS:
		return number && many;
	case HK_TIME:
		return t == PROTOBUF_C_TYPE_SINT64 && !many;
	case HK_RAW:
	case HK_OCTETS:
	case HK_BUF:
		return t == PROTOBUF_C_TYPE_BYTES && !many;
	case HK_MSG:
	case HK_PTR:
		return t == PROTOBUF_C_TYPE_MESSAGE && !many;
	case HK_LIST:
		return t == PROTOBUF_C_TYPE_MESSAGE && many;
	}
	return false;
}

static enum err bind_row(struct ha_wire *w, struct bind *b, unsigned i, const ProtobufCMessageDescriptor *d)
{
	const struct ha_row *r = &b->m->row[i];
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(d, r->name);
	if (f == NULL || f->id > NUMBER_MAX || !type_fits(r, f))
		return ERR_INTERNAL;
	const bool varint = r->kind == HK_UINT || r->kind == HK_TIME;
	b->op[i] = (struct op){ .r = r, .sub = r->sub != NULL ? bind_of(w, r->sub) : NULL,
				.tag = (uint16_t)(f->id << 3 | (varint ? WIRE_VARINT : WIRE_OCTETS)),
				.narrow = f->type == PROTOBUF_C_TYPE_UINT32 };
	b->by_number[f->id] = (uint8_t)i;
	return OK;
}

static enum err bind_message(struct ha_wire *w, struct bind *b, const struct ha_msg *m)
{
	const ProtobufCMessageDescriptor *d = descriptor_of(m->name);
	b->m = m;
	memset(b->by_number, NO_OP, sizeof(b->by_number));
	if (d == NULL || d->n_fields != m->n || m->n > ROWS_MAX)
		return ERR_INTERNAL;
	b->op = calloc(m->n, sizeof(*b->op));
	if (b->op == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < m->n; i++)
		TRY(bind_row(w, b, i, d));
	return OK;
}

enum err ha_wire_new(struct ha_wire **out)
{
	struct ha_wire *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return ERR_NOMEM;
	enum err e = ERR_NOMEM;
	w->arena = (struct arena){ .p = malloc(ARENA_SIZE), .cap = ARENA_SIZE };
	w->bind = calloc(ha_msgs_n, sizeof(*w->bind));
	if (w->arena.p == NULL || w->bind == NULL)
		goto fail;
	for (size_t i = 0; i < ha_msgs_n; i++) {
		e = bind_message(w, &w->bind[i], ha_msgs[i]);
		if (e != OK)
			goto fail;
	}
	*out = w;
	return OK;
fail:
	ha_wire_free(w);
	return e;
}

void ha_wire_free(struct ha_wire *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; w->bind != NULL && i < ha_msgs_n; i++)
		free(w->bind[i].op);
	free(w->bind);
	free(w->arena.p);
	free(w);
}

/* --- plain to octets ------------------------------------------------------------------------------- */

static void put_message(const struct bind *b, const void *plain, mono_t now, struct wr *o);

/* Zero is what a field is that is not there. */
static void put_num(const struct op *op, uint64_t v, struct wr *o)
{
	if (v == 0)
		return;
	wr_varint(o, op->tag);
	wr_varint(o, v);
}

static void put_octets(const struct op *op, const void *p, size_t n, struct wr *o)
{
	if (n == 0)
		return;
	wr_varint(o, op->tag);
	wr_varint(o, n);
	wr_bytes(o, p, n);
}

static void put_sub(const struct op *op, const void *plain, mono_t now, struct wr *o)
{
	wr_varint(o, op->tag);
	const size_t at = o->len;
	wr_u8(o, 0);
	put_message(op->sub, plain, now, o);
	wr_length_at(o, at);
}

static void put_uints(const struct op *op, const void *plain, struct wr *o)
{
	const size_t n = ha_count(plain, op->r);
	if (n == 0)
		return;
	wr_varint(o, op->tag);
	const size_t at = o->len;
	wr_u8(o, 0);
	for (size_t i = 0; i < n; i++)
		wr_varint(o, ha_get_uint(ha_field(plain, op->r->off + i * op->r->size), op->r->size));
	wr_length_at(o, at);
}

static uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static void put_row(const struct op *op, const void *plain, mono_t now, struct wr *o)
{
	const struct ha_row *r = op->r;
	const void *at = ha_field(plain, r->off);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
		put_num(op, ha_get_uint(at, r->size), o);
		return;
	case HK_TIME: {
		mono_t t;
		memcpy(&t, at, sizeof(t));
		put_num(op, zigzag(mono_diff(t, now)), o);
		return;
	}
	case HK_RAW:
		put_octets(op, at, r->size, o);
		return;
	case HK_OCTETS:
		put_octets(op, at, ha_count(plain, r), o);
		return;
	case HK_BUF: {
		const struct buf *b = at;
		put_octets(op, b->p, b->len, o);
		return;
	}
	case HK_MSG:
		put_sub(op, at, now, o);
		return;
	case HK_PTR:
		if (ha_get_ptr(at) != NULL)
			put_sub(op, ha_get_ptr(at), now, o);
		return;
	case HK_LIST:
		for (size_t i = 0, n = ha_count(plain, r); i < n; i++)
			put_sub(op, ha_field(at, i * r->size), now, o);
		return;
	case HK_UINTS:
		put_uints(op, plain, o);
		return;
	}
}

static void put_message(const struct bind *b, const void *plain, mono_t now, struct wr *o)
{
	for (unsigned i = 0; i < b->m->n; i++)
		put_row(&b->op[i], plain, now, o);
}

enum err ha_wire_encode(struct ha_wire *w, enum ha_type t, const void *plain, mono_t now, struct wr *out)
{
	wr_u8(out, (uint8_t)t);
	uint8_t *len = wr_room(out, HA_FRAME_HEADER - 1);
	const size_t at = out->len;
	put_message(bind_of(w, ha_msg_of_type(t)), plain, now, out);
	if (!wr_ok(out) || out->len - at > HA_MESSAGE_MAX)
		return ERR_FULL;
	struct wr head = wr_of(len, HA_FRAME_HEADER - 1);
	wr_be32(&head, (uint32_t)(out->len - at));
	return OK;
}

/* --- octets to plain ------------------------------------------------------------------------------- */

static enum err read_message(struct ha_wire *w, const struct bind *b, struct cur *c, void *plain, mono_t now);

static enum err put_checked(const struct op *op, void *at, uint64_t v)
{
	const struct ha_row *r = op->r;
	if ((op->narrow && v > UINT32_MAX) || (r->size < 8 && v >> (8 * r->size) != 0))
		return ERR_RANGE;
	ha_set_uint(at, r->size, v);
	return OK;
}

/* One more element, or ERR_RANGE. */
static enum err grow(const struct ha_row *r, void *plain, void **el)
{
	const size_t n = ha_count(plain, r);
	if (n >= r->max)
		return ERR_RANGE;
	ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, n + 1);
	*el = ha_field_mut(plain, r->off + n * r->size);
	return OK;
}

static enum err read_uints(const struct op *op, struct cur *c, void *plain)
{
	while (cur_left(c) > 0) {
		void *el;
		TRY(grow(op->r, plain, &el));
		TRY(put_checked(op, el, cur_varint(c)));
	}
	return cur_ok(c) ? OK : ERR_MALFORMED;
}

static enum err read_bytes(const struct ha_row *r, struct span s, void *plain)
{
	void *at = ha_field_mut(plain, r->off);
	if (r->kind == HK_RAW ? s.len != r->size : s.len > r->max)
		return ERR_RANGE;
	if (r->kind == HK_BUF) {
		struct buf *to = at;
		*to = (struct buf){ .p = (uint8_t *)(uintptr_t)s.p, .len = (uint32_t)s.len };
		return OK;
	}
	if (r->kind == HK_OCTETS)
		ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, s.len);
	if (s.len != 0)
		memcpy(at, s.p, s.len);
	return OK;
}

static enum err read_octets(struct ha_wire *w, const struct op *op, struct cur *c, void *plain, mono_t now)
{
	const struct ha_row *r = op->r;
	struct cur sub = cur_sub(c, (size_t)cur_varint(c));
	if (!cur_ok(&sub))
		return ERR_MALFORMED;
	switch ((enum ha_kind)r->kind) {
	case HK_RAW:
	case HK_OCTETS:
	case HK_BUF:
		return read_bytes(r, cur_rest(&sub), plain);
	case HK_MSG:
		return read_message(w, op->sub, &sub, ha_field_mut(plain, r->off), now);
	case HK_PTR: {
		void *to = arena_zero(&w->arena, r->sub->size);
		if (to == NULL)
			return ERR_FULL;
		memcpy(ha_field_mut(plain, r->off), &to, sizeof(to));
		return read_message(w, op->sub, &sub, to, now);
	}
	case HK_LIST: {
		void *el;
		TRY(grow(r, plain, &el));
		return read_message(w, op->sub, &sub, el, now);
	}
	case HK_UINTS:
		return read_uints(op, &sub, plain);
	case HK_UINT:
	case HK_TIME:
		break;
	}
	return ERR_MALFORMED;
}

static enum err read_varint(const struct op *op, struct cur *c, void *plain, mono_t now)
{
	const struct ha_row *r = op->r;
	const uint64_t v = cur_varint(c);
	if (!cur_ok(c))
		return ERR_MALFORMED;
	void *at = ha_field_mut(plain, r->off);
	int64_t t;
	switch (r->kind) {
	case HK_UINT:
		return v <= r->max ? put_checked(op, at, v) : ERR_RANGE;
	case HK_TIME:
		if (__builtin_add_overflow((int64_t)(v >> 1) ^ -(int64_t)(v & 1), now.ns, &t))
			return ERR_RANGE;
		ha_set_uint(at, 8, (uint64_t)t);
		return OK;
	case HK_UINTS: { /* one that is not packed */
		void *el;
		TRY(grow(r, plain, &el));
		return put_checked(op, el, v);
	}
	default:
		return ERR_MALFORMED;
	}
}

/* A field that this version does not know. */
static enum err skip_field(struct cur *c, unsigned type)
{
	switch (type) {
	case WIRE_VARINT:
		(void)cur_varint(c);
		break;
	case WIRE_FIXED64:
		cur_skip(c, 8);
		break;
	case WIRE_FIXED32:
		cur_skip(c, 4);
		break;
	case WIRE_OCTETS:
		cur_skip(c, (size_t)cur_varint(c));
		break;
	default:
		return ERR_MALFORMED;
	}
	return cur_ok(c) ? OK : ERR_MALFORMED;
}

/* What is not there is zero; of one size and messages are always there. */
static enum err read_absent(const struct ha_row *r, void *plain, mono_t now)
{
	if (r->kind == HK_RAW || r->kind == HK_MSG)
		return ERR_RANGE;
	if (r->kind == HK_TIME)
		ha_set_uint(ha_field_mut(plain, r->off), 8, (uint64_t)now.ns);
	return OK;
}

#ifdef HA_MUTATE
void ha_wire_mutate(struct ha_wire *w, unsigned row)
{
	w->mutate = row;
	w->mutating = true;
}

static void mutate(const struct ha_wire *w, const struct ha_msg *m, unsigned row, void *plain)
{
	const struct ha_row *r = &m->row[row];
	if (!w->mutating || ha_row_number(m, row) != w->mutate)
		return;
	if (r->kind == HK_LIST || r->kind == HK_UINTS)
		ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, 0);
	else
		memset(ha_field_mut(plain, r->off), 0, r->size);
}
#endif

static enum err read_field(struct ha_wire *w, const struct bind *b, struct cur *c, void *plain, mono_t now, uint64_t *seen)
{
	const uint64_t tag = cur_varint(c), number = tag >> 3;
	const unsigned type = tag & 7, i = number <= NUMBER_MAX ? b->by_number[number] : NO_OP;
	if (!cur_ok(c) || number == 0)
		return ERR_MALFORMED;
	if (i == NO_OP)
		return skip_field(c, type);
	const struct op *op = &b->op[i];
	const bool many = op->r->kind == HK_LIST || op->r->kind == HK_UINTS;
	if (!many && (*seen >> i & 1) != 0)
		return ERR_MALFORMED;
	*seen |= UINT64_C(1) << i;
	if (type == WIRE_OCTETS)
		return read_octets(w, op, c, plain, now);
	return type == WIRE_VARINT ? read_varint(op, c, plain, now) : ERR_MALFORMED;
}

static enum err read_message(struct ha_wire *w, const struct bind *b, struct cur *c, void *plain, mono_t now)
{
	uint64_t seen = 0;
	while (cur_left(c) > 0)
		TRY(read_field(w, b, c, plain, now, &seen));
	for (unsigned i = 0; i < b->m->n; i++) {
		if ((seen >> i & 1) == 0)
			TRY(read_absent(b->op[i].r, plain, now));
#ifdef HA_MUTATE
		mutate(w, b->m, i, plain);
#endif
	}
	return OK;
}

enum err ha_wire_frame(struct span in, enum ha_type *t, size_t *len)
{
	struct cur c = cur_span(in);
	const uint8_t type = cur_u8(&c);
	const uint32_t n = cur_be32(&c);
	if (!cur_ok(&c))
		return ERR_TRUNCATED;
	if (type == HA_NONE || type >= HA_TYPE_N)
		return ERR_MALFORMED;
	if (n > HA_MESSAGE_MAX)
		return ERR_RANGE;
	*t = (enum ha_type)type;
	*len = HA_FRAME_HEADER + n;
	return cur_left(&c) >= n ? OK : ERR_TRUNCATED;
}

enum err ha_wire_decode(struct ha_wire *w, enum ha_type t, struct span message, mono_t now, const void **plain)
{
	w->arena.len = 0;
	return ha_wire_decode_too(w, t, message, now, plain);
}

enum err ha_wire_decode_too(struct ha_wire *w, enum ha_type t, struct span message, mono_t now, const void **plain)
{
	const struct ha_msg *m = ha_msg_of_type(t);
	if (m == NULL)
		return ERR_MALFORMED;
	void *to = arena_zero(&w->arena, m->size);
	if (to == NULL)
		return ERR_FULL;
	struct cur c = cur_span(message);
	TRY(read_message(w, bind_of(w, m), &c, to, now));
	*plain = to;
	return OK;
}
