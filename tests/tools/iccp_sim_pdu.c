/* iccp_sim_pdu.c - the operations of TASE.2 as MMS PDUs, built from the model (ISO 9506-2, IEC 60870-6-503). */
#include "tests/tools/iccp_sim_pdu.h"

#include <stdio.h>

/* Streams of noise: no two messages of an association draw on the same one. */
enum { NOISE_REPORT = 1, NOISE_ANSWER = 2, NOISE_REQUEST = 3, NOISE_TEXT = 4 };

static uint64_t noise(const struct pdu_model *m, unsigned kind, uint32_t which, uint32_t i)
{
	/* splitmix64's finisher over all that the value is to depend on */
	uint64_t x = ((uint64_t)m->seed << 32 | which) * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)kind << 32 | i);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t pdu_digest(const uint8_t *p, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h >> 8; /* 56 bits: never negative as an INTEGER */
}

size_t pdu_text(const struct pdu_model *m, unsigned n, uint8_t out[PDU_TEXT_MAX])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -";
	const size_t len = 16 + noise(m, NOISE_TEXT, n, 0) % 48;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)letters[noise(m, NOISE_TEXT, n, (uint32_t)i + 1) % 64];
	return len;
}

/* --- names ---------------------------------------------------------------------------------- */
static void icc(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0xa1);
	enc_text(e, 0x1a, m->domain);
	enc_text(e, 0x1a, item);
	enc_close(e);
}

static void variable(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0x30);
	enc_open(e, 0xa0);
	if (m != NULL)
		icc(e, m, item);
	else
		enc_text(e, 0x80, item);
	enc_close(e);
	enc_close(e);
}

static const char *point_name(char out[PDU_NAME_CAP], unsigned i)
{
	snprintf(out, PDU_NAME_CAP, "Pt_%04u", i + 1);
	return out;
}

static void point_variables(struct enc *e, const struct pdu_model *m, uint32_t n)
{
	char name[PDU_NAME_CAP];
	for (uint32_t i = 0; i < n; i++)
		variable(e, m, point_name(name, i));
}

static const char *seeded(char out[PDU_NAME_CAP], const char *prefix, const struct pdu_model *m)
{
	snprintf(out, PDU_NAME_CAP, "%s%08x", prefix, (unsigned)m->seed);
	return out;
}

static void data_set_variables(struct enc *e, const struct pdu_model *m)
{
	variable(e, m, "Transfer_Set_Name");
	variable(e, m, "Transfer_Set_Time_Stamp");
	variable(e, m, "DSConditions_Detected");
	point_variables(e, m, m->points);
}

/* --- values --------------------------------------------------------------------------------- */
static void object_name(struct enc *e, const struct pdu_model *m, const char *prefix)
{
	char name[PDU_NAME_CAP];
	enc_open(e, 0xa2);
	enc_int(e, 0x86, 1); /* inter-control-centre scope */
	enc_text(e, 0x8a, m->domain);
	enc_text(e, 0x8a, seeded(name, prefix, m));
	enc_close(e);
}

static float real(uint64_t x)
{
	return (float)((int64_t)(x % 2000001) - 1000000) / 64;
}

/* One value: RealQ, DiscreteQ, StateQ and RealQTimeTag in turn. */
static void point(struct enc *e, uint64_t x, uint32_t i)
{
	if (i % 4 == 2) {
		enc_bits(e, 0x84, 8, (uint16_t)(x & 0xff00));
		return;
	}
	enc_open(e, 0xa2);
	if (i % 4 == 1)
		enc_int(e, 0x85, (int32_t)(x >> 16));
	else
		enc_float(e, real(x >> 16));
	if (i % 4 == 3)
		enc_int(e, 0x85, PDU_TIME_0 + (int64_t)(x >> 40) % 1000000);
	enc_bits(e, 0x84, 8, (uint16_t)(x & 0xff00));
	enc_close(e);
}

static void points(struct enc *e, const struct pdu_model *m, unsigned kind, uint32_t which, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		point(e, noise(m, kind, which, i), i);
}

/* What a data set of a transfer begins with. */
static void head(struct enc *e, const struct pdu_model *m, uint32_t sequence)
{
	object_name(e, m, "TS_");
	enc_int(e, 0x85, PDU_TIME_0 + (int64_t)sequence);
	enc_bits(e, 0x84, 5, 0x4000);
}

/* The 13 elements of a DS transfer set. */
static void transfer_set(struct enc *e, const struct pdu_model *m, bool status)
{
	enc_open(e, 0xa2);
	object_name(e, m, "DS_");
	enc_int(e, 0x85, 0);
	enc_int(e, 0x85, 1);
	enc_int(e, 0x85, 60);
	enc_int(e, 0x85, 0);
	enc_int(e, 0x85, 600);
	enc_bits(e, 0x84, 5, 0x6000);
	enc_bool(e, 0x83, false);
	enc_bool(e, 0x83, m->acked);
	enc_bool(e, 0x83, false);
	enc_bool(e, 0x83, true);
	enc_bool(e, 0x83, status);
	enc_int(e, 0x85, 0);
	enc_close(e);
}

static uint64_t set_up_check(const struct pdu_model *m)
{
	uint8_t b[17];
	struct wr w = wr_of(b, sizeof(b));
	wr_be32(&w, m->seed);
	wr_be32(&w, m->label);
	wr_be32(&w, m->points);
	wr_be32(&w, m->rate_mhz);
	wr_u8(&w, m->acked);
	return pdu_digest(b, sizeof(b));
}

static void set_up(struct enc *e, const struct pdu_model *m)
{
	enc_open(e, 0xa2);
	enc_int(e, 0x86, m->seed);
	enc_int(e, 0x86, m->label);
	enc_int(e, 0x86, m->points);
	enc_int(e, 0x86, m->rate_mhz);
	enc_bool(e, 0x83, m->acked);
	enc_int(e, 0x86, (int64_t)set_up_check(m));
	enc_close(e);
}

/* --- requests ------------------------------------------------------------------------------- */
static void open_pdu(struct enc *e, unsigned pdu, uint32_t invoke, unsigned service)
{
	pdu_open_data(e);
	enc_open(e, pdu);
	enc_int(e, 0x02, invoke);
	enc_open(e, service);
}

static void read_one(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0xa1);
	enc_open(e, 0xa0);
	variable(e, m, item);
}

/* A write's head; its list of data is left open. */
static void write_one(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0xa0);
	variable(e, m, item);
	enc_close(e);
	enc_open(e, 0xa0);
}

static void names_request(struct enc *e, const struct pdu_model *m, int class)
{
	enc_open(e, 0xa0);
	enc_int(e, 0x80, class);
	enc_close(e);
	enc_open(e, 0xa1);
	if (m != NULL)
		enc_text(e, 0x81, m->domain);
	else
		enc_prim(e, 0x80, "", 0);
}

static void text_request(struct enc *e, const struct pdu_model *m, const struct pdu_arg *a)
{
	char name[PDU_NAME_CAP];
	snprintf(name, sizeof(name), "Text_%04u", a->number);
	enc_open(e, 0xa0);
	variable(e, m, name);
	variable(e, m, "Text_Check");
	enc_close(e);
	enc_open(e, 0xa0);
	enc_prim(e, 0x8a, a->text, a->text_n);
	enc_int(e, 0x86, (int64_t)pdu_digest(a->text, a->text_n));
}

static void tag_value(struct enc *e, const struct pdu_model *m)
{
	enc_open(e, 0xa2);
	enc_bits(e, 0x84, 2, (uint16_t)(noise(m, NOISE_REQUEST, 0, 0) & 1 ? 0x4000 : 0));
	enc_text(e, 0x8a, "maintenance");
	enc_close(e);
}

static const char *device(char out[PDU_NAME_CAP], const struct pdu_model *m, const char *suffix)
{
	snprintf(out, PDU_NAME_CAP, "Brk_%08x%s", (unsigned)m->seed, suffix);
	return out;
}

static void define_request(struct enc *e, const struct pdu_model *m)
{
	char name[PDU_NAME_CAP];
	icc(e, m, seeded(name, "DS_", m));
	enc_open(e, 0xa0);
	data_set_variables(e, m);
}

static void delete_request(struct enc *e, const struct pdu_model *m)
{
	char name[PDU_NAME_CAP];
	enc_int(e, 0x80, 0);
	enc_open(e, 0xa1);
	icc(e, m, seeded(name, "DS_", m));
}

static void features_request(struct enc *e, const struct pdu_model *m)
{
	read_one(e, m, "Bilateral_Table_ID");
	variable(e, NULL, "Supported_Features");
	variable(e, NULL, "TASE2_Version");
}

static void list_values_request(struct enc *e, const struct pdu_model *m)
{
	char name[PDU_NAME_CAP];
	enc_open(e, 0xa1);
	enc_open(e, 0xa1);
	icc(e, m, seeded(name, "DS_", m));
}

/* The writes of one value. */
static void write_request(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke)
{
	char name[PDU_NAME_CAP];
	switch ((int)op) {
	case OP_SETUP:
		write_one(e, m, "Sim_Setup");
		set_up(e, m);
		break;
	case OP_SET:
		write_one(e, m, "Setpoint_1");
		enc_float(e, real(noise(m, NOISE_REQUEST, invoke, 0)));
		break;
	case OP_OPERATE:
		write_one(e, m, device(name, m, ""));
		enc_int(e, 0x85, (int64_t)(noise(m, NOISE_REQUEST, invoke, 0) & 1));
		break;
	case OP_TAG_SET:
		write_one(e, m, device(name, m, "_TAG"));
		tag_value(e, m);
		break;
	default:
		write_one(e, m, seeded(name, "TS_", m));
		transfer_set(e, m, op == OP_START);
	}
}

static void request(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke)
{
	char name[PDU_NAME_CAP];
	switch ((int)op) {
	case OP_FEATURES:
		features_request(e, m);
		break;
	case OP_NAMES_VMD:
		names_request(e, NULL, 0);
		break;
	case OP_NAMES_DOMAIN:
		names_request(e, m, 0);
		break;
	case OP_NAMES_SETS:
		names_request(e, m, 2);
		break;
	case OP_NAMES_DOMAINS:
		names_request(e, NULL, 9);
		break;
	case OP_TYPE:
		enc_open(e, 0xa0);
		icc(e, m, point_name(name, 0));
		break;
	case OP_VALUES:
		enc_open(e, 0xa1);
		enc_open(e, 0xa0);
		point_variables(e, m, m->points);
		break;
	case OP_DEFINE:
		define_request(e, m);
		break;
	case OP_ELEMENTS:
		icc(e, m, seeded(name, "DS_", m));
		break;
	case OP_LIST_VALUES:
		list_values_request(e, m);
		break;
	case OP_NEXT:
		read_one(e, m, "Next_DSTransfer_Set");
		break;
	case OP_TRANSFER:
		read_one(e, m, seeded(name, "TS_", m));
		break;
	case OP_SELECT:
		read_one(e, m, device(name, m, "_SBO"));
		break;
	case OP_TAG_GET:
		read_one(e, m, device(name, m, "_TAG"));
		break;
	case OP_DELETE:
		delete_request(e, m);
		break;
	case OP_TOTALS:
		read_one(e, m, "Sim_Totals");
		break;
	default:
		write_request(e, m, op, invoke);
	}
}

/* --- responses ------------------------------------------------------------------------------ */
static void names_response(struct enc *e, const struct pdu_model *m, enum pdu_op op)
{
	char name[PDU_NAME_CAP];
	enc_open(e, 0xa0);
	switch ((int)op) {
	case OP_NAMES_VMD:
		enc_text(e, 0x1a, "TASE2_Version");
		enc_text(e, 0x1a, "Supported_Features");
		break;
	case OP_NAMES_DOMAIN:
		enc_text(e, 0x1a, "Bilateral_Table_ID");
		enc_text(e, 0x1a, "Next_DSTransfer_Set");
		for (uint32_t i = 0; i < m->points; i++)
			enc_text(e, 0x1a, point_name(name, i));
		enc_text(e, 0x1a, device(name, m, ""));
		enc_text(e, 0x1a, device(name, m, "_SBO"));
		enc_text(e, 0x1a, device(name, m, "_TAG"));
		break;
	case OP_NAMES_DOMAINS:
		enc_text(e, 0x1a, m->domain);
		break;
	default:
		break; /* no data set but those that a client makes */
	}
	enc_close(e);
	enc_bool(e, 0x81, false);
}

static void type_response(struct enc *e)
{
	static const uint8_t real_q[] = {
		0xa1, 0x1d, 0x30, 0x11, 0x80, 0x05, 'V',  'a',  'l',  'u', 'e',  0xa1, 0x08, 0xa7, 0x06, 0x02,
		0x01, 0x20, 0x02, 0x01, 0x08, 0x30, 0x08, 0x80, 0x01, 'F', 0xa1, 0x03, 0x84, 0x01, 0x08,
	};
	enc_bool(e, 0x80, false);
	enc_open(e, 0xa2);
	enc_prim(e, 0xa2, real_q, sizeof(real_q));
}

static void features_response(struct enc *e)
{
	enc_text(e, 0x8a, "BLT_1.0");
	enc_bits(e, 0x84, 12, 0xf800);
	enc_open(e, 0xa2);
	enc_int(e, 0x85, 2000);
	enc_int(e, 0x85, 8);
	enc_close(e);
}

static void totals_response(struct enc *e, const struct pdu_arg *a)
{
	enc_open(e, 0xa2);
	for (size_t i = 0; i < ARRAY_LEN(a->total); i++)
		enc_int(e, 0x86, (int64_t)(a->total[i] & INT64_MAX));
	enc_close(e);
}

static void read_response(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke)
{
	switch ((int)op) {
	case OP_FEATURES:
		features_response(e);
		break;
	case OP_VALUES:
		points(e, m, NOISE_ANSWER, invoke, m->points);
		break;
	case OP_LIST_VALUES:
		head(e, m, 0);
		points(e, m, NOISE_ANSWER, invoke, m->points);
		break;
	case OP_NEXT:
		object_name(e, m, "TS_");
		break;
	case OP_TRANSFER:
		transfer_set(e, m, true);
		break;
	case OP_SELECT:
		enc_int(e, 0x85, (int64_t)(noise(m, NOISE_ANSWER, invoke, 0) % 32767));
		break;
	default:
		tag_value(e, m);
	}
}

static void response(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke)
{
	switch (pdu_row(op)->service) {
	case 0xa1:
		names_response(e, m, op);
		break;
	case 0xa4:
		enc_open(e, 0xa1);
		read_response(e, m, op, invoke);
		break;
	case 0xa5:
		for (int i = 0; i < (op == OP_TEXT ? 2 : 1); i++)
			enc_prim(e, 0x81, "", 0);
		break;
	case 0xa6:
		type_response(e);
		break;
	case 0xac:
		enc_bool(e, 0x80, true);
		enc_open(e, 0xa1);
		data_set_variables(e, m);
		break;
	case 0xad:
		enc_int(e, 0x80, 1);
		enc_int(e, 0x81, 1);
		break;
	default:
		break; /* defineNamedVariableList answers NULL */
	}
}

/* --- whole TSDUs ---------------------------------------------------------------------------- */
static const struct pdu_row rows[OP_N] = {
#define X(id, service, begin, end, name) [id] = { service, begin, end, name },
	PDU_OP_LIST(X)
#undef X
};

const struct pdu_row *pdu_row(enum pdu_op op)
{
	return &rows[op];
}

void pdu_request(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke, const struct pdu_arg *a)
{
	open_pdu(e, 0xa0, invoke, rows[op].service);
	if (op == OP_TEXT)
		text_request(e, m, a);
	else
		request(e, m, op, invoke);
	enc_close_to(e, 0);
}

void pdu_response(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke, const struct pdu_arg *a)
{
	open_pdu(e, 0xa1, invoke, op == OP_DEFINE ? 0x8b : rows[op].service);
	if (op == OP_TOTALS) {
		enc_open(e, 0xa1);
		totals_response(e, a);
	} else {
		response(e, m, op, invoke);
	}
	enc_close_to(e, 0);
}

static void open_report(struct enc *e)
{
	pdu_open_data(e);
	enc_open(e, 0xa3);
	enc_open(e, 0xa0);
}

void pdu_report(struct enc *e, const struct pdu_model *m, uint32_t sequence)
{
	char name[PDU_NAME_CAP];
	open_report(e);
	enc_open(e, 0xa1);
	icc(e, m, seeded(name, "DS_", m));
	enc_close(e);
	enc_open(e, 0xa0);
	head(e, m, sequence);
	points(e, m, NOISE_REPORT, sequence, m->points);
	enc_close_to(e, 0);
}

void pdu_ack(struct enc *e, const struct pdu_model *m, uint32_t sequence)
{
	open_report(e);
	enc_open(e, 0xa0);
	variable(e, m, "Transfer_Report_ACK");
	variable(e, m, "Transfer_Set_Time_Stamp");
	enc_close(e);
	enc_open(e, 0xa0);
	object_name(e, m, "TS_");
	enc_int(e, 0x85, PDU_TIME_0 + (int64_t)sequence);
	enc_close_to(e, 0);
}
