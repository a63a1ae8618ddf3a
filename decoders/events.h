/* events.h - the name and number of every event a decoder can tell.
 *
 * A name is layer.identifier[.request|.response], the identifier spelled as in the standard's ASN.1 or
 * TPDU code. One event per PDU and layer. The numbers are of this build only: they never travel.
 */
#ifndef DECODERS_EVENTS_H
#define DECODERS_EVENTS_H

#include <stdbool.h>

/* X(id, name): X.224 13, TPDU codes */
#define EVENT_COTP_LIST(X)          \
	X(EV_COTP_CR, "cotp.cr")    \
	X(EV_COTP_CC, "cotp.cc")    \
	X(EV_COTP_DR, "cotp.dr")    \
	X(EV_COTP_DC, "cotp.dc")    \
	X(EV_COTP_DT, "cotp.dt")    \
	X(EV_COTP_ED, "cotp.ed")    \
	X(EV_COTP_AK, "cotp.ak")    \
	X(EV_COTP_EA, "cotp.ea")    \
	X(EV_COTP_RJ, "cotp.rj")    \
	X(EV_COTP_ER, "cotp.er")    \
	X(EV_COTP_UD, "cotp.ud")

/* X.225 SPDUs but data (ses.other: those that no MMS association has), X.226 connect, abort and alter-context PPDUs, X.227 APDUs */
#define EVENT_OSI_LIST(X)                      \
	X(EV_SES_CN, "ses.connect")            \
	X(EV_SES_AC, "ses.accept")             \
	X(EV_SES_RF, "ses.refuse")             \
	X(EV_SES_FN, "ses.finish")             \
	X(EV_SES_DN, "ses.disconnect")         \
	X(EV_SES_NF, "ses.notFinished")        \
	X(EV_SES_AB, "ses.abort")              \
	X(EV_SES_AA, "ses.abortAccept")        \
	X(EV_SES_OTHER, "ses.other")           \
	X(EV_PRES_CP, "pres.cp")               \
	X(EV_PRES_CPA, "pres.cpa")             \
	X(EV_PRES_CPR, "pres.cpr")             \
	X(EV_PRES_ARU, "pres.aru")             \
	X(EV_PRES_ARP, "pres.arp")             \
	X(EV_PRES_AC, "pres.ac")               \
	X(EV_PRES_ACA, "pres.aca")             \
	X(EV_ACSE_AARQ, "acse.aarq")           \
	X(EV_ACSE_AARE, "acse.aare")           \
	X(EV_ACSE_RLRQ, "acse.rlrq")           \
	X(EV_ACSE_RLRE, "acse.rlre")           \
	X(EV_ACSE_ABRT, "acse.abrt")

/* MMS PDUs that are not a confirmed service */
#define EVENT_MMS_LIST(X)                                        \
	X(EV_MMS_INITIATE_REQ, "mms.initiate.request")           \
	X(EV_MMS_INITIATE_RSP, "mms.initiate.response")          \
	X(EV_MMS_INITIATE_ERR, "mms.initiateError")              \
	X(EV_MMS_CONCLUDE_REQ, "mms.conclude.request")           \
	X(EV_MMS_CONCLUDE_RSP, "mms.conclude.response")          \
	X(EV_MMS_CONCLUDE_ERR, "mms.concludeError")              \
	X(EV_MMS_CANCEL_REQ, "mms.cancel.request")               \
	X(EV_MMS_CANCEL_RSP, "mms.cancel.response")              \
	X(EV_MMS_CANCEL_ERR, "mms.cancelError")                  \
	X(EV_MMS_CONFIRMED_ERR, "mms.confirmedError")            \
	X(EV_MMS_REJECT, "mms.reject")                           \
	X(EV_MMS_INFORMATION_REPORT, "mms.informationReport")    \
	X(EV_MMS_UNSOLICITED_STATUS, "mms.unsolicitedStatus")    \
	X(EV_MMS_EVENT_NOTIFICATION, "mms.eventNotification")

/* X(number, identifier): ISO 9506-2 confirmed services; 79 is not assigned to one */
#define MMS_SERVICE_LIST(X) \
	X(0, status) \
	X(1, getNameList) \
	X(2, identify) \
	X(3, rename) \
	X(4, read) \
	X(5, write) \
	X(6, getVariableAccessAttributes) \
	X(7, defineNamedVariable) \
	X(8, defineScatteredAccess) \
	X(9, getScatteredAccessAttributes) \
	X(10, deleteVariableAccess) \
	X(11, defineNamedVariableList) \
	X(12, getNamedVariableListAttributes) \
	X(13, deleteNamedVariableList) \
	X(14, defineNamedType) \
	X(15, getNamedTypeAttributes) \
	X(16, deleteNamedType) \
	X(17, input) \
	X(18, output) \
	X(19, takeControl) \
	X(20, relinquishControl) \
	X(21, defineSemaphore) \
	X(22, deleteSemaphore) \
	X(23, reportSemaphoreStatus) \
	X(24, reportPoolSemaphoreStatus) \
	X(25, reportSemaphoreEntryStatus) \
	X(26, initiateDownloadSequence) \
	X(27, downloadSegment) \
	X(28, terminateDownloadSequence) \
	X(29, initiateUploadSequence) \
	X(30, uploadSegment) \
	X(31, terminateUploadSequence) \
	X(32, requestDomainDownload) \
	X(33, requestDomainUpload) \
	X(34, loadDomainContent) \
	X(35, storeDomainContent) \
	X(36, deleteDomain) \
	X(37, getDomainAttributes) \
	X(38, createProgramInvocation) \
	X(39, deleteProgramInvocation) \
	X(40, start) \
	X(41, stop) \
	X(42, resume) \
	X(43, reset) \
	X(44, kill) \
	X(45, getProgramInvocationAttributes) \
	X(46, obtainFile) \
	X(47, defineEventCondition) \
	X(48, deleteEventCondition) \
	X(49, getEventConditionAttributes) \
	X(50, reportEventConditionStatus) \
	X(51, alterEventConditionMonitoring) \
	X(52, triggerEvent) \
	X(53, defineEventAction) \
	X(54, deleteEventAction) \
	X(55, getEventActionAttributes) \
	X(56, reportEventActionStatus) \
	X(57, defineEventEnrollment) \
	X(58, deleteEventEnrollment) \
	X(59, alterEventEnrollment) \
	X(60, reportEventEnrollmentStatus) \
	X(61, getEventEnrollmentAttributes) \
	X(62, acknowledgeEventNotification) \
	X(63, getAlarmSummary) \
	X(64, getAlarmEnrollmentSummary) \
	X(65, readJournal) \
	X(66, writeJournal) \
	X(67, initializeJournal) \
	X(68, reportJournalStatus) \
	X(69, createJournal) \
	X(70, deleteJournal) \
	X(71, getCapabilityList) \
	X(72, fileOpen) \
	X(73, fileRead) \
	X(74, fileClose) \
	X(75, fileRename) \
	X(76, fileDelete) \
	X(77, fileDirectory) \
	X(78, additionalService) \
	X(80, getDataExchangeAttributes) \
	X(81, exchangeData) \
	X(82, defineAccessControlList) \
	X(83, getAccessControlListAttributes) \
	X(84, reportAccessControlledObjects) \
	X(85, deleteAccessControlList) \
	X(86, changeAccessControl)

/* X(identifier): the services inside additionalService, by number from 0 */
#define MMS_ADDITIONAL_LIST(X) \
	X(vMDStop) \
	X(vMDReset) \
	X(select) \
	X(alterProgramInvocationAttributes) \
	X(initiateUnitControlLoad) \
	X(unitControlLoadSegment) \
	X(unitControlUpload) \
	X(startUnitControl) \
	X(stopUnitControl) \
	X(createUnitControl) \
	X(addToUnitControl) \
	X(removeFromUnitControl) \
	X(getUnitControlAttributes) \
	X(loadUnitControlFromFile) \
	X(storeUnitControlToFile) \
	X(deleteUnitControl) \
	X(defineEventConditionList) \
	X(deleteEventConditionList) \
	X(addEventConditionListReference) \
	X(removeEventConditionListReference) \
	X(getEventConditionListAttributes) \
	X(reportEventConditionListStatus) \
	X(alterEventConditionListMonitoring)

/* X(id, identifier): TASE.2 operations with a request and a response */
#define ICCP_CONFIRMED_LIST(X)                                       \
	X(OP_ASSOCIATE, "associate")                                 \
	X(OP_CONCLUDE, "conclude")                                   \
	X(OP_GET_DATA_VALUE, "getDataValue")                         \
	X(OP_SET_DATA_VALUE, "setDataValue")                         \
	X(OP_GET_DATA_VALUE_NAMES, "getDataValueNames")              \
	X(OP_GET_DATA_VALUE_TYPE, "getDataValueType")                \
	X(OP_CREATE_DATA_SET, "createDataSet")                       \
	X(OP_DELETE_DATA_SET, "deleteDataSet")                       \
	X(OP_GET_DATA_SET_NAMES, "getDataSetNames")                  \
	X(OP_GET_DATA_SET_ELEMENT_NAMES, "getDataSetElementNames")   \
	X(OP_GET_DATA_SET_ELEMENT_VALUES, "getDataSetElementValues") \
	X(OP_SET_DATA_SET_ELEMENT_VALUES, "setDataSetElementValues") \
	X(OP_GET_NEXT_DS_TRANSFER_SET, "getNextDSTransferSetValue")  \
	X(OP_GET_DS_TRANSFER_SET, "getDSTransferSetValue")           \
	X(OP_START_TRANSFER_DS, "startTransferDSTransferSet")        \
	X(OP_STOP_TRANSFER_DS, "stopTransferDSTransferSet")          \
	X(OP_START_TRANSFER_IM, "startTransferIMTransferSet")        \
	X(OP_STOP_TRANSFER_IM, "stopTransferIMTransferSet")          \
	X(OP_DEVICE_SELECT, "deviceSelect")                          \
	X(OP_DEVICE_OPERATE, "deviceOperate")                        \
	X(OP_GET_TAG, "getTag")                                      \
	X(OP_SET_TAG, "setTag")                                      \
	X(OP_PROGRAM_START, "programStart")                          \
	X(OP_PROGRAM_STOP, "programStop")                            \
	X(OP_PROGRAM_RESUME, "programResume")                        \
	X(OP_PROGRAM_RESET, "programReset")                          \
	X(OP_PROGRAM_KILL, "programKill")                            \
	X(OP_PROGRAM_ATTRIBUTES, "getProgramInvocationAttributes")   \
	X(OP_CREATE_EVENT_ENROLLMENT, "createEventEnrollment")       \
	X(OP_DELETE_EVENT_ENROLLMENT, "deleteEventEnrollment")       \
	X(OP_GET_EVENT_ENROLLMENT, "getEventEnrollmentAttributes")       \
	X(OP_GET_NEXT_TS_TRANSFER_SET, "getNextTSTransferSetValue")

/* X(id, identifier): TASE.2 operations of one PDU */
#define ICCP_ONEWAY_LIST(X)                                 \
	X(OP_ABORT, "abort")                                \
	X(OP_TRANSFER_REPORT, "transferReport")             \
	X(OP_TRANSFER_REPORT_ACK, "transferReportACK")      \
	X(OP_TRANSFER_REPORT_NACK, "transferReportNACK")    \
	X(OP_INFORMATION_MESSAGE, "informationMessage")     \
	X(OP_EVENT_NOTIFICATION, "eventNotification")

enum iccp_op {
	OP_NONE,
#define X(id, ident) id,
	ICCP_CONFIRMED_LIST(X) ICCP_ONEWAY_LIST(X)
#undef X
	OP_N
};

/* Identifier of op ("deviceSelect"); "none" for OP_NONE or out of range. */
const char *iccp_op_name(unsigned op);

#define EVENT_S7_LIST(X)                       \
	X(EV_S7_JOB, "s7comm.job")             \
	X(EV_S7_ACK, "s7comm.ack")             \
	X(EV_S7_ACK_DATA, "s7comm.ackData")    \
	X(EV_S7_USERDATA, "s7comm.userData")   \
	X(EV_S7PLUS_PDU, "s7commplus.pdu")

enum event_id {
	EV_NONE,
#define X(id, name) id,
	EVENT_COTP_LIST(X) EVENT_OSI_LIST(X) EVENT_MMS_LIST(X) EVENT_S7_LIST(X)
#undef X
	/* two for each MMS service: request, response */
#define X(num, ident) EV_MMS_##ident##_REQ, EV_MMS_##ident##_RSP,
	MMS_SERVICE_LIST(X)
#undef X
#define X(id, ident) EV_##id##_REQ, EV_##id##_RSP,
	ICCP_CONFIRMED_LIST(X)
#undef X
#define X(id, ident) EV_##id,
	ICCP_ONEWAY_LIST(X)
#undef X
	EV_N
};

/* Name of an event ("mms.read.request"); "none" when out of range. */
const char *event_name(unsigned id);
/* The event of that name, or EV_NONE. */
enum event_id event_find(const char *name);

/* Identifier of an MMS confirmed service ("read"); NULL when the number is not assigned. */
const char *mms_service_name(unsigned service);
/* The number of that identifier, or -1. */
int mms_service_find(const char *ident);
/* Identifier of a service inside additionalService ("vMDStop"); NULL when the number is not assigned. */
const char *mms_additional_name(unsigned number);
/* Is it one of a confirmed service or of one inside additionalService? */
bool mms_is_inner(const char *ident);
/* The request or response event of a service; EV_NONE when the number is not assigned. */
enum event_id mms_service_event(unsigned service, bool response);
/* The event of a TASE.2 operation; response is ignored for those of one PDU. */
enum event_id iccp_op_event(enum iccp_op op, bool response);

#endif
