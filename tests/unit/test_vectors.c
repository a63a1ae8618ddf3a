/* test_vectors.c - the vectors, through all layers from TPKT up: what each is told as by MMS and ICCP, field by field.
 *
 * They are those of dec_vectors.h, laid out by hand and checked with an independent dissector; a row is one vector.
 */
#include "decoders/cotp/cotp.h"
#include "decoders/osi/osi.h"
#include "tests/unit/dec_vectors.h"
#include "tests/unit/mms_rig.h"

struct stack {
	struct cotp_state cotp;
	struct osi_state osi;
	struct rig *rig;
	struct bufpool *pool;
};

static void up_from_osi(void *arg, enum dir d, int kind, struct span unit)
{
	struct stack *s = arg;
	const struct mms_upper up = { .pdu = rig_up, .aborted = rig_aborted, .arg = s->rig };
	if (kind == OSI_UNIT_MMS)
		mms_pdu(&s->rig->mms, &s->rig->ctx, d, unit, &up);
	else
		mms_end(&s->rig->mms, d, kind == OSI_UNIT_ABORT, &up);
}

static void up_from_cotp(void *arg, enum dir d, int kind, struct span unit)
{
	struct stack *s = arg;
	const struct dec_upper up = { up_from_osi, s };
	if (kind == COTP_UNIT_TSDU)
		osi_tsdu(&s->osi, &s->rig->ctx, d, unit, &up);
	else
		osi_end(&s->osi, d, &up);
}

static void begin(struct stack *s)
{
	s->rig = rig_new();
	s->pool = bufpool_new(1 << 20);
	s->rig->ctx.bufs = s->pool;
	cotp_init(&s->cotp);
	osi_init(&s->osi);
}

static void end(struct stack *s)
{
	cotp_fini(&s->cotp, s->pool);
	bufpool_free(s->pool);
	free(s->rig);
}

static void feed(struct stack *s, size_t k, size_t step)
{
	static uint8_t v[256];
	const char *hex = dec_vectors[k].hex;
	const size_t n = strlen(hex) / 2;
	const struct dec_upper up = { up_from_cotp, s };
	for (size_t i = 0; i < n; i++)
		v[i] = (uint8_t)(rig_digit(hex[2 * i]) << 4 | rig_digit(hex[2 * i + 1]));
	for (size_t at = 0; at < n; at += step) {
		const size_t len = size_min(step, n - at);
		uint8_t *exact = malloc(len);
		memcpy(exact, v + at, len);
		s->rig->ctx.budget = RIG_BUDGET;
		cotp_feed(&s->cotp, &s->rig->ctx, dec_vectors[k].dir == 'O' ? C : S, span_of(exact, len), &up);
		free(exact);
	}
}

/* One a vector; more outstanding than the five agreed on are told, as several vectors have no response. */
static const char *const expected[] = {
	/* COTP CR */
	"= cotp\nc cotp.cr\n",
	/* COTP CC */
	"s cotp.cc\n",
	/* Associate req (CN/CP/AARQ/Initiate) */
	"c ses.connect\nc pres.cp\nc acse.aarq\n= mms\nc mms.initiate.request\n",
	/* Associate rsp */
	"s ses.accept\ns pres.cpa\ns acse.aare\ns mms.initiate.response\n",
	/* Read Bilateral_Table_ID+Supported_Features+TASE2_Version */
	"= iccp\nc iccp.associate.request op=associate role=client\ns iccp.associate.response op=associate role=server\n"
	"c iccp.getDataValue.request op=getDataValue role=client domain=ICC_A_B name=Bilateral_Table_ID domain= "
	"name=Supported_Features domain= name=TASE2_Version scope=vcc scope=icc\nc mms.read.request\n",
	/* response */
	"s iccp.getDataValue.response op=getDataValue role=server bilateral_table=BLT_1.0 feature=1 feature=2 feature=5 "
	"version=200008\ns mms.read.response\n",
	/* GetNameList namedVariable VMD (Get Data Value Names VCC) */
	"c iccp.getDataValueNames.request op=getDataValueNames role=client scope=vcc\nc mms.getNameList.request\n",
	/* GetNameList NVL domain (Get Data Set Names ICC) */
	"c iccp.getDataSetNames.request op=getDataSetNames role=client domain=ICC_A_B scope=icc\nc "
	"mms.getNameList.request\n",
	/* GetVariableAccessAttributes (Get Data Value Type) */
	"c iccp.getDataValueType.request op=getDataValueType role=client domain=ICC_A_B name=MW_LINE1 scope=icc\nc "
	"mms.getVariableAccessAttributes.request\n",
	/* Create Data Set */
	"c iccp.createDataSet.request op=createDataSet role=client domain=ICC_A_B name=DS1 domain=ICC_A_B "
	"name=Transfer_Set_Name domain=ICC_A_B name=Transfer_Set_Time_Stamp domain=ICC_A_B name=DSConditions_Detected "
	"domain=ICC_A_B name=MW_LINE1 domain=ICC_A_B name=CB_1 scope=icc data_set=DS1\nc "
	"mms.defineNamedVariableList.request\n",
	/* response */
	"s iccp.createDataSet.response op=createDataSet role=server\ns mms.defineNamedVariableList.response\n",
	/* Get Next DSTransfer Set */
	"c iccp.getNextDSTransferSetValue.request op=getNextDSTransferSetValue role=client domain=ICC_A_B "
	"name=Next_DSTransfer_Set scope=icc\nc mms.read.request\n",
	/* response */
	"s iccp.getNextDSTransferSetValue.response op=getNextDSTransferSetValue role=server domain=ICC_A_B name=DSTrans1 "
	"transfer_set=DSTrans1\ns mms.read.response\n",
	/* Start Transfer */
	"c iccp.startTransferDSTransferSet.request op=startTransferDSTransferSet role=client domain=ICC_A_B "
	"name=DSTrans1 domain=ICC_A_B name=DS1 scope=icc transfer_set=DSTrans1 data_set=DS1 start_time=0 interval=10 "
	"tle=60 buffer_time=0 integrity=600 condition=integrityTimeout condition=objectChange block_data=0 critical=0 "
	"rbe=1 all_changes=0 event_code=0\nc mms.write.request\n",
	/* response */
	"s iccp.startTransferDSTransferSet.response op=startTransferDSTransferSet role=server\ns mms.write.response\n",
	/* Transfer Report (full, named list) */
	"s iccp.transferReport op=transferReport role=server domain=ICC_A_B name=DS1 domain=ICC_A_B name=DSTrans1 "
	"scope=icc data_set=DS1 transfer_set=DSTrans1 timestamp=1700000000 condition=integrityTimeout "
	"report_kind=dataSet count=2\ns mms.informationReport\n",
	/* Transfer Report (RBE, list of variable) */
	"s iccp.transferReport op=transferReport role=server domain=ICC_A_B name=Transfer_Set_Name domain=ICC_A_B "
	"name=DSConditions_Detected domain=ICC_A_B name=CB_1 domain=ICC_A_B name=DSTrans1 scope=icc "
	"transfer_set=DSTrans1 condition=objectChange report_kind=variables count=1\ns mms.informationReport\n",
	/* Transfer Report ACK */
	"c iccp.transferReportACK op=transferReportACK role=client domain=ICC_A_B name=Transfer_Report_ACK "
	"domain=ICC_A_B name=Transfer_Set_Time_Stamp domain=ICC_A_B name=DSTrans1 scope=icc transfer_set=DSTrans1 "
	"timestamp=1700000000\nc mms.informationReport\n",
	/* Stop Transfer */
	"c iccp.stopTransferDSTransferSet.request op=stopTransferDSTransferSet role=client domain=ICC_A_B name=DSTrans1 "
	"domain=ICC_A_B name=DS1 scope=icc transfer_set=DSTrans1 data_set=DS1 start_time=0 interval=10 tle=60 "
	"buffer_time=0 integrity=600 condition=integrityTimeout condition=objectChange block_data=0 critical=0 rbe=1 "
	"all_changes=0 event_code=0\nc mms.write.request\n",
	/* Device Select (read _SBO) */
	"c iccp.deviceSelect.request op=deviceSelect role=client domain=ICC_A_B name=BRK1_SBO scope=icc\nc "
	"mms.read.request\n",
	/* response CheckBackID */
	"s iccp.deviceSelect.response op=deviceSelect role=server check_back_id=1365\ns mms.read.response\n",
	/* Device Operate command=1 */
	"c iccp.deviceOperate.request op=deviceOperate role=client domain=ICC_A_B name=BRK1 scope=icc command=1\nc "
	"mms.write.request\n",
	/* Set Tag */
	"! mms.outstanding\nc iccp.setTag.request op=setTag role=client domain=ICC_A_B name=BRK1_TAG scope=icc "
	"tag=openClose armed=0 tag_reason=maintenance\nc mms.write.request\n",
	/* Get Tag */
	"! mms.outstanding\nc iccp.getTag.request op=getTag role=client domain=ICC_A_B name=BRK1_TAG scope=icc\nc "
	"mms.read.request\n",
	/* Start Transfer IM */
	"! mms.outstanding\nc iccp.startTransferIMTransferSet.request op=startTransferIMTransferSet role=client domain= "
	"name=IM_Transfer_Set scope=association\nc mms.write.request\n",
	/* Information Message */
	"s iccp.informationMessage op=informationMessage role=server domain= name=Info_Mess_Header domain= "
	"name=Info_Buff_64 scope=vcc info_ref=1 local_ref=2 message_id=3 message_size=5 buffer_size=64\ns "
	"mms.informationReport\n",
	/* Program Start */
	"! mms.outstanding\nc iccp.programStart.request op=programStart role=client domain= name=PROG1\nc "
	"mms.start.request\n",
	/* Program Stop */
	"! mms.outstanding\nc iccp.programStop.request op=programStop role=client domain= name=PROG1\nc "
	"mms.stop.request\n",
	/* GetProgramInvocationAttributes */
	"! mms.outstanding\nc iccp.getProgramInvocationAttributes.request op=getProgramInvocationAttributes role=client "
	"domain= name=PROG1\nc mms.getProgramInvocationAttributes.request\n",
	/* Event Notification */
	"s iccp.eventNotification op=eventNotification role=server domain=ICC_A_B name=EE1 domain=ICC_A_B name=EC1 "
	"scope=icc enrollment=EE1 event_condition=EC1 severity=64 event_state=active\ns mms.eventNotification\n",
	/* Delete Data Set */
	"! mms.outstanding\nc iccp.deleteDataSet.request op=deleteDataSet role=client domain=ICC_A_B name=DS1 scope=icc "
	"data_set=DS1\nc mms.deleteNamedVariableList.request\n",
	/* Set Data Set Element Values */
	"! mms.outstanding\nc iccp.setDataSetElementValues.request op=setDataSetElementValues role=client domain=ICC_A_B "
	"name=DS1 scope=icc data_set=DS1\nc mms.write.request\n",
	/* Get Data Set Element Values */
	"! mms.outstanding\nc iccp.getDataSetElementValues.request op=getDataSetElementValues role=client domain=ICC_A_B "
	"name=DS1 scope=icc data_set=DS1\nc mms.read.request\n",
	/* Get Data Set Element Names */
	"! mms.outstanding\nc iccp.getDataSetElementNames.request op=getDataSetElementNames role=client domain=ICC_A_B "
	"name=DS1 scope=icc data_set=DS1\nc mms.getNamedVariableListAttributes.request\n",
	/* Conclude req */
	"c iccp.conclude.request op=conclude role=client\nc mms.conclude.request\n",
	/* Conclude rsp */
	"s iccp.conclude.response op=conclude role=server\ns mms.conclude.response\n",
	/* FINISH+RLRQ */
	"c ses.finish\nc acse.rlrq\n",
	/* DISCONNECT+RLRE */
	"s ses.disconnect\ns acse.rlre\n",
	/* ABORT+ARU+ABRT */
	"c ses.abort\n! ses.state\nc pres.aru\nc acse.abrt\n! acse.state\n",
	/* COTP DR */
	"s cotp.dr\n",
	/* COTP ER */
	"s cotp.er\n",
};

_Static_assert(ARRAY_LEN(expected) == ARRAY_LEN(dec_vectors), "a row is one vector");

/* The log without what the layers below say of data, and with the fields of ICCP alone. */
static const char *told(const struct rig *r)
{
	static char out[8192];
	size_t n = 0;
	out[0] = '\0';
	for (const char *line = r->log; *line != '\0';) {
		const size_t len = (size_t)(strchr(line, '\n') - line);
		const bool whole = strncmp(line + 1, " iccp.", 6) == 0 || line[0] == '!' || line[0] == '=';
		const size_t words = whole ? len : 2 + strcspn(line + 2, " \n");
		if (strncmp(line + 1, " cotp.dt", 8) != 0)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s\n", (int)words, line);
		line += len + 1;
	}
	return out;
}

/* Whatever the sizes of the pieces. */
static void vectors(void)
{
	static const size_t steps[] = { 4096, 1, 7 };
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct stack s;
		begin(&s);
		for (size_t k = 0; k < ARRAY_LEN(dec_vectors); k++) {
			rig_clear(s.rig);
			feed(&s, k, steps[i]);
			const char *got = told(s.rig);
			if (strcmp(got, expected[k]) != 0) {
				printf("# %s\n# expected: %s# told: %s", dec_vectors[k].what, expected[k], got);
				CU_FAIL("a vector");
			}
		}
		end(&s);
	}
}

/* The abort while the association lives. */
static void abort_alone(void)
{
	enum { RESPONSE = 6, ABORT = 38 };
	struct stack s;
	begin(&s);
	for (size_t k = 0; k < RESPONSE; k++)
		feed(&s, k, 4096);
	rig_clear(s.rig);
	feed(&s, ABORT, 4096);
	CU_ASSERT_STRING_EQUAL(told(s.rig), "c ses.abort\nc pres.aru\nc acse.abrt\nc iccp.abort op=abort role=client\n");
	end(&s);
}

UNIT_MAIN({ "the vectors", vectors }, { "an abort of a living association", abort_alone })
