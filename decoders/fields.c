/* fields.c - keywords of the fields, and the walk over a field list. */
#include "decoders/fields.h"

#include <string.h>

enum times { TIMES_one, TIMES_many };

static const struct {
	const char *keyword;
	uint16_t nr;
	uint8_t kind, times;
} rows[FLD_N] = {
#define X(id, nr, keyword, kind, times) [id] = { keyword, nr, FIELD_##kind, TIMES_##times },
	FIELD_LIST(X)
#undef X
};

const char *field_name(unsigned f)
{
	return f < FLD_N ? rows[f].keyword : NULL;
}

enum field_id field_find(const char *keyword)
{
	for (unsigned f = 0; f < FLD_N; f++) {
		if (strcmp(rows[f].keyword, keyword) == 0)
			return (enum field_id)f;
	}
	return FLD_N;
}

enum field_kind field_kind(enum field_id f)
{
	return (enum field_kind)rows[f].kind;
}

bool field_many(enum field_id f)
{
	return rows[f].times == TIMES_many;
}

bool field_is_secret(enum field_id f)
{
	return f == FLD_ACSE_AUTH_VALUE;
}

unsigned field_nr(enum field_id f)
{
	return rows[f].nr;
}

enum field_id field_by_nr(unsigned nr)
{
	/* Field plus 1; 0 = none. */
	static const uint16_t of_nr[] = {
#define X(id, nr, keyword, kind, times) [nr] = id + 1,
		FIELD_LIST(X)
#undef X
	};
	return nr < ARRAY_LEN(of_nr) && of_nr[nr] != 0 ? (enum field_id)(of_nr[nr] - 1) : FLD_N;
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
