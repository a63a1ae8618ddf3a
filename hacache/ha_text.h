/* ha_text.h - a replicated struct as names and values in text, a field at a time: to say in which field two nodes differ.
 *
 * The fields are those of the digest. Pure; the strings are lent for the call.
 */
#ifndef HACACHE_HA_TEXT_H
#define HACACHE_HA_TEXT_H

#include "hacache/ha_schema.h"

/* name: the fields from the outermost struct on, with dots; an element of a list has its number behind it. */
typedef void ha_text_fn(void *arg, const char *name, const char *value);

void ha_text(const struct ha_msg *m, const void *plain, ha_text_fn *fn, void *arg);

#endif
