/* sig_class.c - class types and their default priorities: the names of Suricata's classification list. */
#include <string.h>

#include "sigs/sig_int.h"

static const struct {
	const char *name;
	uint8_t priority;
} classes[] = {
	{ "attempted-admin", 1 },
	{ "attempted-dos", 2 },
	{ "attempted-recon", 2 },
	{ "attempted-user", 1 },
	{ "bad-unknown", 2 },
	{ "coin-mining", 2 },
	{ "command-and-control", 1 },
	{ "credential-theft", 1 },
	{ "default-login-attempt", 2 },
	{ "denial-of-service", 2 },
	{ "domain-c2", 1 },
	{ "exploit-kit", 1 },
	{ "external-ip-check", 2 },
	{ "icmp-event", 3 },
	{ "inappropriate-content", 1 },
	{ "misc-activity", 3 },
	{ "misc-attack", 2 },
	{ "network-scan", 3 },
	{ "non-standard-protocol", 2 },
	{ "not-suspicious", 3 },
	{ "policy-violation", 1 },
	{ "protocol-command-decode", 3 },
	{ "pup-activity", 2 },
	{ "rpc-portmap-decode", 2 },
	{ "shellcode-detect", 1 },
	{ "social-engineering", 2 },
	{ "string-detect", 3 },
	{ "successful-admin", 1 },
	{ "successful-dos", 2 },
	{ "successful-recon-largescale", 2 },
	{ "successful-recon-limited", 2 },
	{ "successful-user", 1 },
	{ "suspicious-filename-detect", 2 },
	{ "suspicious-login", 2 },
	{ "system-call-detect", 2 },
	{ "targeted-activity", 1 },
	{ "tcp-connection", 4 },
	{ "trojan-activity", 1 },
	{ "unknown", 3 },
	{ "unsuccessful-user", 1 },
	{ "unusual-client-port-connection", 2 },
	{ "web-application-activity", 2 },
	{ "web-application-attack", 1 },
};

uint8_t sig_class_priority(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (strcmp(classes[i].name, name) == 0)
			return classes[i].priority;
	}
	return 0;
}
