/* sig_opt.c - the keywords of a rule's options: a table of those supported, and one of those known but refused. */
#include <string.h>

#include "sigs/sig_int.h"

enum { NAME_LEN = 64 };

static enum err number(struct sig_parse *p, const char *keyword, const char *value, int64_t least, int64_t *out)
{
	if (!sig_lex_int(value, out) || *out < least || *out > UINT32_MAX)
		return sig_refuse(p, "%s '%.40s' is not a number of %d to %u", keyword, value, (int)least, UINT32_MAX);
	return OK;
}

static enum err set_sid(struct sig_parse *p, char *value)
{
	int64_t n;
	TRY(number(p, "sid", value, 1, &n));
	p->r.pub.sid = (uint32_t)n;
	return OK;
}

static enum err set_rev(struct sig_parse *p, char *value)
{
	int64_t n;
	TRY(number(p, "rev", value, 0, &n));
	p->r.pub.rev = (uint32_t)n;
	return OK;
}

static enum err set_gid(struct sig_parse *p, char *value)
{
	int64_t n;
	TRY(number(p, "gid", value, 1, &n));
	p->r.pub.gid = (uint32_t)n;
	return OK;
}

static enum err set_priority(struct sig_parse *p, char *value)
{
	int64_t n;
	if (!sig_lex_int(value, &n) || n < 1 || n > 255)
		return sig_refuse(p, "priority '%.40s' is not a number of 1 to 255", value);
	p->r.pub.priority = n < 4 ? (uint8_t)n : 4;
	p->has_priority = true;
	return OK;
}

static enum err set_msg(struct sig_parse *p, char *value)
{
	char *quoted = sig_lex_unquote(value);
	if (quoted == NULL)
		return sig_refuse(p, "msg '%.80s' is not in quotes", value);
	char *to = quoted;
	for (const char *at = quoted; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0' && strchr("\\\";:", at[1]) != NULL)
			at++;
		if ((unsigned char)*at < ' ')
			return sig_refuse(p, "msg holds a control character");
		*to++ = *at;
	}
	*to = '\0';
	p->r.pub.msg = sig_mem_str(p->mem, quoted);
	return p->r.pub.msg != NULL ? OK : ERR_NOMEM;
}

static enum err set_classtype(struct sig_parse *p, char *value)
{
	const uint8_t priority = sig_class_priority(value);
	if (priority == 0)
		return sig_refuse(p, "classtype '%.80s' is unknown: docs/signatures.md lists them", value);
	p->r.pub.classtype = sig_mem_str(p->mem, value);
	if (!p->has_priority)
		p->r.pub.priority = priority;
	return p->r.pub.classtype != NULL ? OK : ERR_NOMEM;
}

static enum err check_reference(struct sig_parse *p, char *value)
{
	const char *comma = strchr(value, ',');
	if (comma == NULL || comma == value || comma[1] == '\0')
		return sig_refuse(p, "reference '%.80s' is not type,text", value);
	return OK;
}

static enum err accept(struct sig_parse *p, char *value)
{
	(void)p;
	(void)value;
	return OK;
}

static enum err set_noalert(struct sig_parse *p, char *value)
{
	(void)value;
	p->r.pub.noalert = true;
	return OK;
}

static enum err set_flow(struct sig_parse *p, char *value)
{
	enum { TO_SERVER = 1 << DIR_ORIG, TO_CLIENT = 1 << DIR_REPLY };
	uint8_t dirs = 0;
	for (char *at = value, *one; (one = sig_lex_part(&at, ',')) != NULL;) {
		if (strcmp(one, "established") == 0 && p->r.est != SIGE_NO)
			p->r.est = SIGE_YES;
		else if (strcmp(one, "not_established") == 0 && p->r.est != SIGE_YES)
			p->r.est = SIGE_NO;
		else if (strcmp(one, "to_server") == 0 || strcmp(one, "from_client") == 0)
			dirs |= TO_SERVER;
		else if (strcmp(one, "to_client") == 0 || strcmp(one, "from_server") == 0)
			dirs |= TO_CLIENT;
		else if (strcmp(one, "stateless") != 0)
			return sig_refuse(p,
					  "flow '%.40s': use established or not_established, stateless, to_server, to_client, "
					  "from_server, from_client",
					  one);
	}
	if (dirs == (TO_SERVER | TO_CLIENT))
		return sig_refuse(p, "flow names both directions: leave both out");
	if (dirs != 0)
		p->r.dirs = dirs;
	return OK;
}

static bool good_name(const char *s)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const size_t n = strlen(s);
	return n > 0 && n <= NAME_LEN && strspn(s, chars) == n;
}

static enum err bit_names(struct sig_parse *p, char *names, struct sig_bits *b)
{
	for (char *one; (one = sig_lex_part(&names, '|')) != NULL;) {
		if (!good_name(one))
			return sig_refuse(p, "flowbits name '%.80s': use 1 to %d letters, digits, dots, underscores, hyphens", one,
					  NAME_LEN);
		if (b->n >= SIG_BITS_NAMES)
			return sig_refuse(p, "flowbits names more than %d tags", SIG_BITS_NAMES);
		if ((b->name[b->n++] = sig_mem_str(p->mem, one)) == NULL)
			return ERR_NOMEM;
	}
	if (b->n > 1 && b->op != SIGB_ISSET && b->op != SIGB_ISNOTSET)
		return sig_refuse(p, "flowbits: several names only with isset and isnotset");
	return OK;
}

static enum err add_flowbits(struct sig_parse *p, char *value)
{
	static const char *const ops[] = {
		[SIGB_SET] = "set",     [SIGB_UNSET] = "unset",       [SIGB_TOGGLE] = "toggle",
		[SIGB_ISSET] = "isset", [SIGB_ISNOTSET] = "isnotset",
	};
	char *at = value;
	const char *op = sig_lex_part(&at, ',');
	if (strcmp(op, "noalert") == 0 && at == NULL)
		return set_noalert(p, NULL);
	if (p->r.n_bits >= SIG_BITS_MAX)
		return sig_refuse(p, "more than %d flowbits", SIG_BITS_MAX);
	for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
		if (strcmp(op, ops[i]) != 0)
			continue;
		if (at == NULL)
			return sig_refuse(p, "flowbits %s names no tag: write flowbits:%s,name", op, op);
		struct sig_bits *b = &p->bits[p->r.n_bits];
		*b = (struct sig_bits){ .op = (enum sig_bits_op)i };
		TRY(bit_names(p, at, b));
		p->r.n_bits++;
		p->r.reads_tags |= b->op == SIGB_ISSET || b->op == SIGB_ISNOTSET;
		return OK;
	}
	return sig_refuse(p, "flowbits '%.40s': use set, unset, toggle, isset, isnotset or noalert", op);
}

static enum err set_size(struct sig_parse *p, char *value)
{
	p->r.size_not = value[0] == '!';
	if (p->r.has_size)
		return sig_refuse(p, "a size is given twice: one dsize or bsize");
	if (!sig_lex_range(value + p->r.size_not, &p->r.size))
		return sig_refuse(p, "size '%.40s' is not n, <n, >n, a-b or a<>b", value);
	p->r.has_size = true;
	return OK;
}

static enum err add_anomaly(struct sig_parse *p, char *value)
{
	char *quoted = sig_lex_unquote(value);
	if (quoted == NULL)
		return sig_refuse(p, "anomaly '%.80s' is not in quotes", value);
	for (char *one; (one = sig_lex_part(&quoted, ',')) != NULL;) {
		unsigned a = 0;
		while (a < ANOMALY_N && strcmp(anomaly_name(a), one) != 0)
			a++;
		if (a == ANOMALY_N)
			return sig_refuse(p, "anomaly '%.80s' is unknown: no decoder tells it", one);
		if (p->r.n_anomalies >= ARRAY_LEN(p->anomaly))
			return sig_refuse(p, "more than %zu anomalies", ARRAY_LEN(p->anomaly));
		p->anomaly[p->r.n_anomalies++] = anomaly_name(a);
	}
	return OK;
}

static enum err add_event(struct sig_parse *p, char *value)
{
	char *quoted = sig_lex_unquote(value);
	if (quoted == NULL)
		return sig_refuse(p, "event '%.80s' is not in quotes", value);
	for (char *one; (one = sig_lex_part(&quoted, ',')) != NULL;) {
		const enum event_id ev = event_find(one);
		if (ev == EV_NONE)
			return sig_refuse(p, "event '%.80s' is unknown: no decoder tells it", one);
		sig_put_event(&p->r, ev);
		p->r.has_event = true;
	}
	return OK;
}

static enum err set_nocase(struct sig_parse *p, char *value)
{
	(void)value;
	if (p->last == SIGL_NONE)
		return sig_refuse(p, "nocase has no content and no field before it");
	if (p->last == SIGL_CONTENT)
		p->content[p->r.n_contents - 1].nocase = true;
	else
		p->field[p->r.n_fields - 1].nocase = true;
	return OK;
}

enum takes { NONE, MUST, MAY };

static const struct {
	const char *name;
	enum takes takes;
	enum err (*fn)(struct sig_parse *p, char *value); /* NULL: a modifier of the last content */
} keywords[] = {
	{ "msg", MUST, set_msg },
	{ "sid", MUST, set_sid },
	{ "rev", MUST, set_rev },
	{ "gid", MUST, set_gid },
	{ "classtype", MUST, set_classtype },
	{ "priority", MUST, set_priority },
	{ "reference", MUST, check_reference },
	{ "metadata", MUST, accept },
	{ "content", MUST, sig_content_add },
	{ "nocase", NONE, set_nocase },
	{ "offset", MUST, NULL },
	{ "depth", MUST, NULL },
	{ "distance", MUST, NULL },
	{ "within", MUST, NULL },
	{ "startswith", NONE, NULL },
	{ "endswith", NONE, NULL },
	{ "fast_pattern", MAY, NULL },
	{ "rawbytes", NONE, NULL },
	{ "flow", MUST, set_flow },
	{ "flowbits", MUST, add_flowbits },
	{ "noalert", NONE, set_noalert },
	{ "dsize", MUST, set_size },
	{ "bsize", MUST, set_size },
	{ "anomaly", MUST, add_anomaly },
	{ "event", MUST, add_event },
};

/* Keywords of Suricata that are refused with a word of help. */
static const struct {
	const char *name, *help;
} refused[] = {
	{ "pcre", "write contents with distance and within" },
	{ "byte_test", "write the octets as content, or use a field keyword" },
	{ "byte_jump", "write contents with distance and within" },
	{ "byte_extract", "use a field keyword" },
	{ "byte_math", "use a field keyword" },
	{ "isdataat", "use bsize or dsize" },
	{ "uricontent", "use content in a tcp rule" },
	{ "threshold", "rates are the DoS policy's and the log's" },
	{ "detection_filter", "rates are the DoS policy's and the log's" },
	{ "xbits", "use flowbits" },
	{ "hostbits", "use flowbits" },
	{ "flowint", "use flowbits" },
};

static enum err unsupported(struct sig_parse *p, const char *keyword)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (strcmp(refused[i].name, keyword) == 0)
			return sig_refuse(p, "keyword '%s' is not supported: %s", keyword, refused[i].help);
	}
	return sig_refuse(p, "keyword '%.40s' is not supported: docs/signatures.md lists those that are", keyword);
}

enum err sig_opt_apply(struct sig_parse *p, char *keyword, char *value)
{
	if (value != NULL && value[0] == '\0')
		return sig_refuse(p, "keyword '%.40s' has no value after its colon", keyword);
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
		if (strcmp(keywords[i].name, keyword) != 0)
			continue;
		if (keywords[i].takes == MUST && value == NULL)
			return sig_refuse(p, "keyword '%s' needs a value: %s:...;", keyword, keyword);
		if (keywords[i].takes == NONE && value != NULL)
			return sig_refuse(p, "keyword '%s' takes no value: write %s;", keyword, keyword);
		return keywords[i].fn != NULL ? keywords[i].fn(p, value) : sig_content_modify(p, keyword, value);
	}
	const enum field_id f = field_find(keyword);
	if (f == FLD_N)
		return unsupported(p, keyword);
	if (value == NULL)
		return sig_refuse(p, "keyword '%s' needs a value: %s:\"...\";", keyword, keyword);
	return sig_field_add(p, f, value);
}
