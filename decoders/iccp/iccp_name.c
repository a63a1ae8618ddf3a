/* iccp_name.c - TASE.2 reserved names and their scopes (IEC 60870-6-503), and the names a flow taught us. */
#include <string.h>

#include "decoders/iccp/iccp_int.h"

enum { IN_VMD = 1 << MMS_VMD, IN_DOMAIN = 1 << MMS_DOMAIN, IN_AA = 1 << MMS_AA };

#define NAME(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	size_t len;
	enum iccp_reserved id;
	uint8_t scopes;
	bool numbered; /* digits follow */
} reserved[] = {
	{ NAME("TASE2_Version"), RES_VERSION, IN_VMD, false },
	{ NAME("TASE.2_Version"), RES_VERSION, IN_VMD, false },
	{ NAME("Supported_Features"), RES_FEATURES, IN_VMD, false },
	{ NAME("Bilateral_Table_ID"), RES_BILATERAL_TABLE, IN_DOMAIN, false },
	{ NAME("Next_DSTransfer_Set"), RES_NEXT_DS, IN_DOMAIN | IN_VMD, false },
	{ NAME("DSConditions_Detected"), RES_CONDITIONS, IN_DOMAIN | IN_VMD, false },
	{ NAME("DSConditions"), RES_OTHER, IN_DOMAIN | IN_VMD, false },
	{ NAME("Event_Code_Detected"), RES_EVENT_CODE, IN_DOMAIN | IN_VMD, false },
	{ NAME("Transfer_Set_Name"), RES_SET_NAME, IN_DOMAIN | IN_VMD, false },
	{ NAME("Transfer_Set_Time_Stamp"), RES_TIME_STAMP, IN_DOMAIN | IN_VMD, false },
	{ NAME("Transfer_Report_ACK"), RES_ACK, IN_DOMAIN | IN_VMD, false },
	{ NAME("Transfer_Report_NACK"), RES_NACK, IN_DOMAIN | IN_VMD, false },
	{ NAME("IM_Transfer_Set"), RES_IM_SET, IN_VMD | IN_DOMAIN | IN_AA, false },
	{ NAME("IM_Transfer_Set_Status"), RES_IM_SET, IN_VMD | IN_DOMAIN | IN_AA, false },
	{ NAME("Info_Mess_Header"), RES_INFO_HEADER, IN_VMD | IN_DOMAIN, false },
	{ NAME("Info_Buff_"), RES_INFO_BUFFER, IN_VMD | IN_DOMAIN, true },
	{ NAME("Next_TSTransfer_Set"), RES_NEXT_TS, IN_DOMAIN | IN_VMD, false },
	{ NAME("TSConditions"), RES_OTHER, IN_DOMAIN | IN_VMD, false },
	{ NAME("TSConditions_Detected"), RES_OTHER, IN_DOMAIN | IN_VMD, false },
};

/* IEC 61850-7-2 functional constraints, and those of its MMS mapping for reports, logs and GOOSE. */
static const char constraints[][3] = {
	"ST", "MX", "CO", "CF", "DC", "SP", "SG", "SE", "EX", "SV", "RP", "LG", "BR", "GO", "GS", "MS", "US", "BL", "OR",
};

static uint8_t lower(uint8_t o)
{
	return o >= 'A' && o <= 'Z' ? (uint8_t)(o + 'a' - 'A') : o;
}

/* text is of the same length. */
static bool is_but_for_case(struct span s, const char *text)
{
	for (struct cur c = cur_span(s); cur_left(&c) != 0; text++) {
		if (lower(cur_u8(&c)) != lower((uint8_t)*text))
			return false;
	}
	return true;
}

struct span iccp_base(struct span item)
{
	struct cur c = cur_span(item);
	const uint8_t *dollar = item.len != 0 ? memchr(item.p, '$', item.len) : NULL;
	return dollar != NULL ? cur_bytes(&c, (size_t)(dollar - item.p)) : item;
}

struct span iccp_component(struct span item)
{
	struct cur c = cur_span(item);
	const size_t base = iccp_base(item).len;
	if (base == item.len)
		return span_of(NULL, 0);
	cur_skip(&c, base + 1);
	return cur_rest(&c);
}

/* Without the digits at its end, if there are any. */
static struct span without_number(struct span s)
{
	struct cur c = cur_span(s);
	size_t n = s.len;
	while (n > 0 && cur_peek(&c, n - 1) >= '0' && cur_peek(&c, n - 1) <= '9')
		n--;
	return cur_bytes(&c, n);
}

/* Most names are none of them: their length and first letter say so. */
static bool begins_as_reserved(struct span s)
{
	return s.len >= sizeof("Info_Buff_") - 1 && strchr("tsbndei", lower(*s.p)) != NULL && *s.p != 0;
}

enum iccp_reserved iccp_reserved(const struct mms_name *n, unsigned *odd)
{
	const struct span base = iccp_base(n->item);
	if (!begins_as_reserved(base))
		return RES_NONE;
	const struct span stem = without_number(base);
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		const struct span s = reserved[i].numbered ? stem : base;
		if (reserved[i].numbered && stem.len == base.len)
			continue;
		if (s.len != reserved[i].len)
			continue;
		if (memcmp(s.p, reserved[i].name, s.len) == 0) {
			if ((reserved[i].scopes & 1u << n->scope) != 0)
				return reserved[i].id;
			*odd |= ODD_SCOPE;
			return RES_NONE;
		}
		if (is_but_for_case(s, reserved[i].name))
			*odd |= ODD_CASE;
	}
	return RES_NONE;
}

uint32_t iccp_number(struct span item)
{
	const struct span base = iccp_base(item);
	struct cur c = cur_span(base);
	uint32_t n = 0;
	cur_skip(&c, without_number(base).len);
	while (cur_left(&c) != 0 && n < UINT32_MAX / 16)
		n = n * 10 + (cur_u8(&c) - (uint32_t)'0');
	return n;
}

enum iccp_suffix iccp_suffix(const struct mms_name *n, struct span *stem)
{
	enum { SUFFIX_LEN = 4 };
	const struct span base = iccp_base(n->item);
	struct cur c = cur_span(base);
	if (n->scope == MMS_AA || base.len <= SUFFIX_LEN)
		return SUFFIX_NONE;
	*stem = cur_bytes(&c, base.len - SUFFIX_LEN);
	if (iccp_is(cur_rest(&c), "_SBO"))
		return SUFFIX_SBO;
	return iccp_is(cur_rest(&c), "_TAG") ? SUFFIX_TAG : SUFFIX_NONE;
}

bool iccp_is_functional(const struct mms_name *n)
{
	const struct span second = iccp_base(iccp_component(n->item));
	if (second.len != sizeof(constraints[0]) - 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(constraints); i++) {
		if (memcmp(second.p, constraints[i], second.len) == 0)
			return n->scope != MMS_VMD;
	}
	return false;
}

bool iccp_is_61850_report(const struct mms_name *list)
{
	return list->scope == MMS_VMD && iccp_is(list->item, "RPT");
}

uint64_t iccp_place(const struct mms_name *n)
{
	return hash_fnv(hash_fnv(HASH_FNV_START, &n->scope, 1), n->domain.p, n->domain.len);
}

uint64_t iccp_hash(uint64_t place, struct span item)
{
	/* A $ is in no domain's name: it keeps domain and item apart. */
	return hash_fnv(hash_fnv(place, "$", 1), item.p, item.len);
}

bool iccp_known(const struct iccp_state *s, uint64_t hash, enum iccp_known what)
{
	for (uint16_t i = 0; i < s->n_names; i++) {
		if (s->name[i].hash == hash && s->name[i].what == what)
			return true;
	}
	return false;
}

bool iccp_is_known(const struct iccp_state *s, const struct mms_name *n, enum iccp_known what)
{
	if (s->n_names == 0)
		return false;
	const uint64_t place = iccp_place(n);
	const struct span base = iccp_base(n->item);
	return iccp_known(s, iccp_hash(place, n->item), what) ||
	       (base.len != n->item.len && iccp_known(s, iccp_hash(place, base), what));
}

bool iccp_learn(struct iccp_state *s, uint64_t hash, enum iccp_known what)
{
	if (iccp_known(s, hash, what))
		return false;
	const struct iccp_name n = { .hash = hash, .what = (uint8_t)what };
	if (s->n_names < ICCP_NAMES_MAX) {
		s->name[s->n_names++] = n;
		return false;
	}
	s->name[s->oldest] = n;
	s->oldest = (uint16_t)((s->oldest + 1) % ICCP_NAMES_MAX);
	return true;
}
