/* ctl_filter.c - filters of the lists: words to values, and does a session match them? See ctl_words.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ips/ctl_words.h"
#include "ips/engine.h"
#include "ips/lists.h"

const struct ctl_filter_word ctl_filter_words[CTL_FILTER_N] = {
#define X(id, word, value, help) [id] = { word, value, help },
	CTL_FILTER_LIST(X)
#undef X
};

/* Digits alone, of base 10 or 16, up to max. */
static bool number(const char *text, int base, uint64_t max, uint64_t *out)
{
	const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	const size_t len = strlen(text);
	if (len == 0 || len > 20 || strspn(text, digits) != len || (base == 16 && len > 16))
		return false;
	if (base == 10 && len == 20 && strcmp(text, "18446744073709551615") > 0)
		return false;
	*out = strtoull(text, NULL, base);
	return *out <= max;
}

static bool number32(const char *text, uint32_t *out)
{
	uint64_t n = 0;
	const bool good = number(text, 10, UINT32_MAX, &n);
	*out = (uint32_t)n;
	return good;
}

static const struct {
	uint8_t nr;
	const char *name;
} protos[] = { { IPPROTO_ICMP_, "icmp" }, { IPPROTO_TCP_, "tcp" },     { IPPROTO_UDP_, "udp" },
	       { IPPROTO_GRE_, "gre" },   { IPPROTO_ICMP6_, "icmp6" }, { IPPROTO_SCTP_, "sctp" } };

const char *ctl_proto_name(uint8_t nr)
{
	for (size_t i = 0; i < ARRAY_LEN(protos); i++)
		if (protos[i].nr == nr)
			return protos[i].name;
	return NULL;
}

static bool read_proto(const char *text, uint8_t *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(protos); i++)
		if (strcmp(protos[i].name, text) == 0)
			return *out = protos[i].nr, true;
	const bool good = number(text, 10, UINT8_MAX, &n);
	*out = (uint8_t)n;
	return good;
}

/* "102" or "100-200" */
static bool read_ports(const char *text, uint16_t out[2])
{
	char first[8];
	uint64_t lo, hi;
	const char *dash = strchr(text, '-');
	const size_t len = dash != NULL ? (size_t)(dash - text) : strlen(text);
	if (len >= sizeof(first))
		return false;
	memcpy(first, text, len);
	first[len] = '\0';
	if (!number(first, 10, UINT16_MAX, &lo) || !number(dash != NULL ? dash + 1 : first, 10, UINT16_MAX, &hi) || lo > hi)
		return false;
	out[0] = (uint16_t)lo;
	out[1] = (uint16_t)hi;
	return true;
}

static bool read_service(const char *text, uint8_t *out)
{
	uint64_t n;
	const bool by_number = number(text, 10, SERVICE_COTP_ID, &n) && n == SERVICE_COTP_ID;
	*out = (uint8_t)(by_number ? PROTO_COTP : proto_find(text));
	return *out < PROTO_N;
}

static bool read_app(const char *text, uint32_t *out)
{
	const struct app *a = app_by_name(text);
	if (a != NULL)
		return *out = a->id, true;
	return number32(text, out);
}

static bool read_tag(const char *text, char *out)
{
	const size_t len = strlen(text);
	if (len == 0 || len >= CTL_TAG_TEXT)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static bool read_serial(const char *text, uint64_t *out)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	return hex ? number(text + 2, 16, UINT64_MAX, out) : number(text, 10, UINT64_MAX, out);
}

static bool read_value(enum ctl_filter_id id, const char *text, struct ctl_filter *f)
{
	switch (id) {
	case CF_PROTO:
		return read_proto(text, &f->proto);
	case CF_SRC:
		return addr_range_parse(text, &f->src) == OK;
	case CF_SPORT:
		return read_ports(text, f->sport);
	case CF_DST:
		return addr_range_parse(text, &f->dst) == OK;
	case CF_DPORT:
		return read_ports(text, f->dport);
	case CF_POLICY:
		return number32(text, &f->policy);
	case CF_SERVICE:
		return read_service(text, &f->service);
	case CF_SERIAL:
		return read_serial(text, &f->serial);
	case CF_APP:
		return read_app(text, &f->app);
	case CF_TAG:
		return read_tag(text, f->tag);
	case CF_COUNT:
		return number(text, 10, UINT64_MAX, &f->count) && f->count > 0;
	case CTL_FILTER_N:
		break;
	}
	return false;
}

static unsigned filter_id(const char *word)
{
	unsigned id = 0;
	while (id < CTL_FILTER_N && strcmp(ctl_filter_words[id].word, word) != 0)
		id++;
	return id;
}

static enum err unknown_filter(const char *word, char *why)
{
	snprintf(why, CTL_WHY, "'%.60s' is no filter; there is", word);
	for (unsigned i = 0; i < CTL_FILTER_N; i++) {
		const size_t at = strlen(why);
		snprintf(why + at, CTL_WHY - at, "%s %s", i > 0 ? "," : "", ctl_filter_words[i].word);
	}
	return ERR_USAGE;
}

enum err ctl_filter_parse(const char *const *word, size_t n, struct ctl_filter *out, char *why)
{
	for (size_t i = 0; i < n; i += 2) {
		const unsigned id = filter_id(word[i]);
		if (id == CTL_FILTER_N)
			return unknown_filter(word[i], why);
		const struct ctl_filter_word *w = &ctl_filter_words[id];
		const char *value = i + 1 < n ? word[i + 1] : "";
		if ((out->set >> id & 1) != 0) {
			snprintf(why, CTL_WHY, "filter %s is given twice; once is allowed", w->word);
			return ERR_USAGE;
		}
		if (!read_value((enum ctl_filter_id)id, value, out)) {
			snprintf(why, CTL_WHY, "%s '%.60s': %s is needed: %s", w->word, value, w->value, w->help);
			return ERR_USAGE;
		}
		out->set |= 1u << id;
	}
	return OK;
}

/* --- matching ----------------------------------------------------------------------------------------- */

tag_t ctl_filter_tag(const struct ctl_filter *f, const struct sigset *s)
{
	uint64_t n;
	tag_t t = TAG_NONE;
	if ((f->set & 1u << CF_TAG) == 0)
		return TAG_NONE;
	for (enum tag_table_id i = TAGS_STOCK; i < TAG_TABLE_N && t == TAG_NONE; i++) {
		t = sigset_tag_find(s, i, f->tag);
		if (t == TAG_NONE && f->tag[0] == "sc"[i] && f->tag[1] == '-' && number(f->tag + 2, 10, TAG_CUSTOM_BIT - 1, &n) &&
		    n < sigset_tags(s, i)->nr)
			t = (tag_t)(n | (i == TAGS_CUSTOM ? TAG_CUSTOM_BIT : 0));
	}
	return t;
}

/* p, or what it rides on. */
static bool rides_on(enum proto p, enum proto on)
{
	while (p != on && p != PROTO_NONE)
		p = proto_parent(p);
	return p == on;
}

static bool service_matches(const struct insp *f, enum proto want)
{
	const enum proto have = f == NULL ? PROTO_NONE : (enum proto)f->s.proto;
	if (want == PROTO_NONE)
		return have == PROTO_NONE;
	return rides_on(have, want) || (want == PROTO_COTP && f != NULL && f->s.service == SVC_COTP);
}

static bool app_matches(const struct insp *f, uint32_t app)
{
	if (f == NULL || app == 0)
		return app == 0 && (f == NULL || (f->s.app == 0 && f->s.last_app == 0));
	return f->s.last_app == app || f->s.app == app;
}

static bool matches(const struct ctl_filter *f, enum ctl_filter_id id, tag_t tag, const struct session *s)
{
	const struct tuple *t = &s->s.tuple[DIR_ORIG];
	const struct insp *i = engine_insp(s);
	const uint16_t dport = list_server_port(t);
	switch (id) {
	case CF_PROTO:
		return t->proto == f->proto;
	case CF_SRC:
		return addr_in_range(&t->src, t->family, &f->src);
	case CF_SPORT:
		return t->sport >= f->sport[0] && t->sport <= f->sport[1];
	case CF_DST:
		return addr_in_range(&t->dst, t->family, &f->dst);
	case CF_DPORT:
		return dport >= f->dport[0] && dport <= f->dport[1];
	case CF_POLICY:
		return s->s.policy_id == f->policy;
	case CF_SERVICE:
		return service_matches(i, (enum proto)f->service);
	case CF_SERIAL:
		return s->s.serial == f->serial;
	case CF_APP:
		return app_matches(i, f->app);
	case CF_TAG:
		return i != NULL && tag != TAG_NONE && tagset_has(&i->s.tags, tag);
	case CF_COUNT:
	case CTL_FILTER_N:
		break;
	}
	return true;
}

bool ctl_filter_match(const struct ctl_filter *f, tag_t tag, const struct session *s)
{
	for (unsigned id = 0; id < CTL_FILTER_N; id++)
		if ((f->set >> id & 1) != 0 && !matches(f, (enum ctl_filter_id)id, tag, s))
			return false;
	return true;
}
