/* outfile.c - see outfile.h. */
#include "ips/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct outfile {
	FILE *f;
	char *path, *tmp;        /* tmp NULL: written in place (standard output, devices) */
	int failed;              /* errno of the first failure */
};

static const char *remedy(int e)
{
	switch (e) {
	case ENOSPC:
	case EDQUOT:
		return "free some space or write elsewhere";
	case EACCES:
	case EPERM:
	case EROFS:
		return "choose a place you may write to";
	case ENOENT:
		return "create the folder first";
	default:
		return "check the path";
	}
}

static enum err fail(const char *path, int e, char *why)
{
	snprintf(why, OUTFILE_WHY, "%s: cannot write: %s; %s", path, strerror(e), remedy(e));
	return ERR_IO;
}

static void destroy(struct outfile *f)
{
	if (f->f != NULL && f->f != stdout)
		fclose(f->f);
	if (f->tmp != NULL)
		unlink(f->tmp);
	free(f->tmp);
	free(f->path);
	free(f);
}

/* Beside its place, so that the rename stays within one file system. */
static FILE *open_beside(struct outfile *f)
{
	if (asprintf(&f->tmp, "%s.XXXXXX", f->path) < 0) {
		f->tmp = NULL;
		return NULL;
	}
	const int fd = mkstemp(f->tmp);
	if (fd < 0) {
		free(f->tmp);
		f->tmp = NULL;
		return NULL;
	}
	return fdopen(fd, "w");
}

enum err outfile_open(const char *path, struct outfile **out, char *why)
{
	struct outfile *f = calloc(1, sizeof(*f));
	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		return fail(path, ENOMEM, why);
	}
	if (strcmp(path, "-") == 0)
		f->f = stdout;
	else if (strncmp(path, "/dev/", 5) == 0)
		f->f = fopen(path, "w");
	else
		f->f = open_beside(f);
	if (f->f == NULL) {
		const int e = errno;
		destroy(f);
		return fail(path, e, why);
	}
	*out = f;
	return OK;
}

void outfile_write(struct outfile *f, const char *text, size_t len)
{
	if (f->failed == 0 && fwrite(text, 1, len, f->f) != len)
		f->failed = errno;
}

enum err outfile_finish(struct outfile *f, char *why)
{
	if (f->failed == 0 && fflush(f->f) != 0)
		f->failed = errno;
	if (f->failed == 0 && f->tmp != NULL && (fchmod(fileno(f->f), 0644) != 0 || rename(f->tmp, f->path) != 0))
		f->failed = errno;
	if (f->failed == 0 && f->tmp != NULL) {
		free(f->tmp);
		f->tmp = NULL;
	}
	const enum err e = f->failed != 0 ? fail(f->path, f->failed, why) : OK;
	destroy(f);
	return e;
}

void outfile_abandon(struct outfile *f)
{
	if (f != NULL)
		destroy(f);
}
