/* tags.h - tags: flowbits with a place in the stock or the custom table.
 *
 * A table is the ordered list of the names its rules use; nr and hash say whether two nodes mean the
 * same by a number. A flow's tags are a small sorted set. Immutable tables, plain sets.
 */
#ifndef SIGS_TAGS_H
#define SIGS_TAGS_H

#include "base/err.h"

enum tag_table_id { TAGS_STOCK, TAGS_CUSTOM, TAG_TABLE_N };

/* Number within its table, and the table in the top bit. */
typedef uint16_t tag_t;
#define TAG_CUSTOM_BIT 0x8000u
#define TAG_NONE 0xffffu

struct tag_table {
	const char *const *name;  /* nr names, in the order of their numbers */
	uint16_t nr;
	uint64_t hash;            /* hash_fnv over the names with their NULs, from HASH_FNV_START */
};

#define TAGSET_MAX 64
struct tagset {
	uint16_t n;
	tag_t id[TAGSET_MAX];     /* ascending: stock before custom */
};

/* ERR_FULL when the set is; setting what is set is OK. */
enum err tagset_set(struct tagset *s, tag_t t) MUST_USE;
void tagset_unset(struct tagset *s, tag_t t);
bool tagset_has(const struct tagset *s, tag_t t);

#endif
