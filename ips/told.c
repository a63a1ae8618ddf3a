/* told.c - see told.h. */
#include "ips/told.h"

#include "ips/json_text.h"

/* Text whose every character shows; anything else is octets. */
static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static json_t *words(struct span s)
{
	json_t *j = s.len == 0 ? json_string("") : is_text(s) ? json_stringn((const char *)s.p, s.len) : NULL;
	return j != NULL ? j : json_pack("{s:o}", "hex", json_octets(s));
}

/* Numbers as rules see them: signed. */
static json_t *value(const struct field *f)
{
	switch (field_kind((enum field_id)f->id)) {
	case FIELD_text:
		if (f->bytes.len != 0)
			return words(f->bytes);
		break;
	case FIELD_bytes:
		return words(f->bytes);
	case FIELD_octets:
		return json_octets(f->bytes);
	case FIELD_num:
		break;
	}
	return json_integer((json_int_t)f->num);
}

static void add(json_t *o, unsigned id, json_t *v)
{
	const char *key = field_name(id);
	if (json_object_get(o, key) == NULL)
		json_object_set_new(o, key, json_array());
	json_array_append_new(json_object_get(o, key), v);
}

/* The field of the names in a domain; FLD_N: id is no domain. */
static unsigned names_of(unsigned id)
{
	return id == FLD_MMS_DOMAIN ? FLD_MMS_OBJECT : id == FLD_ICCP_DOMAIN ? FLD_ICCP_NAME : FLD_N;
}

/* A field may be there more than once: each has a list. A domain named alone takes a place among the names, so that both
 * lists go together. */
static json_t *fields_object(const struct fields *fs)
{
	json_t *o = json_object();
	for (unsigned i = 0; i < fs->n; i++) {
		const unsigned names = names_of(fs->v[i].id);
		add(o, fs->v[i].id, value(&fs->v[i]));
		if (names != FLD_N && (i + 1 == fs->n || fs->v[i + 1].id != names))
			add(o, names, json_null());
	}
	return o;
}

static void add_ends(json_t *o, const struct tuple *t)
{
	char a[ADDR_TEXT];
	json_object_set_new(o, "src_ip", json_string(addr_text(&t->src, t->family, a)));
	json_object_set_new(o, "src_port", json_integer(t->sport));
	json_object_set_new(o, "dest_ip", json_string(addr_text(&t->dst, t->family, a)));
	json_object_set_new(o, "dest_port", json_integer(t->dport));
}

void told_line(const struct engine_told *t, struct outbuf *out)
{
	const struct dec_event *ev = t->ev;
	const struct tuple *first = &t->s->s.tuple[DIR_ORIG], reply = tuple_reverse(first);
	json_t *o = json_object();
	if (t->packet_nr != 0)
		json_object_set_new(o, "pcap_cnt", json_integer((json_int_t)t->packet_nr));
	json_object_set_new(o, "flow_id", json_integer((json_int_t)t->s->s.serial));
	json_object_set_new(o, "dir", json_string(t->dir == DIR_ORIG ? "orig" : "reply"));
	add_ends(o, t->dir == DIR_ORIG ? first : &reply);
	if (ev == NULL) {
		json_object_set_new(o, "anomaly", json_string(anomaly_name(t->anomaly)));
	} else {
		json_object_set_new(o, "event", json_string(event_name(ev->id)));
		if ((ev->flags & EV_CONT) != 0)
			json_object_set_new(o, "cont", json_true());
		if ((ev->flags & EV_MORE) != 0)
			json_object_set_new(o, "more", json_true());
		json_object_set_new(o, "fields", fields_object(ev->fields));
	}
	json_line(o, out);
}
