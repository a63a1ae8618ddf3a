/* test_tcp_table.c - the TCP tracker's state tables: every cell against a list of moves, and a way to every cell.
 *
 * The list says which cells move and where to, from RFC 9293 3.3.2 (figure 5), 3.5, 3.6 and 3.10; a cell that is not in it
 * stays. The cells of the ends have no function of their own: they are seen in every connection that short segments can make
 * of every first segment, found breadth first, so that for each cell there is a shortest way to it. Cells that no way
 * leads to are listed, with the reason; one too few or too many fails.
 */
#include "forward/tcp.h"
#include "tests/unit/unit.h"

/* The four tables: the connection by who sends (client, server), an end by whether it sends the segment or is sent it. */
enum table { BY_CLIENT, BY_SERVER, SENDER, RECEIVER, TABLE_N };

static const char *const table_names[TABLE_N] = { "client's", "server's", "sender", "receiver" };

#define F TCP_FIN
#define S TCP_SYN
#define R TCP_RST
#define A TCP_ACK

static const char *const short_names[TCPS_N] = {
	[TCPS_NONE] = "NO",     [TCPS_ESTABLISHED] = "ES", [TCPS_SYN_SENT] = "SS", [TCPS_SYN_RECV] = "SR",   [TCPS_FIN_WAIT] = "FW",
	[TCPS_TIME_WAIT] = "TW", [TCPS_CLOSE] = "CL",      [TCPS_LAST_ACK] = "LA", [TCPS_CLOSE_WAIT] = "CW", [TCPS_LISTEN] = "LI",
};

/* "ES>FW" a move, "*>CL" of all, separated by blanks; the last one that fits a cell counts. */
static const char *const moves[TABLE_N][TE_N] = {
	/* A connection begins with whatever its originator shows first: a SYN, or anything in mid-stream. */
	[BY_CLIENT] = {
		[TE_SYN] = "NO>SS",                         /* 3.10.7.2, 3.10.7.4: elsewhere a SYN moves nothing */
		[TE_SYNACK] = "NO>ES LI>SR",                /* 3.5 figure 7: a simultaneous open's first SYN-ACK */
		[TE_OPENED] = "NO>ES SR>ES",                /* 3.10.7.4, SYN-RECEIVED: the only way to open */
		[TE_ACK] = "NO>ES",
		[TE_FIN] = "NO>FW SR>FW ES>FW FW>LA CW>LA", /* 3.10.7.4, eighth; SS and LI: dropped there */
		[TE_HALF] = "NO>ES FW>CW",                  /* FIN-WAIT-1 to FIN-WAIT-2 */
		[TE_LAST] = "NO>ES LA>TW",                  /* CLOSING and LAST-ACK end */
		[TE_RST] = "*>CL",                          /* 3.10.7.4, second */
	},
	[BY_SERVER] = {
		[TE_SYN] = "SS>LI",                         /* figure 7: SYNs that cross */
		[TE_SYNACK] = "SS>SR LI>SR",                /* 3.10.7.3, fourth */
		[TE_OPENED] = "SR>ES",
		[TE_ACK] = "",
		[TE_FIN] = "SR>FW ES>FW FW>LA CW>LA",
		[TE_HALF] = "FW>CW",
		[TE_LAST] = "LA>TW",
		[TE_RST] = "*>CL NO>NO",                    /* NONE: the originator's segment is the first */
	},
	[SENDER] = {
		[TE_SYN] = "NO>SS LI>SS",                   /* figure 5: active open, also out of LISTEN */
		[TE_SYNACK] = "NO>SR LI>SR SS>SR",          /* figure 5: rcv SYN, snd SYN,ACK */
		[TE_OPENED] = "NO>ES LI>ES SS>ES SR>ES",
		[TE_ACK] = "NO>ES SS>ES",
		[TE_FIN] = "NO>FW LI>FW SS>FW SR>FW ES>FW CW>LA",
		[TE_HALF] = "NO>ES SS>CW",                  /* the ACK of its handshake is that of the FIN as well */
		[TE_LAST] = "NO>ES FW>TW LA>CL",
		[TE_RST] = "*>CL",
	},
	[RECEIVER] = {
		[TE_SYN] = "NO>LI",                         /* it was waiting for one */
		[TE_SYNACK] = "NO>ES",                      /* what it answered was not seen; SS: until it has shown its ACK */
		[TE_OPENED] = "NO>ES LI>ES SS>ES SR>ES",
		[TE_ACK] = "NO>ES",
		[TE_FIN] = "NO>CW ES>CW SR>CW",             /* 3.10.7.4, eighth; SS: 3.10.7.3 drops it */
		[TE_HALF] = "NO>ES",
		[TE_LAST] = "NO>ES FW>TW LA>CL",
		[TE_RST] = "*>CL",
	},
};

static unsigned state_named(const char *two)
{
	for (unsigned s = 0; s < TCPS_N; s++)
		if (memcmp(short_names[s], two, 2) == 0)
			return s;
	return TCPS_N;
}

/* Where that cell moves to. */
static unsigned moved(enum table t, unsigned ev, unsigned state)
{
	unsigned to = state;
	for (const char *m = moves[t][ev]; *m != '\0';) {
		const char *arrow = strchr(m, '>');
		if (*m == '*' || state_named(m) == state)
			to = state_named(arrow + 1);
		m = arrow + 3;
		m += *m == ' ';
	}
	return to;
}

/* Each move names states, and no cell says what it would do anyway. */
static void test_moves(void)
{
	for (unsigned t = 0; t < TABLE_N; t++)
		for (unsigned ev = 0; ev < TE_N; ev++)
			for (const char *m = moves[t][ev]; *m != '\0'; m = strchr(m, '>') + 3 + (strchr(m, '>')[3] == ' ')) {
				const char *arrow = strchr(m, '>');
				CU_ASSERT_PTR_NOT_NULL_FATAL(arrow);
				CU_ASSERT(state_named(arrow + 1) < TCPS_N);
				CU_ASSERT(*m == '*' ? arrow == m + 1 : arrow == m + 2 && state_named(m) < TCPS_N);
			}
}

static void test_cells(void)
{
	for (enum dir d = DIR_ORIG; d < DIR_N; d++)
		for (unsigned ev = 0; ev < TE_N; ev++)
			for (unsigned s = 0; s < TCPS_N; s++) {
				const unsigned got = tcp_next(d, (enum tcp_event)ev, (enum tcps)s);
				const unsigned want = moved(d == DIR_ORIG ? BY_CLIENT : BY_SERVER, ev, s);
				CU_ASSERT_EQUAL(got, want);
				if (got != want)
					printf("# %s event %u in %s: %s\n", table_names[d], ev, tcps_name(s), tcps_name(got));
			}
}

/* --- every connection there is ------------------------------------------------------------------------------- */

enum { NODES_MAX = 1 << 14, ISN_C = 100, ISN_S = 500 };

/* A segment without octets: who, flags, and whether its acknowledgement covers the other end's FIN, which is the number
 * behind its SYN's. */
struct seg {
	enum dir d;
	uint8_t flags;
	bool covers;
};

/* What has been shown so far, told by the segments alone. */
struct model {
	uint8_t conn, end[DIR_N];
	bool fin[DIR_N];     /* it sent a FIN that there was something to close for */
	bool covered[DIR_N]; /* since its SYN it has acknowledged the number of the other's FIN */
};

struct node {
	struct model m;
	struct tcp_state t;
	int from;            /* node before this one; -1: none */
	struct seg by;
};

static struct node nodes[NODES_MAX];
static int n_nodes;
static struct {
	bool reached;
	int from;
	struct seg by;
} cells[TABLE_N][TE_N][TCPS_N];

static const struct seg alphabet[] = {
	{ DIR_ORIG, S, false },      { DIR_ORIG, S | A, false },  { DIR_ORIG, S | A, true },  { DIR_ORIG, A, false },
	{ DIR_ORIG, A, true },       { DIR_ORIG, F | A, false },  { DIR_ORIG, F | A, true },  { DIR_ORIG, R, false },
	{ DIR_REPLY, S, false },     { DIR_REPLY, S | A, false }, { DIR_REPLY, S | A, true }, { DIR_REPLY, A, false },
	{ DIR_REPLY, A, true },      { DIR_REPLY, F | A, false }, { DIR_REPLY, F | A, true }, { DIR_REPLY, R, false },
};

static const char *way(int node, struct seg last)
{
	static char text[512];
	const struct seg *steps[64];
	size_t n = 0, len = 0;
	steps[n++] = &last;
	for (int i = node; i >= 0 && n < ARRAY_LEN(steps); i = nodes[i].from)
		steps[n++] = &nodes[i].by;
	while (n > 0) {
		const struct seg *m = steps[--n];
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %c:%s%s%s%s%s",
					m->d == DIR_ORIG ? 'C' : 'S', (m->flags & S) != 0 ? "S" : "",
					(m->flags & F) != 0 ? "F" : "", (m->flags & R) != 0 ? "R" : "",
					(m->flags & A) != 0 ? "A" : "", m->covers ? "+" : "");
	}
	return text;
}

/* What the segment means (the list of events in tcp.h, in that order), told from what was shown before. */
static enum tcp_event meaning(const struct model *m, struct seg by)
{
	const enum dir far = dir_other(by.d);
	const bool asked = m->end[far] == TCPS_SYN_RECV;
	bool acked[DIR_N];
	acked[far] = m->fin[far] && (m->covered[by.d] || by.covers);
	acked[by.d] = m->fin[by.d] && m->covered[far];
	switch (by.flags) {
	case R:
		return TE_RST;
	case S:
		return TE_SYN;
	case S | A:
		return asked ? TE_OPENED : TE_SYNACK;
	case F | A:
		if (!m->fin[by.d] && m->conn != TCPS_SYN_SENT && m->conn != TCPS_LISTEN)
			return TE_FIN;
		break;
	}
	if (asked)
		return TE_OPENED;
	if (!acked[DIR_ORIG] && !acked[DIR_REPLY])
		return TE_ACK;
	if (acked[DIR_ORIG] && acked[DIR_REPLY])
		return TE_LAST;
	return m->fin[DIR_ORIG] && m->fin[DIR_REPLY] ? TE_ACK : TE_HALF;
}

static void reach(enum table t, enum tcp_event ev, unsigned state, int from, struct seg by)
{
	if (!cells[t][ev][state].reached) {
		cells[t][ev][state].reached = true;
		cells[t][ev][state].from = from;
		cells[t][ev][state].by = by;
	}
}

static struct model model_step(struct model m, int from, struct seg by)
{
	const enum dir far = dir_other(by.d);
	const enum tcp_event ev = meaning(&m, by);
	const enum table conn = by.d == DIR_ORIG ? BY_CLIENT : BY_SERVER;
	const uint8_t before = m.conn;
	reach(conn, ev, m.conn, from, by);
	reach(SENDER, ev, m.end[by.d], from, by);
	reach(RECEIVER, ev, m.end[far], from, by);
	m.conn = (uint8_t)moved(conn, ev, m.conn);
	m.fin[by.d] |= ev == TE_FIN && m.conn != before;
	const uint8_t was = m.end[by.d];
	m.end[by.d] = (uint8_t)moved(SENDER, ev, was);
	m.end[far] = (uint8_t)moved(RECEIVER, ev, m.end[far]);
	m.covered[by.d] |= by.covers;
	if (ev == TE_SYN && m.end[by.d] == TCPS_SYN_SENT)
		m.covered[by.d] = false; /* what it acknowledged before was another connection's */
	return m;
}

static int find(const struct model *m)
{
	int i = 0;
	while (i < n_nodes && memcmp(&nodes[i].m, m, sizeof(*m)) != 0)
		i++;
	return i;
}

/* One segment in the tracker and in the model: they agree. */
static bool walk(int from, struct seg by, uint32_t c0, uint32_t s0)
{
	static const struct model nothing;
	const bool client = by.d == DIR_ORIG;
	struct tcp_info h = { .flags = by.flags, .win = 100, .seq = client ? ISN_C + c0 : ISN_S + s0 };
	h.seq += (by.flags & S) == 0;
	if ((by.flags & A) != 0)
		h.ack = (client ? ISN_S + s0 : ISN_C + c0) + 1 + by.covers;
	struct node now = { .m = model_step(from < 0 ? nothing : nodes[from].m, from, by), .from = from, .by = by };
	const uint8_t before = from < 0 ? TCPS_NONE : nodes[from].m.conn;
	struct tcp_step step = { 0 };
	if (from < 0) {
		tcp_open(&now.t, &h, 0);
	} else {
		now.t = nodes[from].t;
		step = tcp_step(&now.t, by.d, &h, 0);
		const bool over = now.m.conn == TCPS_CLOSE || now.m.conn == TCPS_TIME_WAIT;
		const bool was_over = before == TCPS_CLOSE || before == TCPS_TIME_WAIT;
		CU_ASSERT_EQUAL(step.changed, now.m.conn != before);
		CU_ASSERT_EQUAL(step.closed, over && now.m.conn != before);
		CU_ASSERT_EQUAL(step.reopen, was_over && by.flags == S);
	}
	const bool same = now.t.state == now.m.conn && now.t.end[DIR_ORIG].state == now.m.end[DIR_ORIG] &&
			  now.t.end[DIR_REPLY].state == now.m.end[DIR_REPLY];
	CU_ASSERT(same);
	if (!same) {
		printf("#%s: %s C-%s S-%s, not %s C-%s S-%s\n", way(from, by), tcps_name(now.t.state),
		       tcps_name(now.t.end[0].state), tcps_name(now.t.end[1].state), tcps_name(now.m.conn),
		       tcps_name(now.m.end[0]), tcps_name(now.m.end[1]));
		return false;
	}
	if (find(&now.m) == n_nodes) {
		CU_ASSERT_FATAL(n_nodes < NODES_MAX);
		nodes[n_nodes++] = now;
	}
	return true;
}

static void explore(uint32_t c0, uint32_t s0)
{
	bool same = true;
	n_nodes = 0;
	memset(cells, 0, sizeof(cells));
	for (size_t i = 0; i < ARRAY_LEN(alphabet) / DIR_N; i++) /* a first segment is the originator's */
		same &= walk(-1, alphabet[i], c0, s0);
	for (int n = 0; same && n < n_nodes; n++)
		for (size_t i = 0; same && i < ARRAY_LEN(alphabet); i++)
			same = walk(n, alphabet[i], c0, s0);
	CU_ASSERT(same);
}

/* Cells that no segments lead to. */
static const char *const dead[TABLE_N][TE_N] = {
	[BY_CLIENT] = {
		/* NO: there is nobody to answer. SS, LI: the server's SYN-ACK has moved them on. ES: it is answered by then. LA,
		 * TW, CL: both ends have gone past their SYN-ACKs, with a FIN or by an RST. */
		[TE_OPENED] = "NO SS LI ES LA TW CL",
		[TE_ACK] = "CW TW",                /* a FIN is acknowledged and stays so: HALF, LAST */
		[TE_FIN] = "SS LI LA TW",          /* SS, LI: it counts as an ACK. LA, TW: both have sent theirs */
		[TE_HALF] = "NO SS LI SR ES LA TW", /* it takes one FIN; LA, TW: two */
		[TE_LAST] = "NO SS LI SR ES FW CW", /* it takes two */
	},
	[BY_SERVER] = {
		/* NO: the first segment is the originator's, whoever that was. */
		[TE_SYN] = "NO",
		[TE_SYNACK] = "NO",
		/* As above, but that a client may send a SYN-ACK that nothing called for: after its SYN, or first of all. */
		[TE_OPENED] = "NO LA TW CL",
		[TE_ACK] = "NO CW TW",
		[TE_FIN] = "NO SS LI LA TW",
		[TE_HALF] = "NO SS LI SR ES LA TW",
		[TE_LAST] = "NO SS LI SR ES FW CW",
		[TE_RST] = "NO",
	},
	[SENDER] = {
		/* NO: a SYN-ACK leaves no end without a state. SR: the second SYN-ACK was the answer to the first. CW, LA, TW, CL:
		 * the other end has gone past its own. */
		[TE_OPENED] = "NO SR CW LA TW CL",
		[TE_ACK] = "TW",                   /* LAST */
		[TE_FIN] = "LI FW LA TW",          /* LI: nothing to close yet. Else it has sent one */
		[TE_HALF] = "NO LI LA TW",         /* NO, LI: it has to have sent, or been sent, a FIN */
		[TE_LAST] = "NO LI SS SR ES CW",   /* both have sent FIN: FW, LA, or what becomes of them */
	},
	[RECEIVER] = {
		[TE_SYNACK] = "SR",                /* OPENED */
		[TE_OPENED] = "NO LI SS ES FW CW LA TW CL", /* the event is that it is in SR */
		[TE_ACK] = "SR TW",                /* OPENED, LAST */
		[TE_FIN] = "LI CW LA TW",          /* LI: nothing to close yet. Else the sender has sent one */
		[TE_HALF] = "NO LI SS SR LA TW",   /* SS: it has acknowledged no FIN and sent none. SR: OPENED */
		[TE_LAST] = "NO LI SS SR ES CW",
	},
};

static bool is_dead(unsigned t, unsigned ev, unsigned s)
{
	return dead[t][ev] != NULL && strstr(dead[t][ev], short_names[s]) != NULL;
}

static void test_ways(void)
{
	static const char *const events[TE_N] = {
#define X(id, meaning) [id] = meaning,
		TCP_EVENT_LIST(X)
#undef X
	};
	explore(0, 0);
	for (unsigned t = 0; t < TABLE_N; t++)
		for (unsigned ev = 0; ev < TE_N; ev++)
			for (unsigned s = 0; s < TCPS_N; s++) {
				const bool reached = cells[t][ev][s].reached;
				CU_ASSERT_EQUAL(reached, !is_dead(t, ev, s));
				if (reached == is_dead(t, ev, s))
					printf("# %s %s in %s:%s\n", table_names[t], events[ev], tcps_name(s),
					       reached ? way(cells[t][ev][s].from, cells[t][ev][s].by) : " no way");
			}
}

/* The same connections with sequence numbers on all sides of the wrap and of the half. */
static void test_wrap(void)
{
	static const uint32_t starts[] = { 0, UINT32_MAX - ISN_C, UINT32_MAX - ISN_S - 1,
					   0x7fffffff - ISN_C, 0x80000000 - ISN_S - 2 };
	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		for (size_t j = 0; j < ARRAY_LEN(starts); j++)
			explore(starts[i], starts[j]);
}

UNIT_MAIN({ "the list of moves", test_moves }, { "every cell of the connection", test_cells },
	  { "every cell of the ends, and a way to each cell", test_ways }, { "at any sequence number", test_wrap })
