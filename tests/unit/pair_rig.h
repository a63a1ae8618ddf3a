/* pair_rig.h - two packet loops joined by real links over loopback addresses: 127.0.0.1 and 127.0.0.2, and a backup link. */
#ifndef TESTS_UNIT_PAIR_RIG_H
#define TESTS_UNIT_PAIR_RIG_H

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/worker_rig.h"

static struct box n[2];
static struct gen gen[2];
static unsigned n_links = 1; /* of nodes that are configured from now on */
static enum ha_wait wait;    /* likewise: what waits */

/* The standby refuses what is no SYN of an unknown session: to pass, it must know it. */
static const struct policy_rule policy = {
	.id = 5, .action = POLICY_ACCEPT, .inspect = true, .session_sync = true, .log_traffic = true, .sensor = -1
};
static const char rules[] = "drop tcp any any -> any any (msg:\"no\"; content:\"left\"; content:\"right\"; sid:1;)\n";
static const struct rig_opts opts = { .rules = rules, .policies = &policy, .n_policies = 1, .prevent = true, .max_sessions = 4096 };
static const struct rig_opts *node_opts[2] = { &opts, &opts }; /* of nodes that start from now on */

static inline uint16_t free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "127.0.0.2", &sa.sin_addr);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	close(fd);
	return ntohs(sa.sin_port);
}

/* dead_ms: of silence until the other one is dead. */
static inline void configure(unsigned i, uint16_t port, unsigned dead_ms, uint16_t priority)
{
	struct live *l = &n[i].live;
	static const char *const addr[] = { "127.0.0.1", "127.0.0.2" };
	memset(l, 0, sizeof(*l));
	l->pair = true;
	l->n_iface = 1;
	strcpy(l->iface[0], "lo");
	l->iface_nr[0] = 1;
	l->n_links = n_links;
	l->wait = (uint8_t)wait;
	l->commit_timeout_ns = 20 * NS_PER_MS;
	l->priority = priority;
	l->link = (struct link_cfg){ .family = 4, .port = port, .group = "plant", .boot_id = 0xb00 + i + ((uint64_t)real_ns() << 8),
				     .hb_interval_ns = dead_ms * NS_PER_MS / 20, .hb_lost = 20 };
	inet_pton(AF_INET, addr[i], l->link.own.b);
	inet_pton(AF_INET, addr[!i], l->link.peer.b);
	memset(l->link.psk, 0x5a, sizeof(l->link.psk));
	l->backup = l->link;
	l->backup.own.b[2] = l->backup.peer.b[2] = 1;
}

static inline void start(unsigned i)
{
	char why[256] = "";
	const struct link_cfg cfg[] = { n[i].live.link, n[i].live.backup };
	if (links_new(cfg, n[i].live.n_links, box_now(&n[i]), &n[i].links, why) != OK)
		printf("# %s\n", why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n[i].links);
	rig_gen(&gen[i], node_opts[i]);
	box_new(&n[i], &gen[i]);
	box_start(&n[i]);
}

static inline void end(unsigned i)
{
	box_free(&n[i]);
	rig_gen_free(&gen[i]);
}

/* Node 0 works, node 1 has the whole table. */
static inline void both(unsigned dead_ms)
{
	const uint16_t port = free_port();
	configure(0, port, dead_ms, 200);
	configure(1, port, dead_ms, 100);
	start(0);
	start(1);
	CU_ASSERT_TRUE_FATAL(box_wait_role(&n[0], HA_ACTIVE, HA_SYNCED));
	CU_ASSERT_TRUE_FATAL(box_wait_role(&n[1], HA_STANDBY, HA_SYNCED));
}

static inline void begin_flows(struct box *b, unsigned from, unsigned count)
{
	const unsigned had = b->f.put;
	for (unsigned i = 0; i < count; i++)
		box_put_open(b, (uint16_t)(from + i), 100);
	CU_ASSERT_TRUE(box_wait_judged(b, had + 2 * count));
}

static inline unsigned taken(struct box *b)
{
	pthread_mutex_lock(&b->f.lock);
	const unsigned k = b->f.taken;
	pthread_mutex_unlock(&b->f.lock);
	return k;
}

/* The standby stands still: a SYN of port 3000 is in a batch that waits for it, count more are inspected behind that. */
static inline void one_waits_others_gather(struct box *b, unsigned count)
{
	const unsigned had = b->f.put;
	for (unsigned i = 0; i <= count; i++) {
		box_put_tcp(b, (uint16_t)(3000 + i), TCP_SYN, 100, "");
		for (unsigned k = 0; k < WAIT_MS && taken(b) <= had + i; k++)
			usleep(1000);
		(void)box_status(b); /* a turn later */
	}
	CU_ASSERT_EQUAL(taken(b), had + 1 + count);
}

static inline unsigned passed(const struct box *b, unsigned from, unsigned to)
{
	unsigned k = 0;
	for (unsigned i = from; i < to; i++)
		k += b->f.p[i].pass;
	return k;
}

/* As a visit: the box loses its links. */
static inline void drop_link(const struct ctl_view *v, void *ctx)
{
	struct box *b = ctx;
	(void)v;
	links_drop(b->links, box_now(b));
}

#endif
