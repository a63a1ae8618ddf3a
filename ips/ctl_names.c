/* ctl_names.c - `ips tags list` and the live application table: names with the workers' counts beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/ctl_int.h"

/* --- tags ------------------------------------------------------------------------------------------------------ */

struct tag_chunk {
	enum tag_table_id table;
	unsigned worker;
	uint16_t first; /* number of the first tag of this visit */
	/* of one visit */
	uint16_t nr;
	uint64_t hash;
	unsigned n;
	char name[CTL_CHUNK][CTL_TAG_TEXT];
	uint64_t count[CTL_CHUNK];
};

static tag_t tag_of(enum tag_table_id t, unsigned i)
{
	return (tag_t)(i | (t == TAGS_CUSTOM ? TAG_CUSTOM_BIT : 0));
}

/* The first worker's names; every worker's counts, as long as it means the same by the numbers. */
static void take_tags(const struct ctl_view *v, void *ctx)
{
	struct tag_chunk *c = ctx;
	const struct tag_table *t = sigset_tags(engine_gen(v->engine)->sigs, c->table);
	if (c->worker == 0) {
		c->nr = t->nr;
		c->hash = t->hash;
		c->n = c->first < t->nr ? (unsigned)size_min(CTL_CHUNK, t->nr - (size_t)c->first) : 0;
		for (unsigned i = 0; i < c->n; i++)
			snprintf(c->name[i], sizeof(c->name[i]), "%s", t->name[c->first + i]);
		memset(c->count, 0, sizeof(c->count));
	}
	if (t->hash != c->hash || t->nr != c->nr)
		return;
	for (unsigned i = 0; i < c->n; i++)
		c->count[i] += engine_tag_count(v->engine, tag_of(c->table, c->first + i));
}

static void tell_tags(struct ctl_job *j, const struct tag_chunk *c)
{
	static const char *const tables[TAG_TABLE_N] = { "stock", "custom" };
	if (c->first == 0 && !j->json)
		outbuf_fmt(&j->text, "%s tags: nr=%u, hash=%llx\n", tables[c->table], c->nr, (unsigned long long)c->hash);
	for (unsigned i = 0; i < c->n; i++) {
		char number[16];
		snprintf(number, sizeof(number), "%c-%u", c->table == TAGS_STOCK ? 's' : 'c', c->first + i);
		if (j->json) {
			json_t *o = json_object();
			json_object_set_new(o, "tag", json_string(number));
			json_object_set_new(o, "name", json_string(c->name[i]));
			ctl_set(o, "sessions", c->count[i]);
			ctl_row(j, o);
		} else {
			outbuf_fmt(&j->text, "  %-8s %-44s %12llu\n", number, c->name[i], (unsigned long long)c->count[i]);
		}
	}
}

enum ctl_progress ctl_tags(struct ctl_job *j)
{
	struct tag_chunk *c = j->state;
	if (c == NULL) {
		j->state = c = calloc(1, sizeof(*c));
		if (c == NULL)
			return CTL_NOMEM;
		j->free_state = ctl_free_plain;
	}
	for (c->worker = 0; c->worker < j->node->n_workers; c->worker++)
		if (!ctl_visit(j, c->worker, take_tags, c))
			return CTL_DONE;
	tell_tags(j, c);
	c->first = (uint16_t)(c->first + c->n);
	if (c->n != 0 && c->first < c->nr)
		return CTL_MORE;
	c->first = 0;
	c->table = (enum tag_table_id)(c->table + 1);
	return c->table < TAG_TABLE_N ? CTL_MORE : CTL_DONE;
}

/* --- applications ------------------------------------------------------------------------------------------------ */

static void take_apps(const struct ctl_view *v, void *ctx)
{
	uint64_t *seen = ctx;
	for (size_t i = 0; i < app_n(); i++)
		seen[i] += engine_app_count(v->engine, i);
}

static void tell_app(struct ctl_job *j, const struct app *a, uint64_t seen)
{
	const struct app *up = app_by_id(a->parent);
	const char *parent = up != NULL ? up->name : "";
	const char *proto = proto_name(a->proto != PROTO_NONE || up == NULL ? a->proto : up->proto);
	if (!j->json) {
		outbuf_fmt(&j->text, "%-8u %-48s %-15s %-9s %-12s %-13s %-10s %12llu\n", a->id, a->name, a->category, a->risk,
			   parent, a->behaviour, proto, (unsigned long long)seen);
		return;
	}
	json_t *o = json_object();
	ctl_set(o, "id", a->id);
	json_object_set_new(o, "name", json_string(a->name));
	json_object_set_new(o, "category", json_string(a->category));
	json_object_set_new(o, "risk", json_string(a->risk));
	json_object_set_new(o, "parent", json_string(parent));
	json_object_set_new(o, "behaviour", json_string(a->behaviour));
	json_object_set_new(o, "protocol", json_string(proto));
	ctl_set(o, "seen", seen);
	ctl_row(j, o);
}

enum ctl_progress ctl_apps(struct ctl_job *j)
{
	uint64_t *seen = calloc(app_n() + 1, sizeof(*seen));
	if (seen == NULL)
		return CTL_NOMEM;
	bool all = true;
	for (unsigned w = 0; w < j->node->n_workers && all; w++)
		all = ctl_visit(j, w, take_apps, seen);
	if (all && !j->json)
		outbuf_fmt(&j->text, "%-8s %-48s %-15s %-9s %-12s %-13s %-10s %12s\n", "id", "name", "category", "risk",
			   "parent", "behaviour", "protocol", "seen");
	for (size_t i = 0; i < app_n() && all; i++)
		tell_app(j, app_at(i), seen[i]);
	free(seen);
	return CTL_DONE;
}
