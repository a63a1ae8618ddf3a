/* judge.c - see judge.h. */
#include "ips/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { NONE = -1 };

struct fact {
	struct span line;     /* key, tab and content */
	uint64_t hash;
	uint64_t cut;         /* the last judgement that met it */
	bool along;           /* the first node let it out before the batch that is cut */
};

struct judge {
	struct hash_key key;
	struct fact *v;
	size_t n;
	int64_t *slot;        /* open addressing: numbers of facts */
	size_t mask;
	uint64_t cut;
	size_t n_along;       /* facts that are along */
	bool strange;         /* along there was a line that should not be */
};

/* The next whole line of *text that is a fact; false at the end. */
static bool next_line(struct span *text, struct span *line)
{
	while (text->len != 0) {
		const uint8_t *end = memchr(text->p, '\n', text->len);
		if (end == NULL)
			return false;
		*line = span_of(text->p, (size_t)(end - text->p));
		*text = span_of(end + 1, text->len - line->len - 1);
		if (line->len != 0 && line->p[0] != 'b')
			return true;
	}
	return false;
}

static bool is_record(struct span line)
{
	return line.p[0] == 'a' || line.p[0] == 'f' || line.p[0] == 'r';
}

/* The slot where the line is, or where it would stand. */
static int64_t *find(const struct judge *j, struct span line, uint64_t hash)
{
	for (size_t i = hash & j->mask;; i = (i + 1) & j->mask) {
		const struct fact *f = j->slot[i] != NONE ? &j->v[j->slot[i]] : NULL;
		if (f == NULL || (f->hash == hash && f->line.len == line.len && memcmp(f->line.p, line.p, line.len) == 0))
			return &j->slot[i];
	}
}

static struct fact *look_up(const struct judge *j, struct span line)
{
	const int64_t *at = find(j, line, hash_bytes(&j->key, line.p, line.len));
	return *at != NONE ? &j->v[*at] : NULL;
}

static void add(struct judge *j, struct span line)
{
	const uint64_t hash = hash_bytes(&j->key, line.p, line.len);
	int64_t *at = find(j, line, hash);
	if (*at != NONE)
		return;               /* the same twice counts once */
	*at = (int64_t)j->n;
	j->v[j->n++] = (struct fact){ .line = line, .hash = hash };
}

enum err judge_new(struct span expected, struct judge **out)
{
	struct judge *j = calloc(1, sizeof(*j));
	size_t lines = 0, slots = 16;
	struct span text = expected, line;
	while (next_line(&text, &line))
		lines++;
	while (slots < lines * 2)
		slots *= 2;
	if (j != NULL) {
		j->key = hash_key_of_seed(1);
		j->v = calloc(lines + 1, sizeof(*j->v));
		j->slot = malloc(slots * sizeof(*j->slot));
		j->mask = slots - 1;
	}
	if (j == NULL || j->v == NULL || j->slot == NULL) {
		judge_free(j);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < slots; i++)
		j->slot[i] = NONE;
	for (text = expected; next_line(&text, &line);)
		add(j, line);
	*out = j;
	return OK;
}

void judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	free(j->v);
	free(j->slot);
	free(j);
}

void judge_along(struct judge *j, struct span more)
{
	struct span line;
	while (next_line(&more, &line)) {
		struct fact *f = look_up(j, line);
		if (f == NULL)
			j->strange = true;
		else if (!f->along)
			j->n_along++;
		if (f != NULL)
			f->along = true;
	}
}

/* Facts met now that were not met before in this judgement; *strange: a line that is none. */
static size_t meet(struct judge *j, struct span text, bool *strange, unsigned *told)
{
	struct span line;
	size_t n = 0;
	while (next_line(&text, &line)) {
		struct fact *f = look_up(j, line);
		if (f == NULL) {
			*strange = true;
			continue;
		}
		*told += f->along && is_record(line);
		n += !f->along && f->cut != j->cut;
		f->cut = j->cut;
	}
	return n;
}

struct judge_part judge_cut(struct judge *j, struct span first, struct span second)
{
	struct judge_part r = { .equal = false };
	bool strange = j->strange;
	unsigned own = 0;
	j->cut++;
	size_t n = j->n_along + meet(j, first, &strange, &own);
	n += meet(j, second, &strange, &r.twice);
	r.equal = n == j->n && !strange;
	return r;
}
