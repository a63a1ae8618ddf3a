/* kvlog.c - see kvlog.h. */
#include "ips/kvlog.h"

#include <string.h>

#include "ips/eve.h"
#include "ips/logs.h"
#include "ips/utc.h"
#include "sigs/apps.h"

struct kv_kind {
	const char *logid, *type, *subtype, *eventtype, *level;
};

static const struct kv_kind kinds[REC_N] = {
	[REC_ALERT] = { "0419016384", "utm", "ips", "signature", "alert" },
	[REC_APP] = { "1059028704", "utm", "app-ctrl", "signature", "information" },
	[REC_ANOMALY] = { "0720018432", "utm", "anomaly", "anomaly", "warning" },
	[REC_DROP] = { "0000000013", "traffic", "forward", NULL, "notice" },
	[REC_FLOW] = { "0000000013", "traffic", "forward", NULL, "notice" },
};

/* A value in quotes: quotes, backslashes and control octets of wire text are escaped, so that a line stays a line. */
static void quoted_span(struct outbuf *o, const char *key, struct span v)
{
	outbuf_fmt(o, " %s=\"", key);
	for (size_t i = 0; i < v.len; i++) {
		const unsigned char c = v.p[i];
		if (c == '"' || c == '\\')
			outbuf_fmt(o, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			outbuf_fmt(o, "\\x%02x", c);
		else
			outbuf_fmt(o, "%c", c);
	}
	outbuf_add(o, "\"", 1);
}

static void quoted(struct outbuf *o, const char *key, const char *v)
{
	quoted_span(o, key, span_of(v, strlen(v)));
}

static void head(struct outbuf *o, mono_t at, const struct kv_kind *k)
{
	const struct utc u = utc_of(at);
	outbuf_fmt(o, "date=%04d-%02u-%02u time=%02u:%02u:%02u", u.year, u.month, u.day, u.hour, u.minute, u.second);
	outbuf_fmt(o, " eventtime=%lld tz=\"+0000\" logid=\"%s\" type=\"%s\" subtype=\"%s\"", (long long)at.ns, k->logid, k->type,
		   k->subtype);
	if (k->eventtype != NULL)
		outbuf_fmt(o, " eventtype=\"%s\"", k->eventtype);
	outbuf_fmt(o, " level=\"%s\" vd=\"root\"", k->level);
}

static void service(struct outbuf *o, const struct tuple *t)
{
	char p[IF_TEXT];
	switch (t->proto) {
	case IPPROTO_TCP_:
		outbuf_fmt(o, " service=\"tcp/%u\"", t->dport);
		break;
	case IPPROTO_UDP_:
		outbuf_fmt(o, " service=\"udp/%u\"", t->dport);
		break;
	case IPPROTO_ICMP_:
	case IPPROTO_ICMP6_:
		outbuf_fmt(o, " service=\"%s/%u/%u\"", t->proto == IPPROTO_ICMP_ ? "icmp" : "icmp6", t->dport >> 8,
			   t->dport & 0xff);
		break;
	default:
		outbuf_fmt(o, " service=\"%s\"", ip_proto_text(t->proto, p));
	}
}

/* Ends and interfaces are the session's, as in the seed: which of them spoke is told by direction. */
static void addresses(struct outbuf *o, const struct rec *r, const struct gen *g)
{
	char a[ADDR_TEXT], b[ADDR_TEXT], in[IF_TEXT], out[IF_TEXT];
	const struct tuple *t = &r->tuple;
	const bool reply = r->dir == DIR_REPLY;
	if (t->family != 0) {
		outbuf_fmt(o, " srcip=%s dstip=%s", addr_text(&t->src, t->family, a), addr_text(&t->dst, t->family, b));
		outbuf_fmt(o, " srcport=%u dstport=%u", t->sport, t->dport);
	}
	outbuf_fmt(o, " srcintf=\"%s\" srcintfrole=\"undefined\" dstintf=\"%s\" dstintfrole=\"undefined\" proto=%u",
		   if_text(g, reply ? r->ifout : r->ifin, in), if_text(g, reply ? r->ifin : r->ifout, out), t->proto);
	service(o, t);
	outbuf_fmt(o, " direction=\"%s\" policyid=%u sessionid=%llu", reply ? "incoming" : "outgoing", r->policy_id,
		   (unsigned long long)r->serial);
}

static void app_part(struct outbuf *o, const struct rec *r)
{
	const struct app *a = app_by_id(r->app);
	if (a == NULL)
		return;
	outbuf_fmt(
		o,
		" applist=\"default\" action=\"pass\" appcat=\"%s\" app=\"%s\" incidentserialno=%u msg=\"%s: %s,\" apprisk=\"%s\"",
		a->category, a->name, r->nr, a->category, a->name, a->risk);
	const struct span object = rec_pdu_object(&r->pdu), domain = rec_pdu_domain(&r->pdu);
	if (object.len != 0)
		quoted_span(o, "object", object);
	if (domain.len != 0)
		quoted_span(o, "domain", domain);
}

static void alert_part(struct outbuf *o, const struct rec *r, const struct gen *g)
{
	const struct sig *s = sigset_find(g->sigs, r->gid, r->sid);
	outbuf_fmt(o, " action=\"%s\" attackid=%u", r->dropped ? "dropped" : "detected", r->sid);
	if (s != NULL) {
		quoted(o, "attack", s->msg);
		outbuf_fmt(o, " severity=\"%s\"", s->priority == 1 ? "high" : s->priority == 2 ? "medium" : "low");
	}
	outbuf_fmt(o, " incidentserialno=%u", r->nr);
	if (r->would_drop)
		outbuf_fmt(o, " would_drop=\"yes\"");
}

void kvlog_line(const struct rec *r, const struct gen *g, struct outbuf *o)
{
	if (r->kind >= REC_N)
		return;
	const struct kv_kind *k = &kinds[r->kind];
	head(o, r->at, k);
	if (r->kind == REC_APP)
		outbuf_fmt(o, " appid=%u", r->app);
	addresses(o, r, g);
	switch ((enum rec_kind)r->kind) {
	case REC_APP:
		app_part(o, r);
		break;
	case REC_ALERT:
		alert_part(o, r, g);
		break;
	case REC_ANOMALY:
		outbuf_fmt(o, " action=\"detected\" attack=\"%s\" incidentserialno=%u", anomaly_name(r->code), r->nr);
		quoted(o, "msg", anomaly_help(r->code));
		break;
	case REC_DROP:
		outbuf_fmt(o, " action=\"%s\" reason=\"%s\"", r->would_drop ? "detected" : "deny", reason_name(r->code));
		quoted(o, "msg", reason_help(r->code));
		if (r->would_drop)
			outbuf_fmt(o, " would_drop=\"yes\"");
		break;
	case REC_FLOW:
		outbuf_fmt(o, " action=\"%s\" duration=%lld sentbyte=%llu rcvdbyte=%llu sentpkt=%llu rcvdpkt=%llu countips=%u",
			   r->flow.end == END_TIMEOUT ? "timeout" : "close",
			   (long long)(mono_diff(r->flow.last, r->flow.start) / NS_PER_SEC),
			   (unsigned long long)r->flow.bytes[DIR_ORIG], (unsigned long long)r->flow.bytes[DIR_REPLY],
			   (unsigned long long)r->flow.packets[DIR_ORIG], (unsigned long long)r->flow.packets[DIR_REPLY],
			   r->flow.n_alerts);
		if (app_by_id(r->app) != NULL)
			outbuf_fmt(o, " app=\"%s\"", app_by_id(r->app)->name);
		break;
	case REC_N:
		break;
	}
	outbuf_add(o, "\n", 1);
}

/* Numbers of the vendor's event log for what comes nearest: a member's state moved, is dead, joined; an interface of the pair
 * is down, up; synchronisation. */
static const struct kv_kind ha_kinds[HAE_N] = {
	[HAE_START] = { "0108037892", "event", "ha", NULL, "notice" },
	[HAE_ACTIVE] = { "0108037892", "event", "ha", NULL, "notice" },
	[HAE_PASSIVE] = { "0108037892", "event", "ha", NULL, "notice" },
	[HAE_PEER_FOUND] = { "0108037894", "event", "ha", NULL, "notice" },
	[HAE_PEER_LOST] = { "0108037893", "event", "ha", NULL, "critical" },
	[HAE_LINK_UP] = { "0108037902", "event", "ha", NULL, "notice" },
	[HAE_LINK_DOWN] = { "0108037901", "event", "ha", NULL, "critical" },
	[HAE_LINK_SWITCH] = { "0108037902", "event", "ha", NULL, "warning" },
	[HAE_CAUGHT_UP] = { "0108037903", "event", "ha", NULL, "information" },
	[HAE_TAGS] = { "0108037903", "event", "ha", NULL, "warning" },
	[HAE_PORTS] = { "0108037903", "event", "ha", NULL, "warning" },
	[HAE_MERGED] = { "0108037903", "event", "ha", NULL, "notice" },
	[HAE_DIGEST] = { "0108037903", "event", "ha", NULL, "error" },
	[HAE_BULK_START] = { "0108037903", "event", "ha", NULL, "information" },
	[HAE_BULK_END] = { "0108037903", "event", "ha", NULL, "information" },
	[HAE_SYNC_FAILED] = { "0108037903", "event", "ha", NULL, "error" },
	[HAE_STEP_DOWN] = { "0108037892", "event", "ha", NULL, "warning" },
	[HAE_BOUNCE] = { "0108037904", "event", "ha", NULL, "notice" },
	[HAE_BACKLOG] = { "0108037904", "event", "ha", NULL, "warning" },
	[HAE_RELOAD] = { "0108037904", "event", "ha", NULL, "notice" },
	[HAE_QUALITY] = { "0108037904", "event", "ha", NULL, "warning" },
	[HAE_LEAVE] = { "0108037892", "event", "ha", NULL, "notice" },
	[HAE_RETURN] = { "0108037892", "event", "ha", NULL, "warning" },
	[HAE_FROZEN] = { "0108037904", "event", "ha", NULL, "information" },
	[HAE_THAWED] = { "0108037904", "event", "ha", NULL, "information" },
	[HAE_PEER_HELD] = { "0108037893", "event", "ha", NULL, "critical" },
	[HAE_PEER_GONE] = { "0108037893", "event", "ha", NULL, "notice" },
	[HAE_DISK] = { "0108037904", "event", "ha", NULL, "error" },
};

void kvlog_ha_line(const struct ha_event *ev, const char *hostname, struct outbuf *o)
{
	if (ev->id >= HAE_N)
		return;
	head(o, ev->at, &ha_kinds[ev->id]);
	quoted(o, "hostname", hostname);
	outbuf_fmt(o, " term=%llu msg=\"%s\"", (unsigned long long)ev->term, ha_event_name(ev->id));
	if (ev->text[0] != '\0')
		quoted(o, "detail", ev->text);
	outbuf_add(o, "\n", 1);
}
