/* What a service manager's socket hears, and which environments are none, or wrong. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/mono.h"
#include "ips/notify.h"
#include "unit.h"

struct manager {
	int fd;
	char dir[32], name[64]; /* as in NOTIFY_SOCKET */
	char got[512];
};

static void manager_init(struct manager *m, bool abstract)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	memset(m, 0, sizeof(*m));
	strcpy(m->dir, "/tmp/ips-notify-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(m->dir));
	snprintf(m->name, sizeof(m->name), "%s%s/s", abstract ? "@" : "", m->dir);
	memcpy(sa.sun_path, m->name, strlen(m->name));
	if (abstract)
		sa.sun_path[0] = '\0';
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(m->name));
	CU_ASSERT_EQUAL_FATAL(bind(m->fd, (struct sockaddr *)&sa, len), 0);
	setenv("NOTIFY_SOCKET", m->name, 1);
}

static void manager_fini(struct manager *m)
{
	close(m->fd);
	if (m->name[0] == '/')
		unlink(m->name);
	rmdir(m->dir);
}

/* The next datagram; "" when there is none. */
static const char *heard(struct manager *m)
{
	const ssize_t n = recv(m->fd, m->got, sizeof(m->got) - 1, MSG_DONTWAIT);
	m->got[n > 0 ? n : 0] = '\0';
	return m->got;
}

static void set_watchdog(const char *usec, const char *pid)
{
	if (usec != NULL)
		setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
}

static void talk(bool abstract)
{
	struct manager m;
	struct notify n;
	char why[NOTIFY_WHY];
	manager_init(&m, abstract);
	CU_ASSERT_EQUAL(notify_init(&n, why), OK);
	CU_ASSERT_TRUE(n.fd >= 0 && (fcntl(n.fd, F_GETFD) & FD_CLOEXEC) != 0);
	CU_ASSERT_STRING_EQUAL(heard(&m), "");
	notify_ready(&n);
	CU_ASSERT_STRING_EQUAL(heard(&m), "READY=1");
	notify_status(&n, "active, 12 sessions");
	CU_ASSERT_STRING_EQUAL(heard(&m), "STATUS=active, 12 sessions");
	notify_watchdog(&n);
	CU_ASSERT_STRING_EQUAL(heard(&m), "WATCHDOG=1");
	notify_stopping(&n);
	CU_ASSERT_STRING_EQUAL(heard(&m), "STOPPING=1");
	notify_fini(&n);
	notify_ready(&n);
	CU_ASSERT_STRING_EQUAL(heard(&m), "");
	manager_fini(&m);
}

static void test_path(void)
{
	talk(false);
}

static void test_abstract(void)
{
	talk(true);
}

static void test_reloading(void)
{
	struct manager m;
	struct notify n;
	struct timespec t;
	unsigned long long at = 0;
	char why[NOTIFY_WHY], rest = 0;
	manager_init(&m, false);
	CU_ASSERT_EQUAL(notify_init(&n, why), OK);
	clock_gettime(CLOCK_MONOTONIC, &t);
	const unsigned long long before = (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000;
	notify_reloading(&n);
	CU_ASSERT_EQUAL(sscanf(heard(&m), "RELOADING=1\nMONOTONIC_USEC=%llu%c", &at, &rest), 1);
	CU_ASSERT_TRUE(at >= before && at < before + 60000000);
	notify_fini(&n);
	manager_fini(&m);
}

/* Nothing in a status can be an assignment of its own, or longer than the manager takes. */
static void test_status(void)
{
	struct manager m;
	struct notify n;
	char why[NOTIFY_WHY], text[1000];
	manager_init(&m, false);
	CU_ASSERT_EQUAL(notify_init(&n, why), OK);
	notify_status(&n, "a\nREADY=1\r\t\x7f\x01" "b\xc3\xa9");
	CU_ASSERT_STRING_EQUAL(heard(&m), "STATUS=a READY=1    b\xc3\xa9");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	notify_status(&n, text);
	CU_ASSERT_EQUAL(strlen(heard(&m)), 7 + NOTIFY_STATUS_MAX);
	memcpy(text + NOTIFY_STATUS_MAX - 1, "\xe2\x82\xac", 3); /* a character across the cut */
	notify_status(&n, text);
	CU_ASSERT_EQUAL(strlen(heard(&m)), 7 + NOTIFY_STATUS_MAX - 1);
	notify_status(&n, "");
	CU_ASSERT_STRING_EQUAL(heard(&m), "STATUS=");
	notify_fini(&n);
	manager_fini(&m);
}

static void test_watchdog(void)
{
	char own[24];
	snprintf(own, sizeof(own), "%d", getpid());
	const struct {
		const char *usec, *pid;
		int64_t ns;
	} rows[] = {
		{ NULL, NULL, 0 },
		{ NULL, own, 0 },
		{ "10000000", NULL, 10 * NS_PER_SEC },
		{ "10000000", own, 10 * NS_PER_SEC },
		{ "10000000", "1", 0 },
		{ "10000000", "", 0 },
		{ "1", own, 1000 },
		{ "0", own, 0 },
		{ "", own, 0 },
		{ "-5", own, 0 },
		{ " 5", own, 0 },
		{ "5s", own, 0 },
		{ "9223372036854775807", own, 0 },
		{ "99999999999999999999999", own, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct manager m;
		struct notify n;
		char why[NOTIFY_WHY];
		manager_init(&m, false);
		set_watchdog(rows[i].usec, rows[i].pid);
		CU_ASSERT_EQUAL(notify_init(&n, why), OK);
		CU_ASSERT_EQUAL(n.watchdog_ns, rows[i].ns);
		CU_ASSERT_TRUE(getenv("NOTIFY_SOCKET") == NULL);
		CU_ASSERT_TRUE(getenv("WATCHDOG_USEC") == NULL && getenv("WATCHDOG_PID") == NULL);
		notify_fini(&n);
		manager_fini(&m);
	}
}

static void silent(struct notify *n)
{
	notify_ready(n);
	notify_reloading(n);
	notify_status(n, "x");
	notify_watchdog(n);
	notify_stopping(n);
	notify_fini(n);
	notify_fini(n);
}

static void test_no_manager(void)
{
	struct notify n;
	char why[NOTIFY_WHY];
	unsetenv("NOTIFY_SOCKET");
	CU_ASSERT_EQUAL(notify_init(&n, why), OK);
	CU_ASSERT_TRUE(n.fd < 0 && n.watchdog_ns == 0 && why[0] == '\0');
	silent(&n);
	setenv("NOTIFY_SOCKET", "", 1);
	CU_ASSERT_EQUAL(notify_init(&n, why), OK);
	CU_ASSERT_TRUE(n.fd < 0);
	silent(&n);
}

static void test_wrong(void)
{
	char longest[200];
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	const struct {
		const char *name;
		enum err e;
	} rows[] = {
		{ "relative", ERR_UNSUPPORTED }, { "vsock:2:1234", ERR_UNSUPPORTED }, { "/", ERR_RANGE }, { "@", ERR_RANGE },
		{ longest, ERR_RANGE },          { "/tmp/ips/no/such", ERR_IO },      { "@ips-no-such-name", ERR_IO },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct notify n;
		char why[NOTIFY_WHY];
		setenv("NOTIFY_SOCKET", rows[i].name, 1);
		setenv("WATCHDOG_USEC", "1000", 1);
		CU_ASSERT_EQUAL(notify_init(&n, why), rows[i].e);
		CU_ASSERT_TRUE(n.fd < 0 && n.watchdog_ns == 0 && strncmp(why, "NOTIFY_SOCKET ", 14) == 0);
		silent(&n);
	}
}

/* A manager that does not read, or has gone, delays and ends nothing. */
static void test_deaf(void)
{
	struct manager m;
	struct notify n;
	char why[NOTIFY_WHY];
	manager_init(&m, false);
	CU_ASSERT_EQUAL(notify_init(&n, why), OK);
	for (unsigned i = 0; i < 2000; i++)
		notify_watchdog(&n);
	CU_ASSERT_STRING_EQUAL(heard(&m), "WATCHDOG=1");
	manager_fini(&m);
	notify_watchdog(&n);
	notify_fini(&n);
}

UNIT_MAIN({ "a manager at a path", test_path }, { "a manager at an abstract name", test_abstract },
	  { "reloading", test_reloading }, { "a status is one line, and bounded", test_status },
	  { "the watchdog's interval", test_watchdog }, { "no manager", test_no_manager },
	  { "sockets that cannot be", test_wrong }, { "a manager that does not listen", test_deaf })
