/* broken_last.c - reassembly with its overlaps the wrong way round: of octets that wait behind a hole the last copy wins.
 *
 * Linked in place of ips/reasm.c into a program that shows that such an engine is found out.
 */
#define reasm_segment reasm_segment_first
#include "ips/reasm.c"
#undef reasm_segment

void reasm_segment(struct reasm_state *rs, const struct reasm_ctx *ctx, enum dir d, const struct packet *p);

void reasm_segment(struct reasm_state *rs, const struct reasm_ctx *ctx, enum dir d, const struct packet *p)
{
	const struct reasm_held *h = rs->dir[d].held;
	for (unsigned k = 0; h != NULL && k < h->n; k++) {
		const struct reasm_seg *s = &h->seg[k];
		for (uint32_t i = 0; i < s->data.len; i++)
			if (s->seq + i - p->tcp.seq < p->payload.len)
				s->data.p[i] = p->payload.p[s->seq + i - p->tcp.seq];
	}
	reasm_segment_first(rs, ctx, d, p);
}
