/* capture.c - packets out of a capture file, by libpcap: pcap and pcapng, plain or gzipped.
 *
 * Each record is copied into the batch's arena, where it stays until the verdicts. What could be read of
 * a damaged file is delivered first; then comes the error, which names the packet and stays.
 */
#include "nfq/capture.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/wr.h"
#include "nfq/source.h"

enum {
	ARENA_SIZE = 4 * CAPTURE_SNAP_MAX, /* a batch ends when a record of full size may not fit any more */
	PATH_SHOWN = 60,                   /* octets of the path in an error */
};

struct capture {
	struct pktio io;
	struct source *src;
	FILE *file;                        /* libpcap's once pcap is there */
	pcap_t *pcap;
	uint8_t *arena;
	struct pktio_stats st;
	enum err failed;                   /* of every recv from now on; OK: none yet */
	char path[PATH_SHOWN + 4];
	unsigned n;                        /* records of the batch under way */
	struct capture_record rec[PKTIO_BATCH_MAX];
};

/* The path for errors: the end of a long one. */
static void keep_path(struct capture *c, const char *path)
{
	const size_t len = strlen(path);
	if (strcmp(path, "-") == 0)
		snprintf(c->path, sizeof(c->path), "standard input");
	else if (len <= PATH_SHOWN)
		snprintf(c->path, sizeof(c->path), "%s", path);
	else
		snprintf(c->path, sizeof(c->path), "...%s", &path[len - PATH_SHOWN]);
}

static int64_t stamp(const struct pcap_pkthdr *h)
{
	const int64_t sec = (int64_t)h->ts.tv_sec, sec_max = INT64_MAX / NS_PER_SEC - 1;
	const int64_t frac = h->ts.tv_usec; /* nanoseconds, as asked for */
	if (sec < 0 || frac < 0)
		return 0;
	return (sec > sec_max ? sec_max : sec) * NS_PER_SEC + frac % NS_PER_SEC;
}

/* Octets of the IP packet on the wire, where the capture kept fewer. */
static uint32_t ip_wire_len(const struct capture_record *r)
{
	const struct link_ip *l = &r->link;
	if (r->wire_len <= r->frame.len)
		return (uint32_t)l->ip.len;
	const uint32_t there = r->wire_len - l->off;
	const uint32_t said = l->said != 0 && l->said < there ? l->said : there;
	return said > l->ip.len ? said : (uint32_t)l->ip.len;
}

static void fill_packet(const struct capture *c, const struct capture_record *r, uint32_t ifin, struct packet *p)
{
	const struct link_ip *l = &r->link;
	*p = (struct packet){ .ifin = ifin, .csum_ready = true, .csum_lenient = true, .at = r->at, .nr = c->st.packets };
	p->vlan = l->vlan;
	p->has_mac = l->has_mac;
	memcpy(p->src_mac, l->src_mac, sizeof(p->src_mac));
	memcpy(p->dst_mac, l->dst_mac, sizeof(p->dst_mac));
	if (l->ip.p == NULL)
		return;
	p->data = l->ip.p;
	p->len = (uint32_t)l->ip.len;
	p->wire_len = ip_wire_len(r);
}

/* A link type that nothing is known of is an error, unless the file has other interfaces too. */
static enum err check_link(struct capture *c, int dlt)
{
	if (link_known(dlt) || source_mixed(c->src))
		return OK;
	const char *name = pcap_datalink_val_to_name(dlt);
	snprintf(c->io.why, sizeof(c->io.why),
		 "%s: packet %llu: no IP can be found in link type %d%s%s; convert it to Ethernet or raw IP", c->path,
		 (unsigned long long)c->st.packets, dlt, name != NULL ? " " : "", name != NULL ? name : "");
	return ERR_UNSUPPORTED;
}

static enum err take(struct capture *c, const struct pcap_pkthdr *h, const u_char *data, size_t *used)
{
	struct capture_record *r = &c->rec[c->n];
	const size_t len = size_min(h->caplen, CAPTURE_SNAP_MAX);
	uint32_t iface = 0;
	*r = (struct capture_record){ .dlt = pcap_datalink(c->pcap), .wire_len = h->len, .at = mono_ns(stamp(h)) };
	(void)source_iface(c->src, &iface, &r->dlt);
	c->st.packets++;
	c->st.bytes += h->len;
	TRY(check_link(c, r->dlt));
	uint8_t *copy = &c->arena[*used];
	memcpy(copy, data, len);
	*used += (len + 15) / 16 * 16;
	r->frame = span_of(copy, len);
	if (h->len < len)
		r->wire_len = (uint32_t)len;
	c->st.cut_short += len < h->len;
	c->st.not_ip += !link_find_ip(r->dlt, r->frame, &r->link);
	return OK;
}

static uint32_t ifin(const struct capture *c)
{
	uint32_t nr = 0;
	int linktype = 0;
	return source_iface(c->src, &nr, &linktype) && nr < UINT32_MAX ? nr + 1 : 1;
}

/* The file ends in the middle of something, or holds what cannot be. */
static enum err damaged(struct capture *c, const char *what)
{
	const unsigned long long good = c->st.packets;
	snprintf(c->io.why, sizeof(c->io.why), "%s: packet %llu: %.80s; the %llu before it were read, capture or copy it again",
		 c->path, good + 1, what, good);
	return ERR_MALFORMED;
}

static enum err at_end(struct capture *c, int got)
{
	const char *what = source_error(c->src);
	if (what == NULL && got == PCAP_ERROR_BREAK) {
		snprintf(c->io.why, sizeof(c->io.why), "%s: end of the capture", c->path);
		return ERR_EOF;
	}
	return damaged(c, what != NULL ? what : pcap_geterr(c->pcap));
}

static enum err capture_recv(struct pktio *io, struct packet *v, unsigned max, unsigned *n)
{
	struct capture *c = (struct capture *)io;
	size_t used = 0;
	max = max < PKTIO_BATCH_MAX ? max : PKTIO_BATCH_MAX;
	for (c->n = 0; c->failed == OK && c->n < max && used + CAPTURE_SNAP_MAX <= ARENA_SIZE;) {
		struct pcap_pkthdr *h;
		const u_char *data;
		const int got = pcap_next_ex(c->pcap, &h, &data);
		if (got == 1)
			c->failed = take(c, h, data, &used);
		else
			c->failed = at_end(c, got);
		if (c->failed == OK) {
			fill_packet(c, &c->rec[c->n], ifin(c), &v[c->n]);
			c->n++;
		}
	}
	*n = c->n;
	return c->n != 0 ? OK : c->failed != OK ? c->failed : ERR_USAGE;
}

static enum err capture_verdict(struct pktio *io, const struct pktio_verdict *v, unsigned n)
{
	struct capture *c = (struct capture *)io;
	for (unsigned i = 0; i < n; i++) {
		c->st.passed += v[i].pass;
		c->st.dropped += !v[i].pass;
	}
	return OK;
}

/* Nobody is there to get it. */
static enum err capture_inject(struct pktio *io, const uint8_t *ip, uint32_t len)
{
	struct capture *c = (struct capture *)io;
	(void)ip;
	c->st.injected += len != 0;
	return OK;
}

static void capture_stats(const struct pktio *io, struct pktio_stats *st)
{
	*st = ((const struct capture *)io)->st;
}

static void capture_close(struct pktio *io)
{
	struct capture *c = (struct capture *)io;
	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	else if (c->file != NULL)
		fclose(c->file);
	source_free(c->src);
	free(c->arena);
	free(c);
}

static const struct pktio_ops CAPTURE_OPS = {
	.name = "capture",
	.recv = capture_recv,
	.verdict = capture_verdict,
	.inject = capture_inject,
	.stats = capture_stats,
	.close = capture_close,
};

static enum err start(struct capture *c, const char *path, char *why)
{
	char what[PKTIO_WHY_LEN - PATH_SHOWN - 8] = "", text[PCAP_ERRBUF_SIZE] = "";
	const enum err e = source_open(path, &c->src, what, sizeof(what));
	if (e != OK) {
		snprintf(why, PKTIO_WHY_LEN, "%s: %s", c->path, what);
		return e;
	}
	c->arena = malloc(ARENA_SIZE);
	c->file = c->arena != NULL ? source_file(c->src) : NULL;
	if (c->file == NULL) {
		snprintf(why, PKTIO_WHY_LEN, "%s: out of memory", c->path);
		return ERR_NOMEM;
	}
	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, text);
	if (c->pcap == NULL) {
		const char *unpack = source_error(c->src);
		snprintf(why, PKTIO_WHY_LEN, "%s: damaged before its first packet: %.80s; capture or copy it again", c->path,
			 unpack != NULL ? unpack : text);
		return ERR_MALFORMED;
	}
	return OK;
}

enum err pktio_capture_open(const char *path, struct pktio **out, char *why)
{
	*out = NULL;
	struct capture *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		snprintf(why, PKTIO_WHY_LEN, "out of memory");
		return ERR_NOMEM;
	}
	c->io.ops = &CAPTURE_OPS;
	keep_path(c, path);
	const enum err e = start(c, path, why);
	if (e != OK) {
		capture_close(&c->io);
		return e;
	}
	*out = &c->io;
	return OK;
}

bool capture_is(const struct pktio *io)
{
	return io->ops == &CAPTURE_OPS;
}

int capture_dlt(const struct pktio *io)
{
	return pcap_datalink(((const struct capture *)io)->pcap);
}

const struct capture_record *capture_at(const struct pktio *io, unsigned i)
{
	const struct capture *c = (const struct capture *)io;
	return i < c->n ? &c->rec[i] : NULL;
}
