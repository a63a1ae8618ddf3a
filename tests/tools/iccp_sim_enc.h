/* iccp_sim_enc.h - a writer of nested lengths (BER, X.225 LI) and a bounded reader of BER, both of iccp-sim's own.
 *
 * enc: what enc_open() and enc_open_spdu() begin, enc_close() gives its length. Errors are sticky in enc.w.
 * dec: definite lengths only, which is all that enc writes; bad is sticky.
 */
#ifndef TESTS_ICCP_SIM_ENC_H
#define TESTS_ICCP_SIM_ENC_H

#include "base/wr.h"

enum { ENC_DEPTH = 24 };

struct enc {
	struct wr w;
	struct {
		size_t at;
		bool session;
	} mark[ENC_DEPTH];
	unsigned depth;
};

void enc_init(struct enc *e, void *p, size_t cap);
void enc_open(struct enc *e, unsigned tag);
void enc_open_spdu(struct enc *e, uint8_t code);
void enc_close(struct enc *e);
/* Closes what is open down to that depth. */
void enc_close_to(struct enc *e, unsigned depth);
void enc_prim(struct enc *e, unsigned tag, const void *p, size_t n);
void enc_int(struct enc *e, unsigned tag, int64_t v);
void enc_text(struct enc *e, unsigned tag, const char *s);
void enc_bool(struct enc *e, unsigned tag, bool v);
/* A BIT STRING of at most 16 bits, the first of them the highest of bits. */
void enc_bits(struct enc *e, unsigned tag, unsigned n, uint16_t bits);
/* An MMS floating-point of single precision. */
void enc_float(struct enc *e, float v);

struct tlv {
	unsigned tag;
	const uint8_t *p;
	size_t n;
};

struct dec {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static inline struct dec dec_of(const uint8_t *p, size_t n)
{
	return (struct dec){ .p = p, .n = n };
}

static inline struct dec dec_in(const struct tlv *t)
{
	return dec_of(t->p, t->n);
}

/* The next element; false at the end or where it is broken. */
bool dec_next(struct dec *d, struct tlv *t);
/* The next element, if it has that tag. */
bool dec_tag(struct dec *d, unsigned tag, struct tlv *t);
/* Contents of an INTEGER of at most eight octets; 0 for any other. */
int64_t dec_int(const struct tlv *t);

#endif
