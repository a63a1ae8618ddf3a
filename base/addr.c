/* addr.c - address texts and ranges; inet_pton and inet_ntop know the notations. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

static size_t octets(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

char *addr_text(const struct addr *a, uint8_t family, char *buf)
{
	if ((family != 4 && family != 6) || inet_ntop(family == 4 ? AF_INET : AF_INET6, a->b, buf, ADDR_TEXT) == NULL)
		strcpy(buf, "?");
	return buf;
}

/* Copies [from, to) without blanks around it; ERR_SYNTAX when nothing is left or it cannot be an address. */
static enum err part(const char *from, const char *to, char out[ADDR_TEXT])
{
	while (from < to && strchr(BLANKS, *from) != NULL)
		from++;
	while (from < to && strchr(BLANKS, to[-1]) != NULL)
		to--;
	size_t n = (size_t)(to - from);
	if (n == 0 || n >= ADDR_TEXT)
		return ERR_SYNTAX;
	memcpy(out, from, n);
	out[n] = '\0';
	return OK;
}

static enum err one(const char *text, uint8_t *family, struct addr *out)
{
	*out = (struct addr){ 0 };
	*family = strchr(text, ':') != NULL ? 6 : 4;
	return inet_pton(*family == 4 ? AF_INET : AF_INET6, text, out->b) == 1 ? OK : ERR_SYNTAX;
}

/* A second address, of the family of the first. */
static enum err second(const char *text, uint8_t family, struct addr *out)
{
	uint8_t f;
	TRY(one(text, &f, out));
	return f == family ? OK : ERR_SYNTAX;
}

static void mask_of_prefix(unsigned bits, uint8_t family, struct addr *mask)
{
	*mask = (struct addr){ 0 };
	for (unsigned i = 0; i < octets(family); i++) {
		unsigned here = bits < 8 ? bits : 8;
		mask->b[i] = (uint8_t)(0xff00u >> here);
		bits -= here;
	}
}

static enum err prefix(const char *text, uint8_t family, struct addr *mask)
{
	unsigned bits = 0;
	size_t n = strlen(text);
	if (n > 3 || strspn(text, "0123456789") != n)
		return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++)
		bits = bits * 10 + (unsigned)(text[i] - '0');
	if (bits > octets(family) * 8)
		return ERR_RANGE;
	mask_of_prefix(bits, family, mask);
	return OK;
}

/* A mask has its ones first. */
static enum err contiguous(const struct addr *mask, uint8_t family)
{
	bool ended = false;
	for (size_t i = 0; i < octets(family) * 8; i++) {
		bool bit = mask->b[i / 8] >> (7 - i % 8) & 1;
		if (bit && ended)
			return ERR_RANGE;
		ended = !bit;
	}
	return OK;
}

static void span_of_mask(struct addr_range *r, const struct addr *mask)
{
	r->hi = r->lo;
	for (size_t i = 0; i < octets(r->family); i++) {
		r->lo.b[i] &= mask->b[i];
		r->hi.b[i] = (uint8_t)(r->lo.b[i] | ~mask->b[i]);
	}
}

static enum err any(struct addr_range *out)
{
	*out = (struct addr_range){ .family = 0 };
	memset(&out->hi, 0xff, sizeof(out->hi));
	return OK;
}

static enum err parse(const char *text, struct addr_range *r)
{
	char left[ADDR_TEXT], right[ADDR_TEXT];
	text += strspn(text, BLANKS);
	const char *end = text + strlen(text);
	const char *at = strpbrk(text, "/-");
	if (at == NULL) {
		at = strpbrk(text, BLANKS);
		if (at != NULL && at[strspn(at, BLANKS)] == '\0')
			at = NULL;
	}
	TRY(part(text, at != NULL ? at : end, left));
	if (at == NULL) {
		if (strcasecmp(left, "any") == 0 || strcasecmp(left, "all") == 0)
			return any(r);
		TRY(one(left, &r->family, &r->lo));
		r->hi = r->lo;
		return OK;
	}
	TRY(part(at + 1, end, right));
	TRY(one(left, &r->family, &r->lo));
	if (*at == '-') {
		TRY(second(right, r->family, &r->hi));
		return memcmp(&r->lo, &r->hi, sizeof(r->lo)) <= 0 ? OK : ERR_RANGE;
	}
	struct addr mask;
	if (*at == '/') {
		TRY(prefix(right, r->family, &mask));
	} else {
		TRY(second(right, r->family, &mask));
		TRY(contiguous(&mask, r->family));
	}
	span_of_mask(r, &mask);
	return OK;
}

enum err addr_range_parse(const char *text, struct addr_range *out)
{
	struct addr_range r = { 0 };
	TRY(parse(text, &r));
	*out = r;
	return OK;
}

bool addr_in_range(const struct addr *a, uint8_t family, const struct addr_range *r)
{
	if (r->family == 0)
		return true;
	return family == r->family && memcmp(a->b, r->lo.b, octets(family)) >= 0 && memcmp(a->b, r->hi.b, octets(family)) <= 0;
}
