/* anomaly.h - every oddity a decoder or the stream layer can tell, each with its counter.
 *
 * One list a layer; a row is {id, name, what it means}. Severity is the signatures' business.
 */
#ifndef DECODERS_ANOMALY_H
#define DECODERS_ANOMALY_H

#include <stdbool.h>

/* X(id, name, help) */
#define ANOMALY_STREAM_LIST(X)                                                               \
	X(AN_GAP, "stream.gap", "bytes of the stream were never seen")                       \
	X(AN_BUDGET, "stream.budget", "a packet used up its inspection budget")              \
	X(AN_HELD_CAP, "stream.heldCap", "too many out-of-order bytes or segments held")     \
	X(AN_MEMORY, "stream.memory", "no memory left to hold bytes of the stream")          \
	X(AN_OVERLAP, "stream.overlap", "a retransmission or overlap with other octets than those inspected") \
	X(AN_REFUSED, "stream.refused", "a segment that its receiver refuses: it was not read") \
	X(AN_ONE_WAY, "stream.oneWay", "octets of one direction, and nothing of the other")

#define ANOMALY_TPKT_LIST(X)                                                                 \
	X(AN_TPKT_VERSION, "tpkt.version", "version is not 3 (RFC 1006 6)")                  \
	X(AN_TPKT_RESERVED, "tpkt.reserved", "reserved octet is not 0")                      \
	X(AN_TPKT_LENGTH, "tpkt.length", "length below 7")                                   \
	X(AN_TPKT_RESYNC, "tpkt.resync", "framing found again after a gap")

#define ANOMALY_COTP_LIST(X)                                                                 \
	X(AN_COTP_LI, "cotp.li", "length indicator 0, 255, past the TPKT, or short for its type") \
	X(AN_COTP_TYPE, "cotp.type", "TPDU type unknown or illegal in class 0")              \
	X(AN_COTP_PARAM, "cotp.parameter", "parameter past the header, unknown, missing, of another class, or with a bad value") \
	X(AN_COTP_PARAM_TWICE, "cotp.parameterTwice", "parameter occurs twice: the later one counts") \
	X(AN_COTP_CR_SIZE, "cotp.crSize", "CR over 128 octets")                              \
	X(AN_COTP_USER_DATA, "cotp.userData", "user data where a TPDU has none, or more than it may have") \
	X(AN_COTP_CREDIT, "cotp.credit", "credit, option or spare bits set in class 0")      \
	X(AN_COTP_CLASS, "cotp.class", "class other than 0, or one that was not offered")    \
	X(AN_COTP_REF, "cotp.reference", "reference 0 or not the one of this connection")    \
	X(AN_COTP_SIZE, "cotp.tpduSize", "CC states a larger TPDU size than the CR")         \
	X(AN_COTP_SECOND, "cotp.second", "CR or CC on a connection that is there already")   \
	X(AN_COTP_STATE, "cotp.state", "TPDU in a state or direction where it is illegal")   \
	X(AN_COTP_MIDSTREAM, "cotp.noConnect", "connection met without its CR")              \
	X(AN_COTP_DT_EARLY, "cotp.dtEarly", "DT before the connection was confirmed")        \
	X(AN_COTP_DT_HEADER, "cotp.dtHeader", "DT header of another length than its class has") \
	X(AN_COTP_DT_NR, "cotp.dtNumber", "TPDU number not 0 in class 0")                    \
	X(AN_COTP_DT_SIZE, "cotp.dtSize", "DT larger than the agreed TPDU size (told once a direction)") \
	X(AN_COTP_DT_EMPTY, "cotp.dtEmpty", "DT without data that does not end a TSDU")      \
	X(AN_COTP_FRAGMENTS, "cotp.fragments", "TSDU of more DT TPDUs than allowed")         \
	X(AN_COTP_FRAGMENT_SMALL, "cotp.fragmentSmall", "TSDU cut smaller than any TPDU size asks for") \
	X(AN_COTP_TSDU_SIZE, "cotp.tsduSize", "TSDU larger than allowed: it is not decoded")

#define ANOMALY_OSI_LIST(X)                                                                  \
	X(AN_OSI_ABSENT, "osi.absent", "MMS straight on COTP, without session and presentation") \
	X(AN_SES_SI, "ses.si", "SPDU identifier not used by MMS associations")                \
	X(AN_SES_LENGTH, "ses.length", "length past the SPDU, or octets after it")            \
	X(AN_SES_LONG_LENGTH, "ses.longLength", "three-octet length where one would do")      \
	X(AN_SES_PARAM, "ses.parameter", "parameter unknown, not of this SPDU, or of a wrong size") \
	X(AN_SES_PARAM_TWICE, "ses.parameterTwice", "parameter occurs twice")                 \
	X(AN_SES_VERSION, "ses.version", "session version 2 not proposed or not chosen")      \
	X(AN_SES_REQUIREMENTS, "ses.requirements", "functional units other than kernel and duplex") \
	X(AN_SES_STATE, "ses.state", "SPDU in a state or direction where it is illegal")      \
	X(AN_SES_DATA_LI, "ses.dataLength", "GIVE TOKENS or DATA TRANSFER with parameters")   \
	X(AN_SES_TOKENS, "ses.tokens", "DATA TRANSFER without GIVE TOKENS, or GIVE TOKENS before another SPDU") \
	X(AN_PRES_PDU, "pres.pdu", "PPDU unknown, malformed, or not of its SPDU")             \
	X(AN_PRES_MODE, "pres.mode", "mode other than normal")                                \
	X(AN_PRES_CONTEXT, "pres.context", "data in a presentation context never agreed on")  \
	X(AN_PRES_DEFINITION, "pres.definition", "context list malformed, doubled, too long, or results that fit none") \
	X(AN_PRES_SYNTAX, "pres.syntax", "abstract syntax other than ACSE and MMS")           \
	X(AN_PRES_PARAM, "pres.parameter", "PPDU parameter unknown, doubled, malformed, or not of this PPDU") \
	X(AN_PRES_ALTER, "pres.alterContext", "contexts altered on a living association, which kernel has not") \
	X(AN_PRES_TRANSFER, "pres.transfer", "transfer syntax other than BER")                \
	X(AN_PRES_FORM, "pres.form", "user data simply encoded, or not as one ASN.1 value")   \
	X(AN_PRES_TRAILING, "pres.trailing", "octets after the PPDU or after a PDV")          \
	X(AN_ACSE_APDU, "acse.apdu", "APDU unknown, malformed, or not of its SPDU")           \
	X(AN_ACSE_STATE, "acse.state", "APDU in a state where it is illegal")                 \
	X(AN_ACSE_PARAM, "acse.parameter", "APDU element unknown, doubled, missing or malformed") \
	X(AN_ACSE_AUTH, "acse.authentication", "association refused for its authentication")

#define ANOMALY_BER_LIST(X)                                                                  \
	X(AN_BER_LENGTH, "ber.length", "length past the enclosing element, or over 4 octets") \
	X(AN_BER_DEPTH, "ber.depth", "nested too deep")                                      \
	X(AN_BER_NONMINIMAL, "ber.nonMinimal", "tag, length or integer in a longer form than needed") \
	X(AN_BER_INDEFINITE, "ber.indefinite", "indefinite length: legal, hardly used")      \
	X(AN_BER_EOC, "ber.endOfContents", "end-of-contents octets where none are due")      \
	X(AN_BER_FORM, "ber.form", "primitive where constructed is needed, or the reverse")  \
	X(AN_BER_SEGMENTS, "ber.segments", "a string in segments: legal, hardly used")

#define ANOMALY_MMS_LIST(X)                                                                  \
	X(AN_MMS_PDU, "mms.pdu", "unknown MMS PDU")                                          \
	X(AN_MMS_SERVICE, "mms.service", "unknown or reserved service")                      \
	X(AN_MMS_MALFORMED, "mms.malformed", "an element is missing, misplaced or of the wrong form") \
	X(AN_MMS_EXTRA, "mms.extra", "an element or octets that have no place there")        \
	X(AN_MMS_VALUE_SIZE, "mms.valueSize", "a value of unknown kind, or of no legal size for it") \
	X(AN_MMS_INTEGER, "mms.integer", "integer in more octets than needed (X.690 8.3.2)") \
	X(AN_MMS_IDENTIFIER, "mms.identifier", "name empty, too long, or with octets no name has") \
	X(AN_MMS_NESTING, "mms.nesting", "data nested deeper than agreed")                   \
	X(AN_MMS_NEGOTIATION, "mms.negotiation", "answer raises what was proposed, or version is not 1") \
	X(AN_MMS_PHASE, "mms.phase", "PDU out of place: before initiate is answered, after the end") \
	X(AN_MMS_PDU_SIZE, "mms.pduSize", "PDU longer than the agreed localDetail")          \
	X(AN_MMS_INVOKE_REUSED, "mms.invokeReused", "invoke id of a request that is still outstanding") \
	X(AN_MMS_INVOKE_UNKNOWN, "mms.invokeUnknown", "answer or cancel of a request that was never made") \
	X(AN_MMS_SERVICE_MISMATCH, "mms.serviceMismatch", "response of another service than its request") \
	X(AN_MMS_OUTSTANDING, "mms.outstanding", "more requests outstanding than agreed")    \
	X(AN_MMS_PENDING, "mms.pending", "more requests outstanding than are remembered")

#define ANOMALY_ICCP_LIST(X)                                                                 \
	X(AN_ICCP_SCOPE, "iccp.scope", "a TASE.2 reserved name in a scope it never has")     \
	X(AN_ICCP_CASE, "iccp.case", "a TASE.2 reserved name but for its letters' case")     \
	X(AN_ICCP_NAMES, "iccp.names", "more transfer sets and devices than are remembered") \
	X(AN_ICCP_TRANSFER_SET, "iccp.transferSet", "a transfer set written with a structure that is none") \
	X(AN_ICCP_VALUE, "iccp.value", "a reserved name reported with a value of another type than it has") \
	X(AN_ICCP_MESSAGE, "iccp.message", "an information message larger than its buffer, or the buffer than its name says")

#define ANOMALY_OTHER_LIST(X)                                                                \
	X(AN_S7_LENGTH, "s7.length", "S7 header lengths do not fit the TSDU")                \
	X(AN_S7_ROSCTR, "s7.rosctr", "ROSCTR is none of job, ack, ackData, userData")        \
	X(AN_S7_ID, "s7.id", "TSDU on an S7 connection that is neither S7comm nor S7comm-plus")

enum anomaly {
#define X(id, name, help) id,
	ANOMALY_STREAM_LIST(X) ANOMALY_TPKT_LIST(X) ANOMALY_COTP_LIST(X) ANOMALY_OSI_LIST(X)
	ANOMALY_BER_LIST(X) ANOMALY_MMS_LIST(X) ANOMALY_ICCP_LIST(X) ANOMALY_OTHER_LIST(X)
#undef X
	ANOMALY_N
};

/* Name of a ("tpkt.version"); "none" when out of range. */
const char *anomaly_name(unsigned a);
const char *anomaly_help(unsigned a);
/* Of the stream, below all decoders? */
bool anomaly_is_stream(unsigned a);

#endif
