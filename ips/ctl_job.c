/* ctl_job.c - a request's line to a job, and a job's words to lines. See ctl_int.h. */
#include "ips/ctl_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/json_text.h"

enum { WORDS_MAX = 64, TEXT_LINE = 16 << 10, CODE_FAILED = 1, CODE_USAGE = 2 };

static ctl_step_fn *const steps[CTL_COMMAND_N] = {
	[CC_SESSION_LIST] = ctl_list_step,
	[CC_SESSION_STAT] = ctl_list_stat_step,
	[CC_SESSION_CLEAR] = ctl_list_clear_step,
	[CC_SYS_LIST] = ctl_list_step,
	[CC_SYS_STAT] = ctl_list_stat_step,
	[CC_SYS_CLEAR] = ctl_list_clear_step,
	[CC_SHARE_LIST] = ctl_list_step,
	[CC_HA_INFO] = ctl_ha_info,
	[CC_HA_MODE] = ctl_ha_mode,
	[CC_HA_ACTIVE] = ctl_ha_role,
	[CC_HA_PASSIVE] = ctl_ha_role,
	[CC_HA_RESET] = ctl_ha_role,
	[CC_HA_CHECKSUM] = ctl_ha_checksum,
	[CC_HA_EVENTS] = ctl_ha_events,
	[CC_TAGS_LIST] = ctl_tags,
	[CC_APP_LIST] = ctl_apps,
	[CC_STATS] = ctl_stats,
	[CC_NFQ_STATUS] = ctl_nfq,
	[CC_LOG_TAIL] = ctl_tail,
	[CC_RELOAD] = ctl_reload,
	[CC_VERSION] = ctl_version,
};

/* --- lines ---------------------------------------------------------------------------------------------- */

static void add_member(struct ctl_job *j, const char *key, json_t *value)
{
	json_t *o = json_object();
	json_object_set_new(o, key, value);
	json_line(o, &j->out);
}

/* How much of the text one line takes: whole lines of it if there are, never half a character. */
static size_t portion(const char *s, size_t len)
{
	if (len <= TEXT_LINE)
		return len;
	size_t n = TEXT_LINE;
	while (n > 0 && s[n - 1] != '\n')
		n--;
	if (n > 0)
		return n;
	for (n = TEXT_LINE; n > TEXT_LINE - 4 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

static void flush_text(struct ctl_job *j)
{
	for (size_t at = 0, n; at < j->text.len; at += n) {
		n = portion(j->text.p + at, j->text.len - at);
		add_member(j, "text", json_words(j->text.p + at, n));
	}
	j->out.bad |= j->text.bad;
	outbuf_clear(&j->text);
}

void ctl_row(struct ctl_job *j, json_t *row)
{
	add_member(j, "row", row);
}

enum ctl_progress ctl_fail(struct ctl_job *j, int code, const char *fmt, ...)
{
	char why[CTL_WHY + 256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	flush_text(j);
	json_t *o = json_object();
	json_object_set_new(o, "error", json_words(why, strlen(why)));
	ctl_set(o, "code", (uint64_t)code);
	json_line(o, &j->out);
	return CTL_DONE;
}

void ctl_free_plain(struct ctl_job *j)
{
	free(j->state);
}

void ctl_set(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

void ctl_table(struct ctl_job *j, json_t *root, const struct ctl_counters *c)
{
	json_t *o = root != NULL ? json_object() : NULL;
	bool begun = false;
	for (size_t i = c->first; i < c->n; i++) {
		const char *name = c->v[i] != 0 ? c->name((unsigned)i) : NULL;
		if (name == NULL)
			continue;
		if (root != NULL)
			ctl_set(o, name, c->v[i]);
		else
			outbuf_fmt(&j->text, "%s%s  %-44s %12llu\n", begun ? "" : c->key, begun ? "" : ":\n", name,
				   (unsigned long long)c->v[i]);
		begun = true;
	}
	if (root != NULL)
		json_object_set_new(root, c->key, o);
}

bool ctl_visit(struct ctl_job *j, unsigned worker, ctl_visit_fn *fn, void *ctx)
{
	const enum err e = j->node->visit(j->node->arg, worker, fn, ctx);
	if (e == ERR_TIMEOUT)
		ctl_fail(j, CODE_FAILED,
			 "worker %u did not answer within %u ms; it is overloaded or hung: try again, see 'ips nfq status'", worker,
			 CTL_WAIT_MS);
	else if (e != OK)
		ctl_fail(j, CODE_FAILED, "worker %u cannot be asked: %s; is the node stopping?", worker, err_text(e));
	return e == OK;
}

/* --- requests ------------------------------------------------------------------------------------------- */

static struct ctl_job *job_new(const struct ctl_node *node)
{
	struct ctl_job *j = calloc(1, sizeof(*j));
	if (j != NULL)
		j->node = node;
	return j;
}

static enum ctl_progress told_already(struct ctl_job *j)
{
	(void)j;
	return CTL_DONE;
}

static void refuse(struct ctl_job *j, int code, const char *why)
{
	j->step = told_already;
	ctl_fail(j, code, "%s", why);
}

/* The words of {"words":[...],"json":true}; they live as long as root. NULL: why says what is wrong. */
static const char *read_request(json_t *root, const char *word[WORDS_MAX], size_t *n, bool *json)
{
	const char *key;
	json_t *value;
	const json_t *words = json_object_get(root, "words"), *wants = json_object_get(root, "json");
	json_object_foreach(root, key,
			    value) if (strcmp(key, "words") != 0 &&
				       strcmp(key, "json") != 0) return "the request has a member that is neither words nor json";
	if (!json_is_array(words) || json_array_size(words) == 0 || json_array_size(words) > WORDS_MAX)
		return "the request needs \"words\", an array of 1 to 64 strings";
	if (wants != NULL && !json_is_boolean(wants))
		return "\"json\" is true or false";
	*json = json_is_true(wants);
	for (*n = 0; *n < json_array_size(words); ++*n) {
		word[*n] = json_string_value(json_array_get(words, *n));
		if (word[*n] == NULL)
			return "each of the words is a string";
	}
	return NULL;
}

static void set_up(struct ctl_job *j, bool may_change, json_t *root)
{
	const char *word[WORDS_MAX];
	char why[CTL_WHY];
	size_t n = 0;
	const char *wrong = read_request(root, word, &n, &j->json);
	if (wrong != NULL) {
		refuse(j, CODE_USAGE, wrong);
		return;
	}
	if (ctl_words_parse(word, n, &j->args, why) != OK) {
		refuse(j, CODE_USAGE, why);
		return;
	}
	const struct ctl_command *c = &ctl_commands[j->args.command];
	if (j->json && !c->json) {
		snprintf(why, sizeof(why), "%s has no JSON form of its own; leave --json out", c->words);
		refuse(j, CODE_USAGE, why);
	} else if (c->changes && !may_change) {
		snprintf(why, sizeof(why), "%s changes the node: only root and the daemon's own user may; use sudo", c->words);
		refuse(j, CODE_FAILED, why);
	} else {
		j->step = steps[j->args.command];
	}
}

struct ctl_job *ctl_job_new(const struct ctl_node *node, bool may_change, const char *request, size_t len)
{
	json_error_t e;
	struct ctl_job *j = job_new(node);
	if (j == NULL)
		return NULL;
	json_t *root = json_loadb(request, len, JSON_REJECT_DUPLICATES, &e);
	if (root == NULL) {
		j->step = told_already;
		ctl_fail(j, CODE_USAGE, "the request is no JSON object on one line: %s at octet %d", e.text, e.position);
	} else {
		set_up(j, may_change, root);
	}
	json_decref(root);
	return j;
}

struct ctl_job *ctl_job_refusal(int code, const char *why)
{
	struct ctl_job *j = job_new(NULL);
	if (j != NULL)
		refuse(j, code, why);
	return j;
}

enum ctl_progress ctl_job_step(struct ctl_job *j)
{
	enum ctl_progress p = j->ended ? CTL_DONE : j->step(j);
	flush_text(j);
	if (p == CTL_DONE && !j->ended) {
		add_member(j, "end", json_true());
		j->ended = true;
	}
	return j->out.bad ? CTL_NOMEM : p;
}

void ctl_job_free(struct ctl_job *j)
{
	if (j == NULL)
		return;
	if (j->free_state != NULL)
		j->free_state(j);
	outbuf_free(&j->out);
	outbuf_free(&j->text);
	free(j);
}

void ctl_answer(const struct ctl_node *node, const char *request, size_t len, bool (*emit)(void *arg, const struct outbuf *lines),
		void *arg)
{
	struct ctl_job *j = ctl_job_new(node, true, request, len);
	enum ctl_progress p = j != NULL ? CTL_MORE : CTL_NOMEM;
	while (p == CTL_MORE) {
		p = ctl_job_step(j);
		if (p != CTL_NOMEM && j->out.len != 0 && !emit(arg, &j->out))
			break;
		outbuf_clear(&j->out);
	}
	ctl_job_free(j);
}
