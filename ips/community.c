/* community.c - see community.h. The ordering and the ICMP type table follow the published specification. */
#include "ips/community.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"

enum { SHA1_LEN = 20, SEED = 0 };

/* ICMP query types whose answer has another type: both ends of a flow must agree on a pair. */
static bool icmp_counterpart(uint8_t proto, uint16_t type, uint16_t *far)
{
	static const struct {
		uint8_t proto, a, b;
	} pairs[] = { { 1, 0, 8 },      { 1, 8, 0 },      { 1, 9, 10 },     { 1, 10, 9 },     { 1, 13, 14 },    { 1, 14, 13 },
		      { 1, 15, 16 },    { 1, 16, 15 },    { 1, 17, 18 },    { 1, 18, 17 },    { 58, 128, 129 }, { 58, 129, 128 },
		      { 58, 133, 134 }, { 58, 134, 133 }, { 58, 135, 136 }, { 58, 136, 135 }, { 58, 130, 131 }, { 58, 131, 130 },
		      { 58, 144, 145 }, { 58, 145, 144 }, { 58, 139, 140 }, { 58, 140, 139 } };
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (pairs[i].proto == proto && pairs[i].a == type) {
			*far = pairs[i].b;
			return true;
		}
	}
	return false;
}

/* ICMP has a type and a code, or two types, in place of ports; the rest is told by its addresses alone. */
static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP_ || proto == IPPROTO_UDP_ || proto == IPPROTO_SCTP_ || proto == IPPROTO_ICMP_ ||
	       proto == IPPROTO_ICMP6_;
}

char *community_id(const struct tuple *t, char *buf)
{
	const size_t alen = t->family == 6 ? 16 : 4;
	uint16_t sport = t->sport, dport = t->dport;
	bool oneway = false;
	if (t->proto == IPPROTO_ICMP_ || t->proto == IPPROTO_ICMP6_) {
		const uint16_t code = t->dport & 0xff;
		sport = t->dport >> 8;
		oneway = !icmp_counterpart(t->proto, sport, &dport);
		if (oneway)
			dport = code;
	}
	const int order = memcmp(t->src.b, t->dst.b, alen);
	const bool swap = !oneway && (order > 0 || (order == 0 && sport > dport));
	uint8_t in[40], sha[SHA1_LEN];
	struct wr w = wr_of(in, sizeof(in));
	wr_be16(&w, SEED);
	wr_bytes(&w, swap ? t->dst.b : t->src.b, alen);
	wr_bytes(&w, swap ? t->src.b : t->dst.b, alen);
	wr_u8(&w, t->proto);
	wr_u8(&w, 0);
	if (has_ports(t->proto)) {
		wr_be16(&w, swap ? dport : sport);
		wr_be16(&w, swap ? sport : dport);
	}
	SHA1(in, w.len, sha);
	strcpy(buf, "1:");
	sodium_bin2base64(buf + 2, COMMUNITY_ID_TEXT - 2, sha, sizeof(sha), sodium_base64_VARIANT_ORIGINAL);
	return buf;
}
