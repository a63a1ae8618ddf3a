/* dec_log.h - a sink and an upper layer that write all they are told as lines of text, to be compared.
 *
 *   O cotp.cr cotp.type=224 cotp.src_tsap=0001     event (O, R: direction), fields
 *   O !cotp.credit                                 anomaly
 *   O #0 0102                                      unit of kind 0 for the upper layer
 *   = cotp                                         protocol
 */
#ifndef TESTS_UNIT_DEC_LOG_H
#define TESTS_UNIT_DEC_LOG_H

#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "decoders/dec.h"

struct dec_log {
	struct fields fields;
	struct dec_sink sink;
	struct dec_upper upper;
	struct dec_ctx ctx;
	struct wr out;
	uint32_t units, anomalies[ANOMALY_N];
	char text[1 << 18];
};

static inline void log_hex(struct wr *w, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		wr_fmt(w, "%02x", s.p[i]);
}

static inline char log_dir(enum dir d)
{
	return d == DIR_ORIG ? 'O' : 'R';
}

static inline void log_event(void *arg, const struct dec_event *ev)
{
	struct dec_log *l = arg;
	const char *cont = ev->flags & EV_CONT ? " cont" : "", *more = ev->flags & EV_MORE ? " more" : "";
	wr_fmt(&l->out, "%c %s%s%s", log_dir(ev->dir), event_name(ev->id), cont, more);
	for (unsigned i = 0; i < ev->fields->n; i++) {
		const struct field *f = &ev->fields->v[i];
		wr_fmt(&l->out, " %s=", field_name(f->id));
		if (f->bytes.len != 0)
			log_hex(&l->out, f->bytes);
		else
			wr_fmt(&l->out, "%llu", (unsigned long long)f->num);
	}
	wr_str(&l->out, "\n");
}

static inline void log_anomaly(void *arg, enum dir d, enum anomaly a)
{
	struct dec_log *l = arg;
	l->anomalies[a]++;
	wr_fmt(&l->out, "%c !%s\n", log_dir(d), anomaly_name(a));
}

static inline void log_proto(void *arg, enum proto p)
{
	struct dec_log *l = arg;
	wr_fmt(&l->out, "= %s\n", proto_name(p));
}

static inline void log_unit(void *arg, enum dir d, int kind, struct span unit)
{
	struct dec_log *l = arg;
	l->units++;
	wr_fmt(&l->out, "%c #%d ", log_dir(d), kind);
	log_hex(&l->out, unit);
	wr_str(&l->out, "\n");
}

/* The log points into itself: it must not be moved. */
static inline void log_reset(struct dec_log *l, struct bufpool *bufs)
{
	memset(l->anomalies, 0, sizeof(l->anomalies));
	l->units = 0;
	l->out = wr_of(l->text, sizeof(l->text) - 1);
	l->sink = (struct dec_sink){ log_event, log_anomaly, log_proto, l };
	l->upper = (struct dec_upper){ log_unit, l };
	l->ctx = (struct dec_ctx){ .bufs = bufs, .sink = &l->sink, .lim = &dec_limits_default, .budget = 1u << 30 };
	l->ctx.fields = &l->fields;
}

static inline const char *log_text(struct dec_log *l)
{
	l->text[l->out.len] = 0;
	return l->text;
}

/* Octets of hex text (blanks allowed) into out; their number. */
static inline size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;
	while (*hex != 0 && n < cap) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		const char two[3] = { hex[0], hex[1], 0 };
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
		hex += 2;
	}
	return n;
}

#endif
