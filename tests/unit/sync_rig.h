/* sync_rig.h - the two ends of a conversation without engines: a sender of random sessions, and a standby that writes down
 * what it is told.
 */
#ifndef TESTS_UNIT_SYNC_RIG_H
#define TESTS_UNIT_SYNC_RIG_H

#include "hacache/ha_sync.h"
#include "tests/unit/ha_rand.h"

enum { MAX_SESSIONS = 8, LOG_CAP = 1 << 16 };

/* --- a standby that writes down what it is told and keeps a session's last sums ------------------------------ */

struct standby {
	struct ha_receiver rx;
	char text[LOG_CAP];
	size_t len;
	uint64_t sum[64][HA_SECTION_N]; /* by serial */
	uint64_t refuse;     /* serial that check refuses */
	uint64_t full;       /* serial that session refuses */
	unsigned mismatches, anew, n_names, n_ifnames;
	struct ha_commit last;
};

static struct ha_rand ha;

static inline void say(struct standby *s, const char *fmt, uint64_t a, uint64_t b)
{
	s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, fmt, (unsigned long long)a, (unsigned long long)b);
}

static inline enum err check(void *arg, const struct ha_session *in)
{
	const struct standby *s = arg;
	return in->serial == s->refuse ? ERR_RANGE : OK;
}

static inline enum err session(void *arg, const struct ha_session *in)
{
	struct standby *s = arg;
	if (in->serial == s->full)
		return ERR_FULL;
	say(s, "session %llu v%llu", in->serial, in->version);
#define X(member, type) s->len += (size_t)sprintf(s->text + s->len, "%s", in->member != NULL ? " " #member : "");
	HA_SECTION_LIST(X)
#undef X
	say(s, "\n", 0, 0);
	uint64_t sum[HA_SECTION_N];
	ha_session_sums(in, sum);
	for (unsigned i = 0; i < HA_SECTION_N; i++)
		if (sum[i] != 0)
			s->sum[in->serial % 64][i] = sum[i];
	return OK;
}

static inline void ended(void *arg, uint64_t serial)
{
	say(arg, "ended %llu\n", serial, 0);
}

static inline void rec(void *arg, uint64_t seq, const struct rec *r)
{
	say(arg, "rec %llu of %llu\n", r->nr, seq);
}

static inline enum err check_datagram(void *arg, const struct frag_message *m)
{
	(void)arg;
	return m->i.key.id != 13 ? OK : ERR_RANGE;
}

static inline enum err datagram(void *arg, const struct frag_message *m)
{
	say(arg, "datagram %llu of %llu\n", m->i.key.id, m->first);
	return OK;
}

static inline void commit(void *arg, const struct ha_commit *c, uint64_t digest)
{
	struct standby *s = arg;
	say(s, "commit %llu\n", c->seq, 0);
	s->mismatches += digest != c->digest;
	s->last = *c;
}

static inline void sums(void *arg, uint64_t serial, unsigned parts, uint64_t sum[HA_SECTION_N])
{
	const struct standby *s = arg;
	(void)parts;
	memcpy(sum, s->sum[serial % 64], sizeof(s->sum[0]));
}

static inline void anew(void *arg)
{
	struct standby *s = arg;
	s->anew++;
}

static inline void named(void *arg, const struct ha_hello *peer)
{
	struct standby *s = arg;
	s->n_names += peer->names.len;
	s->n_ifnames += peer->ifnames.len;
}

static const struct ha_hello hello = {
	.version = HA_VERSION, .sig_hash = 1, .stock_hash = 2, .custom_hash = 3, .stock_nr = 4, .custom_nr = 5
};

static inline struct ha_apply apply_of(struct standby *s)
{
	return (struct ha_apply){
		.check = check, .session = session, .ended = ended, .rec = rec, .check_datagram = check_datagram,
		.datagram = datagram, .commit = commit, .sums = sums, .anew = anew, .named = named, .arg = s
	};
}

static struct standby standby;
static struct ha_apply apply;

static inline struct standby *new_standby(uint32_t max)
{
	const struct hash_key key = hash_key_of_seed(2);
	memset(&standby, 0, sizeof(standby));
	apply = apply_of(&standby);
	CU_ASSERT_EQUAL_FATAL(ha_receiver_new(&key, max, &hello, &apply, &standby.rx), OK);
	return &standby;
}

static inline enum err feed(struct standby *s, struct span in)
{
	uint8_t *own = malloc(in.len + (in.len == 0));
	memcpy(own, in.p, in.len);
	const enum err e = ha_receiver_feed(&s->rx, span_of(own, in.len));
	free(own);
	return e;
}

/* --- an active node ------------------------------------------------------------------------------------------------- */

static inline struct ha_sender new_sender(uint32_t max)
{
	const struct hash_key key = hash_key_of_seed(1);
	struct ha_sender tx;
	CU_ASSERT_EQUAL_FATAL(ha_sender_new(&key, max, &tx), OK);
	ha_sender_begin(&tx, mono_ns(1000));
	return tx;
}

/* A session with all sections, the same for the same seed. */
static inline struct ha_session random_session(uint64_t serial, uint64_t seed)
{
	ha_rand_reset(&ha, seed);
	ha.some = true;
	struct ha_session s = *(struct ha_session *)ha_rand_new(&ha, ha_msg_of_type(HA_SESSION));
	s.serial = serial;
	return s;
}

static inline void send(struct ha_sender *tx, uint64_t serial, uint64_t seed)
{
	struct ha_session s = random_session(serial, seed);
	CU_ASSERT_EQUAL(ha_sender_session(tx, &s), OK);
}

/* The batch's octets, in memory of the caller's; a new one begins. */
static inline struct span close_batch(struct ha_sender *tx, uint8_t *mem, size_t cap)
{
	struct ha_commit c = { .released = 3, .last_serial = 44, .packet_nr = 55 };
	struct span s;
	CU_ASSERT_EQUAL_FATAL(ha_sender_commit(tx, &c, &s), OK);
	CU_ASSERT_FATAL(s.len <= cap);
	memcpy(mem, s.p, s.len);
	ha_sender_begin(tx, mono_add(tx->now, 7));
	return span_of(mem, s.len);
}

#endif
