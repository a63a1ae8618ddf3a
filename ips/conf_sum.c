/* conf_sum.c - see conf_sum.h: over the canonical text, line by line. */
#include "ips/conf_sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static const struct own {
	const char *object, *attr;
} own[] = {
	{ "system global", "hostname" }, { "system ha", "local-ip" },  { "system ha", "peer-ip" },
	{ "system ha", "priority" },     { "system ha", "icmp-check" }, { "log eve", "filename" },
	{ "log file", "filename" },
};

static bool begins(const char *line, size_t len, const char *with)
{
	const size_t n = strlen(with);
	return len >= n && memcmp(line, with, n) == 0;
}

/* Of the object begun by the line top; "    set NAME VALUE" is the one of line. */
static bool is_own(const char *top, size_t top_len, const char *line, size_t len)
{
	static const char config[] = "config ", set[] = "    set ";
	if (!begins(top, top_len, config) || !begins(line, len, set))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		const size_t object = strlen(own[i].object), attr = strlen(own[i].attr);
		const char *name = line + sizeof(set) - 1;
		const size_t left = len - (sizeof(set) - 1);
		if (top_len == sizeof(config) - 1 + object && memcmp(top + sizeof(config) - 1, own[i].object, object) == 0 &&
		    left > attr && memcmp(name, own[i].attr, attr) == 0 && name[attr] == ' ')
			return true;
	}
	return false;
}

uint64_t conf_sum(const struct conf *c)
{
	char *text;
	uint64_t sum = HASH_FNV_START;
	const char *top = "";
	size_t top_len = 0;
	if (conf_show(c, NULL, CONF_SHOW_FULL, &text) != OK)
		return 0;
	for (const char *line = text; *line != '\0';) {
		const size_t len = strcspn(line, "\n"), whole = len + (line[len] == '\n');
		if (begins(line, len, "config ")) {
			top = line;
			top_len = len;
		}
		if (!is_own(top, top_len, line, len))
			sum = hash_fnv(sum, line, whole);
		line += whole;
	}
	free(text);
	return sum != 0 ? sum : 1;
}
