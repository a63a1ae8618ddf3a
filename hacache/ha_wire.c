/* ha_wire.c - the only file that knows protobuf-c: walks rows and descriptors side by side. */
#include "hacache/ha_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/hash.h"
#include "ha.pb-c.h"
#include "hacache/ha_rows.h"

enum { ARENA_SIZE = 24 << 20, ARENA_ALIGN = 16 };

struct arena {
	uint8_t *p;
	size_t len, cap;
};

struct bind { /* one message of the schema: its rows' fields in the descriptor */
	const struct ha_msg *m;
	const ProtobufCMessageDescriptor *d;
	const ProtobufCFieldDescriptor **field;
};

struct ha_wire {
	struct arena arena;
	ProtobufCAllocator alloc;
	struct bind *bind;
	uint8_t *pack; /* HA_MESSAGE_MAX octets */
#ifdef HA_MUTATE
	unsigned mutate;
	bool mutating;
#endif
};

/* Each message of ha_msgs by its name in ha.proto. */
#define MESSAGES(X)                                                                                                                \
	X(hello)                                                                                                                   \
	X(session) X(ended) X(rec) X(commit) X(ack) X(forward) X(tuple) X(count) X(tcp) X(tcp_end) X(reasm) X(reasm_dir) X(held)   \
		X(held_segment) X(insp) X(insp_dir) X(tags) X(cotp) X(cotp_dir) X(osi) X(context) X(mms) X(mms_dir) X(pending)     \
			X(iccp) X(iccp_name) X(match) X(match_part) X(rec_flow) X(tcp_syn) X(kept) X(kept_dir) X(datagram)         \
				X(fragment)

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

static void *arena_get(struct arena *a, size_t n)
{
	const size_t at = (a->len + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (n > a->cap || at > a->cap - n)
		return NULL;
	a->len = at + n;
	return a->p + at;
}

static void *arena_zero(struct arena *a, size_t n)
{
	void *p = arena_get(a, n);
	if (p != NULL)
		memset(p, 0, n);
	return p;
}

static void *pb_alloc(void *arg, size_t n)
{
	return arena_get(arg, n);
}

static void pb_free(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

/* --- binding rows to descriptors ------------------------------------------------------------------- */

static enum err bind_message(struct bind *b, const struct ha_msg *m)
{
	b->m = m;
	b->d = descriptor_of(m->name);
	if (b->d == NULL || b->d->n_fields != m->n)
		return ERR_INTERNAL;
	b->field = calloc(m->n, sizeof(*b->field));
	if (b->field == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < m->n; i++) {
		b->field[i] = protobuf_c_message_descriptor_get_field_by_name(b->d, m->row[i].name);
		if (b->field[i] == NULL)
			return ERR_INTERNAL;
	}
	return OK;
}

enum err ha_wire_new(struct ha_wire **out)
{
	struct ha_wire *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return ERR_NOMEM;
	enum err e = ERR_NOMEM;
	w->arena = (struct arena){ .p = malloc(ARENA_SIZE), .cap = ARENA_SIZE };
	w->pack = malloc(HA_MESSAGE_MAX);
	w->bind = calloc(ha_msgs_n, sizeof(*w->bind));
	if (w->arena.p == NULL || w->pack == NULL || w->bind == NULL)
		goto fail;
	w->alloc = (ProtobufCAllocator){ .alloc = pb_alloc, .free = pb_free, .allocator_data = &w->arena };
	for (size_t i = 0; i < ha_msgs_n; i++) {
		e = bind_message(&w->bind[i], ha_msgs[i]);
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
		free(w->bind[i].field);
	free(w->bind);
	free(w->arena.p);
	free(w->pack);
	free(w);
}

static const struct bind *bind_of(const struct ha_wire *w, const struct ha_msg *m)
{
	size_t i = 0;
	while (ha_msgs[i] != m)
		i++;
	return &w->bind[i];
}

/* --- plain to protobuf ------------------------------------------------------------------------------- */

static ProtobufCMessage *fill(struct ha_wire *w, const struct ha_msg *m, const void *plain, mono_t now);

static void put_num(const ProtobufCFieldDescriptor *f, void *at, uint64_t v)
{
	if (f->type == PROTOBUF_C_TYPE_BOOL)
		*(protobuf_c_boolean *)at = v != 0;
	else if (f->type == PROTOBUF_C_TYPE_UINT32)
		*(uint32_t *)at = (uint32_t)v;
	else
		*(uint64_t *)at = v;
}

static uint64_t get_num(const ProtobufCFieldDescriptor *f, const void *at)
{
	if (f->type == PROTOBUF_C_TYPE_BOOL)
		return *(const protobuf_c_boolean *)at != 0;
	if (f->type == PROTOBUF_C_TYPE_UINT32)
		return *(const uint32_t *)at;
	return *(const uint64_t *)at;
}

static bool fill_list(struct ha_wire *w, const struct ha_row *r, const ProtobufCFieldDescriptor *f, const void *plain, void *msg,
		      mono_t now)
{
	const size_t n = ha_count(plain, r);
	*(size_t *)ha_field_mut(msg, f->quantifier_offset) = n;
	const size_t each = r->kind == HK_LIST ? sizeof(ProtobufCMessage *) : f->type == PROTOBUF_C_TYPE_UINT32 ? 4 : 8;
	char *v = arena_get(&w->arena, n * each + 1);
	if (v == NULL)
		return false;
	*(void **)ha_field_mut(msg, f->offset) = v;
	for (size_t i = 0; i < n; i++) {
		const void *el = ha_field(plain, r->off + i * r->size);
		if (r->kind == HK_UINTS) {
			put_num(f, v + i * each, ha_get_uint(el, r->size));
			continue;
		}
		ProtobufCMessage *sub = fill(w, r->sub, el, now);
		if (sub == NULL)
			return false;
		memcpy(v + i * each, &sub, sizeof(sub));
	}
	return true;
}

static bool fill_row(struct ha_wire *w, const struct ha_row *r, const ProtobufCFieldDescriptor *f, const void *plain, void *msg,
		     mono_t now)
{
	const void *at = ha_field(plain, r->off);
	void *to = ha_field_mut(msg, f->offset);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
		put_num(f, to, ha_get_uint(at, r->size));
		return true;
	case HK_TIME: {
		mono_t t;
		memcpy(&t, at, sizeof(t));
		*(int64_t *)to = mono_diff(t, now);
		return true;
	}
	case HK_RAW:
		*(ProtobufCBinaryData *)to = (ProtobufCBinaryData){ .len = r->size, .data = (uint8_t *)(uintptr_t)at };
		return true;
	case HK_OCTETS:
		*(ProtobufCBinaryData *)to = (ProtobufCBinaryData){ .len = ha_count(plain, r), .data = (uint8_t *)(uintptr_t)at };
		return true;
	case HK_BUF: {
		const struct buf *b = at;
		*(ProtobufCBinaryData *)to = (ProtobufCBinaryData){ .len = b->len, .data = b->p };
		return true;
	}
	case HK_MSG:
	case HK_PTR: {
		const void *sub = r->kind == HK_MSG ? at : ha_get_ptr(at);
		if (sub == NULL)
			return true;
		return (*(ProtobufCMessage **)to = fill(w, r->sub, sub, now)) != NULL;
	}
	case HK_LIST:
	case HK_UINTS:
		return fill_list(w, r, f, plain, msg, now);
	}
	return false;
}

/* A protobuf message of plain in the arena; NULL when the arena is full. */
static ProtobufCMessage *fill(struct ha_wire *w, const struct ha_msg *m, const void *plain, mono_t now)
{
	const struct bind *b = bind_of(w, m);
	ProtobufCMessage *msg = arena_get(&w->arena, b->d->sizeof_message);
	if (msg == NULL)
		return NULL;
	protobuf_c_message_init(b->d, msg);
	for (unsigned i = 0; i < m->n; i++)
		if (!fill_row(w, &m->row[i], b->field[i], plain, msg, now))
			return NULL;
	return msg;
}

static enum err pack(struct ha_wire *w, const struct ha_msg *m, const void *plain, mono_t now, struct span *out)
{
	w->arena.len = 0;
	const ProtobufCMessage *msg = fill(w, m, plain, now);
	if (msg == NULL || protobuf_c_message_get_packed_size(msg) > HA_MESSAGE_MAX)
		return ERR_FULL;
	*out = span_of(w->pack, protobuf_c_message_pack(msg, w->pack));
	return OK;
}

enum err ha_wire_encode(struct ha_wire *w, enum ha_type t, const void *plain, mono_t now, struct wr *out)
{
	struct span body;
	TRY(pack(w, ha_msg_of_type(t), plain, now, &body));
	wr_u8(out, (uint8_t)t);
	wr_be32(out, (uint32_t)body.len);
	wr_bytes(out, body.p, body.len);
	return wr_ok(out) ? OK : ERR_FULL;
}

enum err ha_wire_sum(struct ha_wire *w, const struct ha_msg *m, const void *plain, mono_t now, uint64_t *sum)
{
	struct span body;
	TRY(pack(w, m, plain, now, &body));
	*sum = hash_fnv(HASH_FNV_START, body.p, body.len);
	return OK;
}

/* --- protobuf to plain ------------------------------------------------------------------------------- */

static enum err read_message(struct ha_wire *w, const struct ha_msg *m, const void *msg, void *plain, mono_t now);

static enum err read_list(struct ha_wire *w, const struct ha_row *r, const ProtobufCFieldDescriptor *f, const void *msg,
			  void *plain, mono_t now)
{
	const size_t n = *(const size_t *)ha_field(msg, f->quantifier_offset);
	if (n > r->max)
		return ERR_RANGE;
	const char *v = ha_get_ptr(ha_field(msg, f->offset));
	ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, n);
	for (size_t i = 0; i < n; i++) {
		void *el = ha_field_mut(plain, r->off + i * r->size);
		if (r->kind == HK_UINTS) {
			const uint64_t x = get_num(f, v + i * (f->type == PROTOBUF_C_TYPE_UINT32 ? 4 : 8));
			if (r->size < 8 && x >> (8 * r->size) != 0)
				return ERR_RANGE;
			ha_set_uint(el, r->size, x);
			continue;
		}
		TRY(read_message(w, r->sub, ha_get_ptr(v + i * sizeof(void *)), el, now));
	}
	return OK;
}

static enum err read_bytes(const struct ha_row *r, const ProtobufCBinaryData *b, void *plain)
{
	void *at = ha_field_mut(plain, r->off);
	if (r->kind == HK_RAW) {
		if (b->len != r->size)
			return ERR_RANGE;
		memcpy(at, b->data, b->len);
		return OK;
	}
	if (b->len > r->max)
		return ERR_RANGE;
	if (r->kind == HK_OCTETS) {
		ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, b->len);
		if (b->len != 0)
			memcpy(at, b->data, b->len);
	} else {
		struct buf *to = at;
		*to = (struct buf){ .p = b->data, .len = (uint32_t)b->len };
	}
	return OK;
}

static enum err read_row(struct ha_wire *w, const struct ha_row *r, const ProtobufCFieldDescriptor *f, const void *msg, void *plain,
			 mono_t now)
{
	const void *from = ha_field(msg, f->offset);
	void *at = ha_field_mut(plain, r->off);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT: {
		const uint64_t v = get_num(f, from);
		if (v > r->max || (r->size < 8 && v >> (8 * r->size) != 0))
			return ERR_RANGE;
		ha_set_uint(at, r->size, v);
		return OK;
	}
	case HK_TIME: {
		int64_t t;
		if (__builtin_add_overflow(*(const int64_t *)from, now.ns, &t))
			return ERR_RANGE;
		ha_set_uint(at, 8, (uint64_t)t);
		return OK;
	}
	case HK_RAW:
	case HK_OCTETS:
	case HK_BUF:
		return read_bytes(r, from, plain);
	case HK_MSG: {
		const void *sub = ha_get_ptr(from);
		return sub != NULL ? read_message(w, r->sub, sub, at, now) : ERR_RANGE;
	}
	case HK_PTR: {
		const void *sub = ha_get_ptr(from);
		if (sub == NULL)
			return OK;
		void *to = arena_zero(&w->arena, r->sub->size);
		if (to == NULL)
			return ERR_FULL;
		memcpy(at, &to, sizeof(to));
		return read_message(w, r->sub, sub, to, now);
	}
	case HK_LIST:
	case HK_UINTS:
		return read_list(w, r, f, msg, plain, now);
	}
	return ERR_INTERNAL;
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

static enum err read_message(struct ha_wire *w, const struct ha_msg *m, const void *msg, void *plain, mono_t now)
{
	const struct bind *b = bind_of(w, m);
	for (unsigned i = 0; i < m->n; i++) {
		TRY(read_row(w, &m->row[i], b->field[i], msg, plain, now));
#ifdef HA_MUTATE
		mutate(w, m, i, plain);
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
	const struct ha_msg *m = ha_msg_of_type(t);
	if (m == NULL)
		return ERR_MALFORMED;
	w->arena.len = 0;
	const ProtobufCMessage *msg = protobuf_c_message_unpack(bind_of(w, m)->d, &w->alloc, message.len, message.p);
	if (msg == NULL)
		return ERR_MALFORMED;
	void *to = arena_zero(&w->arena, m->size);
	if (to == NULL)
		return ERR_FULL;
	TRY(read_message(w, m, msg, to, now));
	*plain = to;
	return OK;
}
