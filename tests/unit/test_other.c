/* Recognisers: each names its own on its port and, where its structure suffices, on any; near misses, random octets,
 * one protocol on another's port, every prefix and every changed octet get no wrong name. */
#include "decoders/other/other.h"
#include "tests/unit/dec_log.h"
#include "tests/unit/unit.h"

enum { TCP = 6, UDP = 17, CLIENT = 50123, CAP = 2048 };

struct row {
	enum proto proto;
	uint8_t transport;
	uint16_t port;
	bool alone;              /* told on any port */
	const char *hex;         /* or NULL */
	const char *text;        /* what follows the hex, as it is */
};

#define Z8 "0000000000000000"
#define Z32 Z8 Z8 Z8 Z8
#define NB_NAME "20" "434b4141414141414141414141414141" "41414141414141414141414141414141" "00"
#define DNS_Q "03777777 076578616d706c65 03636f6d 00 0001 0001"

static const struct row GOOD[] = {
	{ PROTO_MODBUS, TCP, 502, false, "0001 0000 0006 01 03 0000 000a", "" },
	{ PROTO_MODBUS, TCP, 502, false, "0001 0000 0007 01 03 04 0001 0002", "" },
	{ PROTO_MODBUS, TCP, 502, false, "0001 0000 0003 01 83 02", "" },
	{ PROTO_MODBUS, TCP, 502, true,
	  "0001 0000 0006 01 03 0000 000a 0002 0000 0006 01 03 0000 000a 0003 0000 0006 01 06 0000 000a", "" },
	{ PROTO_MODBUS, UDP, 502, false, "0001 0000 0006 01 03 0000 000a", "" },
	{ PROTO_DNP3, TCP, 20000, true, "0564 05 c0 0100 0a00 e08c", "" },
	{ PROTO_DNP3, UDP, 20000, true, "0564 05 c0 0100 0a00 e08c", "" },
	{ PROTO_IEC104, TCP, 2404, true, "68 04 07 00 00 00", "" },
	{ PROTO_IEC104, TCP, 2404, true, "68 04 83 00 00 00", "" },
	{ PROTO_IEC104, TCP, 2404, false, "68 0e 0000 0000 64 01 06 00 0100 000000 14", "" },
	{ PROTO_IEC104, TCP, 2404, false, "68 04 01 00 0200", "" },
	{ PROTO_IEC104, TCP, 2404, true,
	  "68 0e 0000 0000 64 01 06 00 0100 000000 14 68 0401 000200 68 0e 0200 0000 64 01 06 00 0100 000000 14", "" },
	{ PROTO_C37118, TCP, 4712, true, "aa41 0012 003c 49b7fc00 00000000 0002 b0fd", "" },
	{ PROTO_C37118, UDP, 4713, true, "aa41 0012 003c 49b7fc00 00000000 0002 b0fd", "" },
	{ PROTO_HARTIP, UDP, 5094, true, "01 00 00 00 0002 000d 01 00007530", "" },
	{ PROTO_HARTIP, TCP, 5094, true, "01 00 03 00 0003 000d 02 80 00 00 82", "" },
	{ PROTO_HARTIP, TCP, 5094, false, "01 01 02 00 0004 0008", "" },
	{ PROTO_ENIP, TCP, 44818, true, "6500 0400 00000000 00000000 " Z8 " 00000000 0100 0000", "" },
	{ PROTO_ENIP, UDP, 44818, true, "6300 0000 00000000 00000000 " Z8 " 00000000", "" },
	{ PROTO_ENIP, UDP, 2222, true, "0200 0280 0800 01000000 05000000 b100 0400 01020304", "" },
	{ PROTO_ENIP, TCP, 44818, false, "0100 0000 00000000 00000000 " Z8 " 00000000", "" },
	{ PROTO_OPCUA, TCP, 4840, true, "48454c46 20000000 00000000 00000100 00000100 00000000 00000000 00000000", "" },
	{ PROTO_OPCUA, TCP, 4840, true, "41434b46 1c000000 00000000 00000100 00000100 00000000 00000000", "" },
	{ PROTO_OPCUA, TCP, 4840, true, "4d534746 64000000 01000000 01000000", "" },
	{ PROTO_BACNET, UDP, 47808, true, "81 0b 000c 01 20 ffff 00 ff 10 08", "" },
	{ PROTO_BACNET, UDP, 47808, true, "81 04 0012 c0a80101bac0 01 20 ffff 00 ff 10 08", "" },
	{ PROTO_BACNET, UDP, 47808, false, "81 05 0006 003c", "" },
	{ PROTO_FINS, TCP, 9600, true, "46494e53 0000000c 00000000 00000000 00000000", "" },
	{ PROTO_FINS, UDP, 9600, false, "80 00 02 00 01 00 00 02 00 07 05 01 00", "" },
	{ PROTO_ADS, TCP, 48898, true,
	  "0000 2c000000 0a0000010101 2103 0a0000020101 0180 0200 0400 0c000000 00000000 01000000 000000000000000000000000", "" },
	{ PROTO_ADS, UDP, 48899, true, "03661471 00000000 01000000 0a0000010101", "" },
	{ PROTO_SBUS, UDP, 5050, true, "0000000d 01 00 0001 00 05 20 4326", "" },
	{ PROTO_PROFINET, UDP, 34964, true,
	  "04 00 2000 100000 00 0000a0de976cd111827100010203002a 0100a0de976cd111827100a02442df7d " Z32 Z8 , "" },
	{ PROTO_PROFINET, UDP, 34964, false, "04 00 2000 100000 00 " Z8 Z8 " 0883afe11f5dc91191a408002b14a0fa " Z32 Z8 , "" },
	{ PROTO_H323, TCP, 1720, true, "0300 0040 08 02 0001 05 0403 8893a5", "" },
	{ PROTO_HTTP, TCP, 80, true, NULL, "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ PROTO_HTTP, TCP, 80, true, NULL, "HTTP/1.0 404 Not found\r\n" },
	{ PROTO_TLS, TCP, 443, true, "16 0301 0200 01 0001fc 0303 00112233", "" },
	{ PROTO_TLS, TCP, 443, true, "16 0303 004a 02 000046 0303 00112233", "" },
	{ PROTO_TLS, TCP, 443, true, "15 0303 0002 0128 14 0303 0001", "" },
	{ PROTO_TLS, TCP, 3782, false, "17 0303 0004 01020304", "" },
	{ PROTO_TLS, TCP, 443, true, "801c 01 0301 0003 0000 0010 000004 " Z8 Z8, "" },
	{ PROTO_SSH, TCP, 22, true, NULL, "SSH-2.0-OpenSSH_9.2\r\n" },
	{ PROTO_SSH, TCP, 22, true, NULL, "SSH-1.99-x\r\n" },
	{ PROTO_FTP, TCP, 21, true, NULL, "220 (vsFTPd 3.0.3)\r\n" },
	{ PROTO_FTP, TCP, 21, false, NULL, "220 ready\r\n" },
	{ PROTO_FTP, TCP, 21, false, NULL, "user anonymous\r\n" },
	{ PROTO_FTP, TCP, 21, true, NULL, "227 Entering Passive Mode (10,0,0,1,4,1).\r\n" },
	{ PROTO_SMTP, TCP, 25, true, NULL, "220 mx.example.com ESMTP Postfix\r\n" },
	{ PROTO_SMTP, TCP, 25, true, NULL, "EHLO client.example.com\r\n" },
	{ PROTO_SMTP, TCP, 25, false, NULL, "250-PIPELINING\r\n" },
	{ PROTO_SMB, TCP, 445, true, "00 000054 fe534d42 4000", "" },
	{ PROTO_SMB, TCP, 139, true, "00 000085 ff534d42 72", "" },
	{ PROTO_SMB, TCP, 139, false, "81 000044 20", "" },
	{ PROTO_SMB, TCP, 139, true, "81 000044" NB_NAME NB_NAME, "" },
	{ PROTO_SMB, TCP, 139, false, "82 000000", "" },
	{ PROTO_MYSQL, TCP, 3306, true, "4a000000 0a 352e372e333300 08000000 0102030405060708 00 fff7", "" },
	{ PROTO_MYSQL, TCP, 3306, true, "20000001 05aea203 00000001 21 " Z8 Z8 "00000000000000", "" },
	{ PROTO_TELNET, TCP, 23, true, "fffd18 fffd20 fffd23", "" },
	{ PROTO_TELNET, TCP, 23, false, "fffb01", "" },
	{ PROTO_DNS, UDP, 53, true, "1234 0100 0001 0000 0000 0000 " DNS_Q, "" },
	{ PROTO_DNS, UDP, 53, true, "1234 8180 0001 0001 0000 0000 " DNS_Q " c00c 0001 0001 0000003c 0004 0a000001", "" },
	{ PROTO_DNS, UDP, 53, true, "1234 0120 0001 0000 0000 0001 " DNS_Q " 00 0029 04d0 00000000 0000", "" },
	{ PROTO_DNS, UDP, 53, false, "1234 8185 0000 0000 0000 0000", "" },
	{ PROTO_DNS, TCP, 53, true, "0021 1234 0100 0001 0000 0000 0000 " DNS_Q, "" },
	{ PROTO_NBNS, UDP, 137, true, "1234 0110 0001 0000 0000 0000 " NB_NAME " 0020 0001", "" },
	{ PROTO_NBNS, UDP, 137, true, "1234 8500 0000 0001 0000 0000 " NB_NAME " 0021 0001 00000000 0000", "" },
	{ PROTO_NBDGM, UDP, 138, true, "11 0a 8001 0a000001 008a 0048 0000 " NB_NAME NB_NAME " 01020304", "" },
	{ PROTO_NBDGM, UDP, 138, true, "12 02 8001 0a000001 008a 0044 0000 " NB_NAME NB_NAME, "" },
	{ PROTO_NBDGM, UDP, 138, true, "14 0a 8001 0a000001 008a " NB_NAME, "" },
	{ PROTO_NBDGM, UDP, 138, false, "13 0a 8001 0a000001 008a 82", "" },
	{ PROTO_NBDGM, UDP, 138, false, "10 08 8001 0a000001 008a 0004 0200 01020304", "" },
	{ PROTO_NTP, UDP, 123, false, "23 00 06 ec " Z8 Z8 Z8 Z8 "000000 00 e6010203 04050607", "" },
	{ PROTO_NTP, UDP, 123, false, "16 02 0001 0000 0000 0000 0000", "" },
	{ PROTO_NTP, UDP, 123, false, "17 00 03 2a 0000 0000", "" },
	{ PROTO_DHCP, UDP, 67, true,
	  "01 01 06 00 12345678 " Z8 Z8 "00000000 020000000001" Z8 "0000" Z32 Z32 Z32 Z32 Z32 Z32 "63825363 350101 ff", "" },
	{ PROTO_SNMP, UDP, 161, true,
	  "30 20 0201 01 0406 7075626c6963 a0 13 0201 01 0201 00 0201 00 3008 3006 0602 2b06 0500", "" },
	{ PROTO_SNMP, UDP, 161, true, "30 15 0201 03 300e 0201 01 0203 00ffe3 0401 04 0201 03 0400", "" },
	{ PROTO_TFTP, UDP, 69, true, "0001 626f6f742e62696e00 6f6374657400", "" },
	{ PROTO_QUIC, UDP, 443, true, "c3 00000001 08 0102030405060708 00 00 4047 " Z8 Z8, "" },
	{ PROTO_QUIC, UDP, 443, true, "0d 0102030405060708 51303433 01", "" },
};

/* What is close to one of them, on its port, and is none; "" hex means the text alone. */
static const struct row MISSES[] = {
	{ PROTO_MODBUS, TCP, 502, false, "0001 0001 0006 01 03 0000 000a", "" },              /* protocol */
	{ PROTO_MODBUS, TCP, 502, false, "0001 0000 0006 01 63 0000 000a", "" },              /* function */
	{ PROTO_MODBUS, TCP, 502, false, "0001 0000 0001 01 03 0000 000a", "" },              /* length */
	{ PROTO_MODBUS, TCP, 502, false, "0001 0000 0005 01 05 0000 ff", "" },                /* length of this function */
	{ PROTO_MODBUS, UDP, 502, false, "0001 0000 0006 01 03 0000 000a 00", "" },           /* more than its length */
	{ PROTO_MODBUS, TCP, 9999, false, "0001 0000 0006 01 03 0000 000a 0002 0000 0006 01 03 0000 000a", "" },
	{ PROTO_MODBUS, TCP, 9999, false,
	  "0001 0000 0006 01 03 0000 000a 0002 0000 0006 02 03 0000 000a 0003 0000 0006 01 06 0000 000a", "" },
	{ PROTO_DNP3, TCP, 20000, false, "0564 05 c0 0100 0a00 e08d", "" },                   /* check sum */
	{ PROTO_DNP3, TCP, 20000, false, "0565 05 c0 0100 0a00 e08c", "" },
	{ PROTO_IEC104, TCP, 2404, false, "68 04 0f 00 00 00", "" },                          /* two functions at once */
	{ PROTO_IEC104, TCP, 2404, false, "68 04 07 00 01 00", "" },
	{ PROTO_IEC104, TCP, 2404, false, "68 0e 0000 0000 00 01 06 00 0100 000000 14", "" }, /* type 0 */
	{ PROTO_IEC104, TCP, 2404, false, "68 0e 0000 0000 64 00 06 00 0100 000000 14", "" }, /* no objects */
	{ PROTO_IEC104, TCP, 2404, false, "68 0e 0000 0000 64 01 06 00 0100 000000", "" },    /* an octet less */
	{ PROTO_IEC104, TCP, 2404, false, "68 0e 0000 0000 64 01 06 00 0100 000000 14 67", "" }, /* another start */
	{ PROTO_IEC104, TCP, 9999, false, "68 04 01 00 0200", "" },
	{ PROTO_C37118, TCP, 4712, false, "aa41 0012 003c 49b7fc00 00000000 0002 b0fc", "" }, /* check sum */
	{ PROTO_C37118, TCP, 4712, false, "aa71 0012 003c 49b7fc00 00000000 0002 b0fd", "" }, /* type 7 */
	{ PROTO_C37118, UDP, 4712, false, "aa41 0012 003c 49b7fc00 00000000 0002 b0fd 00", "" },
	{ PROTO_HARTIP, UDP, 5094, false, "01 00 00 00 0002 000e 01 00007530", "" },          /* length */
	{ PROTO_HARTIP, TCP, 5094, false, "01 00 03 00 0003 000d 02 80 00 00 83", "" },       /* check octet */
	{ PROTO_HARTIP, TCP, 5094, false, "01 00 02 00 0003 000a 0000", "" },                 /* a keep-alive with a body */
	{ PROTO_ENIP, TCP, 44818, false, "6500 0400 00000000 00000000 " Z8 " 01000000 0100 0000", "" }, /* options */
	{ PROTO_ENIP, TCP, 44818, false, "6500 0500 00000000 00000000 " Z8 " 00000000 0100 000000", "" },
	{ PROTO_ENIP, TCP, 44818, false, "6500 0400 00000000 00000100 " Z8 " 00000000 0100 0000", "" }, /* status */
	{ PROTO_ENIP, UDP, 44818, false, "6300 0000 00000000 00000000 " Z8 " 00000000 00", "" },
	{ PROTO_ENIP, UDP, 2222, false, "0200 0280 0800 01000000 05000000 b100 0500 01020304", "" },
	{ PROTO_ENIP, TCP, 44818, false, "0100 0000 00000001 00000000 " Z8 " 00000000", "" },
	{ PROTO_OPCUA, TCP, 4840, false, "48454c43 20000000 00000000 00000100", "" },         /* a hello in chunks */
	{ PROTO_OPCUA, TCP, 4840, false, "48454c46 04000000 00000000 00000100", "" },
	{ PROTO_OPCUA, TCP, 4840, false, "4d534758 64000000 01000000 01000000", "" },
	{ PROTO_BACNET, UDP, 47808, false, "81 0b 000d 01 20 ffff 00 ff 10 08", "" },         /* length */
	{ PROTO_BACNET, UDP, 47808, false, "81 0b 000c 02 20 ffff 00 ff 10 08", "" },         /* version */
	{ PROTO_BACNET, UDP, 47808, false, "81 0d 000c 01 20 ffff 00 ff 10 08", "" },         /* function */
	{ PROTO_FINS, TCP, 9600, false, "46494e54 0000000c 00000000 00000000 00000000", "" },
	{ PROTO_FINS, UDP, 9600, false, "82 00 02 00 01 00 00 02 00 07 05 01 00", "" },       /* ICF */
	{ PROTO_FINS, UDP, 9600, false, "80 00 02 00 01 00 00 02 00 07 05 77 00", "" },       /* command */
	{ PROTO_FINS, UDP, 9999, false, "80 00 02 00 01 00 00 02 00 07 05 01 00", "" },
	{ PROTO_ADS, TCP, 48898, false,
	  "0000 2d000000 0a0000010101 2103 0a0000020101 0180 0200 0400 0c000000 00000000 01000000 0000", "" },
	{ PROTO_ADS, TCP, 48898, false,
	  "0000 2c000000 0a0000010101 2103 0a0000020101 0180 2200 0400 0c000000 00000000 01000000 0000", "" },
	{ PROTO_SBUS, UDP, 5050, false, "0000000d 01 00 0001 00 05 20 4327", "" },            /* check sum */
	{ PROTO_SBUS, UDP, 5050, false, "0000000e 01 00 0001 00 05 20 4326", "" },            /* length */
	{ PROTO_PROFINET, UDP, 34964, false, "04 00 2000 100000 00 " Z8 Z8 "0100a0de976cd111827200a02442df7d" Z32 Z8, "" },
	{ PROTO_PROFINET, UDP, 34964, false, "05 00 2000 100000 00 " Z8 Z8 "0100a0de976cd111827100a02442df7d" Z32 Z8, "" },
	{ PROTO_PROFINET, UDP, 9999, false, "04 00 2000 100000 00 " Z8 Z8 "0883afe11f5dc91191a408002b14a0fa" Z32 Z8, "" },
	{ PROTO_H323, TCP, 1720, false, "0300 0016 11 e0 0000 0001 00 c1020100 c2020102 c0010a", "" }, /* COTP CR */
	{ PROTO_H323, TCP, 1720, false, "0300 0007 02 f0 80", "" },
	{ PROTO_H323, TCP, 1720, false, "0300 0040 08 02 0001 06 0403 8893a5", "" },
	{ PROTO_HTTP, TCP, 80, false, NULL, "GET the thing done\r\n" },
	{ PROTO_HTTP, TCP, 80, false, NULL, "OPTIONS rtsp://a/b RTSP/1.0\r\n" },
	{ PROTO_HTTP, TCP, 80, false, NULL, "HTTP/1.1 99\r\n" },
	{ PROTO_TLS, TCP, 443, false, "16 0201 0200 01 0001fc 0303 00112233", "" },
	{ PROTO_TLS, TCP, 443, false, "15 0303 0002 0528", "" },                              /* alert level */
	{ PROTO_TLS, TCP, 443, false, "16 0303 0000", "" },
	{ PROTO_TLS, TCP, 9999, false, "17 0303 0004 01020304", "" },
	{ PROTO_TLS, TCP, 443, false, "801d 01 0301 0003 0000 0010 000004 " Z8 Z8, "" },
	{ PROTO_SSH, TCP, 22, false, NULL, "SSH-3.0-x\r\n" },
	{ PROTO_FTP, TCP, 21, false, NULL, "220mm gun\r\n" },
	{ PROTO_FTP, TCP, 21, false, NULL, "users are here\r\n" },
	{ PROTO_FTP, TCP, 9999, false, NULL, "220 ready\r\n" },
	{ PROTO_FTP, TCP, 9999, false, NULL, "USER anonymous\r\n" },
	{ PROTO_SMTP, TCP, 9999, false, NULL, "250-PIPELINING\r\n" },
	{ PROTO_SMTP, TCP, 25, false, NULL, "Good morning\r\n" },
	{ PROTO_SMB, TCP, 445, false, "00 000054 fe534d43 4000", "" },
	{ PROTO_SMB, TCP, 9999, false, "82 000000", "" },
	{ PROTO_SMB, TCP, 9999, false, "81 000043" NB_NAME, "" },
	{ PROTO_SMB, TCP, 9999, false, "81 000044 20 434b4141414141414141414141414141 51", "" }, /* a letter past P */
	{ PROTO_MYSQL, TCP, 3306, false, "4a000000 0b 352e372e333300 08000000 0102030405060708 00 fff7", "" },
	{ PROTO_MYSQL, TCP, 3306, false, "4a000000 0a 352e370133 3300 08000000 0102030405060708 00 fff7", "" },
	{ PROTO_MYSQL, TCP, 3306, false, "20000001 05aea203 00000001 21 " Z8 Z8 "01000000000000", "" },
	{ PROTO_TELNET, TCP, 23, false, "fff101", "" },
	{ PROTO_TELNET, TCP, 9999, false, "fffb01", "" },
	{ PROTO_DNS, UDP, 53, false, "1234 0140 0001 0000 0000 0000 " DNS_Q, "" },            /* Z bit */
	{ PROTO_DNS, UDP, 53, false, "1234 0100 0001 0000 0000 0000 40 777777", "" },         /* label over 63 */
	{ PROTO_DNS, UDP, 53, false, "1234 0100 0001 0000 0000 0000 03777777 00 0001 0009", "" }, /* class */
	{ PROTO_DNS, UDP, 53, false, "1234 0100 0001 0001 0000 0000 " DNS_Q, "" },            /* a query with an answer */
	{ PROTO_DNS, UDP, 9999, false, "1234 0100 0001 0000 0000 0000 " DNS_Q "00", "" },
	{ PROTO_DNS, UDP, 5353, false, "0000 0000 0001 0000 0000 0000 " DNS_Q, "" },          /* multicast */
	{ PROTO_DNS, UDP, 5355, false, "1234 0000 0001 0000 0000 0000 " DNS_Q, "" },
	{ PROTO_NBNS, UDP, 137, false,
	  "1234 0110 0001 0000 0000 0000 20 5a4b4141414141414141414141414141 41414141414141414141414141414141 00 0020 0001", "" },
	{ PROTO_NBDGM, UDP, 138, false, "11 0a 8001 0a000001 008a 0049 0000 " NB_NAME NB_NAME " 01020304", "" }, /* length */
	{ PROTO_NBDGM, UDP, 138, false, "17 0a 8001 0a000001 008a " NB_NAME, "" },              /* type */
	{ PROTO_NBDGM, UDP, 138, false, "14 1a 8001 0a000001 008a " NB_NAME, "" },              /* flags */
	{ PROTO_NBDGM, UDP, 138, false, "14 0a 8001 0a000001 008a " NB_NAME "00", "" },
	{ PROTO_NBDGM, UDP, 138, false, "13 0a 8001 0a000001 008a 85", "" },                    /* code */
	{ PROTO_NBDGM, UDP, 138, false, "11 0a 8001 0a000001 008a 0026 0000 " NB_NAME " 01020304", "" }, /* one name */
	{ PROTO_NTP, UDP, 123, false, "23 11 06 ec " Z8 Z8 Z8 Z8 "000000 00 e6010203 04050607", "" }, /* stratum 17 */
	{ PROTO_NTP, UDP, 123, false, "23 00 06 ec " Z8 Z8 Z8 Z8 "000000 00", "" },           /* 40 octets */
	{ PROTO_NTP, UDP, 9999, false, "23 00 06 ec " Z8 Z8 Z8 Z8 "000000 00 e6010203 04050607", "" },
	{ PROTO_SNMP, UDP, 161, false,
	  "30 21 0201 01 0406 7075626c6963 a0 13 0201 01 0201 00 0201 00 3008 3006 0602 2b06 0500", "" },
	{ PROTO_SNMP, UDP, 161, false,
	  "30 20 0201 02 0406 7075626c6963 a0 13 0201 01 0201 00 0201 00 3008 3006 0602 2b06 0500", "" },
	{ PROTO_TFTP, UDP, 69, false, "0001 626f6f742e62696e00 62696e00", "" },
	{ PROTO_TFTP, UDP, 69, false, "0003 0001 626f6f74", "" },
	{ PROTO_QUIC, UDP, 443, false, "c3 0a1a2a3a 08 0102030405060708 00 00 4047 " Z8 Z8, "" },
	{ PROTO_QUIC, UDP, 443, false, "43 00000001 08 0102030405060708 00 00 4047 " Z8 Z8, "" },
};

static size_t build(const struct row *r, uint8_t *out)
{
	const size_t n = r->hex != NULL ? unhex(r->hex, out, CAP) : 0;
	memcpy(out + n, r->text, strlen(r->text));
	return n + strlen(r->text);
}

/* The octets in a block of their own, so that ASan sees a read past them. */
static enum probe ask(uint8_t transport, uint16_t port, const uint8_t *b, size_t n, bool whole, enum proto *p)
{
	uint8_t *exact = malloc(n + (n == 0));
	if (n != 0)
		memcpy(exact, b, n);
	const struct other_hint h = { .ip_proto = transport, .sport = CLIENT, .dport = port };
	*p = PROTO_NONE;
	const enum probe a = other_probe(&h, DIR_ORIG, span_of(exact, n), whole, p);
	free(exact);
	CU_ASSERT_EQUAL(a == PROBE_YES, *p != PROTO_NONE);
	return a;
}

/* A reply code alone is of either, and the words that tell them are an octet apart. */
static bool twins(enum proto a, enum proto b)
{
	return (a == PROTO_FTP && b == PROTO_SMTP) || (a == PROTO_SMTP && b == PROTO_FTP);
}

static void complain(const char *what, const struct row *r, size_t i, enum proto p)
{
	printf("# %s: row %zu (%s) told as %s\n", what, i, proto_name(r->proto), proto_name(p));
	CU_FAIL("a wrong name");
}

static void test_good(void)
{
	uint8_t b[CAP];
	enum proto p;
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
		const struct row *r = &GOOD[i];
		const size_t n = build(r, b);
		if (ask(r->transport, r->port, b, n, r->transport == UDP, &p) != PROBE_YES || p != r->proto)
			complain("its port", r, i, p);
		const enum probe a = ask(r->transport, 61000, b, n, r->transport == UDP, &p);
		if (r->alone ? p != r->proto : a == PROBE_YES)
			complain("any port", r, i, p);
		/* from the server to the client as well: the port is then the source's */
		const struct other_hint h = { .ip_proto = r->transport, .sport = r->port, .dport = CLIENT };
		CU_ASSERT_EQUAL(other_probe(&h, DIR_REPLY, span_of(b, n), r->transport == UDP, &p), PROBE_YES);
		CU_ASSERT_EQUAL(p, r->proto);
	}
}

static void test_misses(void)
{
	uint8_t b[CAP];
	enum proto p;
	for (size_t i = 0; i < ARRAY_LEN(MISSES); i++)
		if (ask(MISSES[i].transport, MISSES[i].port, b, build(&MISSES[i], b), true, &p) != PROBE_NO)
			complain("near miss", &MISSES[i], i, p);
}

static void test_other_ports(void)
{
	uint8_t b[CAP];
	enum proto p;
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
		const size_t n = build(&GOOD[i], b);
		for (size_t k = 0; k < ARRAY_LEN(GOOD); k++)
			if (ask(GOOD[i].transport, GOOD[k].port, b, n, true, &p) == PROBE_YES && p != GOOD[i].proto &&
			    !(twins(p, GOOD[i].proto) && !GOOD[i].alone))
				complain("another's port", &GOOD[i], i, p);
	}
}

/* A stream is asked about octet by octet and the first answer is final: never NO on the way, never another name. */
static void test_prefixes(void)
{
	uint8_t b[CAP];
	enum proto p;
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
		const struct row *r = &GOOD[i];
		const size_t n = build(r, b);
		for (size_t cut = 0; cut < n; cut++) {
			const enum probe a = ask(r->transport, r->port, b, cut, false, &p);
			if (r->transport == TCP && a == PROBE_NO)
				complain("given up too early", r, i, p);
			if (a == PROBE_YES && p != r->proto)
				complain("prefix", r, i, p);
		}
		if (r->transport == TCP && r->alone)
			for (size_t cut = 0; cut < n; cut++)
				CU_ASSERT_NOT_EQUAL(ask(TCP, 61000, b, cut, false, &p), PROBE_NO);
	}
}

static void test_changed(void)
{
	uint8_t b[CAP];
	enum proto p;
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
		const struct row *r = &GOOD[i];
		const size_t n = build(r, b);
		for (size_t at = 0; at < n; at++) {
			const uint8_t was = b[at];
			for (unsigned v = 0; v < 256; v++) {
				b[at] = (uint8_t)v;
				if (ask(r->transport, r->port, b, n, true, &p) == PROBE_YES && p != r->proto &&
				    !twins(p, r->proto))
					complain("changed octet", r, i, p);
			}
			b[at] = was;
		}
	}
}

static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void test_random(void)
{
	uint8_t b[OTHER_LOOK];
	enum proto p;
	uint32_t x = 2463534242;
	for (unsigned turn = 0; turn < 30000; turn++) {
		const struct row *r = &GOOD[next_random(&x) % ARRAY_LEN(GOOD)];
		const size_t n = next_random(&x) % sizeof(b);
		const bool text = turn % 4 == 0;
		for (size_t i = 0; i < n; i++)
			b[i] = text ? (uint8_t)(' ' + next_random(&x) % 95) : (uint8_t)(next_random(&x) >> 8);
		if (ask(r->transport, turn % 2 ? r->port : 61000, b, n, true, &p) == PROBE_YES)
			complain("random octets", r, 0, p);
	}
	memset(b, 0, sizeof(b));
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
		CU_ASSERT_NOT_EQUAL(ask(GOOD[i].transport, GOOD[i].port, b, sizeof(b), true, &p), PROBE_YES);
	memset(b, 0xff, sizeof(b));
	for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
		CU_ASSERT_NOT_EQUAL(ask(GOOD[i].transport, GOOD[i].port, b, sizeof(b), true, &p), PROBE_YES);
}

/* When the look is full or the stream has ended, there is an answer. */
static void test_answers(void)
{
	uint8_t b[OTHER_LOOK];
	enum proto p;
	memcpy(b, "GET /", 5);
	memset(b + 5, 'a', sizeof(b) - 5); /* a request line longer than the look */
	CU_ASSERT_EQUAL(ask(TCP, 80, b, sizeof(b) - 1, false, &p), PROBE_MORE);
	CU_ASSERT_EQUAL(ask(TCP, 80, b, sizeof(b), false, &p), PROBE_YES);
	CU_ASSERT_EQUAL(p, PROTO_HTTP);
	memset(b, 'a', sizeof(b));
	CU_ASSERT_EQUAL(ask(TCP, 21, b, sizeof(b) - 1, false, &p), PROBE_MORE);
	CU_ASSERT_EQUAL(ask(TCP, 21, b, sizeof(b), false, &p), PROBE_NO);
	CU_ASSERT_EQUAL(ask(TCP, 21, b, 0, false, &p), PROBE_MORE);
	CU_ASSERT_EQUAL(ask(TCP, 21, b, 0, true, &p), PROBE_NO);
	CU_ASSERT_EQUAL(ask(UDP, 53, b, 0, true, &p), PROBE_NO);
	CU_ASSERT_EQUAL(ask(132, 502, (const uint8_t *)"\0\1\0\0\0\6\1\3\0\0\0\12", 12, true, &p), PROBE_NO); /* SCTP */
	/* a synchrophasor frame larger than the look, on its port and elsewhere */
	memset(b, 0, sizeof(b));
	memcpy(b, "\xaa\x31\x01\xc6\0\x3c", 6);
	CU_ASSERT_EQUAL(ask(TCP, 4712, b, sizeof(b), false, &p), PROBE_YES);
	CU_ASSERT_EQUAL(p, PROTO_C37118);
	CU_ASSERT_EQUAL(ask(TCP, 61000, b, sizeof(b), false, &p), PROBE_NO);
}

UNIT_MAIN({ "every protocol on its port, and on any where told", test_good }, { "near misses", test_misses },
	  { "one protocol on another's port", test_other_ports }, { "every prefix", test_prefixes },
	  { "every changed octet", test_changed }, { "random octets", test_random }, { "an answer at the end", test_answers })
