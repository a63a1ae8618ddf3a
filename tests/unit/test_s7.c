/* S7comm and S7comm-plus: what is told of each PDU, lengths that do not fit, what is neither. */
#include "decoders/other/other.h"
#include "tests/unit/dec_log.h"
#include "tests/unit/unit.h"

#define SETUP "32 01 0000 0100 0008 0000" "f0 00 0001 0001 01e0"
#define SETUP_ACK "32 03 0000 0100 0008 0000 0000" "f0 00 0001 0001 00f0"
#define WRITE_ACK "32 02 0000 0500 0000 0000 8104"
#define SZL "32 07 0000 0300 0008 0008" "00 01 12 04 11 44 01 00" "ff 09 0004 0011 0000"
#define PLUS "72 01 0004" "31 00 00 04" "72 01 0000"

static struct dec_log lg;

static const char *told(enum dir d, const char *hex)
{
	uint8_t b[256];
	const size_t n = unhex(hex, b, sizeof(b));
	log_reset(&lg, NULL);
	s7_tsdu(&lg.ctx, d, span_of(b, n));
	return log_text(&lg);
}

static unsigned wrongs(void)
{
	return lg.anomalies[AN_S7_LENGTH] + lg.anomalies[AN_S7_ROSCTR] + lg.anomalies[AN_S7_ID];
}

static bool known(const char *hex)
{
	uint8_t b[256];
	const size_t n = unhex(hex, b, sizeof(b));
	return s7_looks_like(span_of(b, n));
}

static void test_events(void)
{
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, SETUP), "= s7comm\nO s7comm.job s7.rosctr=1 s7.function=240\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_REPLY, SETUP_ACK), "= s7comm\nR s7comm.ackData s7.rosctr=3 s7.function=240\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_REPLY, WRITE_ACK), "= s7comm\nR s7comm.ack s7.rosctr=2\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, SZL), "= s7comm\nO s7comm.userData s7.rosctr=7 s7.function=1025\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 07 0000 0300 0003 0000 000112"),
			       "= s7comm\nO s7comm.userData s7.rosctr=7 s7.function=0\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 01 0000 0100 0001 0003 29 000000"),
			       "= s7comm\nO s7comm.job s7.rosctr=1 s7.function=41\n");
}

static void test_plus(void)
{
	static const char *const GOOD[] = {
		PLUS, "72 01 0004 31000004", "72 03 0005 2031000004 72030000", "72 ff 00 3b", "72 ff 0000",
		"72 fe 0001 00", "72 02 0000",
	};
	static const char *const BAD[] = {
		"72 01 0004 310000", "72 01 0004 31000004 00", "72 01 0004 31000004 72020000", "72 01 0004 31000004 72010001",
		"72 01 0004 31000004 7201000000", "72 07 0000", "72 01 00", "72",
	};
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
		CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, GOOD[i]), "= s7comm-plus\nO s7commplus.pdu\n");
	for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
		CU_ASSERT_STRING_EQUAL(told(DIR_REPLY, BAD[i]), "= s7comm-plus\nR !s7.length\nR s7commplus.pdu\n");
}

static void test_lengths(void)
{
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 01 0000 0100 0008 0001 f0 00 0001 0001 01e0"),
			       "= s7comm\nO !s7.length\nO s7comm.job s7.rosctr=1 s7.function=240\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, SETUP "00"), "= s7comm\nO !s7.length\nO s7comm.job s7.rosctr=1 s7.function=240\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 01 0000 0100 ffff ffff"), "= s7comm\nO !s7.length\nO s7comm.job s7.rosctr=1\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 03 0000 0100 0000 0000 00"), "= s7comm\nO !s7.length\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 01 0000"), "= s7comm\nO !s7.length\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32 04 0000 0100 0000 0000"), "= s7comm\nO !s7.rosctr\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "32"), "= s7comm\nO !s7.rosctr\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, "0d 00"), "O !s7.id\n");
	CU_ASSERT_STRING_EQUAL(told(DIR_ORIG, ""), "O !s7.id\n");
}

static void test_looks_like(void)
{
	CU_ASSERT_TRUE(known(SETUP) && known(SETUP_ACK) && known(WRITE_ACK) && known(SZL) && known(PLUS) && known("72 ff 0000"));
	static const char *const NOT[] = {
		"", "32", "32 01 0000 0100 0008 00", "32 00 0000 0100 0008 0000", "32 05 0000 0100 0008 0000", "72 01 00",
		"72 00 0000",
		"72 04 0000", "01 00 01 00 61 0c", "0d 10 05 06 13 01 00 16 01 02", "a8 1a 80 03 00 ff ff",
	};
	for (size_t i = 0; i < ARRAY_LEN(NOT); i++)
		CU_ASSERT_FALSE(known(NOT[i]));
}

/* Every cut and every octet changed: one event at most, told of an exact block for ASan's sake; the budget holds. */
static void test_hostile(void)
{
	static const char *const PDUS[] = { SETUP, SETUP_ACK, WRITE_ACK, SZL, PLUS };
	for (size_t k = 0; k < ARRAY_LEN(PDUS); k++) {
		uint8_t b[256];
		const size_t n = unhex(PDUS[k], b, sizeof(b));
		for (size_t cut = 0; cut <= n; cut++) {
			uint8_t *exact = malloc(cut + 1);
			memcpy(exact, b, cut);
			log_reset(&lg, NULL);
			s7_tsdu(&lg.ctx, DIR_ORIG, span_of(exact, cut));
			const unsigned wrong = wrongs();
			const bool fragment = b[0] == 0x72 && cut == 8; /* whole without its trailer */
			CU_ASSERT_EQUAL(wrong, cut == n || fragment ? 0 : 1);
			free(exact);
		}
		for (size_t at = 0; at < n; at++)
			for (unsigned v = 0; v < 256; v++) {
				const uint8_t was = b[at];
				b[at] = (uint8_t)v;
				log_reset(&lg, NULL);
				s7_tsdu(&lg.ctx, DIR_ORIG, span_of(b, n));
				CU_ASSERT_TRUE(wrongs() <= 1);
				CU_ASSERT_EQUAL(lg.ctx.budget, (1u << 30) - 1);
				b[at] = was;
			}
	}
	log_reset(&lg, NULL);
	lg.ctx.budget = 1;
	s7_tsdu(&lg.ctx, DIR_ORIG, span_of("\x72\xff\0\0", 4));
	CU_ASSERT_STRING_EQUAL(log_text(&lg), "O !stream.budget\n");
}

UNIT_MAIN({ "S7comm events and fields", test_events }, { "S7comm-plus", test_plus },
	  { "lengths, ROSCTR and id that do not fit", test_lengths },
	  { "what is taken for S7", test_looks_like }, { "cuts, changed octets, budget", test_hostile })
