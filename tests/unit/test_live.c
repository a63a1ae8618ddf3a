/* test_live.c - what a configuration says about a live node: every problem with its place, numbers of interfaces, addresses of
 * the pair, logs, and which differences a reload cannot bring.
 */
#include "ips/live.h"
#include "ips/outbuf.h"
#include "tests/unit/conf_util.h"
#include "tests/unit/unit.h"

#define PORTS(lan, wan) \
	"config system interface\nedit lan0\nset ip " lan "\nset ip6 2001:db8::1/64\nnext\nedit wan0\n" wan "next\nend\n"
#define LAN	  PORTS("10.1.0.1/24", "")
#define HA	  "config system ha\nset mode a-p\nset password x\nset group-name g\nset hbdev ha0 9\n"
#define PAIR	  HA "set local-ip 10.9.0.1\nset peer-ip 10.9.0.2\n"
#define PAIR_END  "end\n"
#define BOUNCE	  "set reboot-interfaces-on-swap enable\n"

struct read {
	struct conf *c;
	struct live l;
	struct outbuf told;
	enum err e;
};

static void collect(void *arg, const char *text)
{
	outbuf_fmt(arg, "%s\n", text);
}

static void read_text(struct read *r, const char *text)
{
	memset(r, 0, sizeof(*r));
	memset(&r->l, 0x5a, sizeof(r->l)); /* nothing of what was there before counts */
	r->c = parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->c);
	for (size_t i = 0; i < conf_n_errors(r->c); i++)
		printf("# %s\n", conf_error(r->c, i));
	CU_ASSERT_EQUAL_FATAL(conf_n_errors(r->c), 0);
	r->e = live_read(r->c, &r->l, collect, &r->told);
}

static void done(struct read *r)
{
	conf_free(r->c);
	outbuf_free(&r->told);
}

static const char *told(const struct read *r)
{
	return r->told.p != NULL ? r->told.p : "";
}

/* --- problems ------------------------------------------------------------------------------------------------ */

static void test_problems(void)
{
	static const struct {
		const char *text, *told;
		enum err e;
	} row[] = {
		{ "", "no interface to inspect: name them in 'config system interface'\n", ERR_USAGE },
		{ "config system settings\nset opmode nat\nend\n",
		  "x:1: no interface to inspect: name them in 'config system interface'\n", ERR_USAGE },
		{ "config system interface\nedit ha0\nset role ha\nnext\nend\n",
		  "no interface to inspect: name them in 'config system interface'\n", ERR_USAGE },
		{ LAN, "", OK },
		{ LAN PAIR PAIR_END, "", OK },
		{ LAN HA "end\n",
		  "x:10: mode a-p needs 'local-ip' to run live; set it in 'config system ha'\n", ERR_USAGE },
		{ LAN HA "set local-ip 1.2.3.4\nend\n",
		  "x:10: mode a-p needs 'peer-ip' to run live; set it in 'config system ha'\n", ERR_USAGE },
		{ LAN HA "set local-ip 1.2.3.4\nset peer-ip fd00::1\nend\n",
		  "x:15: 'local-ip' and 'peer-ip' are of different families\n", ERR_USAGE },
		{ LAN HA "set local-ip fd00::7\nset peer-ip fd00::7\nend\n",
		  "x:15: 'peer-ip' is 'local-ip'\n", ERR_USAGE },
		{ LAN PAIR "set backup-local-ip 10.8.0.1\nset backup-peer-ip 10.8.0.2\nend\n",
		  "x:13: the backup link needs an interface of its own: name a second one in 'hbdev'\n", ERR_USAGE },
		{ LAN PAIR "set hbdev ha0 9 ha1 8\nset backup-local-ip 10.8.0.1\nend\n",
		  "x:10: mode a-p needs 'backup-peer-ip' to run live; set it in 'config system ha'\n", ERR_USAGE },
		{ LAN PAIR "set hbdev ha0 9 ha1 8\nset backup-local-ip 10.9.0.1\nset backup-peer-ip 10.9.0.2\nend\n",
		  "x:17: 'backup-local-ip' is 'local-ip'; the links need addresses of their own\n", ERR_USAGE },
		{ LAN PAIR "set session-sync-mode async\nend\n", "", OK },
		{ LAN PAIR "set session-sync-mode state-change\nset session-pickup-delay enable\nend\n", "", OK },
		{ LAN PAIR "end\nconfig nfq\nset queues 2\nend\n",
		  "x:18: mode a-p works with one queue: nodes spread flows over queues differently; set queues 1\n", ERR_USAGE },
		{ LAN "config nfq\nset queues 2\nend\n", "", OK },
		{ "config system interface\nedit eth0\nnext\nedit port1\nnext\nend\n",
		  "x:4: 'eth0' and 'port1' have one number: name all interfaces portN or none\n", ERR_USAGE },
		/* all of them are told at once */
		{ HA "set session-sync-mode async\nset local-ip 1.2.3.4\nend\n",
		  "no interface to inspect: name them in 'config system interface'\n"
		  "x:2: mode a-p needs 'peer-ip' to run live; set it in 'config system ha'\n",
		  ERR_USAGE },
		/* a note is none */
		{ LAN "config system settings\nset strict-src-check enable\nend\n",
		  "x:10: note: 'strict-src-check' has no effect in this version\n", OK },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct read r;
		read_text(&r, row[i].text);
		if (strcmp(told(&r), row[i].told) != 0)
			printf("# of %s\n# wanted %s# got    %s", row[i].text, row[i].told, told(&r));
		CU_ASSERT_STRING_EQUAL(told(&r), row[i].told);
		CU_ASSERT_EQUAL(r.e, row[i].e);
		done(&r);
	}
}

/* n interfaces named A0, A1, ... each with both addresses. */
static char *many(unsigned n, const char *more)
{
	struct outbuf o = { 0 };
	outbuf_fmt(&o, "config system interface\n");
	for (unsigned i = 0; i < n; i++)
		outbuf_fmt(&o, "edit A%u\nset ip 10.%u.0.1/24\nset ip6 2001:db8:%x::1/64\nnext\n", i, i, i);
	outbuf_fmt(&o, "end\n%s", more);
	return o.p;
}

static void test_too_many(void)
{
	for (unsigned n = RULESET_IFACES_MAX - 1; n <= RULESET_IFACES_MAX + 1; n++) {
		struct read r;
		char *text = many(n, PAIR PAIR_END);
		read_text(&r, text);
		const bool fits = n <= RULESET_IFACES_MAX;
		CU_ASSERT_EQUAL(r.e, fits ? OK : ERR_USAGE);
		CU_ASSERT_STRING_EQUAL(told(&r), fits ? "" : "x:258: more than 64 interfaces to inspect\n");
		CU_ASSERT_EQUAL(r.l.n_iface, fits ? n : RULESET_IFACES_MAX);
		CU_ASSERT_EQUAL(r.l.n_vip, 2 * r.l.n_iface);
		CU_ASSERT_EQUAL(r.l.iface_nr[r.l.n_iface - 1], r.l.n_iface);
		free(text);
		done(&r);
	}
}

/* --- what is read -------------------------------------------------------------------------------------------- */

static bool addr_is(const struct addr *a, uint8_t family, const char *text)
{
	struct addr_range r;
	return addr_range_parse(text, &r) == OK && r.family == family && memcmp(a, &r.lo, sizeof(*a)) == 0;
}

static void test_interfaces(void)
{
	struct read r;
	read_text(&r, "config system interface\nedit ha0\nset role ha\nset ip 10.9.0.1/24\nnext\n"
		      "edit lan0\nset ip 10.1.2.3 255.255.254.0\n"
		      "next\nedit wan0\nset ip6 2001:db8::9/61\nnext\nedit dmz\nnext\nend\n" PAIR PAIR_END);
	CU_ASSERT_EQUAL(r.e, OK);
	CU_ASSERT_EQUAL(r.l.n_iface, 3);
	CU_ASSERT_STRING_EQUAL(r.l.iface[0], "lan0");
	CU_ASSERT_STRING_EQUAL(r.l.iface[1], "wan0");
	CU_ASSERT_STRING_EQUAL(r.l.iface[2], "dmz");
	CU_ASSERT_TRUE(r.l.iface_nr[0] == 2 && r.l.iface_nr[1] == 3 && r.l.iface_nr[2] == 4); /* ha0 has one too */
	CU_ASSERT_EQUAL(r.l.n_vip, 2); /* the HA link's address is the node's own */
	CU_ASSERT_STRING_EQUAL(r.l.vip[0].ifname, "lan0");
	CU_ASSERT_TRUE(r.l.vip[0].family == 4 && r.l.vip[0].prefix == 23 && addr_is(&r.l.vip[0].addr, 4, "10.1.2.3"));
	CU_ASSERT_STRING_EQUAL(r.l.vip[1].ifname, "wan0");
	CU_ASSERT_TRUE(r.l.vip[1].family == 6 && r.l.vip[1].prefix == 61 && addr_is(&r.l.vip[1].addr, 6, "2001:db8::9"));
	done(&r);
	/* without a pair the addresses are the system's affair */
	read_text(&r, LAN);
	CU_ASSERT_TRUE(r.l.n_vip == 0 && !r.l.pair && r.l.password == NULL);
	done(&r);
}

static void test_pair(void)
{
	struct read r;
	read_text(&r, LAN PAIR "set group-name plant\nset priority 7\nset hb-interval 50\nset hb-lost-threshold 9\nset port 1234\n"
			       "set hbdev ha1 10 ha0 200\nset backup-local-ip fd09::1\nset backup-peer-ip fd09::2\n"
			       "set commit-timeout 33\nend\n");
	const struct link_cfg *k = &r.l.link;
	CU_ASSERT_EQUAL(r.e, OK);
	CU_ASSERT_TRUE(r.l.pair);
	CU_ASSERT_EQUAL(k->family, 4);
	CU_ASSERT_TRUE(addr_is(&k->own, 4, "10.9.0.1") && addr_is(&k->peer, 4, "10.9.0.2"));
	CU_ASSERT_STRING_EQUAL(k->ifname, "ha0");
	CU_ASSERT_STRING_EQUAL(k->group, "plant");
	CU_ASSERT_EQUAL(k->port, 1234);
	CU_ASSERT_EQUAL(k->hb_interval_ns, 50 * NS_PER_MS);
	CU_ASSERT_EQUAL(k->hb_lost, 9);
	CU_ASSERT_EQUAL(k->boot_id, 0);
	CU_ASSERT_STRING_EQUAL(r.l.password, "x");
	CU_ASSERT_EQUAL(r.l.priority, 7);
	CU_ASSERT_EQUAL(r.l.commit_timeout_ns, 33 * NS_PER_MS);
	/* the second of them, by priority, is the backup link's; all else is the same */
	const struct link_cfg *backup = &r.l.backup;
	CU_ASSERT_EQUAL(r.l.n_links, 2);
	CU_ASSERT_TRUE(backup->family == 6 && addr_is(&backup->own, 6, "fd09::1") && addr_is(&backup->peer, 6, "fd09::2"));
	CU_ASSERT_STRING_EQUAL(backup->ifname, "ha1");
	CU_ASSERT_STRING_EQUAL(backup->group, "plant");
	CU_ASSERT_TRUE(backup->port == 1234 && backup->hb_interval_ns == 50 * NS_PER_MS && backup->hb_lost == 9);
	done(&r);
	read_text(&r, LAN HA "set local-ip fd00::2\nset peer-ip fd00::1\nend\n");
	CU_ASSERT_TRUE(r.l.n_links == 1 && r.l.link.family == 6);
	CU_ASSERT_STRING_EQUAL(r.l.link.ifname, "ha0");
	CU_ASSERT_TRUE(r.l.link.port == 7703 && r.l.link.hb_interval_ns == 100 * NS_PER_MS && r.l.link.hb_lost == 6);
	CU_ASSERT_EQUAL(r.l.priority, 128);
	done(&r);
}

/* What a node that steps down takes down: each once, and none that goes to the peer. */
static void test_bounced(void)
{
	static const struct {
		const char *text, *names;
	} row[] = {
		{ LAN PAIR "end\n", "" },
		{ LAN PAIR BOUNCE "end\n", "lan0 wan0 " },
		{ PORTS("10.1.0.1/24", "set ip 10.2.0.1/24\n") PAIR BOUNCE "set monitor wan0 dmz\nend\n", "lan0 wan0 dmz " },
		{ PORTS("10.1.0.1/24", "set ip 10.2.0.1/24\n") PAIR BOUNCE
		  "set hbdev ha0 9 wan0 1\nset backup-local-ip 10.8.0.1\nset backup-peer-ip 10.8.0.2\nend\n",
		  "lan0 " },
		{ LAN "config system ha\n" BOUNCE "end\n", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct read r;
		struct outbuf names = { 0 };
		read_text(&r, row[i].text);
		CU_ASSERT_EQUAL(r.e, OK);
		for (unsigned k = 0; k < r.l.bounced.n; k++)
			outbuf_fmt(&names, "%s ", r.l.bounced.name[k]);
		CU_ASSERT_STRING_EQUAL(names.p != NULL ? names.p : "", row[i].names);
		outbuf_free(&names);
		done(&r);
	}
}

static void test_rest(void)
{
	struct read r;
	read_text(&r, LAN "config system global\nset hostname node-1\nend\nconfig system settings\nset opmode transparent\nend\n"
			  "config nfq\nset queues 3\nset queue-num 40\nset maxlen 100\nset fail-open enable\nend\n");
	CU_ASSERT_STRING_EQUAL(r.l.hostname, "node-1");
	CU_ASSERT_TRUE(r.l.bridge && r.l.fail_open);
	CU_ASSERT_TRUE(r.l.queue == 40 && r.l.n_queues == 3 && r.l.maxlen == 100);
	done(&r);
	read_text(&r, LAN);
	CU_ASSERT_TRUE(!r.l.bridge && !r.l.fail_open && r.l.queue == 0 && r.l.n_queues == 1 && r.l.maxlen == 4096);
	CU_ASSERT_TRUE(!r.l.log[LOG_EVE].on && !r.l.log[LOG_KV].on);
	CU_ASSERT_STRING_EQUAL(r.l.log[LOG_EVE].path, "/var/log/ips/eve.json");
	CU_ASSERT_STRING_EQUAL(r.l.log[LOG_KV].path, "/var/log/ips/ips.log");
	done(&r);
}

/* --- logs ---------------------------------------------------------------------------------------------------- */

#define BIT(k) (1u << REC_##k)

static void test_logs(void)
{
	static const struct {
		bool eve;
		const char *types;
		uint32_t mask;
	} row[] = {
		{ true, "alert", BIT(ALERT) },
		{ true, "drop", BIT(DROP) },
		{ true, "flow", BIT(FLOW) },
		{ true, "anomaly", BIT(ANOMALY) },
		{ true, "ha", LOG_MASK_HA },
		{ true, "app", BIT(APP) },
		{ true, "stats", 0 },
		{ true, "flow ha", BIT(FLOW) | LOG_MASK_HA },
		{ true, "alert drop flow anomaly ha stats app", ((1u << REC_N) - 1) | LOG_MASK_HA },
		{ false, "app-ctrl", BIT(APP) },
		{ false, "ips", BIT(ALERT) },
		{ false, "anomaly", BIT(ANOMALY) },
		{ false, "ha", LOG_MASK_HA },
		{ false, "forward", BIT(FLOW) | BIT(DROP) },
		{ false, "app-ctrl ips anomaly ha forward", ((1u << REC_N) - 1) | LOG_MASK_HA },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char text[512];
		struct read r;
		const enum log_kind k = row[i].eve ? LOG_EVE : LOG_KV;
		snprintf(text, sizeof(text), LAN "config log %s\nset status enable\nset filename /tmp/f\nset types %s\nend\n",
			 row[i].eve ? "eve" : "file", row[i].types);
		read_text(&r, text);
		CU_ASSERT_EQUAL(r.e, OK);
		CU_ASSERT_EQUAL(r.l.log[k].mask, row[i].mask);
		CU_ASSERT_TRUE(r.l.log[k].on && !r.l.log[!k].on);
		CU_ASSERT_STRING_EQUAL(r.l.log[k].path, "/tmp/f");
		CU_ASSERT_EQUAL(r.l.log[!k].mask, ((1u << REC_N) - 1) | LOG_MASK_HA); /* the default: everything */
		done(&r);
	}
}

/* --- what takes effect at the next start ---------------------------------------------------------------------- */

static const char *restart(const char *before, const char *after)
{
	static char text[2048];
	struct read a, b;
	struct outbuf o = { 0 };
	read_text(&a, before);
	read_text(&b, after);
	const bool some = live_needs_restart(&a.l, &b.l, collect, &o);
	snprintf(text, sizeof(text), "%s", o.p != NULL ? o.p : "");
	CU_ASSERT_EQUAL(some, *text != '\0');
	outbuf_free(&o);
	done(&a);
	done(&b);
	return text;
}

#define AT_START(what) "'" what "' has changed: that takes effect at the next start\n"
#define BASE	       LAN PAIR PAIR_END

static void test_restart(void)
{
	static const struct {
		const char *after, *told;
	} row[] = {
		{ BASE, "" },
		{ BASE "config nfq\nset queue-num 1\nend\n", AT_START("nfq") },
		{ BASE "config nfq\nset maxlen 64\nend\n", AT_START("nfq") },
		{ BASE "config nfq\nset fail-open enable\nend\n", AT_START("nfq") },
		{ BASE "config nfq\nset queues 1\nend\n", "" },
		{ BASE "config system settings\nset opmode transparent\nend\n", AT_START("system interface") },
		{ BASE "config system interface\nedit dmz\nnext\nend\n", AT_START("system interface") },
		{ "config system interface\nedit ha0\nset role ha\nnext\nend\n" BASE, AT_START("system interface") }, /* numbers */
		{ BASE "config system interface\nedit ha0\nset role ha\nnext\nend\n", "" },
		{ PORTS("10.1.0.1/24", "set ip 10.2.0.1/24\n") PAIR PAIR_END, AT_START("system interface: ip") },
		{ PORTS("10.1.0.1/25", "") PAIR PAIR_END, AT_START("system interface: ip") },
		{ LAN, AT_START("system interface: ip") AT_START("system ha") },
		{ LAN PAIR "set priority 1\nend\n", AT_START("system ha") },
		{ LAN PAIR "set port 1\nend\n", AT_START("system ha") },
		{ LAN PAIR "set group-name other\nend\n", AT_START("system ha") },
		{ LAN PAIR "set password y\nend\n", AT_START("system ha") },
		{ LAN PAIR "set peer-ip 10.9.0.3\nend\n", AT_START("system ha") },
		{ LAN PAIR "set local-ip 10.9.0.3\nend\n", AT_START("system ha") },
		{ LAN PAIR "set hb-interval 99\nend\n", AT_START("system ha") },
		{ LAN PAIR "set hb-lost-threshold 5\nend\n", AT_START("system ha") },
		{ LAN PAIR "set hbdev ha1 9\nend\n", AT_START("system ha") },
		{ LAN PAIR "set hbdev ha0 1\nend\n", "" },
		{ LAN PAIR "set commit-timeout 30\nend\n", AT_START("system ha") },
		{ LAN PAIR BOUNCE "end\n", AT_START("system ha") },
		{ LAN PAIR "set hbdev ha0 9 ha1 8\nset backup-local-ip 10.8.0.1\nset backup-peer-ip 10.8.0.2\nend\n",
		  AT_START("system ha") },
		{ BASE "config log eve\nset status enable\nend\n", AT_START("log") },
		{ BASE "config log eve\nset filename /x\nend\n", AT_START("log") },
		{ BASE "config log file\nset types ips\nend\n", AT_START("log") },
		{ BASE "config system global\nset hostname other\nend\n", AT_START("system global: hostname") },
		/* what a reload does bring */
		{ BASE "config system global\nset tcp-timer 77\nend\nconfig system settings\nset inspection-mode prevent\nend\n",
		  "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *got = restart(BASE, row[i].after);
		if (strcmp(got, row[i].told) != 0)
			printf("# after %s\n# wanted %s# got    %s", row[i].after, row[i].told, got);
		CU_ASSERT_STRING_EQUAL(got, row[i].told);
	}
	CU_ASSERT_STRING_EQUAL(restart(LAN, "config nfq\nset queues 2\nend\n" LAN), AT_START("nfq"));
	/* an address of one that is no pair is not ours */
	CU_ASSERT_STRING_EQUAL(restart(LAN, PORTS("10.1.0.1/24", "set ip 10.2.0.1/24\n")), "");
}

/* --- conf_host, conf_interface_nr ------------------------------------------------------------------------------- */

static void test_host(void)
{
	static const struct {
		const char *words, *addr;
		uint8_t bits, family;
	} row[] = {
		{ "10.1.2.3/24", "10.1.2.3", 24, 4 },	   { "10.1.2.3 255.255.255.0", "10.1.2.3", 24, 4 },
		{ "10.1.2.3/32", "10.1.2.3", 32, 4 },	   { "10.1.2.3/31", "10.1.2.3", 31, 4 },
		{ "10.1.2.3/1", "10.1.2.3", 1, 4 },	   { "255.255.255.255/30", "255.255.255.255", 30, 4 },
		{ "10.1.2.0/24", "10.1.2.0", 24, 4 },	   { "10.1.2.255 255.255.252.0", "10.1.2.255", 22, 4 },
		{ "2001:db8::1/64", "2001:db8::1", 64, 6 }, { "2001:db8::ffff/127", "2001:db8::ffff", 127, 6 },
		{ "2001:db8::/128", "2001:db8::", 128, 6 }, { "fe80::1/10", "fe80::1", 10, 6 },
	};
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char text[256];
		const char *attr = row[i].family == 4 ? "ip" : "ip6", *other = row[i].family == 4 ? "ip6" : "ip";
		struct addr a;
		uint8_t family = 99;
		snprintf(text, sizeof(text), "config system interface\nedit e\nset %s %s\nnext\nend\n", attr, row[i].words);
		struct conf *c = parse(text);
		CU_ASSERT_EQUAL_FATAL(conf_n_errors(c), 0);
		const struct conf_node *n = conf_find(c, NULL, "system interface", "e");
		CU_ASSERT_EQUAL(conf_host(n, attr, &family, &a), row[i].bits);
		CU_ASSERT_EQUAL(family, row[i].family);
		CU_ASSERT_TRUE(addr_is(&a, row[i].family, row[i].addr));
		CU_ASSERT_EQUAL(conf_host(n, other, &family, &a), 0); /* unset */
		conf_free(c);
	}
}

static void test_interface_nr(void)
{
	static const struct {
		const char *name;
		uint32_t nr;
	} row[] = {
		{ "lan0", 1 }, { "port7", 7 }, { "wan", 3 }, { "port", 4 }, { "port0", 5 }, { "port2x", 6 }, { "port65536", 7 },
		{ "port1", 1 }, { "port65535", 65535 }, { "port3", 3 }, /* named or not */
		{ "nosuch", 0 }, { "", 0 }, { "lan", 0 }, { "port01", 0 }, { "port99999999999999999999", 0 }, { "PORT1", 0 },
	};
	struct conf *c = parse("config system interface\nedit lan0\nnext\nedit port7\nnext\nedit wan\nnext\nedit port\nnext\n"
			       "edit port0\nnext\nedit port2x\nnext\nedit port65536\nnext\nend\n");
	CU_ASSERT_EQUAL_FATAL(conf_n_errors(c), 0);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (conf_interface_nr(c, row[i].name) != row[i].nr)
			printf("# %s: %u\n", row[i].name, conf_interface_nr(c, row[i].name));
		CU_ASSERT_EQUAL(conf_interface_nr(c, row[i].name), row[i].nr);
	}
	conf_free(c);
}

UNIT_MAIN({ "problems", test_problems }, { "more than there is room for", test_too_many }, { "interfaces", test_interfaces },
	  { "the pair", test_pair }, { "what goes down and up", test_bounced }, { "queues and the rest", test_rest },
	  { "logs", test_logs },
	  { "what needs a new start", test_restart }, { "an address and its mask", test_host },
	  { "numbers of interfaces", test_interface_nr })
