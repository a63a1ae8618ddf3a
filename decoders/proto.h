/* proto.h - the protocols a flow can be recognised as, from general to special. */
#ifndef DECODERS_PROTO_H
#define DECODERS_PROTO_H

/* X(id, name, parent): a flow refines from parent to child, never back */
#define PROTO_LIST(X)                              \
	X(PROTO_NONE, "unknown", PROTO_NONE)       \
	X(PROTO_COTP, "cotp", PROTO_NONE)          \
	X(PROTO_MMS, "mms", PROTO_COTP)            \
	X(PROTO_ICCP, "iccp", PROTO_MMS)           \
	X(PROTO_IEC61850, "iec61850", PROTO_MMS)   \
	X(PROTO_S7COMM, "s7comm", PROTO_COTP)      \
	X(PROTO_S7PLUS, "s7comm-plus", PROTO_COTP) \
	X(PROTO_RDP, "rdp", PROTO_COTP)            \
	X(PROTO_H323, "h323", PROTO_NONE)          \
	X(PROTO_MODBUS, "modbus", PROTO_NONE)      \
	X(PROTO_DNP3, "dnp3", PROTO_NONE)          \
	X(PROTO_IEC104, "iec104", PROTO_NONE)      \
	X(PROTO_ENIP, "enip", PROTO_NONE)          \
	X(PROTO_OPCUA, "opcua", PROTO_NONE)        \
	X(PROTO_BACNET, "bacnet", PROTO_NONE)      \
	X(PROTO_C37118, "c37.118", PROTO_NONE)     \
	X(PROTO_HARTIP, "hart-ip", PROTO_NONE)     \
	X(PROTO_FINS, "fins", PROTO_NONE)          \
	X(PROTO_ADS, "ads", PROTO_NONE)            \
	X(PROTO_SBUS, "sbus", PROTO_NONE)          \
	X(PROTO_PROFINET, "profinet", PROTO_NONE)  \
	X(PROTO_HTTP, "http", PROTO_NONE)          \
	X(PROTO_TLS, "tls", PROTO_NONE)            \
	X(PROTO_SSH, "ssh", PROTO_NONE)            \
	X(PROTO_DNS, "dns", PROTO_NONE)            \
	X(PROTO_FTP, "ftp", PROTO_NONE)            \
	X(PROTO_SMB, "smb", PROTO_NONE)            \
	X(PROTO_MYSQL, "mysql", PROTO_NONE)        \
	X(PROTO_TELNET, "telnet", PROTO_NONE)      \
	X(PROTO_SMTP, "smtp", PROTO_NONE)          \
	X(PROTO_NTP, "ntp", PROTO_NONE)            \
	X(PROTO_DHCP, "dhcp", PROTO_NONE)          \
	X(PROTO_NBNS, "nbns", PROTO_NONE)          \
	X(PROTO_SNMP, "snmp", PROTO_NONE)          \
	X(PROTO_TFTP, "tftp", PROTO_NONE)          \
	X(PROTO_QUIC, "quic", PROTO_NONE)          \
	X(PROTO_NBDGM, "nbdgm", PROTO_NONE)

enum proto {
#define X(id, name, parent) id,
	PROTO_LIST(X)
#undef X
	PROTO_N
};

/* Name of p; "unknown" when out of range. */
const char *proto_name(unsigned p);
enum proto proto_parent(enum proto p);
/* The protocol of that name, or PROTO_N. */
enum proto proto_find(const char *name);

#endif
