/* conf_check.c - what the schema demands of more than one value: references, lists, required attributes, groups. */
#include "ips/conf_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/conf_rules.h"

#define NEAR_MAX 1000 /* entries of a table that are searched for the name that was meant */

/* Errors of a value: at its line, or the node's. */
#define FAIL_AT(n, v, offending, ...)                                                                                              \
	conf_fail((n)->conf, (v) != NULL ? (v)->file : (n)->file, (v) != NULL ? (v)->line : (n)->line, offending, __VA_ARGS__)

/* --- references ------------------------------------------------------------------------------- */
static bool known(const struct conf_node *n, const struct conf_attr *a, const char *name)
{
	if (a->builtin != NULL && strcmp(a->builtin, name) == 0)
		return true;
	for (size_t i = 0; i < a->n_refs; i++) {
		if (a->refs[i] == CO_VDOM && conf_scope_find(n->conf, name) != NULL)
			return true;
		if (a->refs[i] == CO_SERVICE && conf_service_find(name) != NULL)
			return true;
		if (a->refs[i] != CO_VDOM && conf_lookup(n->conf, n->scope, a->refs[i], name) != NULL)
			return true;
	}
	return false;
}

static void try_names(const struct conf_node *n, enum conf_object_id id, struct conf_near *near)
{
	const struct conf *c = n->conf;
	for (size_t i = 0; id == CO_VDOM && i < c->n_scopes; i++)
		conf_near_try(near, c->scope[i]->name);
	for (size_t i = 0; id == CO_SERVICE && i < conf_n_services; i++)
		conf_near_try(near, conf_services[i].name);
	if (id == CO_VDOM)
		return;
	const struct conf_scope *s = conf_schema(id)->scope == CS_GLOBAL ? c->scope[0] : n->scope;
	for (const struct conf_node *e = s->slot[id].n <= NEAR_MAX ? s->slot[id].first : NULL; e != NULL; e = e->next)
		conf_near_try(near, e->key);
}

static void check_refs(const struct conf_node *n, const struct conf_attr *a, const struct conf_value *v)
{
	char allowed[200], hint[120];
	for (uint32_t i = 0; i < v->n; i++) {
		struct conf_near near = { .word = v->item[i] };
		if (known(n, a, v->item[i]))
			continue;
		for (size_t k = 0; k < a->n_refs; k++)
			try_names(n, a->refs[k], &near);
		FAIL_AT(n, v, v->item[i], "'%s' names nothing that exists; allowed: %s%s", a->name,
			conf_attr_allowed(a, allowed, sizeof(allowed)), conf_near_text(&near, hint, sizeof(hint)));
	}
}

/* --- lists ------------------------------------------------------------------------------------ */
static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_twice(const struct conf_node *n, const struct conf_attr *a, const struct conf_value *v)
{
	const char **item = v->n > 1 ? malloc(v->n * sizeof(char *)) : NULL;
	if (item == NULL) {
		n->conf->oom |= v->n > 1;
		return;
	}
	memcpy(item, v->item, v->n * sizeof(char *));
	qsort(item, v->n, sizeof(char *), compare_texts);
	for (uint32_t i = 1; i < v->n; i++)
		if (strcmp(item[i - 1], item[i]) == 0 && (i < 2 || strcmp(item[i - 2], item[i]) != 0))
			FAIL_AT(n, v, item[i], "stands twice in '%s'; once is enough", a->name);
	free(item);
}

static void check_any(const struct conf_node *n, const struct conf_attr *a, const struct conf_value *v)
{
	const char *any = a->builtin != NULL ? a->builtin : a->type == CT_NET ? "any" : NULL;
	for (uint32_t i = 0; any != NULL && v->n > 1 && i < v->n; i++) {
		if (strcmp(v->item[i], any) == 0) {
			FAIL_AT(n, v, any, "stands beside other values of '%s'; alone it means everything", a->name);
			return;
		}
	}
}

/* --- groups ----------------------------------------------------------------------------------- */
struct step {
	const struct conf_node *group;
	uint32_t next; /* member to look at */
};

/* Depth first from one group; state: 1 on the way, 2 done. */
static void walk_group(const struct conf_node *start, uint8_t *state, struct step *stack)
{
	int member = conf_schema_attr(start->obj, "member");
	size_t depth = 0;
	stack[depth++] = (struct step){ start, 0 };
	state[start->id] = 1;
	while (depth > 0) {
		struct step *s = &stack[depth - 1];
		const struct conf_value *v = s->group->v[member];
		if (v == NULL || s->next == v->n) {
			state[s->group->id] = 2;
			depth--;
			continue;
		}
		const char *name = v->item[s->next++];
		const struct conf_node *in = conf_lookup(start->conf, start->scope, start->obj->id, name);
		if (in != NULL && state[in->id] == 1)
			FAIL_AT(s->group, v, name, "the group '%s' contains itself by this member; take it out", s->group->key);
		if (in == NULL || state[in->id] != 0)
			continue;
		state[in->id] = 1;
		stack[depth++] = (struct step){ in, 0 };
	}
}

static void check_groups(struct conf *c, const struct conf_scope *s, enum conf_object_id id)
{
	if (s->slot[id].n == 0)
		return;
	uint8_t *state = calloc(c->n_nodes, 1);
	struct step *stack = calloc(s->slot[id].n, sizeof(*stack));
	c->oom |= state == NULL || stack == NULL;
	for (const struct conf_node *n = s->slot[id].first; n != NULL && !c->oom; n = n->next)
		if (state[n->id] == 0)
			walk_group(n, state, stack);
	free(state);
	free(stack);
}

/* ---------------------------------------------------------------------------------------------- */
static void check_node(const struct conf_node *n)
{
	for (int i = 0; i < n->obj->n_attr; i++) {
		const struct conf_attr *a = &n->obj->attr[i];
		const struct conf_value *v = n->v[i];
		if (v == NULL && (a->flags & CA_REQUIRED) && !n->bad)
			FAIL_AT(n, v, n->key, "this entry of '%s' has no '%s'; set it", n->obj->path, a->name);
		if (v == NULL)
			continue;
		if (a->type == CT_REF)
			check_refs(n, a, v);
		if (a->flags & CA_LIST) {
			check_twice(n, a, v);
			check_any(n, a, v);
		}
	}
	if (!n->bad)
		conf_rule_node(n);
}

void conf_check(struct conf *c)
{
	for (size_t i = 0; i < c->n_scopes; i++) {
		for (enum conf_object_id id = 0; id < CO_N; id++) {
			for (const struct conf_node *n = c->scope[i]->slot[id].first; n != NULL; n = n->next)
				check_node(n);
			conf_rule_table(c, c->scope[i], id);
		}
		check_groups(c, c->scope[i], CO_ADDRGRP);
		check_groups(c, c->scope[i], CO_SERVICE_GROUP);
	}
}
