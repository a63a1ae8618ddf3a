/* tcp_script.h - TCP connections written down line by line, played through a real engine in prevent mode.
 *
 *   > S 100 win 1000 ws 7 sack ts 5      a segment of the client: flags, sequence number, options, window, octets
 *   < SA 300 ack 101                     of the server
 *   > A 101 ack 301 "abc"                octets; x20: twenty that are told by their numbers, X20: others
 *   > A 101 ack 301 "axc" = data "abc"   what is expected of it. Nothing: it passes as it came.
 *   +0.5                                 seconds go by
 *   state ESTABLISHED                    of the session; none: there is no session
 *   ends FIN_WAIT CLOSE_WAIT             the client's state, the server's
 *   sessions 2, alive 1                  so many were opened so far; are there
 *   paws 3, pause 1                      what the session counts: refused timestamps, segments sent away
 *   read > "abc"                         the octets inspected of that direction since the last read; | is a gap
 *   told stream.gap                      one of the records since the last told has that word; not told: none has
 *
 * Segments: win N, urg N, ttl N, partial (checksum left to the card), and options in their order: mss N, ws N, sack (is
 * permitted), ts N or ts N/ECHO (else the last that the other end sent), md5, ao, cookie (Fast Open's), ask (for one),
 * blocks A-B (SACK), kind N (four octets of that kind). After "=": drop REASON, or what was rewritten: data and octets, seq N,
 * flags F, win N, urg N, nop KIND (that option is overwritten), probe (an empty segment far behind). All else of the packet
 * must be as it came, checksums be right.
 *
 * Numbers are those of a line's sender, behind ack the other end's. Each script is played in IPv4 and in IPv6, and anew for
 * each of its numbers with that one at 2^32 and at 2^31. Whatever a script says, of the octets that pass none has two
 * values, nor another one than the inspected, and there is one end of the stream (unless .loose or .plain). At last each
 * script is played by two nodes, the active one of which dies behind the first segment, the second and so on, and behind each:
 * all goes on as if nothing had been (told and sessions, which are the nodes' own, aside).
 */
#ifndef TESTS_UNIT_TCP_SCRIPT_H
#define TESTS_UNIT_TCP_SCRIPT_H

#include "tests/unit/tcp_pair.h"

struct script {
	const char *name, *text;
	bool pickup;           /* tcp-session-without-syn */
	bool loose;            /* captures: detect mode, and so nothing is sure of what passes */
	bool asymmetric, bypass;
	bool unread;           /* the policy does not ask for inspection: .loose too */
	bool plain;            /* no rule reads what no decoder reads: of such octets several values may pass */
	const struct norm_policy *norm;
	uint64_t ignore_after;
	uint32_t timer;        /* seconds that an established session lasts; 0: as by default */
};

enum { DIES_ALWAYS = 1 << 16 };
enum { LABELS_MAX = 64, OCTETS_MAX = 1 << 18, PAGE = 1 << 10 };

struct octet {
	bool passed, read;
	uint8_t as, read_as;
};

/* What went by of a direction, by label; the tracker's connection with that serial. */
struct went {
	struct octet at[OCTETS_MAX];
	bool used[OCTETS_MAX / PAGE]; /* some octet of that page */
	bool fin, acked;
	uint32_t fin_at, acked_to; /* its receiver has these octets: it looks at no other copy */
};

struct play {
	const struct script *script;
	uint64_t serial;          /* of the session that went is about */
	unsigned line;
	unsigned segments;        /* so far */
	unsigned dies_at;         /* the active of two nodes behind so many, or behind each; 0: there is one */
	bool failed;
	char read[DIR_N][OCTETS_MAX];
	size_t n_read[DIR_N];
};

static struct play play;
static struct went went[DIR_N];

static inline void script_fail(const char *what, const char *got)
{
	if (!play.failed)
		printf("# %s:%u (IPv%d, bases %u %u, %u %u, dies at %u): %s%s%s\n", play.script->name, play.line, ctx.family,
		       ctx.base.seq[DIR_ORIG], ctx.base.seq[DIR_REPLY], ctx.base.ts[DIR_ORIG], ctx.base.ts[DIR_REPLY],
		       play.dies_at, what, got != NULL ? ": " : "", got != NULL ? got : "");
	play.failed = true;
}

/* --- what passes ---------------------------------------------------------------------------------------------- */

static inline void went_clear(void)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		struct went *w = &went[d];
		for (size_t i = 0; i < ARRAY_LEN(w->used); i++)
			if (w->used[i])
				memset(w->at + i * PAGE, 0, PAGE * sizeof(w->at[0]));
		memset(w->used, 0, sizeof(w->used));
		w->fin = w->acked = false;
	}
}

static inline struct octet *octet_at(struct went *w, uint32_t label)
{
	const size_t at = label % OCTETS_MAX;
	w->used[at / PAGE] = true;
	return &w->at[at];
}

/* The connection that octets went by of is over: all of them were inspected. */
static inline void went_end(void)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
		bool good = true;
		for (uint32_t i = 0; i < OCTETS_MAX; i++) {
			const struct octet *o = &went[d].at[i];
			if (i % PAGE == 0 && !went[d].used[i / PAGE])
				i += PAGE - 1;
			else
				good &= !o->passed || (o->read && o->as == o->read_as);
		}
		if (!good && !play.script->loose && !play.script->plain && play.script->ignore_after == 0)
			script_fail("octets passed that were not inspected, or others", d == DIR_ORIG ? ">" : "<");
	}
	went_clear();
}

static inline void went_session(uint64_t serial)
{
	if (serial != play.serial)
		went_end();
	play.serial = serial;
}

static inline void on_read(void *arg, const struct session *s, enum dir d, uint32_t seq, struct span bytes)
{
	(void)arg;
	went_session(s->s.serial);
	if (bytes.len == 0 && play.n_read[d] < OCTETS_MAX)
		play.read[d][play.n_read[d]++] = '|';
	for (size_t i = 0; i < bytes.len && play.n_read[d] < OCTETS_MAX; i++) {
		struct octet *o = octet_at(&went[d], seq + (uint32_t)i - ctx.base.seq[d]);
		o->read = true;
		o->read_as = bytes.p[i];
		play.read[d][play.n_read[d]++] = (char)bytes.p[i];
	}
}

static inline void went_by(const struct packet *p, enum dir d)
{
	struct went *w = &went[d];
	const uint32_t first = p->tcp.seq - ctx.base.seq[d] + ((p->tcp.flags & TCP_SYN) != 0);
	const uint32_t end = first + (uint32_t)p->payload.len;
	bool same = true;
	for (uint32_t i = 0; i < p->payload.len; i++) {
		struct octet *o = octet_at(w, first + i);
		if (w->acked && seq_diff(first + i, w->acked_to) < 0)
			continue;
		same &= !o->passed || o->as == p->payload.p[i];
		o->passed = true;
		o->as = p->payload.p[i];
	}
	if (!same)
		script_fail("an octet passes with another value than before", NULL);
	if (w->fin && p->payload.len != 0 && seq_diff(end, w->fin_at) > 0)
		script_fail("octets pass that are behind the FIN", NULL);
	if ((p->tcp.flags & TCP_FIN) != 0) {
		if (w->fin && w->fin_at != end)
			script_fail("another FIN passes", NULL);
		w->fin = true;
		w->fin_at = end;
	}
	struct went *far = &went[dir_other(d)];
	const uint32_t ack = p->tcp.ack - ctx.base.seq[dir_other(d)];
	if ((p->tcp.flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK && (!far->acked || seq_diff(ack, far->acked_to) > 0)) {
		far->acked = true;
		far->acked_to = ack;
	}
}

/* --- lines ---------------------------------------------------------------------------------------------------- */

static inline struct session *last_session(void)
{
	struct session *last = NULL;
	for (struct session *s = rig_first(&ctx.rig); s != NULL; s = session_next(engine_sessions(ctx.rig.e), s))
		last = s;
	return last;
}

static inline void check_probe(const struct seg *g, struct span got)
{
	struct packet p = { .data = got.p, .len = (uint32_t)got.len, .wire_len = (uint32_t)got.len, .csum_ready = true };
	if (packet_decode(&p) != REASON_NONE || p.payload.len != 0 || (p.tcp.flags & ~TCP_PSH) != TCP_ACK)
		script_fail("no empty segment", NULL);
	if (seq_diff(g->seq + ctx.base.seq[g->d], p.tcp.seq) < UINT16_MAX || p.tcp.ack != g->ack + ctx.base.seq[dir_other(g->d)])
		script_fail("not far behind", NULL);
}

static inline void show(const struct packet *p, enum dir d)
{
	char text[160];
	snprintf(text, sizeof(text), "flags %02x seq %u ack %u win %u urg %u options %u octets %u \"%.*s\"", p->tcp.flags,
		 p->tcp.seq - ctx.base.seq[d], p->tcp.ack - ctx.base.seq[dir_other(d)], p->tcp.win, p->tcp.urg,
		 (unsigned)(p->payload.p - p->l4.p) - 20, p->payload_wire, p->payload_wire < 40 ? (int)p->payload_wire : 40,
		 p->payload.p);
	script_fail("it passes as", text);
}

/* But for a checksum that the card or the kernel fills. */
static inline bool same_packet(const struct pkt *k, struct span left, bool has_sum)
{
	const size_t sum = k->l4 + 16;
	if (left.len != k->len)
		return false;
	if (has_sum)
		return memcmp(left.p, k->b, k->len) == 0;
	return memcmp(left.p, k->b, sum) == 0 && memcmp(left.p + sum + 2, k->b + sum + 2, k->len - sum - 2) == 0;
}

/* The packet as it leaves is k. */
static inline void check_left(const struct packet *p, const struct pkt *k, struct span left, enum dir d)
{
	struct packet q = { .data = left.p, .len = (uint32_t)left.len, .wire_len = (uint32_t)left.len };
	q.csum_ready = p->csum_ready;
	if (packet_decode(&q) != REASON_NONE)
		script_fail("what it was rewritten to is no packet", reason_name(packet_decode(&q)));
	else if (k != NULL && !same_packet(k, left, p->csum_ready))
		show(&q, d);
	const struct session *s = last_session();
	went_session(s != NULL ? s->s.serial : 0);
	if (!play.script->loose && !play.script->plain)
		went_by(&q, d);
}

static inline void play_segment(struct words *w, enum dir d)
{
	static struct seg g;
	static struct pkt k, left;
	memset(&g, 0, sizeof(g));
	g.d = d;
	const bool more = *seg_words(&g, w) == '=';
	struct packet p = build(&k, &g);
	struct want x = { 0 };
	const struct seg came = g;
	if (more)
		x = want_words(&g, w);
	(void)build(&left, &g);
	p.at = ctx.rig.now;
	p.nr = ++ctx.rig.nr;
	const struct verdict v = engine_packet(ctx.rig.e, &p);
	if (v.reason != x.drop || v.pass != (x.drop == REASON_NONE))
		script_fail("verdict", reason_name(v.reason));
	if (!v.pass)
		return;
	const struct span same = span_of(k.b, k.len);
	if (v.rewritten.p != NULL && !x.rewritten)
		check_left(&p, &k, v.rewritten, d);
	else if (x.probe && v.rewritten.p != NULL)
		check_probe(&came, v.rewritten);
	else
		check_left(&p, x.probe ? NULL : &left, v.rewritten.p != NULL ? v.rewritten : same, d);
	if (x.rewritten != (v.rewritten.p != NULL))
		script_fail(x.rewritten ? "it passes as it came" : "it is rewritten to the same", NULL);
}

static inline void play_read(struct words *w)
{
	static uint8_t want[OCTETS_MAX];
	const enum dir d = *word(w) == '>' ? DIR_ORIG : DIR_REPLY;
	size_t n = 0;
	for (const char *t = word(w); *t != '\0'; t = word(w)) {
		const char *at = *t == '"' ? NULL : strchr(t, '@');
		n += octets(want + n, t, at != NULL ? number(at + 1) : 0);
	}
	if (n != play.n_read[d] || memcmp(want, play.read[d], n) != 0) {
		char got[200];
		snprintf(got, sizeof(got), "%zu \"%.*s\"", play.n_read[d], (int)size_min(play.n_read[d], 150), play.read[d]);
		script_fail("inspected", got);
	}
	play.n_read[d] = 0;
}

static inline void play_told(const char *what, bool is)
{
	const char *told = rig_told(&ctx.rig);
	if (play.dies_at == 0 && (strstr(told, what) != NULL) != is)
		script_fail("told", told);
}

/* One more segment was judged, or time has passed. */
static inline void play_hand_over(bool segment)
{
	play.segments += segment;
	if (play.dies_at == 0)
		return;
	pair_commit();
	if (segment && (play.dies_at == DIES_ALWAYS || play.segments == play.dies_at)) {
		pair_die(on_read);
		if (play.dies_at == DIES_ALWAYS)
			pair_join();
	}
}

static inline void play_number(const char *what, uint64_t is, struct words *w)
{
	char text[32];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)is);
	if (number(word(w)) != is)
		script_fail(what, text);
}

static inline void play_line(const char *line, size_t len)
{
	struct words w;
	words_of(&w, line, len);
	const char *first = word(&w);
	const struct session *s = last_session();
	if (*first == '\0' || *first == '#')
		return;
	if (*first == '>' || *first == '<') {
		play_segment(&w, *first == '>' ? DIR_ORIG : DIR_REPLY);
		play_hand_over(true);
	} else if (*first == '+') {
		rig_later(&ctx.rig, (int64_t)(strtod(first, NULL) * 1000));
		engine_tick(ctx.rig.e, ctx.rig.now);
		play_hand_over(false);
	} else if (strcmp(first, "state") == 0) {
		const char *is = s != NULL ? tcps_name(s->s.tcp.state) : "none";
		if (strcmp(word(&w), is) != 0)
			script_fail("state", is);
	} else if (strcmp(first, "ends") == 0) {
		for (enum dir d = DIR_ORIG; d < DIR_N && s != NULL; d++)
			if (strcmp(word(&w), tcps_name(s->s.tcp.end[d].state)) != 0)
				script_fail("end", tcps_name(s->s.tcp.end[d].state));
	} else if (strcmp(first, "sessions") == 0) {
		if (play.dies_at == 0)
			play_number(first, engine_stats(ctx.rig.e)->sessions, &w);
	} else if (strcmp(first, "alive") == 0) {
		play_number(first, session_count(engine_sessions(ctx.rig.e)), &w);
	} else if (strcmp(first, "paws") == 0) {
		play_number(first, s != NULL ? s->s.tcp.n_paws : 0, &w);
	} else if (strcmp(first, "pause") == 0) {
		play_number(first, s != NULL ? s->s.tcp.n_pause : 0, &w);
	} else if (strcmp(first, "read") == 0) {
		play_read(&w);
	} else if (strcmp(first, "told") == 0) {
		play_told(word(&w), true);
	} else if (strcmp(first, "not") == 0) {
		(void)word(&w);
		play_told(word(&w), false);
	} else {
		script_fail("no such line", first);
	}
}

static inline void play_variant(const struct rig_opts *o, int family, const struct bases *b)
{
	ctx.family = family;
	ctx.base = *b;
	play.line = play.segments = 0;
	play.serial = 0;
	memset(play.n_read, 0, sizeof(play.n_read));
	memset(ctx.ts_last, 0, sizeof(ctx.ts_last));
	went_clear();
	if (play.dies_at == 0)
		rig_engine(&ctx.rig, o);
	else
		pair_start();
	engine_on_bytes(ctx.rig.e, on_read, NULL);
	for (const char *at = play.script->text; *at != '\0' && !play.failed;) {
		const size_t len = strcspn(at, "\n");
		play.line++;
		play_line(at, len);
		at += len + (at[len] == '\n');
	}
	if (play.dies_at == 0)
		rig_engine_end(&ctx.rig);
	else
		pair_end();
	went_end();
}

/* --- all of a script's numbers -------------------------------------------------------------------------------- */

struct labels {
	uint32_t seq[DIR_N][LABELS_MAX], ts[DIR_N][LABELS_MAX];
	unsigned n_seq[DIR_N], n_ts[DIR_N];
};

static inline void label(uint32_t *at, unsigned *n, uint32_t v)
{
	for (unsigned i = 0; i < *n; i++)
		if (at[i] == v)
			return;
	CU_ASSERT_FATAL(*n < LABELS_MAX);
	at[(*n)++] = v;
}

static inline void labels_of(struct labels *l, const char *text)
{
	memset(l, 0, sizeof(*l));
	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
		struct words w;
		words_of(&w, text, strcspn(text, "\n"));
		const char *t = word(&w);
		if (*t != '>' && *t != '<')
			continue;
		const enum dir d = *t == '>' ? DIR_ORIG : DIR_REPLY, far = dir_other(d);
		(void)word(&w);
		label(l->seq[d], &l->n_seq[d], number(word(&w)));
		for (t = word(&w); *t != '\0'; t = word(&w)) {
			if (strcmp(t, "ack") == 0)
				label(l->seq[far], &l->n_seq[far], number(word(&w)));
			else if (strcmp(t, "ts") == 0)
				label(l->ts[d], &l->n_ts[d], number(word(&w)));
		}
	}
}

static inline void play_pairs(const struct rig_opts *o, int family)
{
	const struct bases b = { .seq = { UINT32_C(1) << 31, UINT32_C(1) << 31 } };
	const unsigned n = play.segments;
	for (unsigned i = 1; i <= n + 1 && !play.failed; i++) {
		play.dies_at = i <= n ? i : DIES_ALWAYS;
		play_variant(o, family, &b);
	}
	play.dies_at = 0;
}

static inline void play_script(const struct script *s)
{
	static struct labels l;
	const struct policy_rule strict = { .id = 1, .action = POLICY_ACCEPT, .inspect = !s->unread, .without_syn = s->pickup,
					    .session_sync = true, .log_traffic = true, .sensor = -1,
					    .norm = s->norm != NULL ? *s->norm : (struct norm_policy){ 0 } };
	static const char reads_all[] = "alert tcp any any -> any any (content:\"|00 01 02 03|\"; sid:1;)";
	const struct rig_opts o = { .prevent = !s->loose || s->unread, .ignore_after = s->ignore_after,
				    .rules = s->plain ? NULL : reads_all, .policies = &strict, .n_policies = 1 };
	play.script = s;
	play.failed = false;
	labels_of(&l, s->text);
	rig_gen(&ctx.rig.gen, &o);
	ctx.rig.gen.asymmetric = s->asymmetric;
	ctx.rig.gen.bypass = s->bypass;
	if (s->timer != 0)
		ctx.rig.gen.timeout_s[ST_TCP_ESTABLISHED] = s->timer;
	for (int family = 4; family <= 6; family += 2) {
		play_variant(&o, family, &(struct bases){ 0 });
		for (enum dir d = DIR_ORIG; d < DIR_N; d++) {
			for (unsigned i = 0; i < 2 * l.n_seq[d] && !play.failed; i++) {
				struct bases b = { 0 };
				b.seq[d] = (i % 2 == 0 ? 0 : UINT32_C(1) << 31) - l.seq[d][i / 2];
				play_variant(&o, family, &b);
			}
			for (unsigned i = 0; i < 2 * l.n_ts[d] && !play.failed; i++) {
				struct bases b = { 0 };
				b.ts[d] = (i % 2 == 0 ? 0 : UINT32_C(1) << 31) - l.ts[d][i / 2];
				play_variant(&o, family, &b);
			}
		}
		if (!play.failed)
			play_pairs(&o, family);
	}
	rig_gen_free(&ctx.rig.gen);
	CU_ASSERT(!play.failed);
}

/* A case a script: SCRIPT_MAIN(the array of them) */
static void script_next(void);

static inline int script_main(const char *file, const struct script *s, size_t n)
{
	static struct unit_case cases[64];
	const char *slash = strrchr(file, '/');
	for (size_t i = 0; i < n && i < ARRAY_LEN(cases); i++)
		cases[i] = (struct unit_case){ s[i].name, script_next };
	return n > ARRAY_LEN(cases) ? 2 : unit_run(slash != NULL ? slash + 1 : file, cases, n);
}

#define SCRIPT_MAIN(scripts)                                               \
	static void script_next(void)                                      \
	{                                                                  \
		static size_t next;                                        \
		play_script(&(scripts)[next++]);                           \
	}                                                                  \
	int main(void)                                                     \
	{                                                                  \
		return script_main(__FILE__, scripts, ARRAY_LEN(scripts)); \
	}

#endif
