/* conf_file.c - configurations from files; the only file of conf_* that performs I/O. */
#include "ips/conf_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole file, or one octet more than is allowed, which the parser refuses. */
static enum err read_file(const char *path, char **text, size_t *len)
{
	size_t cap = 64 << 10;
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	*text = malloc(cap);
	*len = 0;
	while (*text != NULL) {
		*len += fread(*text + *len, 1, cap - *len, f);
		if (*len < cap || *len > CONF_TEXT_MAX)
			break;
		cap = cap * 2 > CONF_TEXT_MAX ? CONF_TEXT_MAX + 1 : cap * 2;
		char *more = realloc(*text, cap);
		if (more == NULL)
			free(*text);
		*text = more;
	}
	enum err e = *text == NULL ? ERR_NOMEM : ferror(f) ? ERR_IO : OK;
	fclose(f);
	if (e != OK) {
		free(*text);
		*text = NULL;
	}
	return e;
}

/* name as seen from the folder of from. */
static char *beside(const char *from, const char *name)
{
	const char *slash = name[0] == '/' ? NULL : strrchr(from, '/');
	size_t n = slash != NULL ? (size_t)(slash - from) + 1 : 0;
	char *p = malloc(n + strlen(name) + 1);
	if (p != NULL) {
		memcpy(p, from, n);
		strcpy(p + n, name);
	}
	return p;
}

static enum err read_include(void *arg, const char *from, const char *name, char **text, size_t *len, char **path)
{
	(void)arg;
	*path = beside(from, name);
	if (*path == NULL)
		return ERR_NOMEM;
	enum err e = read_file(*path, text, len);
	if (e != OK)
		free(*path);
	return e;
}

struct conf *conf_load(const char *path, enum err *e)
{
	static const struct conf_reader reader = { .read = read_include };
	char *text;
	size_t len;
	*e = read_file(path, &text, &len);
	if (*e != OK)
		return NULL;
	struct conf *c = conf_parse_text(path, text, len, &reader);
	free(text);
	if (c == NULL)
		*e = ERR_NOMEM;
	return c;
}
