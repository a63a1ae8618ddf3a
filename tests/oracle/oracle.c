/* oracle.c - does the receiver read what the decoders saw? Thousands of schedules of a hostile sender, each made of a number.
 *
 *   oracle NS-SENDER NS-ENGINE NS-RECEIVER GATEWAY-MAC [--class NAME] [--n N] [--seed S] [--one SEED] [--examples]
 *          [--failover]
 *
 * Interfaces: e0 of the sender, r0 of the engine's outside. Exit code 0: nothing found, 1: something.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/oracle/play.h"

enum { SIMPLER = 9, TRIES = STEPS_MAX * 2 + SIMPLER, ROUNDS = 200 };

struct tally {
	unsigned n, opened, end[3], found[FINDING_N];
	struct schedule worst[FINDING_N]; /* with the fewest steps of those found; n == 0 and len == 0: none */
	double seconds;
};

struct opt {
	const char *ns[3], *mac;
	int only;                        /* enum oddity; -1: all */
	unsigned n;
	uint64_t seed;
	bool one, examples, failover;
};

bool ends_enter(const char *ns)
{
	char path[128];
	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool good = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

static bool bench_open(struct bench *b, const struct opt *o)
{
	cpu_set_t here;
	memset(b, 0, sizeof(*b));
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	(void)sched_setaffinity(0, sizeof(here), &here);
	b->c = calloc(SIDE_BY_SIDE, sizeof(*b->c));
	if (b->c == NULL)
		return false;
	if (!ends_enter(o->ns[2]) || !receiver_open(&b->rcv)) {
		perror("oracle: the receiver");
		return false;
	}
	if (!ends_enter(o->ns[0]) || !wire_open(&b->wire, "e0", o->mac)) {
		perror("oracle: the sender");
		return false;
	}
	if (!ends_enter(o->ns[1]))
		return false;
	b->rcv.ns_back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return b->rcv.ns_back >= 0 && middle_open(&b->mid, "r0");
}

/* --- the smallest that still shows it --------------------------------------------------------- */

/* Nothing of the stream's own may come to stand behind its end. */
static bool halve_stream(struct schedule *s)
{
	s->len = (uint16_t)(s->len / 2);
	for (unsigned i = 0; i < s->n; i++)
		if (!s->step[i].from_ack && s->step[i].off + s->step[i].len > s->len)
			return false;
	return s->len > 0;
}

/* The stream and both ends made simpler; false: that is so already. */
static bool simpler(struct schedule *s, unsigned how)
{
	const struct schedule was = *s;
	switch (how) {
	case 0:
		return halve_stream(s);
	case 1:
		s->timestamps = s->odd == ODD_PAWS;
		break;
	case 2:
		s->sack = false;
		s->wscale = 0;
		break;
	case 3:
		s->echo = false;
		s->late = 0;
		break;
	case 4:
		s->shuts = false;
		s->ext = EXT_NONE;
		break;
	case 5:
		s->syn_len /= 2;
		s->cookie = s->syn_len != 0 ? s->cookie : COOKIE_NONE;
		break;
	case 6:
		s->fail.at /= 2;
		break;
	case 7:
		s->fail.at -= s->fail.at > 1;
		break;
	default:
		s->fail.n = s->fail.at != 0;
	}
	return memcmp(&was, s, sizeof(was)) != 0;
}

static bool try_change(struct schedule *s, const struct schedule *of, unsigned i)
{
	memcpy(s, of, sizeof(*s));
	if (i < of->n) {
		plan_drop(s, i);
		return of->step[i].kind != STEP_PAUSE && of->step[i].kind != STEP_ENGINE; /* a batch has its pauses together */
	}
	i -= of->n;
	if (i < of->n) {
		const struct step *was = &of->step[i];
		s->step[i].len = (uint16_t)(s->step[i].len / 2);
		s->step[i].burst = false;
		return was->fragment == 0 ? was->burst || was->len > 1 : s->step[i].len >= was->fragment;
	}
	return simpler(s, i - of->n);
}

static void shrink(struct bench *b, struct schedule *s, enum finding f)
{
	static struct schedule tried[TRIES];
	struct outcome out[TRIES];
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned n = 0, k = 0;
		for (unsigned i = 0; i < 2 * s->n + SIMPLER; i++)
			n += try_change(&tried[n], s, i);
		if (n == 0)
			return;
		play(b, tried, n, out);
		while (k < n && out[k].found != f)
			k++;
		if (k == n)
			return;
		*s = tried[k];
	}
}

static void make(struct schedule *s, const struct opt *o, enum oddity odd, uint64_t seed)
{
	plan_make(s, odd, seed);
	if (o->failover)
		plan_failure(s);
}

static void show(struct bench *b, const struct schedule *s)
{
	static const char *const ends[] = { "is open", "was closed", "was reset" };
	struct outcome o;
	plan_print(s, stdout);
	play(b, s, 1, &o);
	printf("      %s: octet %u%s; %u octets read, %u seen, %u answered, the connection %s\n", finding_name[o.found], o.at,
	       o.answers ? " of the answers" : "", o.n_got, o.n_seen, o.n_back, o.opened ? ends[o.end] : "never opened");
	for (enum reason r = REASON_NONE; r < REASON_N; r++)
		if (b->mid.drops[r] != 0)
			printf("      the engine dropped %u: %s\n", b->mid.drops[r], reason_name(r));
}

/* --- the run ---------------------------------------------------------------------------------- */

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(struct tally *t, const struct schedule *s, const struct outcome *o)
{
	struct schedule *w = &t->worst[o->found];
	t->n++;
	t->opened += o->opened;
	t->end[o->end]++;
	t->found[o->found]++;
	if (w->len == 0 || s->n < w->n)
		*w = *s;
}

static void run_class(struct bench *b, const struct opt *o, enum oddity odd, unsigned n, struct tally *t)
{
	static struct schedule s[SIDE_BY_SIDE];
	struct outcome out[SIDE_BY_SIDE];
	const double from = now_s();
	for (unsigned at = 0; at < n; at += SIDE_BY_SIDE) {
		const unsigned many = n - at < SIDE_BY_SIDE ? n - at : SIDE_BY_SIDE;
		for (unsigned i = 0; i < many; i++)
			make(&s[i], o, odd, o->seed + at + i);
		play(b, s, many, out);
		for (unsigned i = 0; i < many; i++)
			count(t, &s[i], &out[i]);
	}
	t->seconds = now_s() - from;
}

static void print_tally(enum oddity odd, const struct tally *t)
{
	printf("%-14s %6u %6u %6u %6u %6u %7u %7u %9u  %5.0f/s\n", oddity_rows[odd].name, t->n, t->opened, t->end[ENDED_CLEAN],
	       t->end[ENDED_RESET], t->end[STILL_OPEN], t->found[FOUND_UNSEEN], t->found[FOUND_EXTRA], t->found[FOUND_HINDERED],
	       t->n / t->seconds);
	fflush(stdout);
}

static void print_examples(struct bench *b, const struct tally *t)
{
	for (enum finding f = FOUND_UNSEEN; f < FINDING_N; f++) {
		struct schedule s = t->worst[f];
		if (t->found[f] == 0)
			continue;
		printf("  %s: %s\n", finding_name[f], finding_help[f]);
		shrink(b, &s, f);
		show(b, &s);
	}
}

static bool run_all(struct bench *b, const struct opt *o)
{
	unsigned classes = 0, bad = 0;
	for (enum oddity odd = 0; odd < ODDITY_N; odd++)
		classes += o->only < 0 || (int)odd == o->only;
	puts("class             all opened closed  reset   open  unseen   extra  hindered");
	for (enum oddity odd = 0; odd < ODDITY_N; odd++) {
		static struct tally t;
		if (o->only >= 0 && (int)odd != o->only)
			continue;
		memset(&t, 0, sizeof(t));
		if (!middle_engine(&b->mid, oddity_rows[odd].picked_up))
			return false;
		run_class(b, o, odd, (o->n + classes - 1) / classes, &t);
		print_tally(odd, &t);
		bad += t.n - t.found[FOUND_NOTHING];
		if (o->examples)
			print_examples(b, &t);
	}
	printf("%u found\n", bad);
	return bad == 0;
}

static bool run_one(struct bench *b, const struct opt *o)
{
	static struct schedule s;
	struct outcome out;
	const enum oddity odd = o->only < 0 ? ODD_MIX : (enum oddity)o->only;
	if (!middle_engine(&b->mid, oddity_rows[odd].picked_up))
		return false;
	make(&s, o, odd, o->seed);
	show(b, &s);
	play(b, &s, 1, &out);
	if (out.found == FOUND_NOTHING)
		return true;
	shrink(b, &s, out.found);
	puts("    the smallest of it:");
	show(b, &s);
	return false;
}

static int usage(void)
{
	fputs("usage: oracle NS-SENDER NS-ENGINE NS-RECEIVER GATEWAY-MAC [--class NAME] [--n N] [--seed S] [--one SEED]\n"
	      "              [--examples] [--failover]\nclasses:\n",
	      stderr);
	for (enum oddity odd = 0; odd < ODDITY_N; odd++)
		fprintf(stderr, "  %-14s %s\n", oddity_rows[odd].name, oddity_rows[odd].help);
	return 2;
}

static bool parse_flag(struct opt *o, const char *word)
{
	bool *const flag = strcmp(word, "--examples") == 0 ? &o->examples : strcmp(word, "--failover") == 0 ? &o->failover : NULL;
	if (flag != NULL)
		*flag = true;
	return flag != NULL;
}

static bool parse(struct opt *o, int argc, char **argv)
{
	if (argc < 5)
		return false;
	*o = (struct opt){ .ns = { argv[1], argv[2], argv[3] }, .mac = argv[4], .only = -1, .n = 10000, .seed = 1 };
	for (int i = 5; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (parse_flag(o, argv[i]))
			continue;
		i++;
		if (strcmp(argv[i - 1], "--n") == 0)
			o->n = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--seed") == 0 || strcmp(argv[i - 1], "--one") == 0)
			o->seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--class") == 0)
			for (o->only = 0; o->only < ODDITY_N && strcmp(oddity_rows[o->only].name, value) != 0;)
				o->only++;
		else
			return false;
		o->one |= strcmp(argv[i - 1], "--one") == 0;
	}
	return o->only < ODDITY_N && o->n > 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct opt o;
	if (!parse(&o, argc, argv))
		return usage();
	if (!bench_open(&b, &o))
		return 2;
	const bool fine = o.one ? run_one(&b, &o) : run_all(&b, &o);
	engine_free(b.mid.e);
	gen_free(b.mid.gen);
	b.mid.io->ops->close(b.mid.io);
	free(b.c);
	return fine ? 0 : 1;
}
