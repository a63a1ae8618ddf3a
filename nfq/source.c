/* source.c - gzip by zlib, which passes other files through; pcapng blocks looked at on the way. */
#include "nfq/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cur.h"
#include "base/wr.h"

enum {
	BLOCK_SHB = 0x0a0d0d0a,
	BLOCK_IDB = 1,
	BLOCK_PACKET = 2,          /* obsolete Packet Block: 16-bit interface number */
	BLOCK_SPB = 3,
	BLOCK_EPB = 6,
	BLOCK_HEAD = 16,           /* octets of a block that are looked at */
	IFACES_MAX = 65536,
	READ_BUFFER = 128 * 1024,
};

struct source {
	gzFile gz;
	uint8_t head[BLOCK_HEAD];  /* read already, to be handed out before the rest */
	uint32_t head_len, head_at;
	bool ng;                   /* pcapng, blocks understood so far */
	bool big;                  /* byte order of the section */
	uint32_t block_left;       /* octets of the block after head */
	bool broken;               /* a block whose length cannot be: the rest passes unlooked, libpcap complains */
	int *linktype;             /* of each interface of the section */
	uint32_t n_ifaces, cap_ifaces;
	uint32_t iface;            /* of the block read last */
	int first;                 /* link type of the file's first interface, -1 before */
	bool mixed;
	bool used;
};

static uint32_t word(const struct source *s, struct cur *c)
{
	return s->big ? cur_be32(c) : cur_le32(c);
}

static void put16(const struct source *s, struct wr *w, uint16_t v)
{
	wr_be16(w, s->big ? v : __builtin_bswap16(v));
}

/* A new interface: its link type is kept here, libpcap is shown the first one's and no snapshot length. */
static void note_iface(struct source *s)
{
	struct cur c = cur_of(s->head, s->head_len);
	cur_skip(&c, 8);
	const uint16_t lt = s->big ? cur_be16(&c) : cur_le16(&c);
	if (s->head_len < BLOCK_HEAD)
		return;
	if (s->n_ifaces == s->cap_ifaces && s->cap_ifaces < IFACES_MAX) {
		const uint32_t cap = s->cap_ifaces == 0 ? 8 : s->cap_ifaces * 2;
		int *grown = realloc(s->linktype, cap * sizeof(*grown));
		if (grown != NULL) {
			s->linktype = grown;
			s->cap_ifaces = cap;
		}
	}
	if (s->n_ifaces < s->cap_ifaces)
		s->linktype[s->n_ifaces] = lt;
	s->n_ifaces++;
	if (s->first < 0)
		s->first = lt;
	s->mixed |= lt != s->first;
	struct wr w = wr_of(s->head + 8, BLOCK_HEAD - 8);
	put16(s, &w, (uint16_t)s->first);
	put16(s, &w, 0);
	wr_be32(&w, 0);
}

/* Looks at the block head that was just read. */
static void note_block(struct source *s)
{
	struct cur c = cur_of(s->head, s->head_len);
	const uint32_t type = word(s, &c);
	if (type == BLOCK_SHB) { /* the same in both orders; the third word tells which */
		struct cur magic = c;
		cur_skip(&magic, 4);
		s->big = cur_be32(&magic) == 0x1a2b3c4d;
		s->n_ifaces = 0;
	}
	const uint32_t len = word(s, &c);
	if (len < 12 || len < s->head_len) {
		s->broken = true;
		return;
	}
	s->block_left = len - s->head_len;
	if (type == BLOCK_IDB)
		note_iface(s);
	else if (type == BLOCK_EPB)
		s->iface = word(s, &c);
	else if (type == BLOCK_PACKET)
		s->iface = s->big ? cur_be16(&c) : cur_le16(&c);
	else if (type == BLOCK_SPB)
		s->iface = 0;
}

static bool fill_head(struct source *s, uint32_t want)
{
	const int got = gzread(s->gz, s->head + s->head_len, want - s->head_len);
	if (got > 0)
		s->head_len += (uint32_t)got;
	return got >= 0;
}

/* The next block's head: 12 octets, all there is of the shortest block, or 16. */
static bool next_block(struct source *s)
{
	s->head_at = 0;
	s->head_len = 0;
	if (!fill_head(s, 12))
		return false;
	if (s->head_len < 12) {
		s->broken = s->head_len != 0;
		return true;
	}
	struct cur c = cur_of(s->head, 12);
	const bool idb = word(s, &c) == BLOCK_IDB;
	if (idb && word(s, &c) >= BLOCK_HEAD && !fill_head(s, BLOCK_HEAD))
		return false;
	note_block(s);
	return true;
}

static ssize_t source_read(void *cookie, char *buf, size_t size)
{
	struct source *s = cookie;
	const bool looking = s->ng && !s->broken;
	if (looking && s->head_at == s->head_len && s->block_left == 0 && !next_block(s)) {
		errno = EIO;
		return -1;
	}
	if (s->head_at < s->head_len) {
		const size_t n = size_min(size, s->head_len - s->head_at);
		memcpy(buf, s->head + s->head_at, n);
		s->head_at += (uint32_t)n;
		return (ssize_t)n;
	}
	size = size_min(size, INT32_MAX);
	if (s->ng && !s->broken)
		size = size_min(size, s->block_left);
	if (size == 0)
		return 0;
	const int got = gzread(s->gz, buf, (unsigned)size);
	if (got < 0) {
		errno = EIO;
		return -1;
	}
	if (s->ng && !s->broken)
		s->block_left -= (uint32_t)got;
	return got;
}

FILE *source_file(struct source *s)
{
	if (s->used)
		return NULL;
	s->used = true;
	FILE *f = fopencookie(s, "r", (cookie_io_functions_t){ .read = source_read });
	if (f != NULL && setvbuf(f, NULL, _IOFBF, READ_BUFFER) != 0) {
		fclose(f);
		return NULL;
	}
	return f;
}

/* pcap in both orders, with micro- and nanoseconds, and its two old variants; pcapng. */
static bool is_capture(const uint8_t head[4])
{
	static const uint32_t MAGIC[] = { 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34, 0xa1b234cd };
	struct cur be = cur_of(head, 4), le = be;
	const uint32_t b = cur_be32(&be), l = cur_le32(&le);
	for (size_t i = 0; i < ARRAY_LEN(MAGIC); i++)
		if (b == MAGIC[i] || l == MAGIC[i])
			return true;
	return b == BLOCK_SHB;
}

static enum err unreadable(const struct source *s, char *why, size_t cap)
{
	int code = Z_OK;
	(void)gzerror(s->gz, &code);
	snprintf(why, cap, "cannot be read: %s; check the file and copy it again", source_error(s));
	return code == Z_ERRNO ? ERR_IO : ERR_MALFORMED;
}

/* Reads the first octets and says what kind of file it is, in why if it is none of ours. */
static enum err examine(struct source *s, char *why, size_t cap)
{
	if (!fill_head(s, 4) || (s->head_len < 4 && source_error(s) != NULL))
		return unreadable(s, why, cap);
	if (s->head_len == 0) {
		snprintf(why, cap, "is empty; capture again, or name another file");
		return ERR_MALFORMED;
	}
	if (s->head_len < 4 || !is_capture(s->head)) {
		snprintf(why, cap, "is not a capture; give a pcap or pcapng file, plain or gzipped");
		return ERR_MALFORMED;
	}
	s->ng = s->head[0] == 0x0a;
	if (s->ng) {
		if (!fill_head(s, 12))
			return unreadable(s, why, cap);
		if (s->head_len == 12)
			note_block(s);
		else
			s->broken = true;
	}
	return OK;
}

static enum err open_fd(const char *path, int *fd, char *why, size_t cap)
{
	struct stat st;
	*fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0) {
		snprintf(why, cap, "cannot be opened: %s; check the name and the access rights", strerror(errno));
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	}
	if (fstat(*fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		snprintf(why, cap, "is a directory; name the capture files in it");
		close(*fd);
		return ERR_USAGE;
	}
	return OK;
}

enum err source_open(const char *path, struct source **out, char *why, size_t cap)
{
	int fd;
	*out = NULL;
	TRY(open_fd(path, &fd, why, cap));
	struct source *s = calloc(1, sizeof(*s));
	gzFile gz = s != NULL ? gzdopen(fd, "rb") : NULL;
	if (gz == NULL) {
		snprintf(why, cap, "cannot be opened: out of memory");
		free(s);
		close(fd);
		return ERR_NOMEM;
	}
	gzbuffer(gz, READ_BUFFER);
	s->gz = gz;
	s->first = -1;
	const enum err e = examine(s, why, cap);
	if (e != OK) {
		source_free(s);
		return e;
	}
	*out = s;
	return OK;
}

bool source_iface(const struct source *s, uint32_t *nr, int *linktype)
{
	if (!s->ng || s->iface >= s->n_ifaces || s->iface >= s->cap_ifaces)
		return false;
	*nr = s->iface;
	*linktype = s->linktype[s->iface];
	return true;
}

bool source_mixed(const struct source *s)
{
	return s->mixed;
}

const char *source_error(const struct source *s)
{
	int code = Z_OK;
	const char *text = gzerror(s->gz, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return NULL;
	const char *after = strstr(text, ">: "); /* zlib names a descriptor "<fd:3>: " */
	return code == Z_ERRNO ? strerror(errno) : after != NULL ? after + 3 : text;
}

void source_free(struct source *s)
{
	if (s == NULL)
		return;
	gzclose(s->gz);
	free(s->linktype);
	free(s);
}
