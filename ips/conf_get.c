/* conf_get.c - reading the tree. */
#include "ips/conf_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t conf_n_vdoms(const struct conf *c)
{
	return c->n_scopes;
}

const char *conf_vdom_name(const struct conf *c, size_t i)
{
	return i < c->n_scopes ? c->scope[i]->name : "";
}

static const struct conf_slot *slot_of(const struct conf *c, const char *vdom, const char *path, enum conf_object_id *id)
{
	const struct conf_object *o = conf_schema_find(path);
	assert(o != NULL);
	*id = o->id;
	const struct conf_scope *s = vdom == NULL || o->scope == CS_GLOBAL ? c->scope[0] : conf_scope_find(c, vdom);
	return s != NULL ? &s->slot[o->id] : NULL;
}

const struct conf_node *conf_single(const struct conf *c, const char *vdom, const char *path)
{
	enum conf_object_id id;
	const struct conf_slot *slot = slot_of(c, vdom, path, &id);
	assert(conf_schema(id)->kind == CK_SINGLE);
	return slot != NULL && slot->first != NULL ? slot->first : c->absent[id];
}

const struct conf_node *conf_first(const struct conf *c, const char *vdom, const char *path)
{
	enum conf_object_id id;
	const struct conf_slot *slot = slot_of(c, vdom, path, &id);
	assert(conf_schema(id)->kind != CK_SINGLE);
	return slot != NULL ? slot->first : NULL;
}

const struct conf_node *conf_next(const struct conf_node *n)
{
	return n->next;
}

size_t conf_count(const struct conf *c, const char *vdom, const char *path)
{
	enum conf_object_id id;
	const struct conf_slot *slot = slot_of(c, vdom, path, &id);
	return slot != NULL ? slot->n : 0;
}

const struct conf_node *conf_find(const struct conf *c, const char *vdom, const char *path, const char *key)
{
	const struct conf_object *o = conf_schema_find(path);
	assert(o != NULL && o->kind != CK_SINGLE);
	const struct conf_scope *s = vdom == NULL ? c->scope[0] : conf_scope_find(c, vdom);
	return s != NULL ? conf_lookup(c, s, o->id, key) : NULL;
}

const char *conf_key(const struct conf_node *n)
{
	return n->key;
}

uint32_t conf_key_int(const struct conf_node *n)
{
	return n->num;
}

/* --- attributes ------------------------------------------------------------------------------- */
static const struct conf_value *value_of(const struct conf_node *n, const char *attr, enum conf_type *type)
{
	int i = conf_schema_attr(n->obj, attr);
	assert(i >= 0);
	*type = n->obj->attr[i].type;
	return conf_value_of(n, i);
}

unsigned conf_where(const struct conf_node *n, const char *attr, const char **file)
{
	int i = attr != NULL ? conf_schema_attr(n->obj, attr) : -1;
	const struct conf_value *v = i >= 0 ? n->v[i] : NULL;
	assert(attr == NULL || i >= 0);
	*file = v != NULL ? v->file : n->file != NULL ? n->file : "";
	return v != NULL ? v->line : attr == NULL ? n->line : 0;
}

bool conf_is_set(const struct conf_node *n, const char *attr)
{
	int i = conf_schema_attr(n->obj, attr);
	assert(i >= 0);
	return n->v[i] != NULL;
}

bool conf_flag(const struct conf_node *n, const char *attr)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	assert(t == CT_FLAG);
	return v != NULL && v->num != 0;
}

int64_t conf_int(const struct conf_node *n, const char *attr)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	assert(t == CT_INT);
	return v != NULL ? v->num : -1;
}

const char *conf_str(const struct conf_node *n, const char *attr)
{
	return conf_list(n, attr, 0);
}

unsigned conf_enum(const struct conf_node *n, const char *attr)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	assert(t == CT_ENUM);
	return v != NULL ? (unsigned)v->num : 0;
}

size_t conf_list_n(const struct conf_node *n, const char *attr)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	return v != NULL ? v->n : 0;
}

const char *conf_list(const struct conf_node *n, const char *attr, size_t i)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	return v != NULL && i < v->n ? v->item[i] : "";
}

bool conf_list_has(const struct conf_node *n, const char *attr, const char *word)
{
	struct conf_names names = conf_names(n, attr);
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.name[i], word) == 0)
			return true;
	return false;
}

struct conf_names conf_names(const struct conf_node *n, const char *attr)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	return v != NULL ? (struct conf_names){ v->item, v->n } : (struct conf_names){ NULL, 0 };
}

bool conf_range(const struct conf_node *n, const char *attr, struct addr_range *out)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	assert(t == CT_IP || t == CT_IPMASK || t == CT_SUBNET);
	return v != NULL && addr_range_parse(v->item[0], out) == OK;
}

uint8_t conf_host(const struct conf_node *n, const char *attr, uint8_t *family, struct addr *out)
{
	enum conf_type t;
	const struct conf_value *v = value_of(n, attr, &t);
	char text[ADDR_TEXT];
	struct addr_range net, host;
	assert(t == CT_IPMASK);
	if (v == NULL || addr_range_parse(v->item[0], &net) != OK)
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(v->item[0], " /"), v->item[0]);
	if (addr_range_parse(text, &host) != OK)
		return 0;
	*family = host.family;
	*out = host.lo;
	uint8_t bits = 0;
	const size_t len = host.family == 6 ? sizeof(host.lo.b) : 4;
	while (bits < len * 8 && (net.lo.b[bits / 8] & 0x80 >> bits % 8) == (net.hi.b[bits / 8] & 0x80 >> bits % 8))
		bits++;
	return bits;
}

uint32_t conf_interface_nr(const struct conf *c, const char *name)
{
	uint32_t nr = 0;
	if (strncmp(name, "port", 4) == 0 && name[4] >= '1' && name[4] <= '9') {
		char *end;
		const unsigned long v = strtoul(name + 4, &end, 10);
		if (*end == '\0' && v <= UINT16_MAX)
			return (uint32_t)v;
	}
	CONF_FOREACH(n, c, NULL, "system interface")
	{
		nr++;
		if (strcmp(conf_key(n), name) == 0)
			return nr;
	}
	return 0;
}

static unsigned prio_of(const char *item)
{
	return (unsigned)strtoul(strrchr(item, ' ') + 1, NULL, 10);
}

bool conf_hbdev(const struct conf_node *ha, size_t i, struct conf_hbdev *out)
{
	struct conf_names all = conf_names(ha, "hbdev");
	for (size_t k = 0; k < all.n; k++) {
		size_t before = 0; /* devices that go first: higher, or as high and named earlier */
		out->prio = prio_of(all.name[k]);
		for (size_t j = 0; j < all.n; j++)
			before += prio_of(all.name[j]) > out->prio || (prio_of(all.name[j]) == out->prio && j < k);
		snprintf(out->name, sizeof(out->name), "%.*s", (int)(strrchr(all.name[k], ' ') - all.name[k]), all.name[k]);
		if (before == i)
			return true;
	}
	return false;
}
