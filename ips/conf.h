/* conf.h - the configuration: block-syntax text to a checked tree, and the words to read it with.
 *
 * The schema (conf_schema.h) says what exists; defaults come from it, so every getter has an answer.
 * A tree owns everything it lends and is freed whole; no globals, any number of threads may read one.
 * Vdoms: objects of vdom scope are looked up in a vdom ("root" always exists, NULL means it); objects
 * of global scope are the same whichever vdom is named. Asking for an object or attribute that the
 * schema lacks, or by the wrong type, is the caller's mistake (assert).
 *
 *	struct conf *c = conf_load("/etc/ips/ips.conf", &err);
 *	if (c != NULL && conf_n_errors(c) == 0)
 *		CONF_FOREACH(p, c, NULL, "firewall policy")
 *			use(conf_key_int(p), conf_flag(p, "utm-status"), conf_str(p, "ips-sensor"));
 */
#ifndef IPS_CONF_H
#define IPS_CONF_H

#include "base/addr.h"
#include "forward/policy.h"

struct conf;
struct conf_node; /* a single object, or one entry of a table */

/* --- loading ------------------------------------------------------------------------------- */
/* Fetches what `include` names. from: the including text's name. On OK text is malloc'ed (len octets)
 * and so is path, the name that messages and the cycle check use; both are taken. */
struct conf_reader {
	enum err (*read)(void *arg, const char *from, const char *name, char **text, size_t *len, char **path);
	void *arg;
};

/* Parses and checks. The tree is the caller's, with errors or without; NULL only when out of memory.
 * text is borrowed for the call. rd NULL: `include` is an error. */
struct conf *conf_parse_text(const char *name, const char *text, size_t len, const struct conf_reader *rd);
/* The same from a file, includes relative to it. NULL and *e when the file cannot be read (or no memory). */
struct conf *conf_load(const char *path, enum err *e);
void conf_free(struct conf *c); /* NULL is fine */

/* Errors in the order of the files; each "FILE:LINE: 'offending text': what is wrong; what is allowed". */
size_t conf_n_errors(const struct conf *c);
const char *conf_error(const struct conf *c, size_t i);

/* --- objects ------------------------------------------------------------------------------- */
size_t conf_n_vdoms(const struct conf *c);
const char *conf_vdom_name(const struct conf *c, size_t i); /* 0 is "root" */

/* The single object of that path ("system ha"); never NULL: absent ones have every default. */
const struct conf_node *conf_single(const struct conf *c, const char *vdom, const char *path);
/* Entries of a table ("firewall policy") in file order; NULL ends. A table inside a single object has
 * a longer path ("system session-ttl port"). */
const struct conf_node *conf_first(const struct conf *c, const char *vdom, const char *path);
const struct conf_node *conf_next(const struct conf_node *n);
size_t conf_count(const struct conf *c, const char *vdom, const char *path);
const struct conf_node *conf_find(const struct conf *c, const char *vdom, const char *path, const char *key);

#define CONF_FOREACH(it, c, vdom, path) \
	for (const struct conf_node *it = conf_first(c, vdom, path); it != NULL; it = conf_next(it))

const char *conf_key(const struct conf_node *n);    /* the edit name; "" for a single object */
uint32_t conf_key_int(const struct conf_node *n);   /* of a table with number keys */
/* Where the attribute (NULL: the object) was written, for messages of the users of a value; line 0:
 * nowhere, the default holds. */
unsigned conf_where(const struct conf_node *n, const char *attr, const char **file);

/* --- attributes ---------------------------------------------------------------------------- */
bool conf_is_set(const struct conf_node *n, const char *attr);
bool conf_flag(const struct conf_node *n, const char *attr);
int64_t conf_int(const struct conf_node *n, const char *attr);     /* in the schema's unit; -1: unset, and no default */
const char *conf_str(const struct conf_node *n, const char *attr); /* any type, as text; "" when unset */
/* Index of the word in the schema's list, in the order of docs/configuration.md. */
unsigned conf_enum(const struct conf_node *n, const char *attr);
/* Lists: number of values, and each as text. An address with its mask is one value. */
size_t conf_list_n(const struct conf_node *n, const char *attr);
const char *conf_list(const struct conf_node *n, const char *attr, size_t i);
bool conf_list_has(const struct conf_node *n, const char *attr, const char *word);
/* An address, or the whole network of an address with mask; false when unset. */
bool conf_range(const struct conf_node *n, const char *attr, struct addr_range *out);

/* An address with its mask: the address itself and the mask's length; 0 when unset. */
uint8_t conf_host(const struct conf_node *n, const char *attr, uint8_t *family, struct addr *out);
/* The number by which policies, sessions and logs know an interface: N of portN (a capture's are named so), else its
 * place in `system interface`, from 1; 0: there is none of that name. */
uint32_t conf_interface_nr(const struct conf *c, const char *name);

struct conf_hbdev {
	char name[16];
	unsigned prio;
};
/* The i-th heartbeat device of `hbdev`, highest priority first; false after the last. */
bool conf_hbdev(const struct conf_node *ha, size_t i, struct conf_hbdev *out);

/* --- resolution ----------------------------------------------------------------------------- */
/* Groups are expanded, each member comes once; free() the array. ERR_NOTFOUND: a name is unknown, which a
 * tree without errors excludes. ERR_FULL: more than the 65535 that a policy_rule holds. */
struct conf_names {
	const char *const *name;
	size_t n;
};
/* The names of a list attribute, as conf_resolve_* takes them; valid as long as the tree. */
struct conf_names conf_names(const struct conf_node *n, const char *attr);
/* "all" gives one range of family 0. */
enum err conf_resolve_addresses(const struct conf *c, const char *vdom, struct conf_names names,
				struct addr_range **out, size_t *n_out) MUST_USE;
/* "ALL" gives one range of protocol 0 and all ports; ICMP: dport = type << 8 | code. */
enum err conf_resolve_services(const struct conf *c, const char *vdom, struct conf_names names,
			       struct service_range **out, size_t *n_out) MUST_USE;

/* --- showing -------------------------------------------------------------------------------- */
enum conf_show_flag {
	CONF_SHOW_FULL = 1,    /* defaults too */
	CONF_SHOW_SECRETS = 2, /* passwords as they are: for the peer only, never for a screen or log */
};
/* Canonical text that loads to the same tree (with CONF_SHOW_SECRETS). path: NULL for all, or an
 * object's ("firewall policy"), which may end in an entry's name or be cut at a word ("firewall"). malloc'ed.
 * ERR_UNKNOWN: no such object; ERR_NOTFOUND: no such entry. */
enum err conf_show(const struct conf *c, const char *path, unsigned flags, char **out) MUST_USE;
/* "" when equal, else one line a difference: "- PATH: set ...", "+ PATH: set ...", "~ PATH: moved" (the order of
 * policies). By the values that hold: a written default is no difference. Passwords masked. malloc'ed. */
enum err conf_diff(const struct conf *a, const struct conf *b, char **out) MUST_USE;
/* docs/configuration.md. malloc'ed. */
enum err conf_reference(char **out) MUST_USE;

#endif
