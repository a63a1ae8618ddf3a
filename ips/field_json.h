/* field_json.h - decoded fields as JSON: an object a layer (cotp, ses, pres, acse, mms, iccp, s7), its keys those of the
 * rule language behind the layer's name. What an event may have many of is an array; a domain and the name in it are
 * one entry of "objects". Owned by the object they are added to. */
#ifndef IPS_FIELD_JSON_H
#define IPS_FIELD_JSON_H

#include <jansson.h>

#include "decoders/fields.h"

/* Adds f to its layer's object in o, which is made if it is not there. */
void field_json_add(json_t *o, const struct field *f);

#endif
