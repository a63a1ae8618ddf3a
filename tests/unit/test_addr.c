/* test_addr.c - texts of addresses and ranges, good and bad. */
#include "base/addr.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static const struct {
	const char *text, *lo, *hi;
	uint8_t family;
} good[] = {
	{ "10.0.0.1", "10.0.0.1", "10.0.0.1", 4 },
	{ "  10.0.0.1\t", "10.0.0.1", "10.0.0.1", 4 },
	{ "0.0.0.0", "0.0.0.0", "0.0.0.0", 4 },
	{ "10.0.0.0/8", "10.0.0.0", "10.255.255.255", 4 },
	{ "10.1.2.3/8", "10.0.0.0", "10.255.255.255", 4 },
	{ "10.1.2.3/32", "10.1.2.3", "10.1.2.3", 4 },
	{ "10.1.2.3/31", "10.1.2.2", "10.1.2.3", 4 },
	{ "10.1.2.3/0", "0.0.0.0", "255.255.255.255", 4 },
	{ "192.168.0.0/17", "192.168.0.0", "192.168.127.255", 4 },
	{ "10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9", 4 },
	{ "10.0.0.1 - 10.0.0.9", "10.0.0.1", "10.0.0.9", 4 },
	{ "9.255.0.0-10.0.0.0", "9.255.0.0", "10.0.0.0", 4 },
	{ "10.0.0.1-10.0.0.1", "10.0.0.1", "10.0.0.1", 4 },
	{ "10.0.0.0 255.0.0.0", "10.0.0.0", "10.255.255.255", 4 },
	{ "10.0.0.1   255.255.255.255 ", "10.0.0.1", "10.0.0.1", 4 },
	{ "1.2.3.4 0.0.0.0", "0.0.0.0", "255.255.255.255", 4 },
	{ "2001:db8::1", "2001:db8::1", "2001:db8::1", 6 },
	{ "2001:DB8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	{ "2001:db8::5/127", "2001:db8::4", "2001:db8::5", 6 },
	{ "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	{ "::1/128", "::1", "::1", 6 },
	{ "fe80::1-fe80::ff", "fe80::1", "fe80::ff", 6 },
	{ "2001:db8::9 ffff:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	{ "::ffff:10.0.0.1", "::ffff:10.0.0.1", "::ffff:10.0.0.1", 6 },
};

static const struct {
	const char *text;
	enum err err;
} bad[] = {
	{ "", ERR_SYNTAX },
	{ "   ", ERR_SYNTAX },
	{ "10.0.0", ERR_SYNTAX },
	{ "10.0.0.256", ERR_SYNTAX },
	{ "10.0.0.1.2", ERR_SYNTAX },
	{ "10.0.0.1/", ERR_SYNTAX },
	{ "/8", ERR_SYNTAX },
	{ "10.0.0.0/33", ERR_RANGE },
	{ "10.0.0.0/-1", ERR_SYNTAX },
	{ "10.0.0.0/+8", ERR_SYNTAX },
	{ "10.0.0.0/8x", ERR_SYNTAX },
	{ "10.0.0.0/4294967304", ERR_SYNTAX },
	{ "::/129", ERR_RANGE },
	{ "::/999", ERR_RANGE },
	{ "10.0.0.9-10.0.0.1", ERR_RANGE },
	{ "10.0.0.1-", ERR_SYNTAX },
	{ "-10.0.0.1", ERR_SYNTAX },
	{ "-", ERR_SYNTAX },
	{ "10.0.0.1-10.0.0.2-10.0.0.3", ERR_SYNTAX },
	{ "10.0.0.1-::2", ERR_SYNTAX },
	{ "::1-10.0.0.2", ERR_SYNTAX },
	{ "fe80::9-fe80::1", ERR_RANGE },
	{ "10.0.0.0 255.0.255.0", ERR_RANGE },
	{ "10.0.0.0 0.255.255.255", ERR_RANGE },
	{ "10.0.0.0 8", ERR_SYNTAX },
	{ "10.0.0.0 255.0.0.0 x", ERR_SYNTAX },
	{ "10.0.0.0 ffff::", ERR_SYNTAX },
	{ "2001:db8:: ff00:ff::", ERR_RANGE },
	{ "2001:db8::1::2", ERR_SYNTAX },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:a", ERR_SYNTAX }, /* ADDR_TEXT characters */
	{ "anyone", ERR_SYNTAX },
	{ "any/8", ERR_SYNTAX },
	{ "fe80::1%eth0", ERR_SYNTAX },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", ERR_SYNTAX },
};

static void test_good(void)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct addr_range r;
		char text[ADDR_TEXT];
		enum err e = addr_range_parse(good[i].text, &r);
		if (e != OK)
			printf("# %s: %s\n", good[i].text, err_text(e));
		CU_ASSERT_EQUAL_FATAL(e, OK);
		CU_ASSERT_EQUAL(r.family, good[i].family);
		CU_ASSERT_STRING_EQUAL(addr_text(&r.lo, r.family, text), good[i].lo);
		CU_ASSERT_STRING_EQUAL(addr_text(&r.hi, r.family, text), good[i].hi);
	}
}

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct addr_range r, was;
		memset(&r, 0x5a, sizeof(r));
		was = r;
		enum err e = addr_range_parse(bad[i].text, &r);
		if (e != bad[i].err)
			printf("# %s: %s\n", bad[i].text, err_text(e));
		CU_ASSERT_EQUAL(e, bad[i].err);
		CU_ASSERT_EQUAL(memcmp(&r, &was, sizeof(r)), 0);
	}
}

static void test_any(void)
{
	static const char *const words[] = { "any", "all", "ANY", " All " };
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct addr_range r;
		struct addr zero = { { 0 } }, ones;
		memset(&ones, 0xff, sizeof(ones));
		CU_ASSERT_EQUAL_FATAL(addr_range_parse(words[i], &r), OK);
		CU_ASSERT_EQUAL(r.family, 0);
		CU_ASSERT(addr_in_range(&zero, 4, &r) && addr_in_range(&ones, 4, &r));
		CU_ASSERT(addr_in_range(&zero, 6, &r) && addr_in_range(&ones, 6, &r));
	}
}

/* Adds d to the last octets, as one number. */
static struct addr neighbour(struct addr a, uint8_t family, int d)
{
	for (int i = (family == 4 ? 4 : 16) - 1; i >= 0; i--) {
		int v = a.b[i] + d;
		a.b[i] = (uint8_t)v;
		d = v < 0 ? -1 : v > 255 ? 1 : 0;
	}
	return a;
}

static bool is_all(const struct addr *a, uint8_t family, uint8_t v)
{
	for (int i = 0; i < (family == 4 ? 4 : 16); i++)
		if (a->b[i] != v)
			return false;
	return true;
}

static void test_edges(void)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct addr_range r;
		CU_ASSERT_EQUAL_FATAL(addr_range_parse(good[i].text, &r), OK);
		struct addr below = neighbour(r.lo, r.family, -1), above = neighbour(r.hi, r.family, 1);
		CU_ASSERT(addr_in_range(&r.lo, r.family, &r) && addr_in_range(&r.hi, r.family, &r));
		CU_ASSERT_EQUAL(addr_in_range(&below, r.family, &r), is_all(&r.lo, r.family, 0) && is_all(&r.hi, r.family, 255));
		CU_ASSERT_EQUAL(addr_in_range(&above, r.family, &r), is_all(&r.lo, r.family, 0) && is_all(&r.hi, r.family, 255));
		CU_ASSERT_FALSE(addr_in_range(&r.lo, r.family == 4 ? 6 : 4, &r));
	}
}

/* Every one-character change and every truncation of a good text: an error, or a range the right way round. */
static void test_changes(void)
{
	static const char letters[] = "0919af:./- x\t,";
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		size_t n = strlen(good[i].text);
		for (size_t at = 0; at < n; at++) {
			for (size_t l = 0; l < sizeof(letters); l++) {
				char *text = strdup(good[i].text);
				struct addr_range r;
				text[at] = letters[l]; /* the last of them is the NUL: a truncation */
				if (addr_range_parse(text, &r) == OK && r.family != 0)
					CU_ASSERT(addr_in_range(&r.lo, r.family, &r) && addr_in_range(&r.hi, r.family, &r));
				free(text);
			}
		}
	}
}

static void test_no_family(void)
{
	const struct addr a = { { 1, 2, 3, 4 } };
	char text[ADDR_TEXT];
	CU_ASSERT_STRING_EQUAL(addr_text(&a, 4, text), "1.2.3.4");
	CU_ASSERT_STRING_EQUAL(addr_text(&a, 0, text), "?");
	CU_ASSERT_STRING_EQUAL(addr_text(&a, 6, text), "102:304::");
}

UNIT_MAIN({ "good texts", test_good }, { "bad texts", test_bad }, { "any and all", test_any }, { "edges of a range", test_edges },
	  { "changed texts", test_changes }, { "text of no family", test_no_family })
