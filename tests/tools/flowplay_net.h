/* flowplay_net.h - the sockets of flowplay: opened, waited for, ended in each of the ways a capture shows.
 *
 * Sockets never block; each call waits by itself, at most the time limit without progress.
 */
#ifndef TESTS_TOOLS_FLOWPLAY_NET_H
#define TESTS_TOOLS_FLOWPLAY_NET_H

#include <sys/socket.h>

#include "tests/tools/flowplay_plan.h"

enum { NET_MAPS_MAX = 64 };

/* How a call on a connection went. */
enum net_end {
	NET_FINE,
	NET_EOF,                 /* the other end has sent its FIN */
	NET_RESET,               /* reset, or given up by the kernel */
	NET_TIMEOUT,
};

struct net_map {
	uint16_t from, to;
};

struct listener;

struct net {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int timeout_ms;
	struct net_map map[NET_MAPS_MAX];
	size_t n_map;
	struct listener *listener;
	size_t n_listener;
	uint8_t *opened;         /* by connection: flags of net_accept */
	uint8_t *used_port;      /* by port: recorded as a client's */
	uint64_t mapped;         /* connections whose recorded source port was not free */
};

/* addr is numeric; map "102:1102,80:8080" or NULL. Both end the program with a message when they cannot be. */
void net_init(struct net *n, const struct plan *p, const char *addr, const char *map);
void net_listen(struct net *n, const struct plan *p);
void net_fini(struct net *n);

/* The socket of connection i. Whoever connects in the order of the plan is told apart by that order, and by the
 * recorded source port where it was kept. NET_FINE, NET_TIMEOUT or, refused, NET_RESET. */
enum net_end net_accept(struct net *n, const struct plan *p, uint32_t i, int *fd);
enum net_end net_connect(struct net *n, const struct plan *p, uint32_t i, int *fd);

/* All of len octets; *done tells how many it was. */
enum net_end net_send(const struct net *n, int fd, const void *p, size_t len, size_t *done);
/* Some octets, at most len. */
enum net_end net_recv(const struct net *n, int fd, void *p, size_t len, size_t *done);
/* Waits until what was sent has been acknowledged, then resets and closes. */
enum net_end net_reset(const struct net *n, int fd);
/* Waits for the other end's reset, where its FIN has been read already. */
enum net_end net_await_reset(const struct net *n, int fd);
/* Resets and closes at once. */
void net_drop(int fd);

#endif
