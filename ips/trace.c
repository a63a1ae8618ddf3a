/* trace.c - see trace.h. */
#include "ips/trace.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ips/eve.h"
#include "ips/lists.h"

static uint64_t add_octets(uint64_t sum, struct span s)
{
	return hash_fnv(hash_fnv(sum, &s.len, sizeof(s.len)), s.p, s.len);
}

struct trace_mark trace_mark(const struct verdict *v)
{
	struct trace_mark m = { .pass = v->pass, .held = v->held, .rewritten = v->rewritten.p != NULL, .reason = v->reason,
				.n_release = v->n_release, .sum = HASH_FNV_START };
	if (m.rewritten)
		m.sum = add_octets(m.sum, v->rewritten);
	for (unsigned i = 0; i < v->n_release; i++)
		m.sum = add_octets(m.sum, v->release[i]);
	return m;
}

void trace_verdict(struct outbuf *o, const struct packet *p, const struct trace_mark *m)
{
	outbuf_fmt(o, "v%llu\tverdict=%s reason=%s session=%llu", (unsigned long long)p->nr,
		   m->held ? "hold" : m->pass ? "pass" : "drop", reason_name(m->reason), (unsigned long long)m->serial);
	if (m->rewritten || m->n_release != 0)
		outbuf_fmt(o, " rewritten=%d released=%u octets=%016llx", m->rewritten, m->n_release, (unsigned long long)m->sum);
	outbuf_add(o, "\n", 1);
}

void trace_batch(struct outbuf *o, uint64_t seq)
{
	outbuf_fmt(o, "b%llu\treleased\n", (unsigned long long)seq);
}

void trace_rec(struct outbuf *o, const struct gen *g, const struct rec *r)
{
	char id[REC_ID_TEXT];
	outbuf_fmt(o, "%c%s\t", r->kind == REC_ALERT ? 'a' : r->kind == REC_FLOW ? 'f' : 'r', rec_id(r, id));
	eve_line(r, g, o);
}

/* Each line of a session's part of a list gets a key of its own. */
static void list_lines(struct outbuf *o, uint64_t serial, const char *list, struct outbuf *text)
{
	unsigned nr = 0;
	for (char *line = text->p; line != NULL && *line != '\0';) {
		char *end = strchr(line, '\n');
		if (end == NULL)
			break;
		outbuf_fmt(o, "l%llu.%s.%u\t", (unsigned long long)serial, list, ++nr);
		outbuf_add(o, line, (size_t)(end - line) + 1);
		line = end + 1;
	}
	o->bad = o->bad || text->bad;
	outbuf_clear(text);
}

void trace_lists(struct outbuf *o, struct engine *e)
{
	struct outbuf text = { 0 };
	struct list_env env;
	struct list_row r;
	unsigned long long id = 0;
	list_env_take(e, &env);
	for (struct session *s = session_next(engine_sessions(e), NULL); s != NULL; s = session_next(engine_sessions(e), s)) {
		list_row_take(engine_sessions(e), s, &r);
		list_row_sys(&env, &r, &text);
		list_lines(o, s->s.serial, "sys", &text);
		if (engine_insp(s) == NULL)
			continue;
		list_row_ips(&env, &r, ++id, &text);
		list_lines(o, s->s.serial, "ips", &text);
		list_row_share(&env, &r, &text);
		list_lines(o, s->s.serial, "share", &text);
	}
	outbuf_free(&text);
}

static const char *member_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s != NULL ? s : "";
}

static long long member_int(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static bool alert_line(const char *text, size_t len, struct outbuf *o)
{
	json_t *j = json_loadb(text, len, 0, NULL);
	const json_t *a = json_object_get(j, "alert");
	if (a != NULL) {
		outbuf_fmt(o, "  id=%s packet=%lld %lld:%lld %s, %s", member_text(j, "id"), member_int(j, "pcap_cnt"),
			   member_int(a, "gid"), member_int(a, "signature_id"), member_text(a, "signature"),
			   member_text(j, "src_ip"));
		outbuf_fmt(o, " -> %s\n", member_text(j, "dest_ip"));
	}
	json_decref(j);
	return a != NULL;
}

unsigned trace_alerts(const struct outbuf *trace, size_t from, struct outbuf *o)
{
	unsigned n = 0;
	for (size_t at = from; at < trace->len;) {
		const char *line = trace->p + at, *end = memchr(line, '\n', trace->len - at);
		const char *tab = end != NULL ? memchr(line, '\t', (size_t)(end - line)) : NULL;
		if (tab != NULL && line[0] == 'a')
			n += alert_line(tab + 1, (size_t)(end - tab - 1), o);
		if (end == NULL)
			break;
		at += (size_t)(end + 1 - line);
	}
	return n;
}

/* Octets of the member "id" and the comma behind it, which stands early in a record's line. */
static size_t id_member(const char *line, size_t len, const char **at)
{
	static const char name[] = "\"id\":\"";
	*at = memmem(line, len, name, sizeof(name) - 1);
	if (*at == NULL)
		return 0;
	const char *value = *at + sizeof(name) - 1, *end = memmem(value, len - (size_t)(value - line), "\",", 2);
	return end != NULL ? (size_t)(end + 2 - *at) : 0;
}

void trace_bare_alerts(struct span text, struct outbuf *o)
{
	const char *line = (const char *)text.p, *end, *id;
	for (size_t left = text.len; left > 0 && (end = memchr(line, '\n', left)) != NULL; line = end + 1) {
		const size_t n = (size_t)(end + 1 - line);
		const char *tab = memchr(line, '\t', n);
		left -= n;
		if (*line != 'a' || tab == NULL)
			continue;
		const size_t cut = id_member(tab, n - (size_t)(tab - line), &id);
		outbuf_add(o, "a", 1);
		outbuf_add(o, tab, cut != 0 ? (size_t)(id - tab) : (size_t)(end + 1 - tab));
		if (cut != 0)
			outbuf_add(o, id + cut, (size_t)(end + 1 - id) - cut);
	}
}

struct line {
	const char *key, *text;
	uint32_t key_len, text_len;
};

struct trace {
	struct line *v;
	size_t n;
};

static int by_key(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	const int c = memcmp(x->key, y->key, size_min(x->key_len, y->key_len));
	if (c != 0 || x->key_len != y->key_len)
		return c != 0 ? c : x->key_len < y->key_len ? -1 : 1;
	const int t = memcmp(x->text, y->text, size_min(x->text_len, y->text_len));
	return t != 0 ? t : (x->text_len > y->text_len) - (x->text_len < y->text_len);
}

static bool same(const struct line *x, const struct line *y)
{
	return by_key(x, y) == 0;
}

static void sort_unique(struct trace *t)
{
	if (t->n == 0)
		return;
	qsort(t->v, t->n, sizeof(*t->v), by_key);
	size_t n = 1;
	for (size_t i = 1; i < t->n; i++)
		if (!same(&t->v[i], &t->v[n - 1]))
			t->v[n++] = t->v[i];
	t->n = n;
}

enum err trace_parse(const char *text, size_t len, struct trace **out)
{
	size_t lines = 0;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	struct trace *t = calloc(1, sizeof(*t));
	if (t == NULL || (t->v = calloc(lines + 1, sizeof(*t->v))) == NULL) {
		free(t);
		return ERR_NOMEM;
	}
	for (const char *p = text, *end; len > 0 && (end = memchr(p, '\n', len)) != NULL;
	     len -= (size_t)(end + 1 - p), p = end + 1) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));
		if (tab == NULL || *p == 'b')
			continue;
		t->v[t->n++] = (struct line){
			.key = p, .key_len = (uint32_t)(tab - p), .text = tab + 1, .text_len = (uint32_t)(end - tab - 1)
		};
	}
	sort_unique(t);
	*out = t;
	return OK;
}

void trace_free(struct trace *t)
{
	if (t == NULL)
		return;
	free(t->v);
	free(t);
}

static void note(struct trace_diff *d, const char *what, const struct line *l)
{
	if (d->first[0] == '\0')
		snprintf(d->first, sizeof(d->first), "%s: %.*s %.*s", what, (int)l->key_len, l->key, (int)l->text_len, l->text);
}

static void missing(struct trace_diff *d, const struct line *l)
{
	note(d, "missing", l);
	d->lost_alerts += l->key[0] == 'a';
	d->lost_sessions += l->key[0] == 'f';
	d->other += l->key[0] != 'a' && l->key[0] != 'f';
}

static void extra(struct trace_diff *d, const struct line *l)
{
	note(d, "extra", l);
	d->extra_alerts += l->key[0] == 'a';
	d->other += l->key[0] != 'a';
}

static bool same_key(const struct line *x, const struct line *y)
{
	return x->key_len == y->key_len && memcmp(x->key, y->key, x->key_len) == 0;
}

static struct span text_of(const struct line *l)
{
	return l != NULL ? span_of(l->text, l->text_len) : (struct span){ 0 };
}

static void change(const struct line *x, const struct line *y, struct trace_diff *d, trace_change_fn *tell, void *arg)
{
	const struct line *any = x != NULL ? x : y;
	const struct trace_change c = { span_of(any->key, any->key_len), text_of(x), text_of(y) };
	if (x != NULL)
		missing(d, x);
	if (y != NULL)
		extra(d, y);
	if (tell != NULL)
		tell(arg, &c);
}

bool trace_compare(const struct trace *x, const struct trace *y, struct trace_diff *d, trace_change_fn *tell, void *arg)
{
	memset(d, 0, sizeof(*d));
	size_t i = 0, k = 0;
	while (i < x->n || k < y->n) {
		const struct line *l = i < x->n ? &x->v[i] : NULL, *m = k < y->n ? &y->v[k] : NULL;
		const int c = l == NULL ? 1 : m == NULL ? -1 : by_key(l, m);
		const bool both = c == 0 || (l != NULL && m != NULL && same_key(l, m));
		if (c != 0)
			change(both || c < 0 ? l : NULL, both || c > 0 ? m : NULL, d, tell, arg);
		i += both || c < 0;
		k += both || c > 0;
	}
	return d->first[0] == '\0';
}

/* Octets of a node's text before its last batch. */
static size_t before_last_batch(struct span text)
{
	size_t at = text.len;
	while (at > 0 && !(text.p[at - 1] == 'b' && (at == 1 || text.p[at - 2] == '\n')))
		at--;
	return at > 0 ? at - 1 : 0;
}

static bool is_record(const struct line *l)
{
	return l->key[0] == 'a' || l->key[0] == 'f' || l->key[0] == 'r';
}

enum err trace_twice(struct span first, struct span second, unsigned *n)
{
	struct trace *a = NULL, *b = NULL;
	*n = 0;
	enum err e = trace_parse((const char *)first.p, before_last_batch(first), &a);
	if (e == OK)
		e = trace_parse((const char *)second.p, second.len, &b);
	for (size_t i = 0, k = 0; e == OK && i < a->n && k < b->n;) {
		const int c = by_key(&a->v[i], &b->v[k]);
		*n += c == 0 && is_record(&a->v[i]);
		i += c <= 0;
		k += c >= 0;
	}
	trace_free(a);
	trace_free(b);
	return e;
}
