/* tags.c - a flow's set of tags. */
#include "sigs/tags.h"

#include <string.h>

/* Place of the first number not below t. */
static uint16_t place(const struct tagset *s, tag_t t)
{
	uint16_t i = 0;
	while (i < s->n && s->id[i] < t)
		i++;
	return i;
}

bool tagset_has(const struct tagset *s, tag_t t)
{
	const uint16_t i = place(s, t);
	return i < s->n && s->id[i] == t;
}

enum err tagset_set(struct tagset *s, tag_t t)
{
	const uint16_t i = place(s, t);
	if (i < s->n && s->id[i] == t)
		return OK;
	if (t == TAG_NONE)
		return ERR_RANGE;
	if (s->n >= TAGSET_MAX)
		return ERR_FULL;
	memmove(&s->id[i + 1], &s->id[i], (size_t)(s->n - i) * sizeof(s->id[0]));
	s->id[i] = t;
	s->n++;
	return OK;
}

void tagset_unset(struct tagset *s, tag_t t)
{
	const uint16_t i = place(s, t);
	if (i >= s->n || s->id[i] != t)
		return;
	s->n--;
	memmove(&s->id[i], &s->id[i + 1], (size_t)(s->n - i) * sizeof(s->id[0]));
}
