/* iccp_sim_val.c - the names and values in iccp-sim's messages, from the model alone. */
#include "tests/tools/iccp_sim_val.h"

#include <stdio.h>

uint64_t val_noise(const struct pdu_model *m, unsigned kind, uint32_t which, uint32_t i)
{
	/* splitmix64's finisher over all that the value is to depend on */
	uint64_t x = ((uint64_t)m->seed << 32 | which) * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)kind << 32 | i);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint64_t val_digest(const uint8_t *p, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h >> 8; /* 56 bits: never negative as an INTEGER */
}

size_t val_text(const struct pdu_model *m, unsigned n, uint8_t out[PDU_TEXT_MAX])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -";
	const size_t len = 16 + val_noise(m, NOISE_TEXT, n, 0) % 48;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)letters[val_noise(m, NOISE_TEXT, n, (uint32_t)i + 1) % 64];
	return len;
}

/* --- names ---------------------------------------------------------------------------------- */
void val_icc(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0xa1);
	enc_text(e, 0x1a, m->domain);
	enc_text(e, 0x1a, item);
	enc_close(e);
}

void val_variable(struct enc *e, const struct pdu_model *m, const char *item)
{
	enc_open(e, 0x30);
	enc_open(e, 0xa0);
	if (m != NULL)
		val_icc(e, m, item);
	else
		enc_text(e, 0x80, item);
	enc_close(e);
	enc_close(e);
}

const char *val_point_name(char out[PDU_NAME_CAP], unsigned i)
{
	snprintf(out, PDU_NAME_CAP, "Pt_%04u", i + 1);
	return out;
}

void val_point_variables(struct enc *e, const struct pdu_model *m, uint32_t n)
{
	char name[PDU_NAME_CAP];
	for (uint32_t i = 0; i < n; i++)
		val_variable(e, m, val_point_name(name, i));
}

const char *val_seeded(char out[PDU_NAME_CAP], const char *prefix, const struct pdu_model *m)
{
	snprintf(out, PDU_NAME_CAP, "%s%08x", prefix, (unsigned)m->seed);
	return out;
}

void val_data_set_variables(struct enc *e, const struct pdu_model *m)
{
	val_variable(e, m, "Transfer_Set_Name");
	val_variable(e, m, "Transfer_Set_Time_Stamp");
	val_variable(e, m, "DSConditions_Detected");
	val_point_variables(e, m, m->points);
}

/* --- values --------------------------------------------------------------------------------- */
void val_object_name(struct enc *e, const struct pdu_model *m, const char *prefix)
{
	char name[PDU_NAME_CAP];
	enc_open(e, 0xa2);
	enc_int(e, 0x86, 1); /* inter-control-centre scope */
	enc_text(e, 0x8a, m->domain);
	enc_text(e, 0x8a, val_seeded(name, prefix, m));
	enc_close(e);
}

float val_real(uint64_t x)
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
		enc_float(e, val_real(x >> 16));
	if (i % 4 == 3)
		enc_int(e, 0x85, PDU_TIME_0 + (int64_t)(x >> 40) % 1000000);
	enc_bits(e, 0x84, 8, (uint16_t)(x & 0xff00));
	enc_close(e);
}

void val_points(struct enc *e, const struct pdu_model *m, unsigned kind, uint32_t which, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		point(e, val_noise(m, kind, which, i), i);
}

/* What a data set of a transfer begins with. */
void val_head(struct enc *e, const struct pdu_model *m, uint32_t sequence)
{
	val_object_name(e, m, "TS_");
	enc_int(e, 0x85, PDU_TIME_0 + (int64_t)sequence);
	enc_bits(e, 0x84, 5, 0x4000);
}

/* The 13 elements of a DS transfer set. */
void val_transfer_set(struct enc *e, const struct pdu_model *m, bool status)
{
	enc_open(e, 0xa2);
	val_object_name(e, m, "DS_");
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
	return val_digest(b, sizeof(b));
}

void val_set_up(struct enc *e, const struct pdu_model *m)
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

void val_tag_value(struct enc *e, const struct pdu_model *m)
{
	enc_open(e, 0xa2);
	enc_bits(e, 0x84, 2, (uint16_t)(val_noise(m, NOISE_REQUEST, 0, 0) & 1 ? 0x4000 : 0));
	enc_text(e, 0x8a, "maintenance");
	enc_close(e);
}

const char *val_device(char out[PDU_NAME_CAP], const struct pdu_model *m, const char *suffix)
{
	snprintf(out, PDU_NAME_CAP, "Brk_%08x%s", (unsigned)m->seed, suffix);
	return out;
}
