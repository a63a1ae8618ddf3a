/* ctl_rig.h - a node of two workers, without threads, that control requests are put to; and their answers, taken apart. */
#ifndef TESTS_UNIT_CTL_RIG_H
#define TESTS_UNIT_CTL_RIG_H

#include <jansson.h>
#include <stdlib.h>

#include "ips/ctl_int.h"
#include "ips/diary.h"
#include "tests/unit/engine_rig.h"

enum { FAKE_WORKERS = 2 };

struct fake {
	struct rig rig[FAKE_WORKERS];
	struct ctl_node node;
	struct diary diary;
	struct ha_status ha;
	struct pktio io;
	enum err visit_fails, told_fails;
	unsigned n_visits, dead_worker; /* dead_worker: 1 and up; 0 none */
	void (*after_visit)(struct fake *f, unsigned worker);
	enum ctl_role role;
	unsigned n_roles, n_reloads;
};

static inline enum err fake_visit(void *arg, unsigned worker, ctl_visit_fn *fn, void *ctx)
{
	struct fake *f = arg;
	CU_ASSERT_FATAL(worker < f->node.n_workers);
	f->n_visits++;
	if (f->visit_fails != OK || worker + 1 == f->dead_worker)
		return f->visit_fails != OK ? f->visit_fails : ERR_TIMEOUT;
	const struct ctl_view v = { .worker = worker, .engine = f->rig[worker].e, .io = &f->io, .ha = &f->ha, .diary = &f->diary };
	const size_t before = session_count(engine_sessions(v.engine));
	fn(&v, ctx);
	CU_ASSERT_TRUE(before - session_count(engine_sessions(v.engine)) <= CTL_CHUNK);
	if (f->after_visit != NULL)
		f->after_visit(f, worker);
	return OK;
}

static inline enum err fake_reload(void *arg, struct outbuf *told)
{
	struct fake *f = arg;
	f->n_reloads++;
	outbuf_fmt(told, "%s", f->told_fails == OK ? "generation 2: 7 rules" : "x.conf:3: 'foo': unknown");
	return f->told_fails;
}

static inline enum err fake_role(void *arg, enum ctl_role want, struct outbuf *told)
{
	struct fake *f = arg;
	f->n_roles++;
	f->role = want;
	outbuf_fmt(told, "%s", f->told_fails == OK ? "done\n" : "the peer is not in sync\n");
	return f->told_fails;
}

static inline void fake_about(void *arg, struct ctl_about *out)
{
	(void)arg;
	*out = (struct ctl_about){ .hostname = "fw-a",
				   .version = "9.8.7",
				   .config = "/etc/ips/ips.conf",
				   .pid = 4711,
				   .started = mono_ns(INT64_C(1571743860) * NS_PER_SEC),
				   .now = mono_ns(INT64_C(1571743960) * NS_PER_SEC),
				   .generation = 3 };
}

static inline void fake_stats(const struct pktio *io, struct pktio_stats *st)
{
	(void)io;
	*st = (struct pktio_stats){ .packets = 11, .bytes = 12, .not_ip = 13, .passed = 14, .dropped = 15, .injected = 16,
				    .cut_short = 17, .gso = 18, .unusable = 19, .not_rewritten = 20, .refused = 21,
				    .not_injected = 22, .queue_dropped = 23, .user_dropped = 24, .pending = 25 };
}

static inline void fake_new(struct fake *f, const struct rig_opts *o)
{
	static const struct pktio_ops ops = { .name = "fake", .stats = fake_stats };
	memset(f, 0, sizeof(*f));
	for (unsigned i = 0; i < FAKE_WORKERS; i++)
		rig_new(&f->rig[i], o);
	f->io.ops = &ops;
	f->node = (struct ctl_node){ .n_workers = FAKE_WORKERS,
				     .visit = fake_visit,
				     .reload = fake_reload,
				     .role = fake_role,
				     .about = fake_about,
				     .arg = f };
}

static inline void fake_end(struct fake *f)
{
	for (unsigned i = 0; i < FAKE_WORKERS; i++)
		rig_end(&f->rig[i]);
}

/* n TCP sessions of worker w that are open but for their answer. */
static inline void fake_open(struct fake *f, unsigned w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		f->rig[w].cport++;
		CU_ASSERT_EQUAL(rig_tcp(&f->rig[w], DIR_ORIG, TCP_SYN, 100, 0, ""), REASON_NONE);
	}
}

/* --- answers ------------------------------------------------------------------------------------------------ */

static struct {
	struct outbuf text;
	json_t *rows;
	char error[1024];
	int code;
	bool ended;
	unsigned lines, stop_after; /* stop_after: emit answers false then */
} got;

static inline void got_line(const char *line, size_t len)
{
	json_t *o = json_loadb(line, len, 0, NULL);
	json_t *text = json_object_get(o, "text"), *row = json_object_get(o, "row"), *error = json_object_get(o, "error");
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	CU_ASSERT_FALSE(got.ended); /* nothing behind the end */
	got.lines++;
	if (text != NULL)
		outbuf_add(&got.text, json_string_value(text), json_string_length(text));
	if (row != NULL)
		json_array_append(got.rows, row);
	if (error != NULL) {
		CU_ASSERT_EQUAL(got.code, 0); /* one at most */
		snprintf(got.error, sizeof(got.error), "%s", json_string_value(error));
		got.code = (int)json_integer_value(json_object_get(o, "code"));
		CU_ASSERT_TRUE(got.code > 0);
	}
	got.ended = json_is_true(json_object_get(o, "end"));
	CU_ASSERT_EQUAL((text != NULL) + (row != NULL) + (error != NULL) + got.ended, 1);
	json_decref(o);
}

static inline bool got_lines(void *arg, const struct outbuf *lines)
{
	(void)arg;
	CU_ASSERT_TRUE(lines->len > 0 && lines->len < 4 << 20 && lines->p[lines->len - 1] == '\n');
	for (size_t at = 0; at < lines->len;) {
		const char *nl = memchr(lines->p + at, '\n', lines->len - at);
		got_line(lines->p + at, (size_t)(nl - lines->p) - at);
		at = (size_t)(nl - lines->p) + 1;
	}
	return got.stop_after == 0 || --got.stop_after > 0;
}

static inline void got_clear(void)
{
	outbuf_free(&got.text);
	json_decref(got.rows);
	memset(&got, 0, sizeof(got));
	got.rows = json_array();
}

static inline void ask_raw(struct fake *f, const char *request, size_t len)
{
	const unsigned stop = got.stop_after;
	got_clear();
	got.stop_after = stop;
	ctl_answer(&f->node, request, len, got_lines, NULL);
	CU_ASSERT_TRUE(got.ended || stop != 0);
}

static inline char *request_of(const char *words, bool json)
{
	static char text[1 << 16];
	char copy[1024], *save = NULL;
	json_t *o = json_object(), *v = json_array();
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		json_array_append_new(v, json_string(w));
	json_object_set_new(o, "words", v);
	json_object_set_new(o, "json", json_boolean(json));
	char *s = json_dumps(o, JSON_COMPACT);
	snprintf(text, sizeof(text), "%s", s);
	free(s);
	json_decref(o);
	return text;
}

/* The text of the answer; "" when there is none. */
static inline const char *ask(struct fake *f, const char *words)
{
	const char *r = request_of(words, false);
	ask_raw(f, r, strlen(r));
	return got.text.p != NULL ? got.text.p : "";
}

/* The answer's rows. */
static inline const json_t *ask_json(struct fake *f, const char *words)
{
	const char *r = request_of(words, true);
	ask_raw(f, r, strlen(r));
	CU_ASSERT_EQUAL(got.text.len, 0);
	return got.rows;
}

#endif
