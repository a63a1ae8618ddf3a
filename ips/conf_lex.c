/* conf_lex.c - text to lines of words.
 *
 * Words stand apart by blanks. "..." and '...' quote within a line; outside '...' a backslash takes the next
 * character as it is. A word that begins with # begins a comment. A line that is not text is told and skipped.
 */
#include "ips/conf_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void conf_lex_init(struct conf_lex *lx, struct conf *c, const char *file, const char *text, size_t len)
{
	*lx = (struct conf_lex){ .conf = c, .file = file, .p = text, .end = text + len };
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		lx->p += 3;
}

void conf_lex_fini(struct conf_lex *lx)
{
	free(lx->buf);
	free(lx->word);
}

/* Octets of the UTF-8 character at p, 0 when it is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8(const unsigned char *p, size_t len)
{
	size_t n = p[0] < 0x80                   ? 1
		   : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		   : (p[0] & 0xf0) == 0xe0       ? 3
		   : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
						 : 0;
	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f) || (p[0] == 0xc2 && p[1] < 0xa0))
		return 0;
	return n;
}

static bool is_text(struct conf_lex *lx, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = utf8((const unsigned char *)s + i, len - i);
		unsigned char ch = (unsigned char)s[i];
		if (n == 0 || (ch < ' ' && ch != '\t') || ch == 0x7f) {
			char what[40];
			snprintf(what, sizeof(what), "octet 0x%02x, column %zu", ch, i + 1);
			conf_fail(lx->conf, lx->file, lx->line, what,
				  "not text; a configuration is UTF-8 without control characters");
			return false;
		}
		i += n;
	}
	return true;
}

static bool add_word(struct conf_lex *lx, const char *w)
{
	if (lx->n == lx->cap) {
		size_t cap = lx->cap == 0 ? 64 : lx->cap * 2;
		const char **p = realloc(lx->word, cap * sizeof(char *));
		if (p == NULL) {
			lx->conf->oom = true;
			return false;
		}
		lx->word = p;
		lx->cap = cap;
	}
	lx->word[lx->n++] = w;
	return true;
}

static void tell_unterminated(struct conf_lex *lx, const char *quote, size_t len)
{
	char what[64];
	bool secret = lx->n >= 2 && strcmp(lx->word[1], "password") == 0;
	snprintf(what, sizeof(what), "%.*s", (int)size_min(secret ? 1 : len, sizeof(what) - 1), quote);
	conf_fail(lx->conf, lx->file, lx->line, what, "the quote is not closed on its line; close it with %c", quote[0]);
}

/* One word from s, unquoted, to out; both move on. */
static bool word(struct conf_lex *lx, const char **s, const char *end, char **out)
{
	const char *quote = NULL;
	for (; *s < end && (quote != NULL || (**s != ' ' && **s != '\t')); (*s)++) {
		if (quote != NULL ? **s == *quote : (**s == '"' || **s == '\'')) {
			quote = quote != NULL ? NULL : *s;
		} else if (**s == '\\' && (quote == NULL || *quote == '"')) {
			if (*s + 1 == end) {
				if (quote == NULL)
					conf_fail(lx->conf, lx->file, lx->line, "\\",
						  "nothing follows the backslash; write \\\\ for a backslash");
				break;
			}
			*(*out)++ = *++*s;
		} else {
			*(*out)++ = **s;
		}
	}
	if (quote != NULL)
		tell_unterminated(lx, quote, (size_t)(end - quote));
	*(*out)++ = '\0';
	return quote == NULL && (*s == end || **s != '\\');
}

static bool make_room(struct conf_lex *lx, size_t len)
{
	if (lx->buf_cap >= len + 2)
		return true;
	free(lx->buf);
	lx->buf_cap = len * 2 + 256;
	lx->buf = malloc(lx->buf_cap);
	lx->conf->oom |= lx->buf == NULL;
	return lx->buf != NULL;
}

static bool split(struct conf_lex *lx, const char *s, const char *end)
{
	char *out = lx->buf;
	for (;;) {
		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		if (s == end || *s == '#')
			return true;
		if (lx->n == CONF_WORDS_MAX) {
			conf_fail(lx->conf, lx->file, lx->line, lx->word[0], "more than %d words; give the rest by append",
				  CONF_WORDS_MAX);
			return false;
		}
		char *w = out;
		if (!word(lx, &s, end, &out) || !add_word(lx, w))
			return false;
	}
}

/* What a line in error opened, so that the parser can skip it whole. */
static const char *opener(const char *s, const char *end)
{
	static const char *const word[] = { "config", "edit" };
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	for (size_t i = 0; i < ARRAY_LEN(word); i++) {
		size_t n = strlen(word[i]);
		if ((size_t)(end - s) > n && memcmp(s, word[i], n) == 0 && (s[n] == ' ' || s[n] == '\t'))
			return word[i];
	}
	return "";
}

bool conf_lex_line(struct conf_lex *lx)
{
	while (lx->p < lx->end && !lx->conf->oom) {
		const char *s = lx->p;
		const char *nl = memchr(s, '\n', (size_t)(lx->end - s));
		size_t len = (size_t)((nl != NULL ? nl : lx->end) - s);
		lx->p += len + (nl != NULL);
		lx->line++;
		lx->n = 0;
		if (len > 0 && s[len - 1] == '\r')
			len--;
		if (!make_room(lx, len))
			return false;
		lx->bad = !is_text(lx, s, len) || !split(lx, s, s + len);
		if (lx->bad) {
			lx->n = 0;
			return add_word(lx, opener(s, s + len));
		}
		if (lx->n > 0)
			return true;
	}
	return false;
}
