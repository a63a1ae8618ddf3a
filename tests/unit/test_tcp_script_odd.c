/* test_tcp_script_odd.c - what a policy normalises, traffic that comes by in one direction only, and captures that lose packets. */
#include "tests/unit/tcp_script.h"

#define OPEN "> S 100\n< SA 300 ack 101\n> A 101 ack 301\n"

static const struct norm_policy all = { .min_ttl = 5, .urgent = NORM_CLEAR, .reserved = true, .options = true, .padding = true };
static const struct norm_policy refuse = { .urgent = NORM_DROP };

static const struct script scripts[] = {
	/* --- normalisation --- */
	{ .name = "urgent octets are in band",
	  .text = OPEN
	  "> UPA 101 ack 301 urg 2 \"abc\" = flags PA urg 0\n"
	  "> A 104 ack 301 urg 1 \"def\" = urg 0\n"
	  "> UA 101 ack 301 \"aYcYe\" = data \"abcde\" flags A\n"
	  "< UFA 301 ack 107 urg 1 = flags FA urg 0\n"
	  "read > \"abcdef\"\n"
	  "state FIN_WAIT\n",
	  .norm = &all },
	{ .name = "urgent octets where the policy leaves them",
	  .text = OPEN
	  "> UPA 101 ack 301 urg 2 \"abc\"\n"
	  "read > \"abc\"\n" },
	{ .name = "urgent octets where the policy refuses them",
	  .text = OPEN
	  "> UPA 101 ack 301 urg 2 \"abc\" = drop tcp.urgent\n"
	  "> UFA 101 ack 301 urg 1 = drop tcp.urgent\n"
	  "state ESTABLISHED\n"
	  "> A 101 ack 301 \"xyz\"\n"
	  "read > \"xyz\"\n",
	  .norm = &refuse },
	{ .name = "a segment that may not live until its receiver moves nothing",
	  .text =
	  "> S 100 ttl 1\n"
	  "< SA 300 ack 101 ttl 1\n"
	  "> A 101 ack 301 ttl 4 = drop ip.ttl\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 301 ttl 5\n"
	  "> A 101 ack 301 ttl 4 \"abc\" = drop ip.ttl\n"
	  "> R 101 ttl 1 = drop ip.ttl\n"
	  "> FA 101 ack 301 ttl 2 = drop ip.ttl\n"
	  "state ESTABLISHED\n"
	  "> A 101 ack 301 \"xyz\"\n"
	  "< A 301 ack 104 ttl 3 = drop ip.ttl\n"
	  "> A 101 ack 301 \"abc\" = data \"xyz\"\n"
	  "read > \"xyz\"\n",
	  .norm = &all },
	{ .name = "where a short life is allowed its octets are the first of their numbers",
	  .text = OPEN
	  "> A 101 ack 301 ttl 1 \"abc\"\n"
	  "> A 101 ack 301 \"xyz\" = data \"abc\"\n"
	  "read > \"abc\"\n" },
	{ .name = "a signature that was not agreed on",
	  .text =
	  "> S 100 md5\n"
	  "< SA 300 ack 101\n"
	  "> A 101 ack 301\n"
	  "> A 101 ack 301 md5 \"abc\" = drop tcp.option\n"
	  "> R 101 ao = drop tcp.option\n"
	  "> A 101 ack 301 \"xyz\"\n"
	  "read > \"xyz\"\n"
	  "state ESTABLISHED\n",
	  .norm = &all },
	{ .name = "a signature that was agreed on",
	  .text =
	  "> S 100 md5\n"
	  "< SA 300 ack 101 md5\n"
	  "> A 101 ack 301 md5\n"
	  "> A 101 ack 301 md5 \"abc\"\n"
	  "> A 101 ack 301 \"xyz\" = data \"abc\"\n" /* whichever the server takes */
	  "read > \"abc\"\n",
	  .norm = &all },
	{ .name = "a signature where the policy does not ask: its octets are the first of their numbers",
	  .text = OPEN
	  "> A 101 ack 301 md5 \"abc\"\n"
	  "> A 101 ack 301 \"xyz\" = data \"abc\"\n"
	  "read > \"abc\"\n" },
	{ .name = "options that were not agreed on",
	  .text =
	  "> S 100 mss 1460 ts 1 ws 2 kind 30 = nop 30\n"
	  "< SA 300 ack 101 mss 1460 sack kind 253 = nop 253\n"
	  "> A 101 ack 301 ts 2 \"abc\" = nop 8\n"
	  "> A 104 ack 301 ts 1 \"def\" = nop 8\n" /* no timestamps, no past */
	  "< A 301 ack 101 blocks 104-107 = nop 5\n"
	  "> A 107 ack 301 mss 100 ws 3 cookie \"ghi\" = nop 2 nop 3 nop 34\n"
	  "> A 107 ack 301 kind 30 \"gYi\" = nop 30 data \"ghi\"\n"
	  "read > \"abcdefghi\"\n",
	  .norm = &all },
	{ .name = "options that were agreed on",
	  .text =
	  "> S 100 mss 1460 sack ts 1 ws 2 ask\n"
	  "< SA 300 ack 101 mss 1460 sack ts 51 ws 3 cookie\n"
	  "> A 101 ack 301 ts 2\n"
	  "> A 104 ack 301 ts 2 \"def\"\n"
	  "< A 301 ack 101 ts 52 blocks 104-107\n"
	  "> A 101 ack 301 ts 3 \"abc\"\n"
	  "< A 301 ack 107 ts 53\n"
	  "read > \"abcdef\"\n",
	  .norm = &all },
	{ .name = "everything at once",
	  .text =
	  "> S 100 ws 14\n"
	  "< SA 300 ack 101 ws 14\n"
	  "> A 101 ack 301 win 50\n"
	  "< A 301 ack 101 win 50\n"
	  "> FA 101 ack 301 win 50 \"abcdef\"\n"
	  "> UA 103 ack 301 win 65 urg 3 kind 77 \"cYYfgh\" = data \"cdef\" flags FA win 64 urg 0 nop 77\n"
	  "read > \"abcdef\"\n",
	  .norm = &all },
	/* --- one way --- */
	{ .name = "only the client's direction comes by, where that is allowed",
	  .text =
	  "> S 100\n"
	  "> A 101 ack 301\n"
	  "> A 101 ack 301 \"ab\"\n"
	  "> A 103 ack 301 \"cd\"\n"
	  "> A 105 ack 301 \"ef\"\n"
	  "> A 107 ack 301 \"gh\"\n"
	  "> A 109 ack 301 \"ij\"\n"
	  "not told stream.oneWay\n"
	  "> A 111 ack 301 \"kl\"\n"
	  "told stream.oneWay\n"
	  "> A 113 ack 301 \"mn\"\n"
	  "not told stream.oneWay\n"
	  "read > \"abcdefghijklmn\"\n",
	  .pickup = true,
	  .asymmetric = true },
	{ .name = "only the server's direction comes by, where that is allowed",
	  .text =
	  "< SA 300 ack 101\n"
	  "< A 301 ack 101 \"ab\"\n"
	  "< A 303 ack 105 \"cd\"\n"
	  "< A 303 ack 105 \"YY\" = data \"cd\"\n"
	  "< A 305 ack 105 \"ef\"\n"
	  "< FA 307 ack 105\n"
	  "read < \"abcdef\"\n",
	  .pickup = true,
	  .asymmetric = true },
	/* --- segments go by unseen where a full queue is to let them --- */
	{ .name = "octets went by unseen, and are acknowledged",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 110\n"
	  "told stream.gap\n"
	  "> A 110 ack 301 \"jkl\"\n"
	  "< A 301 ack 113 \"xyz\"\n"
	  "read > \"abc|jkl\"\n"
	  "read < \"xyz\"\n",
	  .bypass = true },
	{ .name = "octets went by unseen, and are not where a full queue drops",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 110 = drop tcp.acknowledgement\n"
	  "> A 1102 ack 301 \"xyz\" = drop tcp.window\n" },
	{ .name = "acknowledgements went by unseen: the window has moved on",
	  .text = OPEN
	  "< A 301 ack 101 x1000\n"
	  "< A 1301 ack 777 x1000 = probe\n" /* what it acknowledges is nobody's word */
	  "< FA 2301 ack 101 = probe\n"
	  "> A 101 ack 1301\n"
	  "< A 1301 ack 101 x1000\n"
	  "> A 101 ack 2301 \"abc\"\n"
	  "read > \"abc\"\n"
	  "read < x1000@301 x1000@1301\n"
	  "state ESTABLISHED\n",
	  .bypass = true },
	{ .name = "the third segment went by unseen, and the server speaks first",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< A 301 ack 101 \"hello\" = probe\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 101 \"hello\"\n"
	  "read < \"hello\"\n",
	  .bypass = true },
	/* --- captures --- */
	{ .name = "nothing is changed where the engine only watches",
	  .text = OPEN
	  "> S 9000 \"SYN\"\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "> A 101 ack 301 \"aYc\"\n"
	  "told stream.overlap\n"
	  "> UA 104 ack 301 urg 1 ttl 1 \"def\"\n"
	  "< A 301 ack 107\n"
	  "> R 2147483752\n"
	  "told stream.refused\n"
	  "state ESTABLISHED\n"
	  "> FA 107 ack 301 \"ghi\"\n"
	  "> A 110 ack 301 \"jkl\"\n" /* neither FIN nor RST ends a stream that might be read on */
	  "< A 301 ack 111\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abcdefghijkl\"\n",
	  .loose = true,
	  .norm = &all },
	{ .name = "a capture without the handshake",
	  .text =
	  "> A 101 ack 301 \"abc\"\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "> A 104 ack 304 \"def\"\n"
	  "read > \"abcdef\"\n"
	  "read < \"xyz\"\n",
	  .pickup = true,
	  .loose = true },
	{ .name = "a capture with a hole",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> A 109 ack 301 \"ijk\"\n"
	  "< A 301 ack 112\n"
	  "told stream.gap\n"
	  "< A 305 ack 120 \"xyz\"\n"
	  "> A 120 ack 308 \"tuv\"\n"
	  "read > \"abc|ijk|tuv\"\n"
	  "read < \"|xyz\"\n",
	  .loose = true },
	{ .name = "a capture with octets of the past",
	  .text =
	  "> S 100 ts 10\n"
	  "< SA 300 ack 101 ts 50\n"
	  "> A 101 ack 301 ts 12 \"abc\"\n"
	  "< A 301 ack 104 ts 51\n"
	  "> A 104 ack 301 ts 11 \"old\"\n"
	  "told stream.refused\n"
	  "> A 104 ack 301 ts 13 \"new\"\n"
	  "read > \"abcnew\"\n",
	  .loose = true },
	{ .name = "a capture of a SYN-ACK with another number, of an answer, of a RST with octets",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< SA 900 ack 101\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "state ESTABLISHED\n"
	  "< RA 301 ack 104 \"no\"\n"
	  "state CLOSE\n"
	  "read > \"abc\"\n"
	  "read < \"\"\n",
	  .loose = true },
	{ .name = "a capture of a SYN-ACK with another number, that was answered",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< SA 900 ack 101\n"
	  "> A 101 ack 901 \"abc\"\n"
	  "state ESTABLISHED\n"
	  "< A 901 ack 104 \"xyz\"\n"
	  "> A 104 ack 904 \"def\"\n"
	  "read > \"abcdef\"\n"
	  "read < \"|xyz\"\n" /* its stream was begun at the first */
	  "told stream.gap\n",
	  .loose = true },
	{ .name = "a capture of a RST that its receiver does not heed",
	  .text = OPEN
	  "< R 301\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "state CLOSE\n"
	  "read > \"abc\"\n",
	  .loose = true },
	{ .name = "a session whose policy does not ask for inspection is tracked, and that is all",
	  .text =
	  "> S 100 ws 14 kind 30 \"no\" = data \"\"\n"
	  "< SA 300 ack 101 ws 14\n"
	  "> A 101 ack 301 win 60000\n"
	  "< A 301 ack 101 win 60000\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "> UA 101 ack 301 \"xyz\" ttl 1 urg 1\n"
	  "> R 90 = drop tcp.rst\n"
	  "> FA 104 ack 301\n"
	  "> FA 105 ack 301 = drop tcp.fin\n"
	  "< A 301 ack 105\n"
	  "state CLOSE_WAIT\n"
	  "read > \"\"\n",
	  .unread = true,
	  .loose = true,
	  .norm = &all },
	{ .name = "a capture of a refusal",
	  .text =
	  "> S 100\n"
	  "< R 0\n"
	  "state CLOSE\n",
	  .loose = true },
	{ .name = "a capture in which another connection begins",
	  .text = OPEN
	  "> R 101\n"
	  "state CLOSE\n"
	  "> S 9000\n"
	  "state SYN_SENT\n"
	  "sessions 2\n"
	  "< SA 500 ack 9001\n"
	  "> A 9001 ack 501 \"abc\"\n"
	  "> S 70000\n"
	  "state ESTABLISHED\n"
	  "< SA 800 ack 70001\n"
	  "state SYN_RECV\n"
	  "sessions 3\n"
	  "> A 70001 ack 801 \"def\"\n"
	  "read > \"abcdef\"\n",
	  .loose = true },
};

SCRIPT_MAIN(scripts)
