/* script.c - the statements of capture scripts, a table, and the blocks they stand in. */
#include "tests/tools/script.h"
#include "tests/tools/expr.h"
#include "tests/tools/flow.h"
#include "tests/tools/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROCS_MAX = 128, CALLS_MAX = 32 };

struct range {
	const struct source *src;
	size_t from, to;
};

struct proc {
	struct text name, params;
	struct range body;
};

struct script {
	struct world w;
	struct env top;
	struct frame_out out;
	struct flows flows;
	struct source *sources;
	struct proc procs[PROCS_MAX];
	size_t n_procs;
	unsigned calls;
	const char *path_out;
	char link[16];
};

struct stmt {
	struct script *s;
	struct env *e;
	struct text args; /* as written; names not yet replaced */
	struct range at, block;
};

static void run(struct script *s, struct env *e, struct range r);

static struct text expanded(const struct stmt *st, struct bytes *b)
{
	env_expand(st->e, st->args, b);
	return text_trim(bytes_text(b));
}

static double seconds(const struct stmt *st)
{
	struct bytes b = { 0 };
	expanded(st, &b);
	char *end;
	const char *str = bytes_str(&b);
	double v = strtod(str, &end);
	if (end == str || v < 0 || v > 4e9)
		fail("not a time in seconds: %s", str);
	bytes_free(&b);
	return v;
}

/* The capture file is opened by the first packet, so that `link` may come before it. */
static void ready(struct script *s)
{
	if (s->out.dumper == NULL)
		frame_open(&s->out, s->path_out, text_of(s->link));
}

static struct flow *flow_named(struct script *s, struct text name)
{
	struct flow *f = flow_find(&s->flows, name);
	if (f == NULL)
		fail("no such flow: %.*s", (int)name.len, name.p);
	return f;
}

static void do_flow(const struct stmt *st)
{
	struct bytes b = { 0 };
	flow_new(&st->s->flows, expanded(st, &b));
	bytes_free(&b);
}

static void do_open(const struct stmt *st)
{
	struct bytes b = { 0 };
	struct text t = expanded(st, &b), name = text_word(&t);
	ready(st->s);
	flow_handshake(&st->s->flows, flow_named(st->s, name), text_is(text_trim(t), "silent"));
	bytes_free(&b);
}

static void do_close(const struct stmt *st)
{
	struct bytes b = { 0 };
	struct text t = expanded(st, &b), name = text_word(&t);
	ready(st->s);
	flow_end(&st->s->flows, flow_named(st->s, name), text_trim(t));
	bytes_free(&b);
}

static void do_wait(const struct stmt *st)
{
	st->s->out.now_us += (int64_t)(seconds(st) * 1e6 + 0.5);
}

static void do_gap(const struct stmt *st)
{
	st->s->out.gap_us = (int64_t)(seconds(st) * 1e6 + 0.5);
}

static void do_time(const struct stmt *st)
{
	st->s->out.now_us = (int64_t)(seconds(st) * 1e6 + 0.5);
}

static void do_link(const struct stmt *st)
{
	struct bytes b = { 0 };
	struct text t = expanded(st, &b);
	if (st->s->out.dumper != NULL || t.len >= sizeof(st->s->link))
		fail("link comes before the first packet, and is ethernet, raw, null or sll");
	snprintf(st->s->link, sizeof(st->s->link), "%.*s", (int)t.len, t.p);
	bytes_free(&b);
}

static void do_frame(const struct stmt *st)
{
	struct bytes b = { 0 };
	ready(st->s);
	expr_eval(st->e, st->args, &b);
	frame_raw(&st->s->out, &b, 0);
	bytes_free(&b);
}

static void do_def(const struct stmt *st)
{
	expr_def(&st->s->w, st->args);
}

static void do_let(const struct stmt *st)
{
	struct bytes b = { 0 };
	struct text t = st->args, name = text_split(&t, "=");
	if (env_name_len(name) != name.len || name.len == 0)
		fail("let NAME = TEXT");
	env_expand(st->e, text_trim(t), &b);
	env_let(st->e, name, bytes_text(&b));
	bytes_free(&b);
}

static void do_include(const struct stmt *st)
{
	struct bytes b = { 0 };
	struct text t = expanded(st, &b);
	struct source *src = source_load(st->at.src->path, t);
	bytes_free(&b);
	src->next = st->s->sources;
	st->s->sources = src;
	run(st->s, st->e, (struct range){ src, 0, src->n });
}

static void do_repeat(const struct stmt *st)
{
	struct text t = st->args, count = text_word(&t), as = text_word(&t), name = text_word(&t);
	int64_t n = env_num(st->e, count);
	if (as.len > 0 && (!text_is(as, "as") || name.len == 0))
		fail("repeat COUNT [as NAME] {");
	for (int64_t i = 0; i < n; i++) {
		struct env frame = env_push(st->e, &st->s->w);
		char buf[24];
		int len = snprintf(buf, sizeof(buf), "%lld", (long long)i);
		if (name.len > 0)
			env_bind(&frame, name, (struct text){ buf, (size_t)len }, NULL);
		run(st->s, &frame, st->block);
		env_pop(&frame);
	}
}

static void do_each(const struct stmt *st)
{
	struct text list = st->args, name = text_word(&list), in = text_word(&list);
	struct bytes b = { 0 };
	if (!text_is(in, "in"))
		fail("each NAME in WORDS {");
	env_expand(st->e, list, &b);
	list = text_trim(bytes_text(&b));
	while (list.len > 0) {
		struct env frame = env_push(st->e, &st->s->w);
		env_bind(&frame, name, text_word(&list), NULL);
		run(st->s, &frame, st->block);
		env_pop(&frame);
		list = text_trim(list);
	}
	bytes_free(&b);
}

static void do_proc(const struct stmt *st)
{
	struct text t = st->args, name = text_word(&t);
	if (st->s->n_procs == PROCS_MAX)
		fail("more than %d procs", PROCS_MAX);
	st->s->procs[st->s->n_procs++] = (struct proc){ name, t, st->block };
}

static const struct proc *proc_find(const struct script *s, struct text name)
{
	for (size_t i = s->n_procs; i-- > 0;)
		if (text_same(s->procs[i].name, name))
			return &s->procs[i];
	fail("no such proc: %.*s", (int)name.len, name.p);
}

/* Binds a proc's parameters, "name" or "name=default", to arguments in order or as name=text. */
static void bind_args(struct env *frame, const struct proc *p, struct text *args, size_t n)
{
	size_t next = 0;
	for (struct text rest = text_trim(p->params); rest.len > 0; rest = text_trim(rest)) {
		struct text value = text_word(&rest), name = text_split(&value, "=");
		const struct env *at = frame->up; /* where a default is read */
		bool given = false;
		for (size_t i = 0; i < n && !given; i++) {
			struct text v = args[i];
			given = text_same(text_split(&v, "="), name) && args[i].len > name.len;
			value = given ? v : value;
			at = given ? NULL : at;
			args[i].len = given ? 0 : args[i].len;
		}
		while (!given && next < n && args[next].len == 0)
			next++;
		if (!given && next < n && memchr(args[next].p, '=', args[next].len) == NULL) {
			value = args[next];
			at = NULL;
			args[next++].len = 0;
		}
		env_bind(frame, name, value, at);
	}
	for (; next < n; next++)
		if (args[next].len != 0)
			fail("proc %.*s does not take %.*s", (int)p->name.len, p->name.p, (int)args[next].len, args[next].p);
}

static void do_call(const struct stmt *st)
{
	struct bytes b = { 0 };
	struct text t = expanded(st, &b), args[CALLS_MAX];
	const struct proc *p = proc_find(st->s, text_word(&t));
	struct env frame = env_push(&st->s->top, &st->s->w);
	size_t n = 0;
	frame.keeps = true;
	for (t = text_trim(t); t.len > 0 && n < CALLS_MAX; t = text_trim(t))
		args[n++] = text_word(&t);
	bind_args(&frame, p, args, n);
	if (++st->s->calls > CALLS_MAX)
		fail("calls nested too deep");
	run(st->s, &frame, p->body);
	st->s->calls--;
	env_pop(&frame);
	bytes_free(&b);
}

static const struct keyword {
	const char *name;
	bool block;
	void (*fn)(const struct stmt *st);
} keywords[] = {
	{ "flow", false, do_flow },    { "open", false, do_open }, { "close", false, do_close }, { "wait", false, do_wait },
	{ "gap", false, do_gap },      { "time", false, do_time }, { "link", false, do_link },   { "frame", false, do_frame },
	{ "def", false, do_def },      { "let", false, do_let },   { "call", false, do_call },   { "include", false, do_include },
	{ "repeat", true, do_repeat }, { "each", true, do_each },  { "proc", true, do_proc },
};

/* "F> [options] EXPRESSION" */
static void send(const struct stmt *st, struct text name)
{
	struct bytes options = { 0 }, payload = { 0 };
	struct text t = text_trim(st->args);
	char c = name.p[name.len - 1];
	name.len--;
	if (t.len > 0 && t.p[0] == '[') {
		const char *end = memchr(t.p, ']', t.len);
		if (end == NULL)
			fail("options left open");
		env_expand(st->e, (struct text){ t.p + 1, (size_t)(end - t.p) - 1 }, &options);
		t.len -= (size_t)(end - t.p) + 1;
		t.p = end + 1;
	}
	expr_eval(st->e, t, &payload);
	ready(st->s);
	flow_send(&st->s->flows, flow_named(st->s, name), c, bytes_text(&options), &payload);
	bytes_free(&options);
	bytes_free(&payload);
}

static void run(struct script *s, struct env *e, struct range r)
{
	for (size_t i = r.from; i < r.to; i++) {
		const struct line *l = &r.src->line[i];
		struct stmt st = { .s = s, .e = e, .args = l->text, .at = r };
		const struct keyword *k = NULL;
		struct bytes first = { 0 };
		fail_at(r.src->path, l->number);
		struct text word = text_word(&st.args);
		for (size_t n = 0; n < sizeof(keywords) / sizeof(keywords[0]) && k == NULL; n++)
			if (text_is(word, keywords[n].name))
				k = &keywords[n];
		if ((l->end != 0) != (k != NULL && k->block))
			fail("{ at the end is for repeat, each and proc, and they need it");
		if (l->end != 0) {
			st.block = (struct range){ r.src, i + 1, l->end };
			i = l->end;
		}
		env_expand(e, word, &first);
		word = bytes_text(&first);
		if (k != NULL)
			k->fn(&st);
		else if (word.len > 1 && strchr("<>", word.p[word.len - 1]) != NULL)
			send(&st, word);
		else
			fail("no such statement: %.*s", (int)word.len, word.p);
		bytes_free(&first);
	}
}

static const struct bytes *last(void *user, struct text name)
{
	struct script *s = user;
	if (name.len < 2 || strchr("<>", name.p[name.len - 1]) == NULL)
		fail("last(FLOW> or FLOW<)");
	return flow_last(flow_named(s, (struct text){ name.p, name.len - 1 }), name.p[name.len - 1]);
}

void script_run(const char *path, const char *out, uint64_t *packets)
{
	struct script *s = calloc(1, sizeof(*s));
	if (s == NULL)
		fail("out of memory");
	s->top = env_push(NULL, &s->w);
	s->top.keeps = true;
	s->w.root = &s->top;
	s->w.user = s;
	s->w.last = last;
	s->flows.out = &s->out;
	s->out.now_us = 1767225600000000; /* 2026-01-01 00:00:00 UTC */
	s->out.gap_us = 1000;
	s->path_out = out;
	snprintf(s->link, sizeof(s->link), "ethernet");
	s->sources = source_load(NULL, text_of(path));
	run(s, &s->top, (struct range){ s->sources, 0, s->sources->n });
	ready(s);
	frame_close(&s->out);
	*packets = s->out.packets;
	flow_fini(&s->flows);
	expr_fini(&s->w);
	env_pop(&s->top);
	source_free(s->sources);
	free(s);
}
