/* ctl.c - the control socket's thread: accepts, reads a line, sends its answer step by step, closes who is slow.
 *
 * One poll over all clients; no call waits but poll and the visits of workers, whose time is bounded. A client has one request
 * under way; the next line it sent meanwhile waits in its socket. It needs no descriptor of its own and opens none but accepted
 * ones.
 */
#include "ips/ctl.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ips/ctl_int.h"

enum { TICK_MS = 200, READ_PIECE = 4096, CODE_FAILED = 1, CODE_USAGE = 2 };

struct client {
	int fd; /* -1: free */
	bool may_change;
	bool last; /* closes once its answer is sent */
	bool eof;  /* sends nothing more */
	char *in;  /* CTL_REQUEST_MAX octets of a line that is not whole */
	size_t n_in;
	struct ctl_job *job; /* NULL: asks nothing */
	size_t sent;         /* of job->out */
	int64_t since;       /* ms: when it began to wait for us, or we for it */
	int64_t again;       /* ms: its job has nothing before */
};

struct ctl {
	int listener;
	const struct ctl_node *node;
	uid_t own;
	pthread_t thread;
	atomic_bool stop;
	int64_t deaf_until; /* no descriptors were left: no accept till then */
	struct client client[CTL_CLIENTS];
};

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_client(struct client *c)
{
	ctl_job_free(c->job);
	free(c->in);
	close(c->fd);
	*c = (struct client){ .fd = -1 };
}

/* --- accepting ------------------------------------------------------------------------------------------------ */

/* Of a connection the user at its other end, of a listener the one who opened it. */
static uid_t user_of(int fd, uid_t unknown)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 ? who.uid : unknown;
}

static bool may_change(int fd, uid_t own)
{
	const uid_t peer = user_of(fd, (uid_t)-1);
	return peer == 0 || (peer == own && peer != (uid_t)-1);
}

/* No room for fd: it is told so, if it listens. */
static void turn_away(int fd)
{
	static const char text[] =
		"{\"error\":\"8 clients are being served, which is all that can be; try again in a moment\",\"code\":1}\n"
		"{\"end\":true}\n";
	_Static_assert(CTL_CLIENTS == 8, "the text names it");
	(void)!send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* Whoever asks nothing gives way to one who may, the longest idle first; and to those who may change the node everybody who may
 * not: the node's own people are never locked out. NULL: nobody has to. */
static struct client *gives_way(struct ctl *x, bool to_owner, int64_t now)
{
	struct client *found = NULL;
	for (struct client *c = x->client; c < x->client + CTL_CLIENTS; c++) {
		const bool idle = c->job == NULL && now - c->since >= CTL_SPARE_S * INT64_C(1000);
		if (!(c->may_change ? idle && to_owner : idle || to_owner))
			continue;
		const bool better = found == NULL || (c->job == NULL) > (found->job == NULL) ||
				    ((c->job == NULL) == (found->job == NULL) && c->since < found->since);
		found = better ? c : found;
	}
	return found;
}

static void accept_one(struct ctl *x, int64_t now)
{
	const int fd = accept4(x->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EINTR && errno != EAGAIN && errno != ECONNABORTED)
			x->deaf_until = now + 1000;
		return;
	}
	struct client *c = x->client, *end = x->client + CTL_CLIENTS;
	while (c < end && c->fd >= 0)
		c++;
	const bool owner = may_change(fd, x->own);
	if (c == end && (c = gives_way(x, owner, now)) != NULL)
		close_client(c);
	char *in = c != NULL ? malloc(CTL_REQUEST_MAX) : NULL;
	if (in == NULL) {
		turn_away(fd);
		return;
	}
	*c = (struct client){ .fd = fd, .may_change = owner, .in = in, .since = now };
}

/* --- a client's lines ------------------------------------------------------------------------------------------ */

static void begin(struct client *c, struct ctl_job *job, bool last, int64_t now)
{
	c->job = job;
	c->last |= last || job == NULL;
	c->sent = 0;
	c->again = c->since = now;
}

/* The first line in the buffer, or all of it at its end, becomes a job. */
static void take_line(struct ctl *x, struct client *c, int64_t now)
{
	const char *nl = memchr(c->in, '\n', c->n_in);
	if (nl == NULL && c->n_in == CTL_REQUEST_MAX) {
		begin(c, ctl_job_refusal(CODE_USAGE, "the request's line is longer than 65536 octets"), true, now);
		return;
	}
	if (nl == NULL && (!c->eof || c->n_in == 0))
		return;
	const size_t len = nl != NULL ? (size_t)(nl - c->in) : c->n_in, used = nl != NULL ? len + 1 : len;
	begin(c, ctl_job_new(x->node, c->may_change, c->in, len), false, now);
	c->n_in -= used;
	memmove(c->in, c->in + used, c->n_in);
}

static void read_some(struct client *c, int64_t now)
{
	const ssize_t n = recv(c->fd, c->in + c->n_in, CTL_REQUEST_MAX - c->n_in, 0);
	if (n > 0) {
		c->n_in += (size_t)n;
		if (c->n_in == (size_t)n)
			c->since = now;
	} else if (n == 0) {
		c->eof = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		c->eof = c->last = true;
		c->n_in = 0;
	}
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

static bool unsent(const struct client *c)
{
	return c->job != NULL && c->sent < c->job->out.len;
}

/* false: the client is gone. */
static bool send_some(struct client *c, int64_t now)
{
	struct outbuf *o = &c->job->out;
	const ssize_t n = send(c->fd, o->p + c->sent, o->len - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	if (c->sent == o->len) {
		outbuf_clear(o);
		c->sent = 0;
		c->since = now;
	}
	return true;
}

/* The next lines of its answer. false: it is over with this client. */
static bool step(struct client *c)
{
	const bool was_ended = c->job->ended;
	const enum ctl_progress p = was_ended ? CTL_DONE : ctl_job_step(c->job);
	const int64_t now = now_ms();
	c->again = p == CTL_IDLE ? now + TICK_MS : now;
	if (p == CTL_NOMEM)
		return false;
	if (unsent(c))
		c->since = now;
	if (was_ended) {
		ctl_job_free(c->job);
		c->job = NULL;
		c->since = now;
	}
	return true;
}

/* false: close it. */
static bool serve(struct ctl *x, struct client *c, short revents, int64_t now)
{
	if ((revents & (POLLERR | POLLNVAL)) != 0)
		return false;
	if ((revents & POLLHUP) != 0 && (c->job != NULL || (revents & POLLIN) == 0))
		return false;
	if (c->job == NULL && (revents & POLLIN) != 0)
		read_some(c, now);
	if (c->job == NULL && !c->last)
		take_line(x, c, now);
	if (c->job == NULL)
		return !c->last && !c->eof && now - c->since < CTL_IDLE_S * INT64_C(1000);
	if (unsent(c)) {
		if (!send_some(c, now))
			return false;
		return !unsent(c) || now - c->since < CTL_READ_S * INT64_C(1000);
	}
	if (now < c->again)
		return true;
	if (!step(c))
		return false;
	return !unsent(c) || send_some(c, now_ms());
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

/* Has it something to do without any event? */
static bool ready(const struct client *c, int64_t now)
{
	if (c->job != NULL)
		return !unsent(c) && c->again <= now;
	return c->last || c->eof || memchr(c->in, '\n', c->n_in) != NULL;
}

static void loop(struct ctl *x)
{
	struct pollfd fds[CTL_CLIENTS + 1];
	struct client *who[CTL_CLIENTS + 1];
	nfds_t n = 1;
	int wait = TICK_MS;
	int64_t now = now_ms();
	fds[0] = (struct pollfd){ .fd = now >= x->deaf_until ? x->listener : -1, .events = POLLIN };
	for (unsigned i = 0; i < CTL_CLIENTS; i++) {
		struct client *c = &x->client[i];
		if (c->fd < 0)
			continue;
		wait = ready(c, now) ? 0 : wait;
		who[n] = c;
		fds[n++] = (struct pollfd){ .fd = c->fd, .events = c->job == NULL ? POLLIN : unsent(c) ? POLLOUT : 0 };
	}
	if (poll(fds, n, wait) < 0)
		return;
	now = now_ms();
	for (nfds_t i = 1; i < n; i++)
		if (!serve(x, who[i], fds[i].revents, now))
			close_client(who[i]);
	if ((fds[0].revents & POLLIN) != 0)
		accept_one(x, now);
}

static void *run(void *arg)
{
	struct ctl *x = arg;
	while (!atomic_load(&x->stop))
		loop(x);
	for (unsigned i = 0; i < CTL_CLIENTS; i++)
		if (x->client[i].fd >= 0)
			close_client(&x->client[i]);
	return NULL;
}

enum err ctl_start(int listener, const struct ctl_node *node, struct ctl **out)
{
	struct ctl *x = calloc(1, sizeof(*x));
	sigset_t all, kept;
	if (x == NULL)
		return ERR_NOMEM;
	x->listener = listener;
	x->node = node;
	x->own = user_of(listener, 0);
	for (unsigned i = 0; i < CTL_CLIENTS; i++)
		x->client[i].fd = -1;
	sigfillset(&all); /* signals are for whoever started us */
	pthread_sigmask(SIG_SETMASK, &all, &kept);
	const int failed = pthread_create(&x->thread, NULL, run, x);
	pthread_sigmask(SIG_SETMASK, &kept, NULL);
	if (failed != 0) {
		free(x);
		return ERR_NOMEM;
	}
	*out = x;
	return OK;
}

void ctl_stop(struct ctl *c)
{
	if (c == NULL)
		return;
	atomic_store(&c->stop, true);
	pthread_join(c->thread, NULL);
	free(c);
}
