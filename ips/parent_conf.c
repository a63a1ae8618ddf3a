/* parent_conf.c - the configuration as the root half reads it: at the start, and again for a reload. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ips/bundle.h"
#include "ips/conf.h"
#include "ips/parent_int.h"

enum err parent_read(const char *path, struct conf **out, struct live *l, struct rulefiles *r, gen_error_fn *tell, void *arg)
{
	enum err e = OK;
	char text[PATH_LEN + 128];
	struct conf *c = conf_load(path, &e);
	*r = (struct rulefiles){ 0 };
	*out = NULL;
	if (c == NULL) {
		snprintf(text, sizeof(text), "%s: cannot be read: %s; check the name and the access rights", path,
			 e == ERR_IO ? strerror(errno) : err_text(e));
		tell(arg, text);
		return e;
	}
	for (size_t i = 0; i < conf_n_errors(c); i++)
		tell(arg, conf_error(c, i));
	e = conf_n_errors(c) != 0 ? ERR_USAGE : live_read(c, l, tell, arg);
	if (e == OK)
		e = gen_gather(c, NULL, tell, arg, r);
	if (e == OK) {
		*out = c;
		return OK;
	}
	rulefiles_free(r);
	conf_free(c);
	return e;
}

static void line(void *arg, const char *text)
{
	outbuf_fmt(arg, "%s\n", text);
}

/* The new configuration's masks and queues count at the next start; policies, rules and limits at once. */
static enum err read_again(struct parent *p, struct outbuf *told, int *bundle)
{
	struct conf *c = NULL;
	struct live l;
	struct rulefiles r;
	TRY(parent_read(p->config, &c, &l, &r, line, told));
	(void)live_needs_restart(&p->live, &l, line, told);
	const enum err e = bundle_make(c, &r, bundle);
	rulefiles_free(&r);
	conf_free(c);
	return e;
}

static enum err refuse(struct parent *p, const char *text)
{
	return proc_tell(p->engine, PM_BAD_BUNDLE, 1, text);
}

/* One at a time: which of two was taken could not be told. */
void parent_reload(struct parent *p)
{
	struct outbuf told = { 0 };
	struct proc_msg m = { .kind = PM_BUNDLE };
	enum err sent;
	if (p->next_bundle >= 0) {
		sent = refuse(p, "another reload is under way; try again\n");
	} else {
		notify_reloading(&p->notify);
		const enum err e = read_again(p, &told, &p->next_bundle);
		if (told.p != NULL && told.len != 0)
			fprintf(stderr, "ipsd: reload:\n%s", told.p);
		if (e == OK)
			sent = proc_send(p->engine, &m, &p->next_bundle, 1);
		else
			sent = refuse(p, told.p != NULL ? told.p : err_text(e));
	}
	if (sent != OK)
		fprintf(stderr, "ipsd: reload: the engine cannot be reached: %s\n", err_text(sent));
	outbuf_free(&told);
}

void parent_reloaded(struct parent *p, bool taken)
{
	const int old = taken ? p->bundle : p->next_bundle;
	if (p->next_bundle < 0)
		return;
	if (taken)
		p->bundle = p->next_bundle;
	p->next_bundle = -1;
	if (old >= 0)
		close(old);
}

int parent_log_open(const struct live *l, enum log_kind k)
{
	if (!l->log[k].on)
		return -1;
	if (strcmp(l->log[k].path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	const int fd = open(l->log[k].path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		fprintf(stderr, "ipsd: %s: cannot be written: %s; make its folder, or choose another file\n", l->log[k].path,
			strerror(errno));
	return fd;
}

void parent_reopen_logs(struct parent *p)
{
	struct proc_msg m = { .kind = PM_LOGS };
	int fds[PM_FDS];
	unsigned n = 0;
	for (enum log_kind k = 0; k < LOG_KIND_N; k++) {
		const int fd = parent_log_open(&p->live, k);
		if (fd < 0)
			continue;
		m.code |= 1u << k;
		fds[n++] = fd;
	}
	if (proc_send(p->engine, &m, fds, n) != OK)
		fprintf(stderr, "ipsd: the logs cannot be reopened: the engine cannot be reached\n");
	while (n > 0)
		close(fds[--n]);
}
