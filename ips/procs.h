/* procs.h - what the daemon's two processes share: messages over a socket pair, and a page of memory.
 *
 * The parent keeps root: rules, virtual addresses, files. The engine asks it; it watches the engine.
 */
#ifndef IPS_PROCS_H
#define IPS_PROCS_H

#include <stdatomic.h>

#include "base/err.h"

enum proc_msg_kind {
	/* engine to parent */
	PM_READY,        /* the queue is served; a socket for each will, a struct link_word of each is the data */
	PM_ACTIVE,       /* virtual addresses on, and announced; code: what pulse.vips is to be then */
	PM_PASSIVE,      /* off */
	PM_WANT_RELOAD,
	PM_STATE,        /* struct proc_state, to be on disk before pulse.stored says so */
	PM_PROBE,        /* code 1: look for the peer on the data side, its link says nothing; 0: no more */
	PM_RELOADED,     /* data: lines for whoever asked; code 0: done */
	/* parent to engine */
	PM_BUNDLE,       /* n_fds 1: a memory file, see bundle.h */
	PM_BAD_BUNDLE,   /* a reload that cannot be: data says why */
	PM_LOGS,         /* a descriptor for each bit of code: LOG_EVE, LOG_KV */
	PM_STOP
};

enum { PM_DATA = 16384, PM_FDS = 2 };

struct proc_msg {
	uint32_t kind;           /* enum proc_msg_kind */
	uint32_t code;
	uint32_t len;            /* of data */
	char data[PM_DATA];
};

/* One datagram of a SOCK_SEQPACKET pair. fds are given away by the sender's copy, not closed. */
enum err proc_send(int fd, const struct proc_msg *m, const int *fds, unsigned n_fds) MUST_USE;
/* The same without descriptors and without waiting. ERR_FULL: the other end is behind with its reading; nothing was sent. */
enum err proc_try(int fd, const struct proc_msg *m) MUST_USE;
/* Of what a message brought, what nobody has taken: those that are not -1. */
void proc_close(int fds[PM_FDS]);
/* Waits. fds: PM_FDS of them, -1 where none came. ERR_EOF: the other end is gone. */
enum err proc_recv(int fd, struct proc_msg *m, int *fds) MUST_USE;
/* A message without descriptors; text NULL: none. */
enum err proc_tell(int fd, enum proc_msg_kind kind, uint32_t code, const char *text) MUST_USE;

/* What a node has to know after it was killed. */
struct proc_state {
	uint64_t term;           /* counters up to this one may be used */
	uint32_t forced;         /* enum ha_forced */
};

enum proc_probe {
	PROBE_NOTHING,           /* nobody to ask for */
	PROBE_ASKING,
	PROBE_ANSWERED,          /* one of the pair's addresses, or of the peer's */
	PROBE_SILENT             /* long enough */
};

struct pulse {
	/* --- written by the engine, read by the parent --- */
	_Atomic uint64_t turns;  /* of the packet loop: a loop that stands still is dead */
	_Atomic bool settled;    /* it works, or stands by with the whole table */
	_Atomic int role;        /* enum ha_role, for the status line */
	_Atomic bool bounce;     /* it steps down: once the addresses are off, live.bounced are to go down and up again */
	/* --- written by the parent, read by the engine --- */
	_Atomic uint64_t stored; /* terms up to this one are on disk */
	_Atomic bool disk_bad;   /* no: the disk fails, they are kept in the parent's memory only */
	_Atomic int quality;     /* of the node's interfaces and disk, percent */
	_Atomic uint32_t vips;   /* the addresses are on and announced, as the PM_ACTIVE of that code asked; 0: off */
	_Atomic int probe;       /* enum proc_probe; ASKING from the end of one search on until the next one's */
};

/* How the engine process ends. */
enum engine_exit {
	ENGINE_STOPPED = 0,      /* as asked */
	ENGINE_FAILED = 1,
	ENGINE_UNUSABLE = 2,     /* it could not start: told on standard error, trying again is of no use */
	ENGINE_REBORN = 3        /* another node works: begin anew, as its standby */
};

#endif
