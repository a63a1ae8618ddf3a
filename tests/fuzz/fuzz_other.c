/* fuzz_other.c - the recognisers of what is named but not decoded, and S7: ports first, then what each direction begins with.
 *
 * A recogniser reads nothing past what it is given, gives the same answer twice, and none but a final one to what is whole.
 */
#include "decoders/other/other.h"
#include "tests/fuzz/fuzz_log.h"
#include "tests/fuzz/fuzz_mutate.h"

#define PROTOS(X) \
	X(DNP3) X(C37118) X(SBUS) X(PROFINET) X(ADS) X(OPCUA) X(ENIP) X(FINS) X(BACNET) X(HARTIP) X(IEC104) X(H323) X(SMB) X(TLS) \
	X(SSH) X(HTTP) X(MYSQL) X(TELNET) X(FTP) X(SMTP) X(DHCP) X(QUIC) X(NBNS) X(SNMP) X(TFTP) X(NTP) X(MODBUS) X(DNS)

const char *const fuzz_goals[] = {
#define X(name) #name,
	PROTOS(X)
#undef X
	"S7comm", "S7comm-plus", NULL
};
static const uint8_t protos[] = {
#define X(name) PROTO_##name,
	PROTOS(X)
#undef X
};
enum { G_S7 = ARRAY_LEN(protos), G_S7PLUS };
uint32_t fuzz_reached;

enum { HEAD = 5, TCP = 6, UDP = 17 };

FUZZ_MUTATOR(HEAD, 2)

enum { CTL_REPLY = 1, CTL_WHOLE = 2, CTL_S7 = 4, HEAD_UDP = 1 };

static enum probe ask(const struct other_hint *h, enum dir d, struct span first, bool whole, enum proto *p)
{
	uint8_t *own = fuzz_copy(first);
	*p = PROTO_NONE;
	const enum probe a = other_probe(h, d, span_of(own, first.len), whole, p);
	free(own);
	return a;
}

static void probe(const struct other_hint *h, const struct fuzz_rec *r)
{
	const enum dir d = (r->ctl & CTL_REPLY) != 0 ? DIR_REPLY : DIR_ORIG;
	const bool datagram = h->ip_proto == UDP; /* comes as a whole; of a stream more and more is there */
	for (size_t n = datagram ? UINT16_MAX : 1;; n *= 2) {
		const struct span first = span_of(r->bytes.p, size_min(n, size_min(r->bytes.len, OTHER_LOOK)));
		const bool whole = first.len == r->bytes.len && (r->ctl & CTL_WHOLE) != 0;
		enum proto p, again;
		const enum probe a = ask(h, d, first, whole, &p);
		FUZZ_CHECK(a == PROBE_NO || a == PROBE_MORE || a == PROBE_YES);
		FUZZ_CHECK(ask(h, d, first, whole, &again) == a && again == p);
		FUZZ_CHECK((a == PROBE_YES) == (p != PROTO_NONE) && (unsigned)p < PROTO_N);
		FUZZ_CHECK(a != PROBE_MORE || (!whole && first.len < OTHER_LOOK && (!datagram || first.len == 0)));
		for (unsigned i = 0; a == PROBE_YES && i < ARRAY_LEN(protos); i++) {
			if (protos[i] == p)
				fuzz_reach(i);
		}
		if (a != PROBE_MORE || first.len == r->bytes.len)
			break;
	}
}

static void s7(struct fuzz_log *l, const struct fuzz_rec *r)
{
	uint8_t *own = fuzz_copy(r->bytes);
	const struct span tsdu = span_of(own, r->bytes.len);
	fuzz_log_feed(l);
	const uint32_t odd = l->anomalies[AN_S7_ID];
	const bool looks = s7_looks_like(tsdu);
	s7_tsdu(&l->ctx, (r->ctl & CTL_REPLY) != 0 ? DIR_REPLY : DIR_ORIG, tsdu);
	FUZZ_CHECK(!looks || l->anomalies[AN_S7_ID] == odd);
	if (looks)
		fuzz_reach(tsdu.p[0] == 0x32 ? G_S7 : G_S7PLUS);
	free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	struct fuzz_log l;
	struct fuzz_rec r;
	struct other_hint h = { .ip_proto = (cur_u8(&in) & HEAD_UDP) != 0 ? UDP : TCP };
	h.sport = cur_be16(&in);
	h.dport = cur_be16(&in);
	fuzz_log_init(&l, 0);
	while (fuzz_next(&in, &r)) {
		if ((r.ctl & CTL_S7) != 0)
			s7(&l, &r);
		else
			probe(&h, &r);
	}
	fuzz_log_fini(&l);
	return 0;
}
