/* The HA link's stream: handshake, octets, strangers, ends and returns of a connection. */
#include <sys/ioctl.h>

#include "link_rig.h"

static bool send_text(struct rig *r, unsigned from, const char *text)
{
	return link_send(r->l[from], span_of(text, strlen(text))) == OK;
}

static bool recv_text(struct rig *r, unsigned at, const char *text)
{
	struct span s = link_recv(r->l[at]);
	bool same = s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
	link_consume(r->l[at], s.len);
	return same;
}

static void test_psk(void)
{
	uint8_t a[HA_PSK_LEN], b[HA_PSK_LEN];
	/* Argon2id v1.3, t = 2, m = 64 MiB, p = 1: two releases in one group must agree. */
	static const char known[] = "d7ad6fb1c31560103b78d4b7e833fa8d88a4848b83f7730fc6703e77a0b74852";
	char hex[2 * HA_PSK_LEN + 1];
	CU_ASSERT_EQUAL(link_psk("correct horse", "plant-7", a), OK);
	sodium_bin2hex(hex, sizeof(hex), a, sizeof(a));
	CU_ASSERT_STRING_EQUAL(hex, known);
	CU_ASSERT_EQUAL(link_psk("correct horse", "plant-7", b), OK);
	CU_ASSERT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(link_psk("correct horsf", "plant-7", b), OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(link_psk("correct horse", "plant-8", b), OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(link_psk("", "plant-7", b), ERR_USAGE);
	CU_ASSERT_EQUAL(link_psk("correct horse", "", b), ERR_USAGE);
}

static void test_stream(void)
{
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_LOW]), 1);
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_HIGH]), 1);
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_LOW, 1u << 20, 1), 1u << 20);
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_HIGH, 1u << 20, 16000), 1u << 20);
	CU_ASSERT_EQUAL(link_queued(r.l[RIG_LOW]), 0);
	for (unsigned c = 0; c < LINK_COUNTER_N; c++)
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, c), c == LINK_CONNECTS);
	rig_fini(&r);
}

/* Nothing to do: poll says so, in every state that lasts. */
static void test_no_spin(void)
{
	struct rig r;
	struct pollfd fds[LINK_POLL_MAX];
	CU_ASSERT_TRUE(rig_both(&r));
	for (unsigned i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(poll(fds, link_poll(r.l[i], fds, LINK_POLL_MAX), 0), 0);
	/* staging full, the queue behind it filling up, then its sender gone */
	static uint8_t block[64 * 1024];
	while (link_queued(r.l[RIG_LOW]) < 4 * sizeof(block)) {
		CU_ASSERT_EQUAL(link_send(r.l[RIG_LOW], span_of(block, sizeof(block))), OK);
		rig_turn(&r, 0);
	}
	rig_settle(&r);
	CU_ASSERT_EQUAL(poll(fds, link_poll(r.l[RIG_HIGH], fds, LINK_POLL_MAX), 0), 0);
	rig_stop(&r, RIG_LOW);
	CU_ASSERT_EQUAL(poll(fds, link_poll(r.l[RIG_HIGH], fds, LINK_POLL_MAX), 0), 0);
	CU_ASSERT_EQUAL(link_poll(r.l[RIG_HIGH], fds, 1), 1);
	rig_fini(&r);
}

/* Octets that OpenSSL has taken from the socket, where poll does not see them: no turn of the owner's loop is missed. */
static void test_no_sleep(void)
{
	struct rig r;
	rig_config(&r);
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	for (unsigned i = 0; i < 10000 && link_state(r.l[RIG_LOW]) != LINK_UP; i++) {
		link_step(r.l[RIG_HIGH], r.now);
		link_step(r.l[RIG_LOW], r.now);
	}
	r.stepped[RIG_LOW] = r.stepped[RIG_HIGH] = r.now;
	CU_ASSERT_TRUE(send_text(&r, RIG_LOW, "with the handshake"));
	rig_settle(&r);
	CU_ASSERT_TRUE(recv_text(&r, RIG_HIGH, "with the handshake"));
	/* staging has room for one record more; of those that follow it, all but that one stay in OpenSSL */
	static const uint8_t big[63 * 16384];
	CU_ASSERT_EQUAL(link_send(r.l[RIG_LOW], span_of(big, sizeof(big))), OK);
	rig_settle(&r);
	CU_ASSERT_EQUAL(link_recv(r.l[RIG_HIGH]).len, sizeof(big));
	struct pollfd fds[LINK_POLL_MAX];
	CU_ASSERT_EQUAL(link_poll(r.l[RIG_HIGH], fds, LINK_POLL_MAX), 3);
	for (unsigned i = 0; i < 30; i++)
		CU_ASSERT_EQUAL(link_send(r.l[RIG_LOW], span_of(big, 200)), OK);
	int there = 0;
	for (unsigned i = 0; i < 5000 && there < 30 * 222 && ioctl(fds[0].fd, FIONREAD, &there) == 0; i++)
		(void)poll(NULL, 0, 1);
	CU_ASSERT_EQUAL(there, 30 * 222); /* a record has 22 octets of its own */
	rig_settle(&r);
	CU_ASSERT_EQUAL(link_recv(r.l[RIG_HIGH]).len, sizeof(big) + 200);
	link_consume(r.l[RIG_HIGH], sizeof(big) + 200);
	rig_settle(&r);
	CU_ASSERT_EQUAL(link_recv(r.l[RIG_HIGH]).len, 29 * 200);
	rig_fini(&r);
}

/* What poll has not told of waits for the step behind the next one; without a word of poll's, a step looks at all. */
static void test_polled(void)
{
	struct rig r;
	struct pollfd fds[LINK_POLL_MAX];
	CU_ASSERT_TRUE(rig_both(&r));
	const unsigned n = link_poll(r.l[RIG_HIGH], fds, LINK_POLL_MAX);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(poll(fds, n, 0), 0);
	CU_ASSERT_TRUE(send_text(&r, RIG_LOW, "octets"));
	link_beat(r.l[RIG_LOW], &(struct link_beat){ .role = 1, .seq = 7 }, r.now);
	const int stranger = rig_connect(&r, "127.0.0.3");
	CU_ASSERT_TRUE(stranger >= 0);
	struct pollfd again[LINK_POLL_MAX];
	memcpy(again, fds, sizeof(again));
	for (unsigned i = 0; i < 5000 && poll(again, n, 1) < (int)n; i++)
		continue;
	struct link_beat b;
	mono_t at;
	uint64_t boot;
	for (unsigned step = 0; step < 2; step++) {
		if (step == 0)
			link_polled(r.l[RIG_HIGH], fds, n);
		link_step(r.l[RIG_HIGH], r.now);
		CU_ASSERT_EQUAL(link_recv(r.l[RIG_HIGH]).len, step * strlen("octets"));
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_FOREIGN), step);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_UNPROVEN_BEAT), step);
	}
	CU_ASSERT_FALSE(link_peer_beat(r.l[RIG_HIGH], &b, &at, &boot));
	close(stranger);
	rig_fini(&r);
}

static void refused(void (*spoil)(struct link_cfg *))
{
	struct rig r;
	rig_config(&r);
	spoil(&r.cfg[RIG_LOW]);
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	rig_settle(&r);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_KEY), 1);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_LOW, LINK_BAD_KEY) + rig_count(&r, RIG_LOW, LINK_CUT), 1);
	rig_pass(&r, 100 * NS_PER_MS);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_KEY), 2);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_NOT_EQUAL(link_state(r.l[i]), LINK_UP);
		CU_ASSERT_EQUAL(link_epoch(r.l[i]), 0);
		CU_ASSERT_EQUAL(link_recv(r.l[i]).len, 0);
		CU_ASSERT_FALSE(link_peer_dead(r.l[i], mono_add(r.now, NS_PER_SEC * 1000)));
		CU_ASSERT_EQUAL(link_send(r.l[i], span_of("x", 1)), ERR_PEER);
		CU_ASSERT_EQUAL(link_queued(r.l[i]), 0);
	}
	rig_fini(&r);
}

static void other_key(struct link_cfg *c)
{
	c->psk[31] ^= 1;
}

static void other_group(struct link_cfg *c)
{
	strcpy(c->group, "plant-8");
}

static void test_refused(void)
{
	refused(other_key);
	refused(other_group);
}

static void test_garbage(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
		{ "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10 },
		{ "\x15\x03\x03\x00\x02\x02\x28", 7 },
		{ "\x17\x03\x03\x00\x10zzzzzzzzzzzzzzzz", 21 },
		{ "\x16\x03\x01\xff\xff", 5 },
		{ "\x00\x00\x00\x00\x00\x00\x00\x00", 8 },
	};
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = rig_connect(&r, "127.0.0.1");
		CU_ASSERT_EQUAL(send(fd, rows[i].bytes, rows[i].len, 0), (ssize_t)rows[i].len);
		rig_settle(&r);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_KEY), i + 1);
		close(fd);
	}
	/* closed before the first octet, and after a few */
	for (unsigned i = 0; i < 2; i++) {
		int fd = rig_connect(&r, "127.0.0.1");
		if (i == 1)
			CU_ASSERT_EQUAL(send(fd, "\x16\x03\x01", 3, 0), 3);
		close(fd);
		rig_settle(&r);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_CUT), i + 1);
	}
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_CONNECTS), 1);
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_HIGH]), 1);
	CU_ASSERT_TRUE(send_text(&r, RIG_LOW, "still here"));
	rig_settle(&r);
	CU_ASSERT_TRUE(recv_text(&r, RIG_HIGH, "still here"));
	rig_fini(&r);
}

static void test_silence(void)
{
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	int fd = rig_connect(&r, "127.0.0.1");
	CU_ASSERT_EQUAL(send(fd, "\x16\x03\x01\x02\x00\x01\x00\x01", 8, 0), 8);
	rig_pass(&r, NS_PER_SEC - 1);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_CUT), 1 - 1);
	rig_pass(&r, NS_PER_SEC);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_CUT), 1);
	char c;
	CU_ASSERT_TRUE(recv(fd, &c, 1, MSG_DONTWAIT) <= 0);
	CU_ASSERT_TRUE(rig_up(&r));
	close(fd);
	rig_fini(&r);
}

static void test_surplus(void)
{
	struct rig r;
	int fd[6];
	rig_config(&r);
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	for (unsigned i = 0; i < 6; i++) {
		fd[i] = rig_connect(&r, "127.0.0.1");
		rig_settle(&r);
	}
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_SURPLUS), 2);
	CU_ASSERT_EQUAL(link_state(r.l[RIG_HIGH]), LINK_HANDSHAKE);
	/* the peer itself is not kept out by silent ones: they give way when they have stalled */
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	rig_settle(&r);
	CU_ASSERT_FALSE(rig_up(&r));
	rig_pass(&r, 150 * NS_PER_MS);
	CU_ASSERT_TRUE(rig_up(&r));
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_CUT), 1);
	rig_pass(&r, NS_PER_SEC);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_CUT), 4);
	CU_ASSERT_TRUE(rig_up(&r));
	for (unsigned i = 0; i < 6; i++)
		close(fd[i]);
	rig_fini(&r);
}

static void test_foreign(void)
{
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	int fd = rig_connect(&r, "127.0.0.3");
	rig_settle(&r);
	char c;
	CU_ASSERT_EQUAL(recv(fd, &c, 1, MSG_DONTWAIT), 0);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_FOREIGN), 1);
	close(fd);
	rig_fini(&r);
}

/* The peer goes, with or without octets unread at its end (FIN, RST): what it had sent is there, then the news. */
static void test_closes(void)
{
	for (unsigned unread = 0; unread < 2; unread++) {
		struct rig r;
		CU_ASSERT_TRUE(rig_both(&r));
		CU_ASSERT_TRUE(send_text(&r, RIG_LOW, "last words"));
		if (unread)
			CU_ASSERT_TRUE(send_text(&r, RIG_HIGH, "never read"));
		rig_stop(&r, RIG_LOW);
		for (unsigned i = 0; i < 3; i++)
			(void)send_text(&r, RIG_HIGH, "into the void: no signal comes of it");
		rig_settle(&r);
		CU_ASSERT_TRUE(link_peer_closed(r.l[RIG_HIGH]));
		CU_ASSERT_EQUAL(link_state(r.l[RIG_HIGH]), LINK_DOWN);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_LOST), 1);
		CU_ASSERT_EQUAL(send_text(&r, RIG_HIGH, "x"), false);
		CU_ASSERT_EQUAL(link_queued(r.l[RIG_HIGH]), 0);
		/* it comes back while the old octets wait: they come first, and the epoch tells */
		CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
		rig_settle(&r);
		CU_ASSERT_TRUE(send_text(&r, RIG_LOW, "hello again"));
		rig_settle(&r);
		CU_ASSERT_EQUAL(link_epoch(r.l[RIG_HIGH]), 1);
		CU_ASSERT_TRUE(recv_text(&r, RIG_HIGH, "last words"));
		rig_pass(&r, 1);
		CU_ASSERT_EQUAL(link_epoch(r.l[RIG_HIGH]), 2);
		CU_ASSERT_FALSE(link_peer_closed(r.l[RIG_HIGH]));
		CU_ASSERT_TRUE(recv_text(&r, RIG_HIGH, "hello again"));
		CU_ASSERT_TRUE(rig_up(&r));
		rig_fini(&r);
	}
}

/* Octets that nobody takes hold the new connection up for a second, no longer. */
static void test_old_octets(void)
{
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	CU_ASSERT_TRUE(send_text(&r, RIG_HIGH, "forgotten"));
	rig_settle(&r);
	rig_stop(&r, RIG_HIGH);
	rig_settle(&r);
	CU_ASSERT_TRUE(link_peer_closed(r.l[RIG_LOW]));
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	rig_pass(&r, 100 * NS_PER_MS);
	CU_ASSERT_TRUE(send_text(&r, RIG_HIGH, "new"));
	rig_pass(&r, NS_PER_SEC - 1);
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_LOW]), 1);
	rig_pass(&r, 1);
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_LOW]), 2);
	CU_ASSERT_TRUE(recv_text(&r, RIG_LOW, "new"));
	rig_fini(&r);
}

/* A peer that started again while its old connection still stands (its host lost it without a word). */
static void test_replaced(void)
{
	struct rig r;
	CU_ASSERT_TRUE(rig_both(&r));
	struct link *old = r.l[RIG_LOW];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	CU_ASSERT_TRUE(dup2(null, rig_udp(old)) >= 0); /* frees its UDP port, keeps its connection */
	close(null);
	r.l[RIG_LOW] = NULL;
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	rig_settle(&r);
	CU_ASSERT_TRUE(rig_up(&r));
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_HIGH]), 2);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_LOST), 1);
	CU_ASSERT_FALSE(link_peer_closed(r.l[RIG_HIGH]));
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_HIGH, 5000, 100), 5000);
	link_step(old, r.now);
	CU_ASSERT_EQUAL(link_state(old), LINK_DOWN);
	link_free(old);
	rig_settle(&r);
	CU_ASSERT_TRUE(rig_up(&r));
	rig_fini(&r);
}

static void test_pauses(void)
{
	struct rig r;
	rig_config(&r);
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	const int64_t t[] = { 0, 50, 150, 350, 750, 1550, 2550, 3550, 4550 }; /* at most: one a second from the fifth on */
	unsigned tries = 0;
	for (int64_t ms = 0; ms < 5000; ms += 10) {
		link_step(r.l[RIG_LOW], mono_add(r.now, ms * NS_PER_MS));
		struct pollfd fds[LINK_POLL_MAX];
		unsigned n = link_poll(r.l[RIG_LOW], fds, LINK_POLL_MAX);
		if (n > 1) /* a connection under way: refused at once, seen at the next step */
			(void)poll(fds, n, 100);
		tries = (unsigned)rig_count(&r, RIG_LOW, LINK_CUT);
		unsigned due = 0;
		while (due < ARRAY_LEN(t) && t[due] <= ms)
			due++;
		CU_ASSERT_TRUE(tries <= due);
	}
	CU_ASSERT_TRUE(tries >= 7);
	CU_ASSERT_FALSE(link_peer_closed(r.l[RIG_LOW]));
	rig_fini(&r);
}

static bool mentions(const char *why, const char *a, const char *b)
{
	return strstr(why, a) != NULL && strstr(why, b) != NULL;
}

static void test_no_address(void)
{
	struct rig r;
	int fd;
	char port[8];
	rig_config(&r);
	snprintf(port, sizeof(port), "%u", r.cfg[0].port);
	CU_ASSERT_TRUE(rig_socket(SOCK_STREAM, "127.0.0.2", r.cfg[0].port, &fd) > 0);
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	CU_ASSERT_EQUAL(link_new(&r.cfg[RIG_HIGH], r.now, &r.l[0], r.why), ERR_IO);
	CU_ASSERT_TRUE(mentions(r.why, "TCP 127.0.0.2", "in use") && mentions(r.why, port, "in use"));
	close(fd);
	CU_ASSERT_TRUE(rig_socket(SOCK_DGRAM, "127.0.0.1", r.cfg[0].port, &fd) > 0);
	CU_ASSERT_EQUAL(link_new(&r.cfg[RIG_LOW], r.now, &r.l[0], r.why), ERR_IO);
	CU_ASSERT_TRUE(mentions(r.why, "UDP 127.0.0.1", "in use"));
	close(fd);
	struct link_cfg c = r.cfg[RIG_LOW];
	rig_addr(&c.own, "192.0.2.77");
	CU_ASSERT_EQUAL(link_new(&c, r.now, &r.l[0], r.why), ERR_IO);
	CU_ASSERT_TRUE(mentions(r.why, "192.0.2.77", "assign"));
	c = r.cfg[RIG_LOW];
	strcpy(c.ifname, "no-such-if0");
	enum err e = link_new(&c, r.now, &r.l[0], r.why);
	CU_ASSERT_TRUE(e == ERR_IO || e == OK); /* OK without the privilege to ask */
	if (e == OK)
		link_free(r.l[0]);
}

static void test_bad_config(void)
{
	struct rig r;
	rig_config(&r);
	struct link_cfg bad[9];
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = r.cfg[RIG_LOW];
	bad[0].family = 5;
	bad[1].own = bad[1].peer;
	bad[2].port = 0;
	bad[3].group[0] = '\0';
	memset(bad[4].group, 'g', sizeof(bad[4].group));
	memset(bad[5].ifname, 'i', sizeof(bad[5].ifname));
	bad[6].hb_interval_ns = 10 * NS_PER_MS - 1;
	bad[7].hb_interval_ns = 2 * NS_PER_SEC + 1;
	bad[8].hb_lost = 0;
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		r.why[0] = '\0';
		CU_ASSERT_EQUAL(link_new(&bad[i], r.now, &r.l[0], r.why), ERR_USAGE);
		CU_ASSERT_TRUE(strlen(r.why) > 20);
	}
	link_free(NULL);
}

static void test_ipv6(void)
{
	struct rig r;
	rig_config(&r);
	struct link_cfg c = r.cfg[RIG_HIGH];
	c.family = 6;
	memset(&c.own, 0, sizeof(c.own));
	c.peer = c.own;
	c.own.b[15] = 1; /* ::1 above :: listens */
	if (link_new(&c, r.now, &r.l[RIG_HIGH], r.why) != OK) {
		CU_ASSERT_TRUE(strstr(r.why, "::1") != NULL); /* no IPv6 here */
		return;
	}
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(c.port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	rig_settle(&r);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_FOREIGN), 1);
	close(fd);
	rig_fini(&r);
}

/* New keys every 16 KiB, more often than any limit on key updates, with blocked writes between them. */
static void test_rekey(void)
{
	struct rig r;
	rig_config(&r);
	r.cfg[RIG_LOW].rekey_octets = 16384;
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	rig_settle(&r);
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_LOW, 8u << 20, 150000), 8u << 20);
	CU_ASSERT_EQUAL(rig_carry(&r, RIG_HIGH, 100000, 1000), 100000);
	CU_ASSERT_EQUAL(link_epoch(r.l[RIG_HIGH]), 1);
	rig_fini(&r);
}

static void test_counters(void)
{
	for (unsigned i = 0; i < LINK_COUNTER_N; i++)
		CU_ASSERT_TRUE(strncmp(link_counter_name(i), "link.", 5) == 0);
	CU_ASSERT_PTR_NULL(link_counter_name(LINK_COUNTER_N));
}

UNIT_MAIN({ "a key is a function of password and group", test_psk }, { "octets both ways in odd pieces", test_stream },
	  { "an idle or full link does not wake its owner", test_no_spin }, { "octets out of poll's sight", test_no_sleep },
	  { "what poll has not told of waits", test_polled },
	  { "wrong password or group", test_refused },
	  { "garbage on the port", test_garbage }, { "half a handshake", test_silence },
	  { "many connections", test_surplus }, { "a foreign address", test_foreign },
	  { "the peer closes and returns", test_closes }, { "octets that nobody takes", test_old_octets },
	  { "the peer replaces its own connection", test_replaced }, { "pauses between attempts", test_pauses },
	  { "address or port not to be had", test_no_address }, { "configurations that cannot be", test_bad_config },
	  { "IPv6", test_ipv6 }, { "new keys on the way", test_rekey }, { "counters have names", test_counters })
