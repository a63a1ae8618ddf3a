/* iccp_vectors.h - one TASE.2 conversation, PDU by PDU, and what each must be told as.
 *
 * Values of a laboratory: domain ICC_A_B, data set DS1, transfer set DSTrans1, device BRK1. Checked with
 * an independent dissector for their layout.
 */
#ifndef TESTS_UNIT_ICCP_VECTORS_H
#define TESTS_UNIT_ICCP_VECTORS_H

#include "tests/unit/mms_rig.h"

#define ICC(item) "a1{1a{'ICC_A_B'} 1a{'" item "'}}"
#define VAR(name) "30{a0{" name "}}"
#define DSTRANS1 "a2{850101 8a{'ICC_A_B'} 8a{'DSTrans1'}}"
#define SET(status)                                                                                          \
	"a2{a2{850101 8a{'ICC_A_B'} 8a{'DS1'}} 850100 85010a 85013c 850100 85020258 84020360 830100 830100 8301ff " \
	"830100 8301" status " 850100}"
#define READ(id, var) "a0{0201" id " a4{a1{a0{" var "}}}}"
#define WRITE(id, var, value) "a0{0201" id " a5{a0{" var "} a0{" value "}}}"

struct vector {
	enum dir d;
	const char *pdu;
	const char *mms;   /* event */
	const char *iccp;  /* line of the operation; "" = none */
};

static const struct vector vectors[] = {
	{ C, "a8{" RIG_INITIATE "}", "mms.initiate.request", "" },
	{ S, "a9{" RIG_INITIATE "}", "mms.initiate.response", "" },
	{ C, READ("01", VAR(ICC("Bilateral_Table_ID")) VAR("80{'Supported_Features'}") VAR("80{'TASE2_Version'}")),
	  "mms.read.request",
	  "= iccp\nc iccp.associate.request op=associate role=client\n"
	  "s iccp.associate.response op=associate role=server\n"
	  "c iccp.getDataValue.request op=getDataValue role=client domain=ICC_A_B name=Bilateral_Table_ID domain= "
	  "name=Supported_Features domain= name=TASE2_Version scope=vcc scope=icc\n" },
	{ S, "a1{020101 a4{a1{8a{'BLT_1.0'} 840304c800 a2{850207d0 850108}}}}", "mms.read.response",
	  "s iccp.getDataValue.response op=getDataValue role=server bilateral_table=BLT_1.0 feature=1 feature=2 "
	  "feature=5 version=200008\n" },
	{ C, "a0{020102 a1{a0{800100} a1{8000}}}", "mms.getNameList.request",
	  "c iccp.getDataValueNames.request op=getDataValueNames role=client scope=vcc\n" },
	{ S, "a1{020102 a1{a0{1a{'TASE2_Version'}} 810100}}", "mms.getNameList.response",
	  "s iccp.getDataValueNames.response op=getDataValueNames role=server domain= name=TASE2_Version\n" },
	{ C, "a0{020103 a1{a0{800102} a1{81{'ICC_A_B'}}}}", "mms.getNameList.request",
	  "c iccp.getDataSetNames.request op=getDataSetNames role=client domain=ICC_A_B scope=icc\n" },
	{ S, "a1{020103 a1{a0{1a{'DS1'}} 810100}}", "mms.getNameList.response",
	  "s iccp.getDataSetNames.response op=getDataSetNames role=server domain= name=DS1\n" },
	{ C, "a0{020104 a6{a0{" ICC("MW_LINE1") "}}}", "mms.getVariableAccessAttributes.request",
	  "c iccp.getDataValueType.request op=getDataValueType role=client domain=ICC_A_B name=MW_LINE1 scope=icc\n" },
	{ S, "a1{020104 a6{800100 a2{a703020120}}}", "mms.getVariableAccessAttributes.response",
	  "s iccp.getDataValueType.response op=getDataValueType role=server\n" },
	{ C,
	  "a0{020105 ab{" ICC("DS1") " a0{" VAR(ICC("Transfer_Set_Name")) VAR(ICC("Transfer_Set_Time_Stamp"))
		  VAR(ICC("DSConditions_Detected")) VAR(ICC("MW_LINE1")) VAR(ICC("CB_1")) "}}}",
	  "mms.defineNamedVariableList.request",
	  "c iccp.createDataSet.request op=createDataSet role=client domain=ICC_A_B name=DS1 domain=ICC_A_B "
	  "name=Transfer_Set_Name domain=ICC_A_B name=Transfer_Set_Time_Stamp domain=ICC_A_B name=DSConditions_Detected "
	  "domain=ICC_A_B name=MW_LINE1 domain=ICC_A_B name=CB_1 scope=icc data_set=DS1\n" },
	{ S, "a1{020105 8b00}", "mms.defineNamedVariableList.response",
	  "s iccp.createDataSet.response op=createDataSet role=server\n" },
	{ C, READ("06", VAR(ICC("Next_DSTransfer_Set"))), "mms.read.request",
	  "c iccp.getNextDSTransferSetValue.request op=getNextDSTransferSetValue role=client domain=ICC_A_B "
	  "name=Next_DSTransfer_Set scope=icc\n" },
	{ S, "a1{020106 a4{a1{" DSTRANS1 "}}}", "mms.read.response",
	  "s iccp.getNextDSTransferSetValue.response op=getNextDSTransferSetValue role=server domain=ICC_A_B "
	  "name=DSTrans1 transfer_set=DSTrans1\n" },
	{ C, WRITE("07", VAR(ICC("DSTrans1")), SET("ff")), "mms.write.request",
	  "c iccp.startTransferDSTransferSet.request op=startTransferDSTransferSet role=client domain=ICC_A_B "
	  "name=DSTrans1 domain=ICC_A_B name=DS1 scope=icc transfer_set=DSTrans1 data_set=DS1 start_time=0 interval=10 "
	  "tle=60 buffer_time=0 integrity=600 condition=integrityTimeout condition=objectChange block_data=0 critical=0 "
	  "rbe=1 all_changes=0 event_code=0\n" },
	{ S, "a1{020107 a5{8100}}", "mms.write.response",
	  "s iccp.startTransferDSTransferSet.response op=startTransferDSTransferSet role=server\n" },
	{ S,
	  "a3{a0{a1{" ICC("DS1") "} a0{" DSTRANS1 " 85046553f100 84020340 a2{87050841480000 85046553f100 84020000} 84020080}}}",
	  "mms.informationReport",
	  "s iccp.transferReport op=transferReport role=server domain=ICC_A_B name=DS1 domain=ICC_A_B name=DSTrans1 "
	  "scope=icc data_set=DS1 transfer_set=DSTrans1 timestamp=1700000000 condition=integrityTimeout "
	  "report_kind=dataSet count=2\n" },
	{ S,
	  "a3{a0{a0{" VAR(ICC("Transfer_Set_Name")) VAR(ICC("DSConditions_Detected")) VAR(ICC("CB_1")) "} a0{" DSTRANS1
	  " 84020320 84020040}}}",
	  "mms.informationReport",
	  "s iccp.transferReport op=transferReport role=server domain=ICC_A_B name=Transfer_Set_Name domain=ICC_A_B "
	  "name=DSConditions_Detected domain=ICC_A_B name=CB_1 domain=ICC_A_B name=DSTrans1 scope=icc "
	  "transfer_set=DSTrans1 condition=objectChange report_kind=variables count=1\n" },
	{ C,
	  "a3{a0{a0{" VAR(ICC("Transfer_Report_ACK")) VAR(ICC("Transfer_Set_Time_Stamp")) "} a0{" DSTRANS1 " 85046553f100}}}",
	  "mms.informationReport",
	  "c iccp.transferReportACK op=transferReportACK role=client domain=ICC_A_B name=Transfer_Report_ACK "
	  "domain=ICC_A_B name=Transfer_Set_Time_Stamp domain=ICC_A_B name=DSTrans1 scope=icc transfer_set=DSTrans1 "
	  "timestamp=1700000000\n" },
	{ C, "a3{a0{a0{" VAR(ICC("Transfer_Report_NACK")) "} a0{" DSTRANS1 "}}}", "mms.informationReport",
	  "c iccp.transferReportNACK op=transferReportNACK role=client domain=ICC_A_B name=Transfer_Report_NACK "
	  "domain=ICC_A_B name=DSTrans1 scope=icc transfer_set=DSTrans1\n" },
	{ C, READ("15", VAR(ICC("DSTrans1"))), "mms.read.request",
	  "c iccp.getDSTransferSetValue.request op=getDSTransferSetValue role=client domain=ICC_A_B name=DSTrans1 "
	  "scope=icc transfer_set=DSTrans1\n" },
	{ S, "a1{020115 a4{a1{" SET("ff") "}}}", "mms.read.response",
	  "s iccp.getDSTransferSetValue.response op=getDSTransferSetValue role=server data_set=DS1 start_time=0 "
	  "interval=10 tle=60 buffer_time=0 integrity=600 condition=integrityTimeout condition=objectChange block_data=0 "
	  "critical=0 rbe=1 all_changes=0 event_code=0\n" },
	{ C, WRITE("08", VAR(ICC("DSTrans1")), SET("00")), "mms.write.request",
	  "c iccp.stopTransferDSTransferSet.request op=stopTransferDSTransferSet role=client domain=ICC_A_B "
	  "name=DSTrans1 domain=ICC_A_B name=DS1 scope=icc transfer_set=DSTrans1 data_set=DS1 start_time=0 interval=10 "
	  "tle=60 buffer_time=0 integrity=600 condition=integrityTimeout condition=objectChange block_data=0 critical=0 "
	  "rbe=1 all_changes=0 event_code=0\n" },
	{ S, "a1{020108 a5{8100}}", "mms.write.response",
	  "s iccp.stopTransferDSTransferSet.response op=stopTransferDSTransferSet role=server\n" },
	{ C, READ("09", VAR(ICC("BRK1_SBO"))), "mms.read.request",
	  "c iccp.deviceSelect.request op=deviceSelect role=client domain=ICC_A_B name=BRK1_SBO scope=icc\n" },
	{ S, "a1{020109 a4{a1{85020555}}}", "mms.read.response",
	  "s iccp.deviceSelect.response op=deviceSelect role=server check_back_id=1365\n" },
	{ C, WRITE("0a", VAR(ICC("BRK1")), "850101"), "mms.write.request",
	  "c iccp.deviceOperate.request op=deviceOperate role=client domain=ICC_A_B name=BRK1 scope=icc command=1\n" },
	{ S, "a1{02010a a5{800103}}", "mms.write.response", "s iccp.deviceOperate.response op=deviceOperate role=server\n" },
	{ C, WRITE("0b", VAR(ICC("BRK1_TAG")), "a2{84020040 8a{'maintenance'}}"), "mms.write.request",
	  "c iccp.setTag.request op=setTag role=client domain=ICC_A_B name=BRK1_TAG scope=icc tag=openClose armed=0 "
	  "tag_reason=maintenance\n" },
	{ S, "a1{02010b a5{8100}}", "mms.write.response", "s iccp.setTag.response op=setTag role=server\n" },
	{ C, READ("0c", VAR(ICC("BRK1_TAG"))), "mms.read.request",
	  "c iccp.getTag.request op=getTag role=client domain=ICC_A_B name=BRK1_TAG scope=icc\n" },
	{ S, "a1{02010c a4{a1{a2{84020040 8a00}}}}", "mms.read.response",
	  "s iccp.getTag.response op=getTag role=server tag=openClose armed=0\n" },
	{ C, WRITE("0d", VAR("82{'IM_Transfer_Set'}"), "8301ff"), "mms.write.request",
	  "c iccp.startTransferIMTransferSet.request op=startTransferIMTransferSet role=client domain= "
	  "name=IM_Transfer_Set scope=association\n" },
	{ S, "a1{02010d a5{8100}}", "mms.write.response",
	  "s iccp.startTransferIMTransferSet.response op=startTransferIMTransferSet role=server\n" },
	{ S,
	  "a3{a0{a0{" VAR("80{'Info_Mess_Header'}") VAR("80{'Info_Buff_64'}") "} a0{a2{850101 850102 850103 850105} "
									     "89{'hello'}}}}",
	  "mms.informationReport",
	  "s iccp.informationMessage op=informationMessage role=server domain= name=Info_Mess_Header domain= "
	  "name=Info_Buff_64 scope=vcc info_ref=1 local_ref=2 message_id=3 message_size=5 buffer_size=5\n" },
	{ C, WRITE("16", VAR("82{'IM_Transfer_Set'}"), "830100"), "mms.write.request",
	  "c iccp.stopTransferIMTransferSet.request op=stopTransferIMTransferSet role=client domain= "
	  "name=IM_Transfer_Set scope=association\n" },
	{ S, "a1{020116 a5{8100}}", "mms.write.response",
	  "s iccp.stopTransferIMTransferSet.response op=stopTransferIMTransferSet role=server\n" },
	{ C, "a0{02010e bf28{80{'PROG1'}}}", "mms.start.request",
	  "c iccp.programStart.request op=programStart role=client domain= name=PROG1\n" },
	{ S, "a1{02010e 9f2800}", "mms.start.response", "s iccp.programStart.response op=programStart role=server\n" },
	{ C, "a0{02010f bf29{80{'PROG1'}}}", "mms.stop.request",
	  "c iccp.programStop.request op=programStop role=client domain= name=PROG1\n" },
	{ S, "a2{80010f a2{a0{830101}}}", "mms.confirmedError", "" },
	{ C, "a0{02010f bf2a{80{'PROG1'}}}", "mms.resume.request",
	  "c iccp.programResume.request op=programResume role=client domain= name=PROG1\n" },
	{ S, "a4{80010f 810104}", "mms.reject", "" },
	{ C, "a0{02010f bf2b{80{'PROG1'}}}", "mms.reset.request",
	  "c iccp.programReset.request op=programReset role=client domain= name=PROG1\n" },
	{ S, "a1{02010f 9f2b00}", "mms.reset.response", "s iccp.programReset.response op=programReset role=server\n" },
	{ C, "a0{02010f bf2c{80{'PROG1'}}}", "mms.kill.request",
	  "c iccp.programKill.request op=programKill role=client domain= name=PROG1\n" },
	{ S, "a1{02010f 9f2c00}", "mms.kill.response", "s iccp.programKill.response op=programKill role=server\n" },
	{ C, "a0{020110 9f2d{'PROG1'}}", "mms.getProgramInvocationAttributes.request",
	  "c iccp.getProgramInvocationAttributes.request op=getProgramInvocationAttributes role=client domain= "
	  "name=PROG1\n" },
	{ S, "a1{020110 bf2d{800102 a1{} 820100 830101 840100 8500}}", "mms.getProgramInvocationAttributes.response",
	  "s iccp.getProgramInvocationAttributes.response op=getProgramInvocationAttributes role=server "
	  "program_state=idle\n" },
	{ S, "a3{a2{a0{" ICC("EE1") "} a1{a0{" ICC("EC1") "}} 820140 830102 a4{8006000000000000}}}", "mms.eventNotification",
	  "s iccp.eventNotification op=eventNotification role=server domain=ICC_A_B name=EE1 domain=ICC_A_B name=EC1 "
	  "scope=icc enrollment=EE1 event_condition=EC1 severity=64 event_state=active\n" },
	{ C, "a0{020117 bf39{a0{" ICC("EE2") "} a1{" ICC("EC1") "} 82020186 830100}}", "mms.defineEventEnrollment.request",
	  "c iccp.createEventEnrollment.request op=createEventEnrollment role=client domain=ICC_A_B name=EE2 "
	  "domain=ICC_A_B name=EC1 scope=icc enrollment=EE2 event_condition=EC1\n" },
	{ S, "a1{020117 9f3900}", "mms.defineEventEnrollment.response",
	  "s iccp.createEventEnrollment.response op=createEventEnrollment role=server\n" },
	{ C, "a0{020118 bf3d{a1{" ICC("EE2") "}}}", "mms.getEventEnrollmentAttributes.request",
	  "c iccp.getEventEnrollmentAttributes.request op=getEventEnrollmentAttributes role=client domain=ICC_A_B "
	  "name=EE2 scope=icc\n" },
	{ S, "a1{020118 bf3d{a0{}}}", "mms.getEventEnrollmentAttributes.response",
	  "s iccp.getEventEnrollmentAttributes.response op=getEventEnrollmentAttributes role=server\n" },
	{ C, "a0{020119 bf3a{a0{" ICC("EE2") "}}}", "mms.deleteEventEnrollment.request",
	  "c iccp.deleteEventEnrollment.request op=deleteEventEnrollment role=client domain=ICC_A_B name=EE2 scope=icc\n" },
	{ S, "a1{020119 9f3a0100}", "mms.deleteEventEnrollment.response",
	  "s iccp.deleteEventEnrollment.response op=deleteEventEnrollment role=server\n" },
	{ C, "a0{020112 a5{a1{" ICC("DS1") "} a0{8705083f800000}}}", "mms.write.request",
	  "c iccp.setDataSetElementValues.request op=setDataSetElementValues role=client domain=ICC_A_B name=DS1 "
	  "scope=icc data_set=DS1\n" },
	{ S, "a1{020112 a5{8100}}", "mms.write.response",
	  "s iccp.setDataSetElementValues.response op=setDataSetElementValues role=server\n" },
	{ C, "a0{020113 a4{a1{a1{" ICC("DS1") "}}}}", "mms.read.request",
	  "c iccp.getDataSetElementValues.request op=getDataSetElementValues role=client domain=ICC_A_B name=DS1 "
	  "scope=icc data_set=DS1\n" },
	{ S, "a1{020113 a4{a1{8705083f800000}}}", "mms.read.response",
	  "s iccp.getDataSetElementValues.response op=getDataSetElementValues role=server\n" },
	{ C, "a0{020114 ac{" ICC("DS1") "}}", "mms.getNamedVariableListAttributes.request",
	  "c iccp.getDataSetElementNames.request op=getDataSetElementNames role=client domain=ICC_A_B name=DS1 scope=icc "
	  "data_set=DS1\n" },
	{ S, "a1{020114 ac{800100 a1{" VAR(ICC("MW_LINE1")) "}}}", "mms.getNamedVariableListAttributes.response",
	  "s iccp.getDataSetElementNames.response op=getDataSetElementNames role=server domain=ICC_A_B name=MW_LINE1 "
	  "scope=icc\n" },
	{ C, "a0{020111 ad{800100 a1{" ICC("DS1") "}}}", "mms.deleteNamedVariableList.request",
	  "c iccp.deleteDataSet.request op=deleteDataSet role=client domain=ICC_A_B name=DS1 scope=icc data_set=DS1\n" },
	{ S, "a1{020111 ad{800101 810101}}", "mms.deleteNamedVariableList.response",
	  "s iccp.deleteDataSet.response op=deleteDataSet role=server\n" },
	{ C, WRITE("1a", VAR(ICC("MW_LINE1")), "8705083f800000"), "mms.write.request",
	  "c iccp.setDataValue.request op=setDataValue role=client domain=ICC_A_B name=MW_LINE1 scope=icc\n" },
	{ S, "a1{02011a a5{8100}}", "mms.write.response", "s iccp.setDataValue.response op=setDataValue role=server\n" },
	{ C, READ("1b", VAR(ICC("Next_TSTransfer_Set"))), "mms.read.request",
	  "c iccp.getNextTSTransferSetValue.request op=getNextTSTransferSetValue role=client domain=ICC_A_B "
	  "name=Next_TSTransfer_Set scope=icc\n" },
	{ S, "a1{02011b a4{a1{a2{850101 8a{'ICC_A_B'} 8a{'TSTrans1'}}}}}", "mms.read.response",
	  "s iccp.getNextTSTransferSetValue.response op=getNextTSTransferSetValue role=server transfer_set=TSTrans1\n" },
	{ C, "8b00", "mms.conclude.request", "c iccp.conclude.request op=conclude role=client\n" },
	{ S, "8c00", "mms.conclude.response", "s iccp.conclude.response op=conclude role=server\n" },
};

#endif
