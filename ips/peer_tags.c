/* peer_tags.c - see peer_tags.h. */
#include "ips/peer_tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t packed_size(const struct sigset *sigs)
{
	size_t n = 0;
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		for (unsigned i = 0; i < sigset_tags(sigs, t)->nr; i++)
			n += strlen(sigset_tags(sigs, t)->name[i]) + 1;
	return n;
}

void peer_tags_pack(const struct sigset *sigs, uint8_t **mem, struct buf *out)
{
	const size_t size = packed_size(sigs);
	uint8_t *p = size <= HA_NAMES_MAX ? realloc(*mem, size + 1) : NULL;
	*out = (struct buf){ 0 };
	if (p == NULL)
		return;
	*mem = p;
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		for (unsigned i = 0; i < sigset_tags(sigs, t)->nr; i++) {
			const size_t len = strlen(sigset_tags(sigs, t)->name[i]) + 1;
			memcpy(p, sigset_tags(sigs, t)->name[i], len);
			p += len;
		}
	*out = (struct buf){ .p = *mem, .len = (uint32_t)size };
}

/* Where each name begins; false: they are not as many as the tables have. */
static bool find_names(struct peer_tags *p, size_t len)
{
	size_t at = 0;
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		for (unsigned i = 0; i < p->n[t]; i++) {
			if (at >= len)
				return false;
			p->at[t][i] = (uint32_t)at;
			at += strlen(p->names + at) + 1; /* ends: there is a NUL behind the last octet */
		}
	return at == len;
}

static enum err learn(struct peer_tags *p, const struct sigset *sigs, const struct buf *names)
{
	p->names = malloc(names->len + 1u);
	if (p->names == NULL)
		return ERR_NOMEM;
	if (names->len != 0)
		memcpy(p->names, names->p, names->len);
	p->names[names->len] = '\0';
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++) {
		p->to[t] = calloc(p->n[t] + 1u, sizeof(*p->to[t]));
		p->at[t] = calloc(p->n[t] + 1u, sizeof(*p->at[t]));
		if (p->to[t] == NULL || p->at[t] == NULL)
			return ERR_NOMEM;
	}
	if (!find_names(p, names->len)) {
		p->n[TAGS_STOCK] = p->n[TAGS_CUSTOM] = 0;
		return OK;
	}
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		for (unsigned i = 0; i < p->n[t]; i++)
			p->to[t][i] = sigset_tag_find(sigs, t, p->names + p->at[t][i]);
	return OK;
}

enum err peer_tags_learn(struct peer_tags *p, const struct sigset *sigs, const struct ha_hello *peer)
{
	peer_tags_fini(p);
	if (peer->stock_nr >= TAG_CUSTOM_BIT || peer->custom_nr >= TAG_CUSTOM_BIT)
		return OK; /* no table has as many */
	p->n[TAGS_STOCK] = (uint16_t)peer->stock_nr;
	p->n[TAGS_CUSTOM] = (uint16_t)peer->custom_nr;
	const enum err e = learn(p, sigs, &peer->names);
	if (e != OK)
		peer_tags_fini(p);
	return e;
}

void peer_tags_fini(struct peer_tags *p)
{
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++) {
		free(p->to[t]);
		free(p->at[t]);
	}
	free(p->names);
	memset(p, 0, sizeof(*p));
}

static void miss(struct peer_tags *p, enum tag_table_id t, unsigned i)
{
	if (i >= p->n[t]) {
		p->unknown += p->last[0] == '\0';
		snprintf(p->last, sizeof(p->last), "%s tag %u", t == TAGS_CUSTOM ? "custom" : "stock", i);
		return;
	}
	if (p->at[t][i] == UINT32_MAX)
		return; /* told already */
	p->unknown++;
	snprintf(p->last, sizeof(p->last), "%s", p->names + p->at[t][i]);
	p->at[t][i] = UINT32_MAX;
}

bool peer_tags_translate(struct peer_tags *p, struct ha_trust trust, struct tagset *tags)
{
	const struct tagset theirs = *tags;
	bool all = true;
	tags->n = 0;
	for (unsigned k = 0; k < theirs.n; k++) {
		const enum tag_table_id t = (theirs.id[k] & TAG_CUSTOM_BIT) != 0 ? TAGS_CUSTOM : TAGS_STOCK;
		const unsigned i = theirs.id[k] & ~TAG_CUSTOM_BIT;
		const bool same = t == TAGS_CUSTOM ? trust.custom_tags : trust.stock_tags;
		const tag_t ours = same ? theirs.id[k] : i < p->n[t] ? p->to[t][i] : TAG_NONE;
		if (ours == TAG_NONE)
			miss(p, t, i);
		all &= ours != TAG_NONE && tagset_set(tags, ours) == OK;
	}
	return all;
}

bool peer_tags_good(const struct sigset *set, const struct tagset *tags, struct ha_trust trust)
{
	for (unsigned i = 0; i < tags->n; i++) {
		const tag_t t = tags->id[i];
		const enum tag_table_id table = (t & TAG_CUSTOM_BIT) != 0 ? TAGS_CUSTOM : TAGS_STOCK;
		const bool known = (t & ~TAG_CUSTOM_BIT) < sigset_tags(set, table)->nr;
		if ((table == TAGS_CUSTOM ? trust.custom_tags : trust.stock_tags) && !known)
			return false;
		if (i > 0 && t <= tags->id[i - 1])
			return false;
	}
	return true;
}
