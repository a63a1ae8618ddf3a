/* policy.h - the firewall policies of one generation: first match, implicit deny last (policy 0).
 *
 * Built once from resolved rules, immutable afterwards, shared by any number of threads.
 */
#ifndef FORWARD_POLICY_H
#define FORWARD_POLICY_H

#include "base/err.h"
#include "forward/normalize.h"
#include "forward/packet.h"

enum policy_action { POLICY_DENY, POLICY_ACCEPT };
enum policy_prefer { PREFER_CONNECTIVITY, PREFER_SECURITY };

/* Ranges include both ends: any port is 0..65535. */
struct service_range {
	uint8_t proto;               /* 0 = any */
	uint16_t sport_lo, sport_hi, dport_lo, dport_hi; /* ICMP: dport = type << 8 | code range; sport is not looked at */
};

/* One policy with its references resolved. Arrays are borrowed for the duration of policy_set_new. */
struct policy_rule {
	uint32_t id;
	enum policy_action action;
	const uint32_t *srcintf, *dstintf; uint16_t n_srcintf, n_dstintf;      /* none = any */
	const struct addr_range *src, *dst; uint16_t n_src, n_dst;             /* none = any */
	const struct service_range *svc; uint16_t n_svc;                       /* none = any */
	bool src_negate, dst_negate, svc_negate;
	bool inspect;                /* utm-status enable */
	bool without_syn;            /* tcp-session-without-syn */
	bool session_sync;
	bool log_traffic;            /* a record of each session's end */
	bool log_alerted;            /* ... of those with alerts */
	enum policy_prefer prefer;
	struct norm_policy norm;     /* of inspected sessions in prevent mode */
	int16_t sensor;              /* index into the generation's sensors, -1 = none */
};

struct policy {                      /* the match's answer, as long as the set lives */
	uint32_t id;
	enum policy_action action;
	bool inspect, without_syn, session_sync, log_traffic, log_alerted;
	enum policy_prefer prefer;
	struct norm_policy norm;
	int16_t sensor;
};

struct policy_set;
/* Ids are 1 or more (ERR_RANGE) and unique (ERR_EXISTS); a range whose ends are swapped is ERR_RANGE. */
enum err policy_set_new(const struct policy_rule *rules, size_t n, struct policy_set **out) MUST_USE;
void policy_set_free(struct policy_set *ps);
/* Never NULL: the implicit deny has id 0. */
const struct policy *policy_match(const struct policy_set *ps, const struct packet *p);
const struct policy *policy_implicit(const struct policy_set *ps);
const struct policy *policy_by_id(const struct policy_set *ps, uint32_t id); /* NULL = none; 0 = the implicit deny */

#endif
