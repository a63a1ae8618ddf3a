/* ha_disk.c - see ha_disk.h. */
#include "ips/ha_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "ips/ha_told.h"

#define FILE_NAME "ha-state"
#define FILE_NEW  "ha-state.new"
#define HEAD      "ips ha state 1\n"

static enum err refuse(char *why, const char *path, const char *what, const char *remedy)
{
	snprintf(why, HA_DISK_WHY, "%s: %s: %s; %s", path, what, strerror(errno), remedy);
	return ERR_IO;
}

/* --- the text ----------------------------------------------------------------------------------------------- */

size_t ha_disk_text(const struct ha_disk_state *st, char out[HA_DISK_TEXT])
{
	const int n = snprintf(out, HA_DISK_TEXT, HEAD "serial %016" PRIx64 "\nterm %" PRIu64 "\nforced %" PRIu32 "\n", st->serial,
			       st->term, st->forced);
	const uint64_t sum = hash_fnv(HASH_FNV_START, out, (size_t)n);
	return (size_t)n + (size_t)snprintf(out + n, HA_DISK_TEXT - (size_t)n, "sum %016" PRIx64 "\n", sum);
}

bool ha_disk_parse(const char *text, size_t len, struct ha_disk_state *st)
{
	char copy[HA_DISK_TEXT], same[HA_DISK_TEXT];
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (sscanf(copy, HEAD "serial %16" SCNx64 " term %20" SCNu64 " forced %1" SCNu32, &st->serial, &st->term, &st->forced) != 3)
		return false;
	/* what was read is what would be written, to the last octet: so is the sum */
	return st->serial != 0 && st->term <= HA_TERM_MAX && st->forced < HA_FORCED_N &&
	       ha_disk_text(st, same) == len && memcmp(same, copy, len) == 0;
}

/* --- the file ------------------------------------------------------------------------------------------------ */

enum found { FOUND, FOUND_NONE, FOUND_DAMAGED, FOUND_UNREADABLE };

static enum found load(struct ha_disk *d)
{
	char text[HA_DISK_TEXT];
	const int fd = openat(d->dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? FOUND_NONE : FOUND_UNREADABLE;
	const ssize_t n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0)
		return FOUND_UNREADABLE;
	return ha_disk_parse(text, (size_t)n, &d->state) ? FOUND : FOUND_DAMAGED;
}

static bool write_new(const struct ha_disk *d, const struct ha_disk_state *st)
{
	char text[HA_DISK_TEXT];
	const size_t n = ha_disk_text(st, text);
	const int fd = openat(d->dir, FILE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	const bool ok = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
	const int code = errno;
	const bool closed = close(fd) == 0;
	if (!ok)
		errno = code;
	return ok && closed;
}

enum err ha_disk_store(struct ha_disk *d, const struct ha_disk_state *st, char *why)
{
	d->state = *st;
	if (write_new(d, st) && renameat(d->dir, FILE_NEW, d->dir, FILE_NAME) == 0 && fsync(d->dir) == 0)
		return OK;
	return refuse(why, d->path, "the pair's state cannot be stored", "free some space, or see to the disk");
}

static enum err open_folder(const char *folder, struct ha_disk *d, char *why)
{
	static const char remedy[] = "make it, or name another one with --state-dir";
	*d = (struct ha_disk){ .dir = -1 };
	snprintf(d->path, sizeof(d->path), "%s", folder);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return refuse(why, folder, "cannot be made", remedy);
	d->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir < 0)
		return refuse(why, folder, "cannot be opened", remedy);
	if (flock(d->dir, LOCK_EX | LOCK_NB) == 0)
		return OK;
	return refuse(why, folder, "cannot be locked", "another node's daemon has it: name another folder with --state-dir");
}

enum err ha_disk_open(const char *folder, uint64_t new_serial, struct ha_disk *d, char *why)
{
	why[0] = '\0';
	enum err e = open_folder(folder, d, why);
	const enum found f = e == OK ? load(d) : FOUND_NONE;
	if (f == FOUND_UNREADABLE)
		e = refuse(why, folder, "the pair's state cannot be read",
			   "see to the disk, or name another folder with --state-dir");
	if (e == OK && f != FOUND) {
		const struct ha_disk_state first = { .serial = new_serial != 0 ? new_serial : 1 };
		e = ha_disk_store(d, &first, why);
	}
	if (e == OK && f == FOUND_DAMAGED)
		snprintf(why, HA_DISK_WHY, "%s: the pair's state was damaged: this node has a new serial", folder);
	if (e != OK)
		ha_disk_close(d);
	return e;
}

void ha_disk_close(struct ha_disk *d)
{
	if (d->dir >= 0)
		close(d->dir);
	d->dir = -1;
}
