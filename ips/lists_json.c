/* lists_json.c - see lists_json.h. */
#include "ips/lists_json.h"

static void set_int(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void set_text(json_t *o, const char *key, const char *v)
{
	json_object_set_new(o, key, json_string(v));
}

static void set_hex(json_t *o, const char *key, uint64_t v)
{
	char text[24];
	snprintf(text, sizeof(text), "%llx", (unsigned long long)v);
	set_text(o, key, text);
}

/* Ends of the flow, and what all three lists tell of it. */
static json_t *begin(const struct list_env *env, const struct list_row *r)
{
	const struct tuple *t = &r->s.tuple[DIR_ORIG];
	char a[ADDR_TEXT];
	json_t *o = json_object();
	set_int(o, "serial", r->s.serial);
	set_int(o, "proto", t->proto);
	set_text(o, "client", addr_text(&t->src, t->family, a));
	set_int(o, "client_port", t->sport);
	set_text(o, "server", addr_text(&t->dst, t->family, a));
	set_int(o, "server_port", list_server_port(t));
	set_int(o, "vd", t->vdom);
	set_int(o, "policy_id", r->s.policy_id);
	set_int(o, "age", (uint64_t)list_seconds(env->now, r->s.start));
	set_int(o, "idle", (uint64_t)list_seconds(env->now, r->s.last));
	set_int(o, "expire", (uint64_t)list_seconds(r->s.expires, env->now));
	json_object_set_new(o, "larval", json_boolean(r->larval));
	return o;
}

static json_t *app(uint32_t id)
{
	const struct app *a = app_by_id(id);
	json_t *o = json_object();
	set_int(o, "id", id);
	set_text(o, "name", a != NULL ? a->name : "unknown");
	return o;
}

static json_t *tags(const struct list_row *r)
{
	json_t *v = json_array();
	for (unsigned i = 0; i < r->tags.n; i++) {
		char text[16];
		const tag_t g = r->tags.id[i];
		snprintf(text, sizeof(text), "%c-%u", (g & TAG_CUSTOM_BIT) != 0 ? 'c' : 's', g & ~TAG_CUSTOM_BIT);
		json_array_append_new(v, json_string(text));
	}
	return v;
}

static json_t *end(const struct list_env *env, const struct list_row *r, enum dir d)
{
	const struct list_dir *m = &r->dir[d];
	json_t *o = json_object();
	set_text(o, "state", list_end_state(r, d));
	set_int(o, "seen", m->seen);
	set_int(o, "inspected", m->inspected);
	set_int(o, "held", m->held);
	set_int(o, "out_of_order", m->n_ooo);
	set_int(o, "gaps", m->n_gaps);
	set_int(o, "differed", m->differed);
	json_object_set_new(o, "blocked", json_boolean(m->blocked));
	json_object_set_new(o, "ignored", json_boolean(env->ignore_after != 0 && m->inspected >= env->ignore_after));
	return o;
}

json_t *list_json_ips(const struct list_env *env, const struct list_row *r, unsigned long long id)
{
	char letters[LIST_LETTERS];
	json_t *o = begin(env, r);
	set_int(o, "id", id);
	set_int(o, "flag", r->s.flags);
	set_text(o, "letters", list_letters(r, letters));
	set_int(o, "ignore_after", env->ignore_after);
	json_object_set_new(o, "client_state", end(env, r, DIR_ORIG));
	json_object_set_new(o, "server_state", end(env, r, DIR_REPLY));
	set_int(o, "pause", r->s.tcp.n_pause);
	set_int(o, "paws", r->s.tcp.n_paws);
	json_object_set_new(o, "app", app(r->app));
	json_object_set_new(o, "last_app", app(r->last_app));
	set_int(o, "unknown_size", r->service == SVC_UNDECIDED ? r->dir[0].look + r->dir[1].look : 0);
	set_text(o, "cnfm", list_confirmed(r));
	set_text(o, "set", list_set_by_port(r));
	set_text(o, "asm", list_assembled(r));
	set_text(o, "protocol", proto_name(r->proto));
	set_int(o, "alerts", r->n_alerts);
	json_object_set_new(o, "tags", tags(r));
	return o;
}

static json_t *count(const struct list_row *r, enum dir d)
{
	json_t *o = json_object();
	set_int(o, "bytes", r->s.n[d].bytes);
	set_int(o, "packets", r->s.n[d].packets);
	set_int(o, "allow_err", r->s.n[d].allow_err);
	set_int(o, "in", r->s.ifin[d]);
	set_int(o, "tos", r->s.tos[d]);
	return o;
}

static json_t *mac(const uint8_t m[6])
{
	char text[18];
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return json_string(text);
}

json_t *list_json_sys(const struct list_env *env, const struct list_row *r, unsigned long long id)
{
	static const char *const words[] = {
#define X(bit, name_id, name) [bit] = name,
		SESSION_FLAG_LIST(X)
#undef X
	};
	(void)id;
	json_t *o = begin(env, r), *state = json_array();
	set_int(o, "proto_state", r->proto_state);
	set_int(o, "timeout", r->s.timeout_s);
	set_int(o, "ha_id", r->owner);
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if ((r->s.flags >> i & 1) != 0)
			json_array_append_new(state, json_string(words[i]));
	json_object_set_new(o, "state", state);
	json_object_set_new(o, "org", count(r, DIR_ORIG));
	json_object_set_new(o, "reply", count(r, DIR_REPLY));
	json_object_set_new(o, "src_mac", mac(r->s.src_mac));
	json_object_set_new(o, "dst_mac", mac(r->s.dst_mac));
	set_int(o, "app", list_app(r));
	json_object_set_new(o, "inspected", json_boolean(r->inspected));
	return o;
}

json_t *list_json_share(const struct list_env *env, const struct list_row *r, unsigned long long id)
{
	(void)id;
	json_t *o = begin(env, r);
	set_int(o, "service", r->service == SVC_COTP ? SERVICE_COTP_ID : 0);
	set_int(o, "ignore_app_after", env->ignore_after);
	set_int(o, "last_app", r->last_app);
	set_int(o, "buffer_len", r->buffer_len);
	for (enum tag_table_id i = TAGS_STOCK; i < TAG_TABLE_N; i++) {
		json_t *t = json_object();
		set_int(t, "nr", env->tags[i].nr);
		set_hex(t, "hash", env->tags[i].hash);
		json_object_set_new(o, i == TAGS_STOCK ? "stock_tags" : "custom_tags", t);
	}
	json_object_set_new(o, "tags", tags(r));
	return o;
}
