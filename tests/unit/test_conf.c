/* test_conf.c - the configuration's values, their bounds, and every error with its text and line. */
#include "tests/unit/conf_util.h"
#include "tests/unit/unit.h"

#include "forward/session.h"

/* --- values ----------------------------------------------------------------------------------- */
struct value_case {
	const char *object, *attr, *words;
	const char *canonical;         /* NULL: refused with */
	const char *error;
};

#define PORTS_TEXT "allowed: PORT or LOW-HIGH, the client's after a colon, 0..65535"
#define IFNAME_TEXT "allowed: a network interface's name of at most 15 octets"
#define SUBNET_TEXT "allowed: NETWORK MASK or NETWORK/LENGTH, as 10.0.0.0 255.255.255.0 or 2001:db8::/64"
#define IPMASK_TEXT "allowed: ADDRESS MASK or ADDRESS/LENGTH, as 10.0.0.1 255.255.255.0 or 2001:db8::1/64"
#define IP_TEXT "allowed: an IPv4 or IPv6 address"
#define NET_TEXT "allowed: ADDRESS, NETWORK/LENGTH, FIRST-LAST, each also after !, or any"
#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static const struct value_case values[] = {
	{ "system settings", "asymroute", "enable", "enable", NULL },
	{ "system settings", "asymroute", "disable", "disable", NULL },
	{ "system settings", "asymroute", "Enable", NULL,
	  "'Enable': not a value for 'asymroute'; allowed: enable | disable" },
	{ "system settings", "asymroute", "\"\"", NULL, "'': not a value for 'asymroute'; allowed: enable | disable" },
	{ "system global", "tcp-timer", "1", "1", NULL },
	{ "system global", "tcp-timer", "0060", "60", NULL },
	{ "system global", "tcp-timer", "604800", "604800", NULL },
	{ "system global", "tcp-timer", "0", NULL, "'0': out of range for 'tcp-timer'; allowed: 1..604800 seconds" },
	{ "system global", "tcp-timer", "604801", NULL,
	  "'604801': out of range for 'tcp-timer'; allowed: 1..604800 seconds" },
	{ "system global", "tcp-timer", "18446744073709551617", NULL,
	  "'18446744073709551617': out of range for 'tcp-timer'; allowed: 1..604800 seconds" },
	{ "system global", "tcp-timer", "-1", NULL, "'-1': not a value for 'tcp-timer'; allowed: 1..604800 seconds" },
	{ "system global", "tcp-timer", "1s", NULL, "'1s': not a value for 'tcp-timer'; allowed: 1..604800 seconds" },
	{ "system global", "hostname", "a", "a", NULL },
	{ "system global", "hostname", "\"a \\\"b\\\" \\\\ c\"", "a \"b\" \\ c", NULL },
	{ "system global", "hostname", "'a \"b\\ c'", "a \"b\\ c", NULL },
	{ "system global", "hostname", "a\\ b\\#c", "a b#c", NULL },
	{ "system global", "hostname", "a#b", "a#b", NULL },
	{ "system global", "hostname", "x # comment", "x", NULL },
	{ "system global", "hostname", "\xc3\xa9", "\xc3\xa9", NULL },
	{ "system global", "hostname", "\"\"", NULL, "'': too short for 'hostname'; allowed: 1..35 octets" },
	{ "system global", "hostname", X16 X16 "xxx", X16 X16 "xxx", NULL },
	{ "system global", "hostname", X16 X16 "xxxx", NULL,
	  "'" X16 X16 "xxxx': too long for 'hostname'; allowed: 1..35 octets" },
	{ "system global", "hostname", X64 "x", NULL,
	  "'" X16 X16 X16 "xxxxxxxxxxxx...': too long for 'hostname'; allowed: 1..35 octets" },
	{ "system global", "hostname", "a b", NULL,
	  "'b': one value too many for 'hostname'; a value with blanks stands in quotes" },
	{ "system global", "hostname", "", NULL, "'hostname': no value given; allowed: 1..35 octets" },
	{ "system ha", "password", "secret", "secret", NULL },
	{ "system ha", "password", "********", NULL,
	  "'password': stars mask a password and are none for 'password'; allowed: 1..128 octets" },
	{ "system ha", "password", "a secret", NULL,
	  "'password': one value too many for 'password'; a value with blanks stands in quotes" },
	{ "system ha", "password", X64 X64 "x", NULL, "'password': too long for 'password'; allowed: 1..128 octets" },
	{ "system ha", "session-sync-mode", "async", "async", NULL },
	{ "system ha", "session-sync-mode", "asynch", NULL,
	  "'asynch': not a value for 'session-sync-mode'; allowed: commit | state-change | async; did you mean 'async'?" },
	{ "system ha", "hbdev", "port3 100 port4 0", "port3 100", NULL },
	{ "system ha", "hbdev", "\"port3\" 512", "port3 512", NULL },
	{ "system ha", "hbdev", "port3 513", NULL,
	  "'port3 513': its priority is out of range for 'hbdev'; allowed: INTERFACE PRIORITY pairs, priority 0..512" },
	{ "system ha", "hbdev", "port3", NULL,
	  "'port3': no priority follows in 'hbdev'; allowed: INTERFACE PRIORITY pairs, priority 0..512" },
	{ "system ha", "monitor", "eth0.100 wan", "eth0.100", NULL },
	{ "system ha", "monitor", "any", NULL, "'any': not a value for 'monitor'; " IFNAME_TEXT },
	{ "system ha", "monitor", X16, NULL, "'" X16 "': not a value for 'monitor'; " IFNAME_TEXT },
	{ "system ha", "monitor", "a/b", NULL, "'a/b': not a value for 'monitor'; " IFNAME_TEXT },
	{ "firewall address\nedit a", "subnet", "10.0.0.0 255.0.0.0", "10.0.0.0 255.0.0.0", NULL },
	{ "firewall address\nedit a", "subnet", "10.0.0.0/8", "10.0.0.0 255.0.0.0", NULL },
	{ "firewall address\nedit a", "subnet", "0.0.0.0 0.0.0.0", "0.0.0.0 0.0.0.0", NULL },
	{ "firewall address\nedit a", "subnet", "10.0.0.1/32", "10.0.0.1 255.255.255.255", NULL },
	{ "firewall address\nedit a", "subnet", "2001:DB8::/32", "2001:db8::/32", NULL },
	{ "firewall address\nedit a", "subnet", "::/0", "::/0", NULL },
	{ "firewall address\nedit a", "subnet", "10.0.0.1/8", NULL,
	  "'10.0.0.1/8': has bits outside its mask and is no network for 'subnet'; " SUBNET_TEXT },
	{ "firewall address\nedit a", "subnet", "10.0.0.0", NULL, "'10.0.0.0': no mask is given for 'subnet'; " SUBNET_TEXT },
	{ "firewall address\nedit a", "subnet", "10.0.0.0/33", NULL,
	  "'10.0.0.0/33': not a value for 'subnet'; " SUBNET_TEXT },
	{ "firewall address\nedit a", "subnet", "10.0.0.0 255.0.255.0", NULL,
	  "'10.0.0.0 255.0.255.0': not a value for 'subnet'; " SUBNET_TEXT },
	{ "firewall address\nedit a", "subnet", "10.0.0.0/8 255.0.0.0", NULL,
	  "'10.0.0.0/8 255.0.0.0': not a value for 'subnet'; " SUBNET_TEXT },
	{ "firewall address\nedit a", "subnet", "all", NULL, "'all': no mask is given for 'subnet'; " SUBNET_TEXT },
	{ "firewall address\nedit a", "subnet", "10.0.0.0 ::", NULL,
	  "'10.0.0.0 ::': not a value for 'subnet'; " SUBNET_TEXT },
	{ "system interface\nedit p1", "ip", "10.0.0.1/8", "10.0.0.1 255.0.0.0", NULL },
	{ "system interface\nedit p1", "ip", "10.0.0.1 255.255.255.0", "10.0.0.1 255.255.255.0", NULL },
	{ "system interface\nedit p1", "ip", "fe80::1/64", "fe80::1/64", NULL },
	{ "system interface\nedit p1", "ip", "10.0.0.256/8", NULL, "'10.0.0.256/8': not a value for 'ip'; " IPMASK_TEXT },
	{ "system interface\nedit p1", "weight", "9999", "9999", NULL },
	{ "system interface\nedit p1", "weight", "10000", NULL, "'10000': out of range for 'weight'; allowed: 0..9999" },
	{ "ips sensor\nedit s", "home-net", "10.0.0.0/8 !10.1.0.0-10.1.0.9 2001:db8::1", "10.0.0.0/8", NULL },
	{ "ips sensor\nedit s", "home-net", "!10.1.0.0-10.1.0.9", "!10.1.0.0-10.1.0.9", NULL },
	{ "ips sensor\nedit s", "home-net", "10.0.0.0-10.255.255.255", "10.0.0.0/8", NULL },
	{ "ips sensor\nedit s", "home-net", "all", "any", NULL },
	{ "ips sensor\nedit s", "home-net", "!any", NULL, "'!any': not a value for 'home-net'; " NET_TEXT },
	{ "ips sensor\nedit s", "home-net", "10.0.0.9-10.0.0.1", NULL,
	  "'10.0.0.9-10.0.0.1': not a value for 'home-net'; " NET_TEXT },
	{ "firewall service custom\nedit s", "tcp-portrange", "102", "102", NULL },
	{ "firewall service custom\nedit s", "tcp-portrange", "0-65535", "0-65535", NULL },
	{ "firewall service custom\nedit s", "tcp-portrange", "80-80:1024-65535", "80:1024-65535", NULL },
	{ "firewall service custom\nedit s", "tcp-portrange", "80:0-65535", "80", NULL },
	{ "firewall service custom\nedit s", "tcp-portrange", "65536", NULL,
	  "'65536': not a value for 'tcp-portrange'; " PORTS_TEXT },
	{ "firewall service custom\nedit s", "tcp-portrange", "90-80", NULL,
	  "'90-80': not a value for 'tcp-portrange'; " PORTS_TEXT },
	{ "firewall service custom\nedit s", "tcp-portrange", "80-", NULL,
	  "'80-': not a value for 'tcp-portrange'; " PORTS_TEXT },
	{ "firewall service custom\nedit s", "tcp-portrange", "80:", NULL,
	  "'80:': not a value for 'tcp-portrange'; " PORTS_TEXT },
};

static void one_value(const struct value_case *v)
{
	char text[1024], expected[1024];
	const char *edit = strchr(v->object, '\n');
	snprintf(text, sizeof(text), "config %s\nset %s %s\nend\n", v->object, v->attr, v->words);
	snprintf(expected, sizeof(expected), "x:%d: %s", edit != NULL ? 3 : 2, v->error != NULL ? v->error : "");
	if (v->canonical == NULL) {
		CU_ASSERT(gives(text, expected));
		return;
	}
	char path[100];
	struct conf *c = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	snprintf(path, sizeof(path), "%.*s", edit != NULL ? (int)(edit - v->object) : 99, v->object);
	const struct conf_node *n = edit != NULL ? conf_first(c, NULL, path) : conf_single(c, NULL, path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	if (strcmp(conf_str(n, v->attr), v->canonical) != 0)
		printf("# %s: got %s\n", v->words, conf_str(n, v->attr));
	CU_ASSERT_STRING_EQUAL(conf_str(n, v->attr), v->canonical);
	conf_free(c);
}

static void test_values(void)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		one_value(&values[i]);
}

static void test_defaults(void)
{
	static const struct {
		const char *word;
		int64_t dflt;
	} timer[] = {
#define X(id, word, dflt, help) { word, dflt },
		SESSION_TIMER_LIST(X)
#undef X
	};
	struct conf *c = parse("");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 0);
	const struct conf_node *g = conf_single(c, NULL, "system global");
	for (size_t i = 0; i < ARRAY_LEN(timer); i++)
		CU_ASSERT_EQUAL(conf_int(g, timer[i].word), timer[i].dflt);
	CU_ASSERT_STRING_EQUAL(conf_str(g, "hostname"), "ips");
	CU_ASSERT(!conf_is_set(g, "hostname"));
	CU_ASSERT_EQUAL(conf_int(conf_single(c, NULL, "system session-ttl"), "default"), -1);
	CU_ASSERT_EQUAL(conf_enum(conf_single(c, NULL, "system settings"), "inspection-mode"), 0);
	CU_ASSERT_EQUAL(conf_list_n(conf_single(c, NULL, "log eve"), "types"), 7);
	CU_ASSERT(conf_list_has(conf_single(c, NULL, "log eve"), "types", "anomaly"));
	CU_ASSERT_STRING_EQUAL(conf_str(conf_single(c, NULL, "system ha"), "password"), "");
	CU_ASSERT(!conf_flag(conf_single(c, NULL, "nfq"), "fail-open"));
	CU_ASSERT_PTR_NULL(conf_first(c, NULL, "firewall policy"));
	CU_ASSERT_EQUAL(conf_count(c, NULL, "firewall policy"), 0);
	CU_ASSERT_EQUAL(conf_n_vdoms(c), 1);
	CU_ASSERT_STRING_EQUAL(conf_vdom_name(c, 0), "root");
	conf_free(c);
}

static void test_reading(void)
{
	struct conf *c = parse("config firewall policy\nedit 7\nset srcintf a b\nappend srcintf c\nset service ALL\nunset service\n"
			       "append service HTTP\nset action accept\nnext\nedit 3\nend\n"
			       "config system ha\nset hbdev p1 10 p2 50\nappend hbdev p3 50\nend\n"
			       "config system global\nset hostname one\nend\nconfig system global\nset hostname two\nend\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 0);
	const struct conf_node *p = conf_first(c, NULL, "firewall policy");
	CU_ASSERT_EQUAL(conf_key_int(p), 7);
	CU_ASSERT_EQUAL(conf_list_n(p, "srcintf"), 3);
	CU_ASSERT_STRING_EQUAL(conf_list(p, "srcintf", 2), "c");
	CU_ASSERT_STRING_EQUAL(conf_list(p, "srcintf", 3), "");
	CU_ASSERT_EQUAL(conf_list_n(p, "service"), 1);
	CU_ASSERT_STRING_EQUAL(conf_str(p, "service"), "HTTP");
	CU_ASSERT_EQUAL(conf_enum(p, "action"), 1);
	const char *file;
	CU_ASSERT_EQUAL(conf_where(p, "action", &file), 8);
	CU_ASSERT_STRING_EQUAL(file, "x");
	CU_ASSERT_EQUAL(conf_where(p, "logtraffic", &file), 0);
	CU_ASSERT_EQUAL(conf_where(p, NULL, &file), 2);
	CU_ASSERT_STRING_EQUAL(conf_key(conf_next(p)), "3");
	CU_ASSERT_PTR_NULL(conf_next(conf_next(p)));
	CU_ASSERT_PTR_EQUAL(conf_find(c, NULL, "firewall policy", "7"), p);
	CU_ASSERT_PTR_NULL(conf_find(c, NULL, "firewall policy", "8"));
	CU_ASSERT_PTR_NULL(conf_find(c, "none", "firewall policy", "7"));
	struct conf_hbdev d;
	const struct conf_node *ha = conf_single(c, NULL, "system ha");
	CU_ASSERT(conf_hbdev(ha, 0, &d) && strcmp(d.name, "p2") == 0 && d.prio == 50);
	CU_ASSERT(conf_hbdev(ha, 1, &d) && strcmp(d.name, "p3") == 0 && d.prio == 50);
	CU_ASSERT(conf_hbdev(ha, 2, &d) && strcmp(d.name, "p1") == 0 && d.prio == 10);
	CU_ASSERT(!conf_hbdev(ha, 3, &d));
	CU_ASSERT_STRING_EQUAL(conf_str(conf_single(c, "any vdom", "system global"), "hostname"), "two");
	conf_free(c);
}

/* --- errors ----------------------------------------------------------------------------------- */
static void all_give(const char *const cases[][2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		CU_ASSERT(gives(cases[i][0], cases[i][1]));
}

static const char *const block_errors[][2] = {
	{ "config\nend\n", "x:1: 'config': no object is named; 'ips config reference' lists them" },
	{ "config system globl\nset a b\nconfig y\nedit 1\nnext\nend\nend\n",
	  "x:1: 'system globl': unknown object; did you mean 'system global'?" },
	{ "config qqqq\nend\n", "x:1: 'qqqq': unknown object; 'ips config reference' lists those that exist" },
	{ "config system session-ttl\nconfig prt\nend\nend\n",
	  "x:2: 'prt': 'system session-ttl' has no such object in it; did you mean 'port'?" },
	{ "config system session-ttl port\nend\n",
	  "x:1: 'system session-ttl port': stands inside 'config system session-ttl'" },
	{ "config system ha\n\nset mode standalone\n", "x:1: 'config system ha': the block is not closed; 'end' closes it" },
	{ "config firewall policy\nedit 1\nset min-ttl 256\nset tcp-urgent keep\nset padding drop\nend\n",
	  "x:3: '256': out of range for 'min-ttl'; allowed: 0..255\n"
	  "x:4: 'keep': not a value for 'tcp-urgent'; allowed: clear | allow | drop\n"
	  "x:5: 'drop': not a value for 'padding'; allowed: clear | allow" },
	{ "config firewall policy\nedit 1\nset action deny\n",
	  "x:1: 'config firewall policy': the block is not closed; 'end' closes it" },
	{ "config system ha\nset mode standalone\nconfig nfq\nend\n",
	  "x:3: 'config nfq': 'config system ha' of line 1 is still open; write 'end' before this line" },
	{ "config firewall policy\nedit 1\nedit 2\nend\n",
	  "x:3: 'edit 2': 'edit 1' of line 2 is still open; write 'next' before this line" },
	{ "end\n", "x:1: 'end': no block is open here; 'end' closes 'config'" },
	{ "next\n", "x:1: 'next': no entry is open here; 'next' closes 'edit'" },
	{ "config nfq\nend now\n", "x:2: 'now': nothing may follow 'end'" },
	{ "edit 1\nset a b\nnext\n", "x:1: 'edit': no table is open here; 'edit' stands inside 'config' of a table" },
	{ "config nfq\nedit 1\nset a b\nnext\nend\n",
	  "x:2: 'edit': no table is open here; 'edit' stands inside 'config' of a table" },
	{ "config firewall policy\nedit\nnext\nend\n",
	  "x:2: 'edit': one name follows 'edit'; a name with blanks stands in quotes" },
	{ "config firewall policy\nedit 0\nnext\nend\n",
	  "x:2: '0': not a number of 'firewall policy'; allowed: 1..4294967295" },
	{ "config firewall policy\nedit 4294967296\nend\n",
	  "x:2: '4294967296': not a number of 'firewall policy'; allowed: 1..4294967295" },
	{ "config firewall policy\nedit 1\nnext\nedit 01\nset action no\nnext\nend\n",
	  "x:4: '1': 'firewall policy' has this entry already, from x:2; each is edited once\n"
	  "x:5: 'no': not a value for 'action'; allowed: deny | accept" },
	{ "config ips sensor\nedit \"\"\nnext\nend\n", "x:2: '': not a name of 'ips sensor'; allowed: 1..79 octets" },
	{ "config system interface\nedit " X16 "\nnext\nend\n",
	  "x:2: '" X16 "': not a name of 'system interface'; allowed: 1..15 octets" },
	{ "set a b\n", "x:1: 'set': no object is open here; 'config' opens one" },
	{ "config ips sensor\nset a b\nend\n", "x:2: 'set': no entry is open here; 'edit' opens one" },
	{ "config nfq\nset\nend\n", "x:2: 'set': no attribute is named" },
	{ "config nfq\nset queus 2\nend\n", "x:2: 'queus': unknown attribute of 'nfq'; did you mean 'queues'?" },
	{ "config nfq\nset zzzzzz 2\nend\n",
	  "x:2: 'zzzzzz': unknown attribute of 'nfq'; allowed: queues, queue-num, maxlen, fail-open" },
	{ "config nfq\nunset queues 2\nend\n", "x:2: '2': nothing may follow 'unset queues'" },
	{ "config nfq\nappend queues 2\nend\n", "x:2: 'queues': takes one value, nothing can be appended; use 'set'" },
	{ "config nfq\nSet queues 2\nend\n", "x:2: 'Set': unknown command; did you mean 'set'?" },
	{ "delete\n", "x:1: 'delete': unknown command; allowed: config, edit, set, append, unset, next, end, include" },
	{ "include y\n", "x:1: 'y': files cannot be included here" },
	{ "include\n", "x:1: 'include': one file name follows; a name with blanks stands in quotes" },
};

static void test_block_errors(void)
{
	all_give(block_errors, ARRAY_LEN(block_errors));
}

static const char *const text_errors[][2] = {
	{ "config nfq\nset queues \"2\nend\n", "x:2: '\"2': the quote is not closed on its line; close it with \"" },
	{ "config nfq\nset queues '2\nend\n", "x:2: ''2': the quote is not closed on its line; close it with '" },
	{ "config nfq\nset queues 2\\\nend\n", "x:2: '\\': nothing follows the backslash; write \\\\ for a backslash" },
	{ "config system ha\nset password \"topsecret\nend\n",
	  "x:2: '\"': the quote is not closed on its line; close it with \"" },
	{ "config system ha\nset password \"x\\\nend\n", "x:2: '\"': the quote is not closed on its line; close it with \"" },
	{ "config nfq\nset queues \x01\nend\n",
	  "x:2: 'octet 0x01, column 12': not text; a configuration is UTF-8 without control characters" },
	{ "config nfq \xff\nset queues 2\nend\n",
	  "x:1: 'octet 0xff, column 12': not text; a configuration is UTF-8 without control characters" },
	{ "# \xc0\x80\n", "x:1: 'octet 0xc0, column 3': not text; a configuration is UTF-8 without control characters" },
	{ "# \xed\xa0\x80\n", "x:1: 'octet 0xed, column 3': not text; a configuration is UTF-8 without control characters" },
	{ "config ips sensor\nedit \"a\nset comment x\nnext\nend\n",
	  "x:2: '\"a': the quote is not closed on its line; close it with \"" },
	{ "\xef\xbb\xbf# a mark at the beginning\r\nconfig nfq\r\n\tset queues 2\r\nend\r\n", "" },
};

static void test_text_errors(void)
{
	all_give(text_errors, ARRAY_LEN(text_errors));
	struct conf *c = conf_parse_text("x", "config nfq\nset\0queues 2\nend\n", 28, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 1);
	CU_ASSERT_STRING_EQUAL(conf_error(c, 0),
			       "x:2: 'octet 0x00, column 4': not text; a configuration is UTF-8 without control characters");
	conf_free(c);
}

#define ADDRESS_REFS "allowed: the name of an entry of firewall address or firewall addrgrp, or all"
#define SERVICE_REFS "allowed: the name of an entry of firewall service custom, a predefined service or firewall service group"

static const char *const reference_errors[][2] = {
	{ "config firewall policy\nedit 1\nset srcaddr none\nend\n",
	  "x:3: 'none': 'srcaddr' names nothing that exists; " ADDRESS_REFS },
	{ "config firewall address\nedit plant\nset subnet 10.0.0.0/8\nend\n"
	  "config firewall policy\nedit 1\nset dstaddr plnt\nend\n",
	  "x:7: 'plnt': 'dstaddr' names nothing that exists; " ADDRESS_REFS "; did you mean 'plant'?" },
	{ "config firewall policy\nedit 1\nset service HTPS\nend\n",
	  "x:3: 'HTPS': 'service' names nothing that exists; " SERVICE_REFS "; did you mean 'HTTPS'?" },
	{ "config firewall policy\nedit 1\nset ips-sensor s\nend\n",
	  "x:3: 's': 'ips-sensor' names nothing that exists; allowed: the name of an entry of ips sensor" },
	{ "config system interface\nedit p\nset vdom v\nend\n",
	  "x:3: 'v': 'vdom' names nothing that exists; allowed: the name of a vdom" },
	{ "config firewall policy\nedit 1\nset srcaddr all all\nend\n",
	  "x:3: 'all': stands twice in 'srcaddr'; once is enough\n"
	  "x:3: 'all': stands beside other values of 'srcaddr'; alone it means everything" },
	{ "config firewall policy\nedit 1\nset srcintf p1 any\nend\n",
	  "x:3: 'any': stands beside other values of 'srcintf'; alone it means everything" },
	{ "config firewall policy\nedit 1\nset service SSH HTTP SSH SSH\nend\n",
	  "x:3: 'SSH': stands twice in 'service'; once is enough" },
	{ "config firewall addrgrp\nedit g\nend\n", "x:2: 'g': this entry of 'firewall addrgrp' has no 'member'; set it" },
	{ "config firewall addrgrp\nedit g\nset member g\nend\n",
	  "x:3: 'g': the group 'g' contains itself by this member; take it out" },
	{ "config firewall addrgrp\nedit a\nset member b\nnext\nedit b\nset member c\nnext\nedit c\nset member a\nend\n",
	  "x:9: 'a': the group 'c' contains itself by this member; take it out" },
	{ "config firewall service group\nedit a\nset member b HTTP\nnext\nedit b\nset member a\nend\n",
	  "x:6: 'a': the group 'b' contains itself by this member; take it out" },
};

static void test_reference_errors(void)
{
	all_give(reference_errors, ARRAY_LEN(reference_errors));
}

#define POLICY(id, more) "config firewall policy\nedit " id "\n" more "\nnext\nend\n"

static const char *const rule_errors[][2] = {
	{ "config system global\nset memory-use-threshold-red 96\nend\n",
	  "x:2: '96': 'memory-use-threshold-red' (96) must be below 'memory-use-threshold-extreme' (95)" },
	{ "config system global\nset memory-use-threshold-green 88\nend\n",
	  "x:2: '88': 'memory-use-threshold-green' (88) must be below 'memory-use-threshold-red' (88)" },
	{ "config system ha\nset mode a-p\nend\n",
	  "x:2: 'a-p': needs 'group-name'; set it\nx:2: 'a-p': needs 'password'; set it\n"
	                                           "x:2: 'a-p': needs 'hbdev'; set it" },
	{ "config system ha\nset hbdev p1 1 p1 2\nend\n", "x:2: 'p1': stands twice in 'hbdev'; one priority is enough" },
	{ "config system ha\nset hbdev p1 1\nset monitor p1\nend\n",
	  "x:3: 'p1': is a heartbeat device and cannot be monitored as well" },
	{ "config system session-ttl\nconfig port\nedit 1\nset protocol 6\nset start-port 9\nset end-port 8\n"
	  "set timeout 1\nend\nend\n",
	  "x:6: '8': 'end-port' is below 'start-port' (9)" },
	{ "config system session-ttl\nconfig port\nedit 1\nset protocol 6\nend\nend\n",
	  "x:3: '1': this entry of 'system session-ttl port' has no 'timeout'; set it" },
	{ "config system session-ttl\nconfig port\nedit 1\nset protocol 6\nset timeout 1\nnext\nedit 2\nset protocol 6\n"
	  "set start-port 9\nset timeout 1\nnext\nedit 3\nset protocol 17\nset timeout 1\nend\nend\n",
	  "x:9: '2': its ports overlap with those of '1'; a port has one timeout" },
	{ "config firewall address\nedit a\nend\n", "x:2: 'a': has no 'subnet', which 'type ipmask' needs" },
	{ "config firewall address\nedit all\nset subnet ::/0\nend\n", "x:2: 'all': is built in; choose another name" },
	{ "config firewall address\nedit a\nset type iprange\nset start-ip 1.1.1.1\nset subnet 10.0.0.0/8\nend\n",
	  "x:2: 'a': has no 'end-ip', which 'type iprange' needs\n"
	  "x:5: 'subnet': means nothing while 'type' is 'iprange'; unset it" },
	{ "config firewall address\nedit a\nset type iprange\nset start-ip 1.1.1.9\nset end-ip 1.1.1.1\nend\n",
	  "x:5: '1.1.1.1': 'end-ip' is below 'start-ip' (1.1.1.9)" },
	{ "config firewall address\nedit a\nset type iprange\nset start-ip 1.1.1.9\nset end-ip ::1\nend\n",
	  "x:5: '::1': not of the family of 'start-ip' (1.1.1.9)" },
	{ "config firewall address\nedit a\nset type iprange\nset start-ip 1.1.1.0/24\nend\n",
	  "x:4: '1.1.1.0/24': not a value for 'start-ip'; " IP_TEXT },
	{ "config firewall address\nedit a\nset subnet ::/0\nend\nconfig firewall addrgrp\nedit a\nset member all\nend\n",
	  "x:6: 'a': names an entry of 'firewall address' as well; choose another name" },
	{ "config firewall service custom\nedit s\nend\n",
	  "x:2: 's': has neither 'tcp-portrange' nor 'udp-portrange'; set one of them" },
	{ "config firewall service custom\nedit s\nset tcp-portrange 1-10 5\nend\n",
	  "x:3: 'tcp-portrange': the ranges 1-10 and 5-5 overlap; make them one" },
	{ "config firewall service custom\nedit s\nset tcp-portrange 1-10:1-5 5:6\nend\n", "" },
	{ "config firewall service custom\nedit s\nset protocol ICMP\nset icmpcode 1\nset tcp-portrange 1\nend\n",
	  "x:4: '1': a code means nothing without 'icmptype'; set that\n"
	  "x:5: 'tcp-portrange': means nothing while 'protocol' is 'ICMP'; unset it" },
	{ "config firewall service custom\nedit s\nset protocol IP\nset icmptype 1\nend\n",
	  "x:4: 'icmptype': means nothing while 'protocol' is 'IP'; unset it" },
	{ "config firewall service custom\nedit s\nset tcp-portrange 1\nset protocol-number 1\nend\n",
	  "x:4: 'protocol-number': means nothing while 'protocol' is 'TCP/UDP/SCTP'; unset it" },
	{ "config firewall service group\nedit HTTP\nset member SSH\nend\n",
	  "x:2: 'HTTP': names a predefined service; choose another name" },
	{ POLICY("1", "set name a") POLICY("2", "set name a"), "x:8: 'a': is the 'name' of '1' already; each is used once" },
	{ "config system interface\nedit a\nset ip 10.0.0.1/8\nnext\nedit b\nset ip 10.0.0.1/8\nend\n",
	  "x:6: '10.0.0.1 255.0.0.0': is the 'ip' of 'a' already; each is used once" },
	{ "config firewall service custom\nedit s\nset tcp-portrange 1\nset protocol-number 0\nend\n", "" },
	{ "config nfq\nset queue-num 65535\nend\n", "" },
	{ "config nfq\nset queues 2\nset queue-num 65535\nend\n",
	  "x:3: '65535': the last of 2 queues would be number 65536; allowed: at most 65535" },
	/* one mistake, one message: what a refused value leaves out is not told */
	{ "config firewall address\nedit a\nset subnet x\nend\n", "x:3: 'x': no mask is given for 'subnet'; " SUBNET_TEXT },
};

static void test_rule_errors(void)
{
	all_give(rule_errors, ARRAY_LEN(rule_errors));
}

static const char *const vdom_errors[][2] = {
	{ "config vdom\nedit a\nconfig nfq\nend\nend\n",
	  "x:3: 'nfq': is one for all vdoms; it stands in 'config global' or outside 'config vdom'" },
	{ "config global\nconfig firewall policy\nedit 1\nend\nend\n",
	  "x:2: 'firewall policy': belongs to a vdom; it stands in 'config vdom', 'edit NAME', or outside 'config global'" },
	{ "config vdom\nedit a\nconfig system settings\nend\nconfig global\nend\n",
	  "x:5: 'config global': 'edit a' of line 2 is still open; write 'end' before this line" },
	{ "config vdom\nedit \"" X16 X16 "\"\nend\n", "x:2: '" X16 X16 "': not a name of 'vdom'; allowed: 1..31 octets" },
	{ "config vdom\nedit a\nnext\nend\nconfig system interface\nedit p\nset vdom a\nend\n" POLICY("1", "set srcintf p"),
	  "x:11: 'p': this interface belongs to the vdom 'a', the policy to 'root'" },
	{ "config vdom\nedit a\nconfig firewall address\nedit h\nset subnet 10.0.0.0/8\nend\nend\n" POLICY("1",
	  "set srcaddr h"),
	  "x:10: 'h': 'srcaddr' names nothing that exists; " ADDRESS_REFS },
};

static void test_vdoms(void)
{
	all_give(vdom_errors, ARRAY_LEN(vdom_errors));
	struct conf *c = parse("config vdom\nedit root\nnext\nedit a\nnext\nend\n"
			       "config global\nconfig nfq\nset queues 2\nend\nend\n"
			       "config vdom\nedit a\nconfig firewall policy\nedit 1\nnext\nedit 2\nend\nend\n"
			       "config vdom\nedit root\nconfig firewall policy\nedit 1\nend\nend\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(conf_n_errors(c), 0);
	CU_ASSERT_EQUAL(conf_n_vdoms(c), 2);
	CU_ASSERT_STRING_EQUAL(conf_vdom_name(c, 1), "a");
	CU_ASSERT_EQUAL(conf_count(c, "a", "firewall policy"), 2);
	CU_ASSERT_EQUAL(conf_count(c, NULL, "firewall policy"), 1);
	CU_ASSERT_EQUAL(conf_count(c, "b", "firewall policy"), 0);
	CU_ASSERT_EQUAL(conf_int(conf_single(c, "a", "nfq"), "queues"), 2);
	CU_ASSERT_STRING_EQUAL(conf_str(conf_single(c, "b", "system settings"), "opmode"), "nat");
	conf_free(c);
}

UNIT_MAIN({ "values of each type, with bounds", test_values }, { "defaults", test_defaults }, { "reading the tree", test_reading },
	  { "errors of blocks and commands", test_block_errors }, { "errors of the text itself", test_text_errors },
	  { "references, lists, groups", test_reference_errors },
	  { "what objects demand", test_rule_errors }, { "vdoms", test_vdoms })
