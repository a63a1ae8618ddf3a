/* sig_int.h - what the parts of sigs/ share: a rule as parsed and compiled, the set, the parser's state.
 *
 * sig_lex (text), sig_addr (sets), sig_content (contents to expressions), sig_field (field conditions),
 * sig_opt (keywords), sig_rule (a whole rule), sig_build (databases), sig_reach (ports), sig (the set); match* run it.
 */
#ifndef SIGS_SIG_INT_H
#define SIGS_SIG_INT_H

#include "decoders/dec.h"
#include "sigs/sig.h"

enum {
	SIG_RULE_LEN = 16384, /* octets of a rule's text */
	SIG_CHAINS_MAX = 32,  /* bits of match_part.seen */
	SIG_CONTENTS_MAX = 64,
	SIG_CONTENT_LEN = 255,
	SIG_FIELDS_MAX = 32,
	SIG_VALUES_MAX = 64,
	SIG_BITS_MAX = 32,
	SIG_BITS_NAMES = 8,
	SIG_SET_MAX = 512,    /* elements of an address or port set */
	SIG_TEXT = 512,       /* octets of a refusal */
};

/* --- memory of a set: given back all at once --------------------------------------------------- */
struct sig_mem {
	struct sig_slab *slabs;
	char *at;
	size_t left;
};

void *sig_mem_get(struct sig_mem *m, size_t n); /* zeroed; NULL = none */
void *sig_mem_copy(struct sig_mem *m, const void *p, size_t n);
char *sig_mem_str(struct sig_mem *m, const char *s);
void sig_mem_fini(struct sig_mem *m);

/* --- a rule ------------------------------------------------------------------------------------ */
/* X(id, name) */
#define SIG_PROTO_LIST(X)     \
	X(SIGP_TCP, "tcp")    \
	X(SIGP_UDP, "udp")    \
	X(SIGP_ICMP, "icmp")  \
	X(SIGP_IP, "ip")      \
	X(SIGP_COTP, "cotp")  \
	X(SIGP_MMS, "mms")    \
	X(SIGP_ICCP, "iccp")

enum sig_proto {
#define X(id, name) id,
	SIG_PROTO_LIST(X)
#undef X
	SIGP_N
};

struct sig_addrs { /* n_in 0 = any */
	const struct addr_range *in, *out;
	uint16_t n_in, n_out;
};

struct sig_range {
	int64_t lo, hi;
};

struct sig_ports {
	const struct sig_range *in, *out;
	uint16_t n_in, n_out;
};

struct sig_side {
	struct sig_addrs addr;
	struct sig_ports port;
};

struct sig_content {
	const uint8_t *p;
	uint16_t len;
	bool neg, nocase, at_start, at_end;
	bool has_offset, has_depth, has_distance, has_within;
	uint16_t offset, depth, distance, within;
};

/* Contents tied by distance or within: one expression, found or not found as a whole. */
struct sig_chain {
	uint8_t first, n;
	bool neg;
	bool anchored; /* its place counts from the start of the stream or buffer */
	const char *expr;
	uint64_t min_end, max_end; /* limits of the end offset; 0 = none */
};

struct sig_value {
	bool is_num, any_head, any_tail; /* head, tail: a * there */
	struct sig_range num;
	struct span text;
};

struct sig_field {
	enum field_id id;
	bool neg, nocase;
	uint16_t n;
	const struct sig_value *v;
};

enum sig_bits_op { SIGB_SET, SIGB_UNSET, SIGB_TOGGLE, SIGB_ISSET, SIGB_ISNOTSET };

struct sig_bits { /* a flowbits option; several names only in conditions: any of them */
	enum sig_bits_op op;
	uint8_t n;
	const char *name[SIG_BITS_NAMES];
	tag_t tag[SIG_BITS_NAMES];
};

enum sig_est { SIGE_ANY, SIGE_YES, SIGE_NO };

/* The databases: streams of tcp, PDUs of events, datagrams. */
enum sig_db { SIGD_STREAM, SIGD_EVENT, SIGD_PACKET, SIGD_N };

#define SIG_EVENT_WORDS ((EV_N + 63) / 64)

struct sig_rule {
	struct sig pub;
	enum sig_proto proto;
	bool both; /* <> */
	struct sig_side src, dst;
	enum sig_est est;
	uint8_t dirs; /* 1 << enum dir of the directions allowed */
	bool has_size, size_not;
	struct sig_range size;
	struct sig_bits *bits;
	const struct sig_field *field;
	const struct sig_content *content;
	struct sig_chain *chain;
	const char *const *anomaly;
	uint8_t n_bits, n_fields, n_contents, n_chains, n_anomalies;
	bool has_event;                    /* an event: option names its events */
	bool reads_tags;                   /* isset or isnotset: what holds may change within the flow */
	uint32_t want, deny;               /* chains that must, and must not, be found */
	uint64_t events[SIG_EVENT_WORDS];
	bool in[SIGD_N];                   /* its chains are in that database */
	uint32_t field0;                   /* number of its first field condition */
	uint32_t order;                    /* place in the files */
	uint64_t text_hash;
};

static inline bool sig_has_event(const struct sig_rule *r, unsigned ev)
{
	return (r->events[ev / 64] >> (ev % 64) & 1) != 0;
}

static inline void sig_put_event(struct sig_rule *r, unsigned ev)
{
	r->events[ev / 64] |= UINT64_C(1) << (ev % 64);
}

/* --- the set ----------------------------------------------------------------------------------- */
struct sig_tags {
	const char **name;
	uint32_t n, cap;
	struct tag_table table;
};

/* Does a chain's every occurrence count, its first in a scan, or its first ever (Hyperscan's SINGLEMATCH)? */
enum sig_repeat { SIGR_EVERY, SIGR_SCAN, SIGR_ONCE };

struct sig_chains {
	struct hs_database *hs; /* NULL when there are none */
	uint32_t n;
	struct sig_rule **rule;
	uint8_t *bit;           /* place of the chain in its rule */
	uint8_t *repeat;        /* enum sig_repeat */
};

struct sig_list { /* rules in order, by their numbers */
	uint32_t *v;
	uint32_t n;
};

struct sig_anomaly_list {
	const char *name;
	struct sig_list rules;
};

/* By direction and port of a stream's sender and receiver: may a rule read its octets? */
enum { SIG_PORT_WORDS = (1 << 16) / 64 };
struct sig_reach {
	bool all[DIR_N];
	uint64_t from[DIR_N][SIG_PORT_WORDS], to[DIR_N][SIG_PORT_WORDS];
};

struct sigset {
	struct sig_mem mem;
	struct sig_rule **rule; /* in the order of evaluation: pub.index */
	uint32_t n;
	unsigned refused;
	uint32_t n_fields;      /* field conditions of all rules */
	struct sig_tags tags[TAG_TABLE_N];
	struct sig_chains db[SIGD_N];
	uint64_t hash;
	struct sig_list open;   /* tcp and ip without content */
	struct sig_list packet; /* udp, icmp and ip that need no content found */
	struct sig_list event[EV_N]; /* that need no content found */
	bool scan_event[EV_N];  /* some rule of the event has a content */
	uint8_t cares[EV_N];    /* enum sig_care: of all rules together */
	struct sig_list parted[EV_N]; /* with a content and a field condition */
	struct sig_anomaly_list *anomaly;
	uint32_t n_anomalies;
	struct sig_reach reach;
};

/* --- the parser -------------------------------------------------------------------------------- */
struct sig_parse {
	struct sig_mem *mem;
	const struct sig_var *var;
	size_t n_var;
	struct sig_rule r;
	struct sig_content content[SIG_CONTENTS_MAX];
	struct sig_field field[SIG_FIELDS_MAX];
	struct sig_bits bits[SIG_BITS_MAX];
	const char *anomaly[SIG_FIELDS_MAX];
	enum { SIGL_NONE, SIGL_CONTENT, SIGL_FIELD } last; /* what a modifier is about */
	bool has_priority;
	char text[SIG_TEXT]; /* of the refusal */
};

/* Writes the refusal; returns ERR_SYNTAX. */
enum err sig_refuse(struct sig_parse *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* sig_lex: lines, words, options; cuts in place */
struct sig_lines {
	const char *at;
	unsigned next; /* line */
};
enum sig_line { SIGT_RULE, SIGT_END, SIGT_LONG };
/* The next rule's text, continuation lines joined, comments and blank lines passed over. */
enum sig_line sig_lex_line(struct sig_lines *l, char *text, unsigned *line);
/* The next word, brackets kept together; NULL at the end. */
char *sig_lex_word(char **at);
/* The next option: keyword, and value or NULL. Both NULL at the closing bracket. */
enum err sig_lex_option(struct sig_parse *p, char **at, char **keyword, char **value) MUST_USE;
/* Without the blanks around s, in place. */
char *sig_lex_trim(char *s);
/* Cuts the next part off a list; NULL when there is none. */
char *sig_lex_part(char **at, char sep);
/* Contents of a quoted value, its quotes taken off; NULL unless quoted. */
char *sig_lex_unquote(char *value);
bool sig_lex_int(const char *s, int64_t *out);
/* n, <n, >n, <=n, >=n, a-b (both included), a<>b (neither included) */
bool sig_lex_range(const char *s, struct sig_range *out);
/* FNV over the text with its blanks made one. */
uint64_t sig_lex_hash(const char *text);

/* One decoded octet of rule text with |hex| and \ escapes; flags tell apart what was written plainly. */
struct sig_octets {
	const char *at;
	bool hex;
};
enum { SIGO_END = -1, SIGO_BAD = -2, SIGO_STAR = -3, SIGO_COMMA = -4 };
int sig_lex_octet(struct sig_octets *o, bool list);

/* sig_addr */
enum err sig_addr_parse(struct sig_parse *p, const char *text, struct sig_addrs *out) MUST_USE;
enum err sig_port_parse(struct sig_parse *p, const char *text, struct sig_ports *out) MUST_USE;
bool sig_addr_has(const struct sig_addrs *s, const struct addr *a, uint8_t family);
bool sig_port_has(const struct sig_ports *s, uint16_t port);

/* sig_content */
enum err sig_content_add(struct sig_parse *p, char *value) MUST_USE;
enum err sig_content_modify(struct sig_parse *p, const char *keyword, char *value) MUST_USE;
/* Contents to chains and their expressions, in p->r. */
enum err sig_content_chains(struct sig_parse *p) MUST_USE;

/* sig_field */
enum err sig_field_add(struct sig_parse *p, enum field_id id, char *value) MUST_USE;
/* Takes the events away that the field conditions cannot hold for. */
void sig_field_narrow(struct sig_rule *r);
/* Does any field of the condition's id have one of its values? The negation is the caller's. */
bool sig_field_found(const struct sig_field *c, const struct fields *fs, const char *app);

/* sig_opt */
enum err sig_opt_apply(struct sig_parse *p, char *keyword, char *value) MUST_USE;

/* sig_rule: text is cut in place; the rule is of the set's memory */
enum err sig_rule_parse(struct sig_parse *p, char *text, struct sig_rule **out) MUST_USE;

/* sig_class: default priority of a class type, 0 = unknown */
uint8_t sig_class_priority(const char *name);

/* sig_reach */
void sig_reach_add(struct sig_reach *m, const struct sig_rule *r);
bool sig_reach_has(const struct sig_reach *m, enum dir d, uint16_t from, uint16_t to);

/* sig_build: orders the rules, compiles the databases and makes the lists; *bad: a rule that does not compile (ERR_UNSUPPORTED) */
enum err sig_build_all(struct sigset *s, struct sig_rule **bad, char *why, size_t why_cap) MUST_USE;
void sig_build_fini(struct sigset *s);

#endif
