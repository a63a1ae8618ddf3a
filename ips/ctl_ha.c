/* ctl_ha.c - `ips ha info|mode|active|passive`: the pair, a column a node, in the layout of seed 004. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/ctl_int.h"
#include "ips/utc.h"

enum { LABEL = 16, COLUMN = 27, TEXT = 64 };

struct pair {
	struct ha_status st;
	struct ctl_about about;
};

static void copy_status(const struct ctl_view *v, void *ctx)
{
	struct ha_status *st = ctx;
	if (v->ha != NULL)
		*st = *v->ha;
}

static bool look(struct ctl_job *j, struct pair *p)
{
	memset(p, 0, sizeof(*p));
	j->node->about(j->node->arg, &p->about);
	return ctl_visit(j, 0, copy_status, &p->st);
}

/* --- texts ------------------------------------------------------------------------------------------------ */

static const char *role_text(unsigned role, char *buf)
{
	snprintf(buf, TEXT, "%s", ha_role_name(role));
	buf[0] = (char)toupper((unsigned char)buf[0]);
	return buf;
}

static const char *when(mono_t t, char *buf)
{
	const struct utc u = utc_of(t);
	if (t.ns == 0)
		return "N/A";
	snprintf(buf, TEXT, "%04d-%02u-%02u %02u:%02u:%02u", u.year, u.month, u.day, u.hour, u.minute, u.second);
	return buf;
}

static const char *link_text(enum link_state l)
{
	switch (l) {
	case LINK_DOWN:
		return "Down";
	case LINK_HANDSHAKE:
		return "Connecting";
	case LINK_UP:
		break;
	}
	return "OK";
}

static const char *role_state(unsigned role)
{
	return role == HA_ACTIVE ? "Running" : role == HA_STANDBY ? "Ready" : "Busy";
}

/* --- rows: {label, only with -v, own text, peer's text} ---------------------------------------------------- */

typedef const char *cell_fn(const struct pair *p, bool peer, char *buf);

static const char *cell_model(const struct pair *p, bool peer, char *buf)
{
	(void)p, (void)buf;
	return peer ? "N/A" : "ips";
}

static const char *cell_version(const struct pair *p, bool peer, char *buf)
{
	(void)buf;
	return peer ? "N/A" : p->about.version;
}

static const char *cell_mode(const struct pair *p, bool peer, char *buf)
{
	if (peer && p->st.peer_dead)
		return "Lost";
	return role_text(peer ? p->st.peer.role : p->st.role, buf);
}

static const char *cell_since(const struct pair *p, bool peer, char *buf)
{
	return peer ? "N/A" : when(p->st.since, buf);
}

static const char *cell_supervisor(const struct pair *p, bool peer, char *buf)
{
	(void)buf;
	return (peer ? p->st.peer.role : p->st.role) == HA_ACTIVE ? "true" : "false";
}

static const char *cell_quality(const struct pair *p, bool peer, char *buf)
{
	snprintf(buf, TEXT, "%u", peer ? p->st.peer.quality : p->st.quality);
	return buf;
}

static const char *cell_priority(const struct pair *p, bool peer, char *buf)
{
	snprintf(buf, TEXT, "%u", peer ? p->st.peer.priority : p->st.priority);
	return buf;
}

static const char *cell_sync(const struct pair *p, bool peer, char *buf)
{
	(void)buf;
	return peer ? "N/A" : ha_sync_name(p->st.sync);
}

static const char *cell_synced(const struct pair *p, bool peer, char *buf)
{
	return peer ? "N/A" : when(p->st.synced_since, buf);
}

static const char *cell_boot(const struct pair *p, bool peer, char *buf)
{
	return peer ? "N/A" : when(p->about.started, buf);
}

static const char *cell_state(const struct pair *p, bool peer, char *buf)
{
	(void)buf;
	return role_state(peer ? p->st.peer.role : p->st.role);
}

static const char *cell_sync_id(const struct pair *p, bool peer, char *buf)
{
	const uint64_t own = p->st.role == HA_ACTIVE ? p->st.sent : p->st.applied;
	snprintf(buf, TEXT, "%llu", (unsigned long long)(peer ? p->st.peer.seq : own));
	return buf;
}

static const char *cell_term(const struct pair *p, bool peer, char *buf)
{
	snprintf(buf, TEXT, "%llu", (unsigned long long)(peer ? p->st.peer.term : p->st.term));
	return buf;
}

static const char *cell_boot_id(const struct pair *p, bool peer, char *buf)
{
	snprintf(buf, TEXT, "%016llx", (unsigned long long)(peer ? p->st.peer_boot_id : p->st.boot_id));
	return buf;
}

static const char *cell_heard(const struct pair *p, bool peer, char *buf)
{
	if (!peer)
		return "N/A";
	snprintf(buf, TEXT, "%lld ms ago", (long long)(mono_diff(p->about.now, p->st.peer_at) / NS_PER_MS));
	return buf;
}

static const char *cell_link(const struct pair *p, bool peer, char *buf)
{
	(void)buf;
	return peer ? "N/A" : link_text(p->st.link);
}

static const char *cell_none(const struct pair *p, bool peer, char *buf)
{
	(void)p, (void)peer, (void)buf;
	return "N/A";
}

static const struct row {
	const char *label;
	bool verbose;
	cell_fn *cell;
} rows[] = {
	{ "model", false, cell_model },     { "version", false, cell_version },   { "forced", false, cell_none },
	{ "mode", false, cell_mode },       { "  since", false, cell_since },     { "supervisor", true, cell_supervisor },
	{ "quality", false, cell_quality }, { "priority", false, cell_priority }, { "sync state", false, cell_sync },
	{ "  since", true, cell_synced },   { "is conf sync", false, cell_none }, { "last conf sync", true, cell_none },
	{ "boot", false, cell_boot },       { "boot id", true, cell_boot_id },    { "state", true, cell_state },
	{ "sync id", true, cell_sync_id },  { "term", true, cell_term },          { "heartbeat", true, cell_heard },
	{ "main link", false, cell_link },  { "backup link", false, cell_none },
};

static void tell_row(struct ctl_job *j, const struct pair *p, const struct row *r)
{
	char own[TEXT], peer[TEXT];
	outbuf_fmt(&j->text, "%-*s: %-*s%s\n", LABEL, r->label, COLUMN, r->cell(p, false, own),
		   p->st.peer_seen ? r->cell(p, true, peer) : "N/A");
}

/* --- counters ---------------------------------------------------------------------------------------------- */

struct sum {
	const char *key;
	uint64_t v;
};
enum { SUMS = 11 };

static void sums(const struct ha_status *s, struct sum v[SUMS])
{
	const struct sum all[SUMS] = { { "sent", s->sent },
				       { "acknowledged", s->acked },
				       { "applied", s->applied },
				       { "octets", s->octets },
				       { "bulk_left", s->bulk_left },
				       { "resyncs", s->resyncs },
				       { "digest_mismatches", s->digest_mismatches },
				       { "refused", s->refused },
				       { "commit_timeouts", s->commit_timeouts },
				       { "backlog_dropped", s->backlog_dropped },
				       { "promotions", s->promotions } };
	memcpy(v, all, sizeof(all));
}

static void tell_counters(struct ctl_job *j, const struct ha_status *st)
{
	struct sum v[SUMS];
	const struct ctl_counters link = { "link", link_counter_name, st->counter, 0, LINK_COUNTER_N };
	sums(st, v);
	outbuf_fmt(&j->text, "replication:\n");
	for (unsigned i = 0; i < SUMS; i++)
		outbuf_fmt(&j->text, "  %-44s %12llu\n", v[i].key, (unsigned long long)v[i].v);
	ctl_table(j, NULL, &link);
}

static void tell_notices(struct ctl_job *j, const struct ha_status *s)
{
	if (!s->peer_seen && (s->counter[LINK_BAD_KEY] != 0 || s->counter[LINK_BAD_BEAT] != 0))
		outbuf_fmt(&j->text, "Notice: what comes from the peer's address is not sealed with this node's key: "
				     "set the same password and group-name on both nodes\n");
	else if (!s->peer_seen)
		outbuf_fmt(&j->text, "Notice: no heartbeat of the peer has come since the start\n");
	else if (s->peer_dead)
		outbuf_fmt(&j->text, "Notice: the peer is gone\n");
	if (s->sync == HA_SYNCING)
		outbuf_fmt(&j->text, "Notice: synchronising: %llu sessions are left\n", (unsigned long long)s->bulk_left);
	if (s->sync == HA_ALONE)
		outbuf_fmt(&j->text, "Notice: no peer holds this node's sessions: they would not survive it\n");
}

/* --- JSON -------------------------------------------------------------------------------------------------- */

static void set_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_string(text));
}

static void set_time(json_t *o, const char *key, mono_t t)
{
	char buf[TEXT];
	json_object_set_new(o, key, t.ns != 0 ? json_string(when(t, buf)) : json_null());
}

static json_t *node_json(const struct pair *p, bool peer)
{
	char buf[TEXT];
	const struct ha_status *s = &p->st;
	json_t *o = json_object();
	set_text(o, "mode", peer && s->peer_dead ? "lost" : ha_role_name(peer ? s->peer.role : s->role));
	ctl_set(o, "quality", peer ? s->peer.quality : s->quality);
	ctl_set(o, "priority", peer ? s->peer.priority : s->priority);
	ctl_set(o, "term", peer ? s->peer.term : s->term);
	set_text(o, "sync_id", cell_sync_id(p, peer, buf));
	set_text(o, "boot_id", cell_boot_id(p, peer, buf));
	if (peer) {
		ctl_set(o, "heartbeat_ms", (uint64_t)(mono_diff(p->about.now, s->peer_at) / NS_PER_MS));
		return o;
	}
	set_text(o, "name", p->about.hostname);
	set_text(o, "version", p->about.version);
	set_time(o, "since", s->since);
	set_time(o, "boot", p->about.started);
	set_text(o, "sync_state", ha_sync_name(s->sync));
	set_time(o, "sync_since", s->synced_since);
	set_text(o, "main_link", link_text(s->link));
	return o;
}

static void info_json(struct ctl_job *j, const struct pair *p)
{
	struct sum v[SUMS];
	const struct ctl_counters link = { "link", link_counter_name, p->st.counter, 0, LINK_COUNTER_N };
	json_t *root = json_object(), *repl = json_object();
	json_object_set_new(root, "enabled", json_boolean(p->st.enabled));
	if (p->st.enabled) {
		json_object_set_new(root, "local", node_json(p, false));
		json_object_set_new(root, "peer", p->st.peer_seen ? node_json(p, true) : json_null());
		sums(&p->st, v);
		for (unsigned i = 0; i < SUMS; i++)
			ctl_set(repl, v[i].key, v[i].v);
		json_object_set(root, "replication", repl);
		ctl_table(j, root, &link);
	}
	json_decref(repl);
	ctl_row(j, root);
}

/* --- commands ---------------------------------------------------------------------------------------------- */

enum ctl_progress ctl_ha_info(struct ctl_job *j)
{
	struct pair p;
	char name[TEXT];
	if (!look(j, &p))
		return CTL_DONE;
	if (j->json) {
		info_json(j, &p);
		return CTL_DONE;
	}
	if (!p.st.enabled) {
		outbuf_fmt(&j->text, "HA is off: this node stands alone ('set mode a-p' in 'config system ha' makes a pair)\n");
		return CTL_DONE;
	}
	snprintf(name, sizeof(name), "%s (local)", p.about.hostname);
	outbuf_fmt(&j->text, "Nodes status:\n%*s%-*s%s\n", LABEL, "", COLUMN + 2, name, "peer");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!rows[i].verbose || j->args.verbose)
			tell_row(j, &p, &rows[i]);
	if (j->args.verbose)
		tell_counters(j, &p.st);
	tell_notices(j, &p.st);
	return CTL_DONE;
}

enum ctl_progress ctl_ha_mode(struct ctl_job *j)
{
	struct pair p;
	if (!look(j, &p))
		return CTL_DONE;
	const char *mode = p.st.enabled ? ha_role_name(p.st.role) : "standalone";
	if (j->json) {
		json_t *o = json_object();
		set_text(o, "mode", mode);
		ctl_row(j, o);
	} else {
		outbuf_fmt(&j->text, "%s\n", mode);
	}
	return CTL_DONE;
}

enum ctl_progress ctl_ha_role(struct ctl_job *j)
{
	const enum ctl_role want = j->args.command == CC_HA_ACTIVE ? CTL_ACTIVE : CTL_PASSIVE;
	struct outbuf told = { 0 };
	const enum err e = j->node->role(j->node->arg, want, &told);
	return ctl_told(j, e, &told, want == CTL_ACTIVE ? "this node does not become active" : "this node does not hand over");
}
