/* lists.h - the lists that operators read, in the layouts of the seeds. docs/lists.md says what each field is.
 *
 * A session is copied (list_row) and printed from the copy, so that a live node's packets wait for the copying alone.
 */
#ifndef IPS_LISTS_H
#define IPS_LISTS_H

#include "ips/engine.h"
#include "ips/outbuf.h"

/* What all rows of a list have in common. */
struct list_env {
	mono_t now;
	uint64_t ignore_after;
	struct {
		uint16_t nr;
		uint64_t hash;
	} tags[TAG_TABLE_N];
};

struct list_dir {
	uint64_t seen, inspected;    /* octets */
	uint32_t held, n_ooo, n_gaps, differed, look;
	bool blocked;
};

/* What the lists show of one session; points to nothing. */
struct list_row {
	struct session_state s;
	unsigned proto_state;
	bool larval, inspected;      /* not inspected: what follows is 0 */
	bool partial, failed;
	uint8_t service, proto;      /* enum service, enum proto */
	uint32_t owner, app, last_app, n_alerts;
	uint64_t buffer_len;         /* octets held for it */
	struct list_dir dir[DIR_N];
	struct tagset tags;
};

void list_env_take(const struct engine *e, struct list_env *env);
void list_row_take(const struct session_table *t, const struct session *s, struct list_row *r);

/* id: the place in the list, from 1. Rows of the first and last list are inspected ones. */
void list_row_ips(const struct list_env *env, const struct list_row *r, unsigned long long id, struct outbuf *o);
void list_row_sys(const struct list_env *env, const struct list_row *r, struct outbuf *o);
void list_row_share(const struct list_env *env, const struct list_row *r, struct outbuf *o);
/* What stands above the last list. */
#define LIST_SHARE_HEAD " HA Session Cache\n"

/* Shared with the JSON form (lists_json.h). */
#define LIST_LETTERS 15
char *list_letters(const struct list_row *r, char *buf); /* "l.s.-....-...." into buf (LIST_LETTERS); returns buf */
const char *list_end_state(const struct list_row *r, enum dir d);
const char *list_confirmed(const struct list_row *r);
const char *list_set_by_port(const struct list_row *r);
const char *list_assembled(const struct list_row *r);
uint32_t list_app(const struct list_row *r);         /* the last operation, else the protocol's */
/* ICMP: the identifier is the client's port, the type the server's (seed 002). */
uint16_t list_server_port(const struct tuple *t);
long long list_seconds(mono_t later, mono_t earlier); /* whole ones, 0 when it has passed */

void list_ips_sessions(struct engine *e, struct outbuf *o);
void list_sys_sessions(struct engine *e, struct outbuf *o);
/* The HA session cache of a standby: its larval sessions; of an active node: what it replicates. */
void list_share(struct engine *e, struct outbuf *o);

#endif
