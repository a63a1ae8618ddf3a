/* driver.c - runs a fuzz target without libFuzzer: files and folders, their truncations and mutations.
 *
 *	TARGET [--goals] [--truncate] [--mutate ROUNDS] [--seconds N] [--save FILE] PATH...
 *
 * Mutations come from a fixed seed; --seconds ends truncations and mutations early. The input under work
 * when the target dies is written to FILE. Prints what was run; --goals: exits 3 when a goal was not reached.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20, HANG_S = 10, GROW_MAX = 16, MUTATE_GROW = 1 << 12, EXIT_GOALS = 3 };

struct input {
	char *name;
	uint8_t *p;
	size_t len;
};

struct corpus {
	struct input *v;
	size_t n, cap;
};

struct work {
	struct corpus corpus;
	bool goals, truncate;
	unsigned rounds, seconds;
	int64_t end_ms;          /* 0 = none */
	uint64_t random, runs, truncations;
};

/* What the handlers write: no other way to hand it to them. */
static struct input now;
static const char *save_to;
/* What LLVMFuzzerMutate, whose arguments are libFuzzer's, works with. */
static struct work *under_way;

size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) __attribute__((weak));

void __sanitizer_set_death_callback(void (*fn)(void)) __attribute__((weak)); /* absent without AddressSanitizer */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "handle_abort=1:detect_leaks=1:allocator_may_return_null=1";
}

static void save_input(void)
{
	if (save_to == NULL)
		return;
	const int fd = open(save_to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return;
	if (write(fd, now.p, now.len) != (ssize_t)now.len)
		fprintf(stderr, "%s is incomplete\n", save_to);
	close(fd);
	fprintf(stderr, "input of %zu octets, made of %s, saved as %s\n", now.len, now.name, save_to);
}

static void hangs(int sig)
{
	(void)sig;
	static const char text[] = "does not end: hang\n";
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	abort();
}

static void *must(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return p;
}

static void run(struct work *w, const struct input *from, const uint8_t *p, size_t len)
{
	uint8_t *own = fuzz_copy(span_of(p, len));
	now = (struct input){ from->name, own, len };
	alarm(HANG_S);
	LLVMFuzzerTestOneInput(own, len);
	alarm(0);
	w->runs++;
	free(own);
}

/* --- the corpus ---------------------------------------------------------------------------------- */

static void add_file(struct corpus *c, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	if (c->n == c->cap) {
		c->cap = c->cap * 2 + 64;
		c->v = must(realloc(c->v, c->cap * sizeof(*c->v)));
	}
	struct input *in = &c->v[c->n++];
	*in = (struct input){ must(strdup(path)), must(malloc(INPUT_MAX)), 0 };
	in->len = fread(in->p, 1, INPUT_MAX, f);
	in->p = must(realloc(in->p, in->len + 1));
	fclose(f);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_path(struct corpus *c, const char *path)
{
	struct dirent **e;
	struct stat st;
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		add_file(c, path);
		return;
	}
	const int n = scandir(path, &e, NULL, by_name);
	for (int i = 0; i < n; i++) {
		char *full = NULL;
		if (e[i]->d_name[0] != '.' && asprintf(&full, "%s/%s", path, e[i]->d_name) > 0)
			add_path(c, full);
		free(full);
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static void corpus_fini(struct corpus *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		free(c->v[i].p);
	}
	free(c->v);
}

/* --- mutations ------------------------------------------------------------------------------------ */

static uint64_t random_next(struct work *w) /* splitmix64 */
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t below(struct work *w, size_t n)
{
	return n != 0 ? (size_t)(random_next(w) % n) : 0;
}

/* One change of the first *len octets of p; at most room are put in. */
static void change(struct work *w, uint8_t *p, size_t *len, size_t room)
{
	static const uint8_t edge[] = { 0, 1, 0x7f, 0x80, 0x81, 0x82, 0xfe, 0xff };
	const size_t at = below(w, *len), n = 1 + below(w, room), left = *len - at;
	switch (below(w, 7)) {
	case 0:
		p[at] ^= (uint8_t)(1u << below(w, 8));
		break;
	case 1:
		p[at] = edge[below(w, sizeof(edge))];
		break;
	case 2:
		p[at] = (uint8_t)random_next(w);
		break;
	case 3:
		p[at] = (uint8_t)(p[at] + 1 - 2 * below(w, 2));
		break;
	case 4: /* cut out */
		memmove(p + at, p + at + size_min(n, left), left - size_min(n, left));
		*len -= size_min(n, left);
		break;
	case 5: /* put in: twice the same */
		if (room == 0)
			break;
		memmove(p + at + n, p + at, left);
		*len += n;
		break;
	default: { /* from another seed */
		const struct input *o = &w->corpus.v[below(w, w->corpus.n)];
		const size_t take = size_min(size_min(n, o->len), left);
		memcpy(p + at, o->p + below(w, o->len - take + 1), take);
		break;
	}
	}
}

/* For the mutators of targets, as libFuzzer has it. */
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t cap)
{
	if (n != 0)
		change(under_way, p, &n, size_min(cap - n, GROW_MAX));
	return n;
}

static void mutate(struct work *w, const struct input *in)
{
	const size_t changes = 1 + below(w, 4), cap = in->len + changes * MUTATE_GROW + 1;
	uint8_t *p = must(malloc(cap));
	size_t len = in->len;
	if (in->len != 0)
		memcpy(p, in->p, in->len);
	under_way = w;
	for (size_t i = 0; i < changes && len > 0; i++)
		len = LLVMFuzzerCustomMutator != NULL ? LLVMFuzzerCustomMutator(p, len, cap, (unsigned)random_next(w))
						      : LLVMFuzzerMutate(p, len, cap);
	run(w, in, p, len);
	free(p);
}

/* --- main ------------------------------------------------------------------------------------------ */

static bool parse_args(struct work *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const bool more = i + 1 < argc;
		if (strcmp(argv[i], "--goals") == 0)
			w->goals = true;
		else if (strcmp(argv[i], "--truncate") == 0)
			w->truncate = true;
		else if (strcmp(argv[i], "--mutate") == 0 && more)
			w->rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seconds") == 0 && more)
			w->seconds = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--save") == 0 && more)
			save_to = argv[++i];
		else if (argv[i][0] == '-')
			return false;
		else
			add_path(&w->corpus, argv[i]);
	}
	return w->corpus.n > 0;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* left: milliseconds that shall remain. */
static bool has_time(const struct work *w, int64_t left)
{
	return w->end_ms == 0 || now_ms() + left < w->end_ms;
}

/* Every length of every seed, in an order that spreads what there is time for over all of them. */
static void truncate_all(struct work *w)
{
	const size_t step = 7919;        /* a prime: no total below it is a multiple */
	size_t total = 0;
	for (size_t i = 0; i < w->corpus.n; i++)
		total += w->corpus.v[i].len;
	for (size_t k = 0; k < total && has_time(w, (int64_t)w->seconds * 300); k++) {
		size_t at = total % step != 0 ? k * step % total : k, i = 0;
		while (at >= w->corpus.v[i].len)
			at -= w->corpus.v[i++].len;
		run(w, &w->corpus.v[i], w->corpus.v[i].p, at);
		w->truncations++;
	}
}

static void run_all(struct work *w)
{
	w->end_ms = w->seconds != 0 ? now_ms() + (int64_t)w->seconds * 1000 : 0;
	for (size_t i = 0; i < w->corpus.n; i++)
		run(w, &w->corpus.v[i], w->corpus.v[i].p, w->corpus.v[i].len);
	if (w->truncate)
		truncate_all(w);
	for (unsigned k = 0; k < w->rounds; k++)
		for (size_t i = 0; i < w->corpus.n && has_time(w, 0); i++)
			mutate(w, &w->corpus.v[i]);
}

static int tell_goals(void)
{
	int status = 0;
	for (unsigned i = 0; fuzz_goals[i] != NULL; i++) {
		if ((fuzz_reached >> i & 1) == 0) {
			printf("goal not reached: %s\n", fuzz_goals[i]);
			status = EXIT_GOALS;
		}
	}
	return status;
}

int main(int argc, char **argv)
{
	struct work w = { 0 };
	if (!parse_args(&w, argc, argv)) {
		fprintf(stderr, "use: %s [--goals] [--truncate] [--mutate ROUNDS] [--seconds N] [--save FILE] PATH...\n", argv[0]);
		corpus_fini(&w.corpus);
		return 2;
	}
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(save_input);
	signal(SIGALRM, hangs);
	run_all(&w);
	printf("%zu seeds, %llu truncations, %llu inputs\n", w.corpus.n, (unsigned long long)w.truncations,
	       (unsigned long long)w.runs);
	corpus_fini(&w.corpus);
	return w.goals ? tell_goals() : 0;
}
