/* members.c - which octets of the replicated structs the rows of the schema carry: a line for each stretch.
 *
 * Those structs, and all that holds them in a node, stand in one below: so this object's debug information has them, whence
 * tests/ha/members.py knows their members.
 */
#include <stdio.h>

#include "forward/frag_int.h"
#include "forward/session_int.h"
#include "hacache/ha_schema.h"
#include "ips/engine_int.h"
#include "sigs/match_int.h"

struct members {
#define X(TYPE, member, type) type message_##member;
	HA_MESSAGE_LIST(X)
#undef X
#define X(member, type) type section_##member;
	HA_SECTION_LIST(X)
#undef X
	struct reasm_held held;
	struct engine engine;
	struct session session;
	struct session_table session_table;
	struct insp insp;
	struct stack stack;
	struct match_flow match_flow;
	struct matcher matcher;
	struct frag_table frag_table;
	struct frag_datagram frag_datagram;
	struct frag_part frag_part;
};
extern struct members members; /* of which every compiler then describes all */
struct members members;

static void stretch(const char *name, size_t off, size_t len)
{
	printf("carried %s %zu %zu\n", name, off, len);
}

static void carried(const char *name, const struct ha_msg *m, size_t base)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct ha_row *r = &m->row[i];
		const bool counted = r->kind == HK_OCTETS || r->kind == HK_LIST || r->kind == HK_UINTS;
		const size_t n = counted ? (size_t)r->max : 1;
		if (r->n_size != 0)
			stretch(name, base + r->n_off, r->n_size);
		if (r->kind == HK_MSG || r->kind == HK_LIST) {
			for (size_t k = 0; k < n; k++)
				carried(name, r->sub, base + r->off + k * r->size);
		} else {
			stretch(name, base + r->off, n * r->size);
		}
	}
}

/* A message of its own, or what is behind a pointer: what is told of its struct is all in there. */
static bool is_root(const struct ha_msg *m)
{
	for (unsigned t = HA_NONE + 1; t < HA_TYPE_N; t++)
		if (ha_msg_of_type((enum ha_type)t) == m)
			return true;
	for (size_t i = 0; i < ha_msgs_n; i++)
		for (unsigned k = 0; k < ha_msgs[i]->n; k++)
			if (ha_msgs[i]->row[k].kind == HK_PTR && ha_msgs[i]->row[k].sub == m)
				return true;
	return false;
}

int main(void)
{
	for (size_t i = 0; i < ha_msgs_n; i++) {
		for (unsigned k = 0; k < ha_msgs[i]->n; k++)
			printf("row %s.%s\n", ha_msgs[i]->name, ha_msgs[i]->row[k].name);
		if (is_root(ha_msgs[i]))
			carried(ha_msgs[i]->name, ha_msgs[i], 0);
	}
	return 0;
}
