/* outbuf.h - a growing text for lists and lines: printf into memory, never into a stream of the core's. */
#ifndef IPS_OUTBUF_H
#define IPS_OUTBUF_H

#include "base/err.h"

struct outbuf {
	char *p;                 /* NUL-terminated once anything was added */
	size_t len, cap;
	bool bad;                /* out of memory: the text is incomplete */
};

void outbuf_add(struct outbuf *o, const char *text, size_t len);
void outbuf_fmt(struct outbuf *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void outbuf_clear(struct outbuf *o);     /* keeps its memory */
void outbuf_free(struct outbuf *o);

#endif
