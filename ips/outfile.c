/* outfile.c - see outfile.h. */
#include "ips/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_TRIES = 100 };

struct outfile {
	FILE *f;
	char *path, *tmp; /* tmp NULL: written in place (standard output, devices, pipes) */
	int failed;       /* errno of the first failure */
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
	case EISDIR:
		return "name a file";
	case EFBIG:
		return "raise the limit of file sizes";
	case EPIPE:
		return "whoever read it has gone";
	default:
		return "check the path";
	}
}

static enum err fail(const char *path, int e, char *why)
{
	const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
	snprintf(why, OUTFILE_WHY, "%s: cannot write: %s; %s", name, strerror(e), remedy(e));
	return ERR_IO;
}

/* Some file systems tell only here that there was no room. */
static void close_stream(struct outfile *f)
{
	if (f->f != NULL && f->f != stdout && fclose(f->f) != 0 && f->failed == 0)
		f->failed = errno;
	f->f = NULL;
}

static void destroy(struct outfile *f)
{
	close_stream(f);
	if (f->tmp != NULL)
		unlink(f->tmp);
	free(f->tmp);
	free(f->path);
	free(f);
}

/* Beside its place, so that the rename stays within one file system; its rights are those of any new file. */
static FILE *open_beside(struct outfile *f)
{
	for (unsigned i = 0; i < TEMP_TRIES; i++) {
		if (asprintf(&f->tmp, "%s.%ld.%u.part", f->path, (long)getpid(), i) < 0) {
			f->tmp = NULL;
			errno = ENOMEM;
			return NULL;
		}
		const int fd = open(f->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
		if (fd >= 0)
			return fdopen(fd, "w");
		const int e = errno;
		free(f->tmp);
		f->tmp = NULL;
		errno = e;
		if (e != EEXIST)
			break;
	}
	return NULL;
}

static FILE *open_file(struct outfile *f)
{
	struct stat st;
	if (strcmp(f->path, "-") == 0)
		return stdout;
	if (stat(f->path, &st) != 0 || S_ISREG(st.st_mode))
		return open_beside(f);
	if (!S_ISDIR(st.st_mode))
		return fopen(f->path, "we");
	errno = EISDIR;
	return NULL;
}

enum err outfile_open(const char *path, struct outfile **out, char *why)
{
	struct outfile *f = calloc(1, sizeof(*f));
	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		return fail(path, ENOMEM, why);
	}
	f->f = open_file(f);
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

bool outfile_failed(const struct outfile *f)
{
	return f != NULL && f->failed != 0;
}

enum err outfile_finish(struct outfile *f, char *why)
{
	if (f->failed == 0 && fflush(f->f) != 0)
		f->failed = errno;
	close_stream(f);
	if (f->failed == 0 && f->tmp != NULL && rename(f->tmp, f->path) != 0)
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
