/* test_rec_pdu.c - fields packed into a record and shown: order, room, what is damaged, a JSON object a layer. */
#include <string.h>

#include <jansson.h>

#include "ips/field_json.h"
#include "ips/rec_pdu.h"
#include "tests/unit/unit.h"

static struct field num(enum field_id id, uint64_t n)
{
	return (struct field){ .id = (uint16_t)id, .num = n };
}

static struct field text(enum field_id id, uint64_t n, const char *s)
{
	return (struct field){ .id = (uint16_t)id, .num = n, .bytes = span_of(s, strlen(s)) };
}

static bool is(const struct field *f, const struct field *want)
{
	return f->id == want->id && f->num == want->num && f->bytes.len == want->bytes.len &&
	       (f->bytes.len == 0 || memcmp(f->bytes.p, want->bytes.p, f->bytes.len) == 0);
}

static void test_order(void)
{
	const struct field in[] = { num(FLD_MMS_INVOKE, UINT64_MAX), text(FLD_MMS_SERVICE, 4, "read"), text(FLD_MMS_DOMAIN, 0, ""),
				    text(FLD_MMS_OBJECT, 0, "A"), text(FLD_MMS_OBJECT, 0, "B"), num(FLD_MMS_VALUE, 1) };
	struct rec_pdu r = { 0 };
	struct field f;
	size_t at = 0;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		rec_pdu_add(&r, &in[i]);
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		CU_ASSERT(rec_pdu_next(&r, &at, &f) && is(&f, &in[i]));
	CU_ASSERT(!rec_pdu_next(&r, &at, &f) && !r.cut);
	CU_ASSERT_EQUAL(rec_pdu_domain(&r).len, 0);
	CU_ASSERT(rec_pdu_object(&r).len == 1 && rec_pdu_object(&r).p[0] == 'A');
	rec_pdu_add(&r, &(struct field){ .id = FLD_ICCP_NAME, .bytes = span_of("T", 1) });
	CU_ASSERT(rec_pdu_object(&r).len == 1 && rec_pdu_object(&r).p[0] == 'T');
}

/* A password is not kept, what stands around it is. */
static void test_secret(void)
{
	const struct field in[] = { { .id = FLD_ACSE_AUTH_KIND },
				    { .id = FLD_ACSE_AUTH_VALUE, .bytes = span_of("pw", 2) },
				    { .id = FLD_ACSE_AUTH_LENGTH, .num = 2 } };
	struct rec_pdu r = { 0 };
	struct field f;
	size_t at = 0;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		rec_pdu_add(&r, &in[i]);
	CU_ASSERT(rec_pdu_next(&r, &at, &f) && is(&f, &in[0]));
	CU_ASSERT(rec_pdu_next(&r, &at, &f) && is(&f, &in[2]));
	CU_ASSERT(!rec_pdu_next(&r, &at, &f) && !r.cut);
}

static void test_room(void)
{
	struct rec_pdu r = { 0 };
	struct field f, many = num(FLD_MMS_VALUE, 7);
	size_t at = 0, n = 0;
	for (unsigned i = 0; i < 100; i++)
		rec_pdu_add(&r, &many);
	CU_ASSERT(r.cut && r.len <= REC_PDU_ROOM);
	while (rec_pdu_next(&r, &at, &f))
		n += is(&f, &many);
	CU_ASSERT_EQUAL(n, REC_PDU_ROOM / 11);
	CU_ASSERT_EQUAL(at, r.len);
}

/* From a peer of any mind: nothing outside is read, and it ends. */
static void test_damaged(void)
{
	struct rec_pdu r = { .len = 30 };
	struct field f;
	size_t at = 0;
	rec_pdu_add(&r, &(struct field){ .id = FLD_MMS_INVOKE });
	memset(r.p, 0xff, 30);
	CU_ASSERT(!rec_pdu_next(&r, &at, &f));
	r = (struct rec_pdu){ .len = UINT16_MAX };
	unsigned steps = 0;
	for (at = 0; rec_pdu_next(&r, &at, &f); steps++)
		CU_ASSERT_EQUAL(f.id, FLD_N);
	CU_ASSERT_EQUAL(steps, REC_PDU_ROOM / 11);
	r = (struct rec_pdu){ 0 };
	rec_pdu_add(&r, &(struct field){ .id = FLD_MMS_OBJECT, .bytes = span_of("abc", 3) });
	for (uint16_t len = 0; len < 14; len++) {
		r.len = len;
		at = 0;
		CU_ASSERT(!rec_pdu_next(&r, &at, &f));
	}
}

static void test_json(void)
{
	static const uint8_t tsap[] = { 0, 0x41 };
	const struct field in[] = { num(FLD_COTP_SRC_REF, 5),
				    { .id = FLD_COTP_SRC_TSAP, .bytes = span_of(tsap, 2) },
				    text(FLD_MMS_SERVICE, 4, "read"),
				    text(FLD_MMS_DOMAIN, 0, ""),
				    text(FLD_MMS_OBJECT, 0, "TASE2_Version"),
				    text(FLD_MMS_DOMAIN, 0, "ICC"),
				    text(FLD_MMS_OBJECT, 0, "A"),
				    text(FLD_MMS_OBJECT, 0, "B\xff"),
				    { .id = FLD_MMS_OBJECT, .bytes = span_of("\0C", 2) },
				    text(FLD_MMS_DOMAIN, 0, "ALONE"),
				    num(FLD_MMS_VALUE, 1),
				    num(FLD_MMS_VALUE, 2),
				    num(FLD_MMS_INVOKE, 9),
				    { .id = FLD_COTP_DST_TSAP },
				    num(FLD_APP, 3),
				    num(FLD_N, 3) };
	static const char want[] =
		"{\"cotp\":{\"src_ref\":5,\"src_tsap\":\"0041\",\"dst_tsap\":\"\"},\"mms\":{\"service\":\"read\",\"objects\":["
		"{\"name\":\"TASE2_Version\"},{\"domain\":\"ICC\",\"name\":\"A\"},{\"name\":\"B\\\\xff\"},{\"name\":\"\\\\x00C\"},"
		"{\"domain\":\"ALONE\"}],"
		"\"value\":[1,2],\"invoke\":9}}";
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		field_json_add(o, &in[i]);
	char *got = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	CU_ASSERT_STRING_EQUAL(got, want);
	free(got);
	json_decref(o);
}

UNIT_MAIN({ "fields in their order", test_order }, { "more fields than there is room for", test_room },
	  { "a secret is left out", test_secret }, { "damaged fields", test_damaged }, { "fields as JSON", test_json })
