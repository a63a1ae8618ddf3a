/* iccp_sim_conn.h - one TCP connection: TPKTs and DT TPDUs in and out, every octet counted and compared.
 *
 * conn_read() takes what TCP has; conn_next() hands out what is whole, in c->item; conn_verify() compares it with what it
 * ought to be. A framing error cannot be survived: conn_next() says so and the owner closes.
 */
#ifndef TESTS_ICCP_SIM_CONN_H
#define TESTS_ICCP_SIM_CONN_H

#include "tests/tools/iccp_sim.h"
#include "tests/tools/iccp_sim_pdu.h"

enum { CONN_IN_CAP = 66000, CONN_OUT_FULL = 1 << 20 };
enum conn_event { CONN_NOTHING, CONN_TPDU, CONN_TSDU, CONN_BROKEN };
enum conn_io { CONN_FINE, CONN_CLOSED, CONN_FAILED };

struct conn {
	int fd;
	uint32_t label; /* in what is printed */
	struct sim_num *num;
	const struct sim_opt *opt;
	bool bad;
	uint32_t mismatches;
	uint8_t *in;
	size_t in_len;
	uint64_t in_at; /* the stream's offset of in[0] */
	/* the TSDU being put together, and where its pieces lay in the stream */
	uint8_t *tsdu;
	size_t tsdu_len, first_piece;
	struct {
		size_t tsdu;
		uint64_t stream;
	} piece[64];
	size_t n_pieces;
	struct span item;           /* what conn_next() handed out; valid until it is called again */
	uint64_t item_at, item_end; /* the stream's offsets of its first octet and behind its last */
	/* output: octets [out_done, out_len) wait; out_at is the stream's offset of out[0] */
	uint8_t *out;
	size_t out_done, out_len, out_cap;
	uint64_t out_at;
	uint64_t queued;   /* offset behind all that was queued */
	size_t dt_max;     /* octets of user data in a DT */
	uint64_t barrier;  /* sending stops at this offset, 0: nowhere */
	int64_t resume_at; /* when it goes on; INT64_MAX: when told to; 0: not there yet */
	uint64_t tamper_at;
	int64_t last_in, due_since; /* 0: nothing is due */
	uint64_t received;
};

/* Takes fd. False when memory is short. */
bool conn_init(struct conn *c, int fd, const struct sim_opt *o, struct sim_num *n, uint32_t index);
void conn_fini(struct conn *c);
/* The usual options of both ends' sockets: no Nagle, no keep-alives, patience with a peer that is silent. */
void conn_socket_options(int fd);

enum conn_io conn_read(struct conn *c, int64_t now);
enum conn_event conn_next(struct conn *c);
/* Compares the item with the encoding; counts and prints what differs. */
bool conn_verify(struct conn *c, const struct enc *want, const char *what);
/* Counts and prints something wrong at that offset of what was received. */
void conn_wrong(struct conn *c, uint64_t at, const char *what) __attribute__((nonnull));
void conn_missing(struct conn *c, uint64_t octets);

/* Queues octets as they are, or as DT TPDUs; conn_flush() sends. split: offset in the TSDU at which a pause is made, 0 for none. */
void conn_queue(struct conn *c, const uint8_t *p, size_t n);
void conn_send(struct conn *c, const struct enc *e, size_t split);
enum conn_io conn_flush(struct conn *c, int64_t now);
/* Goes on behind the barrier. */
void conn_go_on(struct conn *c);
static inline bool conn_waits_to_send(const struct conn *c)
{
	return c->out_done < c->out_len && !(c->barrier != 0 && c->out_at + c->out_done == c->barrier);
}
static inline bool conn_holds(const struct conn *c)
{
	return c->barrier != 0 && c->resume_at == INT64_MAX;
}
static inline bool conn_full(const struct conn *c)
{
	return c->out_len - c->out_done > CONN_OUT_FULL;
}
/* Something is due from the peer from now on, or nothing any more. */
void conn_due(struct conn *c, bool due, int64_t now);
/* X.224 13.3.4: 7 stands for 128 octets; sets how large DTs may be. */
void conn_tpdu_size(struct conn *c, uint8_t code);

#endif
