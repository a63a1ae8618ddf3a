/* log_rig.h - records as the log tests want them, and their lines. */
#ifndef TESTS_UNIT_LOG_RIG_H
#define TESTS_UNIT_LOG_RIG_H

#include "ips/eve.h"
#include "ips/kvlog.h"
#include "tests/unit/engine_rig.h"

static const char log_rules[] =
	"alert tcp any any -> any any (msg:\"two \\\"words\\\"\"; content:\"x\"; classtype:attempted-recon; "
	"priority:2; sid:7; rev:3;)\n";

/* 2021-06-04 23:54:41 UTC, as in the seed. */
#define LOG_AT INT64_C(1622850881110547135)

static inline struct tuple log_tuple(uint8_t proto, uint8_t family)
{
	const bool icmp = proto == 1 || proto == 58;
	struct tuple t = {
		.proto = proto, .family = family, .sport = icmp ? 2019 : 57218, .dport = icmp ? (family == 4 ? 8 : 128) << 8 : 102
	};
	inet_pton(family == 4 ? AF_INET : AF_INET6, family == 4 ? "10.1.0.2" : "2001:db8:1::2", t.src.b);
	inet_pton(family == 4 ? AF_INET : AF_INET6, family == 4 ? "10.2.0.2" : "2001:db8:2::2", t.dst.b);
	return t;
}

static inline void log_field(struct rec *r, enum field_id id, uint64_t num, struct span octets)
{
	rec_pdu_add(&r->pdu, &(struct field){ .id = (uint16_t)id, .num = num, .bytes = octets });
}

static inline void log_name(struct rec *r, const char *domain, const char *name)
{
	log_field(r, FLD_ICCP_DOMAIN, 0, span_of(domain, strlen(domain)));
	log_field(r, FLD_ICCP_NAME, 0, span_of(name, strlen(name)));
}

static inline struct rec log_rec(enum rec_kind k)
{
	struct rec r = { .kind = (uint8_t)k,
			 .proto = PROTO_ICCP,
			 .owner = 1,
			 .nr = 4,
			 .serial = 35487,
			 .packet_nr = 31,
			 .at = mono_ns(LOG_AT),
			 .ifin = 2,
			 .ifout = 1,
			 .policy_id = 2,
			 .tuple = log_tuple(6, 4) };
	switch (k) {
	case REC_ALERT:
		r.gid = 1;
		r.sid = 7;
		r.rev = 3;
		break;
	case REC_APP:
		r.app = 44684;
		r.dir = DIR_REPLY;
		r.ifin = 1;
		r.ifout = 2;
		log_name(&r, "ICC_A", "DS1");
		break;
	case REC_ANOMALY:
		r.code = AN_TPKT_VERSION;
		break;
	case REC_DROP:
		r.code = REASON_BLOCKED;
		r.dropped = true;
		break;
	case REC_FLOW:
		r.flow = (struct rec_flow){ .bytes = { 11980, 57028 },
					    .packets = { 104, 164 },
					    .start = mono_ns(LOG_AT - 209 * NS_PER_SEC),
					    .last = mono_ns(LOG_AT - NS_PER_SEC),
					    .end = END_CLOSED,
					    .proto_state = 15,
					    .n_alerts = 2 };
		r.app = 44684;
		break;
	case REC_N:
		break;
	}
	return r;
}

static inline const char *log_line(const struct gen *g, const struct rec *r, bool eve)
{
	static char text[2][1 << 14];
	struct outbuf o = { 0 };
	if (eve)
		eve_line(r, g, &o);
	else
		kvlog_line(r, g, &o);
	CU_ASSERT_FALSE(o.bad);
	snprintf(text[eve], sizeof(text[eve]), "%s", o.p != NULL ? o.p : "");
	outbuf_free(&o);
	return text[eve];
}

#endif
