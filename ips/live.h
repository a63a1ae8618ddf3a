/* live.h - what a configuration says about a live node: queues, interfaces, the pair, logs. Plain.
 *
 * What it says about packets is the generation's: gen.h.
 */
#ifndef IPS_LIVE_H
#define IPS_LIVE_H

#include "hacache/ha.h"
#include "hacache/ha_link.h"
#include "ips/bounce.h"
#include "ips/conf.h"
#include "ips/gen.h"
#include "ips/ifstate.h"
#include "ips/logs.h"
#include "ips/script.h"
#include "ips/seek.h"
#include "ips/vip.h"
#include "nfq/ruleset.h"

struct live {
	char hostname[36];
	uint16_t queue, n_queues;
	uint32_t maxlen;
	bool fail_open, bridge;
	unsigned n_iface;            /* inspected ones: all of `system interface` but those of role ha */
	char iface[RULESET_IFACES_MAX][16];
	uint16_t iface_nr[RULESET_IFACES_MAX]; /* their numbers in policies, lists and logs: conf_interface_nr */
	unsigned n_vip;
	struct vip_addr vip[VIP_MAX];
	bool pair;                   /* mode a-p */
	uint8_t wait;                /* enum ha_wait */
	unsigned n_links;            /* to the peer: the main link, and a backup link */
	struct link_cfg link, backup; /* but for their key and boot id */
	int64_t commit_timeout_ns;
	const char *password;        /* borrowed from the configuration */
	uint16_t priority;
	unsigned n_check;            /* the peer's own addresses on the data side */
	struct seek_target check[SEEK_PEERS];
	char notify[SCRIPT_N][SCRIPT_PATH]; /* programs to be told what the node has become; "": none */
	uint32_t garp_s;             /* between announcements of the pair's addresses; 0: none */
	struct bounce_set bounced;   /* interfaces that a node that steps down takes down and up; none: it is not to */
	unsigned n_weighed;          /* interfaces that make the node's quality */
	struct ifstate_name weighed[RULESET_IFACES_MAX];
	bool members_weigh;          /* each member of an aggregate by itself */
	bool override;
	uint32_t age_margin_s;
	struct {
		bool on;
		char path[256];
		uint32_t mask;
	} log[LOG_KIND_N];
};

/* Each problem is told, with its place and remedy; ERR_USAGE when there was one. */
enum err live_read(const struct conf *c, struct live *out, gen_error_fn *tell, void *arg) MUST_USE;
/* Differences that only a new start can bring, one told each; true: there are some. */
bool live_needs_restart(const struct live *now, const struct live *next, gen_error_fn *tell, void *arg);

#endif
