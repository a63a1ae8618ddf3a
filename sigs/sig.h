/* sig.h - signatures: rule text to an immutable compiled set.
 *
 * Suricata's rule language as far as docs/signatures.md says. A rule that uses anything else is refused
 * by name and line, and the rest load. The set is shared by any number of matchers (match.h).
 */
#ifndef SIGS_SIG_H
#define SIGS_SIG_H

#include "base/addr.h"
#include "sigs/tags.h"

enum sig_action { SIG_ALERT, SIG_PASS, SIG_DROP, SIG_REJECT };

/* What the rest of the product may know of a rule. */
struct sig {
	uint32_t gid, sid, rev;
	uint32_t index;           /* place in the set */
	enum sig_action action;
	uint8_t priority;         /* 1 (highest) .. 4 */
	bool noalert, custom;
	const char *msg, *classtype;
	const char *file;
	unsigned line;
};

struct sig_source {
	const char *name;         /* file name, for messages */
	const char *text;         /* contents, NUL-terminated; borrowed during the build */
	bool custom;
};

struct sig_var {                  /* address and port variables: HOME_NET, ... */
	const char *name;
	const char *value;        /* rule syntax: "[10.0.0.0/8,!10.1.0.0/16]", "any", "102" */
};

/* Told for each rule refused; text names the offending word and what is allowed. */
typedef void sig_error_fn(void *arg, const char *file, unsigned line, const char *text);

struct sigset;
struct sigset_stat {
	unsigned loaded, refused;
	uint64_t hash;            /* of everything the matcher's saved state depends on: rules, Hyperscan version, databases */
	unsigned n_stream, n_block;
};

/* ERR_NOMEM or ERR_INTERNAL only; refused rules are no error. The set is the caller's. */
enum err sigset_new(const struct sig_source *src, size_t n_src, const struct sig_var *var, size_t n_var, sig_error_fn *on_error,
		    void *arg, struct sigset **out) MUST_USE;
void sigset_free(struct sigset *s);
void sigset_stat(const struct sigset *s, struct sigset_stat *st);
size_t sigset_n(const struct sigset *s);
const struct sig *sigset_find(const struct sigset *s, uint32_t gid, uint32_t sid); /* NULL = none */
const struct sig *sigset_at(const struct sigset *s, size_t i);
const struct tag_table *sigset_tags(const struct sigset *s, enum tag_table_id t);
/* What rules look at of an event: it, and its fields. Bit set. */
enum sig_care { SIG_CARES = 1, SIG_CARES_FIELDS = 2 };
unsigned sigset_cares(const struct sigset *s, unsigned event);
/* Name of a tag; NULL when it is none of this set's. */
const char *sigset_tag_name(const struct sigset *s, tag_t t);
tag_t sigset_tag_find(const struct sigset *s, enum tag_table_id t, const char *name); /* TAG_NONE */

#endif
