/* summary.c - see summary.h. The JSON is interfaces.md's: stable names, keys only for what was seen. */
#include "ips/summary.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/json_text.h"

enum err summary_init(struct summary *s, const struct gen *g)
{
	memset(s, 0, sizeof(*s));
	s->gen = g;
	s->apps = calloc(app_n() + 1, sizeof(*s->apps));
	s->alerts = calloc(sigset_n(g->sigs) + 1, sizeof(*s->alerts));
	bool ok = s->apps != NULL && s->alerts != NULL;
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++) {
		s->tags[t] = calloc((size_t)sigset_tags(g->sigs, t)->nr + 1, sizeof(**s->tags));
		ok = ok && s->tags[t] != NULL;
	}
	if (!ok)
		summary_fini(s);
	return ok ? OK : ERR_NOMEM;
}

void summary_fini(struct summary *s)
{
	free(s->apps);
	free(s->alerts);
	free(s->tags[TAGS_STOCK]);
	free(s->tags[TAGS_CUSTOM]);
	free(s->told);
	memset(s, 0, sizeof(*s));
}

static tag_t tag_of(enum tag_table_id t, unsigned i)
{
	return (tag_t)(i | (t == TAGS_CUSTOM ? TAG_CUSTOM_BIT : 0));
}

/* Every member of engine_stats is a counter. */
static void add_stats(struct engine_stats *to, const struct engine_stats *from)
{
	uint64_t a, b;
	for (size_t at = 0; at < sizeof(*to); at += sizeof(a)) {
		memcpy(&a, (const char *)to + at, sizeof(a));
		memcpy(&b, (const char *)from + at, sizeof(b));
		a += b;
		memcpy((char *)to + at, &a, sizeof(a));
	}
}

void summary_add(struct summary *s, const struct engine *e, const struct pktio_stats *io)
{
	_Static_assert(sizeof(struct engine_stats) % sizeof(uint64_t) == 0, "counters only");
	add_stats(&s->st, engine_stats(e));
	s->packets += io->packets;
	s->bytes += io->bytes;
	s->not_ip += io->not_ip;
	for (size_t i = 0; i < app_n(); i++)
		s->apps[i] += engine_app_count(e, i);
	for (size_t i = 0; i < sigset_n(s->gen->sigs); i++)
		s->alerts[i] += engine_alert_count(e, i);
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		for (unsigned i = 0; i < sigset_tags(s->gen->sigs, t)->nr; i++)
			s->tags[t][i] += engine_tag_count(e, tag_of(t, i));
}

bool summary_add_failover(struct summary *s, const char *capture, const struct failover_result *r)
{
	struct failover_result *f = &s->failover;
	const size_t n = size_min(r->n_told, SUMMARY_TOLD - s->n_told);
	s->failover_run = true;
	f->cuts += r->cuts;
	f->equal += r->equal;
	f->lost_alerts += r->lost_alerts;
	f->extra_alerts += r->extra_alerts;
	f->lost_sessions += r->lost_sessions;
	f->digest_mismatches += r->digest_mismatches;
	f->octets += r->octets;
	f->sync.lost += r->sync.lost;
	f->sync.reordered += r->sync.reordered;
	f->sync.doubled += r->sync.doubled;
	f->resent += r->resent;
	f->again += r->again;
	f->differences += r->differences;
	if (n == 0)
		return true;
	struct summary_difference *told = realloc(s->told, (s->n_told + n) * sizeof(*told));
	if (told == NULL)
		return false;
	s->told = told;
	for (size_t i = 0; i < n; i++)
		s->told[s->n_told++] = (struct summary_difference){ capture, r->told[i] };
	return true;
}

/* One table of counters by name; zero counters are left out. */
typedef const char *name_fn(const struct summary *s, size_t i, char *buf);

static const char *event_of(const struct summary *s, size_t i, char *buf)
{
	(void)s, (void)buf;
	return event_name((unsigned)i);
}

static const char *anomaly_of(const struct summary *s, size_t i, char *buf)
{
	(void)s, (void)buf;
	return anomaly_name((unsigned)i);
}

static const char *reason_of(const struct summary *s, size_t i, char *buf)
{
	(void)s, (void)buf;
	return reason_name((unsigned)i);
}

static const char *normalized_of(const struct summary *s, size_t i, char *buf)
{
	(void)s, (void)buf;
	return norm_name((unsigned)i);
}

static const char *service_of(const struct summary *s, size_t i, char *buf)
{
	(void)s, (void)buf;
	return proto_name((unsigned)i);
}

static const char *app_of(const struct summary *s, size_t i, char *buf)
{
	(void)s, (void)buf;
	return app_at(i)->name;
}

static const char *alert_of(const struct summary *s, size_t i, char *buf)
{
	const struct sig *g = sigset_at(s->gen->sigs, i);
	sprintf(buf, "%u:%u", g->gid, g->sid);
	return buf;
}

static const char *stock_tag_of(const struct summary *s, size_t i, char *buf)
{
	(void)buf;
	return sigset_tag_name(s->gen->sigs, tag_of(TAGS_STOCK, (unsigned)i));
}

static const char *custom_tag_of(const struct summary *s, size_t i, char *buf)
{
	(void)buf;
	return sigset_tag_name(s->gen->sigs, tag_of(TAGS_CUSTOM, (unsigned)i));
}

struct counters {
	const char *key;
	name_fn *name;
	const uint64_t *v;
	size_t first, n;
};

#define TABLES 9
static void tables(const struct summary *s, struct counters t[TABLES])
{
	const struct sigset *g = s->gen->sigs;
	t[0] = (struct counters){ "services", service_of, s->st.services, 0, PROTO_N };
	t[1] = (struct counters){ "apps", app_of, s->apps, 0, app_n() };
	t[2] = (struct counters){ "events", event_of, s->st.events, 1, EV_N };
	t[3] = (struct counters){ "alerts", alert_of, s->alerts, 0, sigset_n(g) };
	t[4] = (struct counters){ "tags", stock_tag_of, s->tags[TAGS_STOCK], 0, sigset_tags(g, TAGS_STOCK)->nr };
	t[5] = (struct counters){ "tags", custom_tag_of, s->tags[TAGS_CUSTOM], 0, sigset_tags(g, TAGS_CUSTOM)->nr };
	t[6] = (struct counters){ "drops", reason_of, s->st.drops, 1, REASON_N };
	t[7] = (struct counters){ "anomalies", anomaly_of, s->st.anomalies, 0, ANOMALY_N };
	t[8] = (struct counters){ "normalized", normalized_of, s->st.normalized, 0, NORM_N };
}

static void add_table(json_t *root, const struct summary *s, const struct counters *c)
{
	char buf[32];
	json_t *o = json_object_get(root, c->key);
	if (o == NULL) {
		o = json_object();
		json_object_set_new(root, c->key, o);
	}
	for (size_t i = c->first; i < c->n; i++)
		if (c->v[i] != 0)
			json_object_set_new(o, c->name(s, i, buf), json_integer((json_int_t)c->v[i]));
}

static void set_int(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(o, key, json_words(text, strlen(text)));
}

static void set_number(json_t *o, const char *key, uint64_t v)
{
	if (v != 0)
		set_int(o, key, v);
}

/* What a difference does not have is left out. */
static json_t *difference_object(const struct summary_difference *t)
{
	const struct difference *d = &t->d;
	json_t *o = json_object();
	set_text(o, "capture", t->capture);
	set_int(o, "cut", d->cut);
	set_number(o, "cut_octet", d->cut_octet);
	set_number(o, "packet", d->packet);
	set_number(o, "octet", d->octet);
	set_number(o, "session", d->session);
	set_text(o, "what", d->what);
	set_text(o, "id", d->id);
	set_text(o, "field", d->field);
	set_text(o, "expected", d->expected);
	set_text(o, "got", d->got);
	return o;
}

static json_t *failover_object(const struct summary *s)
{
	const struct failover_result *f = &s->failover;
	json_t *o = json_object(), *told = json_array();
	set_int(o, "cuts", f->cuts);
	set_int(o, "equal", f->equal);
	set_int(o, "lost_alerts", f->lost_alerts);
	set_int(o, "extra_alerts", f->extra_alerts);
	set_int(o, "lost_sessions", f->lost_sessions);
	set_int(o, "digest_mismatches", f->digest_mismatches);
	set_int(o, "octets", f->octets);
	set_int(o, "sync_lost", f->sync.lost);
	set_int(o, "sync_reordered", f->sync.reordered);
	set_int(o, "sync_doubled", f->sync.doubled);
	set_int(o, "sync_resent", f->resent);
	set_int(o, "packets_again", f->again);
	set_int(o, "differing", f->differences);
	for (size_t i = 0; i < s->n_told; i++)
		json_array_append_new(told, difference_object(&s->told[i]));
	json_object_set_new(o, "differences", told);
	return o;
}

void summary_json(const struct summary *s, struct outbuf *o)
{
	struct counters t[TABLES];
	json_t *root = json_object();
	json_t *verdicts = json_object();
	set_int(root, "packets", s->packets);
	set_int(root, "bytes", s->bytes);
	set_int(root, "not_ip", s->not_ip);
	set_int(root, "sessions", s->st.sessions);
	tables(s, t);
	for (size_t i = 0; i < TABLES; i++)
		add_table(root, s, &t[i]);
	set_int(verdicts, "pass", s->st.passed + s->not_ip);
	set_int(verdicts, "drop", s->st.dropped);
	json_object_set_new(root, "verdicts", verdicts);
	set_int(root, "rewritten", s->st.rewritten);
	set_int(root, "gaps", s->st.gaps);
	set_int(root, "bad_checksums", s->st.bad_csum);
	set_int(root, "fragments", s->st.fragments);
	set_int(root, "reassembled", s->st.reassembled);
	set_int(root, "uninspected_sessions", s->st.uninspected);
	set_int(root, "lost_matches", s->st.match_lost);
	if (s->failover_run)
		json_object_set_new(root, "failover", failover_object(s));
	json_object_set_new(root, "elapsed_s", json_real(s->elapsed_s));
	set_int(root, "pps", s->elapsed_s > 0 ? (uint64_t)((double)s->packets / s->elapsed_s) : 0);
	char *text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text != NULL) {
		outbuf_add(o, text, strlen(text));
		outbuf_add(o, "\n", 1);
	} else {
		o->bad = true;
	}
	free(text);
	json_decref(root);
}

/* What the text says behind a name. */
static const char *remark(const struct summary *s, const struct counters *c, size_t i)
{
	return c->v == s->alerts ? sigset_at(s->gen->sigs, i)->msg : "";
}

static void table_text(const struct summary *s, const struct counters *c, bool *begun, struct outbuf *o)
{
	char buf[32];
	for (size_t i = c->first; i < c->n; i++) {
		if (c->v[i] == 0)
			continue;
		if (!*begun)
			outbuf_fmt(o, "%s:\n", c->key);
		*begun = true;
		const char *more = remark(s, c, i);
		const int width = more[0] != '\0' ? 12 : 44;
		outbuf_fmt(o, "  %-*s %8llu%s%s\n", width, c->name(s, i, buf), (unsigned long long)c->v[i],
			   more[0] != '\0' ? "  " : "", more);
	}
}

static void failover_text(const struct failover_result *f, struct outbuf *o)
{
	outbuf_fmt(o, "failover: cuts %llu  equal %llu  ", (unsigned long long)f->cuts, (unsigned long long)f->equal);
	outbuf_fmt(o, "lost alerts %llu  extra alerts %llu  lost sessions %llu  digest mismatches %llu\n",
		   (unsigned long long)f->lost_alerts, (unsigned long long)f->extra_alerts, (unsigned long long)f->lost_sessions,
		   (unsigned long long)f->digest_mismatches);
}

/* What is worth a line only when it occurs. */
static void other_text(const struct summary *s, struct outbuf *o)
{
	const struct {
		const char *name;
		uint64_t n;
	} v[] = { { "not IP", s->not_ip },
		  { "fragments", s->st.fragments },
		  { "datagrams made whole", s->st.reassembled },
		  { "bad checksums", s->st.bad_csum },
		  { "rewritten", s->st.rewritten },
		  { "sessions not inspected", s->st.uninspected },
		  { "partial matches lost", s->st.match_lost } };
	const char *before = "";
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		if (v[i].n != 0) {
			outbuf_fmt(o, "%s%s %llu", before, v[i].name, (unsigned long long)v[i].n);
			before = "  ";
		}
	}
	if (*before != '\0')
		outbuf_fmt(o, "\n");
}

/* Events, a hundred names and more, are left to the JSON. */
void summary_text(const struct summary *s, struct outbuf *o)
{
	struct counters t[TABLES];
	outbuf_fmt(o, "packets %llu  bytes %llu  sessions %llu  passed %llu  dropped %llu  gaps %llu\n",
		   (unsigned long long)s->packets, (unsigned long long)s->bytes, (unsigned long long)s->st.sessions,
		   (unsigned long long)(s->st.passed + s->not_ip), (unsigned long long)s->st.dropped,
		   (unsigned long long)s->st.gaps);
	other_text(s, o);
	tables(s, t);
	bool begun = false;
	for (size_t k = 0; k < TABLES; k++) {
		if (t[k].v == s->st.events)
			continue;
		begun = begun && k > 0 && strcmp(t[k].key, t[k - 1].key) == 0; /* both tables of tags are one */
		table_text(s, &t[k], &begun, o);
	}
	if (s->failover_run)
		failover_text(&s->failover, o);
	outbuf_fmt(o, "time %.3f s  rate %.0f packets/s\n", s->elapsed_s,
		   s->elapsed_s > 0 ? (double)s->packets / s->elapsed_s : 0.0);
}
