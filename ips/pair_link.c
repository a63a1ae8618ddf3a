/* pair_link.c - batches and acknowledgements over the stream socket between a pair's nodes. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wr.h"
#include "ips/pair_int.h"

enum { LINK_READ = 256 * 1024, ACK_ROOM = HA_ACK_MAX };

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

/* Waits until the peer has acknowledged the batch: one is under way, so what comes names that one. */
static bool wait_ack(int fd, struct ha_sender *s)
{
	uint8_t in[ACK_ROOM];
	size_t len = 0, used;
	while (s->acked != s->seq) {
		const ssize_t got = recv(fd, in + len, sizeof(in) - len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
		if (ha_sender_acks(s, span_of(in, len), &used) != OK)
			return false;
		memmove(in, in + used, len - used);
		len -= used;
		if (used != 0 && s->acked != s->seq)
			return false;
	}
	return len == 0;
}

bool pair_send_batch(int fd, struct ha_sender *s, struct span bytes)
{
	return send_all(fd, bytes) && wait_ack(fd, s);
}

static bool send_ack(int fd, struct ha_receiver *r)
{
	uint8_t out[ACK_ROOM];
	struct wr o = wr_of(out, sizeof(out));
	return ha_receiver_ack(r, &o) == OK && send_all(fd, span_of(out, o.len));
}

bool pair_receive(int fd, struct node *n)
{
	static uint8_t in[LINK_READ];
	const uint64_t answered = n->r.receiver.n_batches;
	const ssize_t got = recv(fd, in, sizeof(in), 0);
	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	if (replica_feed(&n->r, span_of(in, (size_t)got)) != OK)
		_exit(PAIR_BAD);
	return answered == n->r.receiver.n_batches || send_ack(fd, &n->r.receiver);
}
