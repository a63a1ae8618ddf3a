/* ctl_words.c - see ctl_words.h. */
#include "ips/ctl_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ctl_command ctl_commands[CTL_COMMAND_N] = {
#define X(id, words, takes, changes, json, help) [id] = { words, takes, changes, json, help },
	CTL_COMMAND_LIST(X)
#undef X
};

const char *ctl_takes_text(enum ctl_takes t)
{
	switch (t) {
	case CT_NOTHING:
		break;
	case CT_FILTER:
		return "[FILTER VALUE]...";
	case CT_VERBOSE:
		return "[-v]";
	case CT_TAIL:
		return "[-n LINES] [-f] [eve|kv]";
	}
	return "";
}

/* How many words begin the request if it is command c; 0: it is not. */
static size_t begins_with(const char *words, const char *const *word, size_t n)
{
	size_t used = 0;
	for (const char *w = words; *w != '\0'; used++) {
		const size_t len = strcspn(w, " ");
		if (used == n || strlen(word[used]) != len || memcmp(word[used], w, len) != 0)
			return 0;
		w += len + (w[len] == ' ');
	}
	return used;
}

/* "session list, session stat": the commands whose first word is this, or all. */
static void tell_commands(const char *first, char *why)
{
	const size_t len = strlen(first);
	bool any = false;
	for (unsigned pass = 0; pass < 2 && !any; pass++) {
		for (size_t i = 0; i < CTL_COMMAND_N; i++) {
			const char *w = ctl_commands[i].words;
			if (pass == 0 && (strncmp(w, first, len) != 0 || (w[len] != ' ' && w[len] != '\0')))
				continue;
			const size_t at = strlen(why);
			snprintf(why + at, CTL_WHY - at, "%s%s", any ? ", " : "; there is ", w);
			any = true;
		}
	}
}

static enum err unknown_command(const char *const *word, size_t n, char *why)
{
	snprintf(why, CTL_WHY, "'%.60s%s%.60s': no such command", n > 0 ? word[0] : "", n > 1 ? " " : "", n > 1 ? word[1] : "");
	tell_commands(n > 0 ? word[0] : "", why);
	return ERR_USAGE;
}

static enum err read_lines(const char *text, unsigned *out, char *why)
{
	char *end = NULL;
	const unsigned long long n = text != NULL && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	if (end == NULL || *end != '\0' || n < 1 || n > CTL_TAIL_MAX) {
		snprintf(why, CTL_WHY, "-n '%.60s': a number of lines is needed, 1 to %u", text != NULL ? text : "", CTL_TAIL_MAX);
		return ERR_USAGE;
	}
	*out = (unsigned)n;
	return OK;
}

static enum err read_tail(const char *const *word, size_t n, struct ctl_args *out, char *why)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(word[i], "-f") == 0) {
			out->follow = true;
		} else if (strcmp(word[i], "-n") == 0) {
			i++;
			TRY(read_lines(i < n ? word[i] : NULL, &out->lines, why));
		} else if (strcmp(word[i], "eve") == 0) {
			out->log = LOG_EVE;
		} else if (strcmp(word[i], "kv") == 0) {
			out->log = LOG_KV;
		} else {
			snprintf(why, CTL_WHY, "log tail: '%.60s': -n LINES, -f, eve or kv is needed", word[i]);
			return ERR_USAGE;
		}
	}
	return OK;
}

static enum err read_few(const char *const *word, size_t n, struct ctl_args *out, char *why)
{
	const struct ctl_command *c = &ctl_commands[out->command];
	size_t used = 0;
	if (c->takes == CT_VERBOSE && n > 0 && strcmp(word[0], "-v") == 0) {
		out->verbose = true;
		used = 1;
	}
	if (used == n)
		return OK;
	snprintf(why, CTL_WHY, "%s: '%.60s': it takes %s", c->words, word[used],
		 c->takes == CT_NOTHING ? "no arguments" : ctl_takes_text(c->takes));
	return ERR_USAGE;
}

enum err ctl_words_parse(const char *const *word, size_t n, struct ctl_args *out, char *why)
{
	size_t used = 0;
	memset(out, 0, sizeof(*out));
	out->lines = CTL_TAIL_LINES;
	why[0] = '\0';
	for (unsigned c = 0; c < CTL_COMMAND_N && used == 0; c++) {
		used = begins_with(ctl_commands[c].words, word, n);
		out->command = (enum ctl_command_id)c;
	}
	if (used == 0)
		return unknown_command(word, n, why);
	switch (ctl_commands[out->command].takes) {
	case CT_FILTER:
		return ctl_filter_parse(word + used, n - used, &out->filter, why);
	case CT_TAIL:
		return read_tail(word + used, n - used, out, why);
	case CT_NOTHING:
	case CT_VERBOSE:
		break;
	}
	return read_few(word + used, n - used, out, why);
}
