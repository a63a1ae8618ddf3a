/* conf_text.h - pieces of canonical text, for conf_show.c, conf_diff.c and conf_ref.c only. */
#ifndef IPS_CONF_TEXT_H
#define IPS_CONF_TEXT_H

#include <stdio.h>

#include "ips/conf_int.h"

#define CONF_TEXT_MASK "********"

void conf_text_quoted(FILE *f, const char *s);
void conf_text_key(FILE *f, const struct conf_node *n);
/* "set NAME VALUE..." or, v NULL, "unset NAME", and a newline. */
void conf_text_set(FILE *f, const struct conf_attr *a, const struct conf_value *v, bool secrets);
/* Ends a memory stream on *out; ERR_NOMEM and *out NULL when it could not grow. */
enum err conf_text_close(FILE *f, char **out) MUST_USE;

#endif
