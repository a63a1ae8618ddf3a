/* conf_table.c - the rows of the schema. The order of attributes is that of show and of the manual. */
#include "ips/conf_schema.h"

#include "forward/session.h"

#define FLAG(n, d, h) { .name = n, .type = CT_FLAG, .dflt = d, .help = h }
#define FLAG_RESTART(n, d, h) { .name = n, .type = CT_FLAG, .flags = CA_RESTART, .dflt = d, .help = h }
#define INT(n, lo, hi, u, d, h) { .name = n, .type = CT_INT, .min = lo, .max = hi, .unit = u, .dflt = d, .help = h }
#define INT_RESTART(n, lo, hi, u, d, h) \
	{ .name = n, .type = CT_INT, .flags = CA_RESTART, .min = lo, .max = hi, .unit = u, .dflt = d, .help = h }
#define TEXT(n, m, d, h) { .name = n, .type = CT_STRING, .max = m, .dflt = d, .help = h }
#define NONEMPTY(n, m, d, h) { .name = n, .type = CT_STRING, .min = 1, .max = m, .dflt = d, .help = h }
#define ENUM(n, w, d, h) { .name = n, .type = CT_ENUM, .words = w, .dflt = d, .help = h }
#define REFS(n, b, d, h, ...)                                                                              \
	{ .name = n, .type = CT_REF, .flags = CA_LIST, .refs = { __VA_ARGS__ }, .builtin = b, .dflt = d,   \
	  .n_refs = sizeof((enum conf_object_id[]){ __VA_ARGS__ }) / sizeof(enum conf_object_id), .help = h }

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define COMMENT_MAX 255
#define TTL_MAX 604800
#define AS_TEXT(x) #x

static const struct conf_attr global_attr[] = {
	NONEMPTY("hostname", 35, "ips", "name of this node in lists and logs"),
	INT_RESTART("memory-limit", 16, 1048576, "MiB", "1024", "memory that the engine may use; conserve mode counts against it"),
	INT_RESTART("max-sessions", 1024, 16777216, "sessions", "262144", "sessions held at once; a new one beyond is refused"),
#define X(id, word, dflt, help) INT(word, 1, TTL_MAX, "seconds", AS_TEXT(dflt), "idle time of a session: " help),
	SESSION_TIMER_LIST(X)
#undef X
	INT("memory-use-threshold-green", 50, 98, "percent", "82", "conserve mode ends below this use of memory"),
	INT("memory-use-threshold-red", 50, 98, "percent", "88", "conserve mode begins at this use of memory"),
	INT("memory-use-threshold-extreme", 50, 99, "percent", "95", "new sessions are refused from this use of memory on"),
};

static const struct conf_attr settings_attr[] = {
	ENUM("inspection-mode", WORDS("detect", "prevent"), "detect",
	     "detect: alert, mark what would be dropped and let it through; prevent: act"),
	ENUM("opmode", WORDS("nat", "transparent"), "nat", "nat: routed; transparent: bridged"),
	FLAG("strict-src-check", "disable", "a new session's best route back must leave by the interface it came from"),
	FLAG("asymroute", "disable",
	     "prevent: connections of which one direction goes another way are let through, read from where they are met"),
};

static const struct conf_attr interface_attr[] = {
	{ .name = "vdom", .type = CT_REF, .refs = { CO_VDOM }, .n_refs = 1, .dflt = "root", .help = "the vdom that it belongs to" },
	{ .name = "ip", .type = CT_IPMASK,
	  .help = "address and mask; in mode a-p the pair's: the active node has it, each node's own is the system's affair" },
	{ .name = "ip6", .type = CT_IPMASK, .help = "the same for IPv6" },
	FLAG("src-check", "enable", "the source address check applies to packets that come in here"),
	ENUM("role", WORDS("undefined", "lan", "wan", "ha"), "undefined", "what is on its other side"),
	INT("weight", 0, 9999, NULL, "100", "share in the quality of the node; 0 counts nothing"),
};

static const struct conf_attr ha_attr[] = {
	{ .name = "group-name", .type = CT_STRING, .max = 32, .dflt = "", .help = "name of the pair; equal on both nodes" },
	ENUM("mode", WORDS("standalone", "a-p"), "standalone",
	     "standalone: no peer; a-p: one node works, the other resumes its sessions"),
	{ .name = "password", .type = CT_PASSWORD, .min = 1, .max = 128, .help = "secret of the pair; equal on both nodes" },
	{ .name = "hbdev", .type = CT_HBDEV, .flags = CA_LIST, .min = 0, .max = 512,
	  .help = "interfaces to the peer, each with its priority; the highest is used first" },
	{ .name = "local-ip", .type = CT_IP, .help = "this node's address on the link to the peer" },
	{ .name = "peer-ip", .type = CT_IP, .help = "the peer's" },
	{ .name = "backup-local-ip", .type = CT_IP,
	  .help = "this node's address on the backup link, which is the second interface of `hbdev`" },
	{ .name = "backup-peer-ip", .type = CT_IP, .help = "the peer's" },
	{ .name = "icmp-check", .type = CT_IP, .flags = CA_LIST,
	  .help = "the peer's own addresses elsewhere: while one of them, or one of the pair's, answers, a silent link is dead "
		  "and not the peer" },
	FLAG("session-pickup", "disable", "the peer gets the TCP sessions and their inspection"),
	FLAG("session-pickup-connectionless", "disable", "the peer gets UDP and ICMP sessions as well"),
	FLAG("session-pickup-delay", "disable", "the peer gets sessions only once they are 30 seconds old"),
	ENUM("session-sync-mode", WORDS("commit", "state-change", "async"), "commit",
	     "commit: nothing leaves before the peer has its state; state-change: what changes no state does; async: all does"),
	INT("commit-timeout", 1, 1000, "ms", "20", "wait for the peer's answer before the state is sent again"),
	FLAG("override", "disable", "a node of higher priority takes over from one that works"),
	INT("ha-uptime-diff-margin", 1, 65535, "seconds", "300", "nodes whose daemons' ages differ by no more are equally old"),
	INT("priority", 0, 255, NULL, "128", "the higher one is preferred"),
	{ .name = "monitor", .type = CT_IFNAME, .flags = CA_LIST,
	  .help = "the interfaces whose loss lowers the node's quality, each by its weight; "
	  "none: all but those of role ha" },
	INT("periodic-garp", 0, 3600, "seconds", "0", "time between announcements of the pair's addresses; 0: only after a change"),
	FLAG("reboot-interfaces-on-swap", "disable",
	     "a node that steps down takes its interfaces, but those to the peer, down for a second, so that switches forget it"),
	FLAG("lacp-members-have-weight", "disable",
	     "an aggregate that has lost a member counts in part; otherwise wholly, until the last one is lost"),
	INT("hb-interval", 10, 2000, "ms", "100", "time between heartbeats"),
	INT("hb-lost-threshold", 1, 60, "heartbeats", "6", "missed heartbeats after which the peer is dead"),
	INT_RESTART("port", 1, 65535, NULL, "7703", "TCP and UDP port of the link between the nodes"),
	TEXT("notify-active", 255, "", "program that is run when this node has become active, by its whole path"),
	TEXT("notify-passive", 255, "", "when it has become passive"),
	TEXT("notify-fault", 255, "", "when its engine has died, or its quality is 0"),
};

static const struct conf_attr ttl_attr[] = {
	INT("default", 1, TTL_MAX, "seconds", NULL, "established TCP sessions; unset: `tcp-timer` of system global"),
};

static const struct conf_attr ttl_port_attr[] = {
	{ .name = "protocol", .type = CT_INT, .flags = CA_REQUIRED, .min = 1, .max = 255, .help = "IP protocol number" },
	INT("start-port", 0, 65535, NULL, "0", "lowest server port"),
	INT("end-port", 0, 65535, NULL, "65535", "highest server port"),
	{ .name = "timeout", .type = CT_INT, .flags = CA_REQUIRED, .min = 1, .max = TTL_MAX, .unit = "seconds",
	  .help = "idle time" },
};

static const struct conf_attr address_attr[] = {
	ENUM("type", WORDS("ipmask", "iprange"), "ipmask", "ipmask: a network, by `subnet`; iprange: from `start-ip` to `end-ip`"),
	{ .name = "subnet", .type = CT_SUBNET, .help = "network and mask; IPv6 as PREFIX/LENGTH" },
	{ .name = "start-ip", .type = CT_IP, .help = "first address of the range" },
	{ .name = "end-ip", .type = CT_IP, .help = "last address of the range" },
	TEXT("comment", COMMENT_MAX, "", "free text"),
};

static const struct conf_attr addrgrp_attr[] = {
	{ .name = "member", .type = CT_REF, .flags = CA_LIST | CA_REQUIRED, .refs = { CO_ADDRESS, CO_ADDRGRP }, .n_refs = 2,
	  .builtin = "all", .help = "addresses and groups" },
	TEXT("comment", COMMENT_MAX, "", "free text"),
};

static const struct conf_attr service_attr[] = {
	ENUM("protocol", WORDS("TCP/UDP/SCTP", "ICMP", "ICMP6", "IP"), "TCP/UDP/SCTP", "which of the following attributes count"),
	{ .name = "tcp-portrange", .type = CT_PORTS, .flags = CA_LIST, .help = "TCP: server ports, after a colon client ports" },
	{ .name = "udp-portrange", .type = CT_PORTS, .flags = CA_LIST, .help = "UDP: server ports, after a colon client ports" },
	INT("icmptype", 0, 255, NULL, NULL, "ICMP and ICMP6: message type; unset: all"),
	INT("icmpcode", 0, 255, NULL, NULL, "ICMP and ICMP6: message code; unset: all"),
	INT("protocol-number", 0, 254, NULL, "0", "IP: protocol number; 0: all protocols"),
	TEXT("comment", COMMENT_MAX, "", "free text"),
};

static const struct conf_attr service_group_attr[] = {
	{ .name = "member", .type = CT_REF, .flags = CA_LIST | CA_REQUIRED, .refs = { CO_SERVICE, CO_SERVICE_GROUP }, .n_refs = 2,
	  .help = "services and groups" },
	TEXT("comment", COMMENT_MAX, "", "free text"),
};

#define IFNAMES(n, h) { .name = n, .type = CT_IFNAME, .flags = CA_LIST, .builtin = "any", .dflt = "any", .help = h }

static const struct conf_attr policy_attr[] = {
	TEXT("name", 35, "", "name of the policy; no two alike"),
	FLAG("status", "enable", "a disabled policy matches nothing"),
	IFNAMES("srcintf", "interfaces that the first packet comes in by"),
	IFNAMES("dstintf", "interfaces that the first packet leaves by"),
	REFS("srcaddr", "all", "all", "source addresses", CO_ADDRESS, CO_ADDRGRP),
	FLAG("srcaddr-negate", "disable", "every source but srcaddr"),
	REFS("dstaddr", "all", "all", "destination addresses", CO_ADDRESS, CO_ADDRGRP),
	FLAG("dstaddr-negate", "disable", "every destination but dstaddr"),
	REFS("service", NULL, "ALL", "services", CO_SERVICE, CO_SERVICE_GROUP),
	FLAG("service-negate", "disable", "every service but those"),
	ENUM("schedule", WORDS("always"), "always", "when the policy holds"),
	ENUM("action", WORDS("deny", "accept"), "deny", "what happens to a session that matches"),
	FLAG("utm-status", "disable", "sessions are inspected"),
	{ .name = "ips-sensor", .type = CT_REF, .refs = { CO_SENSOR }, .n_refs = 1,
	  .help = "signatures for inspected sessions; unset: the stock ones" },
	ENUM("logtraffic", WORDS("disable", "utm", "all"), "utm", "which sessions are logged: none, those with alerts, all"),
	FLAG("session-sync", "enable", "the peer gets the sessions (see session-pickup of system ha)"),
	ENUM("tcp-session-without-syn", WORDS("disable", "all"), "disable",
	     "all: a TCP packet without session that is no SYN opens one"),
	ENUM("prefer", WORDS("connectivity", "security"), "connectivity",
	     "what happens when inspection cannot be resumed or trusted: let through, or drop"),
	INT("min-ttl", 0, 255, NULL, "5",
	    "prevent: an inspected session's TCP segment with a lower TTL or hop limit is dropped, but for SYNs"),
	ENUM("tcp-urgent", WORDS("clear", "allow", "drop"), "clear",
	     "prevent: urgent data of inspected sessions: made ordinary data, left, or their segments dropped"),
	ENUM("reserved-bits", WORDS("clear", "allow"), "clear", "prevent: reserved bits of TCP and IPv4, of inspected sessions"),
	ENUM("tcp-options", WORDS("clear", "allow"), "clear",
	     "prevent: TCP options of inspected sessions that are unknown (so MPTCP falls back to TCP) or not agreed on; one "
	     "twice, or a signature (MD5, AO) not agreed on, drops the segment"),
	ENUM("padding", WORDS("clear", "allow"), "clear",
	     "prevent: octets behind the options and behind the datagram, of inspected sessions"),
	TEXT("comments", 1023, "", "free text"),
};

static const struct conf_attr ips_attr[] = {
	FLAG("fail-open", "disable", "conserve mode: enable lets new sessions through uninspected, disable refuses them"),
	INT("work-budget", 1000, 100000000, "steps", "200000", "work on one packet; beyond, the policy's `prefer` decides"),
	INT("tsdu-max", 1024, 1048576, "octets", "131072", "size of a reassembled TSDU"),
	FLAG("protocol-decoders", "enable", "of new sessions: disable: octets are matched, nothing is decoded or named"),
	INT("ignore-after", 0, 4294967295, "octets", "0",
	    "octets a direction after which a session is no longer inspected; 0: never"),
	INT_RESTART("stream-memory", 1, 1048576, "MiB", "256", "held segments and partial PDUs, over all sessions"),
};

static const struct conf_attr sensor_attr[] = {
	TEXT("comment", COMMENT_MAX, "", "free text"),
	{ .name = "rule-file", .type = CT_STRING, .flags = CA_LIST, .min = 1, .max = 255,
	  .help = "rule files beside the stock ones" },
	{ .name = "home-net", .type = CT_NET, .flags = CA_LIST, .dflt = "any",
	  .help = "value of the rules' HOME_NET; `!` excludes" },
};

static const struct conf_attr eve_attr[] = {
	FLAG("status", "disable", "write this log"),
	NONEMPTY("filename", 255, "/var/log/ips/eve.json", "the file; `-` is standard output"),
	{ .name = "types", .type = CT_ENUM, .flags = CA_LIST,
	  .words = WORDS("alert", "drop", "flow", "anomaly", "ha", "stats", "app"),
	  .dflt = "alert drop flow anomaly ha stats app", .help = "which events" },
};

static const struct conf_attr file_attr[] = {
	FLAG("status", "disable", "write this log"),
	NONEMPTY("filename", 255, "/var/log/ips/ips.log", "the file; `-` is standard output"),
	{ .name = "types", .type = CT_ENUM, .flags = CA_LIST,
	  .words = WORDS("app-ctrl", "ips", "anomaly", "ha", "forward"),
	  .dflt = "app-ctrl ips anomaly ha forward", .help = "which records, by subtype" },
};

static const struct conf_attr nfq_attr[] = {
	INT_RESTART("queues", 1, 64, "queues", "1", "queues, one worker each"),
	INT_RESTART("queue-num", 0, 65535, NULL, "0", "number of the first queue; the others follow"),
	INT_RESTART("maxlen", 64, 1048576, "packets", "4096", "packets that may wait in a queue"),
	FLAG_RESTART("fail-open", "disable", "a full queue: enable lets packets through uninspected, disable drops them"),
};

static const struct conf_object objects[CO_N] = {
#define X(id_, path_, kind_, scope_, parent_, rows, help_)                                                        \
	[id_] = { .path = path_, .kind = kind_, .scope = scope_, .id = id_, .parent = parent_, .help = help_,     \
		  .attr = rows, .n_attr = sizeof(rows) / sizeof((rows)[0]) },
	CONF_OBJECT_LIST(X)
#undef X
};

#define X(id_, path_, kind_, scope_, parent_, rows, help_) \
	_Static_assert(ARRAY_LEN(rows) <= CONF_ATTR_MAX, "too many attributes");
CONF_OBJECT_LIST(X)
#undef X

const struct conf_object *conf_schema(enum conf_object_id id)
{
	return &objects[id];
}
