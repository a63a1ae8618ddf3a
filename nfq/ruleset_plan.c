/* ruleset_plan.c - the rules, as text for nft and for iptables-restore, and the commands around them.
 *
 * Both say the same: of the named interfaces everything goes to the queues but IPv6's neighbour discovery, router
 * discovery and listener reports, as far as they are for this box or link (RFC 4861, 2710, 3810: hop limit 255 or 1
 * tells that no router has passed them on). The kernel's answers to these do not depend on a process at the queue.
 */
#include "nfq/ruleset_plan.h"

#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/wr.h"

#define CHAIN "IPS_PREROUTING"
#define TABLE "ips_queue"

/* ICMPv6 types that belong to the link. */
static const struct link_row {
	uint8_t first, last, hop_limit;
	bool unicast;                /* may be sent to the box's own address */
} link_rows[] = {
	{ 133, 137, 255, true },     /* RFC 4861 4.1-4.5: solicitations, advertisements, redirect */
	{ 130, 132, 1, false },      /* RFC 2710 3 */
	{ 143, 143, 1, false },      /* RFC 3810 5.2 */
};

const char *ruleset_backend_name(enum ruleset_backend b)
{
	static const char *const name[RULESET_BACKENDS] = { [RULESET_NFT] = "nft", [RULESET_IPTABLES] = "iptables" };
	return (unsigned)b < RULESET_BACKENDS ? name[b] : "";
}

/* --- checks --------------------------------------------------------------------------------- */
/* A name that is one word to every program, no option, no pattern and no path. */
static bool iface_name_good(const char *s)
{
	const size_t len = strlen(s);
	if (len == 0 || len >= IFNAMSIZ || s[0] == '-' || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("._-@:", *s) == NULL)
			return false;
	return true;
}

enum err ruleset_check(const struct ruleset_opt *o, char *why)
{
	if (o->n_iface == 0 || o->n_iface > RULESET_IFACES_MAX) {
		snprintf(why, RULESET_TEXT, "%u interfaces to inspect; allowed: 1 to %u", o->n_iface, RULESET_IFACES_MAX);
		return ERR_USAGE;
	}
	if (o->n_queues == 0 || o->n_queues > RULESET_QUEUES_MAX || o->queue + o->n_queues - 1 > UINT16_MAX) {
		snprintf(why, RULESET_TEXT, "%u queues from number %u on; allowed: 1 to %u of them, the last at most 65535",
			 o->n_queues, o->queue, RULESET_QUEUES_MAX);
		return ERR_USAGE;
	}
	for (unsigned i = 0; i < o->n_iface; i++)
		if (!iface_name_good(o->iface[i])) {
			snprintf(why, RULESET_TEXT, "'%.40s' cannot be the name of an interface", o->iface[i]);
			return ERR_USAGE;
		}
	return OK;
}

/* --- commands ------------------------------------------------------------------------------- */
static void add(struct ruleset_plan *p, enum ruleset_want want, const char *input, const char *const *argv)
{
	struct ruleset_cmd *c = &p->cmd[p->n++];
	*c = (struct ruleset_cmd){ .want = want, .input = input };
	for (unsigned i = 0; argv[i] != NULL; i++)
		c->argv[i] = argv[i];
}

#define ARGS(...) (const char *const[]){ __VA_ARGS__, NULL }

static struct wr text_of(struct ruleset_plan *p, unsigned i)
{
	return wr_of(p->input[i], sizeof(p->input[i]) - 1);
}

/* Names and numbers are checked and bounded: the text always fits. */
static const char *end_text(struct ruleset_plan *p, unsigned i, const struct wr *w)
{
	p->input[i][w->len] = '\0';
	return p->input[i];
}

/* --- nft ------------------------------------------------------------------------------------ */
static void nft_link_rows(struct wr *w)
{
	for (size_t i = 0; i < ARRAY_LEN(link_rows); i++) {
		const struct link_row *r = &link_rows[i];
		wr_fmt(w, "\t\ticmpv6 type %u-%u ip6 hoplimit %u ip6 daddr { %sff00::/8 } accept\n", r->first, r->last,
		       r->hop_limit, r->unicast ? "fe80::/10, " : "");
		if (r->unicast)
			wr_fmt(w, "\t\ticmpv6 type %u-%u ip6 hoplimit %u fib daddr type local accept\n", r->first, r->last,
			       r->hop_limit);
	}
}

/* One transaction: the old table, if any, is replaced as a whole. Ahead of connection tracking's reassembly (-400). */
static const char *nft_text(struct ruleset_plan *p, const struct ruleset_opt *o)
{
	struct wr w = text_of(p, 0);
	wr_str(&w, "add table inet " TABLE "\ndelete table inet " TABLE "\ntable inet " TABLE " {\n\tchain prerouting {\n"
		   "\t\ttype filter hook prerouting priority -450; policy accept;\n\t\tiifname != { ");
	for (unsigned i = 0; i < o->n_iface; i++)
		wr_fmt(&w, "%s\"%s\"", i != 0 ? ", " : "", o->iface[i]);
	wr_str(&w, " } accept\n");
	nft_link_rows(&w);
	wr_fmt(&w, "\t\tqueue num %u", o->queue);
	if (o->n_queues > 1)
		wr_fmt(&w, "-%u", o->queue + o->n_queues - 1u);
	wr_fmt(&w, "%s\n\t}\n}\n", o->fail_open ? " bypass" : "");
	return end_text(p, 0, &w);
}

/* --- iptables ------------------------------------------------------------------------------- */
static void xt_queue_rules(struct wr *w, const struct ruleset_opt *o, const char *match)
{
	for (unsigned i = 0; i < o->n_iface; i++) {
		wr_fmt(w, "-A " CHAIN " -i %s%s -j NFQUEUE ", o->iface[i], match);
		if (o->n_queues > 1)
			wr_fmt(w, "--queue-balance %u:%u", o->queue, o->queue + o->n_queues - 1u);
		else
			wr_fmt(w, "--queue-num %u", o->queue);
		wr_fmt(w, "%s\n", o->fail_open ? " --queue-bypass" : "");
	}
}

static void xt_link_rows(struct wr *w)
{
	static const char *const dst[] = { "-d ff00::/8", "-d fe80::/10", "-m addrtype --dst-type LOCAL" };
	for (size_t i = 0; i < ARRAY_LEN(link_rows); i++)
		for (unsigned type = link_rows[i].first; type <= link_rows[i].last; type++)
			for (size_t d = 0; d < (link_rows[i].unicast ? ARRAY_LEN(dst) : 1); d++)
				wr_fmt(w, "-A " CHAIN " -p icmpv6 -m icmp6 --icmpv6-type %u -m hl --hl-eq %u %s -j RETURN\n", type,
				       link_rows[i].hop_limit, dst[d]);
}

/* Naming the chain empties it, in the same transaction that fills it. The last rules have no match by protocol: of a
 * fragment that is not the first none may be known, and then a match on it, or on its opposite, does not hold. */
static const char *xt_text(struct ruleset_plan *p, const struct ruleset_opt *o, bool six)
{
	struct wr w = text_of(p, six);
	wr_str(&w, "*raw\n:" CHAIN " - [0:0]\n");
	if (six) {
		xt_queue_rules(&w, o, " ! -p icmpv6");
		xt_link_rows(&w);
	}
	xt_queue_rules(&w, o, "");
	wr_str(&w, "COMMIT\n");
	return end_text(p, six, &w);
}

static void xt_install(struct ruleset_plan *p, const struct ruleset_opt *o, bool six)
{
	const char *program = six ? "ip6tables" : "iptables";
	add(p, WANT_DONE, xt_text(p, o, six), ARGS(six ? "ip6tables-restore" : "iptables-restore", "-w", "5", "-n"));
	add(p, WANT_UNLESS, NULL, ARGS(program, "-w", "5", "-t", "raw", "-C", "PREROUTING", "-j", CHAIN));
	add(p, WANT_DONE, NULL, ARGS(program, "-w", "5", "-t", "raw", "-I", "PREROUTING", "-j", CHAIN));
}

static void xt_remove(struct ruleset_plan *p, bool six)
{
	const char *program = six ? "ip6tables" : "iptables";
	add(p, WANT_TRIED, NULL, ARGS(program, "-w", "5", "-t", "raw", "-D", "PREROUTING", "-j", CHAIN));
	add(p, WANT_TRIED, NULL, ARGS(program, "-w", "5", "-t", "raw", "-F", CHAIN));
	add(p, WANT_TRIED, NULL, ARGS(program, "-w", "5", "-t", "raw", "-X", CHAIN));
	add(p, WANT_GONE, NULL, ARGS(program, "-w", "5", "-t", "raw", "-S", CHAIN));
}

/* --- plans ---------------------------------------------------------------------------------- */
void ruleset_plan_probe(struct ruleset_plan *p, enum ruleset_backend b, const struct ruleset_opt *o)
{
	p->n = 0;
	if (b == RULESET_NFT)
		add(p, WANT_DONE, nft_text(p, o), ARGS("nft", "-c", "-f", "-"));
}

void ruleset_plan_install(struct ruleset_plan *p, enum ruleset_backend b, const struct ruleset_opt *o, bool ipv6)
{
	p->n = 0;
	if (b == RULESET_NFT) {
		add(p, WANT_DONE, nft_text(p, o), ARGS("nft", "-f", "-"));
		return;
	}
	xt_install(p, o, false);
	if (ipv6)
		xt_install(p, o, true);
}

void ruleset_plan_remove(struct ruleset_plan *p, enum ruleset_backend b, bool ipv6)
{
	p->n = 0;
	if (b == RULESET_NFT) {
		add(p, WANT_TRIED, NULL, ARGS("nft", "delete", "table", "inet", TABLE));
		add(p, WANT_GONE, NULL, ARGS("nft", "list", "table", "inet", TABLE));
		return;
	}
	xt_remove(p, false);
	if (ipv6)
		xt_remove(p, true);
}

void ruleset_plan_list(struct ruleset_plan *p, enum ruleset_backend b, bool ipv6)
{
	p->n = 0;
	if (b == RULESET_NFT) {
		add(p, WANT_DONE, NULL, ARGS("nft", "list", "ruleset"));
		return;
	}
	add(p, WANT_DONE, NULL, ARGS("iptables-save"));
	if (ipv6)
		add(p, WANT_DONE, NULL, ARGS("ip6tables-save"));
}

/* --- who uses connection tracking ----------------------------------------------------------- */
static bool uses_conntrack(const char *line, size_t len)
{
	static const char *const words[] = {
		/* iptables-save */
		"-m conntrack", "-m state", "-m connmark", "-m connlimit", "-m connbytes", "-m connlabel", "-m helper",
		"-j CONNMARK", "-j MASQUERADE", "-j SNAT", "-j DNAT", "-j REDIRECT", "-j NETMAP", "-j SYNPROXY",
		"--helper ", "--zone ",
		/* nft list ruleset */
		"ct state ", "ct mark ", "ct status ", "ct zone ", "ct count ", "ct helper ", "ct direction ", "ct label ",
		"ct timeout ", "type nat hook ", "masquerade", "flow add ",
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (memmem(line, len, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

struct span ruleset_find_conntrack(const char *listing)
{
	for (const char *line = listing; *line != '\0';) {
		while (*line == ' ' || *line == '\t')
			line++;
		const size_t len = strcspn(line, "\n");
		if (*line != '#' && *line != ':' && uses_conntrack(line, len))
			return span_of(line, len);
		line += len + (line[len] != '\0');
	}
	return span_of(NULL, 0);
}

_Static_assert(RULESET_IFACES_MAX * 2 * 110 + 32 * 120 < RULESET_INPUT_MAX, "the text of the longest list of interfaces fits");
