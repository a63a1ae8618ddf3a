/* conf_int.h - the tree inside struct conf, for conf_*.c only.
 *
 * Everything lives in the tree's arena and dies with it. Out of memory is sticky (c->oom): allocation
 * answers NULL from then on, and conf_parse_text gives the tree up.
 */
#ifndef IPS_CONF_INT_H
#define IPS_CONF_INT_H

#include "ips/conf.h"
#include "ips/conf_schema.h"

enum {
	CONF_TEXT_MAX = 16 << 20,  /* octets of all files together */
	CONF_ENTRIES_MAX = 100000, /* entries of all tables together */
	CONF_ERRORS_MAX = 1000,
	CONF_INCLUDE_DEPTH = 8,
	CONF_BLOCK_DEPTH = 8,
	CONF_VDOMS_MAX = 64,
	CONF_FILES_MAX = 256,      /* files by include, the first counted */
	CONF_WORDS_MAX = 4096 + 2, /* words of a line */
};

struct conf_value {
	const char **item;         /* canonical texts, NUL-terminated */
	uint32_t n, cap;
	int64_t num;               /* CT_INT, CT_FLAG, CT_ENUM of one value */
	const char *file;
	unsigned line;
};

struct conf_node {
	const struct conf_object *obj;
	struct conf *conf;
	struct conf_scope *scope;
	const char *key;
	uint32_t num;              /* the key of a numbered table */
	uint32_t id;               /* of all nodes, from 0 */
	const char *file;
	unsigned line;             /* 0 = never written */
	bool bad;                  /* an attribute was refused: what is missing here is not told again */
	struct conf_node *next;    /* entry of the same table */
	struct conf_node *hnext;
	struct conf_value **v;     /* by attribute; NULL = unset */
};

struct conf_scope {                /* a vdom; the first holds the global objects too */
	const char *name;
	struct conf_slot {
		struct conf_node *first, *last;
		size_t n;
	} slot[CO_N];
};

struct conf_error {
	unsigned file, line, order;
	const char *text;
};

struct arena_chunk;
struct conf {
	struct arena_chunk *arena;
	bool oom;
	struct conf_scope *scope[CONF_VDOMS_MAX];
	size_t n_scopes;
	struct conf_node *absent[CO_N];              /* what single objects answer that are not written */
	struct conf_value *dflt[CO_N][CONF_ATTR_MAX];
	uint32_t n_nodes, n_entries;
	struct conf_node **bucket;                   /* table entries by scope, object and key */
	size_t n_buckets;
	const char *file[CONF_FILES_MAX];
	size_t n_files;
	struct conf_error *error;                    /* malloc'ed */
	size_t n_errors, lost_errors;
};

/* conf_tree.c */
struct conf *conf_tree_new(void);
void *conf_alloc(struct conf *c, size_t n);                       /* zeroed; NULL when out of memory */
char *conf_strn(struct conf *c, const char *s, size_t n);
struct conf_scope *conf_scope_find(const struct conf *c, const char *name); /* NULL = none of that name */
struct conf_scope *conf_scope_add(struct conf *c, const char *name);
/* A node outside any table; conf_link puts it there. */
struct conf_node *conf_node_new(struct conf *c, struct conf_scope *s, const struct conf_object *o, const char *key);
void conf_link(struct conf *c, struct conf_node *n);
struct conf_node *conf_lookup(const struct conf *c, const struct conf_scope *s, enum conf_object_id id, const char *key);
/* The value set, or the default; NULL when there is neither. */
const struct conf_value *conf_value_of(const struct conf_node *n, int attr);
/* Adds "FILE:LINE: 'offending': ..." to the errors. offending is cut and made printable. */
void conf_fail(struct conf *c, const char *file, unsigned line, const char *offending, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Puts the errors in the order of files and lines. */
void conf_sort_errors(struct conf *c);

/* conf_lex.c: one line to words */
struct conf_lex {
	struct conf *conf;
	const char *file;
	const char *p, *end;       /* what is left of the text */
	unsigned line;             /* of the words */
	char *buf;                 /* the words' octets */
	size_t buf_cap;
	const char **word;
	size_t n, cap;
	bool bad;                  /* in error and told: one word, "config" or "edit" if it began so */
};
void conf_lex_init(struct conf_lex *lx, struct conf *c, const char *file, const char *text, size_t len);
void conf_lex_fini(struct conf_lex *lx);
/* The next line with words. false at the end of the text. */
bool conf_lex_line(struct conf_lex *lx);

/* conf_value.c: words to values */
struct conf_src {                  /* where the words stand */
	const char *file;
	unsigned line;
};
/* `set` (add false) or `append`; errors are told and leave the old value. */
void conf_value_set(struct conf_node *n, int attr, const char *const *word, size_t n_words, struct conf_src src, bool add);
/* The default of every attribute, parsed by the same rules. */
void conf_value_defaults(struct conf *c);
/* One value of CT_PORTS; false when it is none. */
bool conf_ports_parse(const char *text, struct service_range *out);

/* conf_service.c: predefined services */
struct conf_service {
	const char *name;
	uint8_t proto;             /* 0 = any */
	uint16_t lo, hi;           /* server ports, or ICMP type << 8 | code */
	const char *help;
};
extern const struct conf_service conf_services[];
extern const size_t conf_n_services;
const struct conf_service *conf_service_find(const char *name); /* the first row of that name; NULL = none */

/* conf_check.c: what concerns more than one value */
void conf_check(struct conf *c);

/* conf_near.c: the word that was meant */
struct conf_near {
	const char *word;          /* what was written */
	const char *best;          /* NULL = nothing near */
	unsigned distance;
};
void conf_near_try(struct conf_near *near, const char *candidate);
/* "; did you mean 'x'?" into buf, or "". Returns buf. */
char *conf_near_text(const struct conf_near *near, char *buf, size_t cap);

#endif
