/* test_match_reads.c - whose octets may a rule read? Where the answer is no, no octet may ever make a rule fire. */
#include "sigs/match_int.h"
#include "tests/unit/sig_help.h"

static const uint16_t ports[] = { 0, 1, 63, 64, 79, 80, 81, 102, 127, 128, 1023, 1024, 5201, 40000, 65534, 65535 };

static struct sig_flow flow_of(uint16_t cport, uint16_t sport, struct tagset *tags)
{
	struct sig_flow sf = help_flow(tags, 6);
	sf.cport = cport;
	sf.sport = sport;
	return sf;
}

static bool reads(struct matcher *m, uint16_t cport, uint16_t sport, enum dir d)
{
	struct sig_flow sf = flow_of(cport, sport, NULL);
	return match_reads(m, &sf, d);
}

static void test_table(void)
{
	static const struct {
		const char *rule;
		uint16_t cport, sport;
		bool orig, reply;
	} row[] = {
		{ "alert tcp any any -> any any (content:\"a\"; sid:1;)", 40000, 5201, true, true },
		{ "alert tcp any any -> any 102 (content:\"a\"; sid:1;)", 40000, 102, true, false },
		{ "alert tcp any any -> any 102 (content:\"a\"; sid:1;)", 40000, 5201, false, false },
		{ "alert tcp any any -> any 102 (content:\"a\"; sid:1;)", 102, 5201, false, true },
		{ "alert tcp any any <> any 102 (content:\"a\"; sid:1;)", 40000, 102, true, true },
		{ "alert tcp any 102 -> any any (content:\"a\"; sid:1;)", 40000, 102, false, true },
		{ "alert tcp any 102 -> any 80 (content:\"a\"; sid:1;)", 40000, 102, false, false },
		/* the sender's port is not asked where the receiver's is */
		{ "alert tcp any 102 -> any 80 (content:\"a\"; sid:1;)", 80, 40000, false, true },
		{ "alert tcp any any -> any 102 (content:\"a\"; flow:to_client; sid:1;)", 40000, 102, false, false },
		{ "alert tcp any any -> any ![80,81] (content:\"a\"; sid:1;)", 40000, 80, true, true },
		{ "alert tcp any any -> any [60:70,!65] (content:\"a\"; sid:1;)", 40000, 70, true, false },
		{ "alert tcp any any -> any [60:70] (content:\"a\"; sid:1;)", 40000, 71, false, false },
		{ "alert tcp any any -> any 60: (content:\"a\"; sid:1;)", 40000, 65535, true, true },
		{ "alert tcp any any -> any 102 (flow:to_server; sid:1;)", 40000, 102, false, false },
		{ "alert ip any any -> any 102 (content:\"a\"; sid:1;)", 40000, 102, true, false },
		{ "alert udp any any -> any any (content:\"a\"; sid:1;)", 40000, 102, false, false },
		{ "alert mms any any -> any any (content:\"a\"; sid:1;)", 40000, 102, false, false },
		{ "alert tcp any any -> any 80 (anomaly:\"stream.overlap\"; sid:1;)", 40000, 80, true, false },
		{ "alert tcp any any -> any 80 (anomaly:\"stream.gap\"; sid:1;)", 40000, 80, false, false },
		{ "", 40000, 80, false, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct refusals r;
		struct sigset *s = load(row[i].rule, &r);
		CU_ASSERT_EQUAL_FATAL(r.n, 0);
		struct matcher *m = new_matcher(s);
		CU_ASSERT_EQUAL(reads(m, row[i].cport, row[i].sport, DIR_ORIG), row[i].orig);
		CU_ASSERT_EQUAL(reads(m, row[i].cport, row[i].sport, DIR_REPLY), row[i].reply);
		matcher_free(m);
		sigset_free(s);
	}
}

/* A set of ports: any, one, a range, without one, two. */
static void put_ports(char *out, size_t cap, uint64_t *seed)
{
	const unsigned a = ports[help_below(seed, ARRAY_LEN(ports))], b = ports[help_below(seed, ARRAY_LEN(ports))];
	switch (help_below(seed, 5)) {
	case 0:
		snprintf(out, cap, "any");
		break;
	case 1:
		snprintf(out, cap, "%u", a);
		break;
	case 2:
		snprintf(out, cap, "%u:%u", a < b ? a : b, a < b ? b : a);
		break;
	case 3:
		snprintf(out, cap, "!%u", a);
		break;
	default:
		snprintf(out, cap, "[%u,%u]", a, b);
	}
}

/* One rule; octets that it wants in every flow and direction: it fires wherever its header lets it. */
static void one_rule(uint64_t *seed, unsigned *fired, unsigned *spared)
{
	static const char *const way[] = { "->", "<>" }, *const side[] = { "", "flow:to_server; ", "flow:to_client; " };
	char text[256], from[32], to[32];
	struct refusals r;
	put_ports(from, sizeof(from), seed);
	put_ports(to, sizeof(to), seed);
	snprintf(text, sizeof(text), "alert tcp any %s %s any %s (content:\"a\"; %ssid:1;)", from, way[help_below(seed, 2)], to,
		 side[help_below(seed, 3)]);
	struct sigset *s = load(text, &r);
	CU_ASSERT_EQUAL_FATAL(r.n, 0);
	struct matcher *m = new_matcher(s);
	for (size_t i = 0; i < ARRAY_LEN(ports) * ARRAY_LEN(ports) * DIR_N; i++) {
		const enum dir d = i % DIR_N == 0 ? DIR_ORIG : DIR_REPLY;
		const struct sig_flow sf = flow_of(ports[i / DIR_N % ARRAY_LEN(ports)], ports[i / DIR_N / ARRAY_LEN(ports)], NULL);
		const struct match_on on = { .sf = &sf, .dir = d };
		struct match_flow f;
		struct hits h = { 0 };
		match_flow_init(&f);
		match_stream(m, &f, &sf, d, span_of("a", 1));
		match_upto(m, &f, &sf, d, 1, &h);
		const bool may = match_rule_static(s->rule[0], &on);
		CU_ASSERT_EQUAL(h.n != 0, may);
		CU_ASSERT_EQUAL(f.stream[d] != NULL, match_reads(m, &sf, d)); /* nobody's octets are not scanned */
		*fired += may;
		*spared += f.stream[d] == NULL;
		match_flow_fini(m, &f);
	}
	matcher_free(m);
	sigset_free(s);
}

static void test_random(void)
{
	uint64_t seed = 11;
	unsigned fired = 0, spared = 0;
	for (unsigned i = 0; i < 150; i++)
		one_rule(&seed, &fired, &spared);
	CU_ASSERT_TRUE(fired > 1000 && spared > 1000);
}

UNIT_MAIN({ "by rule and flow", test_table }, { "random rules and every flow", test_random })
