/* wr.c - formatted text into the bounded writer. */
#include "base/wr.h"

#include <stdio.h>

void wr_fmt(struct wr *w, const char *fmt, ...)
{
	size_t room = w->cap - w->len;
	if (w->bad || room == 0) {
		w->bad = true;
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf((char *)w->p + w->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		w->bad = true;
	else
		w->len += (size_t)n;
}
