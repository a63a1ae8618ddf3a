/* conf_service.c - the services that every configuration knows; a custom one of the same name goes first. */
#include "ips/conf_int.h"

#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ESP = 50, AH = 51, ICMP6 = 58, OSPF = 89 };

#define ICMP_TYPE(t) (t) << 8, (t) << 8 | 255

/* Rows of one name stand together. */
const struct conf_service conf_services[] = {
	{ "ALL", 0, 0, 65535, "every protocol" },
	{ "ALL_TCP", TCP, 0, 65535, "every TCP port" },
	{ "ALL_UDP", UDP, 0, 65535, "every UDP port" },
	{ "ALL_ICMP", ICMP, 0, 65535, "every ICMP message" },
	{ "ALL_ICMP6", ICMP6, 0, 65535, "every ICMPv6 message" },
	{ "PING", ICMP, ICMP_TYPE(8), "ICMP echo" },
	{ "PING6", ICMP6, ICMP_TYPE(128), "ICMPv6 echo" },
	{ "ICCP", TCP, 102, 102, "ISO transport on TCP: ICCP (TASE.2), MMS, IEC 61850, S7" },
	{ "ICCP-TLS", TCP, 3782, 3782, "secure ISO transport (IEC 62351-4)" },
	{ "MODBUS", TCP, 502, 502, "Modbus/TCP" },
	{ "DNP3", TCP, 20000, 20000, "DNP3" },
	{ "DNP3", UDP, 20000, 20000, "DNP3" },
	{ "IEC104", TCP, 2404, 2404, "IEC 60870-5-104" },
	{ "ENIP", TCP, 44818, 44818, "EtherNet/IP messages" },
	{ "ENIP", UDP, 44818, 44818, "EtherNet/IP messages" },
	{ "ENIP", UDP, 2222, 2222, "EtherNet/IP input and output" },
	{ "OPCUA", TCP, 4840, 4840, "OPC UA" },
	{ "BACNET", UDP, 47808, 47808, "BACnet/IP" },
	{ "C37.118", TCP, 4712, 4712, "synchrophasors" },
	{ "C37.118", UDP, 4713, 4713, "synchrophasors" },
	{ "HART-IP", TCP, 5094, 5094, "HART-IP" },
	{ "HART-IP", UDP, 5094, 5094, "HART-IP" },
	{ "FINS", TCP, 9600, 9600, "Omron FINS" },
	{ "FINS", UDP, 9600, 9600, "Omron FINS" },
	{ "PROFINET", UDP, 34962, 34964, "PROFINET" },
	{ "HTTP", TCP, 80, 80, "web" },
	{ "HTTPS", TCP, 443, 443, "web over TLS" },
	{ "SSH", TCP, 22, 22, "secure shell" },
	{ "TELNET", TCP, 23, 23, "Telnet" },
	{ "FTP", TCP, 21, 21, "file transfer" },
	{ "TFTP", UDP, 69, 69, "trivial file transfer" },
	{ "SMTP", TCP, 25, 25, "mail" },
	{ "DNS", TCP, 53, 53, "names" },
	{ "DNS", UDP, 53, 53, "names" },
	{ "DHCP", UDP, 67, 68, "address assignment" },
	{ "NTP", UDP, 123, 123, "time" },
	{ "SNMP", UDP, 161, 162, "management" },
	{ "SYSLOG", UDP, 514, 514, "logs" },
	{ "SMB", TCP, 445, 445, "file sharing" },
	{ "LDAP", TCP, 389, 389, "directory" },
	{ "RDP", TCP, 3389, 3389, "remote desktop" },
	{ "MYSQL", TCP, 3306, 3306, "MySQL" },
	{ "GRE", GRE, 0, 65535, "generic routing encapsulation" },
	{ "ESP", ESP, 0, 65535, "IPsec" },
	{ "AH", AH, 0, 65535, "IPsec" },
	{ "OSPF", OSPF, 0, 65535, "routing" },
};
const size_t conf_n_services = ARRAY_LEN(conf_services);

const struct conf_service *conf_service_find(const char *name)
{
	for (size_t i = 0; i < conf_n_services; i++)
		if (strcmp(conf_services[i].name, name) == 0)
			return &conf_services[i];
	return NULL;
}
