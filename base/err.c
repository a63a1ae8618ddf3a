/* err.c - texts and classes of the errors, out of the one list. */
#include "base/err.h"

static const struct {
	enum err_class class;
	const char *text;
} rows[ERR_N] = {
#define X(id, class, text) { class, text },
	ERR_LIST(X)
#undef X
};

const char *err_text(enum err e)
{
	return (unsigned)e < ERR_N ? rows[e].text : "unknown error";
}

enum err_class err_class(enum err e)
{
	return (unsigned)e < ERR_N ? rows[e].class : ERRC_INTERNAL;
}
