/* What leaves along with a batch's verdicts: the engine's memory may be used again before it does. */
#include "ips/outgoing.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

enum { LONG = 60000 };

/* A source that writes down, in order, what it is told. */
static struct {
	struct pktio io;
	char told[4096];
	size_t octets;
	bool fail;
} s;

static void tell(const char *what, const uint8_t *p, uint32_t len)
{
	const size_t n = strlen(s.told);
	snprintf(s.told + n, sizeof(s.told) - n, "%s%.*s ", what, (int)(len < 8 ? len : 8), p != NULL ? (const char *)p : "");
	s.octets += len;
}

static enum err verdict(struct pktio *io, const struct pktio_verdict *v, unsigned n)
{
	(void)io;
	CU_ASSERT(n > 0);
	for (unsigned i = 0; i < n; i++)
		tell(v[i].pass ? "pass" : "drop", v[i].rewritten, v[i].rewritten != NULL ? v[i].rewritten_len : 0);
	return s.fail ? ERR_IO : OK;
}

static enum err inject(struct pktio *io, const uint8_t *ip, uint32_t len)
{
	(void)io;
	if (len != 0 && ip[0] == 0x45) /* a reset: not printable */
		tell("reset", NULL, 0);
	else
		tell("+", ip, len);
	return OK;
}

static const struct pktio_ops ops = { .name = "told", .verdict = verdict, .inject = inject };

static const char *given(const struct outgoing *o, enum err expected)
{
	memset(s.told, 0, sizeof(s.told));
	s.octets = 0;
	s.io.ops = &ops;
	CU_ASSERT_EQUAL(outgoing_give(o, &s.io), expected);
	outgoing_reset(o, &s.io);
	return s.told;
}

static void add(struct outgoing *o, const char *rewritten, const char *a, const char *b)
{
	static const struct packet p = { .tuple = { .family = 4, .proto = IPPROTO_TCP_ } };
	char lent[3][16] = { "" };
	snprintf(lent[0], sizeof(lent[0]), "%s", rewritten);
	snprintf(lent[1], sizeof(lent[1]), "%s", a);
	snprintf(lent[2], sizeof(lent[2]), "%s", b);
	const struct span release[] = { span_of(lent[1], strlen(a)), span_of(lent[2], strlen(b)) };
	const struct verdict v = { .pass = true,
				   .rewritten = *rewritten != '\0' ? span_of(lent[0], strlen(rewritten)) : span_of(NULL, 0),
				   .release = release,
				   .n_release = (*a != '\0') + (*b != '\0'),
				   .reset = *rewritten == 'R' };
	outgoing_add(o, &p, &v);
	memset(lent, '?', sizeof(lent));
}

static void test_order(void)
{
	struct outgoing o;
	CU_ASSERT_EQUAL_FATAL(outgoing_init(&o), OK);
	CU_ASSERT_STRING_EQUAL(given(&o, OK), "");
	add(&o, "", "a1", "a2");
	outgoing_add_plain(&o, false);
	add(&o, "new", "", "");
	add(&o, "Rnew", "b1", "");
	outgoing_add_plain(&o, true);
	CU_ASSERT_STRING_EQUAL(given(&o, OK), "+a1 +a2 pass drop passnew +b1 passRnew pass reset reset ");
	s.fail = true;
	CU_ASSERT_STRING_EQUAL(given(&o, ERR_IO), "+a1 +a2 pass drop passnew reset reset "); /* nothing overtakes */
	s.fail = false;
	outgoing_begin(&o);
	add(&o, "", "", "");
	CU_ASSERT_STRING_EQUAL(given(&o, OK), "pass ");
	outgoing_fini(&o);
}

/* A batch of the longest packets, each rewritten and each with as many octets released; what is beyond finds no room. */
static void test_room(void)
{
	static uint8_t octets[LONG];
	struct outgoing o;
	memset(octets, 'x', sizeof(octets));
	const struct span one = span_of(octets, LONG);
	const struct packet p = { 0 };
	CU_ASSERT_EQUAL_FATAL(outgoing_init(&o), OK);
	struct verdict v = { .pass = true, .rewritten = one, .release = &one, .n_release = 1 };
	for (unsigned i = 0; i < PKTIO_BATCH_MAX; i++)
		outgoing_add(&o, &p, &v);
	(void)given(&o, OK);
	CU_ASSERT_EQUAL(s.octets, 2 * (size_t)PKTIO_BATCH_MAX * LONG);
	const struct span many[] = { one, one, one, one, one, one, one, one };
	v = (struct verdict){ .pass = true, .release = many, .n_release = ARRAY_LEN(many) };
	outgoing_begin(&o);
	for (unsigned i = 0; i < PKTIO_BATCH_MAX; i++)
		outgoing_add(&o, &p, &v);
	(void)given(&o, OK);
	CU_ASSERT(s.octets < ARRAY_LEN(many) * (size_t)PKTIO_BATCH_MAX * LONG && s.octets > 8u << 20);
	CU_ASSERT(!o.v[PKTIO_BATCH_MAX - 1].pass && o.release[PKTIO_BATCH_MAX - 1].len == 0 && o.v[0].pass);
	outgoing_fini(&o);
}

UNIT_MAIN({ "order, and memory of its own", test_order }, { "room", test_room })
