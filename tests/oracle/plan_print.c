/* plan_print.c - a schedule in words, a line a step. */
#include "forward/packet.h"
#include "tests/oracle/plan.h"

static void print_flags(unsigned flags, FILE *to)
{
	static const char letters[] = "FSRPAUEC";
	for (unsigned i = 0; i < 8; i++)
		if ((flags >> i & 1) != 0)
			fputc(letters[i], to);
}

static void print_segment(const struct step *st, FILE *to)
{
	static const char *const octets[] = { "its own octets", "OTHER octets", "0THER 0ctets" };
	if (st->from_ack)
		fprintf(to, "at acknowledged%+d", st->off);
	else
		fprintf(to, "at %d", st->off);
	fprintf(to, ", flags ");
	print_flags(st->flags, to);
	if (st->len != 0)
		fprintf(to, ", %u of %s", st->len, octets[st->variant]);
	if (st->bad_sum)
		fprintf(to, ", checksum wrong");
	if (st->old_ts)
		fprintf(to, ", timestamp of the past");
	if (st->md5)
		fprintf(to, ", MD5 option");
	if (st->ttl < 64)
		fprintf(to, ", TTL %u", st->ttl);
	if ((st->flags & TCP_URG) != 0)
		fprintf(to, ", urgent pointer %u", st->urgent);
	if (st->ack_off != 0)
		fprintf(to, ", acknowledges %+d", st->ack_off);
	if (st->fragment != 0)
		fprintf(to, ", in fragments of %u", st->fragment);
	if (st->fragments_reversed)
		fprintf(to, ", last first");
}

static void print_step(const struct step *st, FILE *to)
{
	switch ((enum step_kind)st->kind) {
	case STEP_SEGMENT:
		print_segment(st, to);
		break;
	case STEP_STOP_READING:
		fprintf(to, "the application stops reading");
		break;
	case STEP_READ_ON:
		fprintf(to, "the application reads on");
		break;
	case STEP_PAUSE:
		fprintf(to, "3 seconds pass");
		break;
	case STEP_ENGINE:
		fprintf(to, "the engine comes");
		break;
	}
	fprintf(to, "%s\n", st->burst ? " ..." : "");
}

void plan_print(const struct schedule *s, FILE *to)
{
	fprintf(to, "    %s %llu: a stream of %u octets from number %u on", oddity_rows[s->odd].name, (unsigned long long)s->seed,
		s->len, s->isn + 1);
	fprintf(to, "%s%s", s->six ? ", IPv6" : "", s->server ? ", from a server" : "");
	fprintf(to, "%s%s", s->timestamps ? ", timestamps" : "", s->small_buffer ? ", a receive buffer of 2304 octets" : "");
	if (s->fragment != 0)
		fprintf(to, ", in fragments of %u octets", s->fragment);
	fputc('\n', to);
	for (unsigned i = 0; i <= s->n; i++) {
		if (i == s->n_before)
			fprintf(to, "      handshake\n");
		if (i < s->n) {
			fprintf(to, "      ");
			print_step(&s->step[i], to);
		}
	}
	fprintf(to, "      the rest as acknowledged, FIN\n");
}
