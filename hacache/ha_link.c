/* ha_link.c - the link as a whole: connects or accepts, keeps one authenticated connection, moves its octets.
 *
 * A handshake under way is nobody: only when it has proven the key does its connection take the place of the one in
 * use (the peer restarted), after the octets of that one have been taken. Everything a stranger can cause is bounded
 * in a step: connections accepted, handshakes, datagrams.
 */
#include "hacache/ha_link_int.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum err link_psk(const char *password, const char *group, uint8_t psk[HA_PSK_LEN])
{
	static const unsigned char purpose[] = "ha link group key";
	uint8_t salt[crypto_pwhash_SALTBYTES];
	if (password[0] == '\0' || group[0] == '\0')
		return ERR_USAGE;
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	crypto_generichash(salt, sizeof(salt), (const unsigned char *)group, strlen(group), purpose, sizeof(purpose) - 1);
	/* Both nodes must get the same key from any release: cost and algorithm are fixed here, not the library's default. */
	if (crypto_pwhash(psk, HA_PSK_LEN, password, strlen(password), salt, 2, 64u << 20, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_NOMEM;
	return OK;
}

/* What is wrong with a configuration, or NULL. */
static const char *fault(const struct link_cfg *c, int order)
{
	if (c->family != 4 && c->family != 6)
		return "the address family of an HA link is 4 or 6";
	if (order == 0)
		return "the own and the peer's address of an HA link are the same";
	if (c->port == 0)
		return "an HA link needs a port";
	if (c->group[0] == '\0' || memchr(c->group, '\0', sizeof(c->group)) == NULL)
		return "an HA group's name has 1 to 32 characters";
	if (memchr(c->ifname, '\0', sizeof(c->ifname)) == NULL)
		return "an interface's name has at most 15 characters";
	if (c->hb_interval_ns < 10 * NS_PER_MS || c->hb_interval_ns > 2 * NS_PER_SEC || c->hb_lost == 0)
		return "heartbeats come every 10 to 2000 ms, and at least one must be missed";
	return NULL;
}

static enum err open_all(struct link *l, const uint8_t psk[HA_PSK_LEN], char *why)
{
	TRY(link_tls_init(l, psk, why));
	link_hb_init(l, psk);
	link_will_init(l, psk);
	l->ufd = link_sock_udp(l, why);
	if (l->ufd < 0)
		return ERR_IO;
	if (l->listens)
		l->lfd = link_sock_listen(l, why);
	return l->listens && l->lfd < 0 ? ERR_IO : OK;
}

enum err link_new(const struct link_cfg *cfg, mono_t now, struct link **out, char *why)
{
	int order = memcmp(&cfg->own, &cfg->peer, sizeof(cfg->own));
	const char *f = fault(cfg, order);
	snprintf(why, LINK_WHY, "%s", f != NULL ? f : "");
	if (f != NULL)
		return ERR_USAGE;
	struct link *l = calloc(1, sizeof(*l));
	if (l == NULL || sodium_init() < 0) {
		snprintf(why, LINK_WHY, "no memory for an HA link");
		free(l);
		return ERR_NOMEM;
	}
	l->cfg = *cfg;
	sodium_memzero(l->cfg.psk, sizeof(l->cfg.psk));
	l->listens = order > 0;
	l->lfd = l->ufd = -1;
	l->next_connect = now;
	l->pause = LINK_PAUSE_MIN_NS;
	link_sa_of(cfg, &cfg->own, &l->own);
	link_sa_of(cfg, &cfg->peer, &l->peer);
	enum err e = open_all(l, cfg->psk, why);
	if (e != OK) {
		link_free(l);
		return e;
	}
	*out = l;
	return OK;
}

void link_free(struct link *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++)
		link_conn_free(l->hs[i], false);
	link_conn_free(l->cur, true);
	if (l->lfd >= 0)
		close(l->lfd);
	if (l->ufd >= 0)
		close(l->ufd);
	link_tls_fini(l);
	link_out_fini(&l->out);
	link_in_fini(&l->in);
	sodium_memzero(l, sizeof(*l));
	free(l);
}

static void lose(struct link *l, bool by_peer, mono_t now)
{
	link_conn_free(l->cur, false);
	l->cur = NULL;
	link_out_clear(&l->out);
	l->count[LINK_LOST]++;
	l->peer_closed = by_peer;
	/* One that was refused as soon as it was up is not tried again at full speed. */
	if (mono_diff(now, l->up_since) >= LINK_PAUSE_MAX_NS)
		l->pause = LINK_PAUSE_MIN_NS;
	l->next_connect = mono_add(now, l->pause);
}

static void flush(struct link *l)
{
	size_t n;
	while (l->cur != NULL && l->out.len != 0 && link_conn_write(l->cur, link_out_first(&l->out), &n) == LINK_IO_OK)
		link_out_drop(&l->out, n);
}

static void fill(struct link *l, mono_t now)
{
	enum link_io r = LINK_IO_OK;
	if (l->cur == NULL)
		return;
	l->cur->drained = false;
	for (size_t got = 0; r == LINK_IO_OK && got < LINK_READ_STEP;) {
		size_t room, n;
		uint8_t *p = link_in_room(&l->in, &room);
		if (p == NULL)
			break;
		r = link_conn_read(l->cur, p, room, &n);
		if (r != LINK_IO_OK)
			break;
		l->in.len += n;
		got += n;
		link_heard(l, now);
	}
	l->cur->more = r == LINK_IO_OK;
	if (r == LINK_IO_CLOSED || r == LINK_IO_FAILED)
		lose(l, r == LINK_IO_CLOSED, now);
}

static void drop_handshake(struct link *l, unsigned i, enum link_counter why)
{
	link_conn_free(l->hs[i], false);
	l->hs[i] = NULL;
	l->count[why]++;
}

/* A place for a handshake. When all are taken, the oldest gives way if it has stalled; -1: none does. */
static int place(struct link *l, mono_t now)
{
	unsigned oldest = 0;
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++) {
		if (l->hs[i] == NULL)
			return (int)i;
		if (mono_before(l->hs[i]->since, l->hs[oldest]->since))
			oldest = i;
	}
	l->count[LINK_SURPLUS]++;
	if (l->hs[oldest]->ready || mono_diff(now, l->hs[oldest]->since) < LINK_STALL_NS)
		return -1;
	drop_handshake(l, oldest, LINK_CUT);
	return (int)oldest;
}

static void accept_all(struct link *l, mono_t now)
{
	for (unsigned i = 0; i < LINK_ACCEPTS_STEP; i++) {
		struct link_sa from = { .len = sizeof(from.u) };
		int fd = accept4(l->lfd, &from.u.any, &from.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		bool foreign = !link_sa_same_host(&from, &l->peer);
		l->count[LINK_FOREIGN] += foreign;
		int at = foreign ? -1 : place(l, now);
		if (at < 0) {
			close(fd);
			continue;
		}
		link_sock_stream(l, fd);
		l->hs[at] = link_conn_new(l, fd, false, now);
	}
}

static void longer_pause(struct link *l, mono_t now)
{
	l->next_connect = mono_add(now, l->pause);
	l->pause = 2 * l->pause < LINK_PAUSE_MAX_NS ? 2 * l->pause : LINK_PAUSE_MAX_NS;
}

static void connect_when_due(struct link *l, mono_t now)
{
	if (l->hurry) {
		mono_t soon = mono_add(now, LINK_PAUSE_MIN_NS);
		l->pause = LINK_PAUSE_MIN_NS;
		l->next_connect = mono_before(soon, l->next_connect) ? soon : l->next_connect;
		l->hurry = false;
	}
	if (l->cur != NULL || l->hs[0] != NULL || mono_before(now, l->next_connect))
		return;
	int fd = link_sock_connect(l);
	if (fd >= 0)
		l->hs[0] = link_conn_new(l, fd, true, now);
	if (l->hs[0] == NULL) {
		l->count[LINK_CUT]++;
		longer_pause(l, now);
	}
}

static void shake(struct link *l, unsigned i, mono_t now)
{
	struct link_conn *c = l->hs[i];
	enum link_io r = link_conn_handshake(c);
	if (r == LINK_IO_OK) {
		c->ready = true;
		c->ready_at = now;
		link_heard(l, now);
		return;
	}
	if (r == LINK_IO_AGAIN && mono_diff(now, c->since) < LINK_HANDSHAKE_NS)
		return;
	drop_handshake(l, i, r == LINK_IO_FAILED && c->rerr == 0 && c->werr == 0 ? LINK_BAD_KEY : LINK_CUT);
	if (!l->listens)
		longer_pause(l, now);
}

/* The youngest proven connection takes over, once nothing of the old one is left to read. */
static void adopt(struct link *l, mono_t now)
{
	struct link_conn *c = NULL;
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++)
		if (l->hs[i] != NULL && l->hs[i]->ready && (c == NULL || !mono_before(l->hs[i]->ready_at, c->ready_at)))
			c = l->hs[i];
	if (c == NULL)
		return;
	bool left = l->in.len != 0 || (l->cur != NULL && l->cur->more);
	if (left && mono_diff(now, c->ready_at) < LINK_WAIT_NS)
		return;
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++) {
		if (l->hs[i] == NULL || !l->hs[i]->ready)
			continue;
		if (l->hs[i] != c)
			link_conn_free(l->hs[i], false);
		l->hs[i] = NULL;
	}
	if (l->cur != NULL)
		lose(l, true, now);
	link_in_consume(&l->in, l->in.len);
	l->cur = c;
	l->peer_closed = false;
	l->up_since = now;
	l->epoch++;
	l->count[LINK_CONNECTS]++;
	longer_pause(l, now);
	fill(l, now); /* what came with the end of the handshake is in OpenSSL, where no poll sees it */
}

void link_step(struct link *l, mono_t now)
{
	const struct link_idle idle = l->idle;
	l->idle = (struct link_idle){ 0 };
	if (!idle.beats)
		link_hb_receive(l, now);
	if (l->listens && !idle.strangers)
		accept_all(l, now);
	else if (!l->listens)
		connect_when_due(l, now);
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++)
		if (l->hs[i] != NULL && !l->hs[i]->ready)
			shake(l, i, now);
	flush(l);
	if (!idle.conn)
		fill(l, now);
	adopt(l, now);
}

unsigned link_poll(const struct link *l, struct pollfd *fds, unsigned max)
{
	struct pollfd all[LINK_POLL_MAX];
	unsigned n = 0;
	if (l->cur != NULL) {
		bool room = link_in_has_room(&l->in);
		int events = room ? POLLIN : 0;
		/* Octets inside OpenSSL are due at once; the socket is writable nearly always. */
		if (l->out.len != 0 || (room && l->cur->more))
			events |= POLLOUT;
		/* Not polled at all when nothing is wanted: an error would be reported over and over. */
		if (events != 0)
			all[n++] = (struct pollfd){ .fd = l->cur->fd, .events = (short)events };
	}
	all[n++] = (struct pollfd){ .fd = l->ufd, .events = POLLIN };
	if (l->listens)
		all[n++] = (struct pollfd){ .fd = l->lfd, .events = POLLIN };
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++)
		if (l->hs[i] != NULL && !l->hs[i]->ready)
			all[n++] = (struct pollfd){ .fd = l->hs[i]->fd, .events = l->hs[i]->want_write ? POLLOUT : POLLIN };
	n = n < max ? n : max;
	memcpy(fds, all, n * sizeof(all[0]));
	return n;
}

void link_polled(struct link *l, const struct pollfd *fds, unsigned n)
{
	l->idle = (struct link_idle){ 0 };
	for (unsigned i = 0; i < n; i++) {
		if (fds[i].revents != 0 || (fds[i].events & POLLIN) == 0)
			continue;
		l->idle.beats |= fds[i].fd == l->ufd;
		l->idle.strangers |= fds[i].fd == l->lfd;
		l->idle.conn |= l->cur != NULL && fds[i].fd == l->cur->fd;
	}
}

enum link_state link_state(const struct link *l)
{
	if (l->cur != NULL)
		return LINK_UP;
	for (unsigned i = 0; i < LINK_HANDSHAKES; i++)
		if (l->hs[i] != NULL)
			return LINK_HANDSHAKE;
	return LINK_DOWN;
}

enum err link_send(struct link *l, struct span bytes)
{
	if (l->cur == NULL || l->cur->werr != 0)
		return ERR_PEER;
	TRY(link_out_append(&l->out, bytes));
	flush(l);
	return OK;
}

void link_drop(struct link *l, mono_t now)
{
	if (l->cur != NULL)
		lose(l, false, now);
	link_in_consume(&l->in, link_in_span(&l->in).len);
}

size_t link_queued(const struct link *l)
{
	return l->out.len;
}

struct span link_recv(struct link *l)
{
	return link_in_span(&l->in);
}

void link_consume(struct link *l, size_t n)
{
	link_in_consume(&l->in, n);
}

uint64_t link_epoch(const struct link *l)
{
	return l->epoch;
}

bool link_peer_dead(const struct link *l, mono_t now)
{
	return l->hb.dead || (l->seen && mono_diff(now, l->heard) > l->cfg.hb_interval_ns * l->cfg.hb_lost);
}

bool link_peer_seen(const struct link *l)
{
	return l->seen;
}

bool link_peer_willed(const struct link *l)
{
	return l->hb.dead;
}

bool link_peer_closed(const struct link *l)
{
	return l->peer_closed;
}

uint64_t link_count(const struct link *l, enum link_counter c)
{
	return l->count[c];
}

const char *link_counter_name(unsigned c)
{
	static const char *const names[] = {
#define X(id, name, help) name,
		LINK_COUNTER_LIST(X)
#undef X
	};
	return c < ARRAY_LEN(names) ? names[c] : NULL;
}
