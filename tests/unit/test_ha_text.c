/* test_ha_text.c - every field of the digest has a name and a value in text, and changing it changes a line. */
#include "hacache/ha_text.h"
#include "hacache/ha_rows.h"
#include "tests/unit/unit.h"

struct all {
	char text[8192];
	unsigned n;
};

static void add(void *arg, const char *name, const char *value)
{
	struct all *a = arg;
	const size_t len = strlen(a->text);
	snprintf(a->text + len, sizeof(a->text) - len, "%s=%s\n", name, value);
	a->n++;
}

static bool has(const struct all *a, const char *line)
{
	const char *at = strstr(a->text, line);
	return at != NULL && (at == a->text || at[-1] == '\n') && at[strlen(line)] == '\n';
}

static void test_names(void)
{
	static const uint8_t part[] = "abcdefghijklmnopqrstuvwxyz";
	struct cotp_state cotp = { .phase = 2, .dst_ref = 9 };
	struct osi_state osi = { .n_contexts = 2 };
	struct session_state fwd = { .policy_id = 5, .timeout_s = 77 };
	const struct ha_session s = { .serial = 4, .fwd = &fwd, .cotp = &cotp, .osi = &osi };
	struct all a = { 0 };
	cotp.dir[DIR_REPLY].part = (struct buf){ .p = (uint8_t *)(uintptr_t)part, .len = 26 };
	osi.context[1].id = 3;
	ha_text(ha_msg_of_type(HA_SESSION), &s, add, &a);
	CU_ASSERT_TRUE(has(&a, "serial=4"));
	CU_ASSERT_TRUE(has(&a, "cotp.phase=2"));
	CU_ASSERT_TRUE(has(&a, "cotp.dst_ref=9"));
	CU_ASSERT_TRUE(has(&a, "cotp.orig.part=0 octets, sum 84222325"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "\ncotp.reply.part=6162636465666768696a6b6c6d6e6f70: 26 octets, sum "));
	CU_ASSERT_TRUE(has(&a, "osi.context[1].id=3"));
	CU_ASSERT_PTR_NULL(strstr(a.text, "osi.context[2]"));
	CU_ASSERT_TRUE(has(&a, "fwd.policy_id=5"));
	CU_ASSERT_PTR_NULL(strstr(a.text, "fwd.expires")); /* a time: no part of the digest */
	CU_ASSERT_PTR_NULL(strstr(a.text, "mms."));        /* not there */
}

/* Each number of the schema that counts in the digest shows in the text. */
static void test_each(void)
{
	static struct session_state fwd;
	static struct insp_state insp;
	const struct ha_msg *session = ha_msg_of_type(HA_SESSION);
	struct {
		unsigned row;
		void *plain;
	} part[] = { { 2 + HA_SEC_fwd, &fwd }, { 2 + HA_SEC_insp, &insp } };
	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		const struct ha_msg *m = session->row[part[i].row].sub;
		for (unsigned k = 0; k < m->n; k++) {
			struct all before = { 0 }, after = { 0 };
			const struct ha_row *r = &m->row[k];
			if (r->kind != HK_UINT)
				continue;
			ha_text(m, part[i].plain, add, &before);
			ha_set_uint(ha_field_mut(part[i].plain, r->off), r->size, 1);
			ha_text(m, part[i].plain, add, &after);
			CU_ASSERT_EQUAL(strcmp(before.text, after.text) == 0, r->local);
			CU_ASSERT_EQUAL(before.n, after.n);
			ha_set_uint(ha_field_mut(part[i].plain, r->off), r->size, 0);
		}
	}
}

UNIT_MAIN({ "names and values", test_names }, { "each number", test_each })
