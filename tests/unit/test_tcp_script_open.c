/* test_tcp_script_open.c - how connections begin, and begin anew: RFC 9293 3.5, 3.10.7, RFC 5961 4, RFC 7413. */
#include "tests/unit/tcp_script.h"

#define OPEN "> S 100\n< SA 300 ack 101\n> A 101 ack 301\n"
#define CLOSE_ALL                        \
	"> FA 101 ack 301\n< A 301 ack 102\n" \
	"< FA 301 ack 102\n> A 102 ack 302\nstate TIME_WAIT\n"

static const struct script scripts[] = {
	{ .name = "a connection", .text =
	  "> S 100 mss 1460\n"
	  "state SYN_SENT\n"
	  "< SA 300 ack 101 mss 1460\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n"
	  "> PA 101 ack 301 \"hello\"\n"
	  "< A 301 ack 106\n"
	  "< PA 301 ack 106 \"world\"\n"
	  "> A 106 ack 306\n"
	  "read > \"hello\"\n"
	  "read < \"world\"\n"
	  "> FA 106 ack 306\n"
	  "state FIN_WAIT\n"
	  "< A 306 ack 107\n"
	  "state CLOSE_WAIT\n"
	  "< FA 306 ack 107\n"
	  "state LAST_ACK\n"
	  "> A 107 ack 307\n"
	  "state TIME_WAIT\n"
	  "not told anomaly\n"
	  "sessions 1\n" },
	{ .name = "SYN and SYN-ACK are lost behind us and come again", .text =
	  "> S 100\n"
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "> A 101 ack 301\n"
	  "< SA 300 ack 101\n" /* the ACK was lost behind us */
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< SA 300 ack 101\n" /* so was everything */
	  "> A 104 ack 301\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "read > \"abc\"\n"
	  "sessions 1\n" },
	{ .name = "a SYN that comes again without its options",
	  .text =
	  "> S 100 ws 7 ts 5\n"
	  "> S 100\n"
	  "< SA 300 ack 101 ws 7 ts 50\n" /* of the first, as the server says */
	  "> A 101 ack 301 ts 6 win 1000\n"
	  "< A 301 ack 101 ts 51 win 1000\n"
	  "> A 101 ack 301 ts 6 x60000\n"
	  "< A 301 ack 101 ts 51 x60000\n"
	  "> A 60101 ack 301 ts 4 \"old\" = drop tcp.timestamp\n"
	  "read > x60000@101\n"
	  "read < x60000@301\n" },
	{ .name = "a SYN-ACK that comes again without its options",
	  .text =
	  "> S 100 ws 7\n"
	  "< SA 300 ack 101 ws 7\n"
	  "< SA 300 ack 101\n"
	  "> A 101 ack 301 win 1000\n"
	  "< A 301 ack 101 win 1000\n"
	  "> A 101 ack 301 x60000\n"
	  "< A 301 ack 101 x60000\n" },
	{ .name = "a SYN-ACK without a window",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101 win 0\n"
	  "> A 101 ack 301\n"
	  "> A 101 ack 301 \"abc\" = data \"a\"\n"
	  "< A 301 ack 101 win 10\n"
	  "> A 101 ack 301 \"Ybc\" = data \"abc\"\n"
	  "read > \"abc\"\n" },
	{ .name = "the third segment carries octets, and FIN", .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "> FPA 101 ack 301 \"abc\"\n"
	  "state FIN_WAIT\n"
	  "read > \"abc\"\n"
	  "< A 301 ack 105\n"
	  "state CLOSE_WAIT\n" },
	{ .name = "nothing but the handshake opens", .text =
	  "> S 100\n"
	  "> A 101 ack 301 = drop tcp.state\n"
	  "> A 101 ack 301 \"abc\" = drop tcp.state\n"
	  "< A 900 ack 777\n" /* an old connection's (RFC 9293 3.5.1) */
	  "< A 301 ack 101 \"abc\" = drop tcp.state\n"
	  "> FA 101 ack 301 = drop tcp.state\n"
	  "state SYN_SENT\n"
	  "< SA 300 ack 101\n"
	  "< A 301 ack 101\n"
	  "< A 301 ack 101 \"abc\" = drop tcp.state\n"
	  "< FA 301 ack 101 = drop tcp.state\n"
	  "> A 101 ack 302 = drop tcp.acknowledgement\n"
	  "> A 101 ack 300 = drop tcp.acknowledgement\n"
	  "> A 101 ack 302 \"abc\" = drop tcp.acknowledgement\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 101 \"abc\"\n"
	  "read < \"abc\"\n"
	  "read > \"\"\n" },
	{ .name = "an answer to an older SYN is not believed", .text =
	  "> S 100\n"
	  "< SA 700 ack 51\n"
	  "state SYN_SENT\n"
	  "> R 51\n"
	  "state SYN_SENT\n"
	  "> A 101 ack 701 \"abc\" = drop tcp.state\n"
	  "< SA 300 ack 101\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 701 = drop tcp.acknowledgement\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n"
	  "sessions 1\n" },
	{ .name = "a SYN-ACK with another number: the answer is to the second", .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< SA 900 ack 101\n"
	  "< SA 950 ack 101 = drop tcp.syn\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 901\n"
	  "state ESTABLISHED\n"
	  "> A 101 ack 901 \"abc\"\n"
	  "< SA 900 ack 101\n"
	  "< SA 300 ack 101 = drop tcp.syn\n"
	  "< A 901 ack 104 \"xyz\"\n"
	  "> A 104 ack 904\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n"
	  "sessions 1\n" },
	{ .name = "a SYN-ACK with another number has options of its own",
	  .text =
	  "> S 100 ws 7 ts 5\n"
	  "< SA 300 ack 101 ts 2000\n"
	  "< SA 900 ack 101 ws 7 ts 10\n"
	  "> A 101 ack 901 ts 6/10 win 1000\n"
	  "< A 901 ack 101 ts 11 win 1000\n"
	  "> A 101 ack 901 ts 7 x60000\n"
	  "< A 901 ack 101 ts 9 \"old\" = drop tcp.timestamp\n"
	  "< A 901 ack 101 ts 12 x60000\n"
	  "read < x60000@901\n" },
	{ .name = "a SYN-ACK with another number has no options",
	  .text =
	  "> S 100 ws 7 ts 5\n"
	  "< SA 300 ack 101 ws 7 ts 2000\n"
	  "< SA 900 ack 101\n"
	  "> A 101 ack 901 win 1000\n"
	  "< A 901 ack 101 win 1000 x1000\n"
	  "> A 101 ack 1901 x1000\n"
	  "read < x1000@901\n" },
	{ .name = "a SYN-ACK with another number: the answer is to the first", .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< SA 900 ack 101\n"
	  "< SA 300 ack 101\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "state ESTABLISHED\n"
	  "< SA 900 ack 101 = drop tcp.syn\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "> A 104 ack 304\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n" },
	{ .name = "the client tries anew before an answer", .text =
	  "> S 100\n"
	  "+2\n"
	  "> S 4000\n"
	  "< SA 300 ack 4001\n"
	  "> A 4001 ack 301 \"abc\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abc\"\n" },
	{ .name = "the client tries anew, and the first SYN is answered", .text =
	  "> S 100\n"
	  "+2\n"
	  "> S 4000\n"
	  "< SA 300 ack 101\n"
	  "> R 101\n"
	  "< SA 700 ack 4001\n"
	  "> A 4001 ack 701 \"abc\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abc\"\n" },
	{ .name = "a client that lost its memory: SYN, challenge ACK, RST, SYN", .text =
	  OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "> S 5000 \"evil\" = data \"\"\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 104\n"
	  "> R 104\n"
	  "state CLOSE\n"
	  "> S 5000\n"
	  "< SA 900 ack 5001\n"
	  "state SYN_RECV\n"
	  "> A 5001 ack 901 \"new\"\n"
	  "< A 901 ack 5004\n"
	  "state ESTABLISHED\n"
	  "read > \"abcnew\"\n"
	  "sessions 2\n" },
	{ .name = "a SYN of somebody else does no harm to a connection", .text =
	  OPEN
	  "> S 5000\n"
	  "< A 301 ack 101\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "< S 7000\n"
	  "> A 104 ack 304\n"
	  "> S 102 \"X\" = data \"\"\n"
	  "> A 104 ack 304 \"def\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abcdef\"\n"
	  "read < \"xyz\"\n"
	  "sessions 1\n" },
	{ .name = "a SYN that is answered replaces a connection that lives", .text =
	  OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> S 5000\n"
	  "> A 104 ack 301 \"def\"\n"
	  "state ESTABLISHED\n"
	  "< SA 900 ack 5001\n"
	  "state SYN_RECV\n"
	  "sessions 2\n"
	  "alive 1\n"
	  "> A 107 ack 301 \"ghi\" = drop tcp.acknowledgement\n"
	  "> A 5001 ack 901 \"new\"\n"
	  "read > \"abcdefnew\"\n" },
	{ .name = "TIME_WAIT and a SYN that is answered", .text =
	  OPEN CLOSE_ALL
	  "> S 9000\n"
	  "state TIME_WAIT\n"
	  "< SA 5000 ack 9001\n"
	  "state SYN_RECV\n"
	  "> A 9001 ack 5001 \"new\"\n"
	  "state ESTABLISHED\n"
	  "read > \"new\"\n"
	  "sessions 2\n" },
	{ .name = "the new connection has the new SYN's options",
	  .text =
	  "> S 100 ws 9 ts 1000\n"
	  "< SA 300 ack 101 ws 9 ts 2000\n"
	  "> R 101\n"
	  "> S 9000 ws 2 ts 10\n"
	  "< SA 5000 ack 9001 ws 3 ts 20\n"
	  "> A 9001 ack 5001 ts 11\n"
	  "< A 5001 ack 9001 ts 21\n"
	  "> A 9001 ack 5001 ts 12 x8001 = data x8000\n"
	  "> A 17001 ack 5001 ts 12 \"x\" = drop tcp.window\n"
	  "< A 5001 ack 17001 ts 22 x4001 = data x4000\n"
	  "> A 17001 ack 9001 ts 11 \"old\" = drop tcp.timestamp\n"
	  "> A 17001 ack 9001 ts 13 \"new\"\n"
	  "sessions 2\n"
	  "read > x8000@9001 \"new\"\n"
	  "read < x4000@5001\n" },
	{ .name = "TIME_WAIT and a SYN that is not", .text =
	  OPEN CLOSE_ALL
	  "> S 9000\n"
	  "< A 302 ack 102\n" /* RFC 9293 3.10.7.4: only a later number reopens */
	  "> R 102\n"
	  "state CLOSE\n"
	  "> S 9000\n"
	  "< SA 5000 ack 9001\n"
	  "> A 9001 ack 5001\n"
	  "state ESTABLISHED\n"
	  "sessions 2\n" },
	{ .name = "TIME_WAIT ends by time", .text =
	  OPEN CLOSE_ALL
	  "+0.5\n"
	  "< FA 301 ack 102\n" /* the last ACK was lost */
	  "> A 102 ack 302\n"
	  "state TIME_WAIT\n"
	  "+2\n"
	  "state none\n"
	  "> A 102 ack 302 = drop session.none\n"
	  "> S 9000\n"
	  "state SYN_SENT\n"
	  "sessions 2\n" },
	{ .name = "CLOSE and a SYN that is answered", .text =
	  OPEN
	  "> R 101\n"
	  "state CLOSE\n"
	  "> S 9000\n"
	  "state CLOSE\n"
	  "< SA 300 ack 9001\n"
	  "> A 9001 ack 301 \"new\"\n"
	  "state ESTABLISHED\n"
	  "read > \"new\"\n"
	  "sessions 2\n" },
	{ .name = "refused and tried again", .text =
	  "> S 100\n"
	  "< RA 0 ack 101 \"no\" = data \"\"\n"
	  "state CLOSE\n"
	  "> S 100\n"
	  "< RA 0 ack 101\n"
	  "> S 9000\n"
	  "< SA 300 ack 9001\n"
	  "> A 9001 ack 301\n"
	  "state ESTABLISHED\n" },
	{ .name = "the answer to a Fast Open SYN has one number",
	  .text =
	  "> S 100 cookie \"hello\"\n"
	  "< SA 300 ack 106\n"
	  "< SA 300 ack 107 = drop tcp.syn\n"
	  "< SA 300 ack 100 = drop tcp.syn\n"
	  "< SA 300 ack 106\n"
	  "< A 301 ack 106 \"early\"\n"
	  "< SA 900 ack 106 = drop tcp.syn\n"
	  "> A 106 ack 306\n"
	  "> S 100 cookie \"hello\" = data \"\"\n"
	  "state ESTABLISHED\n"
	  "read > \"hello\"\n" },
	{ .name = "a Fast Open server that answers twice has to wait for the client's answer",
	  .text =
	  "> S 100 cookie \"hello\"\n"
	  "< SA 300 ack 106\n"
	  "< SA 900 ack 106\n"
	  "< A 901 ack 106 \"early\" = drop tcp.state\n"
	  "> A 106 ack 901\n"
	  "state ESTABLISHED\n"
	  "< A 901 ack 106 \"early\"\n"
	  "read < \"early\"\n" },
	{ .name = "a late SYN-ACK counts for nothing",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< SA 300 ack 104 win 60000 \"no\" = data \"\"\n"
	  "< SA 300 ack 5000 ws 3\n"
	  "> A 101 ack 301 \"aYc\" = data \"abc\"\n"
	  "> A 1101 ack 301 \"x\" = drop tcp.window\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "< S 300 \"no\" = data \"\"\n"
	  "< S 7000 ws 4\n"
	  "< SA 300 ack 101\n"
	  "> A 104 ack 304\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n"
	  "state ESTABLISHED\n" },
	{ .name = "a RST that cannot answer the SYN", .text =
	  "> S 100\n"
	  "< RA 0 ack 55 = drop tcp.rst\n"
	  "< RA 0 ack 102 = drop tcp.rst\n"
	  "< R 0 = drop tcp.rst\n"
	  "state SYN_SENT\n"
	  "< SA 300 ack 101\n"
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n" },
	{ .name = "simultaneous open",
	  .text =
	  "> S 100\n"
	  "< S 300 \"no\" = data \"\"\n"
	  "state LISTEN\n"
	  "< SA 300 ack 77 \"no\" = data \"\"\n"
	  "state LISTEN\n"
	  "> SA 100 ack 301 \"no\" = data \"\"\n"
	  "state SYN_RECV\n"
	  "< SA 300 ack 77\n"
	  "state SYN_RECV\n"
	  "< SA 300 ack 101 \"no\" = data \"\"\n"
	  "state ESTABLISHED\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "> A 104 ack 304\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n"
	  "sessions 1\n" },
	{ .name = "SYNs cross, and the answer has another number",
	  .text =
	  "> S 100\n"
	  "< S 300\n"
	  "< SA 900 ack 101\n"
	  "> A 101 ack 901\n"
	  "state ESTABLISHED\n"
	  "< A 901 ack 101 \"xyz\"\n"
	  "> A 101 ack 904 \"abc\"\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n" },
	{ .name = "split handshake", .text =
	  "> S 100\n"
	  "< A 77 ack 101\n"
	  "< S 300\n"
	  "state LISTEN\n"
	  "< A 301 ack 101 \"early\" = drop tcp.state\n"
	  "> SA 100 ack 301\n"
	  "< A 301 ack 101\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 101 \"xyz\"\n"
	  "> A 101 ack 304 \"abc\"\n"
	  "< A 304 ack 104\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n"
	  "sessions 1\n" },
	{ .name = "octets of a SYN without a cookie come again", .text =
	  "> S 100 \"hello\" = data \"\"\n"
	  "read > \"\"\n"
	  "> S 100 ask \"hello\" = data \"\"\n"
	  "< SA 300 ack 106\n" /* of octets that were cut off */
	  "state SYN_SENT\n"
	  "< SA 300 ack 101 \"hi\" = data \"\"\n"
	  "> A 101 ack 301 \"hello\"\n"
	  "< A 301 ack 106 \"hi\"\n"
	  "read > \"hello\"\n"
	  "read < \"hi\"\n" },
	{ .name = "Fast Open: the octets of the SYN are taken", .text =
	  "> S 100 mss 1460 cookie \"hello\"\n"
	  "read > \"hello\"\n"
	  "> S 100 mss 1460 cookie \"hexxo\" = data \"hello\"\n"
	  "> S 100 mss 1460\n"
	  "< SA 300 ack 106\n"
	  "< A 301 ack 106 \"early\"\n" /* RFC 7413 4.2.2: before the ACK */
	  "read < \"early\"\n"
	  "> A 106 ack 301 \"more\"\n"
	  "state ESTABLISHED\n"
	  "< A 306 ack 110\n"
	  "read > \"more\"\n" },
	{ .name = "Fast Open is what the first SYN says",
	  .text =
	  "> S 100\n"
	  "> S 100 cookie \"hello\" = data \"\"\n"
	  "< SA 300 ack 101 \"hi\" = data \"\"\n"
	  "< SA 300 ack 101 \"hi\" = data \"\"\n"
	  "> A 101 ack 301\n"
	  "read > \"\"\n" },
	{ .name = "Fast Open: a copy of the SYN without its cookie",
	  .text =
	  "> S 100 cookie \"hello\"\n"
	  "> S 100 \"hello\" = data \"\"\n"
	  "read > \"hello\"\n" },
	{ .name = "Fast Open: the octets of the SYN are not taken", .text =
	  "> S 100 mss 1460 cookie \"hello\"\n"
	  "< SA 300 ack 101\n"
	  "> S 100 mss 1460 cookie \"heYYo\" = data \"hello\"\n"
	  "> A 101 ack 301 \"HELLO\" = data \"hello\"\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 106\n"
	  "> A 106 ack 301 \"more\"\n"
	  "read > \"hellomore\"\n" },
	{ .name = "mid-stream is refused where the policy does not say otherwise", .text =
	  "> A 101 ack 301 \"abc\" = drop session.none\n"
	  "> A 101 ack 301 = drop session.none\n"
	  "< SA 300 ack 101 = drop session.none\n"
	  "> FA 101 ack 301 = drop session.none\n"
	  "> R 101 = drop session.none\n"
	  "state none\n"
	  "> S 100\n"
	  "state SYN_SENT\n" },
	{ .name = "mid-stream, an ACK of the client first", .text =
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n"
	  "< A 301 ack 101 \"xyz\"\n"
	  "> A 101 ack 304 \"abc\"\n"
	  "< A 304 ack 104\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n"
	  "sessions 1\n",
	  .pickup = true },
	{ .name = "mid-stream, octets of the client first: its server is asked where it stands", .text =
	  "> PA 101 ack 301 \"hello\" = probe\n"
	  "> FA 106 ack 301 = probe\n"
	  "read > \"\"\n"
	  "pause 2\n"
	  "< A 301 ack 101 win 65535\n"
	  "> PA 101 ack 301 \"hello\"\n"
	  "< A 301 ack 106 \"xyz\"\n"
	  "> FA 106 ack 304\n"
	  "read > \"hello\"\n"
	  "read < \"xyz\"\n"
	  "state FIN_WAIT\n"
	  "sessions 1\n",
	  .pickup = true },
	{ .name = "mid-stream, octets of the server first", .text =
	  "< A 301 ack 101 \"xyz\" = probe\n"
	  "< A 304 ack 101 \"uvw\" = probe\n"
	  "> A 101 ack 301\n"
	  "< A 301 ack 101 \"xyz\"\n"
	  "< A 304 ack 101 \"uvw\"\n"
	  "> A 101 ack 307 \"abc\"\n"
	  "read > \"abc\"\n"
	  "read < \"xyzuvw\"\n"
	  "state ESTABLISHED\n"
	  "sessions 1\n",
	  .pickup = true },
	{ .name = "mid-stream, a RST first",
	  .text =
	  "> R 101\n"
	  "state CLOSE\n"
	  "< A 301 ack 101 \"xyz\" = probe\n"
	  "> A 101 ack 301\n"
	  "< A 301 ack 101 \"xyz\"\n"
	  "state CLOSE\n"
	  "read < \"xyz\"\n",
	  .pickup = true },
	{ .name = "mid-stream with timestamps: the first ones count",
	  .text =
	  "> A 101 ack 301 ts 10\n"
	  "< A 301 ack 101 ts 50\n"
	  "> A 101 ack 301 ts 9 \"old\" = drop tcp.timestamp\n"
	  "< A 301 ack 101 ts 49 \"old\" = drop tcp.timestamp\n"
	  "> A 101 ack 301 ts 10 \"abc\"\n"
	  "< A 301 ack 104 ts 51 \"xyz\"\n"
	  "> A 104 ack 304 ts 2000000000\n"
	  "> A 104 ack 304 ts 11 \"old\" = drop tcp.timestamp\n"
	  "read > \"abc\"\n"
	  "read < \"xyz\"\n",
	  .pickup = true },
	{ .name = "mid-stream, behind a segment that was lost before", .text =
	  "> A 111 ack 301 \"klmno\" = probe\n"
	  "< A 301 ack 101 blocks 106-111\n"
	  "> A 101 ack 301 \"abcde\"\n"
	  "< A 301 ack 111\n" /* 106 to 110 went by before us */
	  "> A 111 ack 301 \"klmno\"\n"
	  "< A 301 ack 116\n"
	  "read > \"abcde|klmno\"\n"
	  "told stream.gap\n",
	  .pickup = true },
};

SCRIPT_MAIN(scripts)
