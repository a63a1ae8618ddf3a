/* reasm_kept.c - see reasm_kept.h. */
#include "ips/reasm_kept.h"

#include "base/cur.h"
#include "forward/tcp.h"

size_t reasm_kept_octets(const struct reasm_state *r)
{
	return (size_t)reasm_kept(&r->dir[DIR_ORIG]) + reasm_kept(&r->dir[DIR_REPLY]);
}

/* --- out ------------------------------------------------------------------------------------------- */

static struct ha_kept_dir export_dir(const struct reasm_dir *r, bool all)
{
	const uint32_t n = reasm_kept(r), end = reasm_kept_end(r), from = end - n, told = all ? 0 : r->told - from;
	if (n == 0)
		return (struct ha_kept_dir){ 0 };
	struct cur c = cur_span(buf_span(&r->kept));
	cur_skip(&c, r->kept_head + (told <= n ? told : 0)); /* told before those kept: none of them */
	const struct span data = cur_rest(&c);
	return (struct ha_kept_dir){ .from = from,
				     .upto = end,
				     .data = { .p = (uint8_t *)(uintptr_t)data.p, .len = (uint32_t)data.len } };
}

void reasm_kept_export(const struct reasm_state *r, bool all, struct ha_kept *out)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		out->dir[d] = export_dir(&r->dir[d], all);
}

void reasm_kept_told(struct reasm_state *r)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		r->dir[d].told = reasm_kept_end(&r->dir[d]);
}

/* --- in -------------------------------------------------------------------------------------------- */

static bool good_dir(const struct ha_kept_dir *in, const struct reasm_dir *r)
{
	const uint32_t n = in->upto - in->from;
	if (n == 0)
		return in->upto == 0 && in->data.len == 0;
	return n <= REASM_KEPT_MAX && in->data.len <= n && r != NULL && r->started && reasm_kept_end(r) == in->upto;
}

bool reasm_kept_good(const struct ha_kept *in, const struct reasm_state *r)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		if (!good_dir(&in->dir[d], r != NULL ? &r->dir[d] : NULL))
			return false;
	return true;
}

static void forget(struct reasm_dir *r, struct bufpool *bufs)
{
	buf_clear(bufs, &r->kept);
	r->kept_head = 0;
}

/* The first n are acknowledged. They go when there would be no room for those that come, not each time. */
static void trim(struct reasm_dir *r, struct bufpool *bufs, uint32_t n, size_t room)
{
	r->kept_head += n;
	if (r->kept.len + room > r->kept.cap) {
		buf_consume(bufs, &r->kept, r->kept_head);
		r->kept_head = 0;
	}
}

static bool import_dir(struct reasm_dir *r, struct bufpool *bufs, const struct ha_kept_dir *in)
{
	const uint32_t have = reasm_kept(r), end = reasm_kept_end(r), first = in->upto - in->data.len;
	/* Of those here: acknowledged meanwhile, and told once more. */
	const uint32_t gone = in->from - (end - have), again = end - first;
	struct cur c = cur_span(buf_span(&in->data));
	if (first == in->from) {
		forget(r, bufs);
	} else if (gone < have && again <= have - gone && again <= in->data.len) {
		cur_skip(&c, again);
		trim(r, bufs, gone, cur_left(&c));
	} else {
		forget(r, bufs);
		return false;
	}
	const struct span more = cur_rest(&c);
	if (buf_append(bufs, &r->kept, more.p, more.len) == OK)
		return true;
	forget(r, bufs);
	return false;
}

bool reasm_kept_import(struct reasm_state *r, struct bufpool *bufs, const struct ha_kept *in)
{
	bool whole = true;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		whole = import_dir(&r->dir[d], bufs, &in->dir[d]) && whole;
	return whole;
}
