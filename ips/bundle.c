/* bundle.c - see bundle.h.
 *
 * The configuration's text, then of each rule file its kind, name and text; each text is led by its length.
 */
#include "ips/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/wr.h"

enum { BUNDLE_MAX = 256 << 20 };

static void put_text(struct wr *w, const char *t)
{
	const size_t n = strlen(t);
	wr_be32(w, (uint32_t)n);
	wr_bytes(w, t, n);
}

static size_t size_of(const char *conf, const struct rulefiles *r)
{
	size_t n = 4 + strlen(conf);
	for (size_t i = 0; i < r->n; i++)
		n += 9 + strlen(r->src[i].name) + strlen(r->src[i].text);
	return n;
}

static enum err write_all(int fd, const struct wr *w)
{
	for (size_t at = 0; at < w->len;) {
		const ssize_t n = write(fd, w->p + at, w->len - at);
		if (n <= 0)
			return ERR_IO;
		at += (size_t)n;
	}
	return OK;
}

static enum err make(const char *conf, const struct rulefiles *r, int fd)
{
	const size_t cap = size_of(conf, r);
	uint8_t *mem = cap <= BUNDLE_MAX ? malloc(cap) : NULL;
	if (mem == NULL)
		return ERR_NOMEM;
	struct wr w = wr_of(mem, cap);
	put_text(&w, conf);
	for (size_t i = 0; i < r->n; i++) {
		wr_u8(&w, r->src[i].custom);
		put_text(&w, r->src[i].name);
		put_text(&w, r->src[i].text);
	}
	const enum err e = wr_ok(&w) ? write_all(fd, &w) : ERR_INTERNAL;
	free(mem);
	return e;
}

/* Masks are no passwords to the parser; what stands there instead is none to anybody. */
static void unmask(char *text)
{
	static const char masked[] = "set password \"********\"", plain[] = "set password \"withheld\"";
	_Static_assert(sizeof(masked) == sizeof(plain), "one replaces the other in place");
	for (char *at = text; (at = strstr(at, masked)) != NULL;)
		memcpy(at, plain, sizeof(plain) - 1);
}

enum err bundle_make(const struct conf *c, const struct rulefiles *r, int *fd)
{
	char *text = NULL;
	TRY(conf_show(c, NULL, 0, &text));
	unmask(text);
	*fd = memfd_create("ips-configuration", MFD_CLOEXEC);
	const enum err e = *fd >= 0 ? make(text, r, *fd) : ERR_IO;
	free(text);
	if (e != OK && *fd >= 0)
		close(*fd);
	return e;
}

/* A text of its own, ended by a NUL. */
static char *take_text(struct cur *c, size_t *len)
{
	const size_t n = cur_be32(c);
	const struct span s = cur_bytes(c, n);
	if (!cur_ok(c))
		return NULL;
	char *t = malloc(n + 1);
	if (t == NULL)
		return NULL;
	if (n != 0)
		memcpy(t, s.p, n);
	t[n] = '\0';
	if (len != NULL)
		*len = n;
	return t;
}

static enum err take_rules(struct cur *c, struct rulefiles *r)
{
	while (cur_left(c) > 0) {
		struct sig_source *src = realloc(r->src, (r->n + 1) * sizeof(*src));
		if (src == NULL)
			return ERR_NOMEM;
		r->src = src;
		r->src[r->n] = (struct sig_source){ .custom = cur_u8(c) != 0 };
		r->src[r->n].name = take_text(c, NULL);
		r->src[r->n].text = take_text(c, NULL);
		r->n++;
		if (r->src[r->n - 1].text == NULL)
			return ERR_MALFORMED;
	}
	return OK;
}

static enum err open_text(struct cur *in, struct conf **c, struct rulefiles *r)
{
	size_t len = 0;
	char *text = take_text(in, &len);
	if (text == NULL)
		return ERR_MALFORMED;
	*c = conf_parse_text("configuration", text, len, NULL);
	free(text);
	if (*c == NULL)
		return ERR_NOMEM;
	if (conf_n_errors(*c) != 0)
		return ERR_MALFORMED;
	return take_rules(in, r);
}

enum err bundle_open(int fd, struct conf **c, struct rulefiles *r)
{
	const off_t size = lseek(fd, 0, SEEK_END);
	*c = NULL;
	*r = (struct rulefiles){ 0 };
	if (size <= 0 || size > BUNDLE_MAX)
		return ERR_MALFORMED;
	void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return ERR_NOMEM;
	struct cur in = cur_of(p, (size_t)size);
	const enum err e = open_text(&in, c, r);
	munmap(p, (size_t)size);
	if (e != OK) {
		conf_free(*c);
		*c = NULL;
		rulefiles_free(r);
	}
	return e;
}
