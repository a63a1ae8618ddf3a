/* test_ctl_node.c - requests about the node itself: its pair, totals, queues, tags, logs, reload, roles, version. */
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/ctl_rig.h"

static const char rules[] = "alert tcp any any -> any any (msg:\"two words\"; content:\"abc\"; flowbits:set,one; sid:7;)\n"
			    "alert tcp any any -> any any (msg:\"never\"; content:\"zzz\"; flowbits:set,two; sid:8;)\n";
static const char custom[] = "alert tcp any any -> any any (msg:\"x\"; content:\"zzx\"; flowbits:set,own; sid:9;)\n";

static struct fake f;

static void start(void)
{
	fake_new(&f, &(struct rig_opts){ .rules = rules, .custom = custom });
}

static void stop(void)
{
	fake_end(&f);
	got_clear();
	json_decref(got.rows);
	got.rows = NULL;
}

static bool has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		printf("# no '%s' in\n%s\n", part, text);
	return strstr(text, part) != NULL;
}

static int64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	CU_ASSERT_TRUE(json_is_integer(v));
	return json_integer_value(v);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	CU_ASSERT_PTR_NOT_NULL(s);
	return s != NULL ? s : "";
}

static const json_t *first_row(void)
{
	CU_ASSERT_EQUAL_FATAL(json_array_size(got.rows), 1);
	return json_array_get(got.rows, 0);
}

/* --- the pair ------------------------------------------------------------------------------------------------- */

static const struct link_cfg main_link = { .family = 4, .own.b = { 192, 168, 69, 1 }, .peer.b = { 192, 168, 69, 2 } };
static const struct link_cfg backup_link = { .family = 4, .own.b = { 192, 168, 70, 1 }, .peer.b = { 192, 168, 70, 2 } };

static void pair(void)
{
	const int64_t day = INT64_C(1571743860);
	f.ha = (struct ha_status){ .enabled = true,
				   .role = HA_ACTIVE,
				   .sync = HA_SYNCED,
				   .since = mono_ns((day + 45) * NS_PER_SEC),
				   .synced_since = mono_ns((day + 50) * NS_PER_SEC),
				   .term = 5,
				   .quality = 100,
				   .priority = 50,
				   .boot_id = 0xabc,
				   .n_links = 2,
				   .link = { { .state = LINK_UP, .heard = true, .cfg = &main_link }, { .cfg = &backup_link } },
				   .link_used = 0,
				   .peer_seen = true,
				   .peer = { .role = HA_STANDBY, .quality = 75, .priority = 40, .term = 4, .seq = 88 },
				   .peer_told = { .forced = HA_FORCED_PASSIVE, .sync = HA_SYNCED,
						  .link = { 1 + LINK_UP, 1 + LINK_DOWN },
						  .age_s = 3600, .since_s = 40, .synced_s = 30,
						  .serial = 0x22, .conf = 5, .rules = 6, .version = "9.8.6", .name = "fw-b" },
				   .age_s = 100,
				   .serial = 0x11,
				   .conf = 5,
				   .rules = 6,
				   .conf_same = mono_ns((day + 99) * NS_PER_SEC),
				   .peer_boot_id = 0xdef,
				   .peer_at = mono_ns((day + 99) * NS_PER_SEC + 993 * NS_PER_MS),
				   .sent = 90,
				   .acked = 89,
				   .resyncs = 3 };
	f.ha.counter[LINK_LOST] = 6;
}

static void test_ha_info(void)
{
	start();
	CU_ASSERT_TRUE(has(ask(&f, "ha info"), "HA is off"));
	pair();
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha info"), "Nodes status:\n"
						   "                fw-a (local)                 fw-b\n"
						   "model           : ips                        ips\n"
						   "version         : 9.8.7                      9.8.6\n"
						   "forced          : No                         Passive\n"
						   "mode            : Active                     Passive\n"
						   "  since         : 2019-10-22 11:31:45        2019-10-22 11:31:59\n"
						   "quality         : 100                        75\n"
						   "priority        : 50                         40\n"
						   "sync state      : in sync                    in sync\n"
						   "is conf sync    : yes                        yes\n"
						   "boot            : 2019-10-22 11:31:00        2019-10-22 10:32:39\n"
						   "main link       : 192.168.69.1: OK           192.168.69.2: OK\n"
						   "backup link     : 192.168.70.1: Down         192.168.70.2: Down\n"
						   "Notice: the backup link is down\n");
	const char *text = ask(&f, "ha info -v");
	CU_ASSERT_TRUE(has(text, "\nsupervisor      : true                       false\n"));
	CU_ASSERT_TRUE(has(text, "\n  since         : 2019-10-22 11:31:50        2019-10-22 11:32:09\n"));
	CU_ASSERT_TRUE(has(text, "\nlast conf sync  : 2019-10-22 11:32:39        2019-10-22 11:32:39\n"));
	CU_ASSERT_TRUE(has(text, "\nserial          : 0000000000000011           0000000000000022\n"));
	CU_ASSERT_TRUE(has(text, "\nstate           : Running                    Ready\n"));
	CU_ASSERT_TRUE(has(text, "\nsync id         : 90                         88\n"));
	CU_ASSERT_TRUE(has(text, "\nterm            : 5                          4\n"));
	CU_ASSERT_TRUE(has(text, "\nheartbeat       : N/A                        7 ms ago\n"));
	CU_ASSERT_TRUE(has(text, "\nlink in use     : main link                  N/A\n"));
	CU_ASSERT_TRUE(has(text, "\n  resyncs                                                 3\n"));
	CU_ASSERT_TRUE(has(text, "\n  link.lost                                               6\n"));
	/* configured otherwise; and a peer that says nothing of itself */
	f.ha.peer_told.rules = 7;
	CU_ASSERT_TRUE(has(ask(&f, "ha info"), "is conf sync    : no                         no\n"));
	f.ha.peer_told = (struct ha_told){ 0 };
	CU_ASSERT_TRUE(has(ask(&f, "ha info"), "fw-a (local)                 peer\n"));
	CU_ASSERT_TRUE(has(got.text.p, "forced          : No                         N/A\n"));
	CU_ASSERT_TRUE(has(got.text.p, "version         : 9.8.7                      N/A\n"));
	CU_ASSERT_TRUE(has(got.text.p, "is conf sync    : N/A                        N/A\n"));
	CU_ASSERT_TRUE(has(got.text.p, "mode            : Active                     Passive\n"));
	stop();
}

static void test_ha_info_changes(void)
{
	start();
	pair();
	f.ha.peer_dead = true;
	CU_ASSERT_TRUE(has(ask(&f, "ha info"), "mode            : Active                     Lost\n"));
	CU_ASSERT_TRUE(has(got.text.p, "Notice: the peer is gone\n"));
	f.ha.held = f.ha.frozen = f.ha.disk_bad = true;
	CU_ASSERT_TRUE(has(ask(&f, "ha info"), "answers on the data side"));
	CU_ASSERT_TRUE(has(got.text.p, "while the filter policy is exchanged\n") && has(got.text.p, "so its quality is 0\n"));
	CU_ASSERT_PTR_NULL(strstr(got.text.p, "the peer is gone"));
	f.ha.held = f.ha.frozen = f.ha.disk_bad = false;
	CU_ASSERT_PTR_NULL(strstr(ask(&f, "ha info"), "Notice: the disk"));
	f.ha.peer_seen = false;
	f.ha.role = HA_STANDBY;
	f.ha.link[0].state = LINK_HANDSHAKE;
	f.ha.sync = HA_SYNCING;
	f.ha.bulk_left = 44;
	f.ha.bulk_total = 45;
	f.ha.applied = 12;
	const char *text = ask(&f, "ha info -v");
	CU_ASSERT_TRUE(has(text, "mode            : Passive                    N/A\n"));
	CU_ASSERT_TRUE(has(text, "main link       : 192.168.69.1: Connecting   N/A\n"));
	CU_ASSERT_TRUE(has(text, "sync id         : 12                         N/A\n"));
	CU_ASSERT_TRUE(has(text, "Notice: no heartbeat of the peer"));
	CU_ASSERT_TRUE(has(text, "Notice: synchronising: 44 of 45 sessions are left\n"));
	f.ha.link[0].state = LINK_DOWN;
	f.ha.sync = HA_ALONE;
	CU_ASSERT_TRUE(has(ask(&f, "ha info"), "main link       : 192.168.69.1: Down "));
	CU_ASSERT_TRUE(has(got.text.p, "would not survive it\n"));
	stop();
}

static void test_ha_json(void)
{
	start();
	(void)ask_json(&f, "ha info");
	CU_ASSERT_TRUE(json_is_false(json_object_get(first_row(), "enabled")));
	pair();
	(void)ask_json(&f, "ha info");
	const json_t *o = first_row(), *own = json_object_get(o, "local"), *peer = json_object_get(o, "peer");
	CU_ASSERT_STRING_EQUAL(text_of(own, "name"), "fw-a");
	CU_ASSERT_STRING_EQUAL(text_of(own, "mode"), "active");
	CU_ASSERT_STRING_EQUAL(text_of(own, "since"), "2019-10-22 11:31:45");
	CU_ASSERT_STRING_EQUAL(text_of(peer, "mode"), "passive");
	CU_ASSERT_EQUAL(number(peer, "heartbeat_ms"), 7);
	CU_ASSERT_STRING_EQUAL(text_of(peer, "forced"), "Passive");
	CU_ASSERT_STRING_EQUAL(text_of(peer, "name"), "fw-b");
	CU_ASSERT_STRING_EQUAL(text_of(peer, "backup_link"), "Down");
	CU_ASSERT_TRUE(json_is_true(json_object_get(own, "conf_sync")));
	CU_ASSERT_EQUAL(number(json_object_get(o, "replication"), "acknowledged"), 89);
	CU_ASSERT_EQUAL(number(json_object_get(o, "link"), "link.lost"), 6);
	f.ha.peer_seen = false;
	(void)ask_json(&f, "ha info");
	CU_ASSERT_TRUE(json_is_null(json_object_get(first_row(), "peer")));
	stop();
}

/* The last ones, oldest first; text and rows. */
static void test_ha_events(void)
{
	char line[96];
	start();
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha events"), "");
	struct ha_event ev = { .id = HAE_ACTIVE, .at = mono_ns(INT64_C(1571743905) * NS_PER_SEC + 7 * NS_PER_MS), .term = 5,
			       .text = "the peer is dead" };
	diary_add(&f.diary, &ev);
	ev.id = HAE_PEER_FOUND;
	ev.text[0] = '\0';
	diary_add(&f.diary, &ev);
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha events"), "2019-10-22 11:31:45.007  term 5      became active: the peer is dead\n"
						     "2019-10-22 11:31:45.007  term 5      peer found\n");
	(void)ask_json(&f, "ha events");
	CU_ASSERT_EQUAL(json_array_size(got.rows), 2);
	CU_ASSERT_STRING_EQUAL(text_of(json_array_get(got.rows, 0), "event"), "became active");
	CU_ASSERT_STRING_EQUAL(text_of(json_array_get(got.rows, 0), "text"), "the peer is dead");
	CU_ASSERT_EQUAL(number(json_array_get(got.rows, 0), "term"), 5);
	for (unsigned i = 0; i < DIARY_MAX + 3; i++) {
		ev.term = 1000 + i;
		diary_add(&f.diary, &ev);
	}
	const char *text = ask(&f, "ha events");
	snprintf(line, sizeof(line), "term %u   peer found\n", 1000 + DIARY_MAX + 2);
	CU_ASSERT_TRUE(has(text, "11:31:45.007  term 1003   peer found\n") && has(text, line));
	CU_ASSERT_PTR_NULL(strstr(text, "term 1002 "));
	CU_ASSERT_TRUE(strstr(text, "term 1003") < strstr(text, "term 1004"));
	stop();
}

static void test_ha_checksum(void)
{
	start();
	pair();
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha checksum"), "                fw-a (local)                 fw-b\n"
						       "configuration   : 0000000000000005           0000000000000005  equal\n"
						       "signatures      : 0000000000000006           0000000000000006  equal\n");
	f.ha.peer_told.rules = 7;
	CU_ASSERT_TRUE(has(ask(&f, "ha checksum"), "signatures      : 0000000000000006           0000000000000007  DIFFERENT\n"));
	f.ha.peer_seen = false;
	CU_ASSERT_TRUE(has(ask(&f, "ha checksum"), "configuration   : 0000000000000005           N/A\n"));
	(void)ask_json(&f, "ha checksum");
	CU_ASSERT_STRING_EQUAL(text_of(first_row(), "configuration"), "0000000000000005");
	CU_ASSERT_TRUE(json_is_null(json_object_get(first_row(), "peer_signatures")));
	stop();
}

static void test_ha_mode(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha mode"), "standalone\n");
	f.ha.enabled = true;
	for (unsigned r = 0; r < HA_ROLE_N; r++) {
		char want[32];
		f.ha.role = (enum ha_role)r;
		snprintf(want, sizeof(want), "%s\n", ha_role_name(r));
		CU_ASSERT_STRING_EQUAL(ask(&f, "ha mode"), want);
	}
	f.ha.role = HA_LEAVING;
	(void)ask_json(&f, "ha mode");
	CU_ASSERT_STRING_EQUAL(text_of(first_row(), "mode"), "leaving");
	CU_ASSERT_STRING_EQUAL(ha_role_name(HA_ROLE_N), "unknown");
	CU_ASSERT_STRING_EQUAL(ha_sync_name(HA_SYNC_N), "unknown");
	CU_ASSERT_STRING_EQUAL(ha_sync_name(HA_SYNCED), "in sync");
	stop();
}

static void test_roles(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha passive"), "done\n");
	CU_ASSERT_EQUAL(f.role, CTL_PASSIVE);
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha active"), "done\n");
	CU_ASSERT_EQUAL(f.role, CTL_ACTIVE);
	CU_ASSERT_EQUAL(got.code, 0);
	f.told_fails = ERR_PEER;
	CU_ASSERT_STRING_EQUAL(ask(&f, "ha active"), "the peer is not in sync\n");
	CU_ASSERT_EQUAL(got.code, 1);
	CU_ASSERT_TRUE(has(got.error, "does not become active: the peer is gone; nothing has changed"));
	(void)ask_json(&f, "ha passive");
	CU_ASSERT_STRING_EQUAL(text_of(first_row(), "told"), "the peer is not in sync\n");
	CU_ASSERT_TRUE(has(got.error, "does not hand over"));
	CU_ASSERT_EQUAL(f.n_roles, 4);
	stop();
}

static void test_reload(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask(&f, "reload"), "generation 2: 7 rules\n");
	CU_ASSERT_EQUAL(got.code, 0);
	f.told_fails = ERR_SYNTAX;
	CU_ASSERT_STRING_EQUAL(ask(&f, "reload"), "x.conf:3: 'foo': unknown\n");
	CU_ASSERT_EQUAL(got.code, 2);
	CU_ASSERT_TRUE(has(got.error, "the old configuration stays"));
	CU_ASSERT_EQUAL(f.n_reloads, 2);
	stop();
}

static void test_version(void)
{
	start();
	CU_ASSERT_STRING_EQUAL(ask(&f, "version"), "ipsd 9.8.7 on fw-a, process 4711 since 2019-10-22 11:31:00 UTC, configuration "
						   "/etc/ips/ips.conf, generation 3\n");
	(void)ask_json(&f, "version");
	CU_ASSERT_STRING_EQUAL(text_of(first_row(), "version"), "9.8.7");
	CU_ASSERT_EQUAL(number(first_row(), "pid"), 4711);
	CU_ASSERT_EQUAL(number(first_row(), "generation"), 3);
	stop();
}

/* --- counters --------------------------------------------------------------------------------------------------- */

static void traffic(void)
{
	for (unsigned i = 0; i < FAKE_WORKERS; i++) {
		rig_open(&f.rig[i]);
		rig_tcp(&f.rig[i], DIR_ORIG, TCP_ACK, 101, 501, "xx abc yy");
	}
	session_close(engine_sessions(f.rig[1].e), rig_first(&f.rig[1]), END_CLEARED);
	struct packet p = { .data = (const uint8_t *)"", .len = 0 };
	CU_ASSERT_NOT_EQUAL(rig_packet(&f.rig[0], p), REASON_NONE);
}

static void test_stats(void)
{
	start();
	traffic();
	const char *text = ask(&f, "stats");
	CU_ASSERT_TRUE(has(text, "packets                             9\n"));
	CU_ASSERT_TRUE(has(text, "\ndropped                             1\n"));
	CU_ASSERT_TRUE(has(text, "\nsessions                            2\n"));
	CU_ASSERT_TRUE(has(text, "\nsessions_now                        1\n"));
	CU_ASSERT_TRUE(has(text, "\ndrops:\n  ip.short "));
	CU_ASSERT_TRUE(has(text, "\nqueue:\n  packets                                                22\n"));
	CU_ASSERT_TRUE(has(text, "\nalerts:\n  1:7                 2  two words\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "1:8"));
	CU_ASSERT_PTR_NULL(strstr(text, "log_lost"));
	(void)ask_json(&f, "stats");
	const json_t *o = first_row();
	CU_ASSERT_EQUAL(number(o, "packets"), 9);
	CU_ASSERT_EQUAL(number(json_object_get(o, "alerts"), "1:7"), 2);
	CU_ASSERT_EQUAL(json_object_size(json_object_get(o, "alerts")), 1);
	CU_ASSERT_EQUAL(number(json_object_get(o, "drops"), "ip.short"), 1);
	CU_ASSERT_EQUAL(number(json_object_get(o, "queue"), "pending"), 50);
	CU_ASSERT_EQUAL(number(json_object_get(o, "services"), "unknown"), 1);
	stop();
}

/* More rules than one visit looks at, and more of them with alerts than one tells. */
static void test_many_alerts(void)
{
	struct outbuf many = { 0 };
	for (unsigned i = 0; i < 600; i++)
		outbuf_fmt(&many, "alert tcp any any -> any any (msg:\"n%u\"; content:\"abc\"; sid:%u;)\n", i, 1000 + i);
	fake_new(&f, &(struct rig_opts){ .rules = many.p });
	traffic();
	(void)ask_json(&f, "stats");
	const json_t *alerts = json_object_get(first_row(), "alerts");
	CU_ASSERT_EQUAL(json_object_size(alerts), 600);
	CU_ASSERT_EQUAL(number(alerts, "1:1599"), 2);
	CU_ASSERT_TRUE(f.n_visits >= 2 * 4);
	stop();
	outbuf_free(&many);
}

static void test_nfq(void)
{
	start();
	const char *text = ask(&f, "nfq status");
	CU_ASSERT_TRUE(has(text, "worker 0: fake\n  packets                    11\n"));
	CU_ASSERT_TRUE(has(text, "worker 1: fake\n"));
	CU_ASSERT_TRUE(has(text, "  user_dropped               24\n  pending                    25\n"));
	CU_ASSERT_EQUAL(json_array_size(ask_json(&f, "nfq status")), 2);
	const json_t *o = json_array_get(got.rows, 1);
	CU_ASSERT_EQUAL(number(o, "worker"), 1);
	CU_ASSERT_EQUAL(number(o, "injected"), 16);
	CU_ASSERT_EQUAL(number(o, "queue_dropped"), 23);
	stop();
}

static void test_tags(void)
{
	char want[512];
	start();
	traffic();
	const struct tag_table *s = sigset_tags(f.rig[0].gen.sigs, TAGS_STOCK), *c = sigset_tags(f.rig[0].gen.sigs, TAGS_CUSTOM);
	snprintf(want, sizeof(want),
		 "stock tags: nr=2, hash=%llx\n"
		 "  s-0      one                                                     1\n"
		 "  s-1      two                                                     0\n"
		 "custom tags: nr=1, hash=%llx\n"
		 "  c-0      own                                                     0\n",
		 (unsigned long long)s->hash, (unsigned long long)c->hash);
	CU_ASSERT_STRING_EQUAL(ask(&f, "tags list"), want);
	CU_ASSERT_EQUAL(json_array_size(ask_json(&f, "tags list")), 3);
	CU_ASSERT_STRING_EQUAL(text_of(json_array_get(got.rows, 2), "tag"), "c-0");
	CU_ASSERT_EQUAL(number(json_array_get(got.rows, 0), "sessions"), 1);
	stop();
}

/* More tags than a visit takes, each with its own name. */
static void test_many_tags(void)
{
	struct outbuf many = { 0 };
	for (unsigned i = 0; i < 700; i++)
		outbuf_fmt(&many, "alert tcp any any -> any any (msg:\"n\"; content:\"q%u\"; flowbits:set,tag%03u; sid:%u;)\n", i,
			   i, 1 + i);
	fake_new(&f, &(struct rig_opts){ .custom = many.p });
	CU_ASSERT_EQUAL(json_array_size(ask_json(&f, "tags list")), 700);
	for (unsigned i = 0; i < 700; i++) {
		char want[16];
		snprintf(want, sizeof(want), "tag%03u", i);
		CU_ASSERT_STRING_EQUAL(text_of(json_array_get(got.rows, i), "name"), want);
	}
	stop();
	outbuf_free(&many);
}

static void test_apps(void)
{
	start();
	CU_ASSERT_EQUAL(json_array_size(ask_json(&f, "app list")), app_n());
	const struct app *a = app_at(3);
	CU_ASSERT_EQUAL(number(json_array_get(got.rows, 3), "id"), a->id);
	CU_ASSERT_EQUAL(number(json_array_get(got.rows, 3), "seen"), 0);
	f.rig[0].e->app_count[3] = 20;
	f.rig[1].e->app_count[3] = 2;
	(void)ask_json(&f, "app list");
	CU_ASSERT_EQUAL(number(json_array_get(got.rows, 3), "seen"), 22);
	CU_ASSERT_TRUE(has(ask(&f, "app list"), "ICCP_Transfer.Reporting"));
	CU_ASSERT_EQUAL(strncmp(got.text.p, "id       name ", 14), 0);
	static const struct {
		const char *name, *behaviour, *protocol, *line;
	} rows[] = {
		{ "COTP", "protocol", "cotp", "protocol      cotp " },
		{ "Modbus", "protocol", "modbus", "protocol      modbus " },
		{ "MMS_Read.Request", "service", "mms", "MMS          service       mms " },
		{ "ICCP_Device.Operate", "control", "iccp", "critical  ICCP         control       iccp " },
		{ "ICCP_Get.Data.Value", "monitoring", "iccp", "ICCP         monitoring    iccp " },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CU_ASSERT_TRUE(has(ask(&f, "app list"), rows[i].line));
		const json_t *list = ask_json(&f, "app list"), *row = NULL;
		for (size_t k = 0; k < app_n() && row == NULL; k++) {
			if (strcmp(text_of(json_array_get(list, k), "name"), rows[i].name) == 0)
				row = json_array_get(list, k);
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		CU_ASSERT_STRING_EQUAL(text_of(row, "behaviour"), rows[i].behaviour);
		CU_ASSERT_STRING_EQUAL(text_of(row, "protocol"), rows[i].protocol);
	}
	stop();
}

/* --- logs --------------------------------------------------------------------------------------------------------- */

static void test_tail(void)
{
	char want[128];
	start();
	(void)ask(&f, "log tail");
	CU_ASSERT_EQUAL(got.code, 1);
	CU_ASSERT_TRUE(has(got.error, "no log is kept"));
	const struct logs_cfg cfg = { .n_workers = 1,
				      .ring = 64,
				      .fd = { open("/dev/null", O_WRONLY), open("/dev/null", O_WRONLY) },
				      .mask = { LOG_MASK_HA, LOG_MASK_HA },
				      .hostname = "fw-a" };
	CU_ASSERT_EQUAL_FATAL(logs_start(&cfg, &f.node.logs), OK);
	for (unsigned i = 0; i < 20; i++) {
		struct ha_event ev = { .id = HAE_START, .at = mono_ns(NS_PER_SEC) };
		snprintf(ev.text, sizeof(ev.text), "event-%02u \"quoted\"", i);
		CU_ASSERT_TRUE(logs_ha(f.node.logs, 0, &ev));
	}
	CU_ASSERT_TRUE(logs_passed(f.node.logs, 5000));
	const char *text = ask(&f, "log tail");
	CU_ASSERT_TRUE(has(text, "event-10") && has(text, "event-19"));
	CU_ASSERT_PTR_NULL(strstr(text, "event-09"));
	CU_ASSERT_EQUAL(text[0], '{');
	text = ask(&f, "log tail -n 2 kv");
	CU_ASSERT_EQUAL(strncmp(text, "date=", 5), 0);
	CU_ASSERT_TRUE(has(text, "event-18"));
	CU_ASSERT_PTR_NULL(strstr(text, "event-17"));
	/* following: what is there, once, and then what comes */
	const char *r = request_of("log tail -f -n 3 eve", false);
	struct ctl_job *j = ctl_job_new(&f.node, false, r, strlen(r));
	CU_ASSERT_EQUAL(ctl_job_step(j), CTL_MORE);
	CU_ASSERT_TRUE(has(j->out.p, "event-17"));
	outbuf_clear(&j->out);
	CU_ASSERT_EQUAL(ctl_job_step(j), CTL_IDLE);
	CU_ASSERT_EQUAL(j->out.len, 0);
	struct ha_event ev = { .id = HAE_RELOAD, .at = mono_ns(NS_PER_SEC), .text = "event-20" };
	CU_ASSERT_TRUE(logs_ha(f.node.logs, 0, &ev));
	CU_ASSERT_TRUE(logs_passed(f.node.logs, 5000));
	CU_ASSERT_EQUAL(ctl_job_step(j), CTL_MORE);
	CU_ASSERT_TRUE(has(j->out.p, "event-20"));
	CU_ASSERT_PTR_NULL(strstr(j->out.p, "event-19"));
	ctl_job_free(j);
	snprintf(want, sizeof(want), "\nlog_written:\n  eve %53u\n", 21);
	CU_ASSERT_TRUE(has(ask(&f, "stats"), want));
	(void)ask_json(&f, "stats");
	CU_ASSERT_EQUAL(number(first_row(), "log_lost"), 0);
	logs_stop(f.node.logs);
	stop();
}

UNIT_MAIN({ "both nodes side by side", test_ha_info }, { "what changes in it", test_ha_info_changes },
	  { "the pair as JSON", test_ha_json }, { "events of the pair", test_ha_events },
	  { "checksums", test_ha_checksum }, { "what the node is", test_ha_mode }, { "roles are asked for", test_roles },
	  { "reload", test_reload }, { "version", test_version }, { "totals", test_stats }, { "many alerts", test_many_alerts },
	  { "queues", test_nfq }, { "tags", test_tags }, { "many tags", test_many_tags }, { "applications", test_apps },
	  { "logs", test_tail })
