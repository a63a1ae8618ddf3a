/* broken_early.c - a pair whose active node lets packets out that it has not committed yet.
 *
 * Linked in place of middle_pair.c into a program that shows that such a pair is found out.
 */
#define pair_packet pair_packet_first
#include "tests/oracle/middle_pair.c"
#undef pair_packet

struct verdict pair_packet(struct pair *pr, struct conn *c, struct packet *p, bool *lost);

struct verdict pair_packet(struct pair *pr, struct conn *c, struct packet *p, bool *lost)
{
	const struct verdict v = pair_packet_first(pr, c, p, lost);
	*lost = false;
	return v;
}
