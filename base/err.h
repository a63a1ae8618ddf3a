/* err.h - the one error enumeration, with class and text.
 *
 * A fallible function returns enum err and is MUST_USE; results go through out parameters, last.
 * A bad packet is not an error: it is a verdict with a reason.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/types.h"

enum err_class { ERRC_NONE, ERRC_PROTOCOL, ERRC_RESOURCE, ERRC_USAGE, ERRC_INTERNAL, ERRC_IO };

/* X(identifier, class, text) */
#define ERR_LIST(X)                                                      \
	X(OK, ERRC_NONE, "no error")                                     \
	X(ERR_MALFORMED, ERRC_PROTOCOL, "malformed data")                \
	X(ERR_TRUNCATED, ERRC_PROTOCOL, "data ends too early")           \
	X(ERR_RANGE, ERRC_PROTOCOL, "value out of range")                \
	X(ERR_VERSION, ERRC_PROTOCOL, "unsupported version")             \
	X(ERR_STALE, ERRC_PROTOCOL, "older than what is held")           \
	X(ERR_MISMATCH, ERRC_PROTOCOL, "does not belong to what is held") \
	X(ERR_NOMEM, ERRC_RESOURCE, "out of memory")                     \
	X(ERR_FULL, ERRC_RESOURCE, "table or buffer is full")            \
	X(ERR_USAGE, ERRC_USAGE, "wrong usage")                          \
	X(ERR_SYNTAX, ERRC_USAGE, "syntax error")                        \
	X(ERR_UNKNOWN, ERRC_USAGE, "unknown name")                       \
	X(ERR_EXISTS, ERRC_USAGE, "exists already")                      \
	X(ERR_NOTFOUND, ERRC_USAGE, "not found")                         \
	X(ERR_UNSUPPORTED, ERRC_USAGE, "not supported")                  \
	X(ERR_INTERNAL, ERRC_INTERNAL, "internal error")                 \
	X(ERR_IO, ERRC_IO, "input/output error")                         \
	X(ERR_EOF, ERRC_IO, "end of data")                               \
	X(ERR_PEER, ERRC_IO, "the peer is gone")                        \
	X(ERR_TIMEOUT, ERRC_IO, "no answer in time")

enum err {
#define X(id, class, text) id,
	ERR_LIST(X)
#undef X
	ERR_N
};

/* Text of e, in lower case, without a full stop. Never NULL. */
const char *err_text(enum err e);
enum err_class err_class(enum err e);

/* Evaluates x; returns its error from the calling function if there is one. */
#define TRY(x)                          \
	do {                            \
		enum err try_e_ = (x);  \
		if (try_e_ != OK)       \
			return try_e_;  \
	} while (0)

#endif
