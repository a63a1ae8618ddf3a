/* pair_link.c - the link between a pair's nodes: a stream socket, with a faulty wire in each direction.
 *
 * What arrives is what the wire lets arrive. Since A must know when nothing more comes, without a clock, it ends each of its turns
 * by a word that cannot be lost, and B answers that by another: so much time has gone by then. All that is lost is sent again as
 * on a live link: when the peer asks for it, or when it has waited for the commit timeout.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wr.h"
#include "ips/pair_int.h"

enum { LINK_READ = 256 * 1024, TURNS_MAX = 1000 };

#define COMMIT_TIMEOUT_NS (20 * NS_PER_MS)

enum kind { MESSAGE, TURN };

struct head {
	uint32_t kind; /* enum kind */
	uint32_t len;  /* octets of the message */
};

static bool send_all(int fd, struct span s)
{
	for (size_t at = 0; at < s.len;) {
		const ssize_t n = send(fd, s.p + at, s.len - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool recv_all(int fd, void *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		const ssize_t n = recv(fd, (char *)to + at, len - at, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool put(void *arg, struct span message)
{
	const struct pair_end *e = arg;
	const struct head h = { .kind = MESSAGE, .len = (uint32_t)message.len };
	return send_all(e->fd, span_of(&h, sizeof(h))) && send_all(e->fd, message);
}

static bool end_turn(const struct pair_end *e)
{
	const struct head h = { .kind = TURN };
	return send_all(e->fd, span_of(&h, sizeof(h)));
}

bool pair_send(struct pair_end *e, struct span batch)
{
	return faulty_send(&e->wire, batch, put, e);
}

/* --- node A ---------------------------------------------------------------------------------------------------- */

static bool take_answer(const struct pair_end *e, struct ha_sender *s, size_t len)
{
	uint8_t in[HA_ACK_MAX];
	size_t used;
	return len <= sizeof(in) && recv_all(e->fd, in, len) && ha_sender_acks(s, span_of(in, len), &used) == OK && used == len;
}

/* What the peer has said until its turn has ended too. */
static bool take_answers(struct pair_end *e, struct ha_sender *s)
{
	struct head h;
	while (recv_all(e->fd, &h, sizeof(h))) {
		if (h.kind == TURN)
			return !s->lost;
		if (!take_answer(e, s, h.len))
			return false;
	}
	return false;
}

static bool send_again(struct pair_end *e, struct ha_sender *s, uint64_t upto)
{
	struct span b;
	for (uint64_t seq = s->acked + 1; seq <= upto && !e->mute; seq++)
		if (ha_sender_again(s, seq, &b) != OK || !pair_send(e, b))
			return false;
	return true;
}

bool pair_settle(struct pair_end *e, struct ha_sender *s)
{
	for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
		if (!end_turn(e) || !take_answers(e, s))
			return false;
		e->now = mono_add(e->now, COMMIT_TIMEOUT_NS);
		if (s->acked == s->seq)
			return true;
		const uint64_t asked = s->missing;
		s->missing = 0;
		if (!send_again(e, s, asked) || (ha_sender_overdue(s, e->now, COMMIT_TIMEOUT_NS) && !send_again(e, s, s->seq)))
			return false;
	}
	return false;
}

/* --- node B ---------------------------------------------------------------------------------------------------- */

static bool answer(struct pair_end *e, struct ha_receiver *r)
{
	uint8_t out[HA_ACK_MAX];
	struct wr o = wr_of(out, sizeof(out));
	return ha_receiver_ack(r, &o) == OK && faulty_send(&e->wire, span_of(out, o.len), put, e);
}

static bool take_message(struct pair_end *e, struct node *n, size_t len)
{
	static uint8_t in[LINK_READ];
	const uint64_t answered = n->r.receiver.n_batches;
	while (len > 0) {
		const size_t part = size_min(len, sizeof(in));
		if (!recv_all(e->fd, in, part))
			return false;
		if (replica_feed(&n->r, span_of(in, part)) != OK)
			_exit(PAIR_BAD);
		len -= part;
	}
	return answered == n->r.receiver.n_batches || answer(e, &n->r.receiver);
}

bool pair_receive(struct pair_end *e, struct node *n)
{
	struct head h;
	if (!recv_all(e->fd, &h, sizeof(h)))
		return false;
	return h.kind == TURN ? end_turn(e) : take_message(e, n, h.len);
}
