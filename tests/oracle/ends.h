/* ends.h - the three places of a run, each in its own network namespace: the sender's wire, the engine between, the receiver.
 *
 * All are driven by one thread on one processor, so that the kernel's part is done when a call returns.
 */
#ifndef TESTS_ORACLE_ENDS_H
#define TESTS_ORACLE_ENDS_H

#include "ips/outgoing.h"
#include "tests/oracle/plan.h"

enum { SEEN_MAX = 2 * STREAM_MAX, SEEN_UNKNOWN = 0x100, PORT = 5000, PORT_SMALL = 5001, COOKIE_MAX = 16 };
enum { TICK_FIRST = 1 << 30, TICK_PLANNED = TICK_FIRST + 1000 };

enum how_ended { STILL_OPEN, ENDED_CLEAN, ENDED_RESET };
enum whose { THE_SENDERS, THE_RECEIVERS, WHOSE_N };

/* A direction's octets as the decoders had them. */
struct seen {
	bool started, twice;         /* the latter: some octet was told again */
	uint64_t serial;
	uint32_t from, next;         /* sequence numbers of the first, and behind the last that was told */
	uint32_t n;
	uint16_t v[SEEN_MAX];
};

struct pair;

/* One schedule being played. */
struct conn {
	const struct schedule *s;
	uint16_t id, port;           /* its sender is 10.93.id or fd93::id, port */
	bool engine;                 /* looks at it */
	struct pair *pair;           /* its own two nodes; NULL: the one engine of all */
	unsigned next;               /* step */
	bool lossy;                  /* and so many packets of the receiver are to be lost before the engine, and behind it: */
	unsigned lose[2];
	/* the sender's view */
	bool opened, acked_any, fin_came;
	uint16_t peer_port;          /* 0: nothing heard yet */
	uint32_t peer_first, peer_next, acked, tick, peer_ts, ack_before;
	uint32_t top;                /* octets of the stream as far as any were sent */
	uint8_t cookie[COOKIE_MAX], cookie_len;
	uint32_t n_back, back_before;
	bool back_changed;           /* an octet came again, and was another one */
	uint8_t back[SEEN_MAX];      /* what the application has sent, as it came */
	/* the receiver's application */
	int fd;
	bool reading, told_late, shut_wanted, shut;
	enum how_ended end;
	uint32_t n_got, got_before;  /* the latter, and back_before: before the engine came */
	uint32_t to_send, n_sent;
	uint8_t got[SEEN_MAX];
	struct seen seen[WHOSE_N];
};

struct conn *conn_of(struct conn *c, unsigned n, uint16_t id);
/* The one whose sender has that address and port; NULL: none of these. */
struct conn *conn_at(struct conn *c, unsigned n, const struct tuple *t, bool destination);
/* The same, whatever the port. */
struct conn *conn_with(struct conn *c, unsigned n, const struct tuple *t, bool destination);

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
	uint64_t from_sender;
	unsigned drops[REASON_N];    /* since the batch began */
	struct conn *c;              /* those being played */
	unsigned n;
	struct outgoing out;
};
bool middle_open(struct middle *m, const char *outside);
/* An engine anew, that picks up connections under way or not. */
bool middle_engine(struct middle *m, bool pick_up);
unsigned middle_turn(struct middle *m);
void middle_tick(struct middle *m);
/* What an engine's decoders are given; arg is the middle. */
engine_bytes_fn middle_write_down;

/* Two nodes, joined in memory: the active one has every packet committed before it is let out; when it dies the other goes on. */
struct pair *pair_new(struct middle *m, const struct schedule *s);
void pair_free(struct pair *pr);
/* lost: the packet died with the node. */
struct verdict pair_packet(struct pair *pr, struct conn *c, struct packet *p, bool *lost);
void pair_tick(struct pair *pr, mono_t now);

struct receiver {
	int fd[2];
	int ns_here, ns_back;        /* its network namespace, and that of the engine */
};
bool receiver_open(struct receiver *r);
/* Calls the servers among the senders. */
void receiver_call(struct receiver *r, struct conn *c, unsigned n);
void receiver_turn(struct receiver *r, struct conn *c, unsigned n);
/* The application sends so many octets more. */
void receiver_send(struct conn *c, uint32_t n);
void receiver_shut(struct conn *c);
void receiver_drop(struct conn *c);

#endif
