/* gen.h - a generation: what a configuration and its rule files mean, immutable and shared by all workers.
 *
 * Built aside from a configuration (or the replay's defaults), checked, swapped between packets, freed
 * after its last user.
 */
#ifndef IPS_GEN_H
#define IPS_GEN_H

#include "decoders/dec.h"
#include "forward/policy.h"
#include "forward/session.h"
#include "sigs/sig.h"

struct gen {
	struct policy_set *policy;
	struct sigset *sigs;
	struct dec_limits limits;
	bool undecoded;          /* no flow that begins under it is decoded or named; its octets are matched */
	uint32_t timeout_s[ST_N];
	uint32_t max_sessions;
	uint64_t stream_memory; /* octets of partial PDUs and held segments, over all sessions */
	uint32_t budget;        /* work steps a packet */
	uint64_t ignore_after;  /* octets a direction after which a flow is no longer inspected; 0 = never */
	char (*ifname)[16];     /* interfaces by their number; "": that number has none */
	uint32_t n_ifname;
	bool share_tcp, share_rest; /* sessions of TCP, and of everything else, that the peer is to get */
	int64_t share_after_ns;     /* the peer gets a session once it is that old; 0: at once */
	bool asymmetric;        /* one direction of a connection may go another way: its streams begin where they are met */
	bool bypass;            /* a full queue lets packets by that nobody sees */
	bool transparent;       /* a bridge: what it holds it cannot send by itself, having no routes */
	uint64_t conf_sum;      /* of what it was made of: see conf_sum.h; 0: of no configuration */
	bool prevent;           /* false: alert with would_drop, let everything through */
};

struct conf;
typedef void gen_error_fn(void *arg, const char *text);

/* Everything allowed, inspected, picked up mid-stream: the replay's default. rules_dirs: a NULL-terminated
 * list of folders or files ("stock", then custom ones); home_net may be NULL. Each problem is told; refused
 * rules are told and are no error. */
enum err gen_new_default(const char *const *rules, const char *home_net, gen_error_fn *tell, void *arg, struct gen **out) MUST_USE;
enum err gen_new_conf(const struct conf *c, const char *const *rules, const char *home_net, gen_error_fn *tell, void *arg,
		      struct gen **out) MUST_USE;
/* The two halves of gen_new_conf, for a builder that may open no file: what the configuration says beside its rules is
 * checked and the rule files are read; then a generation is made of their texts. home_net NULL: the sensor's. */
struct rulefiles;
enum err gen_gather(const struct conf *c, const char *const *rules, gen_error_fn *tell, void *arg, struct rulefiles *out) MUST_USE;
enum err gen_build(const struct conf *c, const struct rulefiles *r, const char *home_net, gen_error_fn *tell, void *arg,
		   struct gen **out) MUST_USE;
void gen_free(struct gen *g);

#endif
