/* gen_int.h - the inside of generations, shared by gen.c and gen_conf.c only. */
#ifndef IPS_GEN_INT_H
#define IPS_GEN_INT_H

#include "ips/gen.h"

struct gen_teller {
	gen_error_fn *tell;
	void *arg;
};

struct conf;
/* An empty generation with the limits and timers of c. NULL: no memory. */
struct gen *gen_alloc(const struct conf *c);
struct rulefiles;
/* The stock rules, then the named files and folders. */
enum err gen_read_rules(const char *const *rules, const struct gen_teller *t, struct rulefiles *r) MUST_USE;
enum err gen_compile(struct gen *g, const struct rulefiles *r, const char *home_net, const struct gen_teller *t) MUST_USE;

#endif
