/* osi_play.h - TSDUs written as text, from session to ACSE, fed to the decoders of those layers, for their tests. */
#ifndef TESTS_UNIT_OSI_PLAY_H
#define TESTS_UNIT_OSI_PLAY_H

#include "decoders/osi/osi.h"
#include "tests/unit/dec_log.h"

static struct dec_log lg;
static struct bufpool *osi_pool;

/* A fresh log; what was held before was given back. */
static inline void reset(struct osi_state *s)
{
	if (osi_pool == NULL)
		osi_pool = bufpool_new(1 << 20);
	CU_ASSERT_EQUAL(bufpool_used(osi_pool), 0);
	log_reset(&lg, osi_pool);
	osi_init(s);
}

/* At the end of a test program's last test. */
static inline void no_more(void)
{
	CU_ASSERT_EQUAL(bufpool_used(osi_pool), 0);
	bufpool_free(osi_pool);
	osi_pool = NULL;
}

/* Hex with lengths filled in: { } encloses what a BER length counts, [ ] what a session length counts. */
static inline const char *build_to(const char *t, uint8_t *out, size_t *n)
{
	while (*t != 0 && *t != '}' && *t != ']' && *t != '|') {
		if (*t == '{' || *t == '[') {
			static uint8_t nest[20][4096];
			static unsigned depth;
			bool session = *t == '[';
			size_t len = 0;
			uint8_t *in = nest[depth++];
			t = build_to(t + 1, in, &len) + 1;
			depth--;
			if (session && len >= 255)
				out[(*n)++] = 0xff, out[(*n)++] = (uint8_t)(len >> 8);
			else if (!session && len > 255)
				out[(*n)++] = 0x82, out[(*n)++] = (uint8_t)(len >> 8);
			else if (!session && len > 127)
				out[(*n)++] = 0x81;
			out[(*n)++] = (uint8_t)len;
			memcpy(out + *n, in, len);
			*n += len;
		} else if (*t == ' ') {
			t++;
		} else {
			*n += unhex((const char[]){ t[0], t[1], 0 }, out + *n, 1);
			t += 2;
		}
	}
	return t;
}

#define CTX(id, syntax) "30{02{" id "}06{" syntax "}30{06{5101}}}"
#define ACSE_CTX CTX("01", "52010001")
#define MMS_CTX CTX("03", "28ca220201")
#define PDV(id, value) "30{02{" id "}a0{" value "}}"
#define USER(id, value) "61{" PDV(id, value) "}"
#define CP(contexts, user) "31{a0{80{01}}a2{81{0a}82{0b}a4{" contexts "}" user "}}"
#define YES "30{80{00}81{5101}}"
#define NO "30{80{02}82{01}}"
#define CPA(results, user) "31{a0{80{01}}a2{83{0c}a5{" results "}" user "}}"
#define INFO(pdu) "be{28{02{03}a0{" pdu "}}}"
#define AARQ_OF(more) "60{a1{06{28ca220203}}" more "}"
#define AARQ AARQ_OF(INFO("a8{80{7d00}}"))
#define AARE_OF(result, diag, more) "61{a1{06{28ca220203}}a2{02{" result "}}a3{a1{02{" diag "}}}" more "}"
#define AARE AARE_OF("00", "00", INFO("a9{80{7d00}}"))
#define CN_OF(ppdu) "O 0d[05[13[00]16[02]]14[0002]33[0001]34[0002]c1[" ppdu "]]|"
#define CN CN_OF(CP(ACSE_CTX MMS_CTX, USER("01", AARQ)))
#define AC_OF(ppdu) "R 0e[05[13[00]16[02]]14[0002]34[0002]c1[" ppdu "]]|"
#define AC AC_OF(CPA(YES YES, USER("01", AARE)))
#define AC_NO_ACSE AC_OF(CPA(YES YES, ""))
#define OPEN CN AC
#define GTDT "01[]01[]"
#define DATA(d, id, value) d " " GTDT USER(id, value) "|"
#define RLRQ "09[c1[" USER("01", "62{80{00}}") "]]|"
#define RLRE "0a[c1[" USER("01", "63{80{00}}") "]]|"
#define ABORT "19[11[0b]c1[a0{" USER("01", "64{80{00}}") "}]]|"
#define MMS_REQ "a0{02{01}82{}}"
#define U_REQ "O #0 a80480027d00\n"
#define U_RSP "R #0 a90480027d00\n"
#define U_O "O #0 a0050201018200\n" /* MMS_REQ */
#define U_OPEN U_REQ U_RSP

static inline void play(struct osi_state *s, const char *script)
{
	static uint8_t out[8192];
	while (*script != 0) {
		enum dir d = *script == 'O' ? DIR_ORIG : DIR_REPLY;
		size_t n = 0;
		if (script[1] == '~') {
			osi_gap(s);
			script = strchr(script, '|') + 1;
			continue;
		}
		script = build_to(script + 1, out, &n);
		script += *script == '|';
		uint8_t *exact = malloc(n + 1);
		memcpy(exact + 1, out, n);
		osi_tsdu(s, &lg.ctx, d, span_of(exact + 1, n), &lg.upper);
		free(exact);
	}
}

/* Lines of the log that are no events. */
static inline const char *odd_and_units(void)
{
	static char got[1 << 14];
	size_t n = 0;
	for (const char *p = log_text(&lg); *p != 0; p += strcspn(p, "\n") + 1) {
		size_t len = strcspn(p, "\n") + 1;
		if ((p[2] == '!' || p[2] == '#') && n + len < sizeof(got)) {
			memcpy(got + n, p, len);
			n += len;
		}
	}
	got[n] = 0;
	return got;
}

#endif
