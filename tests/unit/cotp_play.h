/* cotp_play.h - streams written as text, fed to the COTP decoder in three ways, for its tests. */
#ifndef TESTS_UNIT_COTP_PLAY_H
#define TESTS_UNIT_COTP_PLAY_H

#include "decoders/cotp/cotp.h"
#include "tests/unit/dec_log.h"

#define CR "0300001611e00000000100c0010ac1020001c2020001"
#define CC "0300001611d00001123400c0010ac1020001c2020001"
#define OPEN "O:" CR " R:" CC " "

/* How a stream is fed: message by message; octet by octet; the latter with the state moved before each octet. */
enum way { WHOLE, OCTETS, MOVED, WAY_N };

static struct dec_log lg;
static struct dec_limits limits;
static struct bufpool *pool;

static inline void begin(size_t memory)
{
	pool = bufpool_new(memory);
	log_reset(&lg, pool);
	limits = dec_limits_default;
	lg.ctx.lim = &limits;
}

static inline void end(struct cotp_state *s)
{
	cotp_fini(s, pool);
	CU_ASSERT_EQUAL(bufpool_used(pool), 0);
	bufpool_free(pool);
}

/* What a replicated state goes through: plain copy, buffers filled anew. */
static inline void move_state(struct cotp_state *s)
{
	struct cotp_state copy = *s;
	for (unsigned d = 0; d < DIR_N; d++) {
		copy.dir[d].part = copy.dir[d].tsdu = (struct buf){ 0 };
		CU_ASSERT_FATAL(buf_set(pool, &copy.dir[d].part, s->dir[d].part.p, s->dir[d].part.len) == OK);
		CU_ASSERT_FATAL(buf_set(pool, &copy.dir[d].tsdu, s->dir[d].tsdu.p, s->dir[d].tsdu.len) == OK);
	}
	cotp_fini(s, pool);
	*s = copy;
}

static inline void feed(struct cotp_state *s, enum way way, enum dir d, const uint8_t *p, size_t n)
{
	size_t step = way == WHOLE ? n : 1;
	for (size_t at = 0; at < n; at += step) {
		if (way == MOVED)
			move_state(s);
		uint8_t *exact = malloc(step); /* so that the sanitizer sees a read too far, or a span kept */
		memcpy(exact, p + at, step);
		cotp_feed(s, &lg.ctx, d, span_of(exact, step), &lg.upper);
		free(exact);
	}
}

/* "O:hex R=hex O~" feeds hex in each direction, with = a TPKT header before it; ~ is a gap. */
static inline void play(struct cotp_state *s, enum way way, const char *script)
{
	static uint8_t bytes[1 << 18];
	while (*script != 0) {
		enum dir d = script[0] == 'O' ? DIR_ORIG : DIR_REPLY;
		size_t hex = strcspn(script + 2, " ");
		if (script[1] == '~') {
			cotp_gap(s, &lg.ctx, d);
		} else {
			char *text = strndup(script + 2, hex);
			size_t n = unhex(text, bytes + 4, sizeof(bytes) - 4);
			const uint8_t head[4] = { 3, 0, (uint8_t)((n + 4) >> 8), (uint8_t)(n + 4) };
			memcpy(bytes, head, 4);
			bool wrap = script[1] == '=';
			feed(s, way, d, bytes + (wrap ? 0 : 4), n + (wrap ? 4 : 0));
			free(text);
		}
		script += 2 + hex;
		script += strspn(script, " ");
	}
}

/* A DT TPDU in its TPKT; its length. */
static inline size_t put_dt(uint8_t *out, bool eot, uint8_t fill, size_t n)
{
	size_t len = n + 7;
	const uint8_t head[7] = { 3, 0, (uint8_t)(len >> 8), (uint8_t)len, 2, 0xf0, eot ? 0x80 : 0 };
	memcpy(out, head, 7);
	memset(out + 7, fill, n);
	return len;
}

#endif
