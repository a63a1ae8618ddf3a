/* parent_int.h - the inside of the root half, shared by parent*.c only. */
#ifndef IPS_PARENT_INT_H
#define IPS_PARENT_INT_H

#include <sys/types.h>

#include "hacache/ha_links.h"
#include "ips/bounce.h"
#include "ips/child.h"
#include "ips/ha_disk.h"
#include "ips/notify.h"
#include "ips/parent.h"
#include "ips/rulefiles.h"

enum { PATH_LEN = HA_DISK_PATH, DEATHS_MAX = 10, VIP_LIFETIME_S = 3, VIP_REFRESH_MS = 500 };
#define DEATHS_WINDOW_NS (60 * NS_PER_SEC)

/* What of a pair outlives an engine; parent_ha.c. */
struct parent_ha {
	struct ha_disk disk;
	int64_t started;             /* the daemon */
	struct ifstate *links;
	struct script script;
	struct seek *probe;
	bool probing;
	int64_t announce_at;         /* the next announcement of the pair's addresses; 0: none */
	unsigned announced;          /* since they were put on */
	int64_t timed_at;            /* the last turn */
	int64_t retry_at;            /* the state is brought to a disk that failed */
	uint8_t quality;             /* of the interfaces alone */
	struct bounce bounce;
	int64_t bounced_until;       /* those that were set down may need so long to come up; 0: none was */
};

struct parent {
	const struct parent_opt *o;
	char config[PATH_LEN];       /* absolute */
	struct conf *conf;           /* in force */
	struct live live;
	struct rulefiles rules;
	uint8_t psk[HA_PSK_LEN];
	uid_t uid;
	gid_t gid;
	int lock, listener, signals, died; /* died: eventfd of the watcher thread */
	struct vip *vip;
	struct parent_ha ha;
	bool rules_in;
	bool keep_rules;             /* the engine cannot be had any more: nothing is to pass */
	bool was_ready;              /* some engine was, since the start */
	struct notify notify;
	bool stopping;

	/* the engine of now */
	pid_t pid;                   /* 0: none */
	int engine;                  /* socket to it */
	bool ready, vips_on;
	bool told;                   /* it has said that it is ready */
	bool told_ready;             /* the service manager: see settled() */
	bool dying;                  /* its death is known, and its last wishes are not granted */
	struct deadman *deadman;
	struct pulse *pulse;
	struct diary *diary;
	int will_fd[LINKS_MAX];      /* -1: none */
	struct link_word will[LINKS_MAX];
	int bundle, next_bundle;     /* what it works by; what it was sent and has not taken yet: -1 */
	uint64_t turns;              /* last seen */
	uint64_t turns_told;         /* when the service manager last heard */
	int64_t turned_at;           /* when they changed */
	int64_t watched_at;          /* the last look at them */
	int64_t deaths[DEATHS_MAX];  /* when the last ones died */
	unsigned n_deaths;
};

void parent_say(void *arg, const char *text);
int64_t parent_now(void);            /* monotonic nanoseconds */

/* parent_open.c: what is opened once, and given back. */
bool parent_open(struct parent *p);
bool parent_close(struct parent *p);                        /* false, and said so: the kernel's rules could not be taken away */
bool parent_lock(struct parent *p);                         /* one daemon a folder: a second one changes nothing */
int parent_log_open(const struct live *l, enum log_kind k); /* -1 and said so: it cannot be */

/* parent_ha.c: of a pair only; standing alone they do nothing. */
void parent_ha_bounce(struct parent *p);      /* if the engine steps down, and it is configured */
bool parent_ha_open(struct parent *p);
void parent_ha_close(struct parent *p);
/* In a forked engine: what is the parent's alone. */
void parent_ha_forget(struct parent *p);
/* Before an engine is forked: what it is to know, and what it will read. */
void parent_ha_engine(struct parent *p);
int parent_ha_fd(const struct parent *p);        /* to poll for reading; -1: none */
void parent_ha_links(struct parent *p);          /* interfaces have changed, or may have */
void parent_ha_fault(struct parent *p);          /* the engine has died, and not to be born anew */
void parent_ha_child(struct parent *p);          /* some child has ended */
void parent_ha_probe(struct parent *p, bool on);
/* Every turn. Says in how many milliseconds it is to be called again at the latest. */
int parent_ha_time(struct parent *p, int64_t now);
void parent_ha_vips(struct parent *p, bool on);  /* they were put on, or taken off */
void parent_ha_state(struct parent *p, const struct proc_msg *m);

/* parent_conf.c */
/* Reads the configuration and its rules; every problem is told. */
enum err parent_read(const char *path, struct conf **c, struct live *l, struct rulefiles *r, gen_error_fn *tell,
		     void *arg) MUST_USE;
void parent_reload(struct parent *p);
/* The engine has taken what it was sent, or not. The next engine begins with what holds. */
void parent_reloaded(struct parent *p, bool taken);
void parent_reopen_logs(struct parent *p);

#endif
