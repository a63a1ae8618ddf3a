/* test_rewrite.c - every edit over every kind of header, against the same packet built anew: lengths, checksums and the
 * octets that were not to change.
 */
#include "forward/rewrite.h"

#include <stdlib.h>

#include "tests/unit/pktbuild.h"
#include "tests/unit/unit.h"

static struct rewrite rw;

/* Kinds of headers before TCP. */
enum form { V4, V4_OPTIONS, V6, V6_EXT, V6_ROUTED, FORM_N };
/* MSS, an unknown kind 200 twice, timestamps, end of list and octets behind it. */
static const uint8_t tcp_opts[] = { 2, 4, 5, 180, 200, 3, 9, 1, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 200, 2, 0, 7, 7, 7 };
/* Record route with one address, end of list and octets behind it. */
static const uint8_t ip_opts[] = { 7, 7, 4, 1, 2, 3, 4, 0, 5, 6, 7, 8 };
static const char *const ends4[2] = { "10.1.0.2", "10.2.0.2" };
static const char *const ends6[2] = { "2001:db8:1::2", "2001:db8:2::2" };
static const uint8_t pass_by[16] = { 0x20, 1, 13, 0xb8, 77 };

static int family_of(enum form f)
{
	return f == V4 || f == V4_OPTIONS ? 4 : 6;
}

static void headers(struct pkt *k, enum form f)
{
	static const uint8_t hop[7] = { 0, 5, 2 }, dest[15] = { 1, 1, 12 };
	static const uint8_t routing[23] = { 2, 4, 1 };
	if (f == V4_OPTIONS)
		pkt_ip_opts(k, 4, ends4, 6, ip_opts, sizeof(ip_opts));
	else
		pkt_ip_opts(k, family_of(f), f == V4 ? ends4 : ends6, 6, NULL, 0);
	if (f == V6_EXT) {
		pkt_ext(k, 0, hop, 8);
		pkt_ext(k, 60, dest, 16);
	}
	if (f == V6_ROUTED)
		pkt_ext(k, 43, routing, 24);
}

/* Lengths and checksums; on a routed packet the sum is over the last segment, and then it is sent to another. */
static void finish(struct pkt *k, enum form f)
{
	if (f == V6_ROUTED)
		inet_pton(AF_INET6, ends6[1], k->b + 24);
	pkt_finish(k);
	if (f == V6_ROUTED)
		memcpy(k->b + 24, pass_by, 16);
}

/* n octets of payload that add up to something else for each n. */
static void build(struct pkt *k, enum form f, size_t n)
{
	uint8_t data[64];
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(i * 37 + n);
	headers(k, f);
	pkt_tcp(k, &(struct pkt_tcp){ .sport = 57218, .dport = 102, .seq = 1000, .ack = 2000, .win = 512,
				      .flags = TCP_ACK | TCP_PSH | TCP_URG, .opts = tcp_opts, .n_opts = sizeof(tcp_opts),
				      .data = data, .n_data = n });
	k->b[k->l4 + 12] |= 0x0f;
	pkt_put16(k->b + k->l4 + 18, 3);
	if (k->family == 4)
		k->b[6] |= 0x80;
	finish(k, f);
}

static uint8_t *tcp(struct pkt *k, uint32_t at)
{
	return k->b + k->l4 + at;
}

/* --- edits: on the copy, and on the packet that is to come out ---------------------------------- */

static void nothing(struct rewrite *w)
{
	(void)w;
}

static void want_nothing(struct pkt *k)
{
	(void)k;
}

static void payload(struct rewrite *w)
{
	uint8_t *d = rewrite_payload(w);
	for (uint32_t i = 0; i < rewrite_payload_len(w); i++)
		d[i] ^= (uint8_t)(0x5a + i);
}

static void want_payload(struct pkt *k)
{
	const uint32_t from = k->l4 + 20 + sizeof(tcp_opts);
	for (uint32_t i = 0; from + i < k->len; i++)
		k->b[from + i] ^= (uint8_t)(0x5a + i);
}

static void cut(struct rewrite *w)
{
	rewrite_cut(w, 5);
}

static void want_cut(struct pkt *k)
{
	const uint32_t n = k->l4 + 20 + sizeof(tcp_opts) + 5;
	k->len = k->len < n ? k->len : n;
}

static void cut_all(struct rewrite *w)
{
	rewrite_cut(w, 0);
}

static void want_cut_all(struct pkt *k)
{
	k->len = k->l4 + 20 + sizeof(tcp_opts);
}

static void flags(struct rewrite *w)
{
	rewrite_flags(w, TCP_FIN, TCP_PSH | TCP_URG);
}

static void want_flags(struct pkt *k)
{
	*tcp(k, 13) = (uint8_t)((*tcp(k, 13) & ~(TCP_PSH | TCP_URG)) | TCP_FIN);
}

static void seq(struct rewrite *w)
{
	rewrite_seq(w, 0xfffefdfcu);
}

static void want_seq(struct pkt *k)
{
	pkt_put32(tcp(k, 4), 0xfffefdfcu);
}

static void window(struct rewrite *w)
{
	rewrite_window(w, 0xabcd);
}

static void want_window(struct pkt *k)
{
	pkt_put16(tcp(k, 14), 0xabcd);
}

static void urgent(struct rewrite *w)
{
	rewrite_urgent_clear(w);
}

static void want_urgent(struct pkt *k)
{
	*tcp(k, 13) &= (uint8_t)~TCP_URG;
	pkt_put16(tcp(k, 18), 0);
}

static void reserved(struct rewrite *w)
{
	rewrite_tcp_reserved_clear(w);
	rewrite_ip_reserved_clear(w);
}

static void want_reserved(struct pkt *k)
{
	*tcp(k, 12) &= 0xf1;
	if (k->family == 4)
		k->b[6] = 0;
}

static void options(struct rewrite *w)
{
	rewrite_option_nops(w, 200);
	rewrite_option_nops(w, 8);
}

static void want_options(struct pkt *k)
{
	memset(tcp(k, 24), 1, 3);
	memset(tcp(k, 28), 1, 12);
}

static void padding(struct rewrite *w)
{
	rewrite_tcp_padding_clear(w);
	rewrite_ip_padding_clear(w);
}

static void want_padding(struct pkt *k)
{
	memset(tcp(k, 41), 0, 3);
	if (k->family == 4 && k->l4 == 32)
		memset(k->b + 28, 0, 4);
}

static void ttl(struct rewrite *w)
{
	rewrite_ttl(w, 201);
}

static void want_ttl(struct pkt *k)
{
	k->b[k->family == 4 ? 8 : 7] = 201;
}

static const struct {
	void (*edit)(struct rewrite *w);
	void (*want)(struct pkt *k);
} edits[] = {
	{ nothing, want_nothing },   { payload, want_payload },   { cut, want_cut },         { cut_all, want_cut_all },
	{ flags, want_flags },       { seq, want_seq },           { window, want_window },   { urgent, want_urgent },
	{ reserved, want_reserved }, { options, want_options },   { padding, want_padding }, { ttl, want_ttl },
};

static struct packet decoded(const struct pkt *k)
{
	struct packet p = pkt_packet(k);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	return p;
}

static struct packet whole(struct span s)
{
	return (struct packet){ .data = s.p, .len = (uint32_t)s.len, .wire_len = (uint32_t)s.len, .csum_ready = true };
}

static void expect(struct span got, const struct pkt *want)
{
	CU_ASSERT_EQUAL(got.len, want->len);
	if (got.len == want->len)
		CU_ASSERT_EQUAL(memcmp(got.p, want->b, got.len), 0);
	struct packet p = whole(got);
	CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
	CU_ASSERT(!p.bad_csum && !p.truncated && p.payload.len == p.payload_wire);
}

static void test_each(void)
{
	for (enum form f = 0; f < FORM_N; f++) {
		for (size_t n = 0; n < 20; n++) {
			for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
				struct pkt k, want;
				build(&k, f, n);
				struct packet p = decoded(&k);
				CU_ASSERT(rewrite_begin(&rw, &p));
				CU_ASSERT_EQUAL(rewrite_payload_len(&rw), n);
				edits[i].edit(&rw);
				want = k;
				edits[i].want(&want);
				finish(&want, f);
				expect(rewrite_end(&rw), &want);
				expect(rewrite_end(&rw), &want);
			}
		}
	}
}

/* Two edits after one another, ended in between or not. */
static void test_pairs(void)
{
	for (enum form f = 0; f < FORM_N; f++) {
		for (size_t i = 0; i < ARRAY_LEN(edits) * ARRAY_LEN(edits) * 2; i++) {
			const size_t a = i / 2 / ARRAY_LEN(edits), b = i / 2 % ARRAY_LEN(edits);
			struct pkt k, want;
			build(&k, f, 17);
			want = k;
			struct packet p = decoded(&k);
			CU_ASSERT(rewrite_begin(&rw, &p));
			edits[a].edit(&rw);
			edits[a].want(&want);
			finish(&want, f);
			if (i % 2 != 0)
				expect(rewrite_end(&rw), &want);
			edits[b].edit(&rw);
			edits[b].want(&want);
			finish(&want, f);
			expect(rewrite_end(&rw), &want);
		}
	}
}

/* What the link had behind the datagram does not come along. */
static void test_link_padding(void)
{
	for (enum form f = 0; f < FORM_N; f++) {
		struct pkt k;
		build(&k, f, 1);
		const struct pkt want = k;
		pkt_add(&k, "padding", 7);
		struct packet p = decoded(&k);
		CU_ASSERT(rewrite_begin(&rw, &p));
		expect(rewrite_end(&rw), &want);
	}
}

/* A checksum that is wrong is not made right, whatever else changes. */
static void test_wrong_stays_wrong(void)
{
	for (enum form f = 0; f < V6_ROUTED; f++) {
		for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
			struct pkt k;
			build(&k, f, 16);
			*tcp(&k, 17) ^= 1;
			struct packet p = pkt_packet(&k);
			p.csum_lenient = true;
			CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
			CU_ASSERT(rewrite_begin(&rw, &p));
			edits[i].edit(&rw);
			const struct span out = rewrite_end(&rw);
			p = whole(out);
			CU_ASSERT_EQUAL(packet_decode(&p), REASON_TCP_CHECKSUM);
		}
	}
}

/* Segments that the card cuts: the checksum is the kernel's, the length may be 0 (RFC 791 has no such form). */
static void test_unfinished(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		pkt_tcp_good(&k, f);
		if (f == 4)
			pkt_put16(k.b + 2, 0);
		pkt_sums(&k);
		pkt_put16(k.b + k.l4 + 16, 0x1234);
		struct packet p = pkt_packet(&k);
		p.csum_ready = false;
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT(rewrite_begin(&rw, &p));
		rewrite_cut(&rw, 3);
		const struct span out = rewrite_end(&rw);
		CU_ASSERT_EQUAL(out.len, k.l4 + 23);
		CU_ASSERT(out.p[k.l4 + 16] == 0x12 && out.p[k.l4 + 17] == 0x34);
		CU_ASSERT_EQUAL(out.p[f == 4 ? 3 : 5], f == 4 ? 43 : 23);
		p = (struct packet){ .data = out.p, .len = (uint32_t)out.len };
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT(p.payload.len == 3 && memcmp(p.payload.p, pkt_text, 3) == 0);
	}
}

/* The longest there can be, and one octet more. */
static void test_largest(void)
{
	PKT_EACH_FAMILY(f) {
		const uint32_t head = f == 4 ? 40 : 60, longest = f == 4 ? UINT16_MAX : 40 + UINT16_MAX;
		uint8_t *big = calloc(1, longest + 1u);
		struct pkt k;
		pkt_segment(&k, f, false, &(struct pkt_tcp){ .flags = TCP_ACK });
		memcpy(big, k.b, head);
		memset(big + (f == 4 ? 2 : 4), 0xff, 2);
		if (f == 4) {
			pkt_put16(big + 10, 0);
			pkt_put16(big + 10, ~pkt_sum(0, big, 20) & 0xffff);
		}
		struct packet p = { .data = big, .len = longest, .wire_len = longest };
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT(rewrite_begin(&rw, &p));
		CU_ASSERT_EQUAL(rewrite_payload_len(&rw), longest - head);
		rewrite_payload(&rw)[longest - head - 1] = 1;
		const struct span out = rewrite_end(&rw);
		CU_ASSERT(out.len == longest && out.p[longest - 1] == 1);
		if (f == 6) {
			pkt_put16(big + 4, 0);
			p.len = p.wire_len = longest + 1;
			CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
			CU_ASSERT(!rewrite_begin(&rw, &p));
		}
		free(big);
	}
}

static void test_truncated(void)
{
	PKT_EACH_FAMILY(f) {
		struct pkt k;
		pkt_tcp_good(&k, f);
		struct packet p = pkt_packet(&k);
		p.len--;
		CU_ASSERT_EQUAL(packet_decode(&p), REASON_NONE);
		CU_ASSERT(!rewrite_begin(&rw, &p));
	}
}

/* Without a whole TCP header only what is IP's can change. */
static void test_not_tcp(void)
{
	PKT_EACH_FAMILY(f) {
		for (unsigned fragment = 0; fragment < 2; fragment++) {
			static const uint8_t first[7] = { 0, 0, 1, 0, 0, 0, 1 };
			struct pkt k, want;
			pkt_flow(&k, f, false, fragment != 0 ? 6 : 17);
			if (fragment != 0 && f == 6)
				pkt_ext(&k, 44, first, 8);
			if (fragment != 0 && f == 4)
				k.b[6] = 0x20;
			if (fragment != 0)
				pkt_tcp(&k, &(struct pkt_tcp){ .flags = TCP_ACK, .data = pkt_text, .n_data = 12 });
			else
				pkt_udp(&k, 1, 2, pkt_text, 9);
			pkt_finish(&k);
			struct packet p = decoded(&k);
			CU_ASSERT_EQUAL(p.fragment, fragment != 0);
			CU_ASSERT(rewrite_begin(&rw, &p));
			for (size_t i = 0; i < ARRAY_LEN(edits); i++)
				edits[i].edit(&rw);
			CU_ASSERT_PTR_NULL(rewrite_payload(&rw));
			CU_ASSERT_EQUAL(rewrite_payload_len(&rw), 0);
			want = k;
			want_ttl(&want);
			pkt_sums(&want);
			expect(rewrite_end(&rw), &want);
		}
	}
}

UNIT_MAIN({ "each edit, over each kind of header, at each length", test_each },
	  { "two edits, ended in between or not", test_pairs },
	  { "link padding is cut off", test_link_padding },
	  { "a wrong checksum stays wrong", test_wrong_stays_wrong },
	  { "packets the card has yet to cut", test_unfinished },
	  { "the largest packet, and a larger one", test_largest },
	  { "a packet cut short is not rewritten", test_truncated },
	  { "UDP and fragments: only the IP header", test_not_tcp })
