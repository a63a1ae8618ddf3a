/* conf_value.c - words to values: one function a type gives the canonical text or says why not. */
#include "ips/conf_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_MAX 1100 /* longest canonical text: a CT_STRING's max, and room */

struct item {
	const struct conf_attr *a;
	const char *word, *word2; /* word2: of types that take pairs, NULL when it is missing */
	char text[ITEM_MAX];
	int64_t num;
	const char *why; /* beginning of the message when refused */
};

static bool keep(struct item *it, const char *text)
{
	it->why = "too long for";
	return snprintf(it->text, sizeof(it->text), "%s", text) < (int)sizeof(it->text);
}

/* Decimal digits only, in lo..hi. */
static bool number(const char *s, size_t n, int64_t lo, int64_t hi, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		if (*out <= hi)
			*out = *out * 10 + (s[i] - '0');
	}
	return n > 0 && *out >= lo && *out <= hi;
}

static bool flag(struct item *it)
{
	it->num = strcmp(it->word, "enable") == 0;
	return (it->num || strcmp(it->word, "disable") == 0) && keep(it, it->word);
}

static bool integer(struct item *it)
{
	if (it->word[0] != '\0' && it->word[strspn(it->word, "0123456789")] == '\0')
		it->why = "out of range for";
	if (!number(it->word, strlen(it->word), it->a->min, it->a->max, &it->num))
		return false;
	snprintf(it->text, sizeof(it->text), "%lld", (long long)it->num);
	return true;
}

static bool string(struct item *it)
{
	size_t n = strlen(it->word);
	it->why = n > (size_t)it->a->max ? "too long for" : "too short for";
	return n >= (size_t)it->a->min && n <= (size_t)it->a->max && keep(it, it->word);
}

static bool password(struct item *it)
{
	if (it->word[strspn(it->word, "*")] == '\0') {
		it->why = "stars mask a password and are none for";
		return false;
	}
	return string(it);
}

static bool enumeration(struct item *it)
{
	for (it->num = 0; it->a->words[it->num] != NULL; it->num++)
		if (strcmp(it->word, it->a->words[it->num]) == 0)
			return keep(it, it->word);
	return false;
}

static bool single(const char *text, struct addr_range *r)
{
	return strpbrk(text, "/- \t") == NULL && addr_range_parse(text, r) == OK && r->family != 0;
}

static bool ip(struct item *it)
{
	struct addr_range r;
	char buf[ADDR_TEXT];
	return single(it->word, &r) && keep(it, addr_text(&r.lo, r.family, buf));
}

static size_t octets(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* The mask of a range, when a mask can say it: bits, or -1. */
static int prefix_of(const struct addr_range *r, struct addr *mask)
{
	int bits = 0;
	*mask = (struct addr){ 0 };
	for (size_t i = 0; i < octets(r->family); i++) {
		mask->b[i] = (uint8_t) ~(r->lo.b[i] ^ r->hi.b[i]);
		if ((r->lo.b[i] & (uint8_t)~mask->b[i]) != 0)
			return -1;
	}
	for (size_t i = 0; i < octets(r->family) * 8; i++) {
		bool one = mask->b[i / 8] >> (7 - i % 8) & 1;
		if (one && (size_t)bits != i)
			return -1;
		bits += one;
	}
	return bits;
}

static bool ipmask(struct item *it)
{
	char whole[2 * ADDR_TEXT + 8], host[ADDR_TEXT], a[ADDR_TEXT], b[ADDR_TEXT];
	struct addr_range r, h;
	struct addr mask;
	const char *slash = strchr(it->word, '/');
	size_t n = slash != NULL ? (size_t)(slash - it->word) : strlen(it->word);
	if ((slash != NULL) == (it->word2 != NULL) || n >= sizeof(host)) {
		it->why = slash == NULL && it->word2 == NULL ? "no mask is given for" : it->why;
		return false;
	}
	snprintf(host, sizeof(host), "%.*s", (int)n, it->word);
	int len = snprintf(whole, sizeof(whole), "%s%s%s", it->word, it->word2 != NULL ? " " : "",
			   it->word2 != NULL ? it->word2 : "");
	if (len < 0 || (size_t)len >= sizeof(whole) || !single(host, &h) || addr_range_parse(whole, &r) != OK ||
	    r.family != h.family)
		return false;
	if (it->a->type == CT_SUBNET && memcmp(&r.lo, &h.lo, sizeof(r.lo)) != 0) {
		it->why = "has bits outside its mask and is no network for";
		return false;
	}
	int bits = prefix_of(&r, &mask);
	if (r.family == 4)
		snprintf(it->text, sizeof(it->text), "%s %s", addr_text(&h.lo, 4, a), addr_text(&mask, 4, b));
	else
		snprintf(it->text, sizeof(it->text), "%s/%d", addr_text(&h.lo, 6, a), bits);
	return bits >= 0;
}

static bool net(struct item *it)
{
	struct addr_range r;
	struct addr mask;
	char a[ADDR_TEXT], b[ADDR_TEXT];
	const char *not = it->word[0] == '!' ? "!" : "";
	const char *text = it->word + strlen(not );
	if (strpbrk(text, " \t") != NULL || addr_range_parse(text, &r) != OK)
		return false;
	if (r.family == 0)
		return not [0] == '\0' && keep(it, "any");
	int bits = prefix_of(&r, &mask);
	addr_text(&r.lo, r.family, a);
	if (bits < 0)
		snprintf(it->text, sizeof(it->text), "%s%s-%s", not, a, addr_text(&r.hi, r.family, b));
	else if ((size_t)bits == octets(r.family) * 8)
		snprintf(it->text, sizeof(it->text), "%s%s", not, a);
	else
		snprintf(it->text, sizeof(it->text), "%s%s/%d", not, a, bits);
	return true;
}

static bool ifname_ok(const char *s)
{
	size_t n = strlen(s);
	return n > 0 && n <= CONF_IFNAME_MAX && strpbrk(s, "/: \t") == NULL && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static bool ifname(struct item *it)
{
	if (strcmp(it->word, "any") == 0 && it->a->builtin == NULL)
		return false;
	return ifname_ok(it->word) && keep(it, it->word);
}

static bool port_pair(const char *s, size_t n, uint16_t *lo, uint16_t *hi)
{
	const char *dash = memchr(s, '-', n);
	size_t n_lo = dash != NULL ? (size_t)(dash - s) : n;
	int64_t a, b;
	if (!number(s, n_lo, 0, 65535, &a))
		return false;
	b = a;
	if (dash != NULL && !number(dash + 1, n - n_lo - 1, 0, 65535, &b))
		return false;
	*lo = (uint16_t)a;
	*hi = (uint16_t)b;
	return a <= b;
}

bool conf_ports_parse(const char *text, struct service_range *out)
{
	const char *colon = strchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : strlen(text);
	*out = (struct service_range){ .sport_lo = 0, .sport_hi = 65535 };
	return port_pair(text, n, &out->dport_lo, &out->dport_hi) &&
	       (colon == NULL || port_pair(colon + 1, strlen(colon + 1), &out->sport_lo, &out->sport_hi));
}

static size_t put_pair(char *buf, size_t cap, uint16_t lo, uint16_t hi)
{
	return (size_t)(lo == hi ? snprintf(buf, cap, "%u", lo) : snprintf(buf, cap, "%u-%u", lo, hi));
}

static bool ports(struct item *it)
{
	struct service_range r;
	if (!conf_ports_parse(it->word, &r))
		return false;
	size_t n = put_pair(it->text, sizeof(it->text), r.dport_lo, r.dport_hi);
	if (r.sport_lo != 0 || r.sport_hi != 65535) {
		it->text[n++] = ':';
		put_pair(it->text + n, sizeof(it->text) - n, r.sport_lo, r.sport_hi);
	}
	return true;
}

static bool ref(struct item *it)
{
	size_t n = strlen(it->word);
	it->why = "not a name for";
	return n > 0 && n <= CONF_NAME_MAX && keep(it, it->word);
}

static bool hbdev(struct item *it)
{
	int64_t prio;
	if (!ifname_ok(it->word) || strcmp(it->word, "any") == 0)
		return false;
	it->why = it->word2 == NULL ? "no priority follows in" : "its priority is out of range for";
	if (it->word2 == NULL || !number(it->word2, strlen(it->word2), it->a->min, it->a->max, &prio))
		return false;
	snprintf(it->text, sizeof(it->text), "%s %lld", it->word, (long long)prio);
	return true;
}

static bool (*const parse[CONF_TYPE_N])(struct item *it) = {
	[CT_FLAG] = flag,   [CT_INT] = integer,   [CT_STRING] = string, [CT_PASSWORD] = password, [CT_ENUM] = enumeration,
	[CT_IP] = ip,       [CT_IPMASK] = ipmask, [CT_SUBNET] = ipmask, [CT_NET] = net,           [CT_IFNAME] = ifname,
	[CT_PORTS] = ports, [CT_REF] = ref,       [CT_HBDEV] = hbdev,
};

static void refuse(struct conf_node *n, const struct item *it, struct conf_src src)
{
	char allowed[512], hint[120], both[2 * ADDR_TEXT + 40];
	struct conf_near near = { .word = it->word };
	for (size_t i = 0; it->a->type == CT_ENUM && it->a->words[i] != NULL; i++)
		conf_near_try(&near, it->a->words[i]);
	snprintf(both, sizeof(both), "%s%s%s", it->word, it->word2 != NULL ? " " : "", it->word2 != NULL ? it->word2 : "");
	conf_fail(n->conf, src.file, src.line, it->a->type == CT_PASSWORD ? it->a->name : both, "%s '%s'; allowed: %s%s", it->why,
		  it->a->name, conf_attr_allowed(it->a, allowed, sizeof(allowed)), conf_near_text(&near, hint, sizeof(hint)));
}

/* Words that make one value. */
static size_t words_of(const struct conf_attr *a, size_t n_words)
{
	if (a->type == CT_HBDEV)
		return 2;
	return (a->type == CT_IPMASK || a->type == CT_SUBNET) && n_words == 2 ? 2 : 1;
}

static bool push(struct conf *c, struct conf_value *v, const char *text)
{
	if (v->n == v->cap) {
		uint32_t cap = v->cap == 0 ? 1 : v->cap * 2;
		const char **item = conf_alloc(c, cap * sizeof(char *));
		if (item == NULL)
			return false;
		if (v->n > 0)
			memcpy(item, v->item, v->n * sizeof(char *));
		v->item = item;
		v->cap = cap;
	}
	v->item[v->n] = conf_strn(c, text, strlen(text));
	return v->item[v->n++] != NULL;
}

/* The number of words fits the attribute. */
static bool count_ok(struct conf_node *n, const struct conf_attr *a, const char *const *word, size_t n_words, struct conf_src src)
{
	char allowed[512];
	size_t step = words_of(a, n_words);
	if (n_words == 0) {
		conf_fail(n->conf, src.file, src.line, a->name, "no value given; allowed: %s",
			  conf_attr_allowed(a, allowed, sizeof(allowed)));
		return false;
	}
	if (!(a->flags & CA_LIST) && n_words > step) {
		conf_fail(n->conf, src.file, src.line, a->type == CT_PASSWORD ? a->name : word[step],
			  "one value too many for '%s'; a value with blanks stands in quotes", a->name);
		return false;
	}
	return true;
}

void conf_value_set(struct conf_node *n, int attr, const char *const *word, size_t n_words, struct conf_src src, bool add)
{
	const struct conf_attr *a = &n->obj->attr[attr];
	struct conf_value *old = n->v[attr];
	bool was_bad = n->bad;
	struct conf_value fresh = { .file = src.file, .line = src.line };
	if (add && !(a->flags & CA_LIST)) {
		conf_fail(n->conf, src.file, src.line, a->name, "takes one value, nothing can be appended; use 'set'");
		return;
	}
	n->bad = true; /* until all is well */
	if (!count_ok(n, a, word, n_words, src))
		return;
	if (add && old != NULL)
		fresh = *old;
	bool good = true;
	size_t step = words_of(a, n_words);
	for (size_t i = 0; i < n_words; i += step) {
		struct item it = { .a = a, .word = word[i], .why = "not a value for" };
		it.word2 = step == 2 && i + 1 < n_words ? word[i + 1] : NULL;
		if (!parse[a->type](&it)) {
			refuse(n, &it, src);
			good = false;
		} else if (fresh.n == CONF_LIST_MAX) {
			conf_fail(n->conf, src.file, src.line, word[i], "one value too many for '%s'; allowed: %d values", a->name,
				  CONF_LIST_MAX);
			return;
		} else if (!push(n->conf, &fresh, it.text)) {
			return;
		}
		fresh.num = it.num;
	}
	struct conf_value *v = old != NULL && add ? old : conf_alloc(n->conf, sizeof(*v));
	if (!good || v == NULL)
		return;
	*v = fresh;
	n->v[attr] = v;
	n->bad = was_bad;
}

void conf_value_defaults(struct conf *c)
{
	for (enum conf_object_id id = 0; id < CO_N; id++) {
		struct conf_node *n = c->absent[id];
		for (int i = 0; i < n->obj->n_attr; i++) {
			const struct conf_attr *a = &n->obj->attr[i];
			const char *word[16];
			size_t nw = 0;
			char buf[256];
			if (a->dflt == NULL)
				continue;
			snprintf(buf, sizeof(buf), "%s", a->dflt);
			char *rest = buf;
			do
				word[nw++] = a->type == CT_STRING ? buf : strsep(&rest, " ");
			while (a->type != CT_STRING && rest != NULL && nw < ARRAY_LEN(word));
			conf_value_set(n, i, word, nw, (struct conf_src){ "", 0 }, false);
			c->dflt[id][i] = n->v[i];
			n->v[i] = NULL;
			assert(c->oom || c->dflt[id][i] != NULL);
		}
	}
}
