/* logs_file.c - one log's file: large writes, lines that are whole, and every line counted as written or failed. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ips/logs_int.h"

/* poll calls a file of a disk readable and writable whatever its mode: such a write does not wait for a reader.
 * A pipe that is writable has room for PIPE_BUF octets. */
static size_t chunk_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	return fd >= 0 && poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT) ? LOG_BUF : PIPE_BUF;
}

void log_file_init(struct log_file *f, int fd, pthread_mutex_t *lock)
{
	f->fd = fd;
	f->chunk = chunk_of(fd);
	f->lock = lock;
}

/* Octets taken; 0: none within ms; below 0: the file is full or broken. */
static ssize_t put(const struct log_file *f, const char *text, size_t len, int ms)
{
	struct pollfd p = { .fd = f->fd, .events = POLLOUT };
	int ready = f->chunk > PIPE_BUF; /* such a file never makes one wait */
	while (ready == 0) {
		ready = poll(&p, 1, ms);
		if (ready == 0)
			return 0;
		ready = ready < 0 && errno == EINTR ? 0 : ready;
	}
	if (ready < 0)
		return -1;
	ssize_t n;
	do
		n = write(f->fd, text, size_min(len, f->chunk));
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return n > 0 ? n : -1;
}

static void count(_Atomic uint64_t *c, uint64_t n)
{
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

/* n more octets are in the file. */
static void took(struct log_file *f, size_t n)
{
	uint64_t lines = 0;
	f->out += n;
	pthread_mutex_lock(f->lock);
	for (const char *end; (end = memchr(f->buf.p + f->start, '\n', f->out - f->start)) != NULL; lines++) {
		const size_t len = (size_t)(end - f->buf.p) + 1 - f->start;
		log_tail_add(&f->tail, f->buf.p + f->start, len);
		f->start += len;
	}
	pthread_mutex_unlock(f->lock);
	count(&f->written, lines);
}

/* Forgets the octets before start. */
static void compact(struct log_file *f)
{
	f->buf.len -= f->start;
	f->out -= f->start;
	if (f->buf.len > 0)
		memmove(f->buf.p, f->buf.p + f->start, f->buf.len);
	f->start = 0;
}

static void fail_line(struct log_file *f)
{
	const char *end = memchr(f->buf.p + f->start, '\n', f->buf.len - f->start);
	f->torn = f->torn || f->out > f->start;
	f->start = f->out = end != NULL ? (size_t)(end - f->buf.p) + 1 : f->buf.len;
	count(&f->failed, 1);
}

static void fail_all(struct log_file *f)
{
	while (f->start < f->buf.len)
		fail_line(f);
	compact(f);
}

bool log_file_flush(struct log_file *f, bool wait)
{
	bool blocked = false;
	while (!blocked && f->start < f->buf.len) {
		const int ms = wait && !f->stalled ? LOG_STALL_MS : 0;
		const ssize_t n = f->torn ? put(f, "\n", 1, ms) : put(f, f->buf.p + f->out, f->buf.len - f->out, ms);
		if (n < 0) {
			fail_all(f);
			return true;
		}
		blocked = n == 0;
		f->stalled = blocked && (f->stalled || wait);
		if (n > 0 && !f->torn)
			took(f, (size_t)n);
		f->torn = f->torn && blocked;
	}
	compact(f);
	return f->buf.len == 0;
}

void log_file_add(struct log_file *f, const struct outbuf *line)
{
	if (f->fd < 0 || (line->len == 0 && !line->bad))
		return;
	if (f->buf.len + line->len > LOG_BUF)
		log_file_flush(f, true);
	if (!line->bad && (f->buf.len == 0 || f->buf.len + line->len <= LOG_BUF)) {
		outbuf_add(&f->buf, line->p, line->len);
		if (!f->buf.bad)
			return;
		f->buf.bad = false;
	}
	count(&f->failed, 1);
}

void log_file_exchange(struct log_file *f, int fd)
{
	if (f->fd == fd)
		return;
	if (f->fd >= 0) {
		if (!log_file_flush(f, true) && f->out > f->start)
			fail_line(f);
		/* whoever writes this file next is to begin a line */
		if (f->torn)
			(void)put(f, "\n", 1, 0);
		close(f->fd);
	}
	f->fd = fd;
	f->chunk = chunk_of(fd);
	f->torn = f->stalled = false;
	if (fd < 0)
		fail_all(f);
	compact(f);
}
