/* test_bundle.c - a configuration and its rule files through the memory file: what comes out is what went in, but for the
 * password; every part of one and every octet changed is refused or is a good configuration.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "ips/bundle.h"
#include "tests/unit/conf_util.h"
#include "tests/unit/unit.h"

#define SECRET "correct horse battery"

static const char text[] = "config system ha\nset mode a-p\nset password \"" SECRET "\"\nset group-name g\nset hbdev ha0 9\nend\n"
			   "config system global\nset hostname \"a \\\"b\\\" \\\\ c\"\nend\n"
			   "config vdom\nedit v2\nconfig firewall address\nedit net\nset subnet 10.0.0.0/8\nnext\nend\nnext\nend\n"
			   "include more.conf\n";
static const char more[] = "config firewall address\nedit one\nset subnet 10.1.2.3/32\nnext\nend\n";

static enum err read_more(void *arg, const char *from, const char *name, char **out, size_t *len, char **path)
{
	(void)arg;
	(void)from;
	*len = sizeof(more) - 1;
	*out = strdup(more);
	*path = strdup(name);
	return OK;
}

static struct conf *given(void)
{
	const struct conf_reader rd = { .read = read_more };
	struct conf *c = conf_parse_text("x", text, sizeof(text) - 1, &rd);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	for (size_t i = 0; i < conf_n_errors(c); i++)
		printf("# %s\n", conf_error(c, i));
	CU_ASSERT_EQUAL_FATAL(conf_n_errors(c), 0);
	return c;
}

static struct sig_source sources[] = {
	{ .name = "stock/a.rules", .text = "alert tcp any any -> any any (sid:1;)\n", .custom = false },
	{ .name = "", .text = "", .custom = true },
	{ .name = "own.rules", .text = "# only\n\n", .custom = true },
};
static const struct rulefiles rules = { .src = sources, .n = 3 };

static char *shown(const struct conf *c)
{
	char *s = NULL;
	CU_ASSERT_EQUAL_FATAL(conf_show(c, NULL, 0, &s), OK);
	return s;
}

static bool same_rules(const struct rulefiles *a, const struct rulefiles *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = a->src[i].custom == b->src[i].custom && strcmp(a->src[i].name, b->src[i].name) == 0 &&
		       strcmp(a->src[i].text, b->src[i].text) == 0;
	return same;
}

/* The octets of a bundle; *n of them, to be freed. */
static char *octets(const struct conf *c, const struct rulefiles *r, size_t *n)
{
	int fd = -1;
	CU_ASSERT_EQUAL_FATAL(bundle_make(c, r, &fd), OK);
	*n = (size_t)lseek(fd, 0, SEEK_END);
	char *b = malloc(*n + 1);
	CU_ASSERT_EQUAL_FATAL(pread(fd, b, *n, 0), (ssize_t)*n);
	b[*n] = '\0';
	close(fd);
	return b;
}

static enum err open_octets(const char *b, size_t n, struct conf **c, struct rulefiles *r)
{
	const int fd = memfd_create("b", MFD_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(write(fd, b, n), (ssize_t)n);
	const enum err e = bundle_open(fd, c, r);
	close(fd);
	CU_ASSERT_TRUE((e == OK) == (*c != NULL));
	CU_ASSERT_TRUE(e == OK || (r->n == 0 && r->src == NULL));
	return e;
}

static void test_round_trip(void)
{
	struct conf *a = given(), *b = NULL;
	struct rulefiles r;
	int fd = -1;
	CU_ASSERT_EQUAL_FATAL(bundle_make(a, &rules, &fd), OK);
	CU_ASSERT_EQUAL_FATAL(bundle_open(fd, &b, &r), OK);
	char *x = shown(a), *y = shown(b);
	CU_ASSERT_STRING_EQUAL(x, y);
	CU_ASSERT_PTR_NOT_NULL(strstr(y, "edit \"one\"")); /* what was included */
	CU_ASSERT_PTR_NOT_NULL(strstr(y, "edit \"net\""));
	CU_ASSERT_TRUE(same_rules(&rules, &r));
	free(x);
	free(y);
	conf_free(b);
	rulefiles_free(&r);
	/* twice from one descriptor */
	CU_ASSERT_EQUAL(bundle_open(fd, &b, &r), OK);
	conf_free(b);
	rulefiles_free(&r);
	close(fd);
	conf_free(a);
}

static void test_no_rules(void)
{
	const struct rulefiles none = { 0 };
	struct conf *a = parse(""), *b = NULL;
	struct rulefiles r;
	int fd = -1;
	CU_ASSERT_EQUAL_FATAL(bundle_make(a, &none, &fd), OK);
	CU_ASSERT_EQUAL_FATAL(bundle_open(fd, &b, &r), OK);
	CU_ASSERT_EQUAL(r.n, 0);
	conf_free(a);
	conf_free(b);
	rulefiles_free(&r);
	close(fd);
}

/* The engine process never sees the password, nor a mask that its parser refuses. */
static void test_password(void)
{
	struct conf *a = given(), *b = NULL;
	struct rulefiles r;
	size_t n;
	char *o = octets(a, &rules, &n);
	CU_ASSERT_PTR_NULL(memmem(o, n, SECRET, strlen(SECRET)));
	CU_ASSERT_PTR_NULL(memmem(o, n, "horse", 5));
	CU_ASSERT_EQUAL(open_octets(o, n, &b, &r), OK);
	CU_ASSERT_STRING_EQUAL(conf_str(conf_single(b, NULL, "system ha"), "password"), "withheld");
	conf_free(b);
	rulefiles_free(&r);
	free(o);
	conf_free(a);
}

/* A comment that looks like the mask is the user's own text. */
static void test_mask_in_text(void)
{
	struct conf *b = NULL, *a = parse("config firewall address\nedit x\nset subnet 10.0.0.0/8\n"
					    "set comment \"set password \\\"********\\\"\"\nnext\nend\n");
	struct rulefiles r;
	size_t n;
	CU_ASSERT_EQUAL_FATAL(conf_n_errors(a), 0);
	char *o = octets(a, &rules, &n);
	CU_ASSERT_EQUAL(open_octets(o, n, &b, &r), OK);
	CU_ASSERT_STRING_EQUAL(conf_str(conf_find(b, NULL, "firewall address", "x"), "comment"), "set password \"********\"");
	conf_free(a);
	conf_free(b);
	rulefiles_free(&r);
	free(o);
}

/* Cut anywhere: an error, but where only whole rule files are missing. */
static void test_truncations(void)
{
	struct conf *a = given(), *b;
	struct rulefiles r;
	size_t n, whole = 0;
	char *o = octets(a, &rules, &n);
	for (size_t i = 0; i < n; i++) {
		const enum err e = open_octets(o, i, &b, &r);
		if (e != OK) {
			CU_ASSERT_EQUAL(e, ERR_MALFORMED);
			continue;
		}
		whole++;
		for (size_t k = 0; k < r.n; k++)
			CU_ASSERT_STRING_EQUAL(r.src[k].text, sources[k].text);
		conf_free(b);
		rulefiles_free(&r);
	}
	CU_ASSERT_EQUAL(whole, 3); /* none, one, two of three */
	free(o);
	conf_free(a);
}

static void test_octets(void)
{
	static const unsigned flips[] = { 0x01, 0x80, 0xff };
	struct conf *a = given(), *b;
	struct rulefiles r;
	size_t n, refused = 0, taken = 0;
	char *o = octets(a, &rules, &n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_LEN(flips); k++) {
			o[i] = (char)(o[i] ^ flips[k]);
			const enum err e = open_octets(o, n, &b, &r);
			o[i] = (char)(o[i] ^ flips[k]);
			refused += e != OK;
			if (e != OK)
				continue;
			taken++;
			CU_ASSERT_EQUAL(conf_n_errors(b), 0);
			conf_free(b);
			rulefiles_free(&r);
		}
	CU_ASSERT_TRUE(refused > n && taken > 20);
	free(o);
	conf_free(a);
}

/* Lengths that reach beyond the file, and files that are none. */
static void test_garbage(void)
{
	static const struct {
		const char *b;
		size_t n;
	} row[] = {
		{ "", 0 }, { "\0", 1 }, { "\xff\xff\xff\xff", 4 }, { "\0\0\0\5conf", 8 }, { "\x7f\xff\xff\xff" "x", 5 },
		{ "\0\0\0\0\0\0\0\0\0\0\0\0", 12 }, { "\0\0\0\0\1\xff\xff\xff\xff", 9 },
	};
	struct conf *c;
	struct rulefiles r;
	int pipes[2];
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		CU_ASSERT_NOT_EQUAL(open_octets(row[i].b, row[i].n, &c, &r), OK);
	CU_ASSERT_EQUAL(bundle_open(-1, &c, &r), ERR_MALFORMED);
	CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
	CU_ASSERT_EQUAL(bundle_open(pipes[0], &c, &r), ERR_MALFORMED);
	close(pipes[0]);
	close(pipes[1]);
	CU_ASSERT_EQUAL(open_octets("\0\0\0\0", 4, &c, &r), OK); /* an empty configuration */
	conf_free(c);
	CU_ASSERT_EQUAL(r.n, 0);
	rulefiles_free(&r);
}

UNIT_MAIN({ "round trip", test_round_trip }, { "no rules", test_no_rules }, { "the password", test_password },
	  { "a mask in a comment", test_mask_in_text }, { "every truncation", test_truncations }, { "every octet", test_octets },
	  { "garbage", test_garbage })
