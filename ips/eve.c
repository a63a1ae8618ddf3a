/* eve.c - see eve.h. */
#include "ips/eve.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ips/community.h"
#include "ips/field_json.h"
#include "ips/json_text.h"
#include "ips/logs.h"
#include "ips/utc.h"
#include "sigs/apps.h"

char *rec_id(const struct rec *r, char *buf)
{
	if (r->serial != 0)
		snprintf(buf, REC_ID_TEXT, "%u-%llu-%u", r->owner, (unsigned long long)r->serial, r->nr);
	else
		snprintf(buf, REC_ID_TEXT, "%u-0-p%llu", r->owner, (unsigned long long)r->packet_nr);
	return buf;
}

char *if_text(const struct gen *g, uint32_t nr, char *buf)
{
	if (nr < g->n_ifname && g->ifname[nr][0] != '\0')
		snprintf(buf, IF_TEXT, "%s", g->ifname[nr]);
	else
		snprintf(buf, IF_TEXT, "port%u", nr);
	return buf;
}

const char *ip_proto_text(uint8_t proto, char *buf)
{
	static const struct {
		uint8_t nr;
		const char *name;
	} names[] = { { IPPROTO_ICMP_, "ICMP" }, { IPPROTO_TCP_, "TCP" },          { IPPROTO_UDP_, "UDP" }, { IPPROTO_GRE_, "GRE" },
		      { IPPROTO_ESP_, "ESP" },   { IPPROTO_ICMP6_, "IPv6-ICMP" }, { IPPROTO_SCTP_, "SCTP" } };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].nr == proto)
			return names[i].name;
	snprintf(buf, IF_TEXT, "%u", proto);
	return buf;
}

static json_t *time_text(mono_t t)
{
	const struct utc u = utc_of(t);
	return json_sprintf("%04d-%02u-%02uT%02u:%02u:%02u.%06u+0000", u.year, u.month, u.day, u.hour, u.minute, u.second, u.us);
}

static json_t *foreign_text(const char *s)
{
	return json_words(s, strlen(s));
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP_ || proto == IPPROTO_UDP_ || proto == IPPROTO_SCTP_;
}

static void add_addresses(json_t *o, const struct rec *r)
{
	char a[ADDR_TEXT], p[IF_TEXT], id[COMMUNITY_ID_TEXT];
	const struct tuple t = r->dir == DIR_ORIG ? r->tuple : tuple_reverse(&r->tuple);
	if (t.family == 0)
		return;              /* a packet too broken to have any */
	json_object_set_new(o, "src_ip", json_string(addr_text(&t.src, t.family, a)));
	if (has_ports(t.proto))
		json_object_set_new(o, "src_port", json_integer(t.sport));
	json_object_set_new(o, "dest_ip", json_string(addr_text(&t.dst, t.family, a)));
	if (has_ports(t.proto))
		json_object_set_new(o, "dest_port", json_integer(t.dport));
	json_object_set_new(o, "proto", json_string(ip_proto_text(t.proto, p)));
	if (t.proto == IPPROTO_ICMP_ || t.proto == IPPROTO_ICMP6_) {
		json_object_set_new(o, "icmp_type", json_integer(t.dport >> 8));
		json_object_set_new(o, "icmp_code", json_integer(t.dport & 0xff));
	}
	json_object_set_new(o, "community_id", json_string(community_id(&r->tuple, id)));
}

static json_t *alert_object(const struct rec *r, const struct gen *g)
{
	json_t *o = json_object();
	json_object_set_new(o, "action", json_string(r->dropped ? "blocked" : "allowed"));
	if (r->would_drop)
		json_object_set_new(o, "would_drop", json_true());
	json_object_set_new(o, "gid", json_integer(r->gid));
	json_object_set_new(o, "signature_id", json_integer(r->sid));
	json_object_set_new(o, "rev", json_integer(r->rev));
	const struct sig *s = sigset_find(g->sigs, r->gid, r->sid);
	if (s != NULL) {
		json_object_set_new(o, "signature", foreign_text(s->msg));
		json_object_set_new(o, "category", foreign_text(s->classtype != NULL ? s->classtype : ""));
		json_object_set_new(o, "severity", json_integer(s->priority));
	}
	return o;
}

static json_t *app_object(const struct rec *r)
{
	json_t *o = json_object();
	const struct app *a = app_by_id(r->app);
	json_object_set_new(o, "id", json_integer(r->app));
	if (a != NULL) {
		json_object_set_new(o, "name", json_string(a->name));
		json_object_set_new(o, "category", json_string(a->category));
		json_object_set_new(o, "risk", json_string(a->risk));
	}
	const struct span domain = rec_pdu_domain(&r->pdu), object = rec_pdu_object(&r->pdu);
	if (domain.len != 0)
		json_object_set_new(o, "domain", json_words((const char *)domain.p, domain.len));
	if (object.len != 0)
		json_object_set_new(o, "object", json_words((const char *)object.p, object.len));
	return o;
}

static json_t *anomaly_object(const struct rec *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "type", json_string(anomaly_is_stream(r->code) ? "stream" : "applayer"));
	json_object_set_new(o, "event", json_string(anomaly_name(r->code)));
	return o;
}

static json_t *drop_object(const struct rec *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "reason", json_string(reason_name(r->code)));
	if (r->would_drop)
		json_object_set_new(o, "would_drop", json_true());
	return o;
}

static json_t *flow_object(const struct rec *r)
{
	static const char *const ends[SESSION_END_N] = { "timeout", "closed", "cleared", "evicted" };
	const struct rec_flow *f = &r->flow;
	json_t *o = json_object();
	json_object_set_new(o, "pkts_toserver", json_integer((json_int_t)f->packets[DIR_ORIG]));
	json_object_set_new(o, "pkts_toclient", json_integer((json_int_t)f->packets[DIR_REPLY]));
	json_object_set_new(o, "bytes_toserver", json_integer((json_int_t)f->bytes[DIR_ORIG]));
	json_object_set_new(o, "bytes_toclient", json_integer((json_int_t)f->bytes[DIR_REPLY]));
	json_object_set_new(o, "start", time_text(f->start));
	json_object_set_new(o, "end", time_text(f->last));
	json_object_set_new(o, "age", json_integer(mono_diff(f->last, f->start) / NS_PER_SEC));
	json_object_set_new(o, "reason", json_string(f->end < SESSION_END_N ? ends[f->end] : "unknown"));
	json_object_set_new(o, "proto_state", json_sprintf("%02u", f->proto_state));
	json_object_set_new(o, "alerted", json_boolean(f->n_alerts != 0));
	return o;
}

/* What the decoders read of the PDU that it is about. */
static void add_pdu(json_t *o, const struct rec_pdu *pdu)
{
	struct field f;
	for (size_t at = 0; rec_pdu_next(pdu, &at, &f);)
		field_json_add(o, &f);
	if (pdu->cut)
		json_object_set_new(o, "fields_cut", json_true());
}

static void add_details(json_t *o, const struct rec *r, const struct gen *g)
{
	switch ((enum rec_kind)r->kind) {
	case REC_ALERT:
		json_object_set_new(o, "alert", alert_object(r, g));
		break;
	case REC_APP:
		json_object_set_new(o, "app", app_object(r));
		break;
	case REC_ANOMALY:
		json_object_set_new(o, "anomaly", anomaly_object(r));
		break;
	case REC_DROP:
		json_object_set_new(o, "drop", drop_object(r));
		break;
	case REC_FLOW:
		json_object_set_new(o, "flow", flow_object(r));
		break;
	case REC_N:
		break;
	}
}

void eve_line(const struct rec *r, const struct gen *g, struct outbuf *out)
{
	static const char *const kinds[REC_N] = {
#define X(id, name) name,
		REC_LIST(X)
#undef X
	};
	char id[REC_ID_TEXT], ifname[IF_TEXT];
	json_t *o = json_object();
	json_object_set_new(o, "timestamp", time_text(r->at));
	json_object_set_new(o, "id", json_string(rec_id(r, id)));
	if (r->serial != 0)
		json_object_set_new(o, "flow_id", json_integer((json_int_t)r->serial));
	if (r->packet_nr != 0)
		json_object_set_new(o, "pcap_cnt", json_integer((json_int_t)r->packet_nr));
	json_object_set_new(o, "event_type", json_string(r->kind < REC_N ? kinds[r->kind] : "unknown"));
	if (r->ifin != 0)
		json_object_set_new(o, "in_iface", json_string(if_text(g, r->ifin, ifname)));
	if (r->ifout != 0)
		json_object_set_new(o, "out_iface", json_string(if_text(g, r->ifout, ifname)));
	if (r->vlan != 0)
		json_object_set_new(o, "vlan", json_pack("[i]", r->vlan));
	add_addresses(o, r);
	if (r->serial != 0) {
		json_object_set_new(o, "app_proto", json_string(proto_name(r->proto)));
		json_object_set_new(o, "policy_id", json_integer(r->policy_id));
	}
	add_details(o, r, g);
	add_pdu(o, &r->pdu);
	json_line(o, out);
}

void eve_ha_line(const struct ha_event *ev, const char *hostname, struct outbuf *out)
{
	if (ev->id >= HAE_N)
		return;
	json_t *o = json_object(), *ha = json_object();
	json_object_set_new(o, "timestamp", time_text(ev->at));
	json_object_set_new(o, "event_type", json_string("ha"));
	if (hostname[0] != '\0')
		json_object_set_new(o, "host", foreign_text(hostname));
	json_object_set_new(ha, "event", json_string(ha_event_name(ev->id)));
	json_object_set_new(ha, "term", json_integer((json_int_t)ev->term));
	if (ev->text[0] != '\0')
		json_object_set_new(ha, "text", foreign_text(ev->text));
	json_object_set_new(o, "ha", ha);
	json_line(o, out);
}
