/* frag.c - see frag.h. Datagrams by their key; those that wait and those that are remembered each in a list by age. */
#include "forward/frag.h"

#include <stdlib.h>

#include "base/cur.h"
#include "base/wr.h"
#include "forward/csum.h"
#include "forward/frag_int.h"

enum { TICK_NS = 100 * NS_PER_MS, TCP_OFFSET_AT = 12 };
enum { IP4_LEN_AT = 2, IP4_FRAG_AT = 6, IP4_CSUM_AT = 10, IP6_LEN_AT = 4, IP6_HEADER = 40 };

/* --- the table ------------------------------------------------------------------------------------------- */

static struct frag_datagram **bucket_of(const struct frag_table *t, const struct frag_key *k)
{
	_Static_assert(sizeof(*k) == 40, "hashed and compared as octets: no padding");
	return (struct frag_datagram **)&t->bucket[hash_bytes(&t->key, k, sizeof(*k)) % FRAG_BUCKETS];
}

struct frag_datagram *frag_find(const struct frag_table *t, const struct frag_key *k)
{
	struct frag_datagram *d = *bucket_of(t, k);
	while (d != NULL && memcmp(&d->i.key, k, sizeof(*k)) != 0)
		d = d->chain;
	return d;
}

static int64_t timeout_ns(const struct frag_key *k)
{
	return (k->family == 4 ? FRAG_TIMEOUT_S4 : FRAG_TIMEOUT_S6) * NS_PER_SEC;
}

static void free_part(struct frag_table *t, struct frag_part *q)
{
	list_remove(&q->node);
	buf_clear(t->bufs, &q->ip);
	pool_put(&t->part_pool, q);
}

void frag_empty(struct frag_table *t, struct frag_datagram *d)
{
	LIST_FOREACH_SAFE(it, next, &d->parts) {
		struct frag_part *q = LIST_ENTRY(it, struct frag_part, node);
		t->n_held -= q->held;
		free_part(t, q);
	}
	d->n = d->n_told = 0;
	d->have = d->total = 0;
	d->ended = false;
}

void frag_changed(struct frag_table *t, struct frag_datagram *d, bool freed)
{
	if (!t->follows || (!freed && !list_empty(&d->dirty)))
		return;
	list_remove(&d->dirty);
	list_insert(freed ? &t->dirty : t->dirty.prev, &d->dirty);
}

static void leave_list(struct frag_table *t, struct frag_datagram *d)
{
	t->n_waiting -= d->i.state == FRAG_WAITING;
	t->n_known -= d->i.state == FRAG_REFUSED || d->i.state == FRAG_PASSED;
	list_remove(&d->node);
}

static int64_t since(const struct list *node)
{
	const struct frag_datagram *d = LIST_ENTRY(node, const struct frag_datagram, node);
	return d->i.expires.ns - timeout_ns(&d->i.key);
}

/* By age: what has just begun comes last, what the peer says may have to go further up. */
static void join_list(struct list *l, struct frag_datagram *d)
{
	struct list *at = l->prev;
	while (at != l && since(at) > since(&d->node))
		at = at->prev;
	list_insert(at, &d->node);
}

void frag_forget(struct frag_table *t, struct frag_datagram *d)
{
	struct frag_datagram **at = bucket_of(t, &d->i.key);
	while (*at != d)
		at = &(*at)->chain;
	*at = d->chain;
	wheel_disarm(&t->wheel, &d->timer);
	leave_list(t, d);
	frag_empty(t, d);
	d->i.state = FRAG_GONE;
	if (t->follows && d->told) {
		list_remove(&d->dirty); /* the peer forgets it too: it is freed then */
		list_append(&t->ended, &d->dirty);
		return;
	}
	list_remove(&d->dirty);
	pool_put(&t->pool, d);
}

/* From its expiry, which is set. */
void frag_set_state(struct frag_table *t, struct frag_datagram *d, enum frag_state s)
{
	leave_list(t, d);
	d->i.state = (uint8_t)s;
	t->n_waiting += s == FRAG_WAITING;
	t->n_known += s != FRAG_WAITING;
	join_list(s == FRAG_WAITING ? &t->waiting : &t->known, d);
	wheel_arm(&t->wheel, &d->timer, d->i.expires);
	frag_changed(t, d, s != FRAG_WAITING);
	if (t->n_known <= FRAG_KNOWN_MAX)
		return;
	struct list *oldest = t->known.next != &d->node ? t->known.next : d->node.next;
	frag_forget(t, LIST_ENTRY(oldest, struct frag_datagram, node));
}

static void renew(struct frag_table *t, struct frag_datagram *d, enum frag_state s)
{
	d->i.expires = mono_add(t->now, timeout_ns(&d->i.key));
	frag_set_state(t, d, s);
}

static void give_up(struct frag_table *t, struct frag_datagram *d, enum reason why)
{
	LIST_FOREACH(it, &d->parts) {
		const struct frag_part *q = LIST_ENTRY(it, const struct frag_part, node);
		if (q->held && why != REASON_NONE)
			t->gone(t->arg, why, &d->i.key, q->nr);
	}
	frag_empty(t, d);
}

void frag_refuse(struct frag_table *t, struct frag_datagram *d, enum reason why)
{
	give_up(t, d, why);
	d->i.reason = (uint8_t)why;
	renew(t, d, FRAG_REFUSED);
}

static void on_timer(void *arg, struct wheel_timer *timer)
{
	struct frag_table *t = arg;
	struct frag_datagram *d = LIST_ENTRY(timer, struct frag_datagram, timer);
	give_up(t, d, REASON_IP_FRAGMENT_TIMEOUT);
	frag_forget(t, d);
}

void frag_tick(struct frag_table *t, mono_t now)
{
	LIST_FOREACH_SAFE(it, next, &t->leaving)
		free_part(t, LIST_ENTRY(it, struct frag_part, node));
	if (mono_before(t->now, now))
		t->now = now;
	wheel_advance(&t->wheel, t->now, on_timer, t);
}

/* Has a receiver a part of it? */
static bool has_left(const struct frag_datagram *d)
{
	LIST_FOREACH(it, &d->parts)
		if (!LIST_ENTRY(it, const struct frag_part, node)->held)
			return true;
	return false;
}

/* The oldest that waits, other than d, makes room; false: there is none. What it passed as before stays in mind, and what has
 * left of it must not become whole unread. */
static bool make_room(struct frag_table *t, const struct frag_datagram *d)
{
	struct list *at = t->waiting.next;
	if (at != &t->waiting && LIST_ENTRY(at, struct frag_datagram, node) == d)
		at = at->next;
	if (at == &t->waiting)
		return false;
	struct frag_datagram *oldest = LIST_ENTRY(at, struct frag_datagram, node);
	const bool left = has_left(oldest);
	give_up(t, oldest, REASON_IP_FRAGMENT_ROOM);
	if (left)
		frag_refuse(t, oldest, REASON_IP_FRAGMENT_ROOM);
	else if (oldest->i.known)
		frag_set_state(t, oldest, FRAG_PASSED);
	else
		frag_forget(t, oldest);
	return true;
}

struct frag_datagram *frag_make(struct frag_table *t, const struct frag_key *k)
{
	struct frag_datagram *d = pool_get(&t->pool);
	if (d == NULL)
		return NULL;
	struct frag_datagram **b = bucket_of(t, k);
	d->i = (struct frag_info){ .key = *k };
	list_init(&d->parts);
	list_init(&d->node);
	list_init(&d->dirty);
	wheel_timer_init(&d->timer);
	d->chain = *b;
	*b = d;
	return d;
}

/* --- one fragment ------------------------------------------------------------------------------------------ */

struct frag_key frag_key_of(const struct packet *p)
{
	const struct tuple *t = &p->tuple;
	return (struct frag_key){ .src = t->src, .dst = t->dst, .id = p->frag.id, .vdom = t->vdom,
				  .proto = t->family == 4 ? t->proto : 0, .family = t->family };
}

static uint32_t header_len(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP_:
		return 20;
	case IPPROTO_SCTP_:
		return 12;
	case IPPROTO_UDP_:
	case IPPROTO_ICMP_:
	case IPPROTO_ICMP6_:
		return 8;
	default:
		return 0;
	}
}

/* RFC 1858 3, 4.2, RFC 3128, RFC 7112 5: the transport header is in one fragment, and no other begins within it. */
bool frag_is_tiny(const struct packet *p)
{
	const struct fragment *f = &p->frag;
	const bool tcp = p->tuple.proto == IPPROTO_TCP_;
	const uint32_t least = header_len(p->tuple.proto);
	if (f->wire_len == 0)
		return true;
	if (f->from != 0)
		return f->from < least;
	const struct cur c = cur_span(p->l4);
	const uint32_t there = f->wire_len - (uint32_t)(f->octets.len - p->l4.len);
	const uint32_t said = tcp ? (cur_peek(&c, TCP_OFFSET_AT) >> 4) * 4u : 0;
	return there < least || there < said;
}

static struct span octets_of(const struct frag_part *q)
{
	struct cur c = cur_span(buf_span(&q->ip));
	cur_skip(&c, size_min(q->at, cur_left(&c)));
	return cur_rest(&c);
}

static bool is_copy(const struct frag_datagram *d, const struct frag_part *q, const struct fragment *f)
{
	const struct span s = octets_of(q);
	const bool last = d->ended && q->from + q->len == d->total;
	return q->from == f->from && q->len == f->wire_len && last == !f->more && s.len == f->octets.len &&
	       (s.len == 0 || memcmp(s.p, f->octets.p, s.len) == 0);
}

enum reason frag_fits(const struct frag_datagram *d, const struct packet *p, bool *copy)
{
	const struct fragment *f = &p->frag;
	const uint32_t end = f->from + f->wire_len;
	*copy = false;
	LIST_FOREACH(it, &d->parts) {
		const struct frag_part *q = LIST_ENTRY(it, const struct frag_part, node);
		*copy = is_copy(d, q, f);
		if (*copy)
			return REASON_IP_FRAGMENT_COPY;
		if ((f->from < q->from + q->len && q->from < end) || (!f->more && q->from >= end))
			return REASON_IP_FRAGMENT_OVERLAP;
	}
	return d->ended && (end > d->total || !f->more) ? REASON_IP_FRAGMENT_OVERLAP : REASON_NONE;
}

bool frag_keep(struct frag_table *t, struct frag_datagram *d, const struct packet *p, bool held)
{
	const struct fragment *f = &p->frag;
	struct frag_part *q = pool_get(&t->part_pool);
	if (q == NULL || buf_set(t->bufs, &q->ip, p->data, size_min(p->len, p->ip_len)) != OK) {
		pool_put(&t->part_pool, q);
		return false;
	}
	q->from = f->from;
	q->len = f->wire_len;
	q->wire_len = p->ip_len;
	q->at = (uint16_t)(p->ip_len - f->wire_len);
	q->nr = p->nr;
	q->held = held;
	list_append(&d->parts, &q->node);
	t->n_held += held;
	d->n++;
	d->have += f->wire_len;
	if (f->from == 0) {
		d->head = f->head;
		d->next_at = f->next_at;
		d->next = f->next;
	}
	if (!f->more) {
		d->ended = true;
		d->total = f->from + f->wire_len;
	}
	frag_changed(t, d, false);
	return true;
}

static bool keep(struct frag_table *t, struct frag_datagram *d, const struct packet *p, bool hold)
{
	if (d->n == FRAG_PARTS_MAX)
		return false;
	while (!frag_keep(t, d, p, hold))
		if (!make_room(t, d))
			return false;
	return true;
}

/* One that waits for p and more. */
static struct frag_datagram *begin(struct frag_table *t, struct frag_datagram *d, const struct frag_key *k)
{
	if (d != NULL && d->i.state == FRAG_WAITING)
		return d;
	if (t->n_waiting == FRAG_WAITING_MAX)
		(void)make_room(t, NULL);
	if (d == NULL)
		d = frag_make(t, k);
	if (d != NULL)
		renew(t, d, FRAG_WAITING);
	return d;
}

enum reason frag_add(struct frag_table *t, const struct packet *p, bool hold, struct frag_datagram **whole)
{
	const struct frag_key k = frag_key_of(p);
	struct frag_datagram *d = frag_find(t, &k);
	bool copy = false;
	*whole = NULL;
	if (d != NULL && d->i.state == FRAG_REFUSED)
		return d->i.reason;
	if (d != NULL && d->i.state == FRAG_PASSED && !hold)
		return REASON_IP_FRAGMENT_REUSE; /* it could not be taken back when the rest shows that it is another */
	d = begin(t, d, &k);
	if (d == NULL)
		return REASON_IP_FRAGMENT_ROOM;
	enum reason r = frag_is_tiny(p) ? REASON_IP_FRAGMENT_TINY : frag_fits(d, p, &copy);
	if (r == REASON_NONE && !keep(t, d, p, hold))
		r = REASON_IP_FRAGMENT_ROOM;
	if (r != REASON_NONE && !copy)
		frag_refuse(t, d, r);
	if (r != REASON_NONE || !d->ended || d->have != d->total)
		return r;
	struct frag_part *last = LIST_ENTRY(d->parts.prev, struct frag_part, node);
	t->n_held -= last->held;
	last->held = false; /* it leaves by its own verdict */
	*whole = d;
	return REASON_NONE;
}

/* --- the datagram --------------------------------------------------------------------------------------------- */

static struct wr at_whole(struct frag_table *t, size_t at)
{
	return (struct wr){ .p = t->whole, .len = at, .cap = sizeof(t->whole) };
}

static void patch16(struct frag_table *t, size_t at, uint16_t v)
{
	struct wr w = at_whole(t, at);
	wr_be16(&w, v);
}

/* The header as if it had never been cut. */
static void mend_header(struct frag_table *t, const struct frag_datagram *d)
{
	if (d->i.key.family == 4) {
		patch16(t, IP4_LEN_AT, (uint16_t)(d->head + d->total));
		patch16(t, IP4_FRAG_AT, 0);
		patch16(t, IP4_CSUM_AT, 0);
		const uint16_t sum = (uint16_t)~csum_fold(csum_add(0, span_of(t->whole, d->head))); /* in memory order */
		struct wr w = at_whole(t, IP4_CSUM_AT);
		wr_bytes(&w, &sum, sizeof(sum));
	} else {
		patch16(t, IP6_LEN_AT, (uint16_t)(d->head + d->total - IP6_HEADER));
		struct wr w = at_whole(t, d->next_at);
		wr_u8(&w, d->next);
	}
}

/* Octets of the datagram that are there: captures may have cut a fragment short. */
static uint32_t put_octets(struct frag_table *t, const struct frag_datagram *d)
{
	uint32_t there = d->total;
	LIST_FOREACH(it, &d->parts) {
		const struct frag_part *q = LIST_ENTRY(it, const struct frag_part, node);
		const struct span s = octets_of(q);
		struct wr w = at_whole(t, d->head + q->from);
		wr_bytes(&w, s.p, s.len);
		if (s.len < q->len)
			there = (uint32_t)size_min(there, q->from + s.len);
		if (q->from == 0) {
			struct cur c = cur_span(buf_span(&q->ip));
			const struct span head = cur_bytes(&c, d->head);
			w = at_whole(t, 0);
			wr_bytes(&w, head.p, head.len);
		}
	}
	return there;
}

/* Keyed anew for each, so that nobody can make two alike; the peer, whose table has another key, gets both. */
static uint64_t sum_of(const struct frag_table *t, const struct frag_datagram *d, uint64_t nonce)
{
	const struct hash_key key = hash_key_of_seed(nonce + d->next);
	struct cur c = cur_of(t->whole, t->whole_len);
	cur_skip(&c, d->head);
	return hash_bytes(&key, c.p, cur_left(&c));
}

enum reason frag_whole(struct frag_table *t, struct frag_datagram *d, struct packet *out)
{
	const uint32_t most = d->i.key.family == 4 ? UINT16_MAX : FRAG_WHOLE_MAX;
	if (d->head + d->total > most)
		return REASON_IP_TOTAL_LEN;
	t->whole_len = d->head + put_octets(t, d);
	mend_header(t, d);
	out->data = t->whole;
	out->len = t->whole_len;
	out->wire_len = d->head + d->total;
	return d->i.known && sum_of(t, d, d->i.nonce) != d->i.sum ? REASON_IP_FRAGMENT_REUSE : REASON_NONE;
}

const struct span *frag_release(struct frag_table *t, struct frag_datagram *d, bool remember, unsigned *n)
{
	*n = 0;
	LIST_FOREACH_SAFE(it, next, &d->parts) {
		struct frag_part *q = LIST_ENTRY(it, struct frag_part, node);
		if (q->held)
			t->release[(*n)++] = buf_span(&q->ip);
		t->n_held -= q->held;
		list_remove(&q->node);
		list_append(&t->leaving, &q->node);
	}
	if (remember) {
		const uint64_t once[] = { hash_bytes(&t->key, &d->i.key, sizeof(d->i.key)), (uint64_t)t->now.ns, d->i.nonce };
		d->i.nonce = hash_bytes(&t->key, once, sizeof(once));
		d->i.sum = sum_of(t, d, d->i.nonce);
		d->i.known = true;
		frag_empty(t, d);
		renew(t, d, FRAG_PASSED);
	} else {
		frag_forget(t, d);
	}
	return t->release;
}

bool frag_rewrite(struct frag_table *t, struct frag_datagram *d, struct span whole, struct span *last)
{
	struct frag_part *tail = LIST_ENTRY(d->parts.prev, struct frag_part, node);
	if (whole.len != d->head + d->total || memcmp(whole.p, t->whole, d->head) != 0)
		return false;
	LIST_FOREACH(it, &d->parts) {
		const struct frag_part *q = LIST_ENTRY(it, const struct frag_part, node);
		if (q->ip.len != q->wire_len || (!q->held && q != tail))
			return false;
	}
	LIST_FOREACH(it, &d->parts) {
		struct frag_part *q = LIST_ENTRY(it, struct frag_part, node);
		struct wr w = { .p = q->ip.p, .len = q->at, .cap = q->ip.len };
		struct cur c = cur_span(whole);
		cur_skip(&c, d->head + q->from);
		wr_bytes(&w, cur_bytes(&c, q->len).p, q->len);
	}
	struct wr w = at_whole(t, 0);
	wr_bytes(&w, whole.p, whole.len); /* it is what is remembered */
	*last = buf_span(&tail->ip);
	return true;
}

/* --- making ------------------------------------------------------------------------------------------------------ */

struct frag_table *frag_table_new(const struct hash_key *key, mono_t now, frag_gone_fn *gone, void *arg)
{
	struct frag_table *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->key = *key;
	t->now = now;
	t->gone = gone;
	t->arg = arg;
	list_init(&t->waiting);
	list_init(&t->known);
	list_init(&t->ended);
	list_init(&t->dirty);
	list_init(&t->leaving);
	wheel_init(&t->wheel, TICK_NS, now);
	/* Twice: what is gone stays until the peer knows it. */
	pool_init(&t->pool, sizeof(struct frag_datagram), 2 * (FRAG_WAITING_MAX + FRAG_KNOWN_MAX));
	pool_init(&t->part_pool, sizeof(struct frag_part), FRAG_OCTETS_MAX / BUF_CLASS_MIN + 1);
	t->bufs = bufpool_new(FRAG_OCTETS_MAX);
	if (t->bufs != NULL)
		return t;
	free(t);
	return NULL;
}

void frag_table_clear(struct frag_table *t, enum reason why)
{
	while (!list_empty(&t->waiting)) {
		struct frag_datagram *d = LIST_ENTRY(t->waiting.next, struct frag_datagram, node);
		give_up(t, d, why);
		frag_forget(t, d);
	}
	while (!list_empty(&t->known))
		frag_forget(t, LIST_ENTRY(t->known.next, struct frag_datagram, node));
}

void frag_table_free(struct frag_table *t)
{
	if (t == NULL)
		return;
	LIST_FOREACH(it, &t->waiting)
		frag_empty(t, LIST_ENTRY(it, struct frag_datagram, node));
	LIST_FOREACH_SAFE(it, next, &t->leaving)
		free_part(t, LIST_ENTRY(it, struct frag_part, node));
	bufpool_free(t->bufs);
	pool_fini(&t->pool);
	pool_fini(&t->part_pool);
	free(t);
}

uint32_t frag_longest(const struct frag_datagram *d)
{
	uint32_t n = 0;
	LIST_FOREACH(it, &d->parts) {
		const uint32_t len = LIST_ENTRY(it, const struct frag_part, node)->wire_len;
		n = len > n ? len : n;
	}
	return n;
}

size_t frag_held(const struct frag_table *t)
{
	return t->n_held;
}

size_t frag_waiting(const struct frag_table *t)
{
	return t->n_waiting;
}
