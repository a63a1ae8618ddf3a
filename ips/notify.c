/* notify.c - datagrams of NAME=VALUE lines to the manager's socket: a path, or an abstract name behind an "@". */
#include "ips/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/mono.h"

enum { MESSAGE_MAX = 256 };

static enum err refuse(char *why, enum err e, const char *name, const char *what)
{
	snprintf(why, NOTIFY_WHY, "NOTIFY_SOCKET %.100s: %s", name, what);
	return e;
}

static enum err open_socket(struct notify *n, const char *name, char *why)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const size_t len = strlen(name);
	if (name[0] != '/' && name[0] != '@')
		return refuse(why, ERR_UNSUPPORTED, name, "neither a path nor an abstract name");
	if (len < 2 || len >= sizeof(sa.sun_path))
		return refuse(why, ERR_RANGE, name, "too long or too short for a socket's name");
	memcpy(sa.sun_path, name, len);
	if (name[0] == '@')
		sa.sun_path[0] = '\0';
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd < 0)
		return refuse(why, ERR_IO, name, strerror(errno));
	/* an abstract name ends with the address, a path with a NUL */
	const socklen_t sa_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
	if (connect(n->fd, (struct sockaddr *)&sa, sa_len) == 0)
		return OK;
	const int code = errno;
	notify_fini(n);
	return refuse(why, ERR_IO, name, strerror(code));
}

/* Decimal digits and nothing else; 0 for anything else. */
static uint64_t number(const char *text)
{
	char *end;
	if (text == NULL || strspn(text, "0123456789") == 0)
		return 0;
	errno = 0;
	const unsigned long long v = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? v : 0;
}

/* A pid that is set and is not ours: the watchdog is for another process. */
static int64_t watchdog(const char *usec, const char *pid)
{
	const uint64_t us = number(usec);
	if (us == 0 || us > INT64_MAX / NS_PER_US || (pid != NULL && number(pid) != (uint64_t)getpid()))
		return 0;
	return (int64_t)us * NS_PER_US;
}

enum err notify_init(struct notify *n, char *why)
{
	const char *name = getenv("NOTIFY_SOCKET");
	*n = (struct notify){ .fd = -1 };
	why[0] = '\0';
	if (name == NULL || name[0] == '\0')
		return OK;
	const enum err e = open_socket(n, name, why);
	if (e == OK)
		n->watchdog_ns = watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return e;
}

void notify_fini(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct notify){ .fd = -1 };
}

static void put(struct notify *n, const char *text)
{
	if (n->fd >= 0)
		(void)!send(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_ready(struct notify *n)
{
	put(n, "READY=1");
}

void notify_reloading(struct notify *n)
{
	char text[MESSAGE_MAX];
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	/* the time is what Type=notify-reload asks for */
	const uint64_t us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, us);
	put(n, text);
}

void notify_stopping(struct notify *n)
{
	put(n, "STOPPING=1");
}

void notify_watchdog(struct notify *n)
{
	put(n, "WATCHDOG=1");
}

void notify_status(struct notify *n, const char *text)
{
	char line[MESSAGE_MAX];
	size_t len = strnlen(text, NOTIFY_STATUS_MAX);
	/* not within a character of UTF-8: the manager takes whole ones only */
	while (len != 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	snprintf(line, sizeof(line), "STATUS=%.*s", (int)len, text);
	/* a line's end would begin another assignment */
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	put(n, line);
}
