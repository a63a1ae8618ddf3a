/* engine_ha.c - see engine_ha.h. */
#include "ips/engine_ha.h"

#include <stdlib.h>
#include <string.h>

#include "hacache/ha_schema.h"
#include "hacache/ha_sync.h"
#include "ips/engine_int.h"
#include "ips/peer_ports.h"
#include "ips/peer_tags.h"
#include "ips/reasm_kept.h"

enum {
	KEPT_A_SESSION = 64 * 1024, /* kept octets that count as one more session of a bulk */
	LOOKS = 32                  /* sessions looked at for one that is told */
};

struct engine_ha {
	struct engine *e;
	uint32_t epoch;              /* of the peer that is being told, from 1 */
	struct ha_kept kept;         /* of the session exported last, and ... */
	struct ha_scan scan[DIR_N];
	uint8_t *names;              /* of our tags, packed */
	struct peer_tags tags;
	uint8_t *ifnames;            /* of our interfaces, packed */
	struct peer_ports ports;
};

enum err engine_ha_new(struct engine *e, struct engine_ha **out)
{
	struct engine_ha *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return ERR_NOMEM;
	h->e = e;
	h->epoch = 1;
	*out = h;
	return OK;
}

void engine_ha_free(struct engine_ha *h)
{
	if (h == NULL)
		return;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		buf_clear(h->e->bufs, &h->scan[d].stream);
	peer_tags_fini(&h->tags);
	peer_ports_fini(&h->ports);
	free(h->names);
	free(h->ifnames);
	free(h);
}

void engine_ha_on_end(struct engine *e, void (*ended)(void *arg, uint64_t serial), void *arg)
{
	e->ended = ended;
	e->ended_arg = arg;
}

/* --- out ------------------------------------------------------------------------------------------- */

static bool has(unsigned parts, enum ha_section i)
{
	return (parts >> i & 1) != 0;
}

static void export_stack(const struct stack *k, unsigned parts, struct ha_session *out)
{
	out->cotp = has(parts, HA_SEC_cotp) ? (struct cotp_state *)(uintptr_t)&k->cotp : NULL;
	out->osi = has(parts, HA_SEC_osi) ? (struct osi_state *)(uintptr_t)&k->osi : NULL;
	out->mms = has(parts, HA_SEC_mms) ? (struct mms_state *)(uintptr_t)&k->mms : NULL;
	out->iccp = has(parts, HA_SEC_iccp) ? (struct iccp_state *)(uintptr_t)&k->iccp : NULL;
}

/* Without room for a stream's state it stays behind: the peer keeps what it has. */
static struct ha_scan *export_scan(struct engine_ha *h, const struct insp *f, enum dir d)
{
	return match_export(h->e->matcher, &f->match, d, h->e->bufs, &h->scan[d].stream) == OK ? &h->scan[d] : NULL;
}

/* Of the kept octets all, or those that were not told. */
static void export_session(struct engine_ha *h, struct session *s, unsigned parts, bool all, struct ha_session *out)
{
	if (s->gen_nr != h->e->gen_nr)
		engine_session_move(h->e, s);
	struct insp *f = s->ips;
	*out = (struct ha_session){ .serial = s->s.serial };
	out->fwd = has(parts, HA_SEC_fwd) ? &s->s : NULL;
	out->state = has(parts, HA_SEC_state) ? &s->s : NULL;
	out->orig = has(parts, HA_SEC_orig) ? &s->s : NULL;
	out->reply = has(parts, HA_SEC_reply) ? &s->s : NULL;
	if (f == NULL)
		return;
	out->reasm = has(parts, HA_SEC_reasm) ? &f->reasm : NULL;
	out->insp = has(parts, HA_SEC_insp) ? &f->s : NULL;
	if (f->stack != NULL)
		export_stack(f->stack, parts, out);
	out->match = has(parts, HA_SEC_match) ? &f->match.s : NULL;
	out->scan_orig = has(parts, HA_SEC_scan_orig) ? export_scan(h, f, DIR_ORIG) : NULL;
	out->scan_reply = has(parts, HA_SEC_scan_reply) ? export_scan(h, f, DIR_REPLY) : NULL;
	if (has(parts, HA_SEC_kept)) {
		reasm_kept_export(&f->reasm, all, &h->kept);
		out->kept = &h->kept;
	}
}

void engine_ha_forget(struct engine_ha *h)
{
	struct engine *e = h->e;
	for (; e->dirty != NULL; e->dirty = e->dirty->dirty_next)
		e->dirty->dirty = false;
	e->bulk = NULL;
	e->bulk_left = 0;
	frag_follow(e->frags, false);
}

void engine_ha_bulk_start(struct engine_ha *h, mono_t since)
{
	h->epoch++;
	frag_follow(h->e->frags, true);
	h->e->bulk = session_next(h->e->sessions, NULL);
	h->e->bulk_left = session_count(h->e->sessions);
	h->e->bulk_upto = session_last_serial(h->e->sessions);
	h->e->bulk_since = since;
}

size_t engine_ha_bulk(struct engine_ha *h, size_t max)
{
	struct engine *e = h->e;
	for (size_t looks = max * LOOKS; max > 0 && looks > 0 && e->bulk != NULL && e->bulk_left > 0; e->bulk_left--, looks--) {
		struct session *s = e->bulk;
		const struct insp *f = s->ips;
		e->bulk = session_next(e->sessions, s);
		if (mono_before(s->s.last, e->bulk_since))
			continue;
		max -= size_min(max, 1 + (f != NULL ? reasm_kept_octets(&f->reasm) / KEPT_A_SESSION : 0));
		engine_touch(e, s); /* told of all, as one that the peer has not got */
	}
	if (e->bulk == NULL)
		e->bulk_left = 0;
	return e->bulk_left;
}

void engine_ha_retell(struct engine_ha *h, uint64_t serial)
{
	struct session *s = session_by_serial(h->e->sessions, serial);
	if (s == NULL)
		return;
	s->told_epoch = 0;
	engine_touch(h->e, s);
}

void engine_ha_clear(struct engine_ha *h)
{
	struct session *s;
	engine_ha_forget(h);
	h->e->young = NULL;
	while ((s = session_next(h->e->sessions, NULL)) != NULL)
		engine_ha_ended(h, s->s.serial);
	frag_table_clear(h->e->frags, REASON_NONE);
}

bool engine_ha_pending(const struct engine_ha *h)
{
	return h->e->dirty != NULL || frag_pending(h->e->frags);
}

bool engine_ha_next_datagram(struct engine_ha *h, struct frag_message *out)
{
	return frag_next(h->e->frags, out);
}

bool engine_ha_next(struct engine_ha *h, struct ha_session *out)
{
	struct session *s = h->e->dirty;
	if (s == NULL)
		return false;
	h->e->dirty = s->dirty_next;
	s->dirty = false;
	if (s->gen_nr != h->e->gen_nr)
		engine_session_move(h->e, s);
	struct insp *f = engine_insp(s);
	const bool new = s->told_epoch != h->epoch;
	export_session(h, s, new ? HA_PARTS_ALL : s->parts, new, out);
	s->parts = 0;
	s->told_epoch = h->epoch;
	if (f != NULL && out->kept != NULL)
		reasm_kept_told(&f->reasm);
	return true;
}

/* The inspection's state without what counts octets, and whether any are held. */
static uint64_t core_of(const struct insp *f)
{
	struct insp_state s = f->s;
	uint64_t held = 0;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		s.dir[d].inspected = 0;
		held |= (uint64_t)(f->reasm.dir[d].held != NULL) << d;
	}
	return ha_digest(ha_section_msg(HA_SEC_insp), &s) ^ held;
}

bool engine_ha_turned(struct engine_ha *h, const struct ha_session *sent)
{
	const struct session *s = session_by_serial(h->e->sessions, sent->serial);
	struct insp *f = s != NULL ? s->ips : NULL;
	const unsigned parts = ha_session_parts(sent);
	bool turned = (parts & ~(unsigned)HA_PARTS_COUNT) != 0;
	if (f == NULL)
		return turned;
	turned |= sent->reasm != NULL && (f->reasm.dir[DIR_ORIG].held != NULL || f->reasm.dir[DIR_REPLY].held != NULL);
	if (sent->insp != NULL || sent->reasm != NULL) {
		const uint64_t core = core_of(f);
		turned |= core != f->told_core;
		f->told_core = core;
	}
	return turned;
}

bool engine_ha_export(struct engine_ha *h, uint64_t serial, unsigned parts, struct ha_session *out)
{
	struct session *s = session_by_serial(h->e->sessions, serial);
	if (s == NULL)
		return false;
	export_session(h, s, parts, true, out);
	return true;
}

void engine_ha_hello(const struct engine *e, struct ha_hello *h)
{
	struct sigset_stat st;
	sigset_stat(e->gen->sigs, &st);
	const struct tag_table *stock = sigset_tags(e->gen->sigs, TAGS_STOCK), *custom = sigset_tags(e->gen->sigs, TAGS_CUSTOM);
	*h = (struct ha_hello){ .version = HA_VERSION, .sig_hash = st.hash, .stock_hash = stock->hash,
		                .custom_hash = custom->hash, .stock_nr = stock->nr, .custom_nr = custom->nr };
}

enum err engine_ha_names(struct engine_ha *h, struct ha_hello *hello)
{
	peer_tags_pack(h->e->gen->sigs, &h->names, &hello->names);
	return peer_ports_pack(h->e->gen, &h->ifnames, &hello->ifnames);
}

/* --- in -------------------------------------------------------------------------------------------- */

enum err engine_ha_meet(struct engine_ha *h, const struct ha_hello *peer)
{
	TRY(peer_tags_learn(&h->tags, h->e->gen->sigs, peer));
	return peer_ports_learn(&h->ports, h->e->gen, &peer->ifnames);
}

uint64_t engine_ha_unknown_ports(const struct engine_ha *h, const char **last)
{
	*last = h->ports.last;
	return h->ports.unknown;
}

uint32_t engine_ha_port(const struct engine_ha *h, uint32_t nr)
{
	return peer_ports_here(&h->ports, nr);
}

uint64_t engine_ha_unknown_tags(const struct engine_ha *h, const char **last)
{
	*last = h->tags.last;
	return h->tags.unknown;
}

/* The buffers of an imported struct are the peer's bytes: they are copied into buffers of ours. */
static enum err own_buf(struct engine *e, struct buf *ours, const struct buf *theirs)
{
	if (theirs->len == 0) {
		buf_clear(e->bufs, ours);
		return OK;
	}
	buf_clear(e->bufs, ours);        /* never more memory than the contents need: the peer's cap holds here too */
	return buf_set(e->bufs, ours, theirs->p, theirs->len);
}

static enum err import_held(struct engine *e, struct reasm_dir *to, const struct reasm_dir *from)
{
	to->held = NULL;
	to->held_bytes = 0;
	if (from->held == NULL || from->held->n == 0)
		return OK;
	to->held = pool_get(&e->held_pool);
	if (to->held == NULL)
		return ERR_FULL;
	to->held->n = 0;
	for (unsigned i = 0; i < from->held->n; i++) {
		struct reasm_seg *seg = &to->held->seg[i];
		*seg = (struct reasm_seg){ .seq = from->held->seg[i].seq };
		if (buf_set(e->bufs, &seg->data, from->held->seg[i].data.p, from->held->seg[i].data.len) != OK)
			break;
		to->held->n++;
		to->held_bytes += seg->data.len;
	}
	if (to->held->n == from->held->n)
		return OK;
	if (to->held->n == 0) {
		pool_put(&e->held_pool, to->held);
		to->held = NULL;
	}
	return ERR_FULL;
}

static enum err import_reasm(struct engine *e, struct insp *f, const struct reasm_state *in)
{
	const struct reasm_ctx rc = insp_reasm_ctx(e, f, NULL);
	struct reasm_state *r = &f->reasm;
	const struct reasm_state old = *r;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) { /* a section of its own: stays */
		r->dir[d].kept = (struct buf){ 0 };
		r->dir[d].kept_head = 0;
	}
	reasm_fini(r, &rc);
	*r = *in;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		r->dir[d].held = NULL;
		r->dir[d].kept = old.dir[d].kept;
		r->dir[d].kept_head = old.dir[d].kept_head;
	}
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		TRY(import_held(e, &r->dir[d], &in->dir[d]));
	return OK;
}

static enum err import_insp(struct engine *e, struct insp *f, const struct insp_state *in)
{
	const struct insp_state old = f->s;
	f->s = *in;
	f->s.partial |= old.partial; /* what was left out once stays out */
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		f->s.dir[d].look = old.dir[d].look;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		TRY(own_buf(e, &f->s.dir[d].look, &in->dir[d].look));
	return OK;
}

static enum err import_cotp(struct engine *e, struct cotp_state *to, const struct cotp_state *in)
{
	const struct cotp_state old = *to;
	*to = *in;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		to->dir[d].part = old.dir[d].part;
		to->dir[d].tsdu = old.dir[d].tsdu;
	}
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		TRY(own_buf(e, &to->dir[d].part, &in->dir[d].part));
		TRY(own_buf(e, &to->dir[d].tsdu, &in->dir[d].tsdu));
	}
	return OK;
}

static enum err import_stack(struct engine *e, struct insp *f, const struct ha_session *in)
{
	if (f->stack == NULL) {
		if (in->cotp == NULL)
			return OK;
		f->stack = pool_get(&e->stack_pool);
		if (f->stack == NULL)
			return ERR_FULL;
		stack_init(f->stack);
	}
	if (in->cotp != NULL)
		TRY(import_cotp(e, &f->stack->cotp, in->cotp));
	if (in->osi != NULL)
		f->stack->osi = *in->osi;
	if (in->mms != NULL)
		f->stack->mms = *in->mms;
	if (in->iccp != NULL)
		f->stack->iccp = *in->iccp;
	return OK;
}

/* False: what was half matched cannot be taken over. */
static bool import_match(struct engine *e, struct insp *f, const struct ha_session *in, struct ha_trust trust)
{
	const struct ha_scan *scan[DIR_N] = { in->scan_orig, in->scan_reply };
	if (in->match == NULL && scan[DIR_ORIG] == NULL && scan[DIR_REPLY] == NULL)
		return true;
	if (!trust.sigs)
		return false;
	if (in->match != NULL)
		f->match.s = *in->match;
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		if (scan[d] != NULL && match_import(e->matcher, &f->match, d, buf_span(&scan[d]->stream)) != OK)
			return false;
	return true;
}

static enum err import_inspection(struct engine_ha *h, struct session *s, const struct ha_session *in, struct ha_trust trust)
{
	struct engine *e = h->e;
	struct insp *f = s->ips;
	if (f == NULL) {
		const struct policy *pol = policy_by_id(e->gen->policy, s->s.policy_id);
		if (in->insp == NULL)
			return OK;
		f = insp_new(e, s, pol != NULL ? pol : policy_implicit(e->gen->policy));
		if (f == NULL)
			return ERR_FULL;
	}
	if (in->kept != NULL && !reasm_kept_import(&f->reasm, e->bufs, in->kept))
		f->s.partial = true;
	if (in->reasm != NULL) /* behind them: they count from where the stream stood before */
		TRY(import_reasm(e, f, in->reasm));
	TRY(import_stack(e, f, in)); /* before the service that counts on it */
	bool known = true;
	if (in->insp != NULL) {
		TRY(import_insp(e, f, in->insp));
		known = peer_tags_translate(&h->tags, trust, &f->s.tags);
	}
	const bool matched = import_match(e, f, in, trust);
	if (!matched) { /* what was half matched is given up; the streams go on as behind a gap */
		f->unmatched = true;
		for (enum dir d = DIR_ORIG; d < DIR_N; d++)
			match_gap(e->matcher, &f->match, d);
	}
	f->s.read_again |= f->unmatched;
	if (!known || !matched)
		f->s.partial = true;
	return OK;
}

/* The count of octets does not travel: import makes it anew. */
static bool held_good(const struct reasm_dir *in)
{
	struct reasm_dir r = *in;
	if (r.held == NULL || r.held->n == 0)
		return true;
	r.held_bytes = 0;
	for (unsigned i = 0; i < r.held->n; i++)
		r.held_bytes += r.held->seg[i].data.len;
	return reasm_check(&r);
}

/* A flow whose service is cotp has decoders: in this message, or from an earlier one. */
static bool stack_good(const struct session *s, const struct ha_session *in)
{
	if (in->insp == NULL || in->insp->service != SVC_COTP || in->cotp != NULL)
		return true;
	return s != NULL && s->ips != NULL && engine_insp(s)->stack != NULL;
}

/* They end where their stream stands: as this message says, or an earlier one. */
static bool kept_fits(const struct session *s, const struct ha_session *in)
{
	const struct insp *f = s != NULL ? engine_insp(s) : NULL;
	const struct reasm_state *r = in->reasm != NULL ? in->reasm : f != NULL ? &f->reasm : NULL;
	struct ha_kept ours = { 0 };
	if (f != NULL)
		reasm_kept_export(&f->reasm, true, &ours);
	return reasm_kept_good(in->kept != NULL ? in->kept : &ours, r);
}

/* What forwarding knows with this message: of a session that is not here all of it has to come. */
static enum err forward_state(const struct engine_ha *h, const struct session *s, const struct ha_session *in,
			      struct session_state *out)
{
	static const enum ha_section part[] = { HA_SEC_fwd, HA_SEC_state, HA_SEC_orig, HA_SEC_reply };
	const struct session_state *const from[] = { in->fwd, in->state, in->orig, in->reply };
	memset(out, 0, sizeof(*out));
	if (s != NULL)
		*out = s->s;
	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		if (from[i] != NULL)
			ha_copy(ha_section_msg(part[i]), out, from[i]);
		else if (s == NULL)
			return ERR_MISMATCH;
	}
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		out->ifin[d] = from[2 + d] != NULL ? engine_ha_port(h, from[2 + d]->ifin[d]) : out->ifin[d];
	out->serial = in->serial;
	TRY(session_state_times(out));
	return session_state_check(out);
}

/* The peer's message as a whole, against what is here; st: what forwarding will know. */
static enum err check(const struct engine_ha *h, const struct session *s, const struct ha_session *in, struct ha_trust trust,
		      struct session_state *st)
{
	TRY(forward_state(h, s, in, st));
	if (in->reasm != NULL && (!held_good(&in->reasm->dir[DIR_ORIG]) || !held_good(&in->reasm->dir[DIR_REPLY])))
		return ERR_RANGE;
	if (!kept_fits(s, in) || !stack_good(s, in))
		return ERR_RANGE;
	return in->insp == NULL || peer_tags_good(h->e->gen->sigs, &in->insp->tags, trust) ? OK : ERR_RANGE;
}

enum err engine_ha_check(const struct engine_ha *h, const struct ha_session *in, struct ha_trust trust)
{
	struct session_state st;
	return check(h, session_by_serial(h->e->sessions, in->serial), in, trust, &st);
}

static void note_ports(struct engine_ha *h, const struct ha_session *in)
{
	const struct session_state *const way[DIR_N] = { in->orig, in->reply };
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		peer_ports_note(&h->ports, way[d] != NULL ? way[d]->ifin[d] : 0);
}

enum err engine_ha_import(struct engine_ha *h, const struct ha_session *in, struct ha_trust trust)
{
	struct engine *e = h->e;
	struct session *s = session_by_serial(e->sessions, in->serial);
	struct session_state st;
	const bool new = s == NULL;
	TRY(check(h, s, in, trust, &st));
	TRY(session_import(e->sessions, &st, &s));
	note_ports(h, in);
	if (new)
		s->gen_nr = e->gen_nr;
	else if (s->gen_nr != e->gen_nr)
		engine_session_move(e, s);
	return import_inspection(h, s, in, trust);
}

void engine_ha_ended(struct engine_ha *h, uint64_t serial)
{
	struct engine *e = h->e;
	struct session *s = session_by_serial(e->sessions, serial);
	if (s == NULL)
		return;
	if (s->gen_nr != e->gen_nr)
		engine_session_move(e, s);
	if (s->ips != NULL)
		insp_free(e, s->ips);
	s->ips = NULL;
	if (e->young == s)
		e->young = session_next(e->sessions, s);
	session_forget(e->sessions, s);
}

/* --- of two that worked ------------------------------------------------------------------------------ */

static uint64_t packets_of(const struct session_state *st)
{
	return st->n[DIR_ORIG].packets + st->n[DIR_REPLY].packets;
}

/* Of one session both nodes have counted on from the same packet; of others with the same addresses the later one lives. */
static bool is_ahead(const struct session_state *theirs, const struct session_state *ours)
{
	const bool same = ours->serial == theirs->serial && tuple_equal(&ours->tuple[DIR_ORIG], &theirs->tuple[DIR_ORIG]) &&
			  tuple_equal(&ours->tuple[DIR_REPLY], &theirs->tuple[DIR_REPLY]);
	return same ? packets_of(theirs) > packets_of(ours) : mono_before(ours->last, theirs->last);
}

enum err engine_ha_merge(struct engine_ha *h, const struct ha_session *in, struct ha_trust trust, bool *taken)
{
	struct session_table *t = h->e->sessions;
	struct session_state st;
	struct session *s, *ours[DIR_N];
	enum dir way;
	*taken = false;
	TRY(check(h, NULL, in, trust, &st));
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		ours[d] = session_find(t, &st.tuple[d], &way);
		if (ours[d] != NULL && !is_ahead(&st, &ours[d]->s))
			return OK;
	}
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		if (ours[d] != NULL && (d == DIR_ORIG || ours[d] != ours[DIR_ORIG]))
			engine_ha_ended(h, ours[d]->s.serial);
	if (session_by_serial(t, st.serial) != NULL)
		st.serial = session_last_serial(t) + 1;
	TRY(session_import(t, &st, &s));
	note_ports(h, in);
	s->gen_nr = h->e->gen_nr;
	*taken = true;
	const enum err e = import_inspection(h, s, in, trust);
	session_live(t, s);
	return e;
}

enum err engine_ha_import_datagram(struct engine_ha *h, const struct frag_message *in)
{
	return frag_import(h->e->frags, in);
}

void engine_ha_tick(struct engine_ha *h, mono_t now)
{
	if (mono_before(h->e->now, now))
		h->e->now = now;
	session_tick(h->e->sessions, now);
}

void engine_ha_promote(struct engine_ha *h, const struct ha_commit *last)
{
	if (mono_before(h->e->now, last->now))
		h->e->now = last->now;
	h->e->doubt_upto = last->doubt_upto; /* the node before the dead one */
	session_set_last_serial(h->e->sessions, last->last_serial);
	session_promote(h->e->sessions, h->e->now);
	h->e->stats.held = frag_held(h->e->frags);
	h->e->stats.packets += h->e->stats.held; /* they are this node's to decide on now */
}
