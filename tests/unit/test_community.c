/* test_community.c - the Community ID against values that the specification publishes and others' tools give. */
#include "ips/community.h"
#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static struct tuple tuple(uint8_t proto, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct tuple t = { .proto = proto, .sport = sport, .dport = dport, .family = strchr(src, ':') != NULL ? 6 : 4 };
	inet_pton(t.family == 6 ? AF_INET6 : AF_INET, src, t.src.b);
	inet_pton(t.family == 6 ? AF_INET6 : AF_INET, dst, t.dst.b);
	return t;
}

static void test_published(void)
{
	static const struct {
		uint8_t proto;
		const char *src;
		uint16_t sport;
		const char *dst;
		uint16_t dport;
		const char *id;
	} row[] = {
		{ 6, "128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
		{ 6, "66.35.250.204", 80, "128.232.110.120", 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
		{ 17, "192.168.1.52", 54585, "8.8.8.8", 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
		{ 132, "192.168.170.8", 7, "192.168.170.56", 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
		{ 1, "192.168.0.89", 1, "192.168.0.1", 8 << 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ 1, "192.168.0.1", 1, "192.168.0.89", 0 << 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ 1, "1.2.3.4", 0, "5.6.7.8", 8 << 8, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=" },
		{ 1, "1.2.3.4", 0, "5.6.7.8", 11 << 8, "1:f/YiSyWqczrTgfUCZlBUnvHRcPk=" },
		{ 46, "1.2.3.4", 0, "5.6.7.8", 0, "1:ikv3kmf89luf73WPz1jOs49S768=" },
		{ 46, "5.6.7.8", 0, "1.2.3.4", 0, "1:ikv3kmf89luf73WPz1jOs49S768=" },
		{ 58, "fe80::200:86ff:fe05:80da", 0, "fe80::260:97ff:fe07:69ea", 135 << 8, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
		{ 58, "fe80::260:97ff:fe07:69ea", 0, "fe80::200:86ff:fe05:80da", 136 << 8, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	};
	char buf[COMMUNITY_ID_TEXT];
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct tuple t = tuple(row[i].proto, row[i].src, row[i].sport, row[i].dst, row[i].dport);
		CU_ASSERT_STRING_EQUAL(community_id(&t, buf), row[i].id);
	}
}

/* Both directions of a flow are one; anything else that differs is another. */
static void test_directions(void)
{
	static const struct tuple none;
	char a[COMMUNITY_ID_TEXT], b[COMMUNITY_ID_TEXT];
	static const uint8_t protos[] = { 6, 17, 132, 47, 1, 58 };
	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		const bool icmp = protos[i] == 1 || protos[i] == 58;
		const bool ports = protos[i] == 6 || protos[i] == 17 || protos[i] == 132;
		PKT_EACH_FAMILY(f)
		{
			if (icmp && (protos[i] == 58) != (f == 6))
				continue;
			const uint16_t type = protos[i] == 1 ? 8 << 8 : 128 << 8;
			const struct tuple t = tuple(protos[i], f == 4 ? "10.1.0.2" : "2001:db8::1",
						     ports  ? 1000
						     : icmp ? 7
							    : 0,
						     f == 4 ? "10.2.0.2" : "2001:db8::2",
						     icmp    ? type
						     : ports ? 102
							     : 0);
			const struct tuple back = tuple_reverse(&t);
			CU_ASSERT_STRING_EQUAL(community_id(&t, a), community_id(&back, b));
			struct tuple other = t;
			other.src.b[3]++;
			CU_ASSERT_STRING_NOT_EQUAL(community_id(&t, a), community_id(&other, b));
			other = t;
			other.proto ^= 2;
			CU_ASSERT_STRING_NOT_EQUAL(community_id(&t, a), community_id(&other, b));
			other = t;
			other.dport ^= 1;
			if (ports) {
				CU_ASSERT_STRING_NOT_EQUAL(community_id(&t, a), community_id(&other, b));
			}
		}
	}
	CU_ASSERT_EQUAL(strlen(community_id(&none, a)), COMMUNITY_ID_TEXT - 10);
}

/* One and the same address at both ends: the ports decide. An ICMP message that nothing answers has a direction. */
static void test_ties(void)
{
	char a[COMMUNITY_ID_TEXT], b[COMMUNITY_ID_TEXT];
	struct tuple t = tuple(6, "127.0.0.1", 9, "127.0.0.1", 10), u = tuple(6, "127.0.0.1", 10, "127.0.0.1", 9);
	CU_ASSERT_STRING_EQUAL(community_id(&t, a), community_id(&u, b));
	t = tuple(1, "10.0.0.1", 0, "10.0.0.2", 3 << 8 | 1);
	u = tuple(1, "10.0.0.2", 0, "10.0.0.1", 3 << 8 | 1);
	CU_ASSERT_STRING_NOT_EQUAL(community_id(&t, a), community_id(&u, b));
	u = tuple(1, "10.0.0.1", 0, "10.0.0.2", 3 << 8 | 2);
	CU_ASSERT_STRING_NOT_EQUAL(community_id(&t, a), community_id(&u, b));
}

UNIT_MAIN({ "published values", test_published }, { "both directions are one flow", test_directions }, { "ties", test_ties })
