/* reason.c - names and helps of the drop reasons. */
#include "forward/reason.h"

struct row {
	const char *name, *help;
};

static const struct row rows[REASON_N] = {
#define X(id, name, help) [id] = { name, help },
	REASON_LIST(X)
#undef X
};

static const struct row *row_of(unsigned r)
{
	return &rows[r < REASON_N ? r : REASON_NONE];
}

const char *reason_name(unsigned r)
{
	return row_of(r)->name;
}

const char *reason_help(unsigned r)
{
	return row_of(r)->help;
}
