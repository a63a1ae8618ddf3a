/* iccp_sim_pdu.h - every message of iccp-sim, built from what both sides know, and told apart when it comes in.
 *
 * A message's octets follow from the model (what the client laid down in its Sim_Setup write), the operation, and the
 * invoke id or the report's number: so the receiver builds what it ought to have got and compares octet by octet.
 * pdu_read() finds out which message it is by itself, from the octets received.
 */
#ifndef TESTS_ICCP_SIM_PDU_H
#define TESTS_ICCP_SIM_PDU_H

#include "tests/tools/iccp_sim_enc.h"

enum { PDU_CAP = 60000, PDU_NAME_CAP = 40, PDU_POINTS_MAX = 1000, PDU_TEXT_MAX = 4000, PDU_TIME_0 = 1700000000 };

/* What one association's contents follow from. */
struct pdu_model {
	const char *domain;
	uint32_t seed, label; /* the label tells the client's associations apart in what is printed */
	uint32_t points;      /* in a report */
	uint32_t rate_mhz;    /* reports in 1000 seconds */
	bool acked;
};

/* X(identifier, MMS service, how the first named object begins, how it ends, name): the confirmed operations */
#define PDU_OP_LIST(X)                                                                                                             \
	X(OP_FEATURES, 0xa4, "Bilateral_Table_ID", "", "features")                                                                 \
	X(OP_SETUP, 0xa5, "Sim_Setup", "", "set-up")                                                                               \
	X(OP_NAMES_VMD, 0xa1, NULL, NULL, "names of the VMD")                                                                      \
	X(OP_NAMES_DOMAIN, 0xa1, NULL, NULL, "names of the domain")                                                                \
	X(OP_NAMES_SETS, 0xa1, NULL, NULL, "names of data sets")                                                                   \
	X(OP_NAMES_DOMAINS, 0xa1, NULL, NULL, "names of domains")                                                                  \
	X(OP_TYPE, 0xa6, "Pt_", "", "type")                                                                                        \
	X(OP_VALUES, 0xa4, "Pt_", "", "values")                                                                                    \
	X(OP_SET, 0xa5, "Setpoint_", "", "set value")                                                                              \
	X(OP_DEFINE, 0xab, "DS_", "", "create data set")                                                                           \
	X(OP_ELEMENTS, 0xac, "DS_", "", "elements of the data set")                                                                \
	X(OP_LIST_VALUES, 0xa4, "DS_", "", "values of the data set")                                                               \
	X(OP_NEXT, 0xa4, "Next_DSTransfer_Set", "", "next transfer set")                                                           \
	X(OP_START, 0xa5, "TS_", "", "start transfer")                                                                             \
	X(OP_TRANSFER, 0xa4, "TS_", "", "value of the transfer set")                                                               \
	X(OP_TEXT, 0xa5, "Text_", "", "text")                                                                                      \
	X(OP_SELECT, 0xa4, "Brk_", "_SBO", "select")                                                                               \
	X(OP_TAG_SET, 0xa5, "Brk_", "_TAG", "set tag")                                                                             \
	X(OP_TAG_GET, 0xa4, "Brk_", "_TAG", "get tag")                                                                             \
	X(OP_OPERATE, 0xa5, "Brk_", "", "operate")                                                                                 \
	X(OP_STOP, 0xa5, "TS_", "", "stop transfer")                                                                               \
	X(OP_DELETE, 0xad, "DS_", "", "delete data set")                                                                           \
	X(OP_TOTALS, 0xa4, "Sim_Totals", "", "totals")

enum pdu_op {
#define X(id, service, begin, end, name) id,
	PDU_OP_LIST(X)
#undef X
		OP_N
};

/* What goes into a few operations besides. */
struct pdu_arg {
	unsigned number; /* OP_TEXT: which one */
	const uint8_t *text;
	size_t text_n;
	uint64_t total[4]; /* OP_TOTALS: octets received and sent by the server, TPDU size codes, mismatches */
};

enum pdu_kind {
	PDU_CONNECT,
	PDU_ACCEPT,
	PDU_FINISH,
	PDU_DISCONNECT,
	PDU_ABORT,
	PDU_REQUEST,
	PDU_RESPONSE,
	PDU_REPORT,
	PDU_ACK,
	PDU_CONCLUDE,
	PDU_CONCLUDED,
	PDU_OTHER
};

/* What pdu_read() tells of a TSDU; the spans lie in it. */
struct pdu_msg {
	enum pdu_kind kind;
	enum pdu_op op; /* of a request */
	uint32_t invoke, sequence;
	struct pdu_arg arg;      /* of a text or of totals */
	struct pdu_model set_up; /* of OP_SETUP */
};

/* A row of the list. */
struct pdu_row {
	uint8_t service;
	const char *begin, *end, *name;
};
const struct pdu_row *pdu_row(enum pdu_op op);

/* The whole of the connection TPDUs with their TPKT headers; reference is the client's. */
void pdu_cr(struct enc *e, uint16_t reference, uint8_t size_code);
void pdu_cc(struct enc *e, uint16_t reference, uint8_t size_code);

/* TSDUs. */
void pdu_connect(struct enc *e);
void pdu_accept(struct enc *e);
void pdu_finish(struct enc *e);
void pdu_disconnect(struct enc *e);
void pdu_abort(struct enc *e);
void pdu_conclude(struct enc *e, bool response);
void pdu_request(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke, const struct pdu_arg *a);
void pdu_response(struct enc *e, const struct pdu_model *m, enum pdu_op op, uint32_t invoke, const struct pdu_arg *a);
void pdu_report(struct enc *e, const struct pdu_model *m, uint32_t sequence);
void pdu_ack(struct enc *e, const struct pdu_model *m, uint32_t sequence);

/* False if the TSDU is none that iccp-sim sends. */
bool pdu_read(const uint8_t *p, size_t n, struct pdu_msg *msg);

/* The layers around an MMS PDU, left open: from iccp_sim_osi.c, as are the associations' ends above. */
void pdu_open_data(struct enc *e);

#endif
