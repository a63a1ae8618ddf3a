/* sendopt.h - the options in square brackets before a payload, and the cutting of it into segments.
 */
#ifndef TESTS_TOOLS_SENDOPT_H
#define TESTS_TOOLS_SENDOPT_H

#include "tests/tools/bytes.h"

enum { LIST_MAX = 64, SEG_HEADER = -1, SEG_TPKT = -2 };

struct sendopt {
	int64_t seg[LIST_MAX], order[LIST_MAX], dup[LIST_MAX], drop[LIST_MAX];
	size_t n_seg, n_order, n_dup, n_drop;
	bool hold, noack, bad_sum, bad_ip, urgent, frag_reversed, reversed, dup_all, df_off;
	int64_t seq, ack, ttl, window, urgent_at, frag, snap, tsval, tos;
	bool has_window, has_tsval;
	char flags[16], opt[84]; /* opt: hexadecimal */
};

struct piece {
	size_t off, len;
};

struct sendopt sendopt_parse(struct text t);
/* Cuts payload; the pieces (at least one) are malloc'ed and the caller's. */
struct piece *sendopt_cut(const struct sendopt *o, const struct bytes *payload, size_t mss, size_t *n);
bool sendopt_in(const int64_t *list, size_t n, size_t v);

#endif
