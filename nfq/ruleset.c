/* ruleset.c - carries the plans out: rules by nft or iptables, sysctls, and the file that remembers them. */
#include "nfq/ruleset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wr.h"
#include "nfq/ruleset_run.h"
#include "nfq/ruleset_state.h"

enum { FILE_PATH = 512, SHOWN = 240 };

/* One call's work: too large for the stack of every caller. */
struct work {
	struct ruleset_report *r;
	const char *dir;
	bool ipv6;
	bool had;                    /* a state file of this boot was there */
	struct ruleset_plan plan;
	struct ruleset_state old, state;
	char text[STATE_TEXT_MAX];
};

static struct work *work_new(const char *dir, struct ruleset_report *r)
{
	struct work *w = calloc(1, sizeof(*w));
	*r = (struct ruleset_report){ .backend = "" };
	if (w == NULL) {
		snprintf(r->why, sizeof(r->why), "out of memory");
		return NULL;
	}
	w->r = r;
	w->dir = dir;
	w->ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	return w;
}

static void warn(struct work *w, const char *what, const char *name)
{
	const size_t used = strlen(w->r->warn);
	snprintf(&w->r->warn[used], sizeof(w->r->warn) - used, what, name);
}

/* --- small files ---------------------------------------------------------------------------- */
/* A short file's text without the newline at its end; false: cannot be read (errno). */
static bool read_file(const char *path, char *out, size_t cap)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return false;
	size_t len = 0;
	ssize_t got;
	while (len < cap - 1 && (got = read(fd, &out[len], cap - 1 - len)) > 0)
		len += (size_t)got;
	close(fd);
	out[len] = '\0';
	return true;
}

static bool write_all(int fd, const char *text)
{
	const size_t len = strlen(text);
	return write(fd, text, len) == (ssize_t)len;
}

static bool sysctl_read(const char *path, char *out)
{
	char file[FILE_PATH];
	snprintf(file, sizeof(file), "/proc/sys/%s", path);
	if (!read_file(file, out, SYSCTL_VALUE))
		return false;
	out[strcspn(out, "\n")] = '\0';
	return true;
}

static bool sysctl_write(const char *path, const char *value)
{
	char file[FILE_PATH];
	snprintf(file, sizeof(file), "/proc/sys/%s", path);
	const int fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const bool good = write_all(fd, value);
	const int code = errno;
	close(fd);
	errno = code;
	return good;
}

/* --- the state file ------------------------------------------------------------------------- */
static void state_path(const struct work *w, const char *tail, char *out)
{
	snprintf(out, FILE_PATH, "%s/ruleset.state%s", w->dir, tail);
}

static void boot_id(char *out)
{
	if (!read_file("/proc/sys/kernel/random/boot_id", out, STATE_BOOT))
		out[0] = '\0';
	out[strcspn(out, "\n ")] = '\0';
	if (out[0] == '\0')
		snprintf(out, STATE_BOOT, "unknown");
}

/* What an earlier run left; values of another boot of the machine are of no use. */
static enum err load_state(struct work *w)
{
	char path[FILE_PATH];
	state_path(w, "", path);
	w->had = false;
	boot_id(w->state.boot);
	if (!read_file(path, w->text, sizeof(w->text))) {
		if (errno == ENOENT)
			return OK;
		snprintf(w->r->why, sizeof(w->r->why), "%.200s: cannot be read: %s", path, strerror(errno));
		return ERR_IO;
	}
	if (state_parse(w->text, &w->old) != OK) {
		snprintf(w->r->why, sizeof(w->r->why),
			 "%.200s: damaged: old values of sysctls are not known from it; check these, then remove the file", path);
		return ERR_MALFORMED;
	}
	w->had = strcmp(w->old.boot, w->state.boot) == 0;
	return OK;
}

/* Whole or not at all, and on the disk before anything is changed. */
static enum err save_state(struct work *w)
{
	char path[FILE_PATH], part[FILE_PATH];
	state_path(w, "", path);
	state_path(w, ".part", part);
	state_format(&w->state, w->text);
	(void)unlink(part);
	const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write_all(fd, w->text) && fsync(fd) == 0;
	int code = errno;
	if (fd >= 0)
		close(fd);
	if (good && rename(part, path) != 0) {
		good = false;
		code = errno;
	}
	if (good)
		return OK;
	(void)unlink(part);
	snprintf(w->r->why, sizeof(w->r->why), "%.200s: cannot be written: %s; is the folder there?", path, strerror(code));
	return ERR_IO;
}

static void forget_state(const struct work *w)
{
	char path[FILE_PATH];
	state_path(w, "", path);
	(void)unlink(path);
}

/* --- sysctls -------------------------------------------------------------------------------- */
static struct state_sysctl *find_sysctl(struct ruleset_state *s, const char *path)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->sysctl[i].path, path) == 0)
			return &s->sysctl[i];
	return NULL;
}

static enum err remember(struct work *w, const char *path, const char *before, const char *ours)
{
	struct state_sysctl *y = find_sysctl(&w->state, path);
	if (y == NULL && w->state.n == STATE_SYSCTLS_MAX) {
		snprintf(w->r->why, sizeof(w->r->why), "too many sysctls to remember: remove the rules first");
		return ERR_FULL;
	}
	if (y == NULL) {
		y = &w->state.sysctl[w->state.n++];
		snprintf(y->path, sizeof(y->path), "%s", path);
		snprintf(y->before, sizeof(y->before), "%s", before);
	}
	snprintf(y->ours, sizeof(y->ours), "%s", ours);
	return OK;
}

/* What has to change, beside what an earlier run has changed already. */
static enum err plan_sysctls(struct work *w, const struct ruleset_opt *o)
{
	struct state_want want;
	for (unsigned i = 0; w->had && i < w->old.n; i++)
		TRY(remember(w, w->old.sysctl[i].path, w->old.sysctl[i].before, w->old.sysctl[i].ours));
	for (unsigned at = 0; state_next_want(o, &at, &want);) {
		char now[SYSCTL_VALUE], also[SYSCTL_VALUE] = "";
		if (!sysctl_read(want.path, now)) {
			if (want.missing == NULL)
				continue;
			snprintf(w->r->why, sizeof(w->r->why), "/proc/sys/%s: %s; %s", want.path, strerror(errno), want.missing);
			return ERR_NOTFOUND;
		}
		if (want.also[0] != '\0' && !sysctl_read(want.also, also))
			also[0] = '\0';
		const char *value = state_decide(&want, now, also);
		if (value != NULL)
			TRY(remember(w, want.path, now, value));
	}
	return OK;
}

static enum err set_sysctls(struct work *w)
{
	for (unsigned i = 0; i < w->state.n; i++) {
		const struct state_sysctl *y = &w->state.sysctl[i];
		if (!sysctl_write(y->path, y->ours) && errno != ENOENT) {
			snprintf(w->r->why, sizeof(w->r->why), "/proc/sys/%s: cannot be set to %s: %s; run as root", y->path,
				 y->ours, strerror(errno));
			return ERR_IO;
		}
	}
	return OK;
}

static void restore_sysctls(struct work *w, const struct ruleset_state *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct state_sysctl *y = &s->sysctl[i];
		char now[SYSCTL_VALUE];
		if (!sysctl_read(y->path, now) || strcmp(now, y->before) == 0)
			continue; /* its interface is gone, or it was never set */
		if (strcmp(now, y->ours) != 0)
			warn(w, "%s was changed by somebody else and is left as it is\n", y->path);
		else if (!sysctl_write(y->path, y->before))
			warn(w, "%s could not be put back\n", y->path);
	}
}

/* --- commands ------------------------------------------------------------------------------- */
/* Which remedy a program's words call for; the first that fits. */
static const char *help_for(const char *output)
{
	static const struct {
		const char *word, *help;
	} rows[] = {
		{ "not permitted", "run as root (CAP_NET_ADMIN)" },
		{ "ermission denied", "run as root (CAP_NET_ADMIN)" },
		{ "xtables lock", "another program holds the lock of iptables" },
		{ "NFQUEUE", "the kernel lacks NETFILTER_XT_TARGET_NFQUEUE: modprobe xt_NFQUEUE" },
		{ "initialize", "the kernel lacks NF_TABLES or IP_NF_RAW: modprobe nf_tables iptable_raw ip6table_raw" },
		{ "No such file",
		  "the kernel lacks NFT_QUEUE (for nft), or one of NETFILTER_XT_TARGET_NFQUEUE, XT_MATCH_HL, XT_MATCH_ADDRTYPE" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strstr(output, rows[i].word) != NULL)
			return rows[i].help;
	return "see above";
}

static enum err not_done(struct work *w, const struct ruleset_cmd *c, const struct run_result *r)
{
	const size_t used = strlen(w->r->why);
	char *why = &w->r->why[used];
	const size_t room = sizeof(w->r->why) - used;
	switch (r->end) {
	case RUN_MISSING:
		snprintf(why, room, "%s is not installed: install the package %s; ", c->argv[0],
			 strcmp(c->argv[0], "nft") == 0 ? "nftables" : "iptables");
		return ERR_NOTFOUND;
	case RUN_BROKEN:
		snprintf(why, room, "%s could not be run: %s; ", c->argv[0], strerror(r->code));
		return ERR_IO;
	case RUN_DONE:
		snprintf(why, room, "%s: rules are still there: is the chain used by other rules? ", c->argv[0]);
		return ERR_IO;
	case RUN_FAILED:
		break;
	}
	const int len = (int)size_min(strcspn(r->output, "\n"), SHOWN);
	snprintf(why, room, "%s: status %d: %.*s: %s; ", c->argv[0], r->code, len, r->output, help_for(r->output));
	return ERR_UNSUPPORTED;
}

/* A look that failed says that nothing is there only if looking was allowed. */
static bool look_refused(const struct run_result *r)
{
	return r->end == RUN_BROKEN || strstr(r->output, "not permitted") != NULL || strstr(r->output, "ermission denied") != NULL;
}

static enum err run_one(struct work *w, const struct ruleset_cmd *c, bool *skip_next)
{
	struct run_result r;
	enum err e = OK;
	run_program(c->argv, c->input, &r);
	switch (c->want) {
	case WANT_DONE:
		e = r.end == RUN_DONE ? OK : not_done(w, c, &r);
		break;
	case WANT_TRIED:
		break;
	case WANT_GONE:
		e = r.end == RUN_DONE || look_refused(&r) ? not_done(w, c, &r) : OK;
		break;
	case WANT_UNLESS:
		*skip_next = r.end == RUN_DONE;
		break;
	}
	run_result_free(&r);
	return e;
}

static enum err run_plan(struct work *w)
{
	for (unsigned i = 0; i < w->plan.n; i++) {
		bool skip_next = false;
		TRY(run_one(w, &w->plan.cmd[i], &skip_next));
		i += skip_next;
	}
	return OK;
}

/* nft's own queue expression hooks ahead of everything else; iptables does where the kernel lacks that. Reasons stay in why. */
static enum ruleset_backend choose(struct work *w, const struct ruleset_opt *o)
{
	ruleset_plan_probe(&w->plan, RULESET_NFT, o);
	return run_plan(w) == OK ? RULESET_NFT : RULESET_IPTABLES;
}

static void warn_conntrack(struct work *w)
{
	for (unsigned b = 0; b < RULESET_BACKENDS; b++) {
		ruleset_plan_list(&w->plan, (enum ruleset_backend)b, w->ipv6);
		for (unsigned i = 0; i < w->plan.n; i++) {
			struct run_result r;
			char line[SHOWN];
			run_program(w->plan.cmd[i].argv, NULL, &r);
			const struct span s = ruleset_find_conntrack(r.end == RUN_DONE ? r.output : "");
			snprintf(line, sizeof(line), "%.*s", (int)size_min(s.len, SHOWN - 1), s.len != 0 ? (const char *)s.p : "");
			run_result_free(&r);
			if (line[0] == '\0')
				continue;
			warn(w,
			     "a rule switches the kernel's connection tracking on: fragments arrive reassembled, and addresses may "
			     "be translated twice: %s\n",
			     line);
			return;
		}
	}
}

static enum err remove_rules(struct work *w, enum ruleset_backend b)
{
	ruleset_plan_remove(&w->plan, b, w->ipv6);
	return run_plan(w);
}

/* --- the two calls -------------------------------------------------------------------------- */
static enum err install(struct work *w, const struct ruleset_opt *o)
{
	w->state.backend = choose(w, o);
	w->r->backend = ruleset_backend_name(w->state.backend);
	TRY(plan_sysctls(w, o));
	TRY(save_state(w));
	/* Forwarding begins when the rules stand, and ends before they go: nothing is forwarded beside them. */
	ruleset_plan_install(&w->plan, w->state.backend, o, w->ipv6);
	enum err e = run_plan(w);
	if (e == OK)
		e = set_sysctls(w);
	if (e == OK && w->had && w->old.backend != w->state.backend)
		e = remove_rules(w, w->old.backend);
	if (e == OK) {
		warn_conntrack(w);
		w->r->why[0] = '\0';
		return OK;
	}
	if (!w->had) {
		restore_sysctls(w, &w->state);
		(void)remove_rules(w, w->state.backend);
		forget_state(w);
	}
	return e;
}

enum err ruleset_install(const struct ruleset_opt *o, struct ruleset_report *r)
{
	struct work *w = work_new(o->state_dir, r);
	if (w == NULL)
		return ERR_NOMEM;
	enum err e = ruleset_check(o, r->why);
	if (e == OK)
		e = load_state(w);
	if (e == OK)
		e = install(w, o);
	free(w);
	return e;
}

enum err ruleset_remove(const char *state_dir, struct ruleset_report *r)
{
	struct work *w = work_new(state_dir, r);
	if (w == NULL)
		return ERR_NOMEM;
	const enum err state = load_state(w);
	enum err e = OK;
	if (w->had)
		restore_sysctls(w, &w->old);
	for (unsigned b = 0; b < RULESET_BACKENDS; b++) {
		const enum err each = remove_rules(w, (enum ruleset_backend)b);
		e = e != OK ? e : each;
	}
	if (e == OK && state == OK)
		forget_state(w);
	free(w);
	return e != OK ? e : state;
}
