/* test_ctl_sock.c - the control socket's thread and the client: slow, hostile, vanishing and too many clients; ips's own words. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ips/cmd.h"
#include "tests/unit/ctl_rig.h"

static struct fake f;
static struct ctl *ctl;
static char folder[] = "/tmp/test_ctl_XXXXXX", path[64];
static int listener;
static pthread_mutex_t visiting = PTHREAD_MUTEX_INITIALIZER;

static enum err locked_visit(void *arg, unsigned worker, ctl_visit_fn *fn, void *ctx)
{
	pthread_mutex_lock(&visiting);
	const enum err e = fake_visit(arg, worker, fn, ctx);
	pthread_mutex_unlock(&visiting);
	return e;
}

static void start(unsigned n_sessions)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	strcpy(folder, "/tmp/test_ctl_XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	chmod(folder, 0755);
	snprintf(path, sizeof(path), "%s/s", folder);
	strcpy(a.sun_path, path);
	fake_new(&f, &(struct rig_opts){ .max_sessions = 8192 });
	f.node.visit = locked_visit;
	fake_open(&f, 0, n_sessions);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	chmod(path, 0666);
	CU_ASSERT_EQUAL_FATAL(listen(listener, 16), 0);
	CU_ASSERT_EQUAL_FATAL(ctl_start(listener, &f.node, &ctl), OK);
}

static void stop(void)
{
	ctl_stop(ctl);
	ctl = NULL;
	close(listener);
	unlink(path);
	rmdir(folder);
	fake_end(&f);
}

static int dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	strcpy(a.sun_path, path);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What comes until the answer's end or the connection's; "" if nothing does for 15 s. */
static char *hear(int fd, bool whole)
{
	static char text[4 << 20];
	size_t n = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	text[0] = '\0';
	while (n + 1 < sizeof(text) && poll(&p, 1, 15000) == 1) {
		const ssize_t got_now = recv(fd, text + n, sizeof(text) - 1 - n, 0);
		if (got_now <= 0)
			break;
		n += (size_t)got_now;
		text[n] = '\0';
		if (!whole && n > 13 && strcmp(text + n - 13, "{\"end\":true}\n") == 0)
			break;
	}
	return text;
}

static const char *talk(const char *words)
{
	const int fd = dial();
	say(fd, request_of(words, false));
	say(fd, "\n");
	const char *answer = hear(fd, false);
	close(fd);
	return answer;
}

#define HAS(text, part) CU_ASSERT_PTR_NOT_NULL(strstr(text, part))

static void test_talk(void)
{
	start(3);
	HAS(talk("version"), "{\"text\":\"ipsd 9.8.7");
	HAS(talk("sys session list"), "total session 3");
	/* several requests over one connection, some of them at once, the last without a newline but with an end */
	const int fd = dial();
	say(fd, request_of("ha mode", false));
	say(fd, "\n");
	HAS(hear(fd, false), "standalone");
	for (unsigned i = 0; i < 3; i++) {
		say(fd, request_of("ha mode", false));
		say(fd, i < 2 ? "\n" : "");
	}
	shutdown(fd, SHUT_WR);
	const char *all = hear(fd, true);
	unsigned ends = 0;
	for (const char *p = all; (p = strstr(p, "{\"end\":true}")) != NULL; p++)
		ends++;
	CU_ASSERT_EQUAL(ends, 3);
	close(fd);
	/* octet by octet */
	const int slow = dial();
	for (const char *p = request_of("stats", true); *p != '\0'; p++)
		CU_ASSERT_EQUAL(send(slow, p, 1, MSG_NOSIGNAL), 1);
	say(slow, "\n");
	HAS(hear(slow, false), "\"sessions_now\":3");
	close(slow);
	stop();
}

static void test_bad_lines(void)
{
	static char large[CTL_REQUEST_MAX + 100];
	start(1);
	int fd = dial();
	say(fd, "nonsense\n");
	HAS(hear(fd, false), "\"code\":2");
	say(fd, "\n"); /* an error closes nothing */
	HAS(hear(fd, false), "\"code\":2");
	close(fd);
	memset(large, 'x', sizeof(large));
	fd = dial();
	(void)!send(fd, large, sizeof(large), MSG_NOSIGNAL);
	const char *answer = hear(fd, true);
	HAS(answer, "longer than 65536 octets");
	HAS(answer, "{\"end\":true}\n");
	close(fd);
	/* the longest that is allowed is read */
	memset(large, ' ', sizeof(large));
	const char *r = request_of("ha mode", false);
	memcpy(large, r, strlen(r));
	large[CTL_REQUEST_MAX - 1] = '\n';
	fd = dial();
	CU_ASSERT_EQUAL(send(fd, large, CTL_REQUEST_MAX, MSG_NOSIGNAL), CTL_REQUEST_MAX);
	HAS(hear(fd, false), "standalone");
	close(fd);
	stop();
}

static void test_ninth(void)
{
	int fd[CTL_CLIENTS];
	start(1);
	for (unsigned i = 0; i < CTL_CLIENTS; i++) {
		fd[i] = dial();
		say(fd[i], request_of("ha mode", false));
		say(fd[i], "\n");
		HAS(hear(fd[i], false), "standalone");
	}
	const int ninth = dial();
	HAS(hear(ninth, true), "8 clients are being served");
	close(ninth);
	close(fd[3]);
	usleep(100000);
	HAS(talk("ha mode"), "standalone");
	for (unsigned i = 0; i < CTL_CLIENTS; i++)
		if (i != 3)
			close(fd[i]);
	stop();
}

/* Those that ask nothing give way to one that comes. */
static void test_idle_ones(void)
{
	int fd[CTL_CLIENTS];
	start(1);
	for (unsigned i = 0; i < CTL_CLIENTS; i++)
		fd[i] = dial();
	usleep(CTL_SPARE_S * 1000000 + 300000);
	for (unsigned i = 0; i + 1 < CTL_CLIENTS; i++) { /* but the last */
		say(fd[i], request_of("ha mode", false));
		say(fd[i], "\n");
		HAS(hear(fd[i], false), "standalone");
	}
	HAS(talk("ha mode"), "standalone");
	CU_ASSERT_STRING_EQUAL(hear(fd[CTL_CLIENTS - 1], true), ""); /* closed */
	for (unsigned i = 0; i < CTL_CLIENTS; i++)
		close(fd[i]);
	stop();
}

/* Those who may change nothing take all places, and ask for more than they read: root is served. */
static void test_locked_out(void)
{
	int go[2];
	char c;
	if (geteuid() != 0)
		return;
	start(3000);
	CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		static char list[1 << 17];
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(9);
		snprintf(list, sizeof(list), "%s\n", request_of("sys session list", false));
		for (unsigned i = 0; i < CTL_CLIENTS; i++)
			say(dial(), i % 2 == 0 ? "" : list);
		usleep(200000);
		const bool turned_away = strstr(talk("ha mode"), "8 clients are being served") != NULL;
		_exit(write(go[1], turned_away ? "y" : "n", 1) == 1 && pause() == 0);
	}
	CU_ASSERT_TRUE(read(go[0], &c, 1) == 1 && c == 'y');
	HAS(talk("ha mode"), "standalone");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(go[0]);
	close(go[1]);
	stop();
}

/* Clients that go in the middle of a long list, and of a log that they follow: their places are free at once. */
static void test_gone(void)
{
	start(3000);
	for (unsigned i = 0; i < 40; i++) {
		const int fd = dial();
		char some[100];
		say(fd, request_of("sys session list", false));
		say(fd, "\n");
		CU_ASSERT_TRUE(recv(fd, some, sizeof(some), 0) > 0);
		close(fd);
		usleep(5000);
	}
	const char *all = talk("sys session list serial 2999");
	HAS(all, "total session 1\\n");
	stop();
}

/* Who does not read is closed after CTL_READ_S, and others are served meanwhile. */
static void test_slow_reader(void)
{
	start(6000);
	const int fd = dial();
	say(fd, request_of("sys session list", false));
	say(fd, "\n");
	const time_t begun = time(NULL);
	struct pollfd p = { .fd = fd, .events = 0 };
	while (poll(&p, 1, 300) == 0 && time(NULL) - begun < 20)
		HAS(talk("ha mode"), "standalone");
	CU_ASSERT_TRUE((p.revents & POLLHUP) != 0);
	CU_ASSERT_TRUE(time(NULL) - begun >= CTL_READ_S - 1 && time(NULL) - begun <= CTL_READ_S + 3);
	close(fd);
	stop();
}

/* From a process of another user: reading is allowed, changing is not. */
static void test_rights(void)
{
	start(2);
	HAS(talk("reload"), "generation 2: 7 rules");
	if (geteuid() == 0) {
		fflush(stdout);
		const pid_t child = fork();
		if (child == 0) {
			if (setgid(65534) != 0 || setuid(65534) != 0)
				_exit(9);
			const bool reads = strstr(talk("sys session list"), "total session 2") != NULL;
			const bool refused = strstr(talk("sys session clear"), "only root and the daemon's own user may") != NULL;
			_exit(reads && refused ? 0 : 1);
		}
		int status = -1;
		waitpid(child, &status, 0);
		CU_ASSERT_EQUAL(status, 0);
	}
	CU_ASSERT_EQUAL(session_count(engine_sessions(f.rig[0].e)), 2);
	HAS(talk("sys session clear"), "cleared session 2");
	stop();
}

/* --- the client ----------------------------------------------------------------------------------------------- */

enum { TEXT_MAX = 8 << 20 };
static char *out, errors[8192];

static size_t drain(int fd, char *to, size_t cap, size_t at)
{
	ssize_t n;
	while (at + 1 < cap && (n = read(fd, to + at, cap - 1 - at)) > 0)
		at += (size_t)n;
	to[at] = '\0';
	return at;
}

/* `ips words --socket path` in a process of its own; its exit code. */
static int run(const char *words, int (*main_of)(int argc, char **argv), bool named)
{
	int o[2], e[2], status = 0;
	char copy[256], *save = NULL, *argv[40], option[] = "--socket";
	int argc = 0;
	if (out == NULL)
		out = malloc(TEXT_MAX);
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	if (named) {
		argv[argc++] = option;
		argv[argc++] = path;
	}
	argv[argc] = NULL;
	CU_ASSERT_EQUAL_FATAL(pipe(o) + pipe(e), 0);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		dup2(o[1], 1);
		dup2(e[1], 2);
		close(o[0]);
		close(o[1]);
		close(e[0]);
		close(e[1]);
		const int code = main_of(argc, argv);
		fflush(stdout);
		fflush(stderr);
		_exit(code);
	}
	close(o[1]);
	close(e[1]);
	drain(o[0], out, TEXT_MAX, 0);
	drain(e[0], errors, sizeof(errors), 0);
	close(o[0]);
	close(e[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_client(void)
{
	start(2500);
	CU_ASSERT_EQUAL(run("sys session list", cmd_live, true), EXIT_FINE);
	const char *end = out + strlen(out) - strlen("total session 2500\n");
	CU_ASSERT_STRING_EQUAL(end, "total session 2500\n");
	CU_ASSERT_STRING_EQUAL(errors, "");
	CU_ASSERT_EQUAL(run("session list serial 7 --json", cmd_live, true), EXIT_FINE);
	CU_ASSERT_EQUAL(strncmp(out, "{\"serial\":7,", 12), 0);
	CU_ASSERT_PTR_EQUAL(strchr(out, '\n'), out + strlen(out) - 1);
	CU_ASSERT_EQUAL(run("session lst", cmd_live, true), EXIT_USAGE);
	HAS(errors, "'session lst': no such command");
	HAS(errors, "usage: ips session list");
	CU_ASSERT_STRING_EQUAL(out, "");
	CU_ASSERT_EQUAL(run("log tail", cmd_live, true), EXIT_FAILED);
	HAS(errors, "ips: no log is kept");
	CU_ASSERT_EQUAL(run("ha info --help", cmd_live, true), EXIT_FINE);
	HAS(out, "usage: ips ha info [-v] [--json]");
	CU_ASSERT_EQUAL(run("ha mode --socket", cmd_live, false), EXIT_USAGE);
	CU_ASSERT_EQUAL(run("log tail --json", cmd_live, true), EXIT_USAGE);
	CU_ASSERT_EQUAL(run("version", cmd_version, true), EXIT_FINE);
	HAS(out, "ips 0.");
	HAS(out, "\nipsd 9.8.7 on fw-a");
	setenv("IPS_SOCKET", path, 1);
	CU_ASSERT_EQUAL(run("ha mode", cmd_live, false), EXIT_FINE);
	CU_ASSERT_STRING_EQUAL(out, "standalone\n");
	CU_ASSERT_EQUAL(run("version --json", cmd_version, false), EXIT_FINE);
	HAS(out, "\"generation\":3");
	setenv("IPS_SOCKET", "/nonexistent/s", 1);
	CU_ASSERT_EQUAL(run("version", cmd_version, false), EXIT_FINE);
	CU_ASSERT_STRING_EQUAL(errors, "");
	unsetenv("IPS_SOCKET");
	stop();
}

static void test_client_alone(void)
{
	char dir[] = "/tmp/test_ctl_XXXXXX";
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	CU_ASSERT_EQUAL(run("stats", cmd_live, true), EXIT_FAILED);
	HAS(errors, "no daemon at");
	HAS(errors, "systemctl start ipsd");
	CU_ASSERT_EQUAL(run("stats now", cmd_live, true), EXIT_USAGE);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	CU_ASSERT_EQUAL(run("stats", cmd_live, true), EXIT_FAILED);
	HAS(errors, "is no socket");
	CU_ASSERT_EQUAL(run("version", cmd_version, true), EXIT_FAILED);
	unlink(path);
	rmdir(dir);
	CU_ASSERT_EQUAL(run("stats --socket /tmp/012345678901234567890123456789012345678901234567890123456789"
			    "01234567890123456789012345678901234567890123456789",
			    cmd_live, false),
			EXIT_FAILED);
	HAS(errors, "107 octets at most");
}

static int as_nobody(int argc, char **argv)
{
	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 99;
	return cmd_live(argc, argv);
}

static void test_client_rights(void)
{
	start(1);
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(run("reload", as_nobody, true), EXIT_FAILED);
		HAS(errors, "use sudo");
		chmod(path, 0660);
		CU_ASSERT_EQUAL(run("ha mode", as_nobody, true), EXIT_FAILED);
		HAS(errors, "root and group 'root' may");
		chmod(folder, 0700);
		CU_ASSERT_EQUAL(run("ha mode", as_nobody, true), EXIT_FAILED);
		HAS(errors, "you may not use");
		chmod(folder, 0755);
	}
	CU_ASSERT_EQUAL(f.n_reloads, 0);
	stop();
}

/* A daemon of the test's own that says one thing and goes. */
static int lone(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	strcpy(folder, "/tmp/test_ctl_XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	strcpy(a.sun_path, path);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(fd, 4), 0);
	return fd;
}

static void *say_and_go(void *arg)
{
	const char *const *text = arg;
	char request[256];
	const int fd = accept(listener, NULL, NULL);
	(void)!recv(fd, request, sizeof(request), 0);
	(void)!send(fd, *text, strlen(*text), MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void test_daemon_gone(void)
{
	static const struct {
		const char *says, *printed, *error;
		int code;
	} row[] = {
		{ "", "", "before its answer was whole", EXIT_FAILED },
		{ "{\"text\":\"one\\n\"}\n{\"te", "one\n", "before its answer was whole", EXIT_FAILED },
		{ "{\"text\":\"one\\n\"}\n", "one\n", "before its answer was whole", EXIT_FAILED },
		{ "hello\n", "", "not understood", EXIT_FAILED },
		{ "{\"text\":\"a\"}\n{\"error\":\"why\",\"code\":2}\n{\"end\":true}\n", "a", "ips: why\n", EXIT_USAGE },
		{ "{\"error\":\"why\",\"code\":77}\n{\"end\":true}\n", "", "ips: why\n", EXIT_FAILED },
		{ "{\"row\":{\"a\":1}}\n{\"end\":true}\n", "{\"a\":1}\n", "", EXIT_FINE },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		pthread_t t;
		listener = lone();
		pthread_create(&t, NULL, say_and_go, (void *)(uintptr_t)&row[i].says);
		CU_ASSERT_EQUAL(run("stats", cmd_live, true), row[i].code);
		CU_ASSERT_STRING_EQUAL(out, row[i].printed);
		HAS(errors, row[i].error);
		CU_ASSERT_EQUAL(errors[0] == '\0', row[i].error[0] == '\0');
		pthread_join(t, NULL);
		close(listener);
		unlink(path);
		rmdir(folder);
	}
}

/* Nobody reads the client's output any more: it ends without a word, while it prints and while it waits. */
static void test_output_closed(void)
{
	static const char *const asked[] = { "sys session list", "log tail -f" };
	start(3000);
	const struct logs_cfg cfg = { .n_workers = 1, .ring = 16, .fd = { -1, -1 } };
	CU_ASSERT_EQUAL_FATAL(logs_start(&cfg, &f.node.logs), OK);
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		int o[2], e[2], status = 0;
		char copy[64], *save = NULL, *argv[8], option[] = "--socket", some[10];
		int argc = 0;
		snprintf(copy, sizeof(copy), "%s", asked[i]);
		for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
			argv[argc++] = w;
		argv[argc++] = option;
		argv[argc++] = path;
		argv[argc] = NULL;
		CU_ASSERT_EQUAL_FATAL(pipe(o) + pipe(e), 0);
		fflush(stdout);
		const pid_t child = fork();
		if (child == 0) {
			dup2(o[1], 1);
			dup2(e[1], 2);
			close(o[0]);
			close(o[1]);
			_exit(cmd_live(argc, argv));
		}
		close(o[1]);
		close(e[1]);
		if (i == 0)
			CU_ASSERT_EQUAL(read(o[0], some, sizeof(some)), (ssize_t)sizeof(some));
		usleep(200000);
		close(o[0]);
		waitpid(child, &status, 0);
		CU_ASSERT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == EXIT_FINE : WTERMSIG(status) == SIGPIPE);
		CU_ASSERT_EQUAL(drain(e[0], errors, sizeof(errors), 0), 0);
		close(e[0]);
	}
	HAS(talk("ha mode"), "standalone");
	ctl_stop(ctl);
	logs_stop(f.node.logs);
	ctl = NULL;
	stop();
	free(out);
	out = NULL;
}

UNIT_MAIN({ "idle ones give way", test_idle_ones }, { "root is not locked out", test_locked_out },
	  { "requests over the socket", test_talk }, { "lines that are wrong or too long", test_bad_lines },
	  { "one client too many", test_ninth }, { "clients that vanish", test_gone },
	  { "a client that does not read", test_slow_reader }, { "who may change the node", test_rights },
	  { "the client", test_client }, { "the client without a daemon", test_client_alone },
	  { "the client without the right", test_client_rights }, { "a daemon that goes", test_daemon_gone },
	  { "output that nobody reads", test_output_closed })
