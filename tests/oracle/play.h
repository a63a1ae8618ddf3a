/* play.h - schedules played side by side, and what came of each. */
#ifndef TESTS_ORACLE_PLAY_H
#define TESTS_ORACLE_PLAY_H

#include "tests/oracle/ends.h"

enum { SIDE_BY_SIDE = 256 };

/* X(id, name, what it means) */
#define FINDING_LIST(X)                                                                                                  \
	X(FOUND_NOTHING, "fine", "nothing wrong")                                                                        \
	X(FOUND_UNSEEN, "unseen", "the application read octets that the decoders had otherwise or not at all")           \
	X(FOUND_EXTRA, "extra", "closed cleanly, and the decoders had octets that the application never read")           \
	X(FOUND_HINDERED, "hindered", "not whole though nothing was wrong, or stopped though the receiver still held it")

enum finding {
#define X(id, name, help) id,
	FINDING_LIST(X)
#undef X
	FINDING_N
};
extern const char *const finding_name[FINDING_N], *const finding_help[FINDING_N];

struct outcome {
	enum finding found;
	enum how_ended end;
	bool opened;
	bool answers;            /* it is one of those that the application sends */
	uint32_t at;             /* the octet that shows it */
	uint32_t n_got, n_seen, n_back;
};

struct bench {
	struct wire wire;
	struct middle mid;
	struct receiver rcv;
	uint64_t played;
	struct conn *c;          /* SIDE_BY_SIDE of them */
	unsigned n;
};

struct outcome judge(const struct conn *c);
void play(struct bench *b, const struct schedule *s, unsigned n, struct outcome *out);

#endif
