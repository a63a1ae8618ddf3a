/* json_text.h - JSON of what comes off the wire, and JSON as lines. NULL from a maker: out of memory. */
#ifndef IPS_JSON_TEXT_H
#define IPS_JSON_TEXT_H

#include <jansson.h>

#include "base/types.h"
#include "ips/outbuf.h"

/* Words off the wire and from others' rules: what is no UTF-8 is shown octet by octet. */
json_t *json_words(const char *s, size_t len);
/* In hexadecimal. */
json_t *json_octets(struct span s);
/* Adds o to out as one line, and takes it; out is bad when it is NULL. */
void json_line(json_t *o, struct outbuf *out);

#endif
