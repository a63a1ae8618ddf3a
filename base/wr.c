/* wr.c - formatted text into the bounded writer. */
#include "base/wr.h"

#include <stdio.h>

void wr_fmt(struct wr *w, const char *fmt, ...)
{
	if (w->bad)
		return;
	size_t room = w->cap - w->len;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf((char *)w->p + w->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		w->bad = true;
	else
		w->len += (size_t)n;
}
