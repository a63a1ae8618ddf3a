/* The HA link's heartbeats: what is believed, what is counted, when the peer counts as dead. */
#include "link_rig.h"

enum { BEAT = 91 };

struct datagram {
	uint8_t b[300];
	size_t len;
};

/* Sends a heartbeat and takes it from under the receiver's nose. */
static struct datagram caught(struct rig *r, unsigned from, uint64_t seq)
{
	struct datagram d;
	struct pollfd p = { .fd = rig_udp(r->l[!from]), .events = POLLIN };
	link_beat(r->l[from], &(struct link_beat){ .role = 2, .quality = 97, .priority = 50, .term = 7, .seq = seq }, r->now);
	(void)poll(&p, 1, 1000);
	ssize_t n = recv(p.fd, d.b, sizeof(d.b), MSG_DONTWAIT);
	d.len = n > 0 ? (size_t)n : 0;
	return d;
}

/* From any port of an address to an end. */
static void inject(struct rig *r, const char *from, unsigned to, const struct datagram *d)
{
	int fd;
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(r->cfg[to].port) };
	memcpy(&sa.sin_addr, r->cfg[to].own.b, 4);
	CU_ASSERT_TRUE(rig_socket(SOCK_DGRAM, from, 0, &fd) > 0);
	CU_ASSERT_EQUAL(sendto(fd, d->b, d->len, 0, (struct sockaddr *)&sa, sizeof(sa)), (ssize_t)d->len);
	close(fd);
	link_step(r->l[to], r->now);
}

static void beat(struct rig *r, unsigned from, uint64_t seq)
{
	link_beat(r->l[from], &(struct link_beat){ .role = 2, .quality = 97, .priority = 50, .term = 7, .seq = seq }, r->now);
	rig_settle(r);
}

static uint64_t seen_seq(const struct rig *r, unsigned at)
{
	struct link_beat b;
	mono_t when;
	uint64_t boot;
	return link_peer_beat(r->l[at], &b, &when, &boot) ? b.seq : 0;
}

static uint64_t seen_boot(const struct rig *r, unsigned at)
{
	struct link_beat b;
	mono_t when;
	uint64_t boot;
	return link_peer_beat(r->l[at], &b, &when, &boot) ? boot : 0;
}

/* Both ends up and each known to the other: a beat to show the challenge, one with the answer, either way. */
static bool acquainted(struct rig *r)
{
	if (!rig_both(r))
		return false;
	for (uint64_t i = 1; i <= 2; i++) {
		beat(r, RIG_LOW, i);
		beat(r, RIG_HIGH, i);
	}
	return seen_boot(r, RIG_LOW) == r->cfg[RIG_HIGH].boot_id && seen_boot(r, RIG_HIGH) == r->cfg[RIG_LOW].boot_id;
}

static void test_fields(void)
{
	struct rig r;
	struct link_beat b;
	mono_t at;
	uint64_t boot;
	CU_ASSERT_TRUE(rig_both(&r));
	CU_ASSERT_FALSE(link_peer_beat(r.l[RIG_HIGH], &b, &at, &boot));
	beat(&r, RIG_LOW, 1);
	CU_ASSERT_FALSE(link_peer_beat(r.l[RIG_HIGH], &b, &at, &boot)); /* could be a recording */
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_UNPROVEN_BEAT), 1);
	beat(&r, RIG_HIGH, 1);
	r.now = mono_add(r.now, 5);
	struct link_beat sent = { .role = 3, .quality = 99, .priority = 0x1234, .term = UINT64_MAX - 1, .seq = 1ull << 40 };
	sent.n_more = LINK_BEAT_MORE;
	for (unsigned i = 0; i < LINK_BEAT_MORE; i++)
		sent.more[i] = (uint8_t)(i + 1);
	link_beat(r.l[RIG_LOW], &sent, r.now);
	rig_settle(&r);
	CU_ASSERT_TRUE(link_peer_beat(r.l[RIG_HIGH], &b, &at, &boot));
	CU_ASSERT_TRUE(b.role == sent.role && b.quality == sent.quality && b.priority == sent.priority);
	CU_ASSERT_TRUE(b.term == sent.term && b.seq == sent.seq);
	CU_ASSERT_TRUE(b.n_more == LINK_BEAT_MORE && memcmp(b.more, sent.more, LINK_BEAT_MORE) == 0);
	CU_ASSERT_EQUAL(at.ns, r.now.ns);
	CU_ASSERT_EQUAL(boot, r.cfg[RIG_LOW].boot_id);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_OLD_BEAT), 0);
	rig_fini(&r);
}

static void test_replay(void)
{
	struct rig r;
	CU_ASSERT_TRUE(acquainted(&r));
	struct datagram d[3];
	for (unsigned i = 0; i < 3; i++)
		d[i] = caught(&r, RIG_LOW, 10 + i);
	CU_ASSERT_EQUAL(d[0].len, BEAT);
	inject(&r, "127.0.0.1", RIG_HIGH, &d[1]);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 11);
	mono_t then = r.now;
	r.now = mono_add(r.now, RIG_INTERVAL);
	inject(&r, "127.0.0.1", RIG_HIGH, &d[1]);
	inject(&r, "127.0.0.1", RIG_HIGH, &d[0]);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_OLD_BEAT), 2);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 11);
	/* neither made the peer look alive */
	CU_ASSERT_TRUE(link_peer_dead(r.l[RIG_HIGH], mono_add(then, RIG_LOST * RIG_INTERVAL + 1)));
	inject(&r, "127.0.0.1", RIG_HIGH, &d[2]);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 12);
	/* our own, sent back to us; and one from elsewhere, which is not even opened */
	struct datagram own = caught(&r, RIG_HIGH, 20);
	inject(&r, "127.0.0.1", RIG_HIGH, &own);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), 1);
	struct datagram good = caught(&r, RIG_LOW, 13);
	inject(&r, "127.0.0.3", RIG_HIGH, &good);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_FOREIGN), 1);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 12);
	inject(&r, "127.0.0.1", RIG_HIGH, &good);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 13);
	rig_fini(&r);
}

static void test_altered(void)
{
	struct rig r;
	CU_ASSERT_TRUE(acquainted(&r));
	uint64_t bad = 0;
	const struct datagram good = caught(&r, RIG_LOW, 10);
	for (size_t i = 0; i < good.len; i++) {
		struct datagram d = good;
		d.b[i] ^= (uint8_t)(1u << i % 8);
		inject(&r, "127.0.0.1", RIG_HIGH, &d);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), ++bad);
	}
	for (size_t n = 0; n < good.len; n++) {
		struct datagram d = good;
		d.len = n;
		inject(&r, "127.0.0.1", RIG_HIGH, &d);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), ++bad);
	}
	for (size_t n = good.len + 1; n <= sizeof(good.b); n += 13) {
		struct datagram d = good;
		d.len = n;
		memset(d.b + good.len, 0, n - good.len);
		inject(&r, "127.0.0.1", RIG_HIGH, &d);
		CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), ++bad);
	}
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 2);
	inject(&r, "127.0.0.1", RIG_HIGH, &good);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 10);
	rig_fini(&r);
}

/* A link of the same group between other addresses or on another port has other heartbeats. */
static void test_other_link(void)
{
	struct rig r, other;
	CU_ASSERT_TRUE(acquainted(&r));
	CU_ASSERT_TRUE(acquainted(&other));
	struct datagram d = caught(&other, RIG_LOW, 10);
	inject(&r, "127.0.0.1", RIG_HIGH, &d);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), 1);
	rig_fini(&other);
	rig_fini(&r);
}

/* What a newer version adds at the end is covered by the MAC and passed over; made here with the key of psk. */
static void test_newer(void)
{
	struct rig r;
	CU_ASSERT_TRUE(acquainted(&r));
	uint8_t key[32], head[35] = { 0 };
	crypto_kdf_derive_from_key(key, sizeof(key), 2, "ha_link_", r.cfg[0].psk);
	memcpy(head, r.cfg[RIG_LOW].own.b, 16);
	memcpy(head + 16, r.cfg[RIG_LOW].peer.b, 16);
	head[32] = 4;
	head[33] = (uint8_t)(r.cfg[0].port >> 8);
	head[34] = (uint8_t)r.cfg[0].port;
	static const struct {
		uint8_t version, more; /* said length of what the owner adds */
		size_t len;
		bool good;
	} row[] = { { 0, 0, BEAT + 40, false }, { 1, 0, BEAT + 40, true }, { 2, 0, BEAT + 40, true },
		    { 1, 0, BEAT - 1, true }, /* from before there was such a length */
		    { 1, 40, BEAT + 40, true }, { 1, 41, BEAT + 40, false }, { 1, 1, BEAT, false },
		    { 2, LINK_BEAT_MORE + 9, BEAT + LINK_BEAT_MORE + 9, true } };
	uint64_t seq = 2, bad = 0;
	for (unsigned i = 0; i < ARRAY_LEN(row); i++) {
		struct datagram d = caught(&r, RIG_LOW, 50 + i);
		memset(d.b + BEAT - 33, 0x44, sizeof(d.b) - BEAT + 33);
		d.b[4] = row[i].version;
		d.b[BEAT - 33] = row[i].more;
		d.len = row[i].len;
		crypto_generichash_state st;
		crypto_generichash_init(&st, key, sizeof(key), 32);
		crypto_generichash_update(&st, head, sizeof(head));
		crypto_generichash_update(&st, d.b, d.len - 32);
		crypto_generichash_final(&st, d.b + d.len - 32, 32);
		inject(&r, "127.0.0.1", RIG_HIGH, &d);
		seq = row[i].good ? 50 + i : seq;
		bad += !row[i].good;
		CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), seq);
	}
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), bad);
	rig_fini(&r);
}

static void test_boot(void)
{
	struct rig r;
	CU_ASSERT_TRUE(acquainted(&r));
	struct datagram old[3];
	for (unsigned i = 0; i < 3; i++)
		old[i] = caught(&r, RIG_LOW, 30 + i);
	rig_stop(&r, RIG_LOW);
	r.cfg[RIG_LOW].boot_id = 0xfe11;
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	rig_settle(&r);
	beat(&r, RIG_LOW, 1);
	CU_ASSERT_EQUAL(seen_boot(&r, RIG_HIGH), 0xb007); /* no proof yet */
	beat(&r, RIG_HIGH, 3);
	beat(&r, RIG_LOW, 2);
	CU_ASSERT_EQUAL(seen_boot(&r, RIG_HIGH), 0xfe11);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 2); /* its counter began anew */
	uint64_t unproven = rig_count(&r, RIG_HIGH, LINK_UNPROVEN_BEAT);
	for (unsigned i = 0; i < 3; i++)
		inject(&r, "127.0.0.1", RIG_HIGH, &old[i]);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_UNPROVEN_BEAT), unproven); /* it is known to be dead */
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_OLD_BEAT), 3);
	CU_ASSERT_EQUAL(seen_boot(&r, RIG_HIGH), 0xfe11);
	beat(&r, RIG_LOW, 3);
	CU_ASSERT_EQUAL(seen_seq(&r, RIG_HIGH), 3);
	rig_fini(&r);
}

/* Recordings of boots that are long gone, between any two heartbeats: who is born anew is believed all the same. */
static void test_recordings(void)
{
	enum { BOOTS = 3 };
	struct rig r;
	struct datagram old[2][BOOTS];
	CU_ASSERT_TRUE(acquainted(&r));
	for (unsigned k = 0; k < BOOTS; k++)
		for (unsigned i = 0; i < 2; i++) {
			old[i][k] = caught(&r, i, 900);
			rig_stop(&r, i);
			r.cfg[i].boot_id += 0x100;
			CU_ASSERT_TRUE(rig_start(&r, i));
		}
	/* neither knows the other one: nothing tells the recordings from what is new */
	unsigned rounds = 0;
	for (; rounds < 16; rounds++) {
		for (unsigned i = 0; i < 2; i++) {
			beat(&r, i, rounds + 1);
			for (unsigned k = 0; k < BOOTS; k++)
				inject(&r, i == RIG_LOW ? "127.0.0.1" : "127.0.0.2", !i, &old[i][k]);
		}
		if (seen_boot(&r, RIG_LOW) == r.cfg[RIG_HIGH].boot_id && seen_boot(&r, RIG_HIGH) == r.cfg[RIG_LOW].boot_id)
			break;
	}
	CU_ASSERT_TRUE(rounds < 16);
	rig_fini(&r);
}

/* A node that has just started believes no recording, be the key right and the counter high. */
static void test_fresh_receiver(void)
{
	struct rig r;
	CU_ASSERT_TRUE(acquainted(&r));
	struct datagram old = caught(&r, RIG_LOW, 30);
	rig_fini(&r);
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	inject(&r, "127.0.0.1", RIG_HIGH, &old);
	inject(&r, "127.0.0.1", RIG_HIGH, &old);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_UNPROVEN_BEAT), 2);
	CU_ASSERT_EQUAL(seen_boot(&r, RIG_HIGH), 0);
	CU_ASSERT_FALSE(link_peer_dead(r.l[RIG_HIGH], mono_add(r.now, 1000 * NS_PER_SEC))); /* never seen */
	rig_fini(&r);
}

static void test_dead(void)
{
	struct rig r;
	const int64_t limit = RIG_LOST * RIG_INTERVAL;
	CU_ASSERT_TRUE(acquainted(&r));
	CU_ASSERT_FALSE(link_peer_dead(r.l[RIG_HIGH], mono_add(r.now, limit)));
	CU_ASSERT_TRUE(link_peer_dead(r.l[RIG_HIGH], mono_add(r.now, limit + 1)));
	/* the connection alone, with nothing on it, is no sign of life; octets and heartbeats are */
	rig_pass(&r, limit + 1);
	CU_ASSERT_TRUE(rig_up(&r) && link_peer_dead(r.l[RIG_HIGH], r.now));
	CU_ASSERT_EQUAL(link_send(r.l[RIG_LOW], span_of("x", 1)), OK);
	rig_settle(&r);
	CU_ASSERT_FALSE(link_peer_dead(r.l[RIG_HIGH], r.now));
	rig_pass(&r, limit + 1);
	CU_ASSERT_TRUE(link_peer_dead(r.l[RIG_HIGH], r.now));
	beat(&r, RIG_LOW, 9);
	CU_ASSERT_FALSE(link_peer_dead(r.l[RIG_HIGH], r.now));
	CU_ASSERT_FALSE(link_peer_closed(r.l[RIG_HIGH]));
	rig_fini(&r);
}

/* A connection that is cut while the peer lives: the next heartbeat says so. */
static void test_cut(void)
{
	struct rig r;
	struct pollfd fds[LINK_POLL_MAX];
	CU_ASSERT_TRUE(acquainted(&r));
	CU_ASSERT_TRUE(link_poll(r.l[RIG_LOW], fds, LINK_POLL_MAX) == 2 && fds[0].fd != rig_udp(r.l[RIG_LOW]));
	CU_ASSERT_EQUAL(shutdown(fds[0].fd, SHUT_RDWR), 0);
	rig_settle(&r);
	CU_ASSERT_TRUE(link_peer_closed(r.l[RIG_HIGH]));
	CU_ASSERT_EQUAL(link_state(r.l[RIG_HIGH]), LINK_DOWN);
	beat(&r, RIG_LOW, 9);
	CU_ASSERT_FALSE(link_peer_closed(r.l[RIG_HIGH]));
	rig_pass(&r, NS_PER_SEC);
	CU_ASSERT_TRUE(rig_up(&r));
	rig_fini(&r);
}

/* A heartbeat of a new boot makes the connecting end try at once, not when its pause is over. */
static void test_hurry(void)
{
	struct rig r;
	rig_config(&r);
	CU_ASSERT_TRUE(rig_start(&r, RIG_LOW));
	for (unsigned i = 0; i < 60; i++)
		rig_pass(&r, 100 * NS_PER_MS);
	CU_ASSERT_TRUE(rig_start(&r, RIG_HIGH));
	beat(&r, RIG_HIGH, 1);
	rig_pass(&r, 51 * NS_PER_MS);
	CU_ASSERT_TRUE(rig_up(&r));
	rig_fini(&r);
}

/* Floods of heartbeats and a peer that is not there: bounded a step, nothing sticks. */
static void test_flood(void)
{
	struct rig r;
	CU_ASSERT_TRUE(acquainted(&r));
	int fd = rig_udp(r.l[RIG_LOW]);
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(r.cfg[0].port) };
	memcpy(&sa.sin_addr, r.cfg[RIG_HIGH].own.b, 4);
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(sendto(fd, "junk", 4, 0, (struct sockaddr *)&sa, sizeof(sa)), 4);
	link_step(r.l[RIG_HIGH], r.now);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), 64);
	link_step(r.l[RIG_HIGH], r.now);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_HIGH, LINK_BAD_BEAT), 100);
	rig_stop(&r, RIG_HIGH);
	for (unsigned i = 0; i < 5; i++)
		link_beat(r.l[RIG_LOW], &(struct link_beat){ .seq = i }, r.now);
	rig_settle(&r);
	CU_ASSERT_EQUAL(rig_count(&r, RIG_LOW, LINK_BEAT_UNSENT), 0);
	rig_fini(&r);
}

UNIT_MAIN({ "recordings in between", test_recordings },
	  { "fields, and the first acquaintance", test_fields }, { "replayed, reflected, from elsewhere", test_replay },
	  { "every octet altered, every length", test_altered }, { "another link of the group", test_other_link },
	  { "a newer version's", test_newer }, { "a new boot of the peer", test_boot },
	  { "recordings sent to a fresh node", test_fresh_receiver }, { "dead after the intervals", test_dead },
	  { "a connection cut, the peer alive", test_cut }, { "a new boot is connected to at once", test_hurry },
	  { "floods and an absent peer", test_flood })
