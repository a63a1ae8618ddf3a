/* faulty.c - see faulty.h. */
#include "ips/faulty.h"

#include <string.h>

void faulty_init(struct faulty *f, const struct faulty_cfg *cfg, uint64_t seed)
{
	*f = (struct faulty){ .cfg = *cfg };
	faulty_reseed(f, seed);
}

void faulty_fini(struct faulty *f)
{
	outbuf_free(&f->held);
}

void faulty_reseed(struct faulty *f, uint64_t seed)
{
	f->key = hash_key_of_seed(seed);
	f->rolls = 0;
}

static bool happens(struct faulty *f, unsigned percent)
{
	f->rolls++;
	return percent != 0 && hash_bytes(&f->key, &f->rolls, sizeof(f->rolls)) % 100 < percent;
}

/* What was held back arrives, behind another. */
static bool arrive_late(struct faulty *f, faulty_put_fn *put, void *arg)
{
	if (f->held.len == 0)
		return true;
	f->n.reordered++;
	const bool ok = put(arg, span_of(f->held.p, f->held.len));
	outbuf_clear(&f->held);
	return ok;
}

bool faulty_send(struct faulty *f, struct span message, faulty_put_fn *put, void *arg)
{
	if (happens(f, f->cfg.loss)) {
		f->n.lost++;
		return true;
	}
	if (happens(f, f->cfg.reorder)) {
		if (!arrive_late(f, put, arg))
			return false;
		outbuf_add(&f->held, (const char *)message.p, message.len);
		return !f->held.bad;
	}
	bool ok = put(arg, message) && arrive_late(f, put, arg);
	if (ok && happens(f, f->cfg.dup)) {
		f->n.doubled++;
		ok = put(arg, message);
	}
	return ok;
}
