/* iccp_sim_pdu.c - the operations of TASE.2 as MMS PDUs, built from the model (ISO 9506-2, IEC 60870-6-503). */
#include "tests/tools/iccp_sim_pdu.h"

#include "tests/tools/iccp_sim_val.h"

#include <stdio.h>

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
	val_variable(e, m, item);
}

/* A write's head; its list of data is left open. */
static void write_one(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0xa0);
	val_variable(e, m, item);
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
	val_variable(e, m, name);
	val_variable(e, m, "Text_Check");
	enc_close(e);
	enc_open(e, 0xa0);
	enc_prim(e, 0x8a, a->text, a->text_n);
	/* the name's number is in it, for nobody else knows it */
	enc_int(e, 0x86, (int64_t)(val_digest(a->text, a->text_n) ^ a->number));
}

static void define_request(struct enc *e, const struct pdu_model *m)
{
	char name[PDU_NAME_CAP];
	val_icc(e, m, val_seeded(name, "DS_", m));
	enc_open(e, 0xa0);
	val_data_set_variables(e, m);
}

static void delete_request(struct enc *e, const struct pdu_model *m)
{
	char name[PDU_NAME_CAP];
	enc_int(e, 0x80, 0);
	enc_open(e, 0xa1);
	val_icc(e, m, val_seeded(name, "DS_", m));
}

static void features_request(struct enc *e, const struct pdu_model *m)
{
	read_one(e, m, "Bilateral_Table_ID");
	val_variable(e, NULL, "Supported_Features");
	val_variable(e, NULL, "TASE2_Version");
}

static void list_values_request(struct enc *e, const struct pdu_model *m)
{
	char name[PDU_NAME_CAP];
	enc_open(e, 0xa1);
	enc_open(e, 0xa1);
	val_icc(e, m, val_seeded(name, "DS_", m));
}

/* The writes of one value. */
static void write_request(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke)
{
	char name[PDU_NAME_CAP];
	switch ((int)op) {
	case OP_SETUP:
		write_one(e, m, "Sim_Setup");
		val_set_up(e, m);
		break;
	case OP_SET:
		write_one(e, m, "Setpoint_1");
		enc_float(e, val_real(val_noise(m, NOISE_REQUEST, invoke, 0)));
		break;
	case OP_OPERATE:
		write_one(e, m, val_device(name, m, ""));
		enc_int(e, 0x85, (int64_t)(val_noise(m, NOISE_REQUEST, invoke, 0) & 1));
		break;
	case OP_TAG_SET:
		write_one(e, m, val_device(name, m, "_TAG"));
		val_tag_value(e, m);
		break;
	default:
		write_one(e, m, val_seeded(name, "TS_", m));
		val_transfer_set(e, m, op == OP_START);
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
		val_icc(e, m, val_point_name(name, 0));
		break;
	case OP_VALUES:
		enc_open(e, 0xa1);
		enc_open(e, 0xa0);
		val_point_variables(e, m, m->points);
		break;
	case OP_DEFINE:
		define_request(e, m);
		break;
	case OP_ELEMENTS:
		val_icc(e, m, val_seeded(name, "DS_", m));
		break;
	case OP_LIST_VALUES:
		list_values_request(e, m);
		break;
	case OP_NEXT:
		read_one(e, m, "Next_DSTransfer_Set");
		break;
	case OP_TRANSFER:
		read_one(e, m, val_seeded(name, "TS_", m));
		break;
	case OP_SELECT:
		read_one(e, m, val_device(name, m, "_SBO"));
		break;
	case OP_TAG_GET:
		read_one(e, m, val_device(name, m, "_TAG"));
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
			enc_text(e, 0x1a, val_point_name(name, i));
		enc_text(e, 0x1a, val_device(name, m, ""));
		enc_text(e, 0x1a, val_device(name, m, "_SBO"));
		enc_text(e, 0x1a, val_device(name, m, "_TAG"));
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
		val_points(e, m, NOISE_ANSWER, invoke, m->points);
		break;
	case OP_LIST_VALUES:
		val_head(e, m, 0);
		val_points(e, m, NOISE_ANSWER, invoke, m->points);
		break;
	case OP_NEXT:
		val_object_name(e, m, "TS_");
		break;
	case OP_TRANSFER:
		val_transfer_set(e, m, true);
		break;
	case OP_SELECT:
		enc_int(e, 0x85, (int64_t)(val_noise(m, NOISE_ANSWER, invoke, 0) % 32767));
		break;
	default:
		val_tag_value(e, m);
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
		val_data_set_variables(e, m);
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
	val_icc(e, m, val_seeded(name, "DS_", m));
	enc_close(e);
	enc_open(e, 0xa0);
	val_head(e, m, sequence);
	val_points(e, m, NOISE_REPORT, sequence, m->points);
	enc_close_to(e, 0);
}

void pdu_ack(struct enc *e, const struct pdu_model *m, uint32_t sequence)
{
	open_report(e);
	enc_open(e, 0xa0);
	val_variable(e, m, "Transfer_Report_ACK");
	val_variable(e, m, "Transfer_Set_Time_Stamp");
	enc_close(e);
	enc_open(e, 0xa0);
	val_object_name(e, m, "TS_");
	enc_int(e, 0x85, PDU_TIME_0 + (int64_t)sequence);
	enc_close_to(e, 0);
}
