/* field_json.c - see field_json.h. */
#include "ips/field_json.h"

#include <string.h>

#include "ips/json_text.h"

enum { LAYER_MAX = 8 };

/* Domains, and the names in them. */
static const struct {
	enum field_id domain, name;
} pairs[] = { { FLD_MMS_DOMAIN, FLD_MMS_OBJECT }, { FLD_ICCP_DOMAIN, FLD_ICCP_NAME } };

static json_t *words(struct span s)
{
	return json_words((const char *)s.p, s.len);
}

static json_t *value(const struct field *f)
{
	switch (field_kind((enum field_id)f->id)) {
	case FIELD_num:
		return json_integer((json_int_t)f->num);
	case FIELD_octets:
		return json_octets(f->bytes);
	case FIELD_text:
	case FIELD_bytes:
		break;
	}
	return words(f->bytes);
}

/* The member of that name, made by make if it is not there. */
static json_t *member(json_t *o, const char *key, json_t *(*make)(void))
{
	json_t *m = json_object_get(o, key);
	if (m == NULL) {
		m = make();
		json_object_set_new(o, key, m);
	}
	return m;
}

/* A name belongs to the domain before it; an empty domain is none. */
static bool add_to_objects(json_t *layer, const struct field *f)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		const bool is_domain = f->id == pairs[i].domain;
		if (!is_domain && f->id != pairs[i].name)
			continue;
		json_t *all = member(layer, "objects", json_array);
		json_t *last = json_array_get(all, json_array_size(all) - 1);
		if (is_domain || last == NULL || json_object_get(last, "name") != NULL) {
			last = json_object();
			json_array_append_new(all, last);
		}
		if (f->bytes.len != 0)
			json_object_set_new(last, is_domain ? "domain" : "name", words(f->bytes));
		return true;
	}
	return false;
}

void field_json_add(json_t *o, const struct field *f)
{
	char layer_name[LAYER_MAX];
	const char *keyword = field_name(f->id);
	const char *dot = keyword != NULL ? strchr(keyword, '.') : NULL;
	if (dot == NULL || (size_t)(dot - keyword) >= sizeof(layer_name))
		return;
	memcpy(layer_name, keyword, (size_t)(dot - keyword));
	layer_name[dot - keyword] = '\0';
	json_t *layer = member(o, layer_name, json_object);
	if (add_to_objects(layer, f))
		return;
	if (field_many((enum field_id)f->id))
		json_array_append_new(member(layer, dot + 1, json_array), value(f));
	else
		json_object_set_new(layer, dot + 1, value(f));
}
