/* test_tags.c - a flow's set of tags, and the tables that number them. */
#include "base/hash.h"
#include "tests/unit/sig_help.h"

static void set_and_unset(void)
{
	struct tagset s = { 0 };
	CU_ASSERT(!tagset_has(&s, 0));
	CU_ASSERT_EQUAL(tagset_set(&s, 5), OK);
	CU_ASSERT_EQUAL(tagset_set(&s, TAG_CUSTOM_BIT | 1), OK);
	CU_ASSERT_EQUAL(tagset_set(&s, 0), OK);
	CU_ASSERT_EQUAL(tagset_set(&s, 5), OK);
	CU_ASSERT(s.n == 3 && s.id[0] == 0 && s.id[1] == 5 && s.id[2] == (TAG_CUSTOM_BIT | 1));
	CU_ASSERT(tagset_has(&s, 5) && !tagset_has(&s, 1) && tagset_has(&s, TAG_CUSTOM_BIT | 1));
	tagset_unset(&s, 1);
	CU_ASSERT_EQUAL(s.n, 3);
	tagset_unset(&s, 0);
	tagset_unset(&s, TAG_CUSTOM_BIT | 1);
	CU_ASSERT(s.n == 1 && s.id[0] == 5);
	CU_ASSERT_EQUAL(tagset_set(&s, TAG_NONE), ERR_RANGE);
}

static void full(void)
{
	struct tagset s = { 0 };
	for (tag_t t = 0; t < TAGSET_MAX; t++)
		CU_ASSERT_EQUAL(tagset_set(&s, (tag_t)(1000 - t)), OK);
	CU_ASSERT_EQUAL(tagset_set(&s, 3), ERR_FULL);
	CU_ASSERT_EQUAL(tagset_set(&s, 1000), OK);
	for (unsigned i = 1; i < s.n; i++)
		CU_ASSERT(s.id[i - 1] < s.id[i]);
	tagset_unset(&s, 1000);
	CU_ASSERT_EQUAL(tagset_set(&s, 3), OK);
}

/* Numbers go by the first use in the stock files, whatever the order of the sources; custom names come after. */
static void tables(void)
{
	struct refusals r;
	const struct sig_source src[] = {
		{ .name = "c",
		  .custom = true,
		  .text = "alert tcp any any -> any any (sid:9; content:\"a\"; flowbits:isset,two|mine; flowbits:set,own;)" },
		{ .name = "s",
		  .text = "alert tcp any any -> any any (sid:1; content:\"a\"; flowbits:set,one; pcre:\"/x/\";)\n"
			  "drop tcp any any -> any any (sid:2; content:\"a\"; flowbits:set,two; flowbits:isset,three;)\n"
			  "pass tcp any any -> any any (sid:3; content:\"a\"; flowbits:isset,two; flowbits:set,four;)\n" },
	};
	struct sigset *s = load_sources(src, ARRAY_LEN(src), &r);
	CU_ASSERT_EQUAL(r.n, 1);
	const struct tag_table *stock = sigset_tags(s, TAGS_STOCK), *custom = sigset_tags(s, TAGS_CUSTOM);
	CU_ASSERT_EQUAL_FATAL(stock->nr, 3);
	CU_ASSERT_EQUAL_FATAL(custom->nr, 2);
	CU_ASSERT_STRING_EQUAL(stock->name[0], "two");
	CU_ASSERT_STRING_EQUAL(stock->name[2], "four");
	CU_ASSERT_EQUAL(stock->hash, hash_fnv(HASH_FNV_START, "two\0three\0four", 15));
	CU_ASSERT_EQUAL(custom->hash, hash_fnv(HASH_FNV_START, "mine\0own", 9));
	CU_ASSERT_EQUAL(sigset_tag_find(s, TAGS_STOCK, "three"), 1);
	CU_ASSERT_EQUAL(sigset_tag_find(s, TAGS_CUSTOM, "own"), TAG_CUSTOM_BIT | 1);
	CU_ASSERT_EQUAL(sigset_tag_find(s, TAGS_CUSTOM, "two"), TAG_NONE);
	CU_ASSERT_EQUAL(sigset_tag_find(s, TAGS_STOCK, "one"), TAG_NONE);
	CU_ASSERT_STRING_EQUAL(sigset_tag_name(s, 2), "four");
	CU_ASSERT_STRING_EQUAL(sigset_tag_name(s, TAG_CUSTOM_BIT), "mine");
	CU_ASSERT_PTR_NULL(sigset_tag_name(s, 3));
	CU_ASSERT_PTR_NULL(sigset_tag_name(s, TAG_NONE));
	sigset_free(s);
}

static void a_full_set_is_counted(void)
{
	char text[16384] = "";
	struct refusals r;
	for (unsigned i = 0; i <= TAGSET_MAX; i++) {
		const size_t n = strlen(text);
		snprintf(text + n, sizeof(text) - n, "alert udp any any -> any any (sid:%u; flowbits:set,t%u;)\n", i + 1, i);
	}
	struct sigset *s = load(text, &r);
	struct matcher *m = new_matcher(s);
	struct tagset tags = { 0 };
	const struct sig_flow sf = help_flow(&tags, 17);
	struct hits h = { 0 };
	match_packet(m, NULL, &sf, DIR_ORIG, span_of("x", 1), &h);
	struct matcher_stat st;
	matcher_stat(m, &st);
	CU_ASSERT_EQUAL(h.n, TAGSET_MAX + 1);
	CU_ASSERT_EQUAL(tags.n, TAGSET_MAX);
	CU_ASSERT_EQUAL(st.tags_full, 1);
	matcher_free(m);
	sigset_free(s);
}

UNIT_MAIN({ "set and unset", set_and_unset }, { "a full set", full }, { "tables", tables },
	  { "a full set is counted", a_full_set_is_counted })
