/* cmd_live_ask.c - one request to the daemon, and its answer printed as it comes.
 *
 * What a terminal or pager does not take yet is held here, not in the daemon, which closes slow readers.
 */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ips/cmd.h"
#include "ips/cmd_live_int.h"
#include "ips/outbuf.h"

enum { HELD_MAX = 256 << 20, LINE_MAX_ = 4 << 20, PIECE = 64 << 10, WRITE_PIECE = 4096 };

struct answer {
	int fd;
	struct outbuf in;   /* a line that is not whole */
	struct outbuf held; /* not printed yet, from octet printed on */
	size_t printed;
	struct outbuf error; /* for standard error, behind what is printed */
	int code;
	bool ended; /* no more comes */
	bool gone;  /* nobody reads standard output */
};

static bool send_request(int fd, const struct live_ask *a)
{
	json_t *words = json_array(), *o = json_object();
	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(words, json_string(a->word[i]));
	json_object_set_new(o, "words", words);
	json_object_set_new(o, "json", json_boolean(a->json));
	char *text = json_dumps(o, JSON_COMPACT);
	const size_t len = text != NULL ? strlen(text) : 0;
	bool sent = len != 0;
	if (sent)
		text[len] = '\n'; /* where the NUL was */
	for (size_t at = 0; sent && at <= len;) {
		const ssize_t n = send(fd, text + at, len + 1 - at, MSG_NOSIGNAL);
		sent = n > 0 || (n < 0 && errno == EINTR);
		at += n > 0 ? (size_t)n : 0;
	}
	free(text);
	json_decref(o);
	return sent;
}

static void end_with(struct answer *w, int code, const char *why)
{
	outbuf_fmt(&w->error, "ips: %s\n", why);
	w->code = code;
	w->ended = true;
}

/* --- lines ------------------------------------------------------------------------------------------------ */

static void take_line(struct answer *w, const char *line, size_t len)
{
	json_t *o = json_loadb(line, len, 0, NULL);
	const json_t *text = json_object_get(o, "text"), *error = json_object_get(o, "error");
	json_t *row = json_object_get(o, "row");
	if (json_is_string(text)) {
		outbuf_add(&w->held, json_string_value(text), json_string_length(text));
	} else if (row != NULL) {
		char *shown = json_dumps(row, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
		outbuf_fmt(&w->held, "%s\n", shown != NULL ? shown : "");
		free(shown);
	} else if (json_is_string(error)) {
		const json_int_t code = json_integer_value(json_object_get(o, "code"));
		outbuf_fmt(&w->error, "ips: %s\n", json_string_value(error));
		w->code = code > 0 && code <= EXIT_CHECK ? (int)code : EXIT_FAILED;
	} else if (json_is_true(json_object_get(o, "end"))) {
		w->ended = true;
	} else {
		end_with(w, EXIT_FAILED, "the answer is not understood; are daemon and client of one version? see 'ips version'");
	}
	json_decref(o);
}

static void take_lines(struct answer *w)
{
	size_t at = 0;
	while (!w->ended && at < w->in.len) {
		const char *nl = memchr(w->in.p + at, '\n', w->in.len - at);
		if (nl == NULL)
			break;
		take_line(w, w->in.p + at, (size_t)(nl - w->in.p) - at);
		at = (size_t)(nl - w->in.p) + 1;
	}
	if (at != 0) {
		memmove(w->in.p, w->in.p + at, w->in.len - at);
		w->in.len -= at;
	}
	if (w->in.bad || w->held.bad || w->in.len > LINE_MAX_)
		end_with(w, EXIT_FAILED, "the answer is too long for this machine's memory; a filter makes it shorter");
}

static void receive(struct answer *w)
{
	char piece[PIECE];
	const ssize_t n = recv(w->fd, piece, sizeof(piece), 0);
	if (n > 0) {
		outbuf_add(&w->in, piece, (size_t)n);
		take_lines(w);
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		end_with(w, EXIT_FAILED, "the daemon closed the connection before its answer was whole; does it still run?");
	}
}

/* --- printing --------------------------------------------------------------------------------------------- */

static size_t to_print(const struct answer *w)
{
	return w->held.len - w->printed;
}

/* A pipe or terminal that poll calls ready takes as much without waiting. */
static void print_some(struct answer *w)
{
	const ssize_t n = write(STDOUT_FILENO, w->held.p + w->printed, size_min(to_print(w), WRITE_PIECE));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		w->gone = true;
		if (errno != EPIPE) {
			outbuf_fmt(&w->error, "ips: standard output: cannot write: %s; check where it goes\n", strerror(errno));
			w->code = EXIT_FAILED;
		}
		return;
	}
	w->printed += (size_t)n;
	if (w->printed == w->held.len) {
		outbuf_clear(&w->held);
		w->printed = 0;
	} else if (w->printed > w->held.len / 2 && w->printed > PIECE) {
		memmove(w->held.p, w->held.p + w->printed, to_print(w));
		w->held.len = to_print(w);
		w->printed = 0;
	}
}

static int64_t now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void follow(struct answer *w, int wait_s)
{
	int64_t heard = now_s();
	while (!w->gone && (!w->ended || to_print(w) != 0)) {
		const bool more = !w->ended && to_print(w) < HELD_MAX;
		struct pollfd fds[2] = { { .fd = more ? w->fd : -1, .events = POLLIN },
					 { .fd = STDOUT_FILENO, .events = to_print(w) != 0 ? POLLOUT : 0 } };
		if (poll(fds, 2, more && wait_s >= 0 ? 1000 : -1) < 0)
			continue;
		if (fds[0].revents != 0)
			receive(w);
		if (fds[0].revents != 0 || !more)
			heard = now_s();
		if ((fds[1].revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0) {
			if (to_print(w) != 0)
				print_some(w);
			else
				w->gone = (fds[1].revents & (POLLERR | POLLNVAL)) != 0;
		}
		if (more && wait_s >= 0 && !w->ended && now_s() - heard > wait_s)
			end_with(w, EXIT_FAILED,
				 "the daemon accepted the request and does not answer; is it overloaded or stopped?");
	}
}

int live_ask(int fd, const struct live_ask *a)
{
	struct answer w = { .fd = fd };
	if (!send_request(fd, a)) /* the daemon may have said why, and closes now if not */
		shutdown(fd, SHUT_WR);
	follow(&w, a->wait_s);
	if (w.error.len != 0)
		fwrite(w.error.p, 1, w.error.len, stderr);
	close(fd);
	outbuf_free(&w.in);
	outbuf_free(&w.held);
	outbuf_free(&w.error);
	return w.code;
}
