/* fields.c - keywords of the fields, and the walk over a field list. */
#include "decoders/fields.h"

#include <string.h>

static const char *const keywords[FLD_N] = {
#define X(id, nr, keyword, kind) [id] = keyword,
	FIELD_LIST(X)
#undef X
};

static const uint16_t numbers[FLD_N] = {
#define X(id, nr, keyword, kind) [id] = nr,
	FIELD_LIST(X)
#undef X
};

const char *field_name(unsigned f)
{
	return f < FLD_N ? keywords[f] : NULL;
}

enum field_id field_find(const char *keyword)
{
	for (unsigned f = 0; f < FLD_N; f++) {
		if (strcmp(keywords[f], keyword) == 0)
			return (enum field_id)f;
	}
	return FLD_N;
}

unsigned field_nr(enum field_id f)
{
	return numbers[f];
}

enum field_id field_by_nr(unsigned nr)
{
	unsigned f = 0;
	while (f < FLD_N && numbers[f] != nr)
		f++;
	return (enum field_id)f;
}

const struct field *fields_next(const struct fields *fs, enum field_id id, unsigned *at)
{
	while (*at < fs->n) {
		const struct field *f = &fs->v[(*at)++];
		if (f->id == id)
			return f;
	}
	return NULL;
}
