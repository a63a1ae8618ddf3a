/* frame.c - IP and link headers, fragments, checksums; the only writer of the capture file. */
#include "tests/tools/frame.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPLEN = 262144, LAST_MAX = 128, V6_FRAGMENT = 44 };

struct host host_of(struct text t)
{
	struct host h = { 0 };
	char buf[64];
	const char *port = NULL;
	t = text_trim(t);
	if (t.len == 0 || t.len >= sizeof(buf))
		fail("not an address: %.*s", (int)t.len, t.p);
	memcpy(buf, t.p, t.len);
	buf[t.len] = 0;
	char *addr = buf, *close = strchr(buf, ']'), *colon = strchr(buf, ':');
	if (buf[0] == '[' && close != NULL) {
		addr = buf + 1;
		*close = 0;
		port = close[1] == ':' ? close + 2 : NULL;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		*colon = 0;
		port = colon + 1;
	}
	h.v6 = strchr(addr, ':') != NULL;
	if (inet_pton(h.v6 ? AF_INET6 : AF_INET, addr, h.ip) != 1)
		fail("not an address: %s", addr);
	char *end = NULL;
	long n = port != NULL ? strtol(port, &end, 10) : 0;
	if (n < 0 || n > 65535 || (end != NULL && (*end != 0 || end == port)))
		fail("not a port: %s", port);
	h.port = (uint16_t)n;
	return h;
}

void frame_open(struct frame_out *o, const char *path, struct text link)
{
	static const struct {
		const char *name;
		int dlt;
	} links[] = { { "ethernet", DLT_EN10MB }, { "raw", DLT_RAW }, { "null", DLT_NULL }, { "sll", DLT_LINUX_SLL } };
	o->link = -1;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (text_is(link, links[i].name))
			o->link = links[i].dlt;
	if (o->link < 0)
		fail("link is ethernet, raw, null or sll: %.*s", (int)link.len, link.p);
	o->pcap = pcap_open_dead(o->link, SNAPLEN);
	o->dumper = o->pcap != NULL ? pcap_dump_open(o->pcap, path) : NULL;
	if (o->dumper == NULL)
		fail("%s: %s", path, o->pcap != NULL ? pcap_geterr(o->pcap) : "no memory");
}

void frame_close(struct frame_out *o)
{
	if (o->dumper != NULL) {
		if (pcap_dump_flush(o->dumper) != 0)
			fail("the capture could not be written");
		pcap_dump_close(o->dumper);
	}
	if (o->pcap != NULL)
		pcap_close(o->pcap);
}

static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		sum += (uint32_t)p[i] << 8 | p[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return n % 2 != 0 ? sum + ((uint32_t)p[n - 1] << 8) : sum;
}

uint16_t frame_sum(const struct host *src, const struct host *dst, unsigned proto, const uint8_t *p, size_t n)
{
	uint32_t sum = sum_words(0, p, n);
	if (src != NULL) {
		size_t len = src->v6 ? 16 : 4;
		sum = sum_words(sum, src->ip, len);
		sum = sum_words(sum, dst->ip, len);
		sum += proto + (uint32_t)(n & 0xffff) + (uint32_t)(n >> 16);
	}
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void frame_raw(struct frame_out *o, const struct bytes *f, size_t snap)
{
	struct pcap_pkthdr h = { .len = (bpf_u_int32)f->len };
	h.caplen = snap != 0 && snap < f->len ? (bpf_u_int32)snap : h.len;
	h.ts.tv_sec = o->now_us / 1000000;
	h.ts.tv_usec = (suseconds_t)(o->now_us % 1000000);
	pcap_dump(o->dumper, &h, f->p);
	o->now_us += o->gap_us;
	o->packets++;
}

/* A locally administered address that follows from the host's, so that captures need not name one. */
static void put_mac(struct bytes *f, const struct host *h)
{
	bytes_be(f, 0x0200, 2);
	bytes_put(f, h->ip + (h->v6 ? 12 : 0), 4);
}

static void put_link(const struct frame_out *o, const struct ip_spec *s, struct bytes *f)
{
	unsigned type = s->src->v6 ? 0x86dd : 0x0800;
	if (o->link == DLT_NULL) {
		bytes_le(f, s->src->v6 ? 30 : 2, 4);
	} else if (o->link == DLT_LINUX_SLL) {
		bytes_be(f, 0x000000010006, 6);
		put_mac(f, s->src);
		bytes_be(f, 0, 2);
		bytes_be(f, type, 2);
	} else if (o->link == DLT_EN10MB) {
		put_mac(f, s->dst);
		put_mac(f, s->src);
		for (unsigned i = 0; i < 2 && s->vlan[i] != 0; i++) {
			bytes_be(f, i == 0 && s->vlan[1] != 0 ? 0x88a8 : 0x8100, 2);
			bytes_be(f, s->vlan[i], 2);
		}
		bytes_be(f, type, 2);
	}
}

static void put_v4(const struct ip_spec *s, struct bytes *f, size_t off, bool more, size_t len)
{
	size_t at = f->len;
	bytes_u8(f, 0x45);
	bytes_u8(f, s->tos);
	bytes_be(f, 20 + len, 2);
	bytes_be(f, s->id, 2);
	bytes_be(f, off / 8 | (more ? 0x2000 : 0) | (s->frag == 0 && !s->fragile ? 0x4000 : 0), 2);
	bytes_u8(f, s->ttl);
	bytes_u8(f, s->proto);
	bytes_be(f, 0, 2);
	bytes_put(f, s->src->ip, 4);
	bytes_put(f, s->dst->ip, 4);
	unsigned sum = frame_sum(NULL, NULL, 0, f->p + at, 20) ^ (s->bad_sum ? 0x5555 : 0);
	f->p[at + 10] = (uint8_t)(sum >> 8);
	f->p[at + 11] = (uint8_t)sum;
}

static void put_v6(const struct ip_spec *s, struct bytes *f, size_t off, bool more, size_t len)
{
	bytes_be(f, 0x60000000u | s->tos << 20, 4);
	bytes_be(f, len + (s->frag != 0 ? 8 : 0), 2);
	bytes_u8(f, s->frag != 0 ? V6_FRAGMENT : s->proto);
	bytes_u8(f, s->ttl);
	bytes_put(f, s->src->ip, 16);
	bytes_put(f, s->dst->ip, 16);
	if (s->frag != 0) {
		bytes_be(f, s->proto << 8, 2);
		bytes_be(f, (off & ~(size_t)7) | more, 2);
		bytes_be(f, s->id, 4);
	}
}

static void send_part(struct frame_out *o, const struct ip_spec *s, const struct bytes *all, size_t off, size_t n)
{
	struct bytes f = { 0 };
	bool more = off + n < all->len;
	put_link(o, s, &f);
	size_t ip_at = f.len;
	if (s->src->v6)
		put_v6(s, &f, off, more, n);
	else
		put_v4(s, &f, off, more, n);
	bytes_put(&f, all->p + off, n);
	if (s->last != NULL) {
		s->last->len = 0;
		bytes_put(s->last, f.p + ip_at, f.len - ip_at < LAST_MAX ? f.len - ip_at : LAST_MAX);
	}
	if (o->link == DLT_EN10MB && f.len < 60)
		bytes_fill(&f, 0, 60 - f.len);
	frame_raw(o, &f, s->snap);
	bytes_free(&f);
}

void frame_ip(struct frame_out *o, const struct ip_spec *s, const struct bytes *payload)
{
	size_t most = s->frag != 0 ? s->frag & ~(size_t)7 : payload->len;
	if (s->frag != 0 && most == 0)
		fail("a fragment has at least 8 octets");
	if (payload->len > 65515 || payload->len == 0) {
		if (payload->len > 65515)
			fail("%zu octets do not fit an IP packet", payload->len);
		send_part(o, s, payload, 0, 0);
		return;
	}
	size_t n = (payload->len + most - 1) / most;
	for (size_t i = 0; i < n; i++) {
		size_t off = (s->frag_reversed ? n - 1 - i : i) * most;
		send_part(o, s, payload, off, payload->len - off < most ? payload->len - off : most);
	}
}
