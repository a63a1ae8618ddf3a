/* plan_int.h - what the makers of schedules share. */
#ifndef TESTS_ORACLE_PLAN_INT_H
#define TESTS_ORACLE_PLAN_INT_H

#include "forward/packet.h"
#include "tests/oracle/plan.h"

enum { TTL_WHOLE = 64, TTL_SHORT = 2, DATA = TCP_ACK | TCP_PSH, WINDOW_MIN = 2304, FRAGMENT_MIN = 24 };

struct rng {
	uint64_t at;
};
uint64_t rng_mixed(uint64_t z);
uint32_t rng_any(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);
uint32_t rng_from_to(struct rng *r, uint32_t a, uint32_t b);
bool rng_one_in(struct rng *r, uint32_t n);

/* Of the stream's own octets. */
struct step plan_segment(int32_t off, uint32_t len);
void plan_insert(struct schedule *s, unsigned at, struct step st);
/* It passes the engine and does not arrive. */
void plan_vanish(struct step *st, struct rng *r);
void plan_disorder(struct schedule *s, struct rng *r);

/* In which order a step's fragments come, and which do not: at most what is odd up to worst. */
void plan_pieces(struct step *st, struct rng *r, enum pieces worst);

/* One more step, or a few, that are odd in that way. */
void plan_odd(struct schedule *s, struct rng *r, enum oddity odd);
/* The engine comes to a connection under way. */
void plan_engine(struct schedule *s, struct rng *r);
void plan_stop_reading(struct schedule *s, struct rng *r);
/* What a sender may do, and an application: ODD_LEGAL, ODD_RECUT, ODD_BOTH, ODD_BACK, ODD_HALF; octets on the SYN. */
void plan_good(struct schedule *s, struct rng *r, enum oddity odd);
void plan_fast_open(struct schedule *s, struct rng *r);
void plan_time(struct schedule *s, struct rng *r);

#endif
