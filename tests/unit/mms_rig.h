/* mms_rig.h - feeds the MMS and ICCP decoders from a notation for BER, and keeps what they told as text.
 *
 * Notation: hex octets; {...} is the length of what is inside, and that; '...' is text.
 * A line of the log: c or s (sender), event, fields as key=value; "! anomaly"; "= protocol".
 */
#ifndef TESTS_UNIT_MMS_RIG_H
#define TESTS_UNIT_MMS_RIG_H

#include <stdarg.h>
#include <stdlib.h>

#include "decoders/iccp/iccp.h"
#include "tests/unit/unit.h"

enum { RIG_LOG = 1 << 17, RIG_PDU = 1 << 17, RIG_BUDGET = 1 << 20, RIG_POOL = 1 << 20 };

struct rig {
	struct mms_state mms;
	struct iccp_state iccp;
	struct dec_ctx ctx;
	struct dec_sink sink;
	struct fields fields;
	uint32_t budget;         /* of each PDU */
	unsigned anomalies, events, parts;
	enum proto proto;        /* what the PDUs were said to be, as far as told */
	size_t len;
	char log[RIG_LOG];
};

static inline void rig_print(struct rig *r, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const int n = vsnprintf(r->log + r->len, RIG_LOG - r->len, fmt, ap);
	va_end(ap);
	r->len = size_min(r->len + (size_t)n, RIG_LOG - 1);
}

static inline void rig_event(void *arg, const struct dec_event *ev)
{
	struct rig *r = arg;
	r->events += (ev->flags & EV_CONT) == 0;
	r->parts++;
	rig_print(r, "%c %s%s%s", "cs"[ev->dir], event_name(ev->id), (ev->flags & EV_CONT) != 0 ? " +cont" : "",
		  (ev->flags & EV_MORE) != 0 ? " +more" : "");
	for (uint16_t i = 0; i < ev->fields->n; i++) {
		const struct field *f = &ev->fields->v[i];
		const char *key = strchr(field_name(f->id), '.') + 1;
		if (f->bytes.len != 0 || f->id == FLD_MMS_DOMAIN || f->id == FLD_ICCP_DOMAIN || f->id == FLD_MMS_OBJECT)
			rig_print(r, " %s=%.*s", key, (int)f->bytes.len, f->bytes.len != 0 ? (const char *)f->bytes.p : "");
		else
			rig_print(r, " %s=%lld", key, (long long)f->num);
	}
	rig_print(r, "\n");
}

static inline void rig_anomaly(void *arg, enum dir d, enum anomaly a)
{
	struct rig *r = arg;
	(void)d;
	r->anomalies++;
	rig_print(r, "! %s\n", anomaly_name(a));
}

/* Only what refines: what is known already may be told again. */
static inline void rig_proto(void *arg, enum proto p)
{
	struct rig *r = arg;
	enum proto known = r->proto;
	while (known != p && known != PROTO_NONE)
		known = proto_parent(known);
	if (known == p)
		return;
	r->proto = p;
	rig_print(r, "= %s\n", proto_name(p));
}

/* One for all rigs: nothing of it is held between PDUs. */
static inline struct bufpool *rig_pool(void)
{
	static struct bufpool *pool;
	if (pool == NULL)
		pool = bufpool_new(RIG_POOL);
	return pool;
}

static inline struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	mms_init(&r->mms);
	iccp_init(&r->iccp);
	r->budget = RIG_BUDGET;
	r->sink = (struct dec_sink){ .event = rig_event, .anomaly = rig_anomaly, .proto = rig_proto, .arg = r };
	r->ctx = (struct dec_ctx){ .sink = &r->sink, .lim = &dec_limits_default, .fields = &r->fields };
	r->ctx.bufs = rig_pool();
	return r;
}

/* A rig that goes on from the state of another, its log empty. */
static inline struct rig *rig_resume(const struct rig *from)
{
	struct rig *r = rig_new();
	memcpy(&r->mms, &from->mms, sizeof(r->mms));
	memcpy(&r->iccp, &from->iccp, sizeof(r->iccp));
	r->proto = from->proto;
	return r;
}

static inline void rig_clear(struct rig *r)
{
	r->len = 0;
	r->log[0] = '\0';
	r->anomalies = r->events = r->parts = 0;
}

static inline void rig_up(void *arg, const struct mms_pdu *pdu)
{
	struct rig *r = arg;
	iccp_pdu(&r->iccp, &r->ctx, pdu);
}

static inline void rig_aborted(void *arg, enum dir d)
{
	struct rig *r = arg;
	iccp_aborted(&r->iccp, &r->ctx, d);
}

/* Octets in memory of just their size, so that a read past them is seen. */
static inline void rig_bytes(struct rig *r, enum dir d, const uint8_t *p, size_t n)
{
	const struct mms_upper up = { .pdu = rig_up, .aborted = rig_aborted, .arg = r };
	uint8_t *copy = malloc(n + (n == 0));
	if (n != 0)
		memcpy(copy, p, n);
	r->ctx.budget = r->budget;
	mms_pdu(&r->mms, &r->ctx, d, span_of(copy, n), &up);
	free(copy);
	CU_ASSERT_EQUAL(bufpool_used(r->ctx.bufs), 0);
}

static inline void rig_end(struct rig *r, enum dir d, bool aborted)
{
	const struct mms_upper up = { .pdu = rig_up, .aborted = rig_aborted, .arg = r };
	mms_end(&r->mms, d, aborted, &up);
}

static inline unsigned rig_digit(char c)
{
	return c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
}

static inline size_t rig_length(uint8_t *out, size_t n)
{
	if (n < 0x80) {
		out[0] = (uint8_t)n;
		return 1;
	}
	const bool wide = n > 0xff;
	size_t at = 0;
	out[at++] = wide ? 0x82 : 0x81;
	if (wide)
		out[at++] = (uint8_t)(n >> 8);
	out[at++] = (uint8_t)n;
	return at;
}

/* Octets of the notation up to its end or a closing brace, which *s then stands behind. */
static inline size_t rig_build(const char **s, uint8_t *out)
{
	size_t n = 0;
	while (**s != '\0') {
		const char c = *(*s)++;
		if (c == '}')
			break;
		if (c == '{') {
			static uint8_t length[4];
			const size_t inner = rig_build(s, out + n + sizeof(length));
			const size_t l = rig_length(length, inner);
			memmove(out + n + l, out + n + sizeof(length), inner);
			memcpy(out + n, length, l);
			n += l + inner;
		} else if (c == '\'') {
			while (**s != '\'')
				out[n++] = (uint8_t)*(*s)++;
			(*s)++;
		} else if (c != ' ') {
			out[n++] = (uint8_t)(rig_digit(c) << 4 | rig_digit(*(*s)++));
		}
	}
	return n;
}

static inline size_t rig_octets(const char *notation, uint8_t *out)
{
	return rig_build(&notation, out);
}

static inline void rig_feed(struct rig *r, enum dir d, const char *notation)
{
	uint8_t *pdu = malloc(RIG_PDU);
	rig_bytes(r, d, pdu, rig_octets(notation, pdu));
	free(pdu);
}

static inline bool rig_has(const struct rig *r, const char *text)
{
	return strstr(r->log, text) != NULL;
}

/* Feeds one PDU; is this what was told, in this order, from then on? Prints the difference. */
static inline bool rig_tells(struct rig *r, enum dir d, const char *notation, const char *expected)
{
	rig_clear(r);
	rig_feed(r, d, notation);
	if (strcmp(r->log, expected) == 0)
		return true;
	printf("# %s\n# expected: %s# told: %s", notation, expected, r->log);
	return false;
}

/* Does the log of one PDU contain this? */
static inline bool rig_gives(struct rig *r, enum dir d, const char *notation, const char *text)
{
	rig_clear(r);
	rig_feed(r, d, notation);
	if (rig_has(r, text))
		return true;
	printf("# %s\n# expected: %s\n# told: %s", notation, text, r->log);
	return false;
}

#define C DIR_ORIG  /* client: the association's initiator */
#define S DIR_REPLY

#define RIG_INITIATE "80027d00 810105 820105 830105 a4{800101 810305f100 820c036e1c000000000000000110}"

/* An association between c and s. */
static inline struct rig *rig_associated(void)
{
	struct rig *r = rig_new();
	rig_feed(r, C, "a8{" RIG_INITIATE "}");
	rig_feed(r, S, "a9{" RIG_INITIATE "}");
	rig_clear(r);
	return r;
}

#endif
