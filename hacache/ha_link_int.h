/* ha_link_int.h - what the files of the link share: connections, queues, heartbeat state.
 *
 * ha_link.c steps the whole, _tls seals and opens one connection (the only file that knows OpenSSL), _sock makes
 * sockets, _queue holds octets in both directions, _beat sends and judges heartbeats, _will makes and opens the
 * message of a death. One thread a link.
 */
#ifndef HACACHE_HA_LINK_INT_H
#define HACACHE_HA_LINK_INT_H

#include <netinet/in.h>

#include "hacache/ha_link.h"

enum {
	LINK_HANDSHAKES = 4,              /* at a time */
	LINK_ACCEPTS_STEP = 4,            /* connections taken in one step */
	LINK_BEATS_STEP = 64,             /* datagrams read in one step */
	LINK_READ_STEP = 256 * 1024,      /* octets read in one step */
	LINK_READ_MIN = 16 * 1024,        /* room for one read: a whole TLS record's content */
	LINK_IN_KEEP = LINK_READ_STEP,    /* staging that stays when it has been emptied */
	LINK_IN_MAX = 1024 * 1024,
	LINK_OUT_MAX = 64 * 1024 * 1024,
	LINK_CHUNK = 64 * 1024 - 64,
	LINK_SPARE_MAX = 16,              /* chunks that stay when they have been emptied */
	LINK_WHY = 256,
	LINK_KEY = 32,
	LINK_MAC = 32,                    /* at the end of each datagram */
	LINK_BEAT_MAX = 256,
	LINK_STRANGERS = 4,
	LINK_ANSWERS = 8,
	LINK_FORMER = 8
};

#define LINK_HANDSHAKE_NS (1 * NS_PER_SEC)
#define LINK_STALL_NS     (100 * NS_PER_MS) /* a handshake of that age gives its place to a new connection */
#define LINK_WAIT_NS      (1 * NS_PER_SEC)  /* a new connection waits for the old one's octets to be taken */
#define LINK_PAUSE_MIN_NS (50 * NS_PER_MS)
#define LINK_PAUSE_MAX_NS (1 * NS_PER_SEC)
/* RFC 8446 5.5: 2^24.5 full records a key with AES-GCM; this is 2^21 of them, or as much in small ones. */
#define LINK_REKEY_OCTETS (UINT64_C(1) << 35)

struct link_sa {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
	socklen_t len;
};

struct link_chunk {
	struct link_chunk *next;
	uint32_t head, len;               /* octets in use: data[head .. head + len) */
	uint8_t data[LINK_CHUNK];
};

struct link_out {
	struct link_chunk *first, *last;
	struct link_chunk *spare;
	unsigned n_spare;
	size_t len;
};

struct link_in {
	uint8_t *p;
	size_t head, len, cap;
};

struct link_conn {
	int fd;
	struct ssl_st *ssl;
	mono_t since;                     /* began */
	mono_t ready_at;                  /* authenticated */
	bool ready;
	bool want_write;                  /* the handshake waits for the socket to take more */
	bool blocked;                     /* a record is sealed and not yet written */
	bool drained;                     /* the socket had less than was asked for: nothing more in this step */
	bool more;                        /* reading stopped early: poll does not see what OpenSSL holds */
	bool eof;
	int rerr, werr;                   /* errno that ended reading or writing */
	uint64_t sealed, rekey_at;        /* octets under the present sending key, and its limit */
};

enum link_io { LINK_IO_OK, LINK_IO_AGAIN, LINK_IO_CLOSED, LINK_IO_FAILED };

struct link_hb {
	uint8_t key[LINK_KEY];
	uint8_t will_key[LINK_KEY];
	uint64_t sent;                    /* counter of our last heartbeat */
	uint64_t challenge;               /* a new boot of the peer proves itself with it */
	uint64_t answer;                  /* the present boot's challenge */
	uint64_t last_boot;               /* of the last authentic heartbeat, proven or not */
	/* Boots not proven yet, of which some may be recordings: each is answered in turn, a few times, so that none takes the turn
	 * of another; nor that of the present boot. */
	struct link_stranger {
		uint64_t boot, challenge;
		unsigned left;            /* times that it is still answered; 0: none */
	} stranger[LINK_STRANGERS];
	unsigned turn;                    /* the last one that was answered */
	bool answered;                    /* a stranger was, by the last heartbeat */
	uint64_t former[LINK_FORMER];     /* boots that were believed once: they are dead, and do not come back */
	unsigned n_former;
	bool known;                       /* of the peer's present boot: */
	uint64_t boot, counter;
	struct link_beat beat;
	mono_t at;
	bool dead;                        /* its will has come */
};

struct link {
	struct link_cfg cfg;              /* psk wiped */
	bool listens;
	struct link_sa own, peer;
	int lfd, ufd;
	struct ssl_ctx_st *ctx;
	struct bio_method_st *bio;
	uint8_t tls_key[LINK_KEY];
	char identity[160];
	struct link_conn *cur, *hs[LINK_HANDSHAKES];
	struct link_in in;
	struct link_out out;
	struct link_hb hb;
	mono_t next_connect, up_since;
	int64_t pause;
	bool hurry;                       /* a new boot of the peer was heard: connect without the pause */
	bool peer_closed;
	struct link_idle {                /* what the next step need not look at */
		bool beats, strangers, conn;
	} idle;
	bool seen;
	mono_t heard;
	uint64_t epoch;
	uint64_t count[LINK_COUNTER_N];
};

/* ha_link_sock.c: descriptors are non-blocking; -1 and why on failure. */
void link_sa_of(const struct link_cfg *cfg, const struct addr *a, struct link_sa *sa);
bool link_sa_same_host(const struct link_sa *a, const struct link_sa *b);
int link_sock_listen(const struct link *l, char *why);
int link_sock_udp(const struct link *l, char *why);
int link_sock_connect(const struct link *l);
/* Options of a connection, made or accepted. */
void link_sock_stream(const struct link *l, int fd);

/* ha_link_tls.c */
enum err link_tls_init(struct link *l, const uint8_t psk[HA_PSK_LEN], char *why) MUST_USE;
void link_tls_fini(struct link *l);
/* Takes fd; closes it and returns NULL when out of memory. */
struct link_conn *link_conn_new(struct link *l, int fd, bool client, mono_t now);
/* Closes; with a goodbye to the peer when asked. NULL is fine. */
void link_conn_free(struct link_conn *c, bool goodbye);
enum link_io link_conn_handshake(struct link_conn *c);
enum link_io link_conn_read(struct link_conn *c, uint8_t *p, size_t cap, size_t *n);
enum link_io link_conn_write(struct link_conn *c, struct span s, size_t *n);

/* ha_link_queue.c */
enum err link_out_append(struct link_out *o, struct span s) MUST_USE;
struct span link_out_first(const struct link_out *o);
void link_out_drop(struct link_out *o, size_t n);
void link_out_clear(struct link_out *o);
void link_out_fini(struct link_out *o);
/* Where to read to, at least LINK_READ_MIN octets; NULL when full. */
uint8_t *link_in_room(struct link_in *in, size_t *n);
bool link_in_has_room(const struct link_in *in);
void link_in_consume(struct link_in *in, size_t n);
void link_in_fini(struct link_in *in);

/* ha_link_beat.c */
void link_hb_init(struct link *l, const uint8_t psk[HA_PSK_LEN]);
void link_hb_receive(struct link *l, mono_t now);
/* The next heartbeat; its length. */
size_t link_hb_make(struct link *l, const struct link_beat *b, uint8_t out[LINK_BEAT_MAX]);
/* A datagram from the peer's address: a heartbeat, a will, or neither. */
void link_hb_take(struct link *l, struct span d, mono_t now);
/* Of a datagram that we send, or of one that the peer does. */
void link_hb_mac(const struct link *l, const uint8_t key[LINK_KEY], bool ours, struct span body, uint8_t mac[LINK_MAC]);
/* Splits a datagram into body and MAC; false: too short or too long, or the MAC is wrong. */
bool link_hb_open(const struct link *l, const uint8_t key[LINK_KEY], struct span d, struct span *body);

/* ha_link_will.c */
void link_will_init(struct link *l, const uint8_t psk[HA_PSK_LEN]);
/* Does it begin as a will does? Says nothing about who sent it. */
bool link_will_is(struct span d);
void link_will_take(struct link *l, struct span d);

static inline void link_heard(struct link *l, mono_t now)
{
	l->seen = true;
	l->heard = now;
}

static inline struct span link_in_span(const struct link_in *in)
{
	return in->len != 0 ? span_of(in->p + in->head, in->len) : span_of(NULL, 0);
}

#endif
