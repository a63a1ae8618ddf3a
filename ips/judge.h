/* judge.h - does what a pair let out, at cut after cut, equal one and the same run that never failed?
 *
 * The expected lines (trace.h) are sorted into a table once; a cut's lines are only looked up there, so that a judgement costs
 * what there is to read. What differs, where they do, is trace_compare's to say. Pure; one thread.
 */
#ifndef IPS_JUDGE_H
#define IPS_JUDGE_H

#include "base/err.h"
#include "base/types.h"

struct judge;
/* Borrows the text. */
enum err judge_new(struct span expected, struct judge **out) MUST_USE;
void judge_free(struct judge *j);

/* Whole lines more that the first node let out in batches before the one that is cut: they count at each cut from now on. */
void judge_along(struct judge *j, struct span more);

struct judge_part {
	bool equal;           /* nothing is missing, and nothing there that should not be */
	unsigned twice;       /* records of the second node that the first had written before its last batch: it had been told */
};
/* What was given to judge_along, what the first node let out in the batch that is cut, and what the second did. */
struct judge_part judge_cut(struct judge *j, struct span first, struct span second);

#endif
