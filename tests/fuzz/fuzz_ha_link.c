/* fuzz_ha_link.c - the conversation of two nodes over two links, event by event as the input has it: batches, links that lose
 * what is under way, come back and take turns, acknowledgements that are late, tables that come to differ, queues that overflow,
 * time. The standby applies whole batches in their order and nothing else; nothing acknowledged is lost; memory is bounded;
 * and when the links hold, both tables are the same. Heartbeats likewise: see fuzz_ha_link_beat.h.
 *
 * Events: one octet, and one that says how much.
 */
#include "hacache/ha_repair.h"
#include "tests/fuzz/fuzz_ha_link_beat.h"

enum { G_APPLIED, G_EARLY, G_DOUBLED, G_MISSING, G_BROKEN, G_OTHER, G_OVERDUE, G_DIFFERED, G_REPAIRED, G_OVERFLOW, G_LOST };
enum { G_SPOILT = G_LOST + 1, G_RECORD }; /* behind these those of fuzz_ha_link_beat.h */
const char *const fuzz_goals[] = { "batch applied", "batch came early", "batch came twice", "batch asked for", "link broken",
				   "other link", "no answer in time", "tables differ", "bucket told anew", "queue overflows",
				   "stream given up", "octet spoilt", "record", "heartbeat believed", "new boot believed",
				   "old heartbeat", "will", NULL };
uint32_t fuzz_reached;

enum { SERIALS = 16, OPS_MAX = 4096, BATCHES_MAX = 512, WAY = 1 << 15, QUEUE = 4096, QUEUED = 16 };
enum { EVENTS_MAX = 600, ROUNDS = 200, PIECE = 24, MEMORY = 1 << 20 };
#define TIMEOUT_NS (20 * NS_PER_MS)

/* --- what is to come of it -------------------------------------------------------------------------------------- */

enum op_kind { OP_SESSION, OP_ENDED, OP_REC, OP_COMMIT };

struct op {
	enum op_kind kind;
	uint64_t serial;
	uint32_t value;
};

/* One way of one link: octets in order. */
struct way {
	uint8_t b[WAY];
	size_t n;
};

static struct world {
	struct ha_sender tx;
	struct ha_receiver rx;
	struct way to[HA_LINKS], from[HA_LINKS];
	struct op op[OPS_MAX];           /* of this stream, as committed */
	unsigned n_ops, at;              /* at: the next that the standby has to be told */
	unsigned batch_at[BATCHES_MAX];  /* where batch i ends */
	uint32_t value[SERIALS], held[SERIALS]; /* by serial: the active node's, the standby's; 0: none */
	uint32_t last_value;
	uint64_t answered[HA_LINKS];     /* n_batches when link i was last answered by */
	uint64_t stream, cursor;
	unsigned used;
	bool repairing;                  /* the batch that is applied tells a bucket anew */
	bool spoilt;                     /* the standby's table was changed behind its back in this stream */
	bool other;                      /* the standby is another one than was acknowledged by in this stream */
	bool broken;                     /* the conversation is over: both links are cut */
	mono_t now;
} w;

static uint8_t memory[MEMORY];

static struct ha_wire *wire(unsigned i)
{
	static struct ha_wire *v[2];
	if (v[i] == NULL)
		FUZZ_CHECK(ha_wire_new(&v[i]) == OK);
	return v[i];
}

/* --- the standby -------------------------------------------------------------------------------------------------- */

static const struct op *expected(enum op_kind kind)
{
	FUZZ_CHECK(w.at < w.n_ops && w.op[w.at].kind == kind);
	return &w.op[w.at++];
}

static enum err on_check(void *arg, const struct ha_session *in)
{
	(void)arg;
	return in->serial != 0 && in->serial <= SERIALS ? OK : ERR_RANGE;
}

static enum err on_session(void *arg, const struct ha_session *in)
{
	const struct op *o = expected(OP_SESSION);
	(void)arg;
	FUZZ_CHECK(in->serial == o->serial && in->fwd != NULL && in->fwd->policy_id == o->value);
	w.held[in->serial - 1] = o->value;
	return OK;
}

static void on_ended(void *arg, uint64_t serial)
{
	(void)arg;
	FUZZ_CHECK(serial != 0 && serial <= SERIALS);
	w.held[serial - 1] = 0;
	if (w.at < w.n_ops && w.op[w.at].kind == OP_ENDED && w.op[w.at].serial == serial)
		w.at++;
	else
		fuzz_reach(G_REPAIRED); /* a bucket is forgotten: what of it is told anew is expected next */
}

static void on_rec(void *arg, uint64_t seq, const struct rec *r)
{
	(void)arg;
	FUZZ_CHECK(r->nr == expected(OP_REC)->value && seq == w.rx.seq + 1);
	fuzz_reach(G_RECORD);
}

static enum err on_datagram(void *arg, const struct frag_message *m)
{
	(void)arg;
	(void)m;
	return ERR_RANGE; /* nobody sends any */
}

static void on_commit(void *arg, const struct ha_commit *c, uint64_t digest)
{
	(void)arg;
	(void)expected(OP_COMMIT);
	FUZZ_CHECK(c->seq == w.rx.seq + 1 && w.at == w.batch_at[c->seq]);
	FUZZ_CHECK(w.spoilt || digest == c->digest);
	fuzz_reach(G_APPLIED);
}

static void on_sums(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N])
{
	struct session_state s = { .policy_id = w.held[serial - 1] };
	const struct ha_session one = { .serial = serial, .fwd = &s };
	(void)arg;
	(void)parts;
	ha_session_sums(&one, sum);
}

static void on_anew(void *arg)
{
	(void)arg;
	memset(w.held, 0, sizeof(w.held));
}

static void on_named(void *arg, const struct ha_hello *h)
{
	(void)arg;
	(void)h;
}

static const struct ha_apply apply = { .check = on_check,
				       .session = on_session,
				       .ended = on_ended,
				       .rec = on_rec,
				       .check_datagram = on_datagram,
				       .datagram = on_datagram,
				       .commit = on_commit,
				       .sums = on_sums,
				       .anew = on_anew,
				       .named = on_named };

static const struct ha_hello hello = { .sig_hash = 1, .stock_hash = 2, .custom_hash = 3, .stock_nr = 4, .custom_nr = 5 };

static void init_standby(void)
{
	const struct hash_key key = hash_key_of_seed(2);
	struct ha_cache *c = ha_cache_new(&key, SERIALS);
	w.rx = (struct ha_receiver){ .wire = wire(1), .cache = c, .own = hello, .apply = &apply };
	w.rx.own.schema = ha_schema_sum();
	FUZZ_CHECK(w.rx.cache != NULL);
}

static void fini_standby(void)
{
	ha_cache_free(w.rx.cache);
	for (unsigned i = 0; i < HA_LINKS; i++)
		ha_stage_fini(&w.rx.stage[i]);
	ha_ahead_clear(&w.rx.ahead);
}

/* --- the ways ------------------------------------------------------------------------------------------------------ */

static void put(struct way *y, struct span s)
{
	if (s.len > WAY - y->n)
		return; /* as if it were lost with the connection that breaks next */
	memcpy(y->b + y->n, s.p, s.len);
	y->n += s.len;
}

static void taken(struct way *y, size_t n)
{
	memmove(y->b, y->b + n, y->n - n);
	y->n -= n;
}

static void greet(unsigned i)
{
	uint8_t room[HA_HELLO_MAX];
	struct wr out = wr_of(room, sizeof(room));
	w.to[i].n = w.from[i].n = 0;
	ha_receiver_connected(&w.rx, i);
	FUZZ_CHECK(ha_sender_greet(&w.tx, &hello, 0, &out) == OK);
	put(&w.to[i], span_of(room, out.len));
	if (w.used == i)
		w.cursor = w.tx.acked + 1;
}

/* --- the active node ------------------------------------------------------------------------------------------------ */

static void note(enum op_kind kind, uint64_t serial, uint32_t value)
{
	FUZZ_CHECK(w.n_ops < OPS_MAX);
	w.op[w.n_ops++] = (struct op){ kind, serial, value };
}

static void tell(void *arg, uint64_t serial)
{
	struct session_state s = { .policy_id = w.value[serial - 1] };
	struct ha_session one = { .serial = serial, .fwd = &s };
	(void)arg;
	FUZZ_CHECK(ha_sender_session(&w.tx, &one) == OK);
	note(OP_SESSION, serial, w.value[serial - 1]);
}

static void commit(void)
{
	struct ha_commit c = { .whole = true };
	struct span bytes;
	if (w.tx.seq + 1 >= BATCHES_MAX || w.n_ops + SERIALS + 2 >= OPS_MAX)
		return;
	FUZZ_CHECK(ha_repair_sums(&w.tx) == OK);
	FUZZ_CHECK(ha_sender_commit(&w.tx, &c, &bytes) == OK);
	note(OP_COMMIT, 0, 0);
	w.batch_at[w.tx.seq] = w.n_ops;
	ha_sender_begin(&w.tx, w.now);
}

static bool room(void)
{
	return w.tx.seq + 2 < BATCHES_MAX && w.n_ops + 4 * SERIALS < OPS_MAX;
}

/* Nothing is left of the former stream but what is under way. */
static void new_stream(void)
{
	const struct hash_key key = hash_key_of_seed(1);
	ha_cache_free(w.tx.cache);
	ha_resend_fini(&w.tx.resend);
	w.tx = (struct ha_sender){ .wire = wire(0), .cache = ha_cache_new(&key, SERIALS), .mem = memory, .stream = ++w.stream };
	FUZZ_CHECK(w.tx.cache != NULL && ha_resend_new(QUEUE, QUEUED, &w.tx.resend) == OK);
	ha_sender_begin(&w.tx, w.now);
	w.n_ops = w.at = 0;
	w.spoilt = w.broken = w.other = false;
	w.cursor = 1;
	FUZZ_CHECK(ha_sender_hello(&w.tx, &hello) == OK);
	for (uint64_t s = 1; s <= SERIALS; s++)
		if (w.value[s - 1] != 0)
			tell(NULL, s);
	commit();
	for (unsigned i = 0; i < HA_LINKS; i++)
		greet(i);
}

static void send_by(unsigned i, uint64_t *seq)
{
	struct span b;
	for (; *seq <= w.tx.seq; ++*seq) {
		if (ha_sender_again(&w.tx, *seq, &b) != OK)
			return;
		put(&w.to[i], b);
	}
}

static void pump(void)
{
	if (!ha_sender_reaches(&w.tx, w.tx.acked)) {
		fuzz_reach(G_OVERFLOW);
		new_stream();
	}
	if (w.tx.missing != 0) {
		fuzz_reach(G_MISSING);
		w.cursor = w.tx.acked + 1;
		w.tx.missing = 0;
	}
	if (w.cursor <= w.tx.acked)
		w.cursor = w.tx.acked + 1;
	send_by(w.used, &w.cursor);
}

static void change(uint8_t how)
{
	const uint64_t serial = how % SERIALS + 1;
	if (!room())
		return;
	if (w.tx.wants_bucket != 0)
		FUZZ_CHECK(ha_repair_bucket(&w.tx, tell, NULL) == OK);
	if (how >= 0xe0 && w.value[serial - 1] != 0) {
		w.value[serial - 1] = 0;
		FUZZ_CHECK(ha_sender_ended(&w.tx, serial) == OK);
		note(OP_ENDED, serial, 0);
	} else {
		w.value[serial - 1] = ++w.last_value;
		tell(NULL, serial);
	}
	if ((how & 0x10) != 0) {
		const struct rec r = { .nr = ++w.last_value };
		FUZZ_CHECK(ha_sender_rec(&w.tx, &r) == OK);
		note(OP_REC, 0, r.nr);
	}
	commit();
}

/* --- what arrives ---------------------------------------------------------------------------------------------------- */

static void deliver(unsigned i, size_t n)
{
	struct way *y = &w.to[i];
	const uint64_t early = w.rx.n_early, doubled = w.rx.n_doubled, differed = w.rx.n_differed;
	n = size_min(n, y->n);
	uint8_t *own = fuzz_copy(span_of(y->b, n));
	const enum err e = ha_receiver_feed_link(&w.rx, i, span_of(own, n));
	free(own);
	taken(y, n);
	w.broken |= e != OK;
	/* between batches there is nothing half done */
	FUZZ_CHECK(!w.rx.follows || w.rx.peer.stream != w.stream || w.at == (w.rx.seq != 0 ? w.batch_at[w.rx.seq] : 0));
	FUZZ_CHECK(w.rx.ahead.n <= HA_AHEAD_BATCHES && w.rx.ahead.octets <= HA_AHEAD_OCTETS);
	for (unsigned k = 0; k < HA_LINKS; k++)
		FUZZ_CHECK(w.rx.stage[k].len <= WAY);
	if (w.rx.n_early != early)
		fuzz_reach(G_EARLY);
	if (w.rx.n_doubled != doubled)
		fuzz_reach(G_DOUBLED);
	if (w.rx.n_differed != differed)
		fuzz_reach(G_DIFFERED);
}

static void answer(unsigned i)
{
	uint8_t room_[HA_ACK_MAX];
	struct wr out = wr_of(room_, sizeof(room_));
	if (w.rx.failed != OK || w.rx.n_batches == w.answered[i])
		return;
	w.answered[i] = w.rx.n_batches;
	FUZZ_CHECK(ha_receiver_ack(&w.rx, &out) == OK);
	put(&w.from[i], span_of(room_, out.len));
}

static void hear(unsigned i)
{
	size_t used = 0;
	const uint64_t acked = w.tx.acked;
	uint8_t *own = fuzz_copy(span_of(w.from[i].b, w.from[i].n));
	const enum err e = ha_sender_acks(&w.tx, span_of(own, w.from[i].n), &used);
	free(own);
	taken(&w.from[i], used);
	w.broken |= e != OK;
	FUZZ_CHECK(w.tx.acked >= acked && w.tx.acked <= w.tx.seq);
	/* what counts as acknowledged is applied, of this stream */
	FUZZ_CHECK(w.tx.acked == 0 || w.other || (w.rx.peer.stream == w.stream && w.rx.seq >= w.tx.acked));
	FUZZ_CHECK(w.tx.resend.octets <= QUEUE && w.tx.resend.last - w.tx.resend.first + 1 <= QUEUED);
	if (w.tx.lost) {
		fuzz_reach(G_LOST);
		new_stream();
	}
}

/* What breaks a conversation has both nodes cut their links; the next connections begin it anew or go on. */
static void mend(void)
{
	if (!w.broken)
		return;
	w.broken = false;
	for (unsigned i = 0; i < HA_LINKS; i++)
		greet(i);
}

static void spoil(unsigned i, uint8_t how)
{
	if ((how & 1) != 0) {
		const uint64_t serial = how / 2 % SERIALS + 1;
		if (ha_cache_find(w.rx.cache, serial) == NULL)
			return;
		ha_cache_set_sum(w.rx.cache, ha_cache_get(w.rx.cache, serial), HA_SEC_fwd, 77);
		w.spoilt = true;
	} else if (w.to[i].n > how) {
		/* the type of the message that comes next: nothing after it is taken for another */
		w.to[i].n = size_min(w.to[i].n, how);
		w.broken = true;
		fuzz_reach(G_SPOILT);
	}
}

/* It begins with nothing, so that both links are cut: what is under way to it is another one's. */
static void new_standby(void)
{
	fini_standby();
	init_standby();
	w.spoilt = false;
	w.other = true;
	w.at = 0;
	memset(w.held, 0, sizeof(w.held));
	memset(w.answered, 0, sizeof(w.answered));
	for (unsigned i = 0; i < HA_LINKS; i++)
		greet(i);
}

static void event(uint8_t what, uint8_t how)
{
	const unsigned i = what >> 4 & 1;
	w.now = mono_add(w.now, NS_PER_MS);
	switch (what & 15) {
	case 0:
	case 1:
	case 2:
		change(how);
		break;
	case 3:
		pump();
		break;
	case 4:
	case 5:
		deliver(i, (size_t)how * PIECE);
		break;
	case 6:
		answer(i);
		break;
	case 7:
	case 8:
		hear(i);
		break;
	case 9:
		fuzz_reach(G_BROKEN);
		greet(i);
		break;
	case 10:
		fuzz_reach(G_OTHER);
		w.used = i;
		w.cursor = w.tx.acked + 1;
		break;
	case 11:
		w.now = mono_add(w.now, (int64_t)how * NS_PER_MS);
		w.cursor += w.cursor <= w.tx.seq && how == 1; /* that one is lost on its way */
		if (ha_sender_overdue(&w.tx, w.now, TIMEOUT_NS)) {
			uint64_t seq = w.tx.acked + 1;
			fuzz_reach(G_OVERDUE);
			send_by(!w.used, &seq);
		}
		break;
	case 12:
		spoil(i, how);
		break;
	case 13:
		if (how >= 0x80)
			new_stream();
		else
			new_standby();
		break;
	default:
		beat_event(what, how, w.now);
		break;
	}
	mend();
}

/* --- in the end ------------------------------------------------------------------------------------------------------- */

/* The links hold: what is told arrives, and both have the same. */
static void settle(void)
{
	if (!room())
		new_stream();
	for (unsigned i = 0; i < HA_LINKS; i++)
		greet(i);
	for (unsigned k = 0; k < ROUNDS; k++) {
		if (w.tx.wants_bucket != 0 || w.tx.wants_sums) {
			FUZZ_CHECK(room());
			FUZZ_CHECK(ha_repair_bucket(&w.tx, tell, NULL) == OK);
			commit();
		} else if (k > 0 && w.tx.acked == w.tx.seq) {
			break;
		}
		pump();
		for (unsigned i = 0; i < HA_LINKS; i++) {
			deliver(i, WAY);
			answer(i);
			hear(i);
			mend();
		}
	}
	FUZZ_CHECK(w.tx.acked == w.tx.seq && w.rx.seq == w.tx.seq);
	FUZZ_CHECK(memcmp(w.value, w.held, sizeof(w.value)) == 0);
	FUZZ_CHECK(w.spoilt || ha_cache_digest(w.tx.cache) == ha_cache_digest(w.rx.cache));
}

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	w.now = mono_ns(NS_PER_SEC);
	init_standby();
	new_stream();
	beat_begin();
}

static void end(void)
{
	ha_cache_free(w.tx.cache);
	ha_resend_fini(&w.tx.resend);
	fini_standby();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur in = cur_of(data, size);
	begin();
	for (unsigned k = 0; k < EVENTS_MAX && cur_left(&in) >= 2; k++) {
		const uint8_t what = cur_u8(&in);
		event(what, cur_u8(&in));
	}
	settle();
	beat_settle(w.now);
	end();
	return 0;
}
