/* sig_rule.c - one rule: header, options, and whether what they say together can be decided. */
#include <stdio.h>
#include <string.h>

#include "sigs/sig_int.h"

static enum err parse_action(struct sig_parse *p, const char *word)
{
	static const char *const names[] = {
		[SIG_ALERT] = "alert", [SIG_PASS] = "pass", [SIG_DROP] = "drop", [SIG_REJECT] = "reject"
	};
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(word, names[i]) == 0) {
			p->r.pub.action = (enum sig_action)i;
			return OK;
		}
	}
	return sig_refuse(p, "action '%.40s' is not supported: use alert, pass, drop or reject", word);
}

static enum err parse_proto(struct sig_parse *p, const char *word)
{
	static const char *const names[SIGP_N] = {
#define X(id, name) [id] = name,
		SIG_PROTO_LIST(X)
#undef X
	};
	for (unsigned i = 0; i < SIGP_N; i++) {
		if (strcmp(word, names[i]) == 0) {
			p->r.proto = (enum sig_proto)i;
			return OK;
		}
	}
	return sig_refuse(p, "protocol '%.40s' is not supported: use tcp, udp, icmp, ip, cotp, mms or iccp", word);
}

static enum err parse_header(struct sig_parse *p, char *text)
{
	char *w[7];
	for (unsigned i = 0; i < ARRAY_LEN(w); i++) {
		if ((w[i] = sig_lex_word(&text)) == NULL)
			return sig_refuse(
				p, "the header has %u words: write action protocol address port -> address port (options)", i);
	}
	const char *more = sig_lex_word(&text);
	TRY(parse_action(p, w[0]));
	TRY(parse_proto(p, w[1]));
	if (more != NULL)
		return sig_refuse(
			p, "'%.40s' after the header's last port: write action protocol address port -> address port (options)",
			more);
	p->r.both = strcmp(w[4], "<>") == 0;
	if (!p->r.both && strcmp(w[4], "->") != 0)
		return sig_refuse(p, "direction '%.40s' is not -> or <>", w[4]);
	TRY(sig_addr_parse(p, w[2], &p->r.src.addr));
	TRY(sig_port_parse(p, w[3], &p->r.src.port));
	TRY(sig_addr_parse(p, w[5], &p->r.dst.addr));
	return sig_port_parse(p, w[6], &p->r.dst.port);
}

/* --- which events ------------------------------------------------------------------------------- */

enum layer { LAYER_COTP, LAYER_OTHER, LAYER_MMS, LAYER_ICCP };

static enum layer layer_of(unsigned ev)
{
	const char *name = event_name(ev);
	if (strncmp(name, "cotp.", 5) == 0)
		return LAYER_COTP;
	if (strncmp(name, "mms.", 4) == 0)
		return LAYER_MMS;
	return strncmp(name, "iccp.", 5) == 0 ? LAYER_ICCP : LAYER_OTHER;
}

/* cotp rules may name any event (all of them ride on COTP), mms rules those of MMS and TASE.2, iccp rules TASE.2's. */
static bool may_name(enum sig_proto proto, enum layer l)
{
	return proto == SIGP_COTP || l == LAYER_ICCP || (proto == SIGP_MMS && l == LAYER_MMS);
}

static enum err settle_events(struct sig_parse *p)
{
	static const enum layer own[SIGP_N] = { [SIGP_COTP] = LAYER_COTP, [SIGP_MMS] = LAYER_MMS, [SIGP_ICCP] = LAYER_ICCP };
	for (unsigned ev = EV_NONE + 1; ev < EV_N; ev++) {
		if (!p->r.has_event && layer_of(ev) == own[p->r.proto])
			sig_put_event(&p->r, ev);
		else if (p->r.has_event && sig_has_event(&p->r, ev) && !may_name(p->r.proto, layer_of(ev)))
			return sig_refuse(
				p, "event '%s' is not of the rule's protocol: use cotp, mms for mms.* and iccp.*, iccp for iccp.*",
				event_name(ev));
	}
	return OK;
}

/* --- what goes together ------------------------------------------------------------------------- */

static bool of_events(const struct sig_rule *r)
{
	return r->proto == SIGP_COTP || r->proto == SIGP_MMS || r->proto == SIGP_ICCP;
}

static enum err check_anomaly(struct sig_parse *p)
{
	const struct sig_rule *r = &p->r;
	if (r->proto == SIGP_UDP || r->proto == SIGP_ICMP)
		return sig_refuse(p, "anomaly: decoders tell none of udp and icmp: use tcp, ip, cotp, mms or iccp");
	if (r->n_contents != 0 || r->n_fields != 0 || r->has_event || r->has_size)
		return sig_refuse(p, "anomaly stands without content, size, event and field keywords: it has no PDU");
	return OK;
}

/* A tcp rule sees the stream: nothing in it may depend on segments or on where the stream ends. */
static enum err check_stream(struct sig_parse *p)
{
	if (p->r.has_size)
		return sig_refuse(p, "dsize and bsize depend on segmentation in a tcp rule: use offset and depth");
	for (unsigned i = 0; i < p->r.n_contents; i++) {
		if (p->content[i].neg)
			return sig_refuse(
				p,
				"a negated content cannot be decided in a tcp stream: use cotp, mms or iccp, or a "
				"flowbits isnotset");
		if (p->content[i].at_end)
			return sig_refuse(p, "endswith cannot be decided in a tcp stream: use cotp, mms or iccp");
	}
	return OK;
}

/* A rule of headers only is looked at once, with the flow's first packet. */
static enum err check_headers_only(struct sig_parse *p)
{
	if (p->r.est == SIGE_YES || p->r.dirs == 1 << DIR_REPLY)
		return sig_refuse(p, "without content the rule sees only the flow's first packet: "
				     "flow:established and to_client never hold there");
	for (unsigned i = 0; i < p->r.n_bits; i++) {
		if (p->bits[i].op == SIGB_ISSET)
			return sig_refuse(
				p, "without content the rule sees only the flow's first packet: flowbits:isset never holds there");
	}
	return OK;
}

/* An ip rule with a size, a negation or an end can be of datagrams only. */
static bool fits_stream(const struct sig_parse *p)
{
	bool fits = p->r.n_contents != 0 && !p->r.has_size;
	for (unsigned i = 0; i < p->r.n_contents; i++)
		fits = fits && !p->content[i].neg && !p->content[i].at_end;
	return fits;
}

static enum err check_packets(struct sig_parse *p)
{
	struct sig_rule *r = &p->r;
	if (r->n_fields != 0 || r->has_event)
		return sig_refuse(p, "%s needs a rule of protocol cotp, mms or iccp",
				  r->has_event ? "event" : field_name(p->field[0].id));
	if (r->proto == SIGP_TCP) {
		TRY(check_stream(p));
		r->in[SIGD_STREAM] = r->n_contents != 0;
	} else {
		r->in[SIGD_PACKET] = r->n_contents != 0;
		r->in[SIGD_STREAM] = r->proto == SIGP_IP && fits_stream(p);
	}
	const bool once = r->n_contents == 0 && !r->has_size && (r->proto == SIGP_TCP || r->proto == SIGP_IP);
	return once ? check_headers_only(p) : OK;
}

static enum err check(struct sig_parse *p)
{
	struct sig_rule *r = &p->r;
	if (r->pub.sid == 0)
		return sig_refuse(p, "the rule has no sid: give it sid:NUMBER;");
	if (r->n_anomalies != 0)
		return check_anomaly(p);
	if (!of_events(r))
		return check_packets(p);
	r->in[SIGD_EVENT] = r->n_contents != 0;
	return settle_events(p);
}

static bool has_events(const struct sig_rule *r)
{
	uint64_t any = 0;
	for (size_t i = 0; i < ARRAY_LEN(r->events); i++)
		any |= r->events[i];
	return any != 0;
}

static enum err finish(struct sig_parse *p, struct sig_rule **out)
{
	struct sig_rule *r = &p->r;
	TRY(sig_content_chains(p));
	r->field = sig_mem_copy(p->mem, p->field, r->n_fields * sizeof(p->field[0]));
	r->bits = sig_mem_copy(p->mem, p->bits, r->n_bits * sizeof(p->bits[0]));
	r->anomaly = sig_mem_copy(p->mem, p->anomaly, r->n_anomalies * sizeof(p->anomaly[0]));
	if (r->field == NULL || r->bits == NULL || r->anomaly == NULL)
		return ERR_NOMEM;
	if (of_events(r) && r->n_anomalies == 0) {
		sig_field_narrow(r);
		if (!has_events(r))
			return sig_refuse(p, "no event can satisfy the rule's event, mms.service and iccp.op together");
	}
	*out = sig_mem_copy(p->mem, r, sizeof(*r));
	return *out != NULL ? OK : ERR_NOMEM;
}

enum err sig_rule_parse(struct sig_parse *p, char *text, struct sig_rule **out)
{
	p->r = (struct sig_rule){ .pub = { .gid = 1, .priority = 3, .msg = "", .classtype = "" },
				  .dirs = 1 << DIR_ORIG | 1 << DIR_REPLY };
	p->r.text_hash = sig_lex_hash(text);
	p->last = SIGL_NONE;
	p->has_priority = false;
	char *at = strchr(text, '(');
	if (at == NULL)
		return sig_refuse(p, "'%.40s' has no options: write action protocol address port -> address port (options)", text);
	*at++ = '\0';
	TRY(parse_header(p, text));
	for (char *keyword, *value;;) {
		TRY(sig_lex_option(p, &at, &keyword, &value));
		if (keyword == NULL)
			break;
		TRY(sig_opt_apply(p, keyword, value));
	}
	TRY(check(p));
	return finish(p, out);
}
