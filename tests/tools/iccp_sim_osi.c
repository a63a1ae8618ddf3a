/* iccp_sim_osi.c - X.224 connection TPDUs and what X.225, X.226, X.227 and MMS say around an association. */
#include "tests/tools/iccp_sim_pdu.h"

enum { CONTEXT_ACSE = 1, CONTEXT_MMS = 3 };

static const uint8_t ACSE_SYNTAX[] = { 0x52, 0x01, 0x00, 0x01 }, MMS_SYNTAX[] = { 0x28, 0xca, 0x22, 0x02, 0x01 },
		     BER_SYNTAX[] = { 0x51, 0x01 }, MMS_CONTEXT_NAME[] = { 0x28, 0xca, 0x22, 0x02, 0x03 },
		     CLIENT_TITLE[] = { 0x29, 0x87, 0x67, 0x01 }, SERVER_TITLE[] = { 0x29, 0x87, 0x67, 0x02 },
		     SERVICES[] = { 0x03, 0x6e, 0x1c, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x10 }, CBB[] = { 0x05, 0xf1, 0x00 };

/* --- X.224 13.3, 13.4 --- */
static void connection_tpdu(struct enc *e, uint8_t code, const uint16_t refs[2], uint8_t size_code)
{
	static const uint8_t selectors[] = { 0xc1, 2, 0, 1, 0xc2, 2, 0, 1 };
	wr_be16(&e->w, 0x0300);
	wr_be16(&e->w, 4 + 7 + 3 + sizeof(selectors));
	wr_u8(&e->w, 6 + 3 + sizeof(selectors));
	wr_u8(&e->w, code);
	wr_be16(&e->w, refs[0]);
	wr_be16(&e->w, refs[1]);
	wr_u8(&e->w, 0);
	wr_bytes(&e->w, (const uint8_t[]){ 0xc0, 1, size_code }, 3);
	wr_bytes(&e->w, selectors, sizeof(selectors));
}

void pdu_cr(struct enc *e, uint16_t reference, uint8_t size_code)
{
	connection_tpdu(e, 0xe0, (const uint16_t[]){ 0, reference }, size_code);
}

void pdu_cc(struct enc *e, uint16_t reference, uint8_t size_code)
{
	connection_tpdu(e, 0xd0, (const uint16_t[]){ reference, 0x8000 | reference }, size_code);
}

/* --- X.226 8.2, X.227 9.1 --- */
static void open_pdv(struct enc *e, int context)
{
	enc_open(e, 0x61);
	enc_open(e, 0x30);
	enc_int(e, 0x02, context);
	enc_open(e, 0xa0);
}

void pdu_open_data(struct enc *e)
{
	wr_be32(&e->w, 0x01000100);
	open_pdv(e, CONTEXT_MMS);
}

static void wrapped(struct enc *e, unsigned outer, unsigned tag, const void *p, size_t n)
{
	enc_open(e, outer);
	enc_prim(e, tag, p, n);
	enc_close(e);
}

static void context(struct enc *e, int id, const uint8_t *syntax, size_t n)
{
	enc_open(e, 0x30);
	enc_int(e, 0x02, id);
	enc_prim(e, 0x06, syntax, n);
	wrapped(e, 0x30, 0x06, BER_SYNTAX, sizeof(BER_SYNTAX));
	enc_close(e);
}

static void initiate(struct enc *e, bool response)
{
	enc_open(e, 0xbe);
	enc_open(e, 0x28);
	enc_int(e, 0x02, CONTEXT_MMS);
	enc_open(e, 0xa0);
	enc_open(e, response ? 0xa9 : 0xa8);
	enc_int(e, 0x80, 64000);
	enc_int(e, 0x81, 5);
	enc_int(e, 0x82, 5);
	enc_int(e, 0x83, 8);
	enc_open(e, 0xa4);
	enc_int(e, 0x80, 1);
	enc_prim(e, 0x81, CBB, sizeof(CBB));
	enc_prim(e, 0x82, SERVICES, sizeof(SERVICES));
}

static void session_connect(struct enc *e, bool response)
{
	static const uint8_t item[] = { 0x05, 6, 0x13, 1, 0, 0x16, 1, 2, 0x14, 2, 0, 2 };
	enc_open_spdu(e, response ? 0x0e : 0x0d);
	wr_bytes(&e->w, item, sizeof(item));
	if (!response)
		wr_be32(&e->w, 0x33020001);
	wr_be32(&e->w, 0x34020001);
	enc_open_spdu(e, 0xc1);
	enc_open(e, 0x31);
	wrapped(e, 0xa0, 0x80, "\1", 1);
	enc_open(e, 0xa2);
}

void pdu_connect(struct enc *e)
{
	static const uint8_t selector[] = { 0, 0, 0, 1 };
	session_connect(e, false);
	enc_prim(e, 0x81, selector, sizeof(selector));
	enc_prim(e, 0x82, selector, sizeof(selector));
	enc_open(e, 0xa4);
	context(e, CONTEXT_ACSE, ACSE_SYNTAX, sizeof(ACSE_SYNTAX));
	context(e, CONTEXT_MMS, MMS_SYNTAX, sizeof(MMS_SYNTAX));
	enc_close(e);
	open_pdv(e, CONTEXT_ACSE);
	enc_open(e, 0x60);
	wrapped(e, 0xa1, 0x06, MMS_CONTEXT_NAME, sizeof(MMS_CONTEXT_NAME));
	wrapped(e, 0xa2, 0x06, SERVER_TITLE, sizeof(SERVER_TITLE));
	wrapped(e, 0xa3, 0x02, "\x0c", 1);
	wrapped(e, 0xa6, 0x06, CLIENT_TITLE, sizeof(CLIENT_TITLE));
	wrapped(e, 0xa7, 0x02, "\x0c", 1);
	initiate(e, false);
	enc_close_to(e, 0);
}

void pdu_accept(struct enc *e)
{
	static const uint8_t selector[] = { 0, 0, 0, 1 }, accepted[] = { 0x30, 7, 0x80, 1, 0, 0x81, 2, 0x51, 0x01 };
	session_connect(e, true);
	enc_prim(e, 0x83, selector, sizeof(selector));
	enc_open(e, 0xa5);
	wr_bytes(&e->w, accepted, sizeof(accepted));
	wr_bytes(&e->w, accepted, sizeof(accepted));
	enc_close(e);
	open_pdv(e, CONTEXT_ACSE);
	enc_open(e, 0x61);
	wrapped(e, 0xa1, 0x06, MMS_CONTEXT_NAME, sizeof(MMS_CONTEXT_NAME));
	wrapped(e, 0xa2, 0x02, "", 1);
	enc_open(e, 0xa3);
	wrapped(e, 0xa1, 0x02, "", 1);
	enc_close(e);
	initiate(e, true);
	enc_close_to(e, 0);
}

static void release(struct enc *e, uint8_t spdu, unsigned apdu)
{
	enc_open_spdu(e, spdu);
	enc_open_spdu(e, 0xc1);
	open_pdv(e, CONTEXT_ACSE);
	wrapped(e, apdu, 0x80, "", 1);
	enc_close_to(e, 0);
}

void pdu_finish(struct enc *e)
{
	release(e, 0x09, 0x62);
}

void pdu_disconnect(struct enc *e)
{
	release(e, 0x0a, 0x63);
}

void pdu_abort(struct enc *e)
{
	enc_open_spdu(e, 0x19);
	wr_bytes(&e->w, (const uint8_t[]){ 0x11, 1, 0x0b }, 3);
	enc_open_spdu(e, 0xc1);
	enc_open(e, 0xa0);
	open_pdv(e, CONTEXT_ACSE);
	wrapped(e, 0x64, 0x80, "", 1);
	enc_close_to(e, 0);
}

void pdu_conclude(struct enc *e, bool response)
{
	pdu_open_data(e);
	enc_prim(e, response ? 0x8c : 0x8b, "", 0);
	enc_close_to(e, 0);
}
