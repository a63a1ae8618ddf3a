/* logs_int.h - the parts of the logs that the writer's thread owns: one file with its buffer, and its last lines. */
#ifndef IPS_LOGS_INT_H
#define IPS_LOGS_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "ips/logs.h"

enum { TAIL_LINES = 1024, TAIL_OCTETS = 256 << 10, LOG_BUF = 64 << 10, LOG_STALL_MS = 1000 };

/* The last lines of a log, in a ring of octets. The caller locks. */
struct log_tail {
	char *mem;               /* TAIL_OCTETS */
	struct log_tail_line {
		uint64_t pos;    /* in the ring, modulo TAIL_OCTETS */
		uint32_t len;
	} *line;                 /* TAIL_LINES; line number n is in place n % TAIL_LINES */
	uint64_t last;           /* number of the newest, from 1; 0 = there was none */
	uint32_t n;              /* kept */
	uint64_t pos;            /* octets that went in */
	size_t used;
};

enum err log_tail_init(struct log_tail *t) MUST_USE;
void log_tail_fini(struct log_tail *t);
/* A line longer than the ring counts, and is not kept. */
void log_tail_add(struct log_tail *t, const char *line, size_t len);
/* As logs_tail. */
void log_tail_read(const struct log_tail *t, uint64_t *after, unsigned n, struct outbuf *out);

/* A log's file and what waits for it: whole lines, of which the first may be in the file in part. */
struct log_file {
	int fd;                  /* -1: none */
	size_t chunk;            /* octets a write may have so that it does not block once poll says so */
	struct outbuf buf;
	size_t start, out;       /* in buf: the first line not wholly written, and how far writing has come */
	bool torn;               /* the file ends in part of a line that was given up */
	bool stalled;            /* it took nothing for LOG_STALL_MS: it is not waited for until it takes something */
	_Atomic uint64_t written, failed;
	struct log_tail tail;
	pthread_mutex_t *lock;   /* of the tail */
};

void log_file_init(struct log_file *f, int fd, pthread_mutex_t *lock);
/* When the buffer is full, waits for the file (LOG_STALL_MS without progress at most), or the line has failed. */
void log_file_add(struct log_file *f, const struct outbuf *line);
/* True: nothing is left. wait: as above; else only what the file takes at once. */
bool log_file_flush(struct log_file *f, bool wait);
/* Writes and closes the old descriptor. Whole lines that it did not take go to the new one, if there is one. */
void log_file_exchange(struct log_file *f, int fd);

#endif
