/* test_outfile.c - an output file is there whole or not at all, and what went wrong is said with its remedy. */
#include "ips/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char folder[] = "/tmp/test_outfile.XXXXXX", path[64], why[OUTFILE_WHY];

static unsigned entries(void)
{
	unsigned n = 0;
	DIR *d = opendir(folder);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static bool there(const char *p)
{
	struct stat st;
	return stat(p, &st) == 0;
}

/* Its contents; "" when it is not there. */
static const char *contents(const char *p)
{
	static char text[256];
	memset(text, 0, sizeof(text));
	FILE *f = fopen(p, "r");
	if (f != NULL) {
		const size_t n = fread(text, 1, sizeof(text) - 1, f);
		text[n] = '\0';
		fclose(f);
	}
	return text;
}

static struct outfile *opened(const char *p)
{
	struct outfile *f = NULL;
	CU_ASSERT_EQUAL_FATAL(outfile_open(p, &f, why), OK);
	return f;
}

static void test_whole(void)
{
	struct stat st;
	struct outfile *f = opened(path);
	outfile_write(f, "one\n", 4);
	outfile_write(f, "two\n", 4);
	CU_ASSERT_FALSE(there(path));
	CU_ASSERT_EQUAL(outfile_finish(f, why), OK);
	CU_ASSERT_STRING_EQUAL(contents(path), "one\ntwo\n");
	CU_ASSERT_EQUAL(entries(), 1);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0644);
	/* what was there stays until the new one is whole */
	f = opened(path);
	outfile_write(f, "new\n", 4);
	CU_ASSERT_STRING_EQUAL(contents(path), "one\ntwo\n");
	outfile_abandon(f);
	CU_ASSERT_STRING_EQUAL(contents(path), "one\ntwo\n");
	f = opened(path);
	outfile_write(f, "new\n", 4);
	CU_ASSERT_EQUAL(outfile_finish(f, why), OK);
	CU_ASSERT_STRING_EQUAL(contents(path), "new\n");
	CU_ASSERT_EQUAL(entries(), 1);
	unlink(path);
}

static void test_abandon(void)
{
	struct outfile *f = opened(path);
	outfile_write(f, "one\n", 4);
	outfile_abandon(f);
	outfile_abandon(NULL);
	CU_ASSERT_EQUAL(entries(), 0);
}

/* Told with the path, the cause and what to do. */
static void wrong(const char *p, const char *cause, const char *remedy)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(why, p));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, cause));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, remedy));
	why[0] = '\0';
}

static void test_cannot_open(void)
{
	struct outfile *f;
	char p[128];
	snprintf(p, sizeof(p), "%s/none/file", folder);
	CU_ASSERT_EQUAL(outfile_open(p, &f, why), ERR_IO);
	wrong(p, strerror(ENOENT), "create the folder");
	CU_ASSERT_EQUAL(outfile_open(folder, &f, why), ERR_IO);
	wrong(folder, strerror(EISDIR), "name a file");
	CU_ASSERT_EQUAL(outfile_open("/proc/none", &f, why), ERR_IO);
	wrong("/proc/none", "cannot write", ";");
	CU_ASSERT_EQUAL(entries(), 0);
}

/* /dev/full takes nothing, small or large. */
static void test_full_disk(void)
{
	static char much[1 << 16];
	struct outfile *f = opened("/dev/full");
	outfile_write(f, "one\n", 4);
	CU_ASSERT_EQUAL(outfile_finish(f, why), ERR_IO);
	wrong("/dev/full", strerror(ENOSPC), "free some space");
	f = opened("/dev/full");
	for (unsigned i = 0; i < 4; i++)
		outfile_write(f, much, sizeof(much));
	CU_ASSERT_EQUAL(outfile_finish(f, why), ERR_IO);
	wrong("/dev/full", strerror(ENOSPC), "free some space");
	CU_ASSERT_TRUE(there("/dev/full"));
}

static void with_limit(rlim_t n, void (*fn)(void))
{
	struct rlimit was, now;
	getrlimit(RLIMIT_FSIZE, &was);
	now = was;
	now.rlim_cur = n;
	setrlimit(RLIMIT_FSIZE, &now);
	void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
	fn();
	signal(SIGXFSZ, old);
	setrlimit(RLIMIT_FSIZE, &was);
}

static void write_much(void)
{
	static char much[1 << 14];
	struct outfile *f = opened(path);
	for (unsigned i = 0; i < 4; i++)
		outfile_write(f, much, sizeof(much));
	CU_ASSERT_EQUAL(outfile_finish(f, why), ERR_IO);
}

static void write_little(void)
{
	struct outfile *f = opened(path);
	outfile_write(f, "12345678", 8); /* fails only when it is flushed */
	CU_ASSERT_EQUAL(outfile_finish(f, why), ERR_IO);
}

static void test_limit(void)
{
	with_limit(5000, write_much);
	wrong(path, strerror(EFBIG), "raise the limit");
	CU_ASSERT_EQUAL(entries(), 0);
	with_limit(4, write_little);
	wrong(path, strerror(EFBIG), "raise the limit");
	CU_ASSERT_EQUAL(entries(), 0);
	/* a failed run leaves the old file as it was */
	FILE *old = fopen(path, "w");
	fputs("old", old);
	fclose(old);
	with_limit(5000, write_much);
	CU_ASSERT_STRING_EQUAL(contents(path), "old");
	CU_ASSERT_EQUAL(entries(), 1);
	unlink(path);
}

/* What is no regular file is written where it is: nothing is renamed over a pipe or a device. */
static void test_in_place(void)
{
	struct stat st;
	CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
	const int reader = open(path, O_RDONLY | O_NONBLOCK);
	struct outfile *f = opened(path);
	outfile_write(f, "piped", 5);
	CU_ASSERT_EQUAL(outfile_finish(f, why), OK);
	char got[8] = { 0 };
	CU_ASSERT_EQUAL(read(reader, got, sizeof(got)), 5);
	CU_ASSERT_STRING_EQUAL(got, "piped");
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_TRUE(S_ISFIFO(st.st_mode));
	close(reader);
	unlink(path);
	f = opened("/dev/null");
	outfile_write(f, "x", 1);
	CU_ASSERT_EQUAL(outfile_finish(f, why), OK);
	CU_ASSERT_EQUAL(stat("/dev/null", &st), 0);
	CU_ASSERT_TRUE(S_ISCHR(st.st_mode));
}

/* The folder was taken away while the file was being written. */
static void test_lost_folder(void)
{
	char sub[96], p[128];
	snprintf(sub, sizeof(sub), "%s/sub", folder);
	snprintf(p, sizeof(p), "%s/file", sub);
	CU_ASSERT_EQUAL_FATAL(mkdir(sub, 0700), 0);
	struct outfile *f = opened(p);
	outfile_write(f, "x", 1);
	char moved[128];
	snprintf(moved, sizeof(moved), "%s/moved", folder);
	CU_ASSERT_EQUAL_FATAL(rename(sub, moved), 0);
	CU_ASSERT_EQUAL(outfile_finish(f, why), ERR_IO);
	wrong(p, strerror(ENOENT), "create the folder");
	char clean[160];
	snprintf(clean, sizeof(clean), "rm -rf %s", moved);
	CU_ASSERT_EQUAL(system(clean), 0);
}

static void test_folder(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	CU_ASSERT_EQUAL(entries(), 0);
}

static void test_nothing_left(void)
{
	CU_ASSERT_EQUAL(entries(), 0);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

UNIT_MAIN({ "a folder of its own", test_folder }, { "whole, and only then", test_whole }, { "abandoned", test_abandon },
	  { "cannot be opened", test_cannot_open }, { "the disk is full", test_full_disk }, { "the file may not grow", test_limit },
	  { "written in place", test_in_place }, { "the folder went away", test_lost_folder },
	  { "nothing is left", test_nothing_left })
