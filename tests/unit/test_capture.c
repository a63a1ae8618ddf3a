/* The capture source and the dump around it, on files made here: every format, damage, and what a full disk leaves. */
#include <dirent.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "nfq/pktio.h"
#include "tests/unit/unit.h"

#define SECOND 1700000000L
#define ETH 14u

static char dir[] = "/tmp/test_capture.XXXXXX";
static char why[PKTIO_WHY_LEN];
static struct packet v[PKTIO_BATCH_MAX];

static const char *at(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *p = path[turn++ % 4];
	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

/* An Ethernet frame with an IPv4 packet of len octets, its number in the payload; ARP when len is 0. */
static size_t frame(uint8_t *f, uint32_t len, uint8_t nr)
{
	memset(f, 0, ETH + 60 + len);
	f[5] = 1;
	f[11] = 2;
	f[12] = 8;
	if (len == 0) {
		f[13] = 6;
		return 60;
	}
	f[ETH] = 0x45;
	f[ETH + 2] = (uint8_t)(len >> 8);
	f[ETH + 3] = (uint8_t)len;
	f[ETH + 9] = 17;
	f[ETH + 27] = nr;
	return ETH + len;
}

static void put(pcap_dumper_t *d, const uint8_t *f, size_t cap, size_t len, long frac)
{
	const struct pcap_pkthdr h = { .ts = { .tv_sec = SECOND, .tv_usec = frac }, .caplen = (uint32_t)cap, .len = (uint32_t)len };
	pcap_dump((u_char *)d, &h, f);
}

/* n packets, every tenth an ARP. */
static void make_pcap(const char *path, unsigned n, int precision)
{
	uint8_t f[256];
	pcap_t *p = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 65535, (u_int)precision);
	pcap_dumper_t *d = pcap_dump_open(p, path);
	for (unsigned i = 0; i < n; i++)
		put(d, f, frame(f, i % 10 == 9 ? 0 : 60, (uint8_t)i), frame(f, i % 10 == 9 ? 0 : 60, (uint8_t)i), (long)i);
	pcap_dump_close(d);
	pcap_close(p);
}

static size_t slurp(const char *path, uint8_t *buf, size_t cap)
{
	FILE *f = fopen(path, "rb");
	const size_t n = f != NULL ? fread(buf, 1, cap, f) : 0;
	if (f != NULL)
		fclose(f);
	return n;
}

static void spew(const char *path, const void *buf, size_t n)
{
	FILE *f = fopen(path, "wb");
	fwrite(buf, 1, n, f);
	fclose(f);
}

static void gz(const char *path, const void *buf, size_t n)
{
	gzFile f = gzopen(path, "wb");
	gzwrite(f, buf, (unsigned)n);
	gzclose(f);
}

/* Reads path to its end; its packets, and the last answer in *e (ERR_EOF for a good file). */
static unsigned drain(const char *path, enum err *e)
{
	struct pktio *io;
	unsigned n, total = 0;
	why[0] = 0;
	*e = pktio_capture_open(path, &io, why);
	if (*e != OK)
		return 0;
	while ((*e = io->ops->recv(io, v, PKTIO_BATCH_MAX, &n)) == OK)
		total += n;
	memcpy(why, io->why, sizeof(why));
	CU_ASSERT_EQUAL(io->ops->recv(io, v, PKTIO_BATCH_MAX, &n), *e); /* the end stays the end */
	CU_ASSERT_EQUAL(n, 0);
	io->ops->close(io);
	return total;
}

static void test_batches(void)
{
	struct pktio *io;
	struct pktio_stats st;
	const struct pktio_verdict pass[PKTIO_BATCH_MAX] = { { .pass = true } };
	unsigned n, total = 0;
	make_pcap(at("a.pcap"), 200, PCAP_TSTAMP_PRECISION_NANO);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("a.pcap"), &io, why), OK);
	CU_ASSERT_STRING_EQUAL(io->ops->name, "capture");
	while (io->ops->recv(io, v, 7, &n) == OK) {
		CU_ASSERT_TRUE(n <= 7);
		for (unsigned i = 0; i < n; i++, total++) { /* all of the batch is there at once */
			const struct packet *p = &v[i];
			CU_ASSERT_EQUAL(p->nr, total + 1);
			CU_ASSERT_EQUAL(p->at.ns, SECOND * NS_PER_SEC + total);
			CU_ASSERT_EQUAL(p->data == NULL, total % 10 == 9);
			CU_ASSERT_TRUE(p->csum_ready && p->csum_lenient && p->has_mac && p->ifin == 1 && p->ifout == 0);
			CU_ASSERT_TRUE(p->src_mac[5] == 2 && p->dst_mac[5] == 1);
			if (p->data != NULL)
				CU_ASSERT_TRUE(p->len == 60 && p->wire_len == 60 && p->data[27] == (uint8_t)total);
		}
		CU_ASSERT_EQUAL(io->ops->verdict(io, pass, n), OK);
	}
	io->ops->stats(io, &st);
	CU_ASSERT_EQUAL(total, 200);
	CU_ASSERT_EQUAL(st.packets, 200);
	CU_ASSERT_EQUAL(st.not_ip, 20);
	CU_ASSERT_EQUAL(st.bytes, 180 * 74 + 20 * 60);
	CU_ASSERT_EQUAL(st.cut_short, 0);
	CU_ASSERT_EQUAL(st.passed + st.dropped, 200);
	CU_ASSERT_EQUAL(io->ops->inject(io, v[0].data, 20), OK);
	io->ops->close(io);
}

static void test_formats(void)
{
	static uint8_t buf[65536];
	enum err e;
	make_pcap(at("m.pcap"), 30, PCAP_TSTAMP_PRECISION_MICRO);
	CU_ASSERT_EQUAL(drain(at("m.pcap"), &e), 30);
	CU_ASSERT_EQUAL(e, ERR_EOF);
	CU_ASSERT_EQUAL(v[28].at.ns, SECOND * NS_PER_SEC + 28 * NS_PER_US);
	const size_t n = slurp(at("m.pcap"), buf, sizeof(buf));
	gz(at("m.gz"), buf, n);
	CU_ASSERT_EQUAL(drain(at("m.gz"), &e), 30);
	CU_ASSERT_EQUAL(e, ERR_EOF);
	const int was = dup(STDIN_FILENO), fd = open(at("m.gz"), O_RDONLY);
	dup2(fd, STDIN_FILENO);
	CU_ASSERT_EQUAL(drain("-", &e), 30);
	CU_ASSERT_EQUAL(e, ERR_EOF);
	dup2(was, STDIN_FILENO);
	close(was);
	close(fd);
}

static void test_cut_short(void)
{
	struct pktio *io;
	struct pktio_stats st;
	unsigned n;
	uint8_t f[256];
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 50);
	pcap_dumper_t *d = pcap_dump_open(p, at("s.pcap"));
	put(d, f, 50, frame(f, 100, 1), 0); /* the end is missing */
	put(d, f, 50, frame(f, 30, 2) + 16, 0); /* only padding is missing */
	put(d, f, 10, frame(f, 30, 2), 0); /* not even the whole link-layer header */
	pcap_dump_close(d);
	pcap_close(p);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("s.pcap"), &io, why), OK);
	CU_ASSERT_EQUAL(io->ops->recv(io, v, PKTIO_BATCH_MAX, &n), OK);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_TRUE(v[0].len == 36 && v[0].wire_len == 100);
	CU_ASSERT_TRUE(v[1].len == 30 && v[1].wire_len == 30);
	CU_ASSERT_PTR_NULL(v[2].data);
	io->ops->stats(io, &st);
	CU_ASSERT_EQUAL(st.cut_short, 3);
	io->ops->close(io);
}

/* More octets than the arena holds: the batch ends early, nothing is lost or overwritten. */
static void test_large(void)
{
	enum { N = 12, LEN = 200000 };
	static uint8_t f[LEN + 100];
	struct pktio *io;
	unsigned n, total = 0, batches = 0;
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *d = pcap_dump_open(p, at("l.pcap"));
	frame(f, 60, 0);
	f[ETH + 2] = f[ETH + 3] = 0; /* longer than the field can say */
	for (uint8_t i = 0; i < N; i++) {
		f[ETH + 27] = i;
		put(d, f, LEN, LEN, 0);
	}
	pcap_dump_close(d);
	pcap_close(p);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("l.pcap"), &io, why), OK);
	for (; io->ops->recv(io, v, PKTIO_BATCH_MAX, &n) == OK; batches++)
		for (unsigned i = 0; i < n; i++, total++)
			CU_ASSERT_TRUE(v[i].len == LEN - ETH && v[i].data[27] == total && v[i].data[LEN - ETH - 1] == 0);
	CU_ASSERT_EQUAL(total, N);
	CU_ASSERT_TRUE(batches > 1);
	io->ops->close(io);
}

/* A pcapng writer: enough of it for interfaces that differ. */
struct ng {
	uint8_t b[8192];
	size_t n;
};

static void ng32(struct ng *g, uint32_t x)
{
	memcpy(g->b + g->n, &x, 4);
	g->n += 4;
}

static void ng_section(struct ng *g)
{
	static const uint32_t W[] = { 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28 };
	for (size_t i = 0; i < ARRAY_LEN(W); i++)
		ng32(g, W[i]);
}

static void ng_iface(struct ng *g, uint16_t linktype, uint32_t snap)
{
	ng32(g, 1);
	ng32(g, 20);
	ng32(g, linktype);
	ng32(g, snap);
	ng32(g, 20);
}

static void ng_packet(struct ng *g, uint32_t iface, const uint8_t *f, uint32_t len)
{
	const uint32_t padded = (len + 3) / 4 * 4;
	ng32(g, 6);
	ng32(g, 32 + padded);
	ng32(g, iface);
	ng32(g, (uint32_t)(SECOND * 1000000 >> 32));
	ng32(g, (uint32_t)(SECOND * 1000000));
	ng32(g, len);
	ng32(g, len);
	memset(g->b + g->n, 0, padded);
	memcpy(g->b + g->n, f, len);
	g->n += padded;
	ng32(g, 32 + padded);
}

static void make_ng(struct ng *g)
{
	uint8_t f[256];
	g->n = 0;
	ng_section(g);
	ng_iface(g, 1, 65535);
	ng_iface(g, 101, 100);
	ng_iface(g, 147, 0); /* nothing is known of it: counted as not IP beside others */
	ng_packet(g, 0, f, (uint32_t)frame(f, 60, 1));
	ng_packet(g, 1, f + ETH, (uint32_t)frame(f, 61, 2) - ETH);
	ng_packet(g, 2, f, (uint32_t)frame(f, 60, 3));
	ng_packet(g, 0, f, (uint32_t)frame(f, 62, 4));
	ng_section(g); /* interfaces begin anew */
	ng_iface(g, 101, 65535);
	ng_packet(g, 0, f + ETH, (uint32_t)frame(f, 63, 5) - ETH);
}

static void test_pcapng(void)
{
	static struct ng g;
	static const unsigned IFIN[] = { 1, 2, 3, 1, 1 }, LEN[] = { 60, 61, 0, 62, 63 };
	struct pktio *io;
	unsigned n;
	make_ng(&g);
	spew(at("i.pcapng"), g.b, g.n);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("i.pcapng"), &io, why), OK);
	CU_ASSERT_EQUAL(io->ops->recv(io, v, PKTIO_BATCH_MAX, &n), OK);
	CU_ASSERT_EQUAL(n, 5);
	for (unsigned i = 0; i < n && i < 5; i++) {
		CU_ASSERT_EQUAL(v[i].ifin, IFIN[i]);
		CU_ASSERT_EQUAL(v[i].len, LEN[i]);
		CU_ASSERT_EQUAL(v[i].data == NULL, i == 2);
		CU_ASSERT_EQUAL(v[i].at.ns, SECOND * NS_PER_SEC);
	}
	CU_ASSERT_EQUAL(io->ops->recv(io, v, PKTIO_BATCH_MAX, &n), ERR_EOF);
	io->ops->close(io);
}

/* Every truncation: what is whole is delivered, then either a clean end or an error that names the packet after it. */
static void test_truncations(void)
{
	static struct ng g;
	static uint8_t buf[8192];
	char want[64];
	enum err e;
	unsigned ends = 0;
	make_pcap(at("t.pcap"), 5, PCAP_TSTAMP_PRECISION_NANO);
	const size_t n = slurp(at("t.pcap"), buf, sizeof(buf));
	for (size_t cut = 24; cut < n; cut++) {
		spew(at("t"), buf, cut);
		const unsigned got = drain(at("t"), &e);
		CU_ASSERT_EQUAL(got, (cut - 24) / (16 + 74));
		snprintf(want, sizeof(want), "/t: packet %u: ", got + 1);
		CU_ASSERT_EQUAL(e, (cut - 24) % (16 + 74) == 0 ? ERR_EOF : ERR_MALFORMED);
		CU_ASSERT_TRUE(e == ERR_EOF || strstr(why, want) != NULL);
		CU_ASSERT_TRUE(e == ERR_EOF || strstr(why, "capture or copy it again") != NULL);
	}
	make_ng(&g);
	for (size_t cut = 0; cut < g.n; cut++) {
		spew(at("t"), g.b, cut);
		CU_ASSERT_TRUE(drain(at("t"), &e) < 5);
		ends += e == ERR_EOF;
		CU_ASSERT_TRUE(e == ERR_EOF || e == ERR_MALFORMED);
	}
	CU_ASSERT_EQUAL(ends, 9); /* between blocks, once an interface is there */
	gz(at("t.gz"), buf, n);
	const size_t packed = slurp(at("t.gz"), buf, sizeof(buf));
	for (size_t cut = 12; cut < packed; cut++) {
		spew(at("t"), buf, cut);
		(void)drain(at("t"), &e);
		CU_ASSERT_EQUAL(e, ERR_MALFORMED);
	}
}

/* Every octet changed: no crash, no endless reading, and never more packets than there can be. */
static void test_changes(void)
{
	static struct ng g;
	static uint8_t buf[8192];
	enum err e;
	make_pcap(at("t.pcap"), 3, PCAP_TSTAMP_PRECISION_NANO);
	const size_t n = slurp(at("t.pcap"), buf, sizeof(buf));
	for (size_t i = 0; i < n; i++)
		for (unsigned flip = 1; flip < 256; flip = flip * 15 + 1) {
			buf[i] ^= (uint8_t)flip;
			spew(at("t"), buf, n);
			CU_ASSERT_TRUE(drain(at("t"), &e) <= n / 16);
			CU_ASSERT_TRUE(e != OK && (e == ERR_EOF || why[0] != 0));
			buf[i] ^= (uint8_t)flip;
		}
	make_ng(&g);
	for (size_t i = 0; i < g.n; i++)
		for (unsigned flip = 1; flip < 256; flip = flip * 15 + 1) {
			g.b[i] ^= (uint8_t)flip;
			spew(at("t"), g.b, g.n);
			CU_ASSERT_TRUE(drain(at("t"), &e) <= g.n / 12);
			CU_ASSERT_TRUE(e != OK && (e == ERR_EOF || why[0] != 0));
			g.b[i] ^= (uint8_t)flip;
		}
}

static void test_refused(void)
{
	static const char TEXT[] = "config firewall policy\n";
	enum err e;
	pcap_t *p = pcap_open_dead(DLT_JUNIPER_ES, 100);
	uint8_t f[256];
	pcap_dumper_t *d = pcap_dump_open(p, at("u.pcap"));
	put(d, f, frame(f, 60, 0), 74, 0);
	pcap_dump_close(d);
	pcap_close(p);
	CU_ASSERT_EQUAL(drain(at("u.pcap"), &e), 0);
	CU_ASSERT_EQUAL(e, ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "packet 1: no IP can be found in link type 132 JUNIPER_ES; convert"));
	spew(at("empty"), "", 0);
	spew(at("text"), TEXT, strlen(TEXT));
	gz(at("empty.gz"), "", 0);
	gz(at("text.gz"), TEXT, strlen(TEXT));
	const struct {
		const char *name, *says;
		enum err e;
	} rows[] = {
		{ at("empty"), "/empty: is empty; ", ERR_MALFORMED },
		{ at("text"), "/text: is not a capture; give a pcap", ERR_MALFORMED },
		{ dir, ": is a directory; ", ERR_USAGE },
		{ "/nonexistent/x.pcap", "/nonexistent/x.pcap: cannot be opened: No such file or directory; check", ERR_NOTFOUND },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		drain(rows[i].name, &e);
		CU_ASSERT_EQUAL(e, rows[i].e);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, rows[i].says));
		CU_ASSERT_PTR_NULL(strchr(why, '\n'));
	}
	drain(at("empty.gz"), &e);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "is empty"));
	drain(at("text.gz"), &e);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "is not a capture"));
}

static unsigned files_in_dir(void)
{
	DIR *o = opendir(dir);
	unsigned n = 0;
	for (struct dirent *e; (e = readdir(o)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(o);
	return n;
}

/* Replays in through a dump to out: odd packet numbers dropped, number 4 rewritten, one packet injected behind it. */
static enum err through(const char *in, const char *out)
{
	struct pktio *io, *d;
	struct pktio_stats st;
	struct pktio_verdict verdict[PKTIO_BATCH_MAX];
	static uint8_t changed[256], mine[20] = { 0x45, 0, 0, 20, [8] = 99 };
	unsigned n;
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(in, &io, why), OK);
	enum err e = pktio_dump_open(io, out, &d, why);
	if (e != OK) {
		io->ops->close(io);
		return e;
	}
	while ((e = d->ops->recv(d, v, PKTIO_BATCH_MAX, &n)) == OK) {
		for (unsigned i = 0; i < n; i++) {
			verdict[i] = (struct pktio_verdict){ .pass = v[i].data == NULL || v[i].nr % 2 == 0 };
			if (v[i].nr == 4) {
				memcpy(changed, v[i].data, v[i].len);
				changed[30] = 0xab;
				verdict[i].rewritten = changed;
				verdict[i].rewritten_len = v[i].len;
			}
		}
		const unsigned before = v[0].nr == 1 && n > 4 ? 4 : 0;
		if (before != 0 && d->ops->verdict(d, verdict, before) == OK)
			CU_ASSERT_EQUAL(d->ops->inject(d, mine, sizeof(mine)), OK);
		if (d->ops->verdict(d, &verdict[before], n - before) != OK)
			break;
	}
	d->ops->stats(d, &st);
	CU_ASSERT_EQUAL(st.injected, 1);
	e = pktio_dump_finish(d);
	memcpy(why, d->why, sizeof(why));
	d->ops->close(d);
	return e;
}

static void test_dump(void)
{
	struct pktio *io;
	unsigned n;
	make_pcap(at("d.pcap"), 20, PCAP_TSTAMP_PRECISION_NANO);
	spew(at("out.pcap"), "old", 3);
	const unsigned files = files_in_dir();
	CU_ASSERT_EQUAL(through(at("d.pcap"), at("out.pcap")), OK);
	CU_ASSERT_EQUAL(files_in_dir(), files);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("out.pcap"), &io, why), OK);
	CU_ASSERT_EQUAL(io->ops->recv(io, v, PKTIO_BATCH_MAX, &n), OK);
	CU_ASSERT_EQUAL(n, 11); /* numbers 2, 4 ... 20, of them 10 and 20 ARP, and the injected one */
	CU_ASSERT_TRUE(v[2].len == 20 && v[2].data[8] == 99 && v[2].at.ns == SECOND * NS_PER_SEC + 4);
	memmove(&v[2], &v[3], 8 * sizeof(v[0]));
	for (unsigned i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(v[i].data == NULL, i % 5 == 4);
		CU_ASSERT_EQUAL(v[i].at.ns, SECOND * NS_PER_SEC + 2 * i + 1);
		if (v[i].data != NULL)
			CU_ASSERT_TRUE(v[i].len == 60 && v[i].data[27] == 2 * i + 1 && v[i].data[30] == (i == 1 ? 0xab : 0));
		CU_ASSERT_EQUAL(v[i].src_mac[5], 2);
	}
	io->ops->close(io);
}

static void test_dump_mixed(void)
{
	static struct ng g;
	struct pktio *io, *d;
	struct pktio_verdict verdict[PKTIO_BATCH_MAX];
	static uint8_t longer[80] = { 0x45, 0, 0, 80 };
	unsigned n;
	make_ng(&g);
	spew(at("i.pcapng"), g.b, g.n);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("i.pcapng"), &io, why), OK);
	CU_ASSERT_EQUAL_FATAL(pktio_dump_open(io, at("mixed.pcap"), &d, why), OK);
	CU_ASSERT_EQUAL(d->ops->recv(d, v, PKTIO_BATCH_MAX, &n), OK);
	for (unsigned i = 0; i < n; i++)
		verdict[i] = (struct pktio_verdict){ .pass = true };
	verdict[3] = (struct pktio_verdict){ .pass = true, .rewritten = longer, .rewritten_len = sizeof(longer) };
	CU_ASSERT_EQUAL(d->ops->verdict(d, verdict, n), OK);
	CU_ASSERT_EQUAL(pktio_dump_finish(d), OK);
	d->ops->close(d);
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("mixed.pcap"), &io, why), OK);
	CU_ASSERT_EQUAL(io->ops->recv(io, v, PKTIO_BATCH_MAX, &n), OK);
	CU_ASSERT_EQUAL(n, 4); /* all but the one that no Ethernet header fits */
	CU_ASSERT_TRUE(v[0].len == 60 && v[1].len == 61 && v[2].len == 80 && v[3].len == 63);
	CU_ASSERT_TRUE(v[0].src_mac[5] == 2 && v[1].src_mac[5] == 0 && v[1].data[27] == 2);
	io->ops->close(io);
}

/* Not finished, no room, a device, a folder that is not there: nothing half-written stays. */
static void test_dump_fails(void)
{
	struct pktio *io, *d;
	make_pcap(at("f.pcap"), 200, PCAP_TSTAMP_PRECISION_NANO);
	const unsigned files = files_in_dir();
	CU_ASSERT_EQUAL_FATAL(pktio_capture_open(at("f.pcap"), &io, why), OK);
	CU_ASSERT_EQUAL_FATAL(pktio_dump_open(io, at("none.pcap"), &d, why), OK);
	CU_ASSERT_EQUAL(files_in_dir(), files + 1);
	d->ops->close(d);
	CU_ASSERT_EQUAL(files_in_dir(), files);

	struct rlimit was, tight;
	getrlimit(RLIMIT_FSIZE, &was);
	tight = was;
	tight.rlim_cur = 5000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &tight);
	CU_ASSERT_EQUAL(through(at("f.pcap"), at("none.pcap")), ERR_IO);
	setrlimit(RLIMIT_FSIZE, &was);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "none.pcap: cannot be written: File too large; free some space"));
	CU_ASSERT_EQUAL(files_in_dir(), files);

	CU_ASSERT_EQUAL(through(at("f.pcap"), "/dev/full"), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "No space left"));
	struct stat st;
	CU_ASSERT_TRUE(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode));
	CU_ASSERT_EQUAL(through(at("f.pcap"), at("nowhere/x.pcap")), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "nowhere/x.pcap: cannot be written: No such file"));
	CU_ASSERT_EQUAL(through(at("f.pcap"), dir), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "Is a directory"));
	CU_ASSERT_EQUAL(files_in_dir(), files);
}

static void make_dir(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

static void remove_dir(void)
{
	DIR *o = opendir(dir);
	for (struct dirent *e; (e = readdir(o)) != NULL;)
		if (e->d_name[0] != '.')
			CU_ASSERT_EQUAL(unlinkat(dirfd(o), e->d_name, 0), 0);
	closedir(o);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

UNIT_MAIN({ "a folder to work in", make_dir }, { "batches, time stamps, numbers, what is not IP", test_batches },
	  { "microseconds, gzip, standard input", test_formats }, { "packets cut short", test_cut_short },
	  { "records of 200,000 octets", test_large }, { "pcapng of several link types and sections", test_pcapng },
	  { "every truncation", test_truncations }, { "every octet changed", test_changes },
	  { "what is no capture is refused in one line", test_refused }, { "dump", test_dump },
	  { "dump of a mixed capture", test_dump_mixed }, { "dump that cannot be written whole", test_dump_fails },
	  { "the folder is cleaned", remove_dir })
