/* iccp_sim.c - a TASE.2 client and server over TCP that verify every octet they receive: signals, time, the two roles.
 *
 * A witness from outside: nothing of the product's decoders is in it.
 */
#include "tests/tools/iccp_sim.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static volatile sig_atomic_t end_asked, go_on_asked, numbers_asked, enough_asked;
static sigset_t while_polling;

static void on_signal(int number)
{
	switch (number) {
	case SIGUSR1:
		go_on_asked = 1;
		break;
	case SIGUSR2:
		numbers_asked = 1;
		break;
	case SIGHUP:
		enough_asked = 1;
		break;
	default:
		end_asked = 1;
	}
}

/* Signals come only within sim_poll(), so that none is seen too late. */
static void take_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t ours;
	sigemptyset(&ours);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		sigaddset(&ours, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &ours, &while_polling);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		sigdelset(&while_polling, numbers[i]);
	signal(SIGPIPE, SIG_IGN);
}

struct sim_asked sim_asked(void)
{
	return (struct sim_asked){ .end = end_asked, .go_on = go_on_asked, .enough = enough_asked };
}

int64_t sim_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void sim_poll(struct pollfd *fds, size_t n, int64_t until)
{
	/* up to a millisecond later, so that what is due at about the same time is done at once */
	const int64_t left = until == INT64_MAX ? 0 : until - until % 1000000 + 1000000 - sim_now();
	const struct timespec t = { .tv_sec = left > 0 ? left / 1000000000 : 0, .tv_nsec = left > 0 ? left % 1000000000 : 0 };
	if (ppoll(fds, n, until == INT64_MAX ? NULL : &t, &while_polling) < 0)
		for (size_t i = 0; i < n; i++)
			fds[i].revents = 0;
}

void sim_numbers(const struct sim_num *n)
{
#define X(field, what) printf("%s %llu\n", #field, (unsigned long long)n->field);
	SIM_NUM_LIST(X)
#undef X
	fflush(stdout);
}

void sim_progress(const struct sim_num *n)
{
	if (!numbers_asked)
		return;
	numbers_asked = 0;
	sim_numbers(n);
	puts(".");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sim_opt opt;
	struct rlimit files;
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		opt_usage();
		return 0;
	}
	if (!opt_parse(&opt, argc, argv))
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	take_signals();
	return opt.server ? server_run(&opt) : client_run(&opt);
}
