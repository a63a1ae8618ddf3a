/* test_tcp.c - the TCP tracker: what holds between its table's cells, and whole connections. */
#include "forward/tcp.h"
#include "tests/unit/unit.h"

/* What holds between cells, whatever they say. */
static void test_invariants(void)
{
	for (unsigned d = 0; d < DIR_N; d++)
		for (unsigned ev = 0; ev < TE_N; ev++) {
			for (unsigned s = 0; s < TCPS_N; s++) {
				enum tcps n = tcp_next((enum dir)d, (enum tcp_event)ev, (enum tcps)s);
				/* Only a RST closes; nothing comes back from CLOSE and TIME_WAIT; nothing goes back to NONE. */
				CU_ASSERT(n != TCPS_CLOSE || ev == TE_RST || s == TCPS_CLOSE);
				CU_ASSERT(s != TCPS_CLOSE || n == TCPS_CLOSE);
				CU_ASSERT(s != TCPS_TIME_WAIT || n == TCPS_TIME_WAIT || n == TCPS_CLOSE);
				CU_ASSERT(n != TCPS_NONE || s == TCPS_NONE);
				/* Half open becomes established by an answered SYN-ACK alone. */
				bool half_open = s == TCPS_SYN_SENT || s == TCPS_SYN_RECV || s == TCPS_LISTEN;
				CU_ASSERT(!half_open || n != TCPS_ESTABLISHED || (ev == TE_OPENED && s == TCPS_SYN_RECV));
				/* The same event twice is a retransmission and does no more than once, but for the other's FIN. */
				CU_ASSERT(ev == TE_FIN || tcp_next((enum dir)d, (enum tcp_event)ev, n) == n);
			}
		}
}

static void test_names(void)
{
	CU_ASSERT_STRING_EQUAL(tcps_name(TCPS_NONE), "NONE");
	CU_ASSERT_STRING_EQUAL(tcps_name(1), "ESTABLISHED");
	CU_ASSERT_STRING_EQUAL(tcps_name(9), "LISTEN");
	CU_ASSERT_STRING_EQUAL(tcps_name(TCPS_N), "NONE");
}

static void test_flags(void)
{
	static const uint8_t good[] = {
		TCP_SYN, TCP_SYN | TCP_URG, TCP_SYN | TCP_ACK, TCP_RST, TCP_RST | TCP_ACK, TCP_FIN | TCP_ACK,
		TCP_FIN | TCP_ACK | TCP_URG, TCP_ACK, TCP_ACK | TCP_URG,
	};
	for (unsigned f = 0; f < 256; f++) {
		bool is_good = false;
		for (size_t i = 0; i < ARRAY_LEN(good); i++)
			is_good |= (f & ~(unsigned)(TCP_PSH | TCP_ECE | TCP_CWR)) == good[i];
		CU_ASSERT_EQUAL(tcp_flags_valid((uint8_t)f), is_good);
	}
	CU_ASSERT(!tcp_flags_valid(0) && !tcp_flags_valid(TCP_FIN) && !tcp_flags_valid(TCP_SYN | TCP_RST) &&
		  !tcp_flags_valid(0xff));
}

/* --- connections ---------------------------------------------------------------------------- */

/* One segment and what is true after it. */
struct seg {
	char from;          /* 'C' or 'S' */
	uint8_t flags;
	uint32_t seq, ack, len;
	enum tcps state, c, s;
	const char *step;   /* '+' the state moved, 'x' closed, 'r' reopens */
};

#define F TCP_FIN
#define S TCP_SYN
#define R TCP_RST
#define A TCP_ACK

static bool play_from(uint32_t c0, uint32_t s0, const struct seg *g, size_t n)
{
	struct tcp_state t;
	for (size_t i = 0; i < n; i++, g++) {
		bool client = g->from == 'C';
		struct tcp_info h = { .seq = g->seq + (client ? c0 : s0), .flags = g->flags, .win = 100 };
		h.ack = (g->flags & A) != 0 ? g->ack + (client ? s0 : c0) : 0;
		struct tcp_step step = { .changed = true };
		if (i == 0)
			tcp_open(&t, &h, g->len);
		else
			step = tcp_step(&t, client ? DIR_ORIG : DIR_REPLY, &h, g->len);
		bool good = t.state == g->state && t.end[DIR_ORIG].state == g->c && t.end[DIR_REPLY].state == g->s;
		good &= i == 0 || step.changed == (strchr(g->step, '+') != NULL);
		good &= step.closed == (strchr(g->step, 'x') != NULL) && step.reopen == (strchr(g->step, 'r') != NULL);
		CU_ASSERT(good);
		if (!good) {
			printf("# segment %zu: %s C-%s S-%s%s%s%s\n", i, tcps_name(t.state), tcps_name(t.end[0].state),
			       tcps_name(t.end[1].state), step.changed ? " changed" : "", step.closed ? " closed" : "",
			       step.reopen ? " reopen" : "");
			return false;
		}
	}
	return true;
}

/* At sequence numbers on all sides of the wrap. */
static void play(const struct seg *g, size_t n)
{
	static const uint32_t starts[] = { 1000, 0, UINT32_MAX, UINT32_MAX - 104, 0x7fffffff, 0x80000000, 0x7fffff9a };
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		for (size_t j = 0; j < ARRAY_LEN(starts); j++)
			if (!play_from(starts[i], starts[j], g, n))
				return;
}
#define PLAY(...)                                               \
	do {                                                    \
		static const struct seg segs_[] = __VA_ARGS__;  \
		play(segs_, ARRAY_LEN(segs_));                  \
	} while (0)

#define ES TCPS_ESTABLISHED
#define SS TCPS_SYN_SENT
#define SR TCPS_SYN_RECV
#define FW TCPS_FIN_WAIT
#define TW TCPS_TIME_WAIT
#define CL TCPS_CLOSE
#define CW TCPS_CLOSE_WAIT
#define LA TCPS_LAST_ACK
#define LI TCPS_LISTEN

static void test_normal(void)
{
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'C', S, 0, 0, 0, SS, SS, LI, "" },           /* retransmitted */
	       { 'S', S | A, 0, 1, 0, SR, SS, SR, "+" },
	       { 'S', S | A, 0, 1, 0, SR, SS, SR, "" },
	       { 'C', A, 1, 1, 0, ES, ES, ES, "+" },
	       { 'S', S | A, 0, 1, 0, ES, ES, ES, "" },       /* late */
	       { 'C', A, 1, 1, 100, ES, ES, ES, "" },
	       { 'S', A, 1, 101, 50, ES, ES, ES, "" },
	       { 'C', S, 5000, 0, 0, ES, ES, ES, "" },        /* RFC 5961 4.2: draws a challenge ACK */
	       { 'C', F | A, 101, 51, 0, FW, FW, CW, "+" },
	       { 'C', F | A, 101, 51, 0, FW, FW, CW, "" },    /* retransmitted: not the other end's FIN */
	       { 'S', A, 51, 101, 10, FW, FW, CW, "" },       /* does not cover the FIN */
	       { 'S', A, 61, 102, 0, CW, FW, CW, "+" },
	       { 'S', A, 61, 102, 10, CW, FW, CW, "" },       /* half closed: data goes on */
	       { 'C', A, 102, 71, 0, CW, FW, CW, "" },
	       { 'S', F | A, 71, 102, 0, LA, FW, LA, "+" },
	       { 'C', A, 102, 71, 0, LA, FW, LA, "" },        /* does not cover the second FIN */
	       { 'C', A, 102, 72, 0, TW, TW, CL, "+x" },
	       { 'S', F | A, 71, 102, 0, TW, TW, CL, "" },    /* retransmitted */
	       { 'S', S, 9000, 0, 0, TW, TW, CL, "r" },
	       { 'C', S, 9000, 0, 0, TW, TW, CL, "r" } });
}

static void test_server_closes(void)
{
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'S', S | A, 0, 1, 0, SR, SS, SR, "+" },
	       { 'C', A, 1, 1, 0, ES, ES, ES, "+" },
	       { 'S', F | A, 1, 1, 0, FW, CW, FW, "+" },
	       { 'C', F | A, 1, 2, 0, LA, LA, FW, "+" },      /* FIN and the ACK of the other's in one */
	       { 'S', A, 2, 2, 0, TW, CL, TW, "+x" } });
}

/* Both FINs cross: TIME_WAIT only when both are acknowledged, whichever ACK comes first. */
static void test_crossed_fins(void)
{
	PLAY({ { 'C', A, 1, 1, 0, ES, ES, ES, "+" },
	       { 'C', F | A, 1, 1, 0, FW, FW, CW, "+" },
	       { 'S', F | A, 1, 1, 0, LA, FW, LA, "+" },
	       { 'C', A, 2, 2, 0, LA, FW, LA, "" },
	       { 'S', A, 2, 2, 0, TW, TW, CL, "+x" } });
	PLAY({ { 'C', A, 1, 1, 0, ES, ES, ES, "+" },
	       { 'C', F | A, 1, 1, 0, FW, FW, CW, "+" },
	       { 'S', F | A, 1, 1, 0, LA, FW, LA, "+" },
	       { 'S', A, 2, 2, 0, LA, FW, LA, "" },
	       { 'C', A, 2, 2, 0, TW, TW, CL, "+x" } });
}

static void test_reset(void)
{
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'S', R | A, 0, 1, 0, CL, CL, CL, "+x" },
	       { 'S', R | A, 0, 1, 0, CL, CL, CL, "" },
	       { 'C', A, 1, 1, 9, CL, CL, CL, "" },
	       { 'S', S | A, 0, 1, 0, CL, CL, CL, "" },
	       { 'C', S, 0, 0, 0, CL, CL, CL, "r" } });
	PLAY({ { 'C', A, 1, 1, 5, ES, ES, ES, "+" },
	       { 'C', R, 6, 0, 0, CL, CL, CL, "+x" } });
	PLAY({ { 'C', R, 6, 0, 0, CL, CL, CL, "+" } });
}

static void test_simultaneous_open(void)
{
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'S', S, 0, 0, 0, LI, SS, SS, "+" },
	       { 'C', S | A, 0, 1, 0, SR, SR, SS, "+" },
	       { 'S', S | A, 0, 1, 0, ES, ES, ES, "+" },
	       { 'C', A, 1, 1, 10, ES, ES, ES, "" } });
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'S', S, 0, 0, 0, LI, SS, SS, "+" },
	       { 'S', S | A, 0, 1, 0, SR, SS, SR, "+" },
	       { 'C', S | A, 0, 1, 0, ES, ES, ES, "+" } });
	/* Split handshake: the server's SYN, then a plain ACK of the client's SYN-ACK. */
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'S', A, 0, 1, 0, SS, SS, LI, "" },
	       { 'S', S, 0, 0, 0, LI, SS, SS, "+" },
	       { 'C', S | A, 0, 1, 0, SR, SR, SS, "+" },
	       { 'S', A, 1, 1, 0, ES, ES, ES, "+" } });
}

static void test_half_open(void)
{
	/* An ACK without a SYN-ACK, and the server's challenge ACK, do not open. */
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'C', A, 1, 1, 0, SS, ES, LI, "" },
	       { 'S', A, 77, 88, 0, SS, ES, LI, "" } });
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'S', S | A, 0, 1, 0, SR, SS, SR, "+" },
	       { 'C', S, 777, 0, 0, SR, SS, SR, "" },
	       { 'S', A, 1, 1, 0, SR, SS, SR, "" } });
	/* A FIN before there is something to close is not taken for one. */
	PLAY({ { 'C', S, 0, 0, 0, SS, SS, LI, "+" },
	       { 'C', F | A, 1, 1, 0, SS, ES, LI, "" },
	       { 'S', S | A, 0, 1, 0, SR, ES, SR, "+" },
	       { 'C', F | A, 1, 1, 0, FW, FW, CW, "+" } });
	/* Fast Open, and a server that closes before the client's ACK (RFC 7413). */
	PLAY({ { 'C', S, 0, 0, 100, SS, SS, LI, "+" },
	       { 'S', S | A, 0, 101, 50, SR, SS, SR, "+" },
	       { 'S', F | A, 51, 101, 0, FW, SS, FW, "+" },
	       { 'S', A, 52, 101, 0, FW, SS, FW, "" },
	       { 'C', A, 101, 52, 0, CW, CW, FW, "+" },
	       { 'C', F | A, 101, 52, 0, LA, LA, FW, "+" },
	       { 'S', A, 52, 102, 0, TW, CL, TW, "+x" } });
}

static void test_midstream(void)
{
	PLAY({ { 'C', S | A, 0, 1, 0, ES, SR, ES, "+" },
	       { 'S', A, 1, 1, 0, ES, ES, ES, "" } });
	PLAY({ { 'C', F | A, 0, 1, 0, FW, FW, CW, "+" },
	       { 'S', F | A, 1, 1, 0, LA, FW, LA, "+" },
	       { 'C', A, 1, 2, 0, TW, TW, CL, "+x" } });
	static const uint8_t firsts[] = { S, S | A, A, F | A, R };
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
		struct tcp_state t;
		tcp_open(&t, &(struct tcp_info){ .flags = firsts[i] }, 0);
		CU_ASSERT_EQUAL(t.midstream, firsts[i] != S);
	}
}

static void test_ends(void)
{
	struct tcp_state t;
	tcp_open(&t, &(struct tcp_info){ .seq = UINT32_MAX, .flags = S, .win = 64000 }, 0);
	const struct tcp_end *c = &t.end[DIR_ORIG], *s = &t.end[DIR_REPLY];
	CU_ASSERT(c->seen && !s->seen);
	(void)tcp_step(&t, DIR_REPLY, &(struct tcp_info){ .seq = 5, .ack = 0, .flags = S | A, .win = 7 }, 0);
	CU_ASSERT(s->seen && s->ack == 0);
	(void)tcp_step(&t, DIR_ORIG, &(struct tcp_info){ .seq = 0, .ack = 6, .flags = A, .win = 9 }, 1000);
	CU_ASSERT(c->ack == 6);
	(void)tcp_step(&t, DIR_ORIG, &(struct tcp_info){ .seq = 0, .ack = 5, .flags = A, .win = 10 }, 500);
	CU_ASSERT(c->ack == 6); /* it does not go back */
	(void)tcp_step(&t, DIR_ORIG, &(struct tcp_info){ .seq = 1000, .ack = 6, .flags = F | A, .win = 10 }, 10);
	CU_ASSERT(c->fin && c->fin_seq == 1011 && !s->fin);
	(void)tcp_step(&t, DIR_REPLY, &(struct tcp_info){ .seq = 6, .ack = 1011, .flags = R | A }, 0);
	CU_ASSERT(s->ack == 0); /* what a RST acknowledges its receiver does not look at */
}

UNIT_MAIN({ "between cells", test_invariants }, { "names", test_names }, { "flag sets", test_flags },
	  { "a connection", test_normal }, { "the server closes first", test_server_closes }, { "crossed FINs", test_crossed_fins },
	  { "resets", test_reset }, { "simultaneous open, split handshake", test_simultaneous_open },
	  { "half open", test_half_open }, { "mid-stream", test_midstream }, { "what the ends have shown", test_ends })
