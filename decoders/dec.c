/* dec.c - what all decoders share: the work budget, and the telling of events. */
#include "decoders/dec.h"

#include "decoders/ber.h"

#ifdef FIELD_MUTATE
#include <stdlib.h>
#include <string.h>
#endif

const struct dec_limits dec_limits_default = {
	.tsdu_max = 128 * 1024,
	.tsdu_frags_max = 1024,
	.ber_depth_max = 32,
};

bool dec_spend_last(struct dec_ctx *ctx, enum dir d)
{
	if (ctx->budget != 0) {
		ctx->budget = 0;
		dec_anomaly(ctx, d, AN_BUDGET);
	}
	return false;
}

void dec_anomaly(const struct dec_ctx *ctx, enum dir d, enum anomaly a)
{
	ctx->sink->anomaly(ctx->sink->arg, d, a);
}

static void tell(struct dec_ctx *ctx, const struct dec_event *ev)
{
	ctx->sink->event(ctx->sink->arg, ev);
	ctx->fields->n = 0;
}

void dec_event(struct dec_ctx *ctx, enum event_id id, enum dir d, struct span pdu)
{
	tell(ctx, &(struct dec_event){ .id = id, .dir = d, .pdu = pdu, .fields = ctx->fields });
}

struct dec_build dec_build(struct dec_ctx *ctx, enum event_id id, enum dir d, struct span pdu)
{
	ctx->fields->n = 0;
	return (struct dec_build){ .ctx = ctx, .id = id, .dir = d, .pdu = pdu, .wanted = dec_wants(ctx, id) };
}

static void tell_build(struct dec_build *b, uint8_t more)
{
	const struct dec_event ev = {
		.id = b->id,
		.dir = b->dir,
		.flags = (uint8_t)((b->cont ? EV_CONT : 0) | more),
		.pdu = b->pdu,
		.fields = b->ctx->fields,
	};
	tell(b->ctx, &ev);
	b->cont = true;
}

#ifdef FIELD_MUTATE
/* Test build: the field whose keyword is in the environment says for ever what it said first. */
static void stick(struct field *f)
{
	static char octets[256];
	static struct field first = { .id = FLD_N };
	const char *keyword = getenv("FIELD_MUTATE");
	if (keyword == NULL || strcmp(keyword, field_name(f->id)) != 0)
		return;
	if (first.id == FLD_N) {
		first = *f;
		first.bytes = span_of(octets, size_min(f->bytes.len, sizeof(octets)));
		memcpy(octets, f->bytes.p, first.bytes.len);
	}
	*f = first;
}
#endif

static void add(struct dec_build *b, struct field f)
{
#ifdef FIELD_MUTATE
	stick(&f);
#endif
	struct fields *fs = b->ctx->fields;
	if (!b->wanted)
		return;
	if (fs->n >= FIELDS_CAP)
		tell_build(b, EV_MORE);
	fs->v[fs->n++] = f;
}

void dec_add_num(struct dec_build *b, enum field_id f, uint64_t v)
{
	add(b, (struct field){ .id = (uint16_t)f, .num = v });
}

void dec_add_bytes(struct dec_build *b, enum field_id f, struct span v)
{
	add(b, (struct field){ .id = (uint16_t)f, .bytes = v });
}

void dec_add_text(struct dec_build *b, enum field_id f, uint64_t v, struct span name)
{
	add(b, (struct field){ .id = (uint16_t)f, .num = v, .bytes = name });
}

void dec_add_name(struct dec_build *b, const enum field_id f[2], struct span domain, struct span name)
{
	if (b->wanted && b->ctx->fields->n + 2u > FIELDS_CAP)
		tell_build(b, EV_MORE);
	dec_add_bytes(b, f[0], domain);
	dec_add_bytes(b, f[1], name);
}

void dec_build_end(struct dec_build *b)
{
	tell_build(b, 0);
}

static const struct {
	uint8_t note; /* enum ber_note */
	enum anomaly anomaly;
} note_anomaly[] = {
	{ BER_NOTE_LENGTH, AN_BER_LENGTH },
	{ BER_NOTE_DEPTH, AN_BER_DEPTH },
	{ BER_NOTE_FORM, AN_BER_FORM },
	{ BER_NOTE_EOC, AN_BER_EOC },
	{ BER_NOTE_NONMINIMAL, AN_BER_NONMINIMAL },
	{ BER_NOTE_INDEFINITE, AN_BER_INDEFINITE },
	{ BER_NOTE_PIECES, AN_BER_SEGMENTS },
};

void dec_ber_notes(const struct dec_ctx *ctx, enum dir d, uint8_t notes)
{
	for (size_t i = 0; notes != 0 && i < ARRAY_LEN(note_anomaly); i++) {
		if ((notes & note_anomaly[i].note) != 0)
			dec_anomaly(ctx, d, note_anomaly[i].anomaly);
	}
}
