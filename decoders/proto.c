/* proto.c - names and parents of the protocols, from the one list in proto.h. */
#include "decoders/proto.h"

#include <string.h>

static const struct {
	const char *name;
	enum proto parent;
} table[PROTO_N] = {
#define X(id, text, up) [id] = { .name = text, .parent = up },
	PROTO_LIST(X)
#undef X
};

const char *proto_name(unsigned p)
{
	return table[p < PROTO_N ? p : PROTO_NONE].name;
}

enum proto proto_parent(enum proto p)
{
	return p < PROTO_N ? table[p].parent : PROTO_NONE;
}

enum proto proto_find(const char *name)
{
	for (unsigned p = 0; p < PROTO_N; p++) {
		if (strcmp(table[p].name, name) == 0)
			return (enum proto)p;
	}
	return PROTO_N;
}
