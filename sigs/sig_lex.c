/* sig_lex.c - rule text to lines, words, options, octets and numbers. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sigs/sig_int.h"

#define BLANKS " \t\r"

enum err sig_refuse(struct sig_parse *p, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	return ERR_SYNTAX;
}

/* Appends a physical line; true when a backslash at its end continues it. */
static bool join(struct sig_lines *l, char *text, size_t *n)
{
	size_t len = strcspn(l->at, "\n");
	const char *line = l->at;
	l->at += len + (line[len] == '\n');
	l->next++;
	while (len > 0 && strchr(BLANKS, line[len - 1]) != NULL)
		len--;
	const bool more = len > 0 && line[len - 1] == '\\';
	len -= more;
	if (len < SIG_RULE_LEN - *n) {
		memcpy(text + *n, line, len);
		text[*n + len] = '\0';
	}
	*n = size_min(*n + len, SIG_RULE_LEN);
	return more && *l->at != '\0';
}

enum sig_line sig_lex_line(struct sig_lines *l, char *text, unsigned *line)
{
	while (*l->at != '\0') {
		l->at += strspn(l->at, BLANKS);
		if (*l->at == '#' || *l->at == '\n') {
			l->at += strcspn(l->at, "\n");
			l->at += *l->at == '\n';
			l->next++;
			continue;
		}
		if (*l->at == '\0')
			break;
		*line = l->next;
		size_t n = 0;
		while (join(l, text, &n))
			continue;
		return n < SIG_RULE_LEN ? SIGT_RULE : SIGT_LONG;
	}
	return SIGT_END;
}

char *sig_lex_trim(char *s)
{
	s += strspn(s, BLANKS);
	size_t n = strlen(s);
	while (n > 0 && strchr(BLANKS, s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return s;
}

char *sig_lex_part(char **at, char sep)
{
	if (*at == NULL)
		return NULL;
	char *part = *at;
	char *end = strchr(part, sep);
	*at = end != NULL ? end + 1 : NULL;
	if (end != NULL)
		*end = '\0';
	return sig_lex_trim(part);
}

char *sig_lex_word(char **at)
{
	char *s = *at + strspn(*at, BLANKS);
	if (*s == '\0')
		return NULL;
	int depth = 0;
	char *end = s;
	for (; *end != '\0' && (depth > 0 || strchr(BLANKS, *end) == NULL); end++)
		depth += (*end == '[') - (*end == ']');
	*at = end + (*end != '\0');
	*end = '\0';
	return s;
}

/* End of a value: a semicolon neither escaped nor in quotes. */
static char *value_end(char *s)
{
	bool quoted = false;
	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '"')
			quoted = !quoted;
		else if (*s == ';' && !quoted)
			return s;
	}
	return NULL;
}

enum err sig_lex_option(struct sig_parse *p, char **at, char **keyword, char **value)
{
	char *s = *at + strspn(*at, BLANKS);
	*keyword = *value = NULL;
	if (*s == ')') {
		s += 1 + strspn(s + 1, BLANKS);
		return *s == '\0' ? OK : sig_refuse(p, "'%.40s' after the closing bracket: a rule ends there", s);
	}
	if (*s == '\0')
		return sig_refuse(p, "the options have no closing bracket: end the rule with ;)");
	char *end = s + strcspn(s, ":;)" BLANKS);
	if (end == s)
		return sig_refuse(p, "'%.40s' is no option: write keyword: value; or keyword;", s);
	char *colon = end + strspn(end, BLANKS);
	*keyword = s;
	if (*colon == ';') {
		*end = '\0';
		*at = colon + 1;
		return OK;
	}
	if (*colon != ':') {
		*end = '\0';
		return sig_refuse(p, "option '%.40s' has no ; at its end", s);
	}
	char *stop = value_end(colon + 1);
	*end = '\0';
	if (stop == NULL)
		return sig_refuse(p, "option '%.40s' has no ; at its end, or a quote is not closed", s);
	*stop = '\0';
	*value = sig_lex_trim(colon + 1);
	*at = stop + 1;
	return OK;
}

char *sig_lex_unquote(char *value)
{
	const size_t n = strlen(value);
	if (n < 2 || value[0] != '"' || value[n - 1] != '"')
		return NULL;
	value[n - 1] = '\0';
	return value + 1;
}

bool sig_lex_int(const char *s, int64_t *out)
{
	char *end;
	const char *digits = s + (*s == '-');
	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*out = strtoll(s, &end, strncmp(digits, "0x", 2) == 0 ? 16 : 10);
	return *end == '\0' && errno == 0;
}

/* a<>b or a-b; at is where the separator begins */
static bool two_ends(char *s, char *sep, struct sig_range *out)
{
	const bool open = *sep == '<';
	*sep = '\0';
	if (!sig_lex_int(sig_lex_trim(s), &out->lo) || !sig_lex_int(sig_lex_trim(sep + (open ? 2 : 1)), &out->hi) ||
	    out->lo > out->hi)
		return false;
	if (open) {
		if (out->hi - out->lo < 2)
			return false;
		out->lo++;
		out->hi--;
	}
	return true;
}

bool sig_lex_range(const char *text, struct sig_range *out)
{
	char buf[64];
	if (strlen(text) >= sizeof(buf))
		return false;
	char *s = sig_lex_trim(strcpy(buf, text));
	if (*s == '<' || *s == '>') {
		const bool less = *s == '<', equal = s[1] == '=';
		int64_t n;
		if (!sig_lex_int(sig_lex_trim(s + 1 + equal), &n) || (!equal && n == (less ? INT64_MIN : INT64_MAX)))
			return false;
		*out = less ? (struct sig_range){ INT64_MIN, n - !equal } : (struct sig_range){ n + !equal, INT64_MAX };
		return true;
	}
	char *sep = strstr(s, "<>");
	if (sep == NULL && *s != '\0')
		sep = strchr(s + 1, '-');
	if (sep != NULL)
		return two_ends(s, sep, out);
	if (!sig_lex_int(s, &out->lo))
		return false;
	out->hi = out->lo;
	return true;
}

uint64_t sig_lex_hash(const char *text)
{
	uint64_t h = HASH_FNV_START;
	bool quoted = false, blank = true;
	for (; *text != '\0'; text++) {
		const bool space = !quoted && strchr(BLANKS, *text) != NULL;
		if (space && blank)
			continue;
		h = hash_fnv(h, space ? " " : text, 1);
		blank = space;
		if (*text == '\\' && text[1] != '\0')
			h = hash_fnv(h, ++text, 1);
		else if (*text == '"')
			quoted = !quoted;
	}
	return h;
}

static int nibble(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static int hex_octet(struct sig_octets *o)
{
	const int hi = nibble(o->at[0]), lo = hi < 0 ? -1 : nibble(o->at[1]);
	if (lo < 0)
		return SIGO_BAD;
	o->at += 2;
	return hi << 4 | lo;
}

int sig_lex_octet(struct sig_octets *o, bool list)
{
	for (;;) {
		if (o->hex)
			o->at += strspn(o->at, BLANKS);
		if (*o->at != '|')
			break;
		o->hex = !o->hex;
		o->at++;
	}
	if (*o->at == '\0')
		return o->hex ? SIGO_BAD : SIGO_END;
	if (o->hex)
		return hex_octet(o);
	const char c = *o->at++;
	if (list && (c == '*' || c == ','))
		return c == '*' ? SIGO_STAR : SIGO_COMMA;
	if (c == '"')
		return SIGO_BAD;
	if (c != '\\')
		return (unsigned char)c;
	if (*o->at == '\0' || strchr(list ? "\\\";:|*," : "\\\";:|", *o->at) == NULL)
		return SIGO_BAD;
	return (unsigned char)*o->at++;
}
