/* test_logs_tail.c - the last lines of a log and their numbers; dates; the writer's and the producers' system calls. */
#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "ips/logs_int.h"
#include "ips/utc.h"
#include "tests/unit/logs_rig.h"

/* --- tails ------------------------------------------------------------------------------------------------------ */

static struct log_tail tail;

/* Line i: "i" and dots, len octets in all. */
static void add_line(uint64_t i, size_t len)
{
	static char line[TAIL_OCTETS + 100];
	memset(line, '.', len);
	char nr[24];
	const int n = snprintf(nr, sizeof(nr), "%llu", (unsigned long long)i);
	memcpy(line, nr, (size_t)n);
	line[len - 1] = '\n';
	log_tail_add(&tail, line, len);
}

/* Lines first to last, and nothing else; the number of the last one told. */
static void expect(uint64_t after, unsigned n, uint64_t first, uint64_t last, uint64_t told)
{
	struct outbuf o = { 0 };
	log_tail_read(&tail, &after, n, &o);
	CU_ASSERT_EQUAL(after, told);
	const char *s = o.p != NULL ? o.p : "";
	for (uint64_t i = first; i <= last; i++) {
		const char *end = strchr(s, '\n');
		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		CU_ASSERT_EQUAL_FATAL(strtoull(s, NULL, 10), i);
		s = end + 1;
	}
	CU_ASSERT_EQUAL(*s, '\0');
	outbuf_free(&o);
}

static void test_tail(void)
{
	CU_ASSERT_EQUAL_FATAL(log_tail_init(&tail), OK);
	expect(0, 10, 1, 0, 0);
	expect(7, 10, 1, 0, 0); /* a number from before the start */
	for (uint64_t i = 1; i <= 5; i++)
		add_line(i, 10 + i);
	expect(0, 3, 3, 5, 5);
	expect(0, 99, 1, 5, 5);
	expect(0, 0, 1, 0, 5);
	expect(2, 99, 3, 5, 5);
	expect(2, 1, 3, 3, 3); /* the rest comes with the next question */
	expect(3, 1, 4, 4, 4);
	expect(5, 9, 1, 0, 5);
	expect(6, 2, 4, 5, 5);
	expect(2, 0, 1, 0, 2);
	/* bound in lines */
	for (uint64_t i = 6; i <= 3000; i++)
		add_line(i, 20);
	expect(0, 5000, 3000 - TAIL_LINES + 1, 3000, 3000);
	expect(1, 2, 3000 - TAIL_LINES + 1, 3000 - TAIL_LINES + 2, 3000 - TAIL_LINES + 2);
	/* bound in octets, places of lines that wrap */
	for (uint64_t i = 3001; i <= 4000; i++)
		add_line(i, 1000 + i % 7);
	uint64_t kept = TAIL_OCTETS / 1006 <= TAIL_LINES ? TAIL_OCTETS / 1003 : TAIL_LINES;
	CU_ASSERT_TRUE(tail.n >= TAIL_OCTETS / 1006 && tail.n <= kept + 1 && tail.used <= TAIL_OCTETS);
	expect(0, 5000, 4000 - tail.n + 1, 4000, 4000);
	/* the longest, and one too long for the ring, which counts all the same */
	add_line(4001, TAIL_OCTETS);
	expect(0, 5, 4001, 4001, 4001);
	add_line(4002, TAIL_OCTETS + 1);
	expect(4001, 5, 1, 0, 4002);
	add_line(4003, 100);
	expect(0, 1, 4003, 4003, 4003);
	expect(4002, 9, 4003, 4003, 4003);
	log_tail_fini(&tail);
}

/* Of the writer: lines that are in the file, and their numbers. */
static void test_tail_of_logs(void)
{
	const int eve = mem_file();
	struct logs *l = start_logs(1, 64, dup(eve), -1);
	struct outbuf o = { 0 };
	uint64_t after = 0, next[2] = { 0, 1 };
	put_all(l, 0, 1, 2000);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	logs_tail(l, LOG_EVE, &after, 2, &o);
	CU_ASSERT_EQUAL(after, 2000);
	next[1] = 1999;
	follow(o.p, next, 2);
	CU_ASSERT_EQUAL(next[1], 2001);
	outbuf_clear(&o);
	put_all(l, 0, 2001, 30);
	CU_ASSERT_TRUE(logs_passed(l, 5000));
	logs_tail(l, LOG_EVE, &after, 1000, &o);
	CU_ASSERT_EQUAL(after, 2030);
	follow(o.p, next, 2);
	CU_ASSERT_EQUAL(next[1], 2031);
	outbuf_clear(&o);
	after = 0;
	logs_tail(l, LOG_KV, &after, 1000, &o);
	CU_ASSERT_TRUE(after == 0 && o.len == 0);
	after = 1;
	logs_tail(l, LOG_EVE, &after, UINT32_MAX, &o);
	CU_ASSERT_EQUAL(after, 2030);
	CU_ASSERT_TRUE(n_lines(o.p) > 400 && o.len <= TAIL_OCTETS);
	next[1] = 2031 - n_lines(o.p);
	follow(o.p, next, 2);
	CU_ASSERT_EQUAL(next[1], 2031);
	outbuf_free(&o);
	logs_stop(l);
	close(eve);
}

/* --- dates ------------------------------------------------------------------------------------------------------ */

static void test_utc(void)
{
	int64_t s = -INT64_C(9223372000);
	for (unsigned i = 0; s < INT64_C(9223372000); i++, s += INT64_C(86400) * (i % 45 + 1) + i % 86400) {
		const time_t t = (time_t)s;
		struct tm tm;
		CU_ASSERT_PTR_NOT_NULL_FATAL(gmtime_r(&t, &tm));
		const struct utc u = utc_of(mono_ns(s * NS_PER_SEC + 999999999));
		CU_ASSERT_TRUE_FATAL(u.year == tm.tm_year + 1900 && u.month == (unsigned)tm.tm_mon + 1);
		CU_ASSERT_TRUE_FATAL(u.day == (unsigned)tm.tm_mday && u.hour == (unsigned)tm.tm_hour);
		CU_ASSERT_TRUE_FATAL(u.minute == (unsigned)tm.tm_min && u.second == (unsigned)tm.tm_sec && u.us == 999999);
	}
	const struct utc leap = utc_of(mono_ns(INT64_C(951782399999999999))), before = utc_of(mono_ns(-1));
	CU_ASSERT_TRUE(leap.year == 2000 && leap.month == 2 && leap.day == 28 && leap.second == 59);
	CU_ASSERT_TRUE(before.year == 1969 && before.month == 12 && before.day == 31 && before.us == 999999);
}

/* --- system calls ----------------------------------------------------------------------------------------------- */

/* Kills the process at any system call but these, of this thread or of all. */
static bool allow_only(const int *nr, size_t n, bool all_threads)
{
	struct sock_filter code[64] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	size_t at = 1;
	for (size_t i = 0; i < n; i++) {
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr[i], 0, 1);
		code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	const struct sock_fprog prog = { .len = (unsigned short)at, .filter = code };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0, &prog) == 0;
}

enum { FINE = 0, WRONG = 1, NO_SECCOMP = 77 };

/* Runs fn in a process of its own; returns how that ended: an exit code, or 128 + signal. */
static int in_child(int (*fn)(void))
{
	fflush(stdout);
	const pid_t pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, fn()); /* _exit is more than that under a sanitizer */
	int st = 0;
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &st, 0), pid);
	return WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
}

static int producer_alone(void)
{
	static const int none[] = { SYS_exit_group };
	const struct rec r = log_rec(REC_DROP);
	const struct ha_event ev = { .id = HAE_ACTIVE };
	struct logs *l = start_logs(1, 64, open("/dev/null", O_WRONLY), -1);
	if (!logs_rec(l, 0, &bare_gen, &r) || !logs_passed(l, 5000)) /* what the linker and the first pages need */
		return WRONG;
	if (!allow_only(none, 1, false))
		return NO_SECCOMP;
	unsigned in = 0, lost = 0;
	for (unsigned i = 0; i < 5000; i++) {
		const bool ok = i % 2 == 0 ? logs_rec(l, 0, &bare_gen, &r) : logs_ha(l, 0, &ev);
		in += ok;
		lost += !ok;
	}
	return in > 0 && lost > 0 && stat_of(l).lost == lost ? FINE : WRONG;
}

static int writer_alone(void)
{
	static const int few[] = { SYS_write,  SYS_poll,   SYS_ppoll, SYS_nanosleep, SYS_clock_nanosleep, SYS_futex,
				   SYS_madvise, SYS_munmap, SYS_mmap,  SYS_brk,       SYS_close,           SYS_rt_sigprocmask,
				   SYS_exit,    SYS_exit_group,
#ifdef __SANITIZE_ADDRESS__
				   SYS_sigaltstack,
#endif
	};
	struct gen g;
	rig_gen(&g, &(struct rig_opts){ .rules = log_rules });
	logs_warm();
	const int file = mem_file(), null = open("/dev/null", O_WRONLY), full = open("/dev/full", O_WRONLY);
	const int to[LOG_KIND_N] = { dup(null), dup(file) }, last[LOG_KIND_N] = { full, -1 };
	struct logs *l = start_logs(1, 64, dup(file), null);
	if (!logs_passed(l, 5000)) /* its thread has started */
		return WRONG;
	if (!allow_only(few, ARRAY_LEN(few), true))
		return NO_SECCOMP;
	for (unsigned i = 0; i < 100; i++) {
		struct rec r = log_rec((enum rec_kind)(i % REC_N));
		r.tuple.family = i % 2 == 0 ? 4 : 6;
		const struct ha_event ev = { .id = (enum ha_event_id)(i % HAE_N), .at = mono_ns(LOG_AT) };
		if (!logs_rec(l, 0, &g, &r) || !logs_ha(l, 1, &ev))
			return WRONG;
		if (i == 50)
			logs_reopen(l, to);
		if (i == 90)
			logs_reopen(l, last);
		if (i % 10 == 0 && !logs_passed(l, 5000))
			return WRONG;
	}
	if (!logs_passed(l, 5000))
		return WRONG;
	const struct logs_stat st = stat_of(l);
	logs_stop(l);
	return st.written[LOG_EVE] > 150 && st.failed[LOG_EVE] > 10 && st.lost == 0 ? FINE : WRONG;
}

static int kept_from(void)
{
	static const int none[] = { SYS_exit_group };
	if (!allow_only(none, 1, false))
		return NO_SECCOMP;
	return close(-1) == 0 ? WRONG : FINE;
}

static void test_system_calls(void)
{
	const int how = in_child(kept_from);
	if (how == NO_SECCOMP) {
		printf("skip - system calls of the log writer: no seccomp here\n");
		return;
	}
	CU_ASSERT_EQUAL(how, 128 + SIGSYS); /* the check itself notices one */
	CU_ASSERT_EQUAL(in_child(producer_alone), FINE);
	CU_ASSERT_EQUAL(in_child(writer_alone), FINE);
}

UNIT_MAIN({ "the last lines by number, bound in lines and octets", test_tail },
	  { "the tail of a log that is written", test_tail_of_logs },
	  { "dates", test_utc },
	  { "the packet path makes no system call, the writer few", test_system_calls })
