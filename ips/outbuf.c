/* outbuf.c - see outbuf.h. */
#include "ips/outbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room(struct outbuf *o, size_t n)
{
	if (o->bad)
		return false;
	if (o->cap - o->len > n)
		return true;
	const size_t cap = (o->cap + n + 1) * 2;
	char *p = realloc(o->p, cap);
	if (p == NULL) {
		o->bad = true;
		return false;
	}
	o->p = p;
	o->cap = cap;
	return true;
}

void outbuf_add(struct outbuf *o, const char *text, size_t len)
{
	if (!room(o, len))
		return;
	memcpy(o->p + o->len, text, len);
	o->len += len;
	o->p[o->len] = '\0';
}

void outbuf_fmt(struct outbuf *o, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	const int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0 && room(o, (size_t)n)) {
		vsnprintf(o->p + o->len, (size_t)n + 1, fmt, again);
		o->len += (size_t)n;
	}
	va_end(again);
}

void outbuf_clear(struct outbuf *o)
{
	o->len = 0;
	if (o->p != NULL)
		o->p[0] = '\0';
}

void outbuf_free(struct outbuf *o)
{
	free(o->p);
	*o = (struct outbuf){ 0 };
}
