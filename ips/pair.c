/* pair.c - see pair.h. */
#include "ips/pair.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ips/pair_int.h"

void pair_follow_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it was gone before */
		_exit(PAIR_BAD);
}

void pair_save(int fd, const struct outbuf *o)
{
	for (size_t at = 0; at < o->len;) {
		const ssize_t n = write(fd, o->p + at, o->len - at);
		if (n <= 0)
			_exit(PAIR_BAD);
		at += (size_t)n;
	}
	if (o->bad)
		_exit(PAIR_BAD);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The process of one node, which keeps its own end of what leads to it and no other's. */
static enum err start(struct pair *p, enum pair_node which, int link[2])
{
	const pid_t self = getpid();
	int ctl[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ctl) != 0)
		return ERR_IO;
	p->pid[which] = fork();
	if (p->pid[which] == 0) {
		pair_follow_parent(self);
		for (unsigned i = 0; i < PAIR_NODES; i++)
			close_fd(&p->ctl[i]);
		close(ctl[0]);
		p->ctl[which] = ctl[1];
		close_fd(&link[which == PAIR_A]);
		if (which == PAIR_A)
			pair_live_active(p, link[0]);
		else if (which == PAIR_B)
			pair_live_standby(p, link[1]);
		else
			pair_live_alone(p);
	}
	close(ctl[1]);
	p->ctl[which] = ctl[0];
	return p->pid[which] > 0 ? OK : ERR_IO;
}

static int memory_file(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC);
}

static enum err open_files(struct pair *p)
{
	static const char *const names[PAIR_NODES] = { "trace-a", "trace-b", "trace-alone" };
	p->along = memory_file("along");
	bool ok = p->along >= 0;
	for (unsigned i = 0; i < PAIR_NODES; i++)
		ok = (p->trace[i] = memory_file(names[i])) >= 0 && ok;
	for (unsigned i = 0; i < ARRAY_LEN(p->state); i++)
		ok = (p->state[i] = memory_file("state")) >= 0 && ok;
	p->note = mmap(NULL, sizeof(*p->note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return ok && p->note != MAP_FAILED ? OK : ERR_IO;
}

enum err pair_open(const struct failover_job *job, const struct capset *cap, struct pair *p)
{
	int link[2];
	*p = (struct pair){ .job = job, .cap = cap, .note = MAP_FAILED };
	for (unsigned i = 0; i < PAIR_NODES; i++)
		p->pid[i] = p->ctl[i] = -1;
	TRY(open_files(p));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) != 0)
		return ERR_IO;
	enum err e = start(p, PAIR_A, link);
	if (e == OK)
		e = start(p, PAIR_B, link);
	close(link[0]);
	close(link[1]);
	if (e == OK && job->crash) {
		int none[2] = { -1, -1 };
		e = start(p, PAIR_ALONE, none);
	}
	return e;
}

void pair_close(struct pair *p)
{
	for (unsigned i = 0; i < PAIR_NODES; i++) {
		close_fd(&p->ctl[i]);
		if (p->pid[i] > 0) {
			kill(p->pid[i], SIGKILL);
			while (waitpid(p->pid[i], NULL, 0) < 0 && errno == EINTR)
				;
		}
		close_fd(&p->trace[i]);
	}
	for (unsigned i = 0; i < ARRAY_LEN(p->state); i++)
		close_fd(&p->state[i]);
	close_fd(&p->along);
	if (p->note != MAP_FAILED)
		munmap(p->note, sizeof(*p->note));
}

static bool empty(int fd)
{
	return ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0;
}

static bool empty_files(const struct pair *p)
{
	bool ok = true;
	for (unsigned i = 0; i < PAIR_NODES; i++)
		ok = empty(p->trace[i]) && ok;
	for (unsigned i = 0; i < ARRAY_LEN(p->state); i++)
		ok = empty(p->state[i]) && ok;
	return ok;
}

bool pair_run(struct pair *p, uint64_t cut, bool explain)
{
	const struct pair_order o = { .cut = cut, .explain = explain };
	int link[2];
	*p->note = (struct pair_note){ 0 };
	if (!empty_files(p) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) != 0)
		return false;
	bool a = pair_order_give(p->ctl[PAIR_A], &o, link[0]);
	close(link[0]);
	a = a && pair_answered(p->ctl[PAIR_A]); /* B has what is before the batch that is cut */
	const bool b = a && pair_order_give(p->ctl[PAIR_B], &o, link[1]);
	close(link[1]);
	bool ok = a && pair_answered(p->ctl[PAIR_A]);
	ok = b && pair_answered(p->ctl[PAIR_B]) && ok;
	if (p->pid[PAIR_ALONE] > 0)
		ok = pair_order_give(p->ctl[PAIR_ALONE], &o, -1) && pair_answered(p->ctl[PAIR_ALONE]) && ok;
	return ok;
}
