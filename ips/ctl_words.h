/* ctl_words.h - the words of a request: one table of commands for daemon, client and manual; filters as words and values.
 *
 * Pure: words in, arguments or the reason out.
 */
#ifndef IPS_CTL_WORDS_H
#define IPS_CTL_WORDS_H

#include "base/addr.h"
#include "forward/session.h"
#include "ips/logs.h"
#include "sigs/sig.h"

enum ctl_takes { CT_NOTHING, CT_FILTER, CT_VERBOSE, CT_TAIL };

/* X(id, words, arguments, changes the node: root or its user only, has a JSON form, help) */
#define CTL_COMMAND_LIST(X)                                                                                            \
	X(CC_SESSION_LIST, "session list", CT_FILTER, false, true, "sessions under inspection, oldest first")          \
	X(CC_SESSION_STAT, "session stat", CT_FILTER, false, true, "how many, by protocol and state")                  \
	X(CC_SESSION_CLEAR, "session clear", CT_FILTER, true, true, "end sessions under inspection")                   \
	X(CC_SYS_LIST, "sys session list", CT_FILTER, false, true, "all sessions as forwarding sees them")             \
	X(CC_SYS_STAT, "sys session stat", CT_FILTER, false, true, "how many, by protocol and state")                  \
	X(CC_SYS_CLEAR, "sys session clear", CT_FILTER, true, true, "end sessions, inspected or not")                  \
	X(CC_SHARE_LIST, "share list", CT_FILTER, false, true, "the HA session cache")                                 \
	X(CC_HA_INFO, "ha info", CT_VERBOSE, false, true, "both nodes of the pair, side by side")                      \
	X(CC_HA_MODE, "ha mode", CT_NOTHING, false, true, "what this node is: active, passive, ...")                   \
	X(CC_HA_ACTIVE, "ha active", CT_NOTHING, true, true, "force this node to be the active one")                   \
	X(CC_HA_PASSIVE, "ha passive", CT_NOTHING, true, true, "force this node to be passive: hand over to the peer") \
	X(CC_HA_RESET, "ha reset", CT_NOTHING, true, true, "force nothing: the election decides again")                \
	X(CC_HA_CHECKSUM, "ha checksum", CT_NOTHING, false, true, "sums of both nodes' configuration and signatures")  \
	X(CC_HA_EVENTS, "ha events", CT_NOTHING, false, true, "what has happened to the pair, oldest first")           \
	X(CC_TAGS_LIST, "tags list", CT_NOTHING, false, true, "tags, and how many ended sessions carried them")        \
	X(CC_APP_LIST, "app list", CT_NOTHING, false, true, "the application table, and the operations seen")          \
	X(CC_STATS, "stats", CT_NOTHING, false, true, "totals since the start")                                        \
	X(CC_NFQ_STATUS, "nfq status", CT_NOTHING, false, true, "each worker's queue")                                 \
	X(CC_LOG_TAIL, "log tail", CT_TAIL, false, false, "last lines of a log; -f goes on with new ones")             \
	X(CC_RELOAD, "reload", CT_NOTHING, true, true, "load the configuration and the rules anew")                    \
	X(CC_VERSION, "version", CT_NOTHING, false, true, "the daemon's version, process and generation")

enum ctl_command_id {
#define X(id, words, takes, changes, json, help) id,
	CTL_COMMAND_LIST(X)
#undef X
	CTL_COMMAND_N
};

struct ctl_command {
	const char *words;
	enum ctl_takes takes;
	bool changes, json;
	const char *help;
};
extern const struct ctl_command ctl_commands[CTL_COMMAND_N];
const char *ctl_takes_text(enum ctl_takes t);  /* "[FILTER VALUE]..." */

/* X(id, word, value, help) */
#define CTL_FILTER_LIST(X)                                                                           \
	X(CF_PROTO, "proto", "NUMBER|NAME", "IP protocol: tcp, udp, icmp, icmp6, sctp, gre or a number") \
	X(CF_SRC, "src", "ADDRESS", "the client's: 10.1.0.2, 10.1.0.0/16, 10.1.0.2-10.1.0.9")       \
	X(CF_SPORT, "sport", "PORT", "the client's: 57218 or 1024-65535")                           \
	X(CF_DST, "dst", "ADDRESS", "the server's")                                                 \
	X(CF_DPORT, "dport", "PORT", "the server's; of ICMP the type")                              \
	X(CF_POLICY, "policy", "ID", "policy that let it in")                                       \
	X(CF_SERVICE, "service", "NAME", "protocol by content, and those that ride on it: cotp, mms, iccp, modbus, ...") \
	X(CF_SERIAL, "serial", "NUMBER", "decimal, or hexadecimal with 0x")                         \
	X(CF_APP, "app", "ID|NAME", "the flow's application or its last operation")                 \
	X(CF_TAG, "tag", "NAME|s-N|c-N", "carries that tag")                                        \
	X(CF_COUNT, "count", "N", "no more than N of them")

enum ctl_filter_id {
#define X(id, word, value, help) id,
	CTL_FILTER_LIST(X)
#undef X
	CTL_FILTER_N
};

struct ctl_filter_word {
	const char *word, *value, *help;
};
extern const struct ctl_filter_word ctl_filter_words[CTL_FILTER_N];

enum { CTL_TAG_TEXT = 65, CTL_TAIL_LINES = 10, CTL_TAIL_MAX = 1000, CTL_WHY = 512 };

struct ctl_filter {
	uint32_t set;            /* 1 << enum ctl_filter_id */
	uint8_t proto;
	struct addr_range src, dst;
	uint16_t sport[2], dport[2]; /* first and last */
	uint32_t policy, app;
	uint8_t service;         /* enum proto */
	uint64_t serial, count;
	char tag[CTL_TAG_TEXT];
};

struct ctl_args {
	enum ctl_command_id command;
	struct ctl_filter filter;
	bool verbose, follow;
	unsigned lines;
	enum log_kind log;
};

/* why (CTL_WHY octets): which word is wrong, and what is allowed. */
enum err ctl_words_parse(const char *const *word, size_t n, struct ctl_args *out, char *why) MUST_USE;

/* The filter's part of it: pairs of word and value. */
enum err ctl_filter_parse(const char *const *word, size_t n, struct ctl_filter *out, char *why) MUST_USE;

/* "tcp", as filters name it; NULL: no name. */
const char *ctl_proto_name(uint8_t nr);

/* The number of the filter's tag in the rules s; TAG_NONE: they have none of that name. */
tag_t ctl_filter_tag(const struct ctl_filter *f, const struct sigset *s);
/* tag: ctl_filter_tag's. CF_COUNT is the caller's to keep. */
bool ctl_filter_match(const struct ctl_filter *f, tag_t tag, const struct session *s);

#endif
