/* dump.c - saves what a source lets pass into a pcap file: the wrapper that ips replay --write puts around it.
 *
 * A captured frame keeps its link-layer header, with rewritten IP octets in their old place. What has no
 * frame (injected packets, another link type of a mixed capture, a new length that a link-layer field
 * counts) gets a plain header of the file's link type. The file appears under its name only when whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/wr.h"
#include "nfq/capture.h"

enum {
	FRAME_MAX = CAPTURE_SNAP_MAX + 128,
	TEMP_TRIES = 100,
};

struct dump {
	struct pktio io;
	struct pktio *under;
	pcap_t *dead;                      /* libpcap wants one to write with */
	pcap_dumper_t *out;                /* NULL once finished or failed */
	FILE *file;                        /* out's */
	int dlt;
	mono_t now;                        /* of the last packet received */
	uint32_t n, given;                 /* packets of the batch, and those whose verdicts were given */
	struct packet *batch;              /* copies of the batch's packets, PKTIO_BATCH_MAX of them */
	uint8_t *frame;                    /* FRAME_MAX octets to build in */
	char *path, *temp;                 /* temp NULL: written in place, not a regular file */
};

/* The file is not wanted any more: nothing half-written stays behind. */
static void discard(struct dump *d)
{
	if (d->out != NULL)
		pcap_dump_close(d->out);
	d->out = NULL;
	if (d->temp != NULL)
		unlink(d->temp);
}

static enum err write_failed(struct dump *d, int code)
{
	snprintf(d->io.why, sizeof(d->io.why), "%.100s: cannot be written: %s; free some space or choose another place", d->path,
		 strerror(code != 0 ? code : EIO));
	discard(d);
	return ERR_IO;
}

static void write_record(struct dump *d, struct span octets, uint32_t wire_len, mono_t at)
{
	const struct pcap_pkthdr h = {
		.ts = { .tv_sec = at.ns / NS_PER_SEC, .tv_usec = at.ns % NS_PER_SEC },
		.caplen = (uint32_t)octets.len,
		.len = wire_len > octets.len ? wire_len : (uint32_t)octets.len,
	};
	pcap_dump((u_char *)d->out, &h, octets.p);
}

/* An IP packet under a plain header of the file's link type. */
static void write_ip(struct dump *d, struct span ip, uint32_t wire_len, mono_t at)
{
	if (ip.len == 0)
		return;
	struct wr w = wr_of(d->frame, FRAME_MAX);
	link_wrap(d->dlt, ip.p[0] >> 4, &w);
	const size_t head = w.len;
	wr_bytes(&w, ip.p, size_min(ip.len, CAPTURE_SNAP_MAX));
	write_record(d, span_of(w.p, w.len), wire_len + (uint32_t)head, at);
}

/* The frame as captured, new IP octets in place of the old. */
static void write_spliced(struct dump *d, const struct capture_record *r, struct span ip)
{
	struct cur c = cur_span(r->frame);
	struct wr w = wr_of(d->frame, FRAME_MAX);
	const struct span head = cur_bytes(&c, r->link.off);
	cur_skip(&c, r->link.ip.len);
	const struct span tail = cur_rest(&c);
	wr_bytes(&w, head.p, head.len);
	wr_bytes(&w, ip.p, ip.len);
	wr_bytes(&w, tail.p, tail.len);
	if (wr_ok(&w))
		write_record(d, span_of(w.p, w.len), r->wire_len - (uint32_t)r->link.ip.len + (uint32_t)ip.len, r->at);
}

static void write_passed(struct dump *d, unsigned i, const struct pktio_verdict *v)
{
	const struct packet *p = &d->batch[i];
	const struct capture_record *r = capture_is(d->under) ? capture_at(d->under, i) : NULL;
	const bool same_link = r != NULL && r->dlt == d->dlt;
	const struct span ip = v->rewritten != NULL ? span_of(v->rewritten, v->rewritten_len) : span_of(p->data, p->len);
	if (same_link && v->rewritten == NULL)
		write_record(d, r->frame, r->wire_len, r->at);
	else if (same_link && p->data != NULL && (ip.len == p->len || !r->link.counted))
		write_spliced(d, r, ip);
	else if (ip.p != NULL)
		write_ip(d, ip, v->rewritten != NULL ? v->rewritten_len : p->wire_len, p->at);
}

static enum err dump_recv(struct pktio *io, struct packet *v, unsigned max, unsigned *n)
{
	struct dump *d = (struct dump *)io;
	const enum err e = d->under->ops->recv(d->under, v, max < PKTIO_BATCH_MAX ? max : PKTIO_BATCH_MAX, n);
	d->n = e == OK ? *n : 0;
	d->given = 0;
	if (e != OK) {
		memcpy(d->io.why, d->under->why, sizeof(d->io.why));
		return e;
	}
	if (d->n == 0)
		return OK;
	memcpy(d->batch, v, d->n * sizeof(*v));
	d->now = v[d->n - 1].at;
	return OK;
}

static enum err dump_verdict(struct pktio *io, const struct pktio_verdict *v, unsigned n)
{
	struct dump *d = (struct dump *)io;
	enum err mine = d->out == NULL ? ERR_IO : OK;
	errno = 0;
	for (unsigned i = 0; mine == OK && i < n && d->given < d->n; i++, d->given++)
		if (v[i].pass)
			write_passed(d, d->given, &v[i]);
	if (mine == OK && ferror(d->file))
		mine = write_failed(d, errno);
	const enum err e = d->under->ops->verdict(d->under, v, n);
	if (e != OK)
		memcpy(d->io.why, d->under->why, sizeof(d->io.why));
	return e != OK ? e : mine;
}

/* Written between the packets whose verdicts were given and those that wait for theirs. */
static enum err dump_inject(struct pktio *io, const uint8_t *ip, uint32_t len)
{
	struct dump *d = (struct dump *)io;
	errno = 0;
	if (d->out != NULL)
		write_ip(d, span_of(ip, len), len, d->given < d->n ? d->batch[d->given].at : d->now);
	if (d->out != NULL && ferror(d->file))
		(void)write_failed(d, errno); /* the next verdict says so */
	const enum err e = d->under->ops->inject(d->under, ip, len);
	if (e != OK)
		memcpy(d->io.why, d->under->why, sizeof(d->io.why));
	return e;
}

static void dump_stats(const struct pktio *io, struct pktio_stats *st)
{
	const struct dump *d = (const struct dump *)io;
	d->under->ops->stats(d->under, st);
}

static void dump_close(struct pktio *io)
{
	struct dump *d = (struct dump *)io;
	if (d == NULL)
		return;
	discard(d);
	if (d->dead != NULL)
		pcap_close(d->dead);
	if (d->under != NULL)
		d->under->ops->close(d->under);
	free(d->batch);
	free(d->frame);
	free(d->path);
	free(d->temp);
	free(d);
}

static int dump_fd(const struct pktio *io)
{
	return pktio_fd(((const struct dump *)io)->under);
}

static const struct pktio_ops DUMP_OPS = {
	.name = "dump",
	.recv = dump_recv,
	.verdict = dump_verdict,
	.inject = dump_inject,
	.stats = dump_stats,
	.close = dump_close,
	.fd = dump_fd,
};

/* A new file beside path, or path itself where it is a device or a pipe. */
static int create(struct dump *d)
{
	struct stat st;
	if (stat(d->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (!S_ISDIR(st.st_mode))
			return open(d->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		errno = EISDIR;
		return -1;
	}
	for (unsigned i = 0; i < TEMP_TRIES; i++) {
		if (asprintf(&d->temp, "%s.%ld.%u.part", d->path, (long)getpid(), i) < 0) {
			d->temp = NULL;
			errno = ENOMEM;
			return -1;
		}
		const int fd = open(d->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0)
			return fd;
		const int code = errno;
		free(d->temp);
		d->temp = NULL;
		errno = code;
		if (code != EEXIST)
			return -1;
	}
	return -1;
}

static enum err start(struct dump *d, const char *path)
{
	d->path = strdup(path);
	d->batch = calloc(PKTIO_BATCH_MAX, sizeof(*d->batch));
	d->frame = malloc(FRAME_MAX);
	d->dead = pcap_open_dead_with_tstamp_precision(d->dlt, CAPTURE_SNAP_MAX, PCAP_TSTAMP_PRECISION_NANO);
	if (d->path == NULL || d->batch == NULL || d->frame == NULL || d->dead == NULL) {
		snprintf(d->io.why, sizeof(d->io.why), "%.100s: out of memory", path);
		return ERR_NOMEM;
	}
	const int fd = create(d);
	if (fd < 0) {
		snprintf(d->io.why, sizeof(d->io.why), "%.100s: cannot be written: %s; choose another place", path,
			 strerror(errno));
		return ERR_IO;
	}
	d->file = fdopen(fd, "wb");
	if (d->file == NULL)
		close(fd);
	else
		d->out = pcap_dump_fopen(d->dead, d->file); /* closes the file when it fails */
	return d->out != NULL ? OK : write_failed(d, errno);
}

enum err pktio_dump_open(struct pktio *under, const char *path, struct pktio **out, char *why)
{
	*out = NULL;
	struct dump *d = calloc(1, sizeof(*d));
	if (d == NULL) {
		snprintf(why, PKTIO_WHY_LEN, "out of memory");
		return ERR_NOMEM;
	}
	d->io.ops = &DUMP_OPS;
	d->dlt = capture_is(under) ? capture_dlt(under) : DLT_RAW;
	if (!link_wraps(d->dlt))
		d->dlt = DLT_RAW;
	const enum err e = start(d, path);
	if (e != OK) {
		memcpy(why, d->io.why, PKTIO_WHY_LEN);
		dump_close(&d->io);
		return e;
	}
	d->under = under;
	*out = &d->io;
	return OK;
}

enum err pktio_dump_finish(struct pktio *dump)
{
	struct dump *d = (struct dump *)dump;
	if (d->out == NULL)
		return ERR_IO; /* why is of the failure */
	errno = 0;
	if (fflush(d->file) != 0 || ferror(d->file) || (d->temp != NULL && fsync(fileno(d->file)) != 0))
		return write_failed(d, errno);
	pcap_dump_close(d->out);
	d->out = NULL;
	if (d->temp == NULL)
		return OK;
	if (rename(d->temp, d->path) != 0)
		return write_failed(d, errno);
	free(d->temp);
	d->temp = NULL;
	return OK;
}
