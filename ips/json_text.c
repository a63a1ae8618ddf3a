/* json_text.c - see json_text.h. */
#include "ips/json_text.h"

#include <stdlib.h>
#include <string.h>

json_t *json_words(const char *s, size_t len)
{
	if (len == 0)
		return json_string("");
	json_t *t = memchr(s, 0, len) == NULL ? json_stringn(s, len) : NULL; /* many readers end a string at a NUL */
	struct outbuf hex = { 0 };
	for (size_t i = 0; t == NULL && i < len; i++) {
		const unsigned char c = (unsigned char)s[i];
		outbuf_fmt(&hex, c != 0 && c < 0x80 ? "%c" : "\\x%02x", c);
	}
	if (t == NULL && hex.p != NULL && !hex.bad)
		t = json_stringn(hex.p, hex.len);
	outbuf_free(&hex);
	return t;
}

json_t *json_octets(struct span s)
{
	struct outbuf o = { 0 };
	for (size_t i = 0; i < s.len; i++)
		outbuf_fmt(&o, "%02x", s.p[i]);
	json_t *t = o.bad ? NULL : json_stringn(o.p != NULL ? o.p : "", o.len);
	outbuf_free(&o);
	return t;
}

void json_line(json_t *o, struct outbuf *out)
{
	char *line = o != NULL ? json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	if (line != NULL) {
		outbuf_add(out, line, strlen(line));
		outbuf_add(out, "\n", 1);
	} else {
		out->bad = true;
	}
	free(line);
	json_decref(o);
}
