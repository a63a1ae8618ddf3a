/* test_conf_text.c - configurations as texts: shown and loaded again, compared, included, cut, too large; names resolved. */
#include "tests/unit/conf_util.h"
#include "tests/unit/unit.h"

/* Every kind of object and value. */
static const char good[] =
	"# all\n"
	"config system global\n set hostname \"a \\\"b\\\" \\\\ c\"\n set tcp-timer 60\nend\n"
	"config system settings\nset inspection-mode prevent\nset strict-src-check enable\nend\n"
	"config system interface\nedit \"port3\"\nset src-check disable\nset ip 10.0.0.1/24\nset weight 0\nnext\nend\n"
	"config system ha\nset group-name \"HA-APP\"\nset mode a-p\nset password 'it is \"secret\"'\n"
	"set hbdev \"port4\" 100 \"port5\" 50\nset monitor \"port3\"\nset session-pickup enable\nend\n"
	"config system session-ttl\nset default 7200\nconfig port\nedit 1\nset protocol 6\nset start-port 22\n"
	"set end-port 22\nset timeout 7200\nnext\nend\nend\n"
	"config firewall address\nedit \"net\"\nset subnet 10.0.0.0 255.0.0.0\nnext\n"
	"edit \"range\"\nset type iprange\nset start-ip 10.1.0.2\nset end-ip 10.1.0.9\nset comment \"# no comment\"\nnext\n"
	"edit \"six\"\nset subnet 2001:db8::/32\nnext\nend\n"
	"config firewall addrgrp\nedit \"g1\"\nset member \"net\" \"range\"\nnext\n"
	"edit \"g2\"\nset member \"g1\" \"six\"\nnext\nend\n"
	"config firewall service custom\nedit \"my\"\nset tcp-portrange 80 8000-8080:1024-65535\nset udp-portrange 53\nnext\n"
	"edit \"unreach\"\nset protocol ICMP\nset icmptype 3\nset icmpcode 1\nnext\n"
	"edit \"gre\"\nset protocol IP\nset protocol-number 47\nnext\nend\n"
	"config firewall service group\nedit \"sg\"\nset member \"my\" \"DNS\" \"unreach\"\nnext\nend\n"
	"config ips global\nset ignore-after 204800\nend\n"
	"config ips sensor\nedit \"s\"\nset rule-file \"a.rules\" \"b c.rules\"\nset home-net 10.0.0.0/8 !10.1.0.1\nnext\nend\n"
	"config firewall policy\nedit 2\nset srcintf \"port3\"\nset srcaddr \"g2\"\nset service \"sg\" \"ICCP\"\n"
	"set action accept\n"
	"set utm-status enable\nset ips-sensor \"s\"\nset tcp-session-without-syn all\nnext\nedit 1\nnext\nend\n"
	"config log eve\nset status enable\nset types alert drop\nend\n"
	"config nfq\nset queues 2\nend\n";

static char *shown(const struct conf *c, const char *path, unsigned flags)
{
	char *s = NULL;
	CU_ASSERT_EQUAL(conf_show(c, path, flags, &s), OK);
	return s != NULL ? s : calloc(1, 1);
}

static char *difference(const struct conf *a, const struct conf *b)
{
	char *s = NULL;
	CU_ASSERT_EQUAL(conf_diff(a, b, &s), OK);
	return s != NULL ? s : calloc(1, 1);
}

/* Shown and loaded again it is the same, and shown again it is the same text. */
static void round_trip(const char *text, unsigned flags)
{
	struct conf *a = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(conf_n_errors(a), 0);
	char *first = shown(a, NULL, flags | CONF_SHOW_SECRETS);
	struct conf *b = parse(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	char *second = shown(b, NULL, flags | CONF_SHOW_SECRETS), *delta = difference(a, b);
	CU_ASSERT_EQUAL(conf_n_errors(b), 0);
	CU_ASSERT_STRING_EQUAL(first, second);
	CU_ASSERT_STRING_EQUAL(delta, "");
	free(first);
	free(second);
	free(delta);
	conf_free(a);
	conf_free(b);
}

static const char vdoms[] =
	"config vdom\nedit b\nconfig firewall address\nedit h\nset subnet ::/0\nend\nnext\nedit \"c d\"\nnext\nend\n"
	"config system interface\nedit p\nset vdom b\nend\nconfig firewall policy\nedit 1\nset comments x\nend\n";

static void test_round_trip(void)
{
	round_trip("", 0);
	round_trip(good, 0);
	round_trip(good, CONF_SHOW_FULL);
	round_trip("", CONF_SHOW_FULL);
	round_trip(vdoms, 0);
	round_trip(vdoms, CONF_SHOW_FULL);
}

static void test_show(void)
{
	struct conf *c = parse(good);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	char *s = shown(c, "system ha", 0);
	CU_ASSERT_STRING_EQUAL(s, "config system ha\n    set group-name \"HA-APP\"\n    set mode a-p\n"
				  "    set password \"********\"\n"
				  "    set hbdev \"port4\" 100 \"port5\" 50\n    set session-pickup enable\n"
				  "    set monitor \"port3\"\nend\n");
	free(s);
	s = shown(c, "firewall policy 1", CONF_SHOW_FULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "config firewall policy\n    edit 1\n        set name \"\"\n        set status enable\n"
					 "        set srcintf \"any\"\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "        unset ips-sensor\n"));
	CU_ASSERT_PTR_NULL(strstr(s, "edit 2"));
	free(s);
	s = shown(c, "system session-ttl port", 0);
	CU_ASSERT_STRING_EQUAL(s, "config system session-ttl\n    set default 7200\n    config port\n        edit 1\n"
				  "            set protocol 6\n            set start-port 22\n            set end-port 22\n"
				  "            set timeout 7200\n        next\n    end\nend\n");
	free(s);
	s = shown(c, "firewall", 0);
	CU_ASSERT(strncmp(s, "config firewall address\n    edit \"net\"\n        set subnet 10.0.0.0 255.0.0.0\n", 70) == 0);
	CU_ASSERT_PTR_NULL(strstr(s, "config system"));
	free(s);
	s = shown(c, NULL, 0);
	CU_ASSERT_PTR_NULL(strstr(s, "secret"));
	free(s);
	CU_ASSERT_EQUAL(conf_show(c, "firewall poli", 0, &s), ERR_UNKNOWN);
	CU_ASSERT_EQUAL(conf_show(c, "firewall policy 9", 0, &s), ERR_NOTFOUND);
	conf_free(c);
}

static void test_diff(void)
{
	struct conf *a = parse(good), *v = parse(vdoms);
	char *edited = calloc(1, sizeof(good) + 400);
	CU_ASSERT_FATAL(a != NULL && v != NULL && edited != NULL);
	strcpy(edited, good);
	strcat(edited, "config system global\nset tcp-timer 61\nunset hostname\nset udp-idle-timer 180\nend\n"
		       "config system ha\nset password other\nend\nconfig firewall policy\nedit 3\nset name new\nend\n");
	struct conf *b = parse(edited);
	char *s = difference(a, b);
	CU_ASSERT_STRING_EQUAL(s, "- system global: set hostname \"a \\\"b\\\" \\\\ c\"\n+ system global: unset hostname\n"
				  "- system global: set tcp-timer 60\n+ system global: set tcp-timer 61\n"
				  "- system ha: set password \"********\"\n+ system ha: set password \"********\"\n"
				  "+ firewall policy 3: edit\n+ firewall policy 3: set name \"new\"\n");
	free(s);
	s = difference(b, a);
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "\n- firewall policy 3: edit\n"));
	free(s);
	conf_free(b);
	b = parse("config firewall policy\nedit 2\nnext\nedit 1\nend\n");
	struct conf *c = parse("config firewall policy\nedit 7\nnext\nedit 1\nnext\nedit 2\nend\n");
	s = difference(b, c);
	CU_ASSERT_STRING_EQUAL(s, "+ firewall policy 7: edit\n~ firewall policy 1: moved\n");
	free(s);
	s = difference(b, v);
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "- vdom root firewall policy 2: edit\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s, "+ vdom b: edit\n+ vdom b firewall address \"h\": edit\n"));
	free(s);
	conf_free(c);
	conf_free(b);
	conf_free(a);
	conf_free(v);
	free(edited);
}

/* --- broken texts ----------------------------------------------------------------------------- */
/* Whatever the text, there is a tree; one without errors (then true) can be shown and loads again. */
static bool survives(const char *text, size_t len)
{
	struct conf *c = conf_parse_text("x", text, len, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	bool fine = conf_n_errors(c) == 0;
	if (fine) {
		char *s = shown(c, NULL, CONF_SHOW_SECRETS);
		struct conf *again = parse(s);
		CU_ASSERT(again != NULL && conf_n_errors(again) == 0);
		conf_free(again);
		free(s);
	}
	conf_free(c);
	return fine;
}

static void test_truncated(void)
{
	size_t fine = 0;
	for (size_t n = 0; n < sizeof(good); n++) {
		char *exact = malloc(n + 1); /* so that reading past the end is seen */
		memcpy(exact + 1, good, n);
		fine += survives(exact + 1, n);
		free(exact);
	}
	CU_ASSERT(fine > 20 && fine < sizeof(good) / 2);
}

static void test_changed(void)
{
	static const char with[] = { '\0', '\n', '"', '#', 'e', '9', '\\' };
	char *text = malloc(sizeof(good) - 1);
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(text, good, sizeof(good) - 1);
		text[i] = with[i % sizeof(with)];
		survives(text, sizeof(good) - 1);
		text[i] = (char)(good[i] ^ 1);
		survives(text, sizeof(good) - 1);
	}
	free(text);
}

/* text times n, and what is before and after */
static char *repeated(const char *before, const char *text, size_t n, const char *after)
{
	size_t len = strlen(text);
	char *s = malloc(strlen(before) + len * n + strlen(after) + 1), *p = s + strlen(before);
	strcpy(s, before);
	for (size_t i = 0; i < n; i++, p += len)
		memcpy(p, text, len);
	strcpy(p, after);
	return s;
}

static void fails_with(char *text, size_t n_errors, const char *first)
{
	struct conf *c = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), n_errors);
	CU_ASSERT_STRING_EQUAL(conf_error(c, 0), first);
	conf_free(c);
	free(text);
}

#define UNKNOWN_X "x:1: 'x': unknown object; 'ips config reference' lists those that exist"

static void test_limits(void)
{
	/* unknown, 8 deep and all closed; then one deeper; then left open */
	fails_with(repeated("", "config x\nedit 1\n", 8, "end\nend\nend\nend\nend\nend\nend\nend\n"), 1, UNKNOWN_X);
	fails_with(repeated("", "config x\nedit 1\n", 9, "end\nend\nend\nend\nend\nend\nend\nend\nend\n"), 2, UNKNOWN_X);
	fails_with(repeated("", "config x\nedit 1\n", 9, ""), 1 + 1 + 8, UNKNOWN_X);
	fails_with(repeated("", "config x\n", 30, "config nfq\nset queues 2\nend\n"), 1 + 1 + 16, UNKNOWN_X);
	fails_with(repeated("config ips sensor\nedit a\nset rule-file", " x", 4097, "\nend\n"), 1,
		   "x:3: 'set': more than 4098 words; give the rest by append");
	fails_with(repeated("config ips sensor\nedit a\n", "append rule-file x\n", 4097, "end\n"), 2,
		   "x:3: 'x': stands twice in 'rule-file'; once is enough");
	fails_with(repeated("", "foo\n", 5000, ""), 1001,
		   "x:1: 'foo': unknown command; allowed: config, edit, set, append, unset, next, end, include");
	char *huge = repeated("", "#\n", 8 << 20, "#");
	fails_with(huge, 1, "x:1: 'x': too large; allowed: 16777216 octets in all files");
	survives("\"", 1);
	survives("", 0);
}

static void test_many_entries(void)
{
	const size_t n = 100001;
	char *text = malloc(n * 20 + 100), *p = text + sprintf(text, "config firewall policy\n");
	for (size_t i = 1; i <= n; i++)
		p += sprintf(p, "edit %zu\nnext\n", i);
	sprintf(p, "end\n");
	struct conf *c = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 1);
	CU_ASSERT_STRING_EQUAL(conf_error(c, 0), "x:200002: '100001': too many entries; allowed: 100000 in all tables");
	CU_ASSERT_EQUAL(conf_count(c, NULL, "firewall policy"), 100000);
	CU_ASSERT_PTR_NOT_NULL(conf_find(c, NULL, "firewall policy", "99999"));
	conf_free(c);
	free(text);
}

/* --- includes --------------------------------------------------------------------------------- */
struct file {
	const char *name, *text;
};

static const struct file files[] = {
	{ "a", "include b\nconfig nfq\nset queues 2\nend\n" },
	{ "b", "config system global\nset hostname b\nend\n" },
	{ "self", "include self\n" },
	{ "ping", "include pong\n" },
	{ "pong", "include ping\n" },
	{ "open", "config nfq\n" },
	{ "closed", "end\n" },
	{ "entries", "edit 5\nset action accept\nnext\nedit 6\n" },
	{ "vdoms", "config firewall policy\nconfig vdom\n" },
	{ "bad", "\nconfig nfq\nset queues 0\nend\n" },
};

static enum err read_file(void *arg, const char *from, const char *name, char **text, size_t *len, char **path)
{
	(void)arg;
	(void)from;
	size_t depth = strspn(name, "+"); /* "++": a file that includes "+++" */
	char more[64];
	snprintf(more, sizeof(more), "include %s+\n", name);
	*text = depth > 0 ? strdup(more) : NULL;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (strcmp(files[i].name, name) == 0)
			*text = strdup(files[i].text);
	if (*text == NULL)
		return ERR_NOTFOUND;
	*len = strlen(*text);
	*path = strdup(name);
	return OK;
}

static void including(const char *text, const char *expected)
{
	static const struct conf_reader rd = { .read = read_file };
	struct conf *c = conf_parse_text("x", text, strlen(text), &rd);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	char *got = errors_of(c);
	CU_ASSERT_STRING_EQUAL(got, expected);
	free(got);
	conf_free(c);
}

static void test_include(void)
{
	static const struct conf_reader rd = { .read = read_file };
	struct conf *c = conf_parse_text("x", "include a\n", 10, &rd);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 0);
	CU_ASSERT_EQUAL(conf_int(conf_single(c, NULL, "nfq"), "queues"), 2);
	const char *file;
	CU_ASSERT_EQUAL(conf_where(conf_single(c, NULL, "system global"), "hostname", &file), 2);
	CU_ASSERT_STRING_EQUAL(file, "b");
	conf_free(c);
	including("include none\n", "x:1: 'none': cannot be included: not found\n");
	including("include self\n", "self:1: 'self': includes itself\n");
	including("include ping\n", "pong:1: 'ping': includes itself\n");
	including("include x\n", "x:1: 'x': cannot be included: not found\n");
	including("include +\n", "++++++++:1: '+++++++++': files include one another too deep; allowed: 8\n");
	including("include open\nset queues 2\n", "x:2: 'set': no object is open here; 'config' opens one\n"
				"open:1: 'config nfq': the block is not closed; 'end' closes it\n");
	including("config nfq\ninclude closed\nend\n",
		  "closed:1: 'end': no block is open here; 'end' closes 'config' of the same file\n");
	including("config firewall policy\ninclude entries\nend\n",
		  "entries:4: 'edit 6': the block is not closed; 'next' closes it\n");
	including("config firewall policy\nedit 1\ninclude bad\nnext\nend\n",
		  "bad:2: 'nfq': cannot stand inside 'edit 1', which includes this file\n");
	including("config vdom\ninclude vdoms\nend\n",
		  "vdoms:1: 'firewall policy': cannot stand inside 'config vdom', which includes this file\n"
		  "vdoms:2: 'config vdom': 'config firewall policy' of line 1 is still open; write 'end' before this line\n"
		  "vdoms:2: 'vdom': cannot stand inside 'config vdom', which includes this file\n"
		  "vdoms:2: 'config vdom': the block is not closed; 'end' closes it\n");
	including("foo\ninclude bad\nbar\n",
		  "x:1: 'foo': unknown command; allowed: config, edit, set, append, unset, next, end, include\n"
		  "x:3: 'bar': unknown command; allowed: config, edit, set, append, unset, next, end, include\n"
		  "bad:3: '0': out of range for 'queues'; allowed: 1..64 queues\n");
	char *many = repeated("", "include b\n", 300, "");
	c = conf_parse_text("x", many, strlen(many), &rd);
	CU_ASSERT(c != NULL && conf_n_errors(c) == 300 - 255);
	CU_ASSERT_STRING_EQUAL(conf_error(c, 0), "x:256: 'b': too many files; allowed: 256");
	conf_free(c);
	free(many);
}

/* --- resolution ------------------------------------------------------------------------------- */
static void test_addresses(void)
{
	static const char *const all[] = { "all" }, *const none[] = { "net", "none" };
	struct addr_range *r;
	size_t n;
	char buf[ADDR_TEXT];
	struct conf *c = parse(good);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	struct conf_names names = conf_names(conf_first(c, NULL, "firewall policy"), "srcaddr");
	CU_ASSERT_EQUAL_FATAL(conf_resolve_addresses(c, NULL, names, &r, &n), OK);
	CU_ASSERT_EQUAL_FATAL(n, 3);
	CU_ASSERT_STRING_EQUAL(addr_text(&r[0].lo, r[0].family, buf), "2001:db8::");
	CU_ASSERT_STRING_EQUAL(addr_text(&r[1].hi, r[1].family, buf), "10.255.255.255");
	CU_ASSERT_STRING_EQUAL(addr_text(&r[2].lo, r[2].family, buf), "10.1.0.2");
	CU_ASSERT_STRING_EQUAL(addr_text(&r[2].hi, r[2].family, buf), "10.1.0.9");
	free(r);
	CU_ASSERT_EQUAL_FATAL(conf_resolve_addresses(c, "root", (struct conf_names){ all, 1 }, &r, &n), OK);
	CU_ASSERT(n == 1 && r[0].family == 0);
	free(r);
	CU_ASSERT_EQUAL(conf_resolve_addresses(c, NULL, (struct conf_names){ none, 2 }, &r, &n), ERR_NOTFOUND);
	CU_ASSERT(n == 0 && r == NULL);
	CU_ASSERT_EQUAL(conf_resolve_addresses(c, "none", names, &r, &n), ERR_NOTFOUND);
	conf_free(c);
	c = parse("config firewall addrgrp\nedit a\nset member b\nnext\nedit b\nset member a\nend\n");
	static const char *const cycle[] = { "a", "b", "a" };
	CU_ASSERT_EQUAL(conf_resolve_addresses(c, NULL, (struct conf_names){ cycle, 3 }, &r, &n), OK);
	CU_ASSERT_EQUAL(n, 0);
	free(r);
	conf_free(c);
}

static void test_too_many(void)
{
	char *text = malloc(6000000), *p = text + sprintf(text, "config firewall address\n");
	for (unsigned i = 0; i < 65536; i++)
		p += sprintf(p, "edit a%u\nset subnet 10.1.%u.%u/32\nnext\n", i, i >> 8, i & 255);
	p += sprintf(p, "end\nconfig firewall addrgrp\n");
	for (unsigned i = 0; i < 65536; i++)
		p += i % 4096 == 0 ? sprintf(p, "edit g%u\nset member a%u\n", i / 4096, i) :
				     sprintf(p, "append member a%u\n%s", i, i % 4096 == 4095 ? "next\n" : "");
	sprintf(p, "edit most\nset member g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 g10 g11 g12 g13 g14\nend\n");
	struct conf *c = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 0);
	static const char *const names[] = { "most", "g15" };
	struct addr_range *r;
	size_t n;
	CU_ASSERT_EQUAL(conf_resolve_addresses(c, NULL, (struct conf_names){ names, 1 }, &r, &n), OK);
	CU_ASSERT_EQUAL(n, 15 * 4096);
	free(r);
	CU_ASSERT_EQUAL(conf_resolve_addresses(c, NULL, (struct conf_names){ names, 2 }, &r, &n), ERR_FULL);
	CU_ASSERT(n == 0 && r == NULL);
	conf_free(c);
	free(text);
}

static bool is_range(const struct service_range *r, unsigned proto, unsigned lo, unsigned hi, unsigned sport_lo)
{
	return r->proto == proto && r->dport_lo == lo && r->dport_hi == hi && r->sport_lo == sport_lo && r->sport_hi == 65535;
}

static void test_services(void)
{
	static const char *const more[] = { "ALL", "gre", "PING", "PING6" };
	struct service_range *r;
	size_t n;
	struct conf *c = parse(good);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	struct conf_names names = conf_names(conf_first(c, NULL, "firewall policy"), "service");
	CU_ASSERT_EQUAL_FATAL(conf_resolve_services(c, NULL, names, &r, &n), OK);
	CU_ASSERT_EQUAL_FATAL(n, 7);
	CU_ASSERT(is_range(&r[0], 6, 102, 102, 0));
	CU_ASSERT(is_range(&r[1], 6, 80, 80, 0) && is_range(&r[2], 6, 8000, 8080, 1024) && is_range(&r[3], 17, 53, 53, 0));
	CU_ASSERT(is_range(&r[4], 6, 53, 53, 0) && is_range(&r[5], 17, 53, 53, 0));
	CU_ASSERT(is_range(&r[6], 1, 0x0301, 0x0301, 0));
	free(r);
	CU_ASSERT_EQUAL_FATAL(conf_resolve_services(c, NULL, (struct conf_names){ more, 4 }, &r, &n), OK);
	CU_ASSERT_EQUAL_FATAL(n, 4);
	CU_ASSERT(is_range(&r[0], 0, 0, 65535, 0) && is_range(&r[1], 47, 0, 65535, 0));
	CU_ASSERT(is_range(&r[2], 1, 0x0800, 0x08ff, 0) && is_range(&r[3], 58, 0x8000, 0x80ff, 0));
	free(r);
	conf_free(c);
}

/* --- the seeds' pieces ------------------------------------------------------------------------ */
static void test_pieces(void)
{
	CU_ASSERT(gives("config system ha\n    set group-name \"HA-APP\"\n    set mode a-p \n    set password filled-in\n"
			"    set hbdev \"port3\" 100\n    set session-pickup enable\n    set override enable\nend\n", ""));
	CU_ASSERT(gives("config firewall policy\nedit 1\nset tcp-session-without-syn all\nnext\nend\n", ""));
	CU_ASSERT(gives("config system settings\nset strict-src-check enable\nend\n"
			"config system interface\nedit \"port3\"\nset src-check disable\nnext\nend\n", ""));
	CU_ASSERT(gives("config system session-ttl\nconfig port\nedit 1\nset protocol 6\nset start-port 22\nset end-port 22\n"
			"set timeout 7200\nnext\nend\nend\n", ""));
	/* as printed there: placeholders, and blocks that are not closed */
	CU_ASSERT(gives("config system ha\nset password ************\nset hbdev \"port3\" 100\n",
			"x:1: 'config system ha': the block is not closed; 'end' closes it\n"
			"x:2: 'password': stars mask a password and are none for 'password'; allowed: 1..128 octets"));
	CU_ASSERT(gives("config firewall policy\nedit <policyid>\nset tcp-session-without-syn all\nend\n",
			"x:2: '<policyid>': not a number of 'firewall policy'; allowed: 1..4294967295"));
	CU_ASSERT(gives("config system settings\nset strict-src-check {enable | disable}\nend\n",
			"x:2: '|': one value too many for 'strict-src-check'; a value with blanks stands in quotes"));
}

/* --- files, completion ------------------------------------------------------------------------ */
static void test_files(void)
{
	char *manual = file_text("docs/configuration.md"), *s;
	CU_ASSERT_EQUAL(conf_reference(&s), OK);
	CU_ASSERT_STRING_EQUAL(manual, s); /* refresh: ips config reference >docs/configuration.md */
	free(manual);
	free(s);
	enum err e;
	struct conf *c = conf_load("packaging/ips.conf.example", &e);
	CU_ASSERT(c != NULL && conf_n_errors(c) == 0);
	conf_free(c);
	CU_ASSERT_PTR_NULL(conf_load("packaging/none", &e));
	CU_ASSERT_EQUAL(e, ERR_NOTFOUND);
	CU_ASSERT_PTR_NULL(conf_load("packaging", &e));
	CU_ASSERT_EQUAL(e, ERR_IO);
}

static void collect(void *arg, const char *word)
{
	strcat(strcat((char *)arg, word), " ");
}

static bool completes(const char *object, const char *a, const char *b, const char *c, const char *expected)
{
	const char *const word[] = { a, b, c };
	char got[1000] = "";
	conf_complete(object != NULL ? conf_schema_find(object) : NULL, word, b == NULL ? 1 : c == NULL ? 2 : 3, collect, got);
	return strcmp(got, expected) == 0;
}

static void test_completion(void)
{
	CU_ASSERT(completes(NULL, "e", NULL, NULL, "edit end "));
	CU_ASSERT(completes(NULL, "config", "", NULL, "system firewall ips log nfq "));
	CU_ASSERT(completes(NULL, "config", "system", "s", "settings session-ttl "));
	CU_ASSERT(completes("system session-ttl", "config", "", NULL, "port "));
	CU_ASSERT(completes("nfq", "set", "q", NULL, "queues queue-num "));
	CU_ASSERT(completes("nfq", "set", "fail-open", "", "enable disable "));
	CU_ASSERT(completes("firewall policy", "set", "action", "a", "accept "));
	CU_ASSERT(completes("firewall policy", "append", "srcaddr", "", "all "));
	CU_ASSERT(completes("firewall policy", "unset", "action", "a", ""));
	CU_ASSERT(completes("nfq", "bogus", "", NULL, ""));
}

UNIT_MAIN({ "shown text loads to the same tree", test_round_trip }, { "show: paths, defaults, masks", test_show },
	  { "diff", test_diff }, { "every truncation", test_truncated }, { "every octet changed", test_changed },
	  { "limits", test_limits }, { "100,001 entries", test_many_entries }, { "include", test_include },
	  { "addresses resolved", test_addresses }, { "65,536 addresses", test_too_many }, { "services resolved", test_services },
	  { "configurations seen elsewhere", test_pieces }, { "the manual and the example", test_files },
	  { "completion", test_completion })
