/* plan_print.c - a schedule in words, a line a step. */
#include "forward/packet.h"
#include "tests/oracle/plan.h"

static const char *const ext_words[EXT_N] = {
#define X(id, words, legal) [id] = words,
	EXT_LIST(X)
#undef X
};

static const char *const pieces_words[PIECES_N] = {
#define X(id, words) [id] = words,
	PIECES_LIST(X)
#undef X
};

static const char *const fate_words[FATE_N] = {
#define X(id, words) [id] = words,
	FATE_LIST(X)
#undef X
};

static const char *const cookie_words[] = { "", ", the cookie", ", a wrong cookie", ", asks for a cookie" };

static void print_flags(unsigned flags, FILE *to)
{
	static const char letters[] = "FSRPAUEC";
	for (unsigned i = 0; i < 8; i++)
		if ((flags >> i & 1) != 0)
			fputc(letters[i], to);
}

static void print_options(const struct step *st, FILE *to)
{
	if (st->clipped)
		fprintf(to, ", as far as there are");
	if (st->ack_old)
		fprintf(to, ", acknowledges no more than before");
	if (st->sack)
		fprintf(to, ", SACK");
	if (st->unknown)
		fprintf(to, ", an unknown option");
	if (st->window != 0)
		fprintf(to, ", window %u", st->window - 1u);
	if (st->ts_at != 0)
		fprintf(to, ", timestamp %u", st->ts_at);
	if (st->ext != EXT_NONE)
		fprintf(to, ", %s", ext_words[st->ext]);
	fprintf(to, "%s", cookie_words[st->cookie]);
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
	if (st->lost)
		fprintf(to, ", lost behind the engine");
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
	if (st->pieces != PIECES_WHOLE)
		fprintf(to, ", %s", pieces_words[st->pieces]);
	print_options(st, to);
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
		fprintf(to, "%u seconds pass", st->wait_s);
		break;
	case STEP_ENGINE:
		fprintf(to, "the engine comes");
		break;
	case STEP_SEND:
		fprintf(to, "the application sends %u octets", st->len);
		break;
	case STEP_LOSE:
		fprintf(to, "the receiver's next %u packets are lost ", st->len);
		fprintf(to, "%s the engine", st->variant == 0 ? "before" : "behind");
		break;
	case STEP_SHUT:
		fprintf(to, "the application sends nothing more");
		break;
	}
	fprintf(to, "%s\n", st->burst ? " ..." : "");
}

static void print_ends(const struct schedule *s, FILE *to)
{
	fprintf(to, "%s%s", s->timestamps ? ", timestamps" : "", s->sack ? ", SACK" : "");
	if (s->wscale != 0)
		fprintf(to, ", window scale %u", s->wscale - 1u);
	if (s->echo || s->late != 0)
		fprintf(to, ", window %u", s->window);
	fprintf(to, "%s", s->small_buffer ? ", a receive buffer of 2304 octets" : "");
	if (s->fragment != 0)
		fprintf(to, ", in fragments of %u octets", s->fragment);
	if (s->ext != EXT_NONE)
		fprintf(to, ", each with %s", ext_words[s->ext]);
	if (s->echo)
		fprintf(to, ", the application sends as many as it reads");
	if (s->late != 0)
		fprintf(to, ", the application sends %u octets when all is read%s", s->late, s->shuts ? " and ends" : "");
	if (s->fail.at != 0)
		fprintf(to, "\n      the active node dies at packet %u: %u %s", s->fail.at, s->fail.n, fate_words[s->fail.fate]);
}

void plan_print(const struct schedule *s, FILE *to)
{
	fprintf(to, "    %s %llu: a stream of %u octets from number %u on", oddity_rows[s->odd].name, (unsigned long long)s->seed,
		s->len, s->isn + 1);
	fprintf(to, "%s%s", s->six ? ", IPv6" : "", s->server ? ", from a server" : "");
	print_ends(s, to);
	fputc('\n', to);
	for (unsigned i = 0; i <= s->n; i++) {
		if (i == s->n_before) {
			fprintf(to, "      handshake");
			if (s->cookie != COOKIE_NONE)
				fprintf(to, ", %u octets on the SYN%s", s->syn_len, cookie_words[s->cookie]);
			fputc('\n', to);
		}
		if (i < s->n) {
			fprintf(to, "      ");
			print_step(&s->step[i], to);
		}
	}
	fprintf(to, "      the rest as acknowledged, FIN\n");
}
