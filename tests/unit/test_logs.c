/* test_logs.c - the log writer: order, bounds, rotation, full and broken files, masks, the pair's events, tails. */
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/logs_rig.h"

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- order ------------------------------------------------------------------------------------------------------ */

enum { PRODUCERS = 3, EACH = 2000 };

struct producer {
	struct logs *l;
	unsigned worker;
};

static void *produce(void *arg)
{
	const struct producer *p = arg;
	put_all(p->l, p->worker, 1, EACH);
	return NULL;
}

static void test_order(void)
{
	const int eve = mem_file(), kv = mem_file();
	struct logs *l = start_logs(PRODUCERS - 1, 64, dup(eve), dup(kv));
	pthread_t t[PRODUCERS];
	struct producer p[PRODUCERS];
	for (unsigned i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ l, i };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, produce, &p[i]), 0);
	}
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(t[i], NULL);
	CU_ASSERT_TRUE(logs_passed(l, 20000));
	const struct logs_stat st = stat_of(l);
	CU_ASSERT_EQUAL(st.written[LOG_EVE], PRODUCERS * EACH);
	CU_ASSERT_EQUAL(st.written[LOG_KV], PRODUCERS * EACH);
	CU_ASSERT_EQUAL(st.failed[LOG_EVE] + st.failed[LOG_KV], 0);
	/* no ring of a number beyond the control thread's */
	const struct rec r = numbered(1, 1);
	CU_ASSERT_FALSE(logs_rec(l, PRODUCERS, &bare_gen, &r));
	char *text = file_text(eve);
	uint64_t next[PRODUCERS + 1] = { 1, 1, 1, 1 };
	follow(text, next, PRODUCERS + 1);
	for (unsigned i = 1; i <= PRODUCERS; i++)
		CU_ASSERT_EQUAL(next[i], EACH + 1);
	free(text);
	logs_stop(l);
	close(eve);
	close(kv);
}

/* --- a pipe nobody reads ---------------------------------------------------------------------------------------- */

static void fill_pipe(int fd)
{
	char junk[4096];
	memset(junk, '#', sizeof(junk));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, junk, sizeof(junk)) > 0)
		;
	CU_ASSERT_EQUAL(errno, EAGAIN);
	fcntl(fd, F_SETFL, 0);
}

/* Reads a pipe until its writers are gone; returns the text, to be freed. */
static void *read_all(void *arg)
{
	const int fd = *(int *)arg;
	struct outbuf o = { 0 };
	char some[777];
	for (ssize_t n; (n = read(fd, some, sizeof(some))) > 0;)
		outbuf_add(&o, some, (size_t)n);
	return o.p;
}

/* The packets never wait; records without room are counted, and lines that the pipe does not take; the other log goes on.
 * What the pipe takes later is whole lines. */
static void test_full_pipe(void)
{
	enum { RING = 64, N = 3000 };
	int fd[2];
	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	fill_pipe(fd[1]);
	const int kv = mem_file();
	struct logs *l = start_logs(1, RING, fd[1], dup(kv));
	unsigned lost = 0;
	int64_t began = now_ms();
	for (unsigned i = 0; i < N; i++) {
		const struct rec r = numbered(1, i + 1);
		lost += !logs_rec(l, 0, &bare_gen, &r);
	}
	CU_ASSERT_TRUE(now_ms() - began < 900);
	CU_ASSERT_TRUE(lost > 0);
	CU_ASSERT_FALSE(logs_passed(l, 20)); /* it waits for the pipe still */
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_EQUAL(stat_of(l).lost, lost);
	/* given up: from now on nothing is lost, and no second is spent */
	began = now_ms();
	put_all(l, 0, N + 1, 400);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_TRUE(now_ms() - began < 900);
	struct logs_stat st = stat_of(l);
	CU_ASSERT_EQUAL(st.written[LOG_KV], N - lost + 400);
	CU_ASSERT_EQUAL(st.written[LOG_EVE], 0);
	CU_ASSERT_TRUE(st.failed[LOG_EVE] > 0);
	/* a reader comes */
	pthread_t t;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, read_all, &fd[0]), 0);
	usleep(50000);
	put_all(l, 0, N + 401, 10);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	st = stat_of(l);
	CU_ASSERT_EQUAL(st.written[LOG_EVE] + st.failed[LOG_EVE], N - lost + 410);
	CU_ASSERT_EQUAL(st.written[LOG_KV], N - lost + 410);
	logs_stop(l);
	void *text = NULL;
	pthread_join(t, &text);
	const char *s = (char *)text + strspn(text, "#");
	CU_ASSERT_EQUAL(n_lines(s), st.written[LOG_EVE]);
	for (const char *line = s; *line != '\0'; line = strchr(line, '\n') + 1)
		CU_ASSERT_TRUE(*line == '{' && strchr(line, '\n') != NULL && strchr(line, '\n')[-1] == '}');
	free(text);
	close(fd[0]);
	close(kv);
}

/* A stuck pipe does not keep the daemon from ending, nor a new file from going on. */
static void test_stuck_end(void)
{
	int fd[2];
	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	fill_pipe(fd[1]);
	const int kv = mem_file(), later = mem_file();
	struct logs *l = start_logs(1, 64, fd[1], dup(kv));
	put_all(l, 0, 1, 5);
	int64_t began = now_ms();
	const int to[LOG_KIND_N] = { dup(later), -1 };
	logs_reopen(l, to);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_TRUE(now_ms() - began < 4000);
	/* what the pipe did not take is in the new file; the other log has ended, whole */
	struct logs_stat st = stat_of(l);
	CU_ASSERT_EQUAL(st.written[LOG_EVE], 5);
	CU_ASSERT_EQUAL(st.written[LOG_KV] + st.failed[LOG_KV], 5);
	put_all(l, 0, 6, 5);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_EQUAL(stat_of(l).written[LOG_KV] + stat_of(l).failed[LOG_KV], 5);
	char *text = file_text(later);
	uint64_t next[2] = { 0, 1 };
	follow(text, next, 2);
	CU_ASSERT_EQUAL(next[1], 11);
	free(text);
	logs_stop(l);

	CU_ASSERT_EQUAL_FATAL(close(fd[0]), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	fill_pipe(fd[1]);
	l = start_logs(1, 64, fd[1], -1);
	put_all(l, 0, 1, 5);
	began = now_ms();
	logs_stop(l);
	CU_ASSERT_TRUE(now_ms() - began < 4000);
	close(fd[0]);
	close(kv);
	close(later);
}

/* --- rotation --------------------------------------------------------------------------------------------------- */

static void test_rotation(void)
{
	enum { FILES = 60, PER = 40 };
	int eve[FILES];
	eve[0] = mem_file();
	const int first = dup(eve[0]);
	struct logs *l = start_logs(1, 256, first, -1);
	pthread_t t;
	struct producer p = { l, 0 };
	CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, produce, &p), 0);
	for (unsigned i = 1; i < FILES; i++) {
		eve[i] = mem_file();
		const int to[LOG_KIND_N] = { dup(eve[i]), -1 };
		usleep(i % 7 * 1000);
		logs_reopen(l, to);
	}
	pthread_join(t, NULL);
	CU_ASSERT_TRUE(logs_passed(l, 20000));
	CU_ASSERT_EQUAL(stat_of(l).written[LOG_EVE], EACH);
	uint64_t next[2] = { 0, 1 };
	unsigned used = 0;
	for (unsigned i = 0; i < FILES; i++) {
		char *text = file_text(eve[i]);
		follow(text, next, 2);
		used += *text != '\0';
		free(text);
	}
	CU_ASSERT_EQUAL(next[1], EACH + 1);
	CU_ASSERT_TRUE(used > 3);
	/* an old descriptor is closed once passed; the same one again changes nothing */
	const int last = dup(eve[0]), none[LOG_KIND_N] = { -1, -1 }, to[LOG_KIND_N] = { last, -1 };
	for (unsigned i = 0; i < 2; i++) {
		logs_reopen(l, to);
		CU_ASSERT_TRUE(logs_passed(l, 5000));
		CU_ASSERT_TRUE(fcntl(last, F_GETFD) >= 0);
	}
	logs_reopen(l, none);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_TRUE(fcntl(last, F_GETFD) < 0);
	/* a log that has ended takes records without a word, and comes back */
	put_all(l, 0, 1, 500);
	const int again = mem_file(), back[LOG_KIND_N] = { dup(again), -1 };
	logs_reopen(l, back);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	put_all(l, 0, EACH + 1, 3);
	logs_stop(l);
	char *text = file_text(again);
	CU_ASSERT_EQUAL(n_lines(text), 3);
	follow(text, next, 2);
	free(text);
	for (unsigned i = 0; i < FILES; i++)
		close(eve[i]);
	close(again);
}

/* --- files that are full or gone -------------------------------------------------------------------------------- */

static void test_full_disk(void)
{
	const int full = open("/dev/full", O_WRONLY | O_APPEND | O_CLOEXEC), kv = mem_file();
	CU_ASSERT_FATAL(full >= 0);
	struct logs *l = start_logs(1, 1024, full, dup(kv));
	put_all(l, 0, 1, 700);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	const struct logs_stat st = stat_of(l);
	CU_ASSERT_EQUAL(st.failed[LOG_EVE], 700);
	CU_ASSERT_EQUAL(st.written[LOG_EVE], 0);
	CU_ASSERT_EQUAL(st.written[LOG_KV], 700);
	CU_ASSERT_EQUAL(st.failed[LOG_KV] + st.lost, 0);
	uint64_t after = 0;
	struct outbuf o = { 0 };
	logs_tail(l, LOG_EVE, &after, 10, &o);
	CU_ASSERT_TRUE(o.len == 0 && after == 0);
	logs_stop(l);
	outbuf_free(&o);
	close(kv);
}

/* No room in the middle of a line: the part gets a newline of its own once there is room, and the next line is whole. */
static void test_torn(void)
{
	enum { LIMIT = 1000, MORE = 20 };
	const int eve = mem_file();
	struct logs *l = start_logs(1, 64, dup(eve), -1);
	struct rlimit old, tight;
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = LIMIT;
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &tight), 0);
	put_all(l, 0, 1, 10);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	put_all(l, 0, 11, 10); /* nothing of these fits, not even a newline */
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &old), 0);
	const uint64_t whole = stat_of(l).written[LOG_EVE];
	CU_ASSERT_EQUAL(whole + stat_of(l).failed[LOG_EVE], 20);
	put_all(l, 0, 21, MORE);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_EQUAL(stat_of(l).written[LOG_EVE], whole + MORE);
	char *text = file_text(eve), *part = text;
	CU_ASSERT_EQUAL(n_lines(text), whole + 1 + MORE);
	for (uint64_t i = 0; i < whole; i++)
		part = strchr(part, '\n') + 1;
	char *rest = strchr(part, '\n') + 1;
	CU_ASSERT_EQUAL(rest - text, LIMIT + 1);
	CU_ASSERT_NOT_EQUAL(rest[-2], '}');
	uint64_t next[2] = { 0, 1 }, later[2] = { 0, 21 };
	follow(rest, later, 2);
	CU_ASSERT_EQUAL(later[1], 21 + MORE);
	*part = '\0';
	follow(text, next, 2);
	CU_ASSERT_EQUAL(next[1], whole + 1);
	free(text);
	logs_stop(l);
	close(eve);
}

static void test_closed_pipe(void)
{
	int fd[2];
	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	close(fd[0]);
	struct sigaction sa;
	CU_ASSERT_EQUAL(sigaction(SIGPIPE, NULL, &sa), 0);
	CU_ASSERT_TRUE(sa.sa_handler == SIG_DFL);
	struct logs *l = start_logs(1, 64, fd[1], -1);
	put_all(l, 0, 1, 50);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_EQUAL(stat_of(l).failed[LOG_EVE], 50);
	logs_stop(l);
	/* a descriptor that is none */
	l = start_logs(1, 64, 1 << 20, -1);
	put_all(l, 0, 1, 50);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	CU_ASSERT_EQUAL(stat_of(l).failed[LOG_EVE], 50);
	logs_stop(l);
}

/* --- what is written -------------------------------------------------------------------------------------------- */

static void test_masks(void)
{
	struct gen g;
	rig_gen(&g, &(struct rig_opts){ .rules = log_rules });
	for (unsigned bit = 0; bit <= REC_N; bit++) {
		const uint32_t only = bit < REC_N ? 1u << bit : LOG_MASK_HA;
		const int eve = mem_file(), kv = mem_file();
		const struct logs_cfg cfg = { .n_workers = 1,
					      .ring = 64,
					      .fd = { dup(eve), dup(kv) },
					      .mask = { only, (ALL_RECS | LOG_MASK_HA) & ~only },
					      .hostname = "a" };
		struct logs *l;
		CU_ASSERT_EQUAL_FATAL(logs_start(&cfg, &l), OK);
		for (unsigned k = 0; k <= REC_N; k++) { /* REC_N is no kind */
			struct rec r = log_rec(k < REC_N ? (enum rec_kind)k : REC_DROP);
			r.kind = (uint8_t)k;
			CU_ASSERT_TRUE(logs_rec(l, 0, &g, &r));
		}
		CU_ASSERT_TRUE(logs_ha(l, 1, &(struct ha_event){ .id = HAE_RELOAD, .at = mono_ns(LOG_AT) }));
		logs_stop(l);
		char *text = file_text(eve), *others = file_text(kv);
		CU_ASSERT_EQUAL(n_lines(text), 1);
		CU_ASSERT_EQUAL(n_lines(others), REC_N);
		const struct rec r = log_rec(bit < REC_N ? (enum rec_kind)bit : REC_DROP);
		if (bit < REC_N) {
			CU_ASSERT_STRING_EQUAL(text, log_line(&g, &r, true));
			CU_ASSERT_PTR_NULL(strstr(others, log_line(&g, &r, false)));
		} else {
			CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"event_type\":\"ha\",\"host\":\"a\""));
			CU_ASSERT_PTR_NULL(strstr(others, "subtype=\"ha\""));
		}
		free(text);
		free(others);
		close(eve);
		close(kv);
	}
	rig_gen_free(&g);
}

/* The lines of tests/golden/ha_events.*, which tests/golden/eve.sh holds against the schema. */
static void test_ha_events(void)
{
	static const char *const golden[LOG_KIND_N] = { "tests/golden/ha_events.eve", "tests/golden/ha_events.kv" };
	const int fd[LOG_KIND_N] = { mem_file(), mem_file() };
	struct logs *l = start_logs(1, 64, dup(fd[0]), dup(fd[1]));
	for (unsigned i = 0; i < HAE_N; i++) {
		struct ha_event ev = { .id = (enum ha_event_id)i, .at = mono_ns(LOG_AT + i * NS_PER_SEC), .term = i };
		if (i % 2 != 0)
			snprintf(ev.text, sizeof(ev.text), "of \"b\"\n\\ \xff (%u)", i);
		CU_ASSERT_TRUE(logs_ha(l, i % 2, &ev));
		CU_ASSERT_TRUE(logs_passed(l, 5000));
	}
	CU_ASSERT_TRUE(logs_ha(l, 0, &(struct ha_event){ .id = HAE_N }));
	logs_stop(l);
	for (unsigned k = 0; k < LOG_KIND_N; k++) {
		static char want[1 << 14];
		FILE *f = fopen(golden[k], "r");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		want[fread(want, 1, sizeof(want) - 1, f)] = '\0';
		fclose(f);
		char *text = file_text(fd[k]);
		CU_ASSERT_EQUAL(n_lines(text), HAE_N);
		CU_ASSERT_STRING_EQUAL(text, want);
		free(text);
		close(fd[k]);
	}
	CU_ASSERT_STRING_EQUAL(ha_event_name(HAE_N), "unknown");
}

/* A generation may go as soon as its records have passed; records of another one may follow. */
static void test_generations(void)
{
	const int eve = mem_file();
	struct logs *l = start_logs(1, 64, dup(eve), -1);
	for (unsigned i = 0; i < 5; i++) {
		struct gen *g = malloc(sizeof(*g));
		rig_gen(g, &(struct rig_opts){ .rules = i % 2 == 0 ? log_rules : "" });
		const struct rec r = log_rec(REC_ALERT);
		for (unsigned k = 0; k < 60; k++)
			CU_ASSERT_TRUE(logs_rec(l, 0, g, &r));
		CU_ASSERT_TRUE(logs_passed(l, 5000));
		CU_ASSERT_EQUAL(stat_of(l).written[LOG_EVE], (i + 1) * 60);
		rig_gen_free(g);
		memset(g, 0xdb, sizeof(*g));
		free(g);
	}
	logs_stop(l);
	char *text = file_text(eve), *s = text;
	unsigned named = 0;
	for (; (s = strstr(s, "\"signature\":")) != NULL; s++)
		named++;
	CU_ASSERT_EQUAL(named, 180);
	free(text);
	close(eve);
}

static void test_stop(void)
{
	const int eve = mem_file();
	for (unsigned i = 0; i < 20; i++) {
		struct logs *l = start_logs(2, 1024, dup(eve), -1);
		put_all(l, 0, i * 100 + 1, 100);
		put_all(l, 1, i * 100 + 1, 100);
		logs_stop(l);
	}
	char *text = file_text(eve);
	uint64_t next[3] = { 0, 1, 1 };
	follow(text, next, 3);
	CU_ASSERT_TRUE(next[1] == 2001 && next[2] == 2001);
	free(text);
	logs_stop(NULL);
	/* refused: the descriptors stay ours */
	struct logs *l = NULL;
	const struct logs_cfg none = { .n_workers = 1, .ring = 0, .fd = { eve, -1 } };
	CU_ASSERT_EQUAL(logs_start(&none, &l), ERR_USAGE);
	CU_ASSERT_PTR_NULL(l);
	CU_ASSERT_TRUE(fcntl(eve, F_GETFD) >= 0);
	close(eve);
}

UNIT_MAIN({ "records of several producers, each in order", test_order },
	  { "a pipe nobody reads costs records, never time", test_full_pipe },
	  { "a stuck pipe stops neither the end nor a new file", test_stuck_end },
	  { "rotation loses no line and splits none", test_rotation },
	  { "a full disk: lines are counted as failed", test_full_disk },
	  { "a line cut off is ended before the next", test_torn },
	  { "a closed pipe and no file at all", test_closed_pipe },
	  { "each log has the kinds of its mask", test_masks },
	  { "events of the pair, to the letter", test_ha_events },
	  { "a generation may go once its records have passed", test_generations },
	  { "stop writes what is left", test_stop })
