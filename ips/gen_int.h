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
enum err gen_load_sigs(struct gen *g, const char *const *rules, const char *home_net, const struct gen_teller *t) MUST_USE;

#endif
