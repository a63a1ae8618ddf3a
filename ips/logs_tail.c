/* logs_tail.c - the last lines of a log, for `ips log tail`. */
#include <stdlib.h>
#include <string.h>

#include "ips/logs_int.h"

enum err log_tail_init(struct log_tail *t)
{
	*t = (struct log_tail){ .mem = malloc(TAIL_OCTETS), .line = calloc(TAIL_LINES, sizeof(*t->line)) };
	if (t->mem != NULL && t->line != NULL)
		return OK;
	log_tail_fini(t);
	return ERR_NOMEM;
}

void log_tail_fini(struct log_tail *t)
{
	free(t->mem);
	free(t->line);
	*t = (struct log_tail){ 0 };
}

void log_tail_add(struct log_tail *t, const char *line, size_t len)
{
	if (len > TAIL_OCTETS)
		len = 0;
	while (t->n == TAIL_LINES || t->used + len > TAIL_OCTETS) {
		t->used -= t->line[(t->last + 1 - t->n) % TAIL_LINES].len;
		t->n--;
	}
	const size_t at = t->pos % TAIL_OCTETS, first = size_min(len, TAIL_OCTETS - at);
	memcpy(t->mem + at, line, first);
	memcpy(t->mem, line + first, len - first);
	t->line[++t->last % TAIL_LINES] = (struct log_tail_line){ .pos = t->pos, .len = (uint32_t)len };
	t->n++;
	t->pos += len;
	t->used += len;
}

void log_tail_read(const struct log_tail *t, uint64_t *after, unsigned n, struct outbuf *out)
{
	const uint64_t gone = t->last - t->n; /* the newest of those no longer kept */
	uint64_t from, to = t->last;
	if (*after == 0 || *after > t->last) { /* a number from before the daemon's start is none */
		from = t->last - (n < t->n ? n : t->n);
	} else {
		from = *after > gone ? *after : gone;
		to = to - from > n ? from + n : to;
	}
	for (uint64_t i = from + 1; i <= to; i++) {
		const struct log_tail_line *l = &t->line[i % TAIL_LINES];
		const size_t at = l->pos % TAIL_OCTETS, first = size_min(l->len, TAIL_OCTETS - at);
		outbuf_add(out, t->mem + at, first);
		outbuf_add(out, t->mem, l->len - first);
	}
	*after = to;
}
