/* pktin.c - link, VLAN, IPv4, IPv6 and TCP headers of a captured frame. */
#include "tests/tools/pktin.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Where the IP header begins; 0 octets in and no IP gives len. */
static size_t skip_link(int link, const uint8_t *p, size_t len)
{
	size_t at = 0, type = 0;
	switch (link) {
	case DLT_EN10MB:
		at = 14, type = 12;
		break;
	case DLT_LINUX_SLL:
		at = 16, type = 14;
		break;
	case DLT_LINUX_SLL2:
		at = 20;
		break;
	case DLT_NULL:
	case DLT_LOOP:
		at = 4;
		break;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		break;
	default:
		return len;
	}
	unsigned ether = 0x0800;
	if (at + 20 > len)
		return len;
	if (link == DLT_LINUX_SLL2 || type != 0)
		ether = be16(p + type);
	while (type != 0 && (ether == 0x8100 || ether == 0x88a8 || ether == 0x9100) && at + 24 <= len) {
		ether = be16(p + at + 2);
		at += 4;
	}
	return ether == 0x0800 || ether == 0x86dd ? at : len;
}

static bool parse_v4(struct pkt *k)
{
	const uint8_t *ip = k->p + k->ip;
	size_t left = k->len - k->ip, hl = (size_t)(ip[0] & 15) * 4, total = be16(ip + 2);
	if (hl < 20 || left < hl)
		return false;
	if (total == 0)
		total = left; /* captured before the card cut it up */
	if ((be16(ip + 6) & 0x3fff) != 0)
		k->kind = PKT_FRAGMENT;
	if (total < hl || total > left || ip[9] != 6 || k->kind == PKT_FRAGMENT)
		return false;
	memcpy(k->src, ip + 12, 4);
	memcpy(k->dst, ip + 16, 4);
	k->l4 = k->ip + hl;
	k->end = k->ip + total;
	return true;
}

static bool parse_v6(struct pkt *k)
{
	const uint8_t *ip = k->p + k->ip;
	size_t left = k->len - k->ip, at = 40;
	if (left < 40 || be16(ip + 4) + (size_t)40 > left)
		return false;
	size_t end = be16(ip + 4) + (size_t)40;
	unsigned next = ip[6];
	while ((next == 0 || next == 43 || next == 60) && at + 8 <= end) {
		next = ip[at];
		at += ((size_t)ip[at + 1] + 1) * 8;
	}
	if (next == 44)
		k->kind = PKT_FRAGMENT;
	if (next != 6 || at > end)
		return false;
	memcpy(k->src, ip + 8, 16);
	memcpy(k->dst, ip + 24, 16);
	k->v6 = true;
	k->l4 = k->ip + at;
	k->end = k->ip + end;
	return true;
}

uint16_t pkt_sum(uint32_t start, const uint8_t *p, size_t n)
{
	uint64_t sum = start;
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += be16(p + i);
	if (n % 2 != 0)
		sum += (uint64_t)p[n - 1] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t pseudo(const struct pkt *k, size_t n)
{
	uint16_t s = (uint16_t)~pkt_sum(0, k->src, 16), d = (uint16_t)~pkt_sum(0, k->dst, 16);
	return (uint32_t)s + d + 6 + (uint32_t)n;
}

uint16_t pkt_tcp_sum(const struct pkt *k, const uint8_t *p, size_t end)
{
	return pkt_sum(pseudo(k, end - k->l4), p + k->l4, end - k->l4);
}

/* A card fills in the sum itself: then the field is 0 or holds the sum of the pseudo header alone. */
static bool is_bad(const struct pkt *k)
{
	unsigned field = be16(k->p + k->l4 + 16), part = (uint16_t)~pkt_sum(pseudo(k, k->end - k->l4), NULL, 0);
	return pkt_tcp_sum(k, k->p, k->end) != 0 && field != 0 && field != part;
}

void pkt_parse(struct pkt *k, int link, const uint8_t *p, size_t caplen, size_t len)
{
	*k = (struct pkt){ .p = p, .len = caplen, .cut = caplen < len };
	k->ip = skip_link(link, p, caplen);
	if (k->ip + 20 > caplen)
		return;
	unsigned version = p[k->ip] >> 4;
	if ((version == 4 && !parse_v4(k)) || (version == 6 && !parse_v6(k)) || (version != 4 && version != 6))
		return;
	const uint8_t *tcp = p + k->l4;
	if (k->end - k->l4 < 20)
		return;
	size_t hl = (size_t)(tcp[12] >> 4) * 4;
	if (hl < 20 || k->l4 + hl > k->end)
		return;
	memcpy(k->src + 16, tcp, 2);
	memcpy(k->dst + 16, tcp + 2, 2);
	k->seq = (uint32_t)be16(tcp + 4) << 16 | be16(tcp + 6);
	k->flags = tcp[13];
	k->data = k->l4 + hl;
	k->kind = PKT_TCP;
	k->bad_sum = is_bad(k);
}

static struct pflow *find(struct pflow *f, const uint8_t *a, const uint8_t *b, unsigned *d)
{
	for (; f != NULL; f = f->next)
		for (*d = 0; *d < 2; ++*d)
			if (memcmp(f->end[*d], a, 18) == 0 && memcmp(f->end[!*d], b, 18) == 0)
				return f;
	return NULL;
}

struct pflow *pflow_of(struct pflows *t, const struct pkt *k, unsigned *d)
{
	uint32_t h = 0;
	for (size_t i = 0; i < 18; i++) /* the same both ways */
		h = h * 31 + (uint32_t)(k->src[i] + k->dst[i]) + (uint32_t)(k->src[i] * k->dst[i]) * 7;
	struct pflow **slot = &t->slot[(h ^ h >> 16) % PFLOWS_N], *f = find(*slot, k->src, k->dst, d);
	if (f != NULL)
		return f;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		fail("out of memory");
	memcpy(f->end[0], k->src, 18);
	memcpy(f->end[1], k->dst, 18);
	f->next = *slot;
	*slot = f;
	if (t->last != NULL)
		t->last->all = f;
	else
		t->first = f;
	t->last = f;
	*d = 0;
	return f;
}

void pflow_fini(struct pflows *t)
{
	for (struct pflow *f = t->first, *next; f != NULL; f = next) {
		next = f->all;
		free(f);
	}
}
