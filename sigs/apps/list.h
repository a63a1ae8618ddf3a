/* list.h - the rows of the application table. Ids, once given, are never given to anything else.
 *
 * Ids up to 89999 are those operators have in their logs from other products; ours begin at 90000:
 * 90000 protocols, 90100 MMS PDUs, 90200 MMS services (plus the service's number), 90300 TASE.2, 90500 S7.
 */
#ifndef SIGS_APPS_LIST_H
#define SIGS_APPS_LIST_H

/* X(id, event, name, risk, behaviour): TASE.2 operations with an id of old */
#define APP_KNOWN_LIST(X) \
	X(44684, EV_OP_TRANSFER_REPORT, "ICCP_Transfer.Reporting", "elevated", "monitoring")

/* X(id, protocol, parent, name, category, risk) */
#define APP_PROTO_LIST(X) \
	X(90002, PROTO_COTP, PROTO_NONE, "COTP", "Industrial", "low")               \
	X(90003, PROTO_MMS, PROTO_COTP, "MMS", "Industrial", "medium")              \
	X(90004, PROTO_ICCP, PROTO_MMS, "ICCP", "Industrial", "medium")             \
	X(90005, PROTO_IEC61850, PROTO_MMS, "IEC61850", "Industrial", "medium")     \
	X(90006, PROTO_S7COMM, PROTO_COTP, "S7comm", "Industrial", "medium")        \
	X(90007, PROTO_S7PLUS, PROTO_COTP, "S7comm.Plus", "Industrial", "medium")   \
	X(90008, PROTO_RDP, PROTO_COTP, "RDP", "Remote.Access", "elevated")         \
	X(90009, PROTO_H323, PROTO_NONE, "H.323", "VoIP", "low")                    \
	X(90010, PROTO_MODBUS, PROTO_NONE, "Modbus", "Industrial", "medium")        \
	X(90011, PROTO_DNP3, PROTO_NONE, "DNP3", "Industrial", "medium")            \
	X(90012, PROTO_IEC104, PROTO_NONE, "IEC104", "Industrial", "medium")        \
	X(90013, PROTO_ENIP, PROTO_NONE, "EtherNet.IP", "Industrial", "medium")     \
	X(90014, PROTO_OPCUA, PROTO_NONE, "OPC.UA", "Industrial", "medium")         \
	X(90015, PROTO_BACNET, PROTO_NONE, "BACnet", "Industrial", "medium")        \
	X(90016, PROTO_C37118, PROTO_NONE, "IEEE.C37.118", "Industrial", "low")     \
	X(90017, PROTO_HARTIP, PROTO_NONE, "HART.IP", "Industrial", "medium")       \
	X(90018, PROTO_FINS, PROTO_NONE, "FINS", "Industrial", "medium")            \
	X(90019, PROTO_ADS, PROTO_NONE, "ADS", "Industrial", "medium")              \
	X(90020, PROTO_SBUS, PROTO_NONE, "S.Bus", "Industrial", "medium")           \
	X(90021, PROTO_PROFINET, PROTO_NONE, "PROFINET", "Industrial", "medium")    \
	X(90022, PROTO_HTTP, PROTO_NONE, "HTTP", "Web", "medium")                   \
	X(90023, PROTO_TLS, PROTO_NONE, "TLS", "Network.Service", "low")            \
	X(90024, PROTO_SSH, PROTO_NONE, "SSH", "Remote.Access", "elevated")         \
	X(90025, PROTO_DNS, PROTO_NONE, "DNS", "Network.Service", "low")            \
	X(90026, PROTO_FTP, PROTO_NONE, "FTP", "File.Transfer", "elevated")         \
	X(90027, PROTO_SMB, PROTO_NONE, "SMB", "File.Transfer", "high")             \
	X(90028, PROTO_MYSQL, PROTO_NONE, "MySQL", "Database", "medium")            \
	X(90029, PROTO_TELNET, PROTO_NONE, "Telnet", "Remote.Access", "high")       \
	X(90030, PROTO_SMTP, PROTO_NONE, "SMTP", "Email", "medium")                 \
	X(90031, PROTO_NTP, PROTO_NONE, "NTP", "Network.Service", "low")            \
	X(90032, PROTO_DHCP, PROTO_NONE, "DHCP", "Network.Service", "low")          \
	X(90033, PROTO_NBNS, PROTO_NONE, "NetBIOS.NS", "Network.Service", "medium") \
	X(90034, PROTO_SNMP, PROTO_NONE, "SNMP", "Network.Service", "medium")       \
	X(90035, PROTO_TFTP, PROTO_NONE, "TFTP", "File.Transfer", "high")           \
	X(90036, PROTO_QUIC, PROTO_NONE, "QUIC", "Web", "medium")                   \
	X(90037, PROTO_NBDGM, PROTO_NONE, "NetBIOS.DGM", "Network.Service", "medium")

/* X(id, event, name, risk, behaviour): MMS PDUs that are no confirmed service */
#define APP_MMS_PDU_LIST(X) \
	X(90101, EV_MMS_INITIATE_REQ, "MMS_Initiate.Request", "low", "association")       \
	X(90102, EV_MMS_CONCLUDE_REQ, "MMS_Conclude.Request", "low", "association")       \
	X(90103, EV_MMS_CANCEL_REQ, "MMS_Cancel.Request", "low", "association")           \
	X(90104, EV_MMS_INFORMATION_REPORT, "MMS_InformationReport", "low", "monitoring") \
	X(90105, EV_MMS_UNSOLICITED_STATUS, "MMS_UnsolicitedStatus", "low", "monitoring") \
	X(90106, EV_MMS_EVENT_NOTIFICATION, "MMS_EventNotification", "low", "monitoring")

/* X(id, identifier, name, risk): MMS confirmed services; id 90200 + number */
#define APP_MMS_SERVICE_LIST(X) \
	X(90200, status, "MMS_Status.Request", "low")                                                    \
	X(90201, getNameList, "MMS_GetNameList.Request", "low")                                          \
	X(90202, identify, "MMS_Identify.Request", "low")                                                \
	X(90203, rename, "MMS_Rename.Request", "elevated")                                               \
	X(90204, read, "MMS_Read.Request", "low")                                                        \
	X(90205, write, "MMS_Write.Request", "high")                                                     \
	X(90206, getVariableAccessAttributes, "MMS_GetVariableAccessAttributes.Request", "low")          \
	X(90207, defineNamedVariable, "MMS_DefineNamedVariable.Request", "medium")                       \
	X(90208, defineScatteredAccess, "MMS_DefineScatteredAccess.Request", "medium")                   \
	X(90209, getScatteredAccessAttributes, "MMS_GetScatteredAccessAttributes.Request", "low")        \
	X(90210, deleteVariableAccess, "MMS_DeleteVariableAccess.Request", "elevated")                   \
	X(90211, defineNamedVariableList, "MMS_DefineNamedVariableList.Request", "medium")               \
	X(90212, getNamedVariableListAttributes, "MMS_GetNamedVariableListAttributes.Request", "low")    \
	X(90213, deleteNamedVariableList, "MMS_DeleteNamedVariableList.Request", "elevated")             \
	X(90214, defineNamedType, "MMS_DefineNamedType.Request", "medium")                               \
	X(90215, getNamedTypeAttributes, "MMS_GetNamedTypeAttributes.Request", "low")                    \
	X(90216, deleteNamedType, "MMS_DeleteNamedType.Request", "elevated")                             \
	X(90217, input, "MMS_Input.Request", "medium")                                                   \
	X(90218, output, "MMS_Output.Request", "elevated")                                               \
	X(90219, takeControl, "MMS_TakeControl.Request", "medium")                                       \
	X(90220, relinquishControl, "MMS_RelinquishControl.Request", "medium")                           \
	X(90221, defineSemaphore, "MMS_DefineSemaphore.Request", "medium")                               \
	X(90222, deleteSemaphore, "MMS_DeleteSemaphore.Request", "elevated")                             \
	X(90223, reportSemaphoreStatus, "MMS_ReportSemaphoreStatus.Request", "low")                      \
	X(90224, reportPoolSemaphoreStatus, "MMS_ReportPoolSemaphoreStatus.Request", "low")              \
	X(90225, reportSemaphoreEntryStatus, "MMS_ReportSemaphoreEntryStatus.Request", "low")            \
	X(90226, initiateDownloadSequence, "MMS_InitiateDownloadSequence.Request", "high")               \
	X(90227, downloadSegment, "MMS_DownloadSegment.Request", "high")                                 \
	X(90228, terminateDownloadSequence, "MMS_TerminateDownloadSequence.Request", "high")             \
	X(90229, initiateUploadSequence, "MMS_InitiateUploadSequence.Request", "medium")                 \
	X(90230, uploadSegment, "MMS_UploadSegment.Request", "medium")                                   \
	X(90231, terminateUploadSequence, "MMS_TerminateUploadSequence.Request", "medium")               \
	X(90232, requestDomainDownload, "MMS_RequestDomainDownload.Request", "high")                     \
	X(90233, requestDomainUpload, "MMS_RequestDomainUpload.Request", "elevated")                     \
	X(90234, loadDomainContent, "MMS_LoadDomainContent.Request", "high")                             \
	X(90235, storeDomainContent, "MMS_StoreDomainContent.Request", "elevated")                       \
	X(90236, deleteDomain, "MMS_DeleteDomain.Request", "critical")                                   \
	X(90237, getDomainAttributes, "MMS_GetDomainAttributes.Request", "low")                          \
	X(90238, createProgramInvocation, "MMS_CreateProgramInvocation.Request", "high")                 \
	X(90239, deleteProgramInvocation, "MMS_DeleteProgramInvocation.Request", "critical")             \
	X(90240, start, "MMS_Start.Request", "high")                                                     \
	X(90241, stop, "MMS_Stop.Request", "critical")                                                   \
	X(90242, resume, "MMS_Resume.Request", "elevated")                                               \
	X(90243, reset, "MMS_Reset.Request", "critical")                                                 \
	X(90244, kill, "MMS_Kill.Request", "critical")                                                   \
	X(90245, getProgramInvocationAttributes, "MMS_GetProgramInvocationAttributes.Request", "low")    \
	X(90246, obtainFile, "MMS_ObtainFile.Request", "elevated")                                       \
	X(90247, defineEventCondition, "MMS_DefineEventCondition.Request", "medium")                     \
	X(90248, deleteEventCondition, "MMS_DeleteEventCondition.Request", "elevated")                   \
	X(90249, getEventConditionAttributes, "MMS_GetEventConditionAttributes.Request", "low")          \
	X(90250, reportEventConditionStatus, "MMS_ReportEventConditionStatus.Request", "low")            \
	X(90251, alterEventConditionMonitoring, "MMS_AlterEventConditionMonitoring.Request", "elevated") \
	X(90252, triggerEvent, "MMS_TriggerEvent.Request", "elevated")                                   \
	X(90253, defineEventAction, "MMS_DefineEventAction.Request", "medium")                           \
	X(90254, deleteEventAction, "MMS_DeleteEventAction.Request", "elevated")                         \
	X(90255, getEventActionAttributes, "MMS_GetEventActionAttributes.Request", "low")                \
	X(90256, reportEventActionStatus, "MMS_ReportEventActionStatus.Request", "low")                  \
	X(90257, defineEventEnrollment, "MMS_DefineEventEnrollment.Request", "medium")                   \
	X(90258, deleteEventEnrollment, "MMS_DeleteEventEnrollment.Request", "elevated")                 \
	X(90259, alterEventEnrollment, "MMS_AlterEventEnrollment.Request", "medium")                     \
	X(90260, reportEventEnrollmentStatus, "MMS_ReportEventEnrollmentStatus.Request", "low")          \
	X(90261, getEventEnrollmentAttributes, "MMS_GetEventEnrollmentAttributes.Request", "low")        \
	X(90262, acknowledgeEventNotification, "MMS_AcknowledgeEventNotification.Request", "medium")     \
	X(90263, getAlarmSummary, "MMS_GetAlarmSummary.Request", "low")                                  \
	X(90264, getAlarmEnrollmentSummary, "MMS_GetAlarmEnrollmentSummary.Request", "low")              \
	X(90265, readJournal, "MMS_ReadJournal.Request", "low")                                          \
	X(90266, writeJournal, "MMS_WriteJournal.Request", "elevated")                                   \
	X(90267, initializeJournal, "MMS_InitializeJournal.Request", "elevated")                         \
	X(90268, reportJournalStatus, "MMS_ReportJournalStatus.Request", "low")                          \
	X(90269, createJournal, "MMS_CreateJournal.Request", "medium")                                   \
	X(90270, deleteJournal, "MMS_DeleteJournal.Request", "elevated")                                 \
	X(90271, getCapabilityList, "MMS_GetCapabilityList.Request", "low")                              \
	X(90272, fileOpen, "MMS_FileOpen.Request", "medium")                                             \
	X(90273, fileRead, "MMS_FileRead.Request", "medium")                                             \
	X(90274, fileClose, "MMS_FileClose.Request", "medium")                                           \
	X(90275, fileRename, "MMS_FileRename.Request", "high")                                           \
	X(90276, fileDelete, "MMS_FileDelete.Request", "critical")                                       \
	X(90277, fileDirectory, "MMS_FileDirectory.Request", "low")                                      \
	X(90278, additionalService, "MMS_AdditionalService.Request", "critical")                         \
	X(90280, getDataExchangeAttributes, "MMS_GetDataExchangeAttributes.Request", "low")              \
	X(90281, exchangeData, "MMS_ExchangeData.Request", "medium")                                     \
	X(90282, defineAccessControlList, "MMS_DefineAccessControlList.Request", "high")                 \
	X(90283, getAccessControlListAttributes, "MMS_GetAccessControlListAttributes.Request", "low")    \
	X(90284, reportAccessControlledObjects, "MMS_ReportAccessControlledObjects.Request", "low")      \
	X(90285, deleteAccessControlList, "MMS_DeleteAccessControlList.Request", "high")                 \
	X(90286, changeAccessControl, "MMS_ChangeAccessControl.Request", "high")

/* X(id, event, name, risk, behaviour): TASE.2 operations */
#define APP_ICCP_LIST(X) \
	X(90301, EV_OP_ASSOCIATE_REQ, "ICCP_Associate", "medium", "association")                                   \
	X(90302, EV_OP_CONCLUDE_REQ, "ICCP_Conclude", "low", "association")                                        \
	X(90303, EV_OP_ABORT, "ICCP_Abort", "medium", "association")                                               \
	X(90304, EV_OP_GET_DATA_VALUE_REQ, "ICCP_Get.Data.Value", "low", "monitoring")                             \
	X(90305, EV_OP_SET_DATA_VALUE_REQ, "ICCP_Set.Data.Value", "high", "control")                               \
	X(90306, EV_OP_GET_DATA_VALUE_NAMES_REQ, "ICCP_Get.Data.Value.Names", "medium", "discovery")               \
	X(90307, EV_OP_GET_DATA_VALUE_TYPE_REQ, "ICCP_Get.Data.Value.Type", "low", "discovery")                    \
	X(90308, EV_OP_CREATE_DATA_SET_REQ, "ICCP_Create.Dataset", "elevated", "configuration")                    \
	X(90309, EV_OP_DELETE_DATA_SET_REQ, "ICCP_Delete.Dataset", "elevated", "configuration")                    \
	X(90310, EV_OP_GET_DATA_SET_NAMES_REQ, "ICCP_Get.Dataset.Names", "medium", "discovery")                    \
	X(90311, EV_OP_GET_DATA_SET_ELEMENT_NAMES_REQ, "ICCP_Get.Dataset.Element.Names", "low", "discovery")       \
	X(90312, EV_OP_GET_DATA_SET_ELEMENT_VALUES_REQ, "ICCP_Get.Dataset.Element.Values", "low", "monitoring")    \
	X(90313, EV_OP_SET_DATA_SET_ELEMENT_VALUES_REQ, "ICCP_Set.Dataset.Element.Values", "high", "control")      \
	X(90314, EV_OP_GET_NEXT_DS_TRANSFER_SET_REQ, "ICCP_Get.Next.DSTransfer.Set.Value", "low", "configuration") \
	X(90315, EV_OP_GET_DS_TRANSFER_SET_REQ, "ICCP_Get.DSTransfer.Set.Value", "low", "monitoring")              \
	X(90316, EV_OP_START_TRANSFER_DS_REQ, "ICCP_Start.Transfer.DSTransferSet", "medium", "configuration")      \
	X(90317, EV_OP_STOP_TRANSFER_DS_REQ, "ICCP_Stop.Transfer.DSTransferSet", "elevated", "configuration")      \
	X(90318, EV_OP_START_TRANSFER_IM_REQ, "ICCP_Start.Transfer.IMTransferSet", "medium", "configuration")      \
	X(90319, EV_OP_STOP_TRANSFER_IM_REQ, "ICCP_Stop.Transfer.IMTransferSet", "elevated", "configuration")      \
	X(90320, EV_OP_TRANSFER_REPORT_ACK, "ICCP_Transfer.Report.ACK", "low", "monitoring")                       \
	X(90321, EV_OP_TRANSFER_REPORT_NACK, "ICCP_Transfer.Report.NACK", "medium", "monitoring")                  \
	X(90322, EV_OP_INFORMATION_MESSAGE, "ICCP_Information.Message", "medium", "monitoring")                    \
	X(90323, EV_OP_DEVICE_SELECT_REQ, "ICCP_Device.Select", "high", "control")                                 \
	X(90324, EV_OP_DEVICE_OPERATE_REQ, "ICCP_Device.Operate", "critical", "control")                           \
	X(90325, EV_OP_GET_TAG_REQ, "ICCP_Device.Get.Tag", "low", "monitoring")                                    \
	X(90326, EV_OP_SET_TAG_REQ, "ICCP_Device.Set.Tag", "high", "control")                                      \
	X(90327, EV_OP_PROGRAM_START_REQ, "ICCP_Program.Start", "high", "control")                                 \
	X(90328, EV_OP_PROGRAM_STOP_REQ, "ICCP_Program.Stop", "critical", "control")                               \
	X(90329, EV_OP_PROGRAM_RESUME_REQ, "ICCP_Program.Resume", "high", "control")                               \
	X(90330, EV_OP_PROGRAM_RESET_REQ, "ICCP_Program.Reset", "critical", "control")                             \
	X(90331, EV_OP_PROGRAM_KILL_REQ, "ICCP_Program.Kill", "critical", "control")                               \
	X(90332, EV_OP_PROGRAM_ATTRIBUTES_REQ, "ICCP_Program.Get.Attributes", "low", "monitoring")                 \
	X(90333, EV_OP_CREATE_EVENT_ENROLLMENT_REQ, "ICCP_Event.Enrollment.Create", "medium", "configuration")     \
	X(90334, EV_OP_DELETE_EVENT_ENROLLMENT_REQ, "ICCP_Event.Enrollment.Delete", "elevated", "configuration")   \
	X(90335, EV_OP_GET_EVENT_ENROLLMENT_REQ, "ICCP_Event.Enrollment.Get.Attributes", "low", "monitoring")      \
	X(90336, EV_OP_EVENT_NOTIFICATION, "ICCP_Event.Notification", "low", "monitoring")                         \
	X(90337, EV_OP_GET_NEXT_TS_TRANSFER_SET_REQ, "ICCP_Time.Series.Get.Next.TSTransfer.Set.Value", "low", "configuration")

/* X(id, event, name, risk, behaviour) */
#define APP_S7_LIST(X) \
	X(90501, EV_S7_JOB, "S7comm_Job.Request", "high", "control")        \
	X(90502, EV_S7_USERDATA, "S7comm_UserData", "medium", "monitoring") \
	X(90503, EV_S7PLUS_PDU, "S7comm.Plus_PDU", "medium", "control")

#endif
