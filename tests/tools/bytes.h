/* bytes.h - a growable run of octets, and what the capture tools say when something is wrong.
 *
 * The tools are run by tests: out of memory or a bad script ends the program with a message.
 */
#ifndef TESTS_TOOLS_BYTES_H
#define TESTS_TOOLS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *p;
	size_t len, cap;
};

/* A run of characters that is lent, not owned, and has no terminator. */
struct text {
	const char *p;
	size_t len;
};

void bytes_free(struct bytes *b);
/* Makes room for n more octets after len; the length is not changed. */
void bytes_room(struct bytes *b, size_t n);
void bytes_put(struct bytes *b, const void *p, size_t n);
void bytes_fill(struct bytes *b, uint8_t v, size_t n);
/* The low `width` octets of v, the most significant first. */
void bytes_be(struct bytes *b, uint64_t v, unsigned width);
void bytes_le(struct bytes *b, uint64_t v, unsigned width);
void bytes_u8(struct bytes *b, unsigned v);
/* Opens a hole of n octets at `at`, filled from p. */
void bytes_insert(struct bytes *b, size_t at, const void *p, size_t n);
/* Terminates b with a 0 that is not counted, and lends it as a string. */
const char *bytes_str(struct bytes *b);

static inline struct text bytes_text(const struct bytes *b)
{
	return (struct text){ (const char *)b->p, b->len };
}

struct text text_of(const char *s);
struct text text_trim(struct text t);
bool text_is(struct text t, const char *s);
bool text_same(struct text a, struct text b);
/* The part of t up to the first separator at depth 0 (outside quotes and brackets); t keeps the rest. */
struct text text_split(struct text *t, const char *separators);
/* Takes the first word, parted by white space, off t. Empty when there is none. */
struct text text_word(struct text *t);

/* The script line that a message names. */
void fail_at(const char *file, unsigned line);
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
