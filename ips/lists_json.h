/* lists_json.h - a session of the lists as a JSON object; keys are the lists' words. docs/control.md. */
#ifndef IPS_LISTS_JSON_H
#define IPS_LISTS_JSON_H

#include <jansson.h>

#include "ips/lists.h"

/* Owned by the caller; NULL without memory. */
typedef json_t *list_json_fn(const struct list_env *env, const struct list_row *r, unsigned long long id);
list_json_fn list_json_ips, list_json_sys, list_json_share;

#endif
