/* conf_schema.h - the one table of what a configuration may contain.
 *
 * Parsing, checking, showing, completion and docs/configuration.md come from these rows and nowhere else.
 * A new attribute is a new row. Const; any thread.
 */
#ifndef IPS_CONF_SCHEMA_H
#define IPS_CONF_SCHEMA_H

#include "base/types.h"

enum conf_type {
	CT_FLAG,     /* enable | disable */
	CT_INT,      /* min..max, in unit */
	CT_STRING,   /* at most max octets */
	CT_PASSWORD, /* min..max octets, never shown */
	CT_ENUM,     /* one of words */
	CT_IP,       /* one address, either family */
	CT_IPMASK,   /* address and mask of a host: "10.0.0.1 255.0.0.0", "10.0.0.1/8" */
	CT_SUBNET,   /* the same of a network: no bit outside the mask */
	CT_NET,      /* "10.0.0.0/8", "10.0.0.1", "10.0.0.1-10.0.0.9", "any", each also after "!" */
	CT_IFNAME,   /* a network interface's name */
	CT_PORTS,    /* "LOW[-HIGH][:SOURCE_LOW[-SOURCE_HIGH]]" */
	CT_REF,      /* the name of an entry of one of refs */
	CT_HBDEV,    /* "IFNAME PRIORITY" pairs */
	CONF_TYPE_N
};

enum conf_attr_flag {
	CA_LIST = 1,     /* several values; `append` adds */
	CA_RESTART = 2,  /* takes effect when the daemon starts, not on reload */
	CA_REQUIRED = 4, /* no default, and the object makes no sense without */
};

/* X(id, path, kind, scope, parent, rows of conf_table.c, help); a parent is a single object. */
#define CONF_OBJECT_LIST(X) \
	X(CO_GLOBAL, "system global", CK_SINGLE, CS_GLOBAL, CO_N, global_attr, \
	  "the node: name, sizes, session timers, conserve mode") \
	X(CO_SETTINGS, "system settings", CK_SINGLE, CS_VDOM, CO_N, settings_attr, "how the packets of a vdom are treated") \
	X(CO_INTERFACE, "system interface", CK_NAME, CS_GLOBAL, CO_N, interface_attr, "network interfaces") \
	X(CO_HA, "system ha", CK_SINGLE, CS_GLOBAL, CO_N, ha_attr, "the peer that takes over") \
	X(CO_TTL, "system session-ttl", CK_SINGLE, CS_VDOM, CO_N, ttl_attr, "idle time of sessions") \
	X(CO_TTL_PORT, "system session-ttl port", CK_NUMBER, CS_VDOM, CO_TTL, ttl_port_attr, \
	  "idle time by protocol and server port") \
	X(CO_ADDRESS, "firewall address", CK_NAME, CS_VDOM, CO_N, address_attr, "addresses by name; \"all\" is built in") \
	X(CO_ADDRGRP, "firewall addrgrp", CK_NAME, CS_VDOM, CO_N, addrgrp_attr, "groups of addresses") \
	X(CO_SERVICE, "firewall service custom", CK_NAME, CS_VDOM, CO_N, service_attr, \
	  "services by name, beside the predefined ones") \
	X(CO_SERVICE_GROUP, "firewall service group", CK_NAME, CS_VDOM, CO_N, service_group_attr, "groups of services") \
	X(CO_IPS, "ips global", CK_SINGLE, CS_GLOBAL, CO_N, ips_attr, "limits of the inspection") \
	X(CO_SENSOR, "ips sensor", CK_NAME, CS_VDOM, CO_N, sensor_attr, "sets of signatures that a policy can name") \
	X(CO_POLICY, "firewall policy", CK_NUMBER, CS_VDOM, CO_N, policy_attr, "what may pass; the first match decides") \
	X(CO_LOG_EVE, "log eve", CK_SINGLE, CS_GLOBAL, CO_N, eve_attr, "events as JSON, one object a line") \
	X(CO_LOG_FILE, "log file", CK_SINGLE, CS_GLOBAL, CO_N, file_attr, "events as key=value lines") \
	X(CO_NFQ, "nfq", CK_SINGLE, CS_GLOBAL, CO_N, nfq_attr, "the queues through which the kernel hands packets over")

enum conf_object_id {
#define X(id, path, kind, scope, parent, attr, help) id,
	CONF_OBJECT_LIST(X)
#undef X
	CO_N,
	CO_VDOM = CO_N /* for references to a vdom's name */
};

enum conf_kind { CK_SINGLE, CK_NAME, CK_NUMBER }; /* a table's entries are named or numbered */
enum conf_scope_kind { CS_GLOBAL, CS_VDOM };

#define CONF_REFS_MAX 2
struct conf_attr {
	const char *name;
	enum conf_type type;
	uint8_t flags;                /* enum conf_attr_flag */
	int64_t min, max;             /* value of an integer, octets of a text */
	const char *unit;             /* NULL = none */
	const char *const *words;     /* CT_ENUM: ends with NULL */
	enum conf_object_id refs[CONF_REFS_MAX];
	uint8_t n_refs;
	const char *builtin;          /* CT_REF, CT_IFNAME: one more word that is allowed; NULL */
	const char *dflt;             /* as after `set`; NULL = unset */
	const char *help;
};

struct conf_object {
	const char *path;
	enum conf_kind kind;
	enum conf_scope_kind scope;
	enum conf_object_id id, parent;
	const char *help;
	const struct conf_attr *attr;
	uint8_t n_attr;
};

enum {
	CONF_NAME_MAX = 79,           /* octets of an entry's name */
	CONF_VDOM_MAX = 31,
	CONF_IFNAME_MAX = 15,
	CONF_LIST_MAX = 4096,         /* values of one attribute */
	CONF_ATTR_MAX = 32,           /* attributes of one object */
};

const struct conf_object *conf_schema(enum conf_object_id id);
/* By the whole path; NULL when there is none. */
const struct conf_object *conf_schema_find(const char *path);
/* Index of the attribute, -1 when there is none. */
int conf_schema_attr(const struct conf_object *o, const char *name);
const char *conf_type_name(enum conf_type t);
/* What a value of the attribute may be, for messages and the manual: "1..65535 seconds". Returns buf. */
char *conf_attr_allowed(const struct conf_attr *a, char *buf, size_t cap);
/* Words that may follow in a line typed so far (n words, the last one a prefix, perhaps ""), inside
 * the object at (NULL: outside any). Calls fn for each. */
void conf_complete(const struct conf_object *at, const char *const *word, size_t n, void (*fn)(void *arg, const char *word),
		   void *arg);

#endif
