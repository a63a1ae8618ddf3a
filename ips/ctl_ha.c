/* ctl_ha.c - `ips ha info`: the pair, a column a node, in the layout of seed 004; `ips ha mode|active|passive|reset`. */
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

/* --- columns ----------------------------------------------------------------------------------------------- */

/* A node as the table shows it. told false: the peer is of a version that says nothing beside its role. */
struct column {
	bool peer, told, lost;
	const char *name, *version;
	unsigned forced, role, sync;
	mono_t since, synced, boot;
	uint8_t quality;
	uint16_t priority;
	uint64_t boot_id, seq, term, serial, conf, rules;
	uint8_t link[HA_TOLD_LINKS];      /* 0 there is none, else 1 + enum link_state */
	int64_t heard_ms;
};

static struct column own_column(const struct pair *p)
{
	const struct ha_status *s = &p->st;
	return (struct column){ .told = true,
				.name = p->about.hostname,
				.version = p->about.version,
				.forced = s->forced,
				.role = s->role,
				.sync = s->sync,
				.since = s->since,
				.synced = s->synced_since,
				.boot = mono_add(p->about.now, -(int64_t)s->age_s * NS_PER_SEC),
				.quality = s->quality,
				.priority = s->priority,
				.boot_id = s->boot_id,
				.seq = s->role == HA_ACTIVE ? s->sent : s->applied,
				.term = s->term,
				.serial = s->serial,
				.conf = s->conf,
				.rules = s->rules,
				.link = { ha_status_link(s, 0), ha_status_link(s, 1) } };
}

static mono_t ago(const struct pair *p, uint32_t seconds)
{
	return seconds == HA_NEVER ? mono_ns(0) : mono_add(p->st.peer_at, -(int64_t)seconds * NS_PER_SEC);
}

static struct column peer_column(const struct pair *p)
{
	const struct ha_status *s = &p->st;
	const struct ha_told *t = &s->peer_told;
	return (struct column){ .peer = true,
				.told = t->serial != 0,
				.lost = s->peer_dead,
				.name = t->name,
				.version = t->version,
				.forced = t->forced,
				.role = s->peer.role,
				.sync = t->sync,
				.since = ago(p, t->since_s),
				.synced = ago(p, t->synced_s),
				.boot = ago(p, t->age_s),
				.quality = s->peer.quality,
				.priority = s->peer.priority,
				.boot_id = s->peer_boot_id,
				.seq = s->peer.seq,
				.term = s->peer.term,
				.serial = t->serial,
				.conf = t->conf,
				.rules = t->rules,
				.link = { t->link[0], t->link[1] },
				.heard_ms = mono_diff(p->about.now, s->peer_at) / NS_PER_MS };
}

/* Are both nodes configured alike? NULL: it cannot be told. */
static const char *same_conf(const struct pair *p)
{
	const struct ha_status *s = &p->st;
	if (!s->peer_seen || s->peer_told.conf == 0 || s->conf == 0)
		return NULL;
	return s->conf == s->peer_told.conf && s->rules == s->peer_told.rules ? "yes" : "no";
}

/* --- rows: {label, only with -v, what stands there} ---------------------------------------------------------- */

typedef const char *cell_fn(const struct pair *p, const struct column *c, char *buf);

static const char *cell_number(uint64_t n, char *buf)
{
	snprintf(buf, TEXT, "%llu", (unsigned long long)n);
	return buf;
}

static const char *cell_model(const struct pair *p, const struct column *c, char *buf)
{
	(void)p, (void)buf;
	return c->told ? "ips" : "N/A";
}

static const char *cell_version(const struct pair *p, const struct column *c, char *buf)
{
	(void)p, (void)buf;
	return c->told ? c->version : "N/A";
}

static const char *cell_forced(const struct pair *p, const struct column *c, char *buf)
{
	(void)p, (void)buf;
	return c->told ? ha_forced_name(c->forced) : "N/A";
}

static const char *cell_mode(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return c->lost ? "Lost" : role_text(c->role, buf);
}

static const char *cell_since(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return c->told ? when(c->since, buf) : "N/A";
}

static const char *cell_supervisor(const struct pair *p, const struct column *c, char *buf)
{
	(void)p, (void)buf;
	return c->role == HA_ACTIVE && !c->lost ? "true" : "false";
}

static const char *cell_quality(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return cell_number(c->quality, buf);
}

static const char *cell_priority(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return cell_number(c->priority, buf);
}

static const char *cell_sync(const struct pair *p, const struct column *c, char *buf)
{
	(void)p, (void)buf;
	return c->told ? ha_sync_name(c->sync) : "N/A";
}

static const char *cell_synced(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return c->told ? when(c->synced, buf) : "N/A";
}

static const char *cell_conf(const struct pair *p, const struct column *c, char *buf)
{
	(void)c, (void)buf;
	const char *same = same_conf(p);
	return same != NULL ? same : "N/A";
}

static const char *cell_conf_last(const struct pair *p, const struct column *c, char *buf)
{
	(void)c;
	return when(p->st.conf_same, buf);
}

static const char *cell_boot(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return c->told ? when(c->boot, buf) : "N/A";
}

static const char *cell_state(const struct pair *p, const struct column *c, char *buf)
{
	(void)p, (void)buf;
	return c->lost ? "Lost" : role_state(c->role);
}

static const char *cell_sync_id(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return cell_number(c->seq, buf);
}

static const char *cell_term(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	return cell_number(c->term, buf);
}

static const char *cell_boot_id(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	snprintf(buf, TEXT, "%016llx", (unsigned long long)c->boot_id);
	return buf;
}

static const char *cell_serial(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	snprintf(buf, TEXT, "%016llx", (unsigned long long)c->serial);
	return c->told ? buf : "N/A";
}

static const char *cell_heard(const struct pair *p, const struct column *c, char *buf)
{
	(void)p;
	if (!c->peer)
		return "N/A";
	snprintf(buf, TEXT, "%lld ms ago", (long long)c->heard_ms);
	return buf;
}

/* The node's address on a link, as this node is configured, and how it says that the link is. */
static const char *link_cell(const struct pair *p, const struct column *c, unsigned i, char *buf)
{
	char text[ADDR_TEXT];
	const struct link_cfg *l = i < p->st.n_links ? p->st.link[i].cfg : NULL;
	if (c->link[i] == 0 || l == NULL)
		return "N/A";
	snprintf(buf, TEXT, "%s: %s", addr_text(c->peer ? &l->peer : &l->own, l->family, text),
		 link_text((enum link_state)(c->link[i] - 1)));
	return buf;
}

static const char *cell_main(const struct pair *p, const struct column *c, char *buf)
{
	return link_cell(p, c, 0, buf);
}

static const char *cell_backup(const struct pair *p, const struct column *c, char *buf)
{
	return link_cell(p, c, 1, buf);
}

static const char *cell_used(const struct pair *p, const struct column *c, char *buf)
{
	(void)buf;
	return c->peer ? "N/A" : p->st.link_used == 0 ? "main link" : p->st.link_used == 1 ? "backup link" : "none";
}

static const struct row {
	const char *label;
	bool verbose;
	cell_fn *cell;
} rows[] = {
	{ "model", false, cell_model },         { "version", false, cell_version },       { "forced", false, cell_forced },
	{ "mode", false, cell_mode },           { "  since", false, cell_since },         { "supervisor", true, cell_supervisor },
	{ "quality", false, cell_quality },     { "priority", false, cell_priority },     { "sync state", false, cell_sync },
	{ "  since", true, cell_synced },       { "is conf sync", false, cell_conf },
	{ "last conf sync", true, cell_conf_last },
	{ "boot", false, cell_boot },           { "boot id", true, cell_boot_id },        { "serial", true, cell_serial },
	{ "state", true, cell_state },          { "sync id", true, cell_sync_id },        { "term", true, cell_term },
	{ "heartbeat", true, cell_heard },      { "main link", false, cell_main },        { "backup link", false, cell_backup },
	{ "link in use", true, cell_used },
};

static void tell_row(struct ctl_job *j, const struct pair *p, const struct row *r)
{
	char own[TEXT], peer[TEXT];
	const struct column o = own_column(p), t = peer_column(p);
	outbuf_fmt(&j->text, "%-*s: %-*s%s\n", LABEL, r->label, COLUMN, r->cell(p, &o, own),
		   p->st.peer_seen ? r->cell(p, &t, peer) : "N/A");
}

/* --- counters ---------------------------------------------------------------------------------------------- */

struct sum {
	const char *key;
	uint64_t v;
};
enum { SUMS = 29 };

static void sums(const struct ha_status *s, struct sum v[SUMS])
{
	const struct sum all[SUMS] = { { "sent", s->sent },
				       { "acknowledged", s->acked },
				       { "applied", s->applied },
				       { "octets", s->octets },
				       { "ahead", s->ahead },
				       { "bulk_left", s->bulk_left },
				       { "bulk_total", s->bulk_total },
				       { "bulks", s->bulks },
				       { "caught_up", s->caught_up },
				       { "resend_queue", s->queued },
				       { "resend_queue_octets", s->queued_octets },
				       { "resend_queue_overflows", s->overflows },
				       { "resent", s->resent },
				       { "retries", s->retries },
				       { "link_switches", s->link_switches },
				       { "resyncs", s->resyncs },
				       { "digest_mismatches", s->digest_mismatches },
				       { "repairs", s->repairs },
				       { "tags_unknown", s->tags_unknown },
				       { "interfaces_unknown", s->ports_unknown },
				       { "merged", s->merged },
				       { "merge_kept", s->merge_kept },
				       { "merge_refused", s->merge_refused },
				       { "refused", s->refused },
				       { "commit_timeouts", s->commit_timeouts },
				       { "backlog_dropped", s->backlog_dropped },
				       { "promotions", s->promotions },
				       { "promotions_in_doubt", s->doubts },
				       { "records_forgotten", s->forgotten } };
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
	else if (s->held)
		outbuf_fmt(&j->text, "Notice: the peer is not heard, but answers on the data side: "
				     "see to the links between the nodes\n");
	else if (s->peer_dead)
		outbuf_fmt(&j->text, "Notice: the peer is gone\n");
	if (s->frozen)
		outbuf_fmt(&j->text, "Notice: roles stay as they are while the filter policy is exchanged\n");
	if (s->disk_bad)
		outbuf_fmt(&j->text, "Notice: the disk does not take this node's state, so its quality is 0\n");
	if (s->sync == HA_SYNCING)
		outbuf_fmt(&j->text, "Notice: synchronising: %llu of %llu sessions are left\n",
			   (unsigned long long)s->bulk_left, (unsigned long long)s->bulk_total);
	for (unsigned i = 0; i < s->n_links; i++)
		if (s->link[i].state != LINK_UP && s->peer_seen && !s->peer_dead)
			outbuf_fmt(&j->text, "Notice: the %s link is down\n", i == 0 ? "main" : "backup");
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

static void set_link(json_t *o, const char *key, unsigned told)
{
	json_object_set_new(o, key, told != 0 ? json_string(link_text((enum link_state)(told - 1))) : json_null());
}

static void set_told(json_t *o, const struct pair *p, const struct column *c)
{
	char buf[TEXT];
	const char *same = same_conf(p);
	set_text(o, "name", c->name);
	set_text(o, "version", c->version);
	set_text(o, "forced", ha_forced_name(c->forced));
	set_text(o, "serial", cell_serial(p, c, buf));
	set_time(o, "since", c->since);
	set_time(o, "boot", c->boot);
	set_text(o, "sync_state", ha_sync_name(c->sync));
	set_time(o, "sync_since", c->synced);
	json_object_set_new(o, "conf_sync", same != NULL ? json_boolean(same[0] == 'y') : json_null());
	set_time(o, "conf_sync_last", p->st.conf_same);
	set_link(o, "main_link", c->link[0]);
	set_link(o, "backup_link", c->link[1]);
	if (!c->peer)
		set_text(o, "link_in_use", cell_used(p, c, buf));
}

static json_t *node_json(const struct pair *p, const struct column *c)
{
	char buf[TEXT];
	json_t *o = json_object();
	set_text(o, "mode", c->lost ? "lost" : ha_role_name(c->role));
	ctl_set(o, "quality", c->quality);
	ctl_set(o, "priority", c->priority);
	ctl_set(o, "term", c->term);
	set_text(o, "sync_id", cell_sync_id(p, c, buf));
	set_text(o, "boot_id", cell_boot_id(p, c, buf));
	if (c->peer)
		ctl_set(o, "heartbeat_ms", (uint64_t)c->heard_ms);
	if (c->told)
		set_told(o, p, c);
	return o;
}

static void info_json(struct ctl_job *j, const struct pair *p)
{
	struct sum v[SUMS];
	const struct ctl_counters link = { "link", link_counter_name, p->st.counter, 0, LINK_COUNTER_N };
	json_t *root = json_object(), *repl = json_object();
	json_object_set_new(root, "enabled", json_boolean(p->st.enabled));
	if (p->st.enabled) {
		const struct column own = own_column(p), peer = peer_column(p);
		json_object_set_new(root, "local", node_json(p, &own));
		json_object_set_new(root, "peer", p->st.peer_seen ? node_json(p, &peer) : json_null());
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
	outbuf_fmt(&j->text, "Nodes status:\n%*s%-*s%s\n", LABEL, "", COLUMN + 2, name,
		   p.st.peer_told.name[0] != '\0' ? p.st.peer_told.name : "peer");
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
	static const char *const failed[] = { [CTL_ACTIVE] = "this node does not become active",
					      [CTL_PASSIVE] = "this node does not hand over",
					      [CTL_RESET] = "nothing is reset" };
	const enum ctl_command_id c = j->args.command;
	const enum ctl_role want = c == CC_HA_ACTIVE ? CTL_ACTIVE : c == CC_HA_PASSIVE ? CTL_PASSIVE : CTL_RESET;
	struct outbuf told = { 0 };
	const enum err e = j->node->role(j->node->arg, want, &told);
	return ctl_told(j, e, &told, failed[want]);
}
