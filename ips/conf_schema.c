/* conf_schema.c - looking things up in the schema, and its words for people. */
#include "ips/conf_schema.h"

#include <stdio.h>
#include <string.h>

const struct conf_object *conf_schema_find(const char *path)
{
	for (enum conf_object_id id = 0; id < CO_N; id++)
		if (strcmp(conf_schema(id)->path, path) == 0)
			return conf_schema(id);
	return NULL;
}

int conf_schema_attr(const struct conf_object *o, const char *name)
{
	for (int i = 0; i < o->n_attr; i++)
		if (strcmp(o->attr[i].name, name) == 0)
			return i;
	return -1;
}

const char *conf_type_name(enum conf_type t)
{
	static const char *const name[CONF_TYPE_N] = {
		[CT_FLAG] = "flag",
		[CT_INT] = "integer",
		[CT_STRING] = "text",
		[CT_PASSWORD] = "password",
		[CT_ENUM] = "word",
		[CT_IP] = "address",
		[CT_IPMASK] = "address with mask",
		[CT_SUBNET] = "network",
		[CT_NET] = "network",
		[CT_IFNAME] = "interface",
		[CT_PORTS] = "ports",
		[CT_REF] = "name",
		[CT_HBDEV] = "interface and priority",
	};
	return name[t];
}

static void add(char *buf, size_t cap, const char *text)
{
	size_t n = strlen(buf);
	snprintf(buf + n, cap - n, "%s", text);
}

static void allowed_int(const struct conf_attr *a, char *buf, size_t cap)
{
	snprintf(buf, cap, "%lld..%lld%s%s", (long long)a->min, (long long)a->max, a->unit != NULL ? " " : "",
		 a->unit != NULL ? a->unit : "");
}

static void allowed_words(const struct conf_attr *a, char *buf, size_t cap)
{
	for (size_t i = 0; a->words[i] != NULL; i++) {
		add(buf, cap, i > 0 ? " | " : "");
		add(buf, cap, a->words[i]);
	}
}

static void allowed_refs(const struct conf_attr *a, char *buf, size_t cap)
{
	add(buf, cap, a->refs[0] == CO_VDOM ? "the name of a " : "the name of an entry of ");
	for (size_t i = 0; i < a->n_refs; i++) {
		add(buf, cap, i > 0 ? " or " : "");
		add(buf, cap, a->refs[i] == CO_VDOM ? "vdom" : conf_schema(a->refs[i])->path);
		if (a->refs[i] == CO_SERVICE)
			add(buf, cap, ", a predefined service");
	}
}

char *conf_attr_allowed(const struct conf_attr *a, char *buf, size_t cap)
{
	buf[0] = '\0';
	switch (a->type) {
	case CT_FLAG:
		add(buf, cap, "enable | disable");
		break;
	case CT_INT:
		allowed_int(a, buf, cap);
		break;
	case CT_STRING:
	case CT_PASSWORD:
		snprintf(buf, cap, "%lld..%lld octets", (long long)a->min, (long long)a->max);
		break;
	case CT_ENUM:
		allowed_words(a, buf, cap);
		break;
	case CT_IP:
		add(buf, cap, "an IPv4 or IPv6 address");
		break;
	case CT_IPMASK:
		add(buf, cap, "ADDRESS MASK or ADDRESS/LENGTH, as 10.0.0.1 255.255.255.0 or 2001:db8::1/64");
		break;
	case CT_SUBNET:
		add(buf, cap, "NETWORK MASK or NETWORK/LENGTH, as 10.0.0.0 255.255.255.0 or 2001:db8::/64");
		break;
	case CT_NET:
		add(buf, cap, "ADDRESS, NETWORK/LENGTH, FIRST-LAST, each also after !, or any");
		break;
	case CT_IFNAME:
		snprintf(buf, cap, "a network interface's name of at most %d octets", CONF_IFNAME_MAX);
		break;
	case CT_PORTS:
		add(buf, cap, "PORT or LOW-HIGH, the client's after a colon, 0..65535");
		break;
	case CT_REF:
		allowed_refs(a, buf, cap);
		break;
	case CT_HBDEV:
		snprintf(buf, cap, "INTERFACE PRIORITY pairs, priority %lld..%lld", (long long)a->min, (long long)a->max);
		break;
	case CONF_TYPE_N:
		break;
	}
	if (a->builtin != NULL) {
		add(buf, cap, ", or ");
		add(buf, cap, a->builtin);
	}
	return buf;
}

/* --- completion ------------------------------------------------------------------------------ */
typedef void word_fn(void *arg, const char *word);

static void offer(const char *candidate, const char *prefix, word_fn *fn, void *arg)
{
	if (strncmp(candidate, prefix, strlen(prefix)) == 0)
		fn(arg, candidate);
}

/* The k-th word of a path into buf; "" when the path has fewer. */
static const char *path_word(const char *path, size_t k, char *buf, size_t cap)
{
	while (k-- > 0 && path != NULL) {
		path = strchr(path, ' ');
		path = path != NULL ? path + 1 : NULL;
	}
	snprintf(buf, cap, "%.*s", path != NULL ? (int)strcspn(path, " ") : 0, path != NULL ? path : "");
	return buf;
}

/* The word of o's path that follows the n given ones, into buf; false when o's path goes on otherwise. */
static bool next_word(const struct conf_object *o, const char *const *word, size_t n, char *buf, size_t cap)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(path_word(o->path, i, buf, cap), word[i]) != 0)
			return false;
	return o->parent == CO_N && *path_word(o->path, n, buf, cap) != '\0';
}

/* An object before id offers the same word. */
static bool offered(enum conf_object_id id, const char *const *word, size_t n, const char *next)
{
	char buf[40];
	for (enum conf_object_id k = 0; k < id; k++)
		if (next_word(conf_schema(k), word, n, buf, sizeof(buf)) && strcmp(buf, next) == 0)
			return true;
	return false;
}

static void complete_path(const struct conf_object *at, const char *const *word, size_t n, word_fn *fn, void *arg)
{
	char buf[40];
	for (enum conf_object_id id = 0; id < CO_N; id++) {
		const struct conf_object *o = conf_schema(id);
		if (at != NULL && n == 1 && o->parent == at->id)
			offer(strrchr(o->path, ' ') + 1, word[0], fn, arg);
		else if (at == NULL && next_word(o, word, n - 1, buf, sizeof(buf)) && !offered(id, word, n - 1, buf))
			offer(buf, word[n - 1], fn, arg);
	}
}

static void complete_value(const struct conf_attr *a, const char *prefix, word_fn *fn, void *arg)
{
	if (a->type == CT_FLAG) {
		offer("enable", prefix, fn, arg);
		offer("disable", prefix, fn, arg);
	}
	for (size_t i = 0; a->type == CT_ENUM && a->words[i] != NULL; i++)
		offer(a->words[i], prefix, fn, arg);
	if (a->builtin != NULL)
		offer(a->builtin, prefix, fn, arg);
}

void conf_complete(const struct conf_object *at, const char *const *word, size_t n, word_fn *fn, void *arg)
{
	static const char *const command[] = { "append", "config", "edit", "end", "include", "next", "set", "unset" };
	if (n == 0)
		return;
	if (n == 1) {
		for (size_t i = 0; i < ARRAY_LEN(command); i++)
			offer(command[i], word[0], fn, arg);
		return;
	}
	if (strcmp(word[0], "config") == 0) {
		complete_path(at, word + 1, n - 1, fn, arg);
		return;
	}
	if (at == NULL || (strcmp(word[0], "set") != 0 && strcmp(word[0], "unset") != 0 && strcmp(word[0], "append") != 0))
		return;
	if (n == 2) {
		for (int i = 0; i < at->n_attr; i++)
			offer(at->attr[i].name, word[1], fn, arg);
		return;
	}
	int i = conf_schema_attr(at, word[1]);
	if (i >= 0 && word[0][0] != 'u')
		complete_value(&at->attr[i], word[n - 1], fn, arg);
}
