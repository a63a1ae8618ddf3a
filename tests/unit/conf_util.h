/* conf_util.h - what the configuration's tests share. */
#ifndef TESTS_UNIT_CONF_UTIL_H
#define TESTS_UNIT_CONF_UTIL_H

#include "ips/conf.h"
#include "ips/conf_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline struct conf *parse(const char *text)
{
	return conf_parse_text("x", text, strlen(text), NULL);
}

/* All errors, a line each; malloc'ed. */
static inline char *errors_of(const struct conf *c)
{
	size_t len = 0;
	for (size_t i = 0; i < conf_n_errors(c); i++)
		len += strlen(conf_error(c, i)) + 1;
	char *s = calloc(1, len + 1);
	for (size_t i = 0; s != NULL && i < conf_n_errors(c); i++) {
		strcat(s, conf_error(c, i));
		strcat(s, "\n");
	}
	return s;
}

/* The errors of text are those, each line without its end; says so where they are not. */
static inline bool gives(const char *text, const char *expected)
{
	struct conf *c = parse(text);
	char *got = c != NULL ? errors_of(c) : NULL;
	size_t n = strlen(expected);
	bool good = got != NULL && strncmp(got, expected, n) == 0 && (got[n] == '\0' || strcmp(got + n, "\n") == 0);
	if (!good)
		printf("# of     %s\n# wanted %s\n# got    %s\n", text, expected, got != NULL ? got : "nothing");
	free(got);
	conf_free(c);
	return good;
}

static inline char *file_text(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *s = calloc(1, 1 << 20);
	if (f != NULL && s != NULL)
		s[fread(s, 1, (1 << 20) - 1, f)] = '\0';
	if (f != NULL)
		fclose(f);
	return s;
}

#endif
