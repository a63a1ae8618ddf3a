/* ends.h - the three places of a run, each in its own network namespace: the sender's wire, the engine between, the receiver.
 *
 * All are driven by one thread on one processor, so that the kernel's part is done when a call returns.
 */
#ifndef TESTS_ORACLE_ENDS_H
#define TESTS_ORACLE_ENDS_H

#include "ips/outgoing.h"
#include "tests/oracle/plan.h"

enum { SEEN_MAX = 2 * STREAM_MAX, SEEN_UNKNOWN = 0x100, PORT = 5000, PORT_SMALL = 5001 };

enum how_ended { STILL_OPEN, ENDED_CLEAN, ENDED_RESET };

/* One schedule being played. */
struct conn {
	const struct schedule *s;
	uint16_t id, port;           /* its sender is 10.93.id or fd93::id, port */
	bool engine;                 /* looks at it */
	unsigned next;               /* step */
	/* the sender's view */
	bool opened, acked_any;
	uint16_t peer_port;          /* 0: nothing heard yet */
	uint32_t peer_next, acked, tick, peer_ts;
	/* what the receiver's application read */
	int fd;
	bool reading;
	enum how_ended end;
	uint32_t n_got, got_before;  /* the latter: before the engine came */
	uint8_t got[SEEN_MAX];
	/* what the decoders saw */
	bool started;
	uint64_t serial;
	uint32_t seen_from, seen_next; /* sequence numbers */
	uint32_t n_seen;
	uint16_t seen[SEEN_MAX];
};

struct conn *conn_of(struct conn *c, unsigned n, uint16_t id);
/* The one whose sender has that address and port; NULL: none of these. */
struct conn *conn_at(struct conn *c, unsigned n, const struct tuple *t, bool destination);

/* A file descriptor of the namespace that the process is in next; false: there is none of that name. */
bool ends_enter(const char *ns);

struct wire {
	int fd;
	uint8_t head[12];            /* Ethernet's, but for the type */
	uint64_t sent;               /* packets */
	uint32_t ip_id;
};
bool wire_open(struct wire *w, const char *ifname, const char *gateway_mac);
void wire_send(struct wire *w, struct conn *c, const struct step *st);
/* The receiver's packets, as many as are there; their number. */
unsigned wire_read(struct wire *w, struct conn *c, unsigned n);

struct middle {
	struct pktio *io;
	struct engine *e;
	struct gen *gen;
	mono_t now;
	uint32_t outside;            /* interface that the sender's packets come in by */
	uint64_t from_sender, dropped;
	struct conn *c;              /* those being played */
	unsigned n;
	struct outgoing out;
};
bool middle_open(struct middle *m, const char *outside);
/* An engine anew, that picks up connections under way or not. */
bool middle_engine(struct middle *m, bool pick_up);
unsigned middle_turn(struct middle *m);

struct receiver {
	int fd[2];
	int ns_here, ns_back;        /* its network namespace, and that of the engine */
};
bool receiver_open(struct receiver *r);
/* Calls the servers among the senders. */
void receiver_call(struct receiver *r, struct conn *c, unsigned n);
void receiver_turn(struct receiver *r, struct conn *c, unsigned n);
void receiver_drop(struct conn *c);

#endif
