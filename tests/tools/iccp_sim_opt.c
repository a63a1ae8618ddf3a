/* iccp_sim_opt.c - the arguments: a table of options. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/iccp_sim.h"
#include "tests/tools/iccp_sim_pdu.h"

enum type { T_FLAG, T_NUMBER, T_RATE, T_NAME, T_ADDR, T_TEXT_AT, T_TAMPER };
enum who { CLIENT = 1, SERVER = 2, BOTH = 3 };

static const struct row {
	const char *name;
	enum type type;
	enum who who;
	size_t at;
	uint32_t min, max; /* of a number; of T_TAMPER, min is which */
	const char *arg, *help;
} rows[] = {
#define AT(field) offsetof(struct sim_opt, field)
	{ "listen", T_ADDR, SERVER, AT(listen), 0, 0, "ADDR[:PORT]", "where to serve (port 102); prints ready when it does" },
	{ "once", T_NUMBER, SERVER, AT(once), 1, 1000000, "N", "ends after N associations have ended" },
	{ "connect", T_ADDR, CLIENT, AT(connect), 0, 0, "ADDR[:PORT]", "the server" },
	{ "bind", T_ADDR, CLIENT, AT(bind), 0, 0, "ADDR", "from this address" },
	{ "associations", T_NUMBER, CLIENT, AT(associations), 1, 4000, "N", "how many (1)" },
	{ "rate", T_RATE, CLIENT, AT(rate_mhz), 0, 0, "N", "reports a second in each association (10), such as 0.5" },
	{ "reports", T_NUMBER, CLIENT, AT(reports), 1, 1000000000, "N", "step reports lasts until N have come (10)" },
	{ "seconds", T_NUMBER, CLIENT, AT(seconds), 1, 10000000, "S", "step reports lasts S seconds" },
	{ "acked", T_FLAG, CLIENT, AT(acked), 0, 0, NULL, "reports are acknowledged" },
	{ "operate", T_FLAG, CLIENT, AT(operate), 0, 0, NULL,
	  "steps operate and tag in the default script, operations with --poll" },
	{ "points", T_NUMBER, CLIENT, AT(points), 1, PDU_POINTS_MAX, "N", "values in a report (8)" },
	{ "poll", T_NUMBER, CLIENT, AT(poll_ms), 1, 3600000, "MS", "a request every MS milliseconds during step reports" },
	{ "pace", T_NUMBER, CLIENT, AT(pace_ms), 0, 3600000, "MS", "pause before each request (0)" },
	{ "script", T_NAME, CLIENT, AT(script), 0, 0, "STEPS", "steps with commas between" },
	{ "texts", T_NUMBER, CLIENT, AT(texts), 0, 400, "N", "values that step text writes (2, or as many as --text-at needs)" },
	{ "text-at", T_TEXT_AT, CLIENT, 0, 0, 0, "N=STRING", "text value N, from 0, is STRING (repeatable)" },
	{ "text-only", T_NUMBER, CLIENT, AT(text_only), 0, 4000, "A", "in association A alone, from 0" },
	{ "split-text", T_NAME, CLIENT, AT(split_text), 0, 0, "STRING", "the text with STRING in it is cut in STRING's middle" },
	{ "split-as", T_NAME, CLIENT, AT(split_as), 0, 0, "tpdu|segment",
	  "its halves are in two TPDUs (default), or two TCP segments" },
	{ "pause-between", T_NUMBER, CLIENT, AT(pause_ms), 0, 3600000, "MS", "pause between the halves (0)" },
	{ "hold-at", T_NAME, CLIENT, AT(hold_at), 0, 0, "split|STEP", "waits for SIGUSR1 between the halves, or before the step" },
	{ "seed", T_NUMBER, CLIENT, AT(seed), 0, UINT32_MAX, "N", "of the contents (1)" },
	{ "alike", T_FLAG, CLIENT, AT(alike), 0, 0, NULL, "all associations have the same contents" },
	{ "tpdu-size", T_NUMBER, BOTH, AT(tpdu_size), 128, 8192, "N", "largest TPDU proposed, or accepted: 128 to 8192 (8192)" },
	{ "fragment", T_NUMBER, BOTH, AT(fragment), 1, 8189, "OCTETS", "TSDUs go out in DT TPDUs of that much data" },
	{ "domain", T_NAME, BOTH, AT(domain), 0, 0, "NAME", "name of the domain, the same at both ends (ICC_A_B)" },
	{ "patience", T_NUMBER, BOTH, AT(patience_s), 1, 1000000, "S", "gives an association up that is silent so long (60)" },
	{ "corrupt-at", T_TAMPER, BOTH, 0, TAMPER_CORRUPT, 0, "OCTET",
	  "changes that octet of what is sent, to prove that it is found" },
	{ "lose-at", T_TAMPER, BOTH, 0, TAMPER_LOSE, 0, "OCTET", "leaves it out" },
	{ "double-at", T_TAMPER, BOTH, 0, TAMPER_DOUBLE, 0, "OCTET", "sends it twice" },
	{ "tamper-step", T_NUMBER, BOTH, AT(tamper_step), 0, 1000000, "N", "in each further association N octets later (0)" },
};

void opt_usage(void)
{
	puts("usage: iccp-sim server --listen ADDR[:PORT] [options]\n"
	     "       iccp-sim client --connect ADDR[:PORT] [options]\n"
	     "A TASE.2 client and server that know each other's every octet, and compare it.");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		printf("  %-6s --%-13s %-12s %s\n",
		       rows[i].who == BOTH     ? "both"
		       : rows[i].who == CLIENT ? "client"
					       : "server",
		       rows[i].name, rows[i].arg != NULL ? rows[i].arg : "", rows[i].help);
	printf("STEPS: %s\n"
	       "SIGTERM: concludes all associations. SIGUSR1: goes on where --hold-at waits. SIGUSR2: prints the numbers so far.\n"
	       "SIGHUP: ends step reports.\n"
	       "Exit code: 0 everything was as it ought to be; 1 not so; 2 wrong arguments.\n",
	       script_names());
}

static bool wrong(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "iccp-sim: --%s %s: %s\n", option, value, why);
	return false;
}

static bool parse_number(const char *value, uint64_t max, uint64_t *out)
{
	char *end;
	if (value[0] < '0' || value[0] > '9')
		return false;
	*out = strtoull(value, &end, 10);
	return *end == '\0' && *out <= max;
}

/* ADDR, ADDR:PORT, [ADDR]:PORT; numeric. */
static bool parse_addr(const struct row *r, const char *value, struct sim_addr *a)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	const bool bracket = value[0] == '[', bind = strcmp(r->name, "bind") == 0;
	const char *colon = strrchr(value, ':'), *port = bind ? "0" : "102";
	struct addrinfo *found;
	char host[64];
	uint64_t number;
	size_t n = strlen(value);
	if (colon != NULL && (bracket ? colon[-1] == ']' : strchr(value, ':') == colon)) {
		port = colon + 1;
		n = (size_t)(colon - value);
	}
	if (bracket && n >= 2 && value[n - 1] == ']') {
		value++;
		n -= 2;
	}
	if (!parse_number(port, 65535, &number))
		return wrong(r->name, value, "has a port that is none");
	if (n >= sizeof(host))
		return wrong(r->name, value, "not an address");
	memcpy(host, value, n);
	host[n] = '\0';
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return wrong(r->name, value, "not a numeric address with or without a port");
	memcpy(&a->addr, found->ai_addr, found->ai_addrlen);
	a->len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool parse_text_at(struct sim_opt *o, const struct row *r, const char *value)
{
	char *end;
	const unsigned long n = strtoul(value, &end, 10);
	if (end == value || *end != '=' || n >= 400 || end[1] == '\0')
		return wrong(r->name, value, "is N=STRING with N from 0 to 399");
	if (o->n_texts_at == SIM_TEXTS_MAX || strlen(end + 1) > PDU_TEXT_MAX)
		return wrong(r->name, value, "too many strings, or too long");
	o->text_at[o->n_texts_at].number = (uint32_t)n;
	o->text_at[o->n_texts_at++].text = end + 1;
	return true;
}

static bool parse_value(struct sim_opt *o, const struct row *r, const char *value)
{
	void *field = (char *)o + r->at;
	char why[64], *end;
	uint64_t n;
	double rate;
	switch (r->type) {
	case T_FLAG:
		*(bool *)field = true;
		return true;
	case T_NAME:
		*(const char **)field = value;
		return true;
	case T_ADDR:
		return parse_addr(r, value, field);
	case T_TEXT_AT:
		return parse_text_at(o, r, value);
	case T_NUMBER:
		if (!parse_number(value, r->max, &n) || n < r->min) {
			snprintf(why, sizeof(why), "is a number from %u to %u", r->min, r->max);
			return wrong(r->name, value, why);
		}
		*(uint32_t *)field = (uint32_t)n;
		return true;
	case T_RATE:
		rate = strtod(value, &end);
		if (end == value || *end != '\0' || !(rate >= 0.001 && rate <= 1000))
			return wrong(r->name, value, "is a number from 0.001 to 1000");
		*(uint32_t *)field = (uint32_t)(rate * 1000 + 0.5);
		return true;
	case T_TAMPER:
		if (!parse_number(value, UINT64_MAX / 2, &n))
			return wrong(r->name, value, "is a number of octets");
		o->tamper_at = n;
		o->tamper = (enum sim_tamper)r->min;
		return true;
	}
	return false;
}

/* What one option cannot tell alone. */
static bool fits(struct sim_opt *o)
{
	static const char *const usual[] = {
		"associate,names,types,values,set,dataset,start,text,reports,stop,delete,conclude",
		"associate,names,types,values,set,dataset,start,text,reports,operate,tag,stop,delete,conclude",
	};
	if (o->server ? o->listen.len == 0 : o->connect.len == 0) {
		fprintf(stderr, "iccp-sim: %s needs --%s ADDR[:PORT]\n", o->server ? "server" : "client",
			o->server ? "listen" : "connect");
		return false;
	}
	if (o->bind.len != 0 && o->bind.addr.ss_family != o->connect.addr.ss_family) {
		fputs("iccp-sim: --bind and --connect are of different families\n", stderr);
		return false;
	}
	if ((o->tpdu_size & (o->tpdu_size - 1)) != 0)
		return wrong("tpdu-size", "", "is a power of two");
	if (strlen(o->domain) < 1 || strlen(o->domain) > 32)
		return wrong("domain", o->domain, "is of 1 to 32 characters");
	if (strcmp(o->split_as, "tpdu") != 0 && strcmp(o->split_as, "segment") != 0)
		return wrong("split-as", o->split_as, "is tpdu or segment");
	if (o->split_text != NULL && (strlen(o->split_text) < 2 || strlen(o->split_text) > PDU_TEXT_MAX))
		return wrong("split-text", o->split_text, "is of 2 to 4000 characters");
	bool in_a_text = o->split_text == NULL;
	for (size_t i = 0; i < o->n_texts_at; i++)
		in_a_text = in_a_text || strstr(o->text_at[i].text, o->split_text) != NULL;
	if (!in_a_text) {
		if (o->n_texts_at == SIM_TEXTS_MAX)
			return wrong("split-text", o->split_text, "is in none of the strings of --text-at");
		o->text_at[o->n_texts_at++].text = o->split_text;
	}
	for (size_t i = 0; i < o->n_texts_at; i++)
		if (o->texts <= o->text_at[i].number)
			o->texts = o->text_at[i].number + 1;
	if (o->hold_at != NULL && strcmp(o->hold_at, "split") == 0 ? o->split_text == NULL : false)
		return wrong("hold-at", "split", "needs --split-text");
	if (o->seconds == 0 && o->reports == 0)
		o->reports = 10;
	if (o->script == NULL)
		o->script = usual[o->operate];
	return true;
}

static const struct row *row_of(const struct sim_opt *o, const char *arg)
{
	if (strncmp(arg, "--", 2) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(arg + 2, rows[i].name) == 0 && (rows[i].who & (o->server ? SERVER : CLIENT)) != 0)
			return &rows[i];
	return NULL;
}

bool opt_parse(struct sim_opt *o, int argc, char **argv)
{
	*o = (struct sim_opt){ .associations = 1,
			       .seed = 1,
			       .points = 8,
			       .rate_mhz = 10000,
			       .texts = 2,
			       .tpdu_size = 8192,
			       .patience_s = 60,
			       .domain = "ICC_A_B",
			       .split_as = "tpdu",
			       .text_only = UINT32_MAX };
	if (argc < 2 || (strcmp(argv[1], "server") != 0 && strcmp(argv[1], "client") != 0)) {
		fputs("iccp-sim: the first argument is server or client; --help tells more\n", stderr);
		return false;
	}
	o->server = strcmp(argv[1], "server") == 0;
	for (int i = 2; i < argc; i++) {
		const struct row *r = row_of(o, argv[i]);
		if (r == NULL) {
			fprintf(stderr, "iccp-sim: %s has no option '%s'; --help tells which there are\n", argv[1], argv[i]);
			return false;
		}
		if (r->type != T_FLAG && ++i == argc) {
			fprintf(stderr, "iccp-sim: --%s needs %s\n", r->name, r->arg);
			return false;
		}
		if (!parse_value(o, r, argv[i]))
			return false;
	}
	return fits(o);
}
