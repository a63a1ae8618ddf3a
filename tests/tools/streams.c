/* streams.c - streams [--skip-bad] CAPTURE: the bytes of each TCP direction, put together, as a digest.
 *
 * The simplest reassembly there is, first copy wins, whole capture in memory: a yardstick for recut
 * and for the product's own. One line a direction and connection, in order of appearance:
 *   10.1.0.2:57218 > 10.2.0.2:102 syn bytes 3348 gaps 0 sha256 ...
 */
#include "tests/tools/pktin.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct part {
	int64_t off;    /* from the first sequence number seen */
	size_t at, len; /* in bytes */
};

/* One direction of one connection; a new SYN on the same addresses starts another. */
struct stream {
	struct stream *next;
	struct part *part;
	size_t n, cap;
	struct bytes bytes;
	uint32_t first, isn;
	int64_t last;
	bool syn, any;
};

struct pair {
	struct stream *head[2], *tail[2];
};

static struct stream *stream_new(struct pair *p, unsigned d)
{
	struct stream *s = calloc(1, sizeof(*s));
	if (s == NULL)
		fail("out of memory");
	if (p->tail[d] != NULL)
		p->tail[d]->next = s;
	else
		p->head[d] = s;
	p->tail[d] = s;
	return s;
}

static void add(struct stream *s, const struct pkt *k)
{
	uint32_t seq = k->seq + ((k->flags & PKT_SYN) != 0);
	if (!s->any) {
		s->any = true;
		s->first = seq;
	}
	/* offsets go on past 2^32: the one nearest to the last */
	int64_t off = s->last + (int32_t)(seq - s->first - (uint32_t)s->last);
	size_t len = pkt_data_len(k);
	s->last = off;
	if (len == 0)
		return;
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 16;
		s->part = realloc(s->part, s->cap * sizeof(*s->part));
		if (s->part == NULL)
			fail("out of memory");
	}
	s->part[s->n++] = (struct part){ off, s->bytes.len, len };
	bytes_put(&s->bytes, k->p + k->data, len);
}

static void take(struct pflows *flows, const struct pkt *k)
{
	unsigned d;
	struct pflow *f = pflow_of(flows, k, &d);
	struct pair *p = f->user;
	if (p == NULL && (p = f->user = calloc(1, sizeof(*p))) == NULL)
		fail("out of memory");
	struct stream *s = p->tail[d];
	bool syn = (k->flags & PKT_SYN) != 0;
	if (s == NULL || (syn && (s->any && !(s->syn && s->isn == k->seq))))
		s = stream_new(p, d);
	if (syn) {
		s->syn = true;
		s->isn = k->seq;
	}
	if (k->flags & PKT_RST && pkt_data_len(k) == 0)
		return; /* its sequence number may be anything */
	add(s, k);
}

static void print_end(const uint8_t *e, bool v6)
{
	char buf[INET6_ADDRSTRLEN] = "?";
	inet_ntop(v6 ? AF_INET6 : AF_INET, e, buf, sizeof(buf));
	printf(v6 ? "[%s]:%u" : "%s:%u", buf, (unsigned)e[16] << 8 | e[17]);
}

/* The octets in order; a gap is told to the digest by its length, so that it shows. */
static void print_stream(const struct stream *s)
{
	int64_t low = 0, high = 0, total = 0;
	for (size_t i = 0; i < s->n; i++) {
		low = s->part[i].off < low || i == 0 ? s->part[i].off : low;
		high = s->part[i].off + (int64_t)s->part[i].len > high || i == 0 ? s->part[i].off + (int64_t)s->part[i].len : high;
	}
	if (high - low > (int64_t)1 << 30)
		fail("a stream spans more than 1 GiB of sequence numbers");
	size_t span = (size_t)(high - low), gaps = 0;
	uint8_t *flat = calloc(1, span + 1), *have = calloc(1, span + 1);
	if (flat == NULL || have == NULL)
		fail("out of memory");
	for (size_t i = 0; i < s->n; i++)
		for (size_t n = 0, to = (size_t)(s->part[i].off - low); n < s->part[i].len; n++, to++)
			if (!have[to]) {
				have[to] = 1;
				flat[to] = s->bytes.p[s->part[i].at + n];
				total++;
			}
	crypto_hash_sha256_state st;
	crypto_hash_sha256_init(&st);
	for (size_t i = 0, from = 0; i <= span; i++) {
		if (i < span && have[i] == have[from])
			continue;
		if (i > from && have[from]) {
			crypto_hash_sha256_update(&st, flat + from, i - from);
		} else if (i > from) {
			uint64_t n = i - from;
			crypto_hash_sha256_update(&st, (const uint8_t *)&n, sizeof(n));
			gaps++;
		}
		from = i;
	}
	uint8_t sum[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(sum) + 1];
	crypto_hash_sha256_final(&st, sum);
	sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum));
	printf(" %s bytes %lld gaps %zu sha256 %s\n", s->syn ? "syn" : "mid", (long long)total, gaps, hex);
	free(flat);
	free(have);
}

static void print_flow(struct pflow *f)
{
	static const uint8_t zeros[12];
	struct pair *p = f->user;
	bool v6 = memcmp(f->end[0] + 4, zeros, 12) != 0 || memcmp(f->end[1] + 4, zeros, 12) != 0;
	for (unsigned d = 0; d < 2; d++)
		for (struct stream *s = p->head[d], *next; s != NULL; s = next) {
			next = s->next;
			if (s->n > 0) {
				print_end(f->end[d], v6);
				printf(" > ");
				print_end(f->end[!d], v6);
				print_stream(s);
			}
			bytes_free(&s->bytes);
			free(s->part);
			free(s);
		}
	free(p);
}

int main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];
	bool skip_bad = argc == 3 && strcmp(argv[1], "--skip-bad") == 0;
	if (argc != 2 + skip_bad) {
		fprintf(stderr, "use: streams [--skip-bad] CAPTURE\n");
		return 2;
	}
	pcap_t *in = pcap_open_offline(argv[argc - 1], err);
	if (in == NULL)
		fail("%s", err);
	struct pflows *flows = calloc(1, sizeof(*flows));
	if (flows == NULL)
		fail("out of memory");
	struct pcap_pkthdr *h;
	const uint8_t *p;
	int more;
	while ((more = pcap_next_ex(in, &h, &p)) == 1) {
		struct pkt k;
		pkt_parse(&k, pcap_datalink(in), p, h->caplen, h->len);
		if (k.kind == PKT_TCP && !(skip_bad && k.bad_sum))
			take(flows, &k);
	}
	for (struct pflow *f = flows->first; f != NULL; f = f->all)
		if (f->user != NULL)
			print_flow(f);
	pflow_fini(flows);
	free(flows);
	if (more == -1)
		fprintf(stderr, "%s: %s\n", argv[argc - 1], pcap_geterr(in));
	pcap_close(in);
	return more == -1;
}
