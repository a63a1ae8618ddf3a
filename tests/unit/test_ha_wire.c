/* test_ha_wire.c - every field of the schema: there and back, its range, its share in the digest; hostile octets. */
#include <protobuf-c/protobuf-c.h>

#include "hacache/ha_wire.h"
#include "tests/unit/ha_rand.h"

enum { ROUNDS = 60, NOW = 1000000007 };

static struct ha_rand ha;
static uint8_t frame[HA_MESSAGE_MAX + HA_FRAME_HEADER];

static struct ha_wire *new_wire(void)
{
	struct ha_wire *w = NULL;
	CU_ASSERT_EQUAL_FATAL(ha_wire_new(&w), OK);
	return w;
}

/* The message of one frame, in frame[]. */
static struct span encode(struct ha_wire *w, enum ha_type t, const void *plain, mono_t now)
{
	struct wr out = wr_of(frame, sizeof(frame));
	enum ha_type got;
	size_t len = 0;
	CU_ASSERT_EQUAL_FATAL(ha_wire_encode(w, t, plain, now, &out), OK);
	CU_ASSERT_EQUAL(ha_wire_frame(span_of(frame, out.len), &got, &len), OK);
	CU_ASSERT_EQUAL(got, t);
	CU_ASSERT_EQUAL(len, out.len);
	return span_of(frame + HA_FRAME_HEADER, out.len - HA_FRAME_HEADER);
}

/* Of an exact copy, so that a read past the end shows; what is decoded refers to it until the next one. */
static enum err decode(struct ha_wire *w, enum ha_type t, struct span s, const void **plain)
{
	static uint8_t *own;
	free(own);
	own = malloc(s.len + (s.len == 0));
	memcpy(own, s.p, s.len);
	return ha_wire_decode(w, t, span_of(own, s.len), mono_ns(NOW), plain);
}

#define EACH_TYPE(t) for (enum ha_type t = HA_HELLO; t < HA_TYPE_N; t++)

static void test_numbering(void)
{
	const struct ha_msg *m;
	const struct ha_row *r;
	unsigned n = 0;
	for (size_t i = 0; i < ha_msgs_n; i++)
		for (unsigned k = 0; k < ha_msgs[i]->n; k++, n++) {
			CU_ASSERT_EQUAL(ha_row_number(ha_msgs[i], k), n);
			CU_ASSERT_TRUE_FATAL(ha_row_at(n, &m, &r));
			CU_ASSERT_PTR_EQUAL(m, ha_msgs[i]);
			CU_ASSERT_PTR_EQUAL(r, &ha_msgs[i]->row[k]);
		}
	CU_ASSERT_FALSE(ha_row_at(n, &m, &r));
	EACH_TYPE(t)
	CU_ASSERT_PTR_NOT_NULL(ha_msg_of_type(t));
	CU_ASSERT_PTR_NULL(ha_msg_of_type(HA_NONE));
	CU_ASSERT_PTR_NULL(ha_msg_of_type(HA_TYPE_N));
}

/* No two rows of a struct share an octet, and each lies inside it. */
static void test_rows_apart(void)
{
	for (size_t i = 0; i < ha_msgs_n; i++) {
		const struct ha_msg *m = ha_msgs[i];
		uint8_t *taken = calloc(m->size, 1);
		for (unsigned k = 0; k < m->n; k++) {
			const struct ha_row *r = &m->row[k];
			const bool list = r->kind == HK_LIST || r->kind == HK_UINTS;
			const size_t size = list ? r->max * r->size : r->size;
			CU_ASSERT_TRUE_FATAL(r->off + size <= m->size);
			for (size_t at = r->off; at < r->off + size; at++)
				CU_ASSERT_EQUAL_FATAL(taken[at]++, 0);
			for (size_t at = r->n_off; list && at < (size_t)r->n_off + r->n_size; at++)
				CU_ASSERT_EQUAL_FATAL(taken[at]++, 0);
			if (list)
				CU_ASSERT_TRUE(r->max <= ha_size_max(r->n_size));
		}
		free(taken);
	}
}

static void test_round_trip(void)
{
	struct ha_wire *w = new_wire();
	const void *plain;
	EACH_TYPE(t)
	{
		const struct ha_msg *m = ha_msg_of_type(t);
		for (unsigned i = 0; i < ROUNDS; i++) {
			ha_rand_reset(&ha, i * 31 + t);
			ha.some = i == 0;
			const void *sent = ha_rand_new(&ha, m);
			const struct span s = encode(w, t, sent, mono_ns(NOW));
			CU_ASSERT_EQUAL_FATAL(decode(w, t, s, &plain), OK);
			CU_ASSERT_TRUE(ha_same(m, sent, plain, 0));
			CU_ASSERT_TRUE(ha_in_range(m, plain));
			CU_ASSERT_EQUAL(ha_digest(m, sent), ha_digest(m, plain));
		}
	}
	ha.some = false;
	ha_wire_free(w);
}

/* A session that holds as much as it ever can still fits a message, and so does every other struct. */
static void test_fullest(void)
{
	struct ha_wire *w = new_wire();
	const void *plain;
	ha.full = true;
	EACH_TYPE(t)
	{
		const struct ha_msg *m = ha_msg_of_type(t);
		ha_rand_reset(&ha, t);
		const void *sent = ha_rand_new(&ha, m);
		const struct span s = encode(w, t, sent, mono_ns(NOW));
		CU_ASSERT_EQUAL_FATAL(decode(w, t, s, &plain), OK);
		CU_ASSERT_TRUE(ha_same(m, sent, plain, 0));
	}
	ha.full = false;
	ha_wire_free(w);
}

static void test_times_relative(void)
{
	struct ha_wire *w = new_wire();
	const void *plain;
	EACH_TYPE(t)
	{
		const struct ha_msg *m = ha_msg_of_type(t);
		ha_rand_reset(&ha, t);
		ha.some = true;
		const void *sent = ha_rand_new(&ha, m);
		const struct span s = encode(w, t, sent, mono_ns(NOW - 5));
		CU_ASSERT_EQUAL_FATAL(decode(w, t, s, &plain), OK);
		CU_ASSERT_TRUE(ha_same(m, sent, plain, 5));
	}
	const struct rec *r = NULL;
	const struct rec sent = { .at = mono_ns(NOW) };
	CU_ASSERT_EQUAL_FATAL(decode(w, HA_REC, encode(w, HA_REC, &sent, mono_ns(NOW + 9)), (const void **)&r), OK);
	CU_ASSERT_EQUAL(r->at.ns, NOW - 9);
	ha.some = false;
	ha_wire_free(w);
}

/* Does not fit what is left of the batch: told, and nothing of it counts. */
static void test_no_room(void)
{
	struct ha_wire *w = new_wire();
	const struct ha_hello h = { .version = 1, .sig_hash = 77 };
	const size_t need = encode(w, HA_HELLO, &h, mono_ns(0)).len + HA_FRAME_HEADER;
	for (size_t cap = 0; cap < need; cap++) {
		struct wr out = wr_of(frame, cap);
		CU_ASSERT_EQUAL(ha_wire_encode(w, HA_HELLO, &h, mono_ns(0), &out), ERR_FULL);
	}
	struct wr out = wr_of(frame, need);
	CU_ASSERT_EQUAL(ha_wire_encode(w, HA_HELLO, &h, mono_ns(0), &out), OK);
	ha_wire_free(w);
}

/* --- ranges: a good message, changed field by field through protobuf-c ------------------------------------------ */

extern const ProtobufCMessageDescriptor ha__hello__descriptor, ha__session__descriptor, ha__ended__descriptor, ha__rec__descriptor,
	ha__commit__descriptor, ha__ack__descriptor, ha__datagram__descriptor, ha__buckets__descriptor, ha__repair__descriptor;

static const ProtobufCMessageDescriptor *const descriptors[HA_TYPE_N] = {
	[HA_HELLO] = &ha__hello__descriptor, [HA_SESSION] = &ha__session__descriptor, [HA_ENDED] = &ha__ended__descriptor,
	[HA_REC] = &ha__rec__descriptor,     [HA_COMMIT] = &ha__commit__descriptor,   [HA_ACK] = &ha__ack__descriptor,
	[HA_DATAGRAM] = &ha__datagram__descriptor,  [HA_BUCKETS_SUMS] = &ha__buckets__descriptor,
	[HA_REPAIR] = &ha__repair__descriptor,
};

/* Of all that can be spoilt in a message the one with number left to 0. */
struct spoil {
	int left;
	char name[64];
	void **at; /* what protobuf-c must not free: put back */
	void *was;
	size_t *n_at, n_was;
	uint8_t *bytes;
};

static bool mine(struct spoil *s, const struct ha_msg *m, const struct ha_row *r, const char *how)
{
	if (s->left-- != 0)
		return false;
	snprintf(s->name, sizeof(s->name), "%s.%s %s", m->name, r->name, how);
	return true;
}

static void put_bytes(struct spoil *s, ProtobufCBinaryData *b, size_t len)
{
	s->at = (void **)&b->data;
	s->was = b->data;
	s->n_at = &b->len;
	s->n_was = b->len;
	s->bytes = calloc(len + 1, 1);
	b->data = s->bytes;
	b->len = len;
}

static uint64_t wire_max(const ProtobufCFieldDescriptor *f)
{
	return f->type == PROTOBUF_C_TYPE_BOOL ? 1 : f->type == PROTOBUF_C_TYPE_UINT32 ? UINT32_MAX : UINT64_MAX;
}

/* count entries, each the first of those there. */
static void put_many(struct spoil *s, const ProtobufCFieldDescriptor *f, void *msg, size_t count)
{
	const size_t each = f->type == PROTOBUF_C_TYPE_MESSAGE ? sizeof(void *) : f->type == PROTOBUF_C_TYPE_UINT32 ? 4 : 8;
	s->at = ha_field_mut(msg, f->offset);
	s->was = *s->at;
	s->n_at = ha_field_mut(msg, f->quantifier_offset);
	s->n_was = *s->n_at;
	s->bytes = malloc(count * each);
	for (size_t i = 0; i < count; i++)
		memcpy(s->bytes + i * each, s->was, each);
	*s->at = s->bytes;
	*s->n_at = count;
}

static bool spoil_message(struct spoil *s, const struct ha_msg *m, const ProtobufCMessageDescriptor *d, void *msg);

static bool spoil_uint(struct spoil *s, const struct ha_msg *m, const struct ha_row *r, const ProtobufCFieldDescriptor *f, void *at)
{
	const uint64_t max = r->kind == HK_UINTS || ha_size_max(r->size) < r->max ? ha_size_max(r->size) : r->max;
	if (max >= wire_max(f) || !mine(s, m, r, "one more than its largest"))
		return false;
	if (f->type == PROTOBUF_C_TYPE_UINT32)
		*(uint32_t *)at = (uint32_t)(max + 1);
	else
		*(uint64_t *)at = max + 1;
	return true;
}

static bool spoil_bytes(struct spoil *s, const struct ha_msg *m, const struct ha_row *r, ProtobufCBinaryData *b)
{
	const size_t max = r->kind == HK_RAW ? r->size : r->max;
	if (mine(s, m, r, "one octet too long")) {
		put_bytes(s, b, max + 1);
		return true;
	}
	if (r->kind == HK_RAW && mine(s, m, r, "one octet short")) {
		put_bytes(s, b, max - 1);
		return true;
	}
	return false;
}

static bool spoil_list(struct spoil *s, const struct ha_msg *m, const struct ha_row *r, const ProtobufCFieldDescriptor *f,
		       void *msg)
{
	const size_t n = *(const size_t *)ha_field(msg, f->quantifier_offset);
	char *v = *(char **)ha_field_mut(msg, f->offset);
	if (n != 0 && mine(s, m, r, "one entry too many")) {
		put_many(s, f, msg, r->max + 1);
		return true;
	}
	for (size_t i = 0; i < n; i++) {
		if (r->kind == HK_LIST ? spoil_message(s, r->sub, f->descriptor, ((void **)(void *)v)[i])
				       : spoil_uint(s, m, r, f, v + i * (f->type == PROTOBUF_C_TYPE_UINT32 ? 4 : 8)))
			return true;
	}
	return false;
}

static bool spoil_row(struct spoil *s, const struct ha_msg *m, const struct ha_row *r, const ProtobufCFieldDescriptor *f, void *msg)
{
	void *at = ha_field_mut(msg, f->offset);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
		return spoil_uint(s, m, r, f, at);
	case HK_TIME:
		if (!mine(s, m, r, "past the end of time"))
			return false;
		*(int64_t *)at = INT64_MAX;
		return true;
	case HK_RAW:
	case HK_OCTETS:
	case HK_BUF:
		return spoil_bytes(s, m, r, at);
	case HK_MSG:
		if (mine(s, m, r, "missing")) {
			s->at = at;
			s->was = *s->at;
			*s->at = NULL;
			return true;
		}
		return spoil_message(s, r->sub, f->descriptor, *(void **)at);
	case HK_PTR:
		return *(void **)at != NULL && spoil_message(s, r->sub, f->descriptor, *(void **)at);
	case HK_LIST:
	case HK_UINTS:
		return spoil_list(s, m, r, f, msg);
	}
	return false;
}

static bool spoil_message(struct spoil *s, const struct ha_msg *m, const ProtobufCMessageDescriptor *d, void *msg)
{
	for (unsigned i = 0; i < m->n; i++) {
		const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(d, m->row[i].name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		if (spoil_row(s, m, &m->row[i], f, msg))
			return true;
	}
	return false;
}

/* False when there is no n-th way to spoil the message. */
static bool refused(struct ha_wire *w, enum ha_type t, struct span good, int n)
{
	static uint8_t packed[HA_MESSAGE_MAX];
	struct spoil s = { .left = n };
	const void *plain;
	ProtobufCMessage *msg = protobuf_c_message_unpack(descriptors[t], NULL, good.len, good.p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(msg);
	const bool there = spoil_message(&s, ha_msg_of_type(t), descriptors[t], msg);
	if (there) {
		const size_t len = protobuf_c_message_get_packed_size(msg);
		CU_ASSERT_FATAL(len <= sizeof(packed));
		protobuf_c_message_pack(msg, packed);
		const enum err e = decode(w, t, span_of(packed, len), &plain);
		if (e == OK)
			printf("# taken: %s\n", s.name);
		CU_ASSERT_NOT_EQUAL(e, OK);
	}
	if (s.at != NULL)
		*s.at = s.was;
	if (s.n_at != NULL)
		*s.n_at = s.n_was;
	free(s.bytes);
	protobuf_c_message_free_unpacked(msg, NULL);
	return there;
}

static void test_ranges(void)
{
	struct ha_wire *w = new_wire();
	int total = 0;
	EACH_TYPE(t)
	{
		ha_rand_reset(&ha, 99 + t);
		ha.some = true;
		const struct span s = encode(w, t, ha_rand_new(&ha, ha_msg_of_type(t)), mono_ns(NOW));
		uint8_t *good = malloc(s.len);
		memcpy(good, s.p, s.len);
		for (int n = 0; refused(w, t, span_of(good, s.len), n); n++)
			total++;
		free(good);
	}
	CU_ASSERT_TRUE(total > 120);
	ha.some = false;
	ha_wire_free(w);
}

/* --- hostile octets ------------------------------------------------------------------------------------------------ */

static void sane(struct ha_wire *w, enum ha_type t, struct span s)
{
	const void *plain;
	if (decode(w, t, s, &plain) == OK)
		CU_ASSERT_TRUE(ha_in_range(ha_msg_of_type(t), plain));
}

static void test_broken(void)
{
	struct ha_wire *w = new_wire();
	static uint8_t b[1 << 16];
	EACH_TYPE(t)
	{
		ha_rand_reset(&ha, 7 + t);
		ha.some = true;
		const struct span s = encode(w, t, ha_rand_new(&ha, ha_msg_of_type(t)), mono_ns(NOW));
		const size_t len = s.len;
		CU_ASSERT_FATAL(len < sizeof(b));
		memcpy(b, s.p, len);
		for (size_t n = 0; n < len; n++)
			sane(w, t, span_of(b, n));
		for (size_t i = 0; i < len; i++) {
			const uint8_t was = b[i];
			for (unsigned bit = 0; bit < 9; bit++) {
				b[i] = bit < 8 ? was ^ (uint8_t)(1u << bit) : (uint8_t)~was;
				sane(w, t, span_of(b, len));
			}
			b[i] = was;
		}
	}
	ha.some = false;
	ha_wire_free(w);
}

/* Fields of a later version are passed over. */
static void test_unknown_field(void)
{
	static const uint8_t later[] = { 0xc0, 0x3e, 0x2a, 0xca, 0x3e, 3, 'n', 'e', 'w' }; /* 1000: 42; 1001: "new" */
	struct ha_wire *w = new_wire();
	const void *plain;
	EACH_TYPE(t)
	{
		const struct ha_msg *m = ha_msg_of_type(t);
		ha_rand_reset(&ha, 3 + t);
		const void *sent = ha_rand_new(&ha, m);
		struct span s = encode(w, t, sent, mono_ns(NOW));
		memcpy(frame + HA_FRAME_HEADER + s.len, later, sizeof(later));
		s.len += sizeof(later);
		CU_ASSERT_EQUAL_FATAL(decode(w, t, s, &plain), OK);
		CU_ASSERT_TRUE(ha_same(m, sent, plain, 0));
	}
	ha_wire_free(w);
}

/* Few octets that ask for much memory. */
static void test_greedy(void)
{
	struct ha_wire *w = new_wire();
	const size_t n = 1 << 20;
	uint8_t *b = malloc(n);
	const void *plain;
	for (size_t i = 0; i < n; i += 2) { /* HeldSegment after HeldSegment, empty ones */
		b[i] = 0x0a;
		b[i + 1] = 0;
	}
	/* lists of no numbers, one after another, are one of none */
	for (enum ha_type t = HA_HELLO; t < HA_TYPE_N; t++)
		CU_ASSERT_EQUAL(ha_wire_decode(w, t, span_of(b, n), mono_ns(0), &plain) == OK, t == HA_BUCKETS_SUMS);
	free(b);
	ha_wire_free(w);
}

static void test_frame(void)
{
	enum ha_type t;
	size_t len;
	uint8_t h[] = { HA_REC, 0, 0, 0, 2, 1, 2, 3 };
	for (size_t n = 0; n < 7; n++)
		CU_ASSERT_EQUAL(ha_wire_frame(span_of(h, n), &t, &len), ERR_TRUNCATED);
	CU_ASSERT_EQUAL(ha_wire_frame(span_of(h, 8), &t, &len), OK);
	CU_ASSERT_EQUAL(len, 7);
	h[0] = HA_NONE;
	CU_ASSERT_EQUAL(ha_wire_frame(span_of(h, 8), &t, &len), ERR_MALFORMED);
	h[0] = HA_TYPE_N;
	CU_ASSERT_EQUAL(ha_wire_frame(span_of(h, 8), &t, &len), ERR_MALFORMED);
	const uint8_t large[] = { HA_REC, (HA_MESSAGE_MAX + 1) >> 24, (uint8_t)(HA_MESSAGE_MAX >> 16), 0, 1 };
	CU_ASSERT_EQUAL(ha_wire_frame(span_of(large, 5), &t, &len), ERR_RANGE);
}

/* --- the digest -------------------------------------------------------------------------------------------------------- */

static void change(const struct ha_msg *m, const struct ha_row *r, void *plain)
{
	uint8_t *at = ha_field_mut(plain, r->off);
	switch ((enum ha_kind)r->kind) {
	case HK_UINT:
	case HK_TIME:
	case HK_RAW:
	case HK_OCTETS:
		at[0] ^= 1;
		break;
	case HK_BUF:
		((struct buf *)(void *)at)->p[0] ^= 1;
		break;
	case HK_MSG:
		for (unsigned i = 0; i < r->sub->n; i++)
			if (!r->sub->row[i].local) {
				change(r->sub, &r->sub->row[i], at);
				return;
			}
		CU_FAIL("a message without a row in the digest");
		break;
	case HK_PTR: {
		const void *none = NULL;
		memcpy(at, &none, sizeof(none));
		break;
	}
	case HK_LIST:
	case HK_UINTS:
		ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, ha_count(plain, r) - 1);
		break;
	}
	(void)m;
}

static void test_digest(void)
{
	const struct ha_msg *m;
	const struct ha_row *r;
	unsigned local = 0;
	for (unsigned i = 0; ha_row_at(i, &m, &r); i++) {
		ha_rand_reset(&ha, i);
		ha.some = true;
		void *plain = ha_rand_new(&ha, m);
		if (r->kind == HK_OCTETS)
			ha_set_uint(ha_field_mut(plain, r->n_off), r->n_size, 1);
		const uint64_t before = ha_digest(m, plain);
		change(m, r, plain);
		const bool same = ha_digest(m, plain) == before;
		if (same != r->local)
			printf("# %s.%s\n", m->name, r->name);
		CU_ASSERT_EQUAL(same, r->local);
		local += r->local;
		CU_ASSERT_TRUE(r->kind != HK_TIME || r->local);
	}
	CU_ASSERT_TRUE(local > 0);
	ha.some = false;
}

/* A list's entries count one by one and in their order. */
static void test_digest_of_lists(void)
{
	struct tagset tags = { .n = 2, .id = { 3, 5 } };
	const struct ha_msg *m = NULL;
	for (size_t i = 0; i < ha_msgs_n; i++)
		if (strcmp(ha_msgs[i]->name, "Tags") == 0)
			m = ha_msgs[i];
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	const uint64_t before = ha_digest(m, &tags);
	tags.id[1] = 6;
	CU_ASSERT_NOT_EQUAL(ha_digest(m, &tags), before);
	tags.id[0] = 5;
	tags.id[1] = 3;
	CU_ASSERT_NOT_EQUAL(ha_digest(m, &tags), before);
	tags.id[0] = 3;
	tags.id[1] = 5;
	tags.id[2] = 9; /* beyond the count: not there */
	CU_ASSERT_EQUAL(ha_digest(m, &tags), before);
}

UNIT_MAIN({ "rows are numbered through", test_numbering }, { "rows share no octet", test_rows_apart },
	  { "every message there and back", test_round_trip }, { "the fullest message fits", test_fullest },
	  { "times are distances", test_times_relative }, { "no room in the batch", test_no_room },
	  { "every row refuses what is out of its range", test_ranges }, { "every truncation and changed octet", test_broken },
	  { "unknown fields are passed over", test_unknown_field }, { "few octets that ask for much", test_greedy },
	  { "frames", test_frame }, { "the digest knows every row that is not local", test_digest },
	  { "the digest of lists", test_digest_of_lists })
