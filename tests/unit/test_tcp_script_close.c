/* test_tcp_script_close.c - how connections end: FIN (RFC 9293 3.6), RST (RFC 5961 3), and what comes after. */
#include "tests/unit/tcp_script.h"

#define OPEN "> S 100\n< SA 300 ack 101\n> A 101 ack 301\n"

static const struct script scripts[] = {
	/* --- FIN --- */
	{ .name = "half closed, and much comes the other way",
	  .text = OPEN
	  "> FA 101 ack 301 win 60000 \"quit\"\n"
	  "state FIN_WAIT\n"
	  "< A 301 ack 106\n"
	  "state CLOSE_WAIT\n"
	  "< A 301 ack 106 x30000\n"
	  "< A 30301 ack 106 x30000\n"
	  "> A 106 ack 30301 win 60000\n"
	  "> A 106 ack 60301 win 60000\n"
	  "+100\n"
	  "< A 60301 ack 106 x50000\n"
	  "> A 106 ack 110301\n"
	  "state CLOSE_WAIT\n"
	  "< FA 110301 ack 106 \"bye\"\n"
	  "state LAST_ACK\n"
	  "> A 106 ack 110305\n"
	  "state TIME_WAIT\n"
	  "read > \"quit\"\n"
	  "read < x30000@301 x30000@30301 x50000@60301 \"bye\"\n"
	  "not told anomaly\n" },
	{ .name = "FINs cross",
	  .text = OPEN
	  "> FA 101 ack 301\n"
	  "< FA 301 ack 101\n"
	  "state LAST_ACK\n"
	  "> A 102 ack 302\n"
	  "state LAST_ACK\n"
	  "< A 302 ack 102\n"
	  "state TIME_WAIT\n" },
	{ .name = "the last acknowledgement carries the second FIN, and is lost",
	  .text = OPEN
	  "< FA 301 ack 101 \"bye\"\n"
	  "> FA 101 ack 305\n"
	  "state LAST_ACK\n"
	  "< A 305 ack 102\n"
	  "state TIME_WAIT\n"
	  "> FA 101 ack 305\n"
	  "< A 305 ack 102\n"
	  "< FA 301 ack 101 \"bye\"\n"
	  "state TIME_WAIT\n"
	  "read < \"bye\"\n" },
	{ .name = "a FIN comes again, with and without the octets before it",
	  .text = OPEN
	  "> FA 101 ack 301 \"abc\"\n"
	  "> FA 101 ack 301 \"abc\"\n"
	  "> FA 104 ack 301\n"
	  "> FA 102 ack 301 \"bX\" = data \"bc\"\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 105\n"
	  "> FA 101 ack 301 \"abc\"\n"
	  "> FA 104 ack 301\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abc\"\n" },
	{ .name = "another FIN behind the first",
	  .text = OPEN
	  "> FA 101 ack 301 \"abc\"\n"
	  "> FA 105 ack 301 = drop tcp.fin\n"
	  "> FA 106 ack 301 = drop tcp.fin\n"
	  "> A 104 ack 301 \"def\" = data \"\" flags FA\n" /* the first may have been lost */
	  "> FA 104 ack 301 \"d\" = data \"\"\n"
	  "> A 105 ack 301 \"efg\" = drop tcp.fin\n"
	  "> A 105 ack 301\n"
	  "< A 301 ack 104\n"
	  "state FIN_WAIT\n"
	  "< A 301 ack 105\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abc\"\n" },
	{ .name = "octets over the FIN are cut, and another FIN before it",
	  .text = OPEN
	  "> FA 101 ack 301 \"abcdef\"\n"
	  "> A 104 ack 301 \"defGH\" = data \"def\" flags FA\n"
	  "> FPA 104 ack 301 \"defGH\" = data \"def\"\n"
	  "> FA 101 ack 301 \"ab\" = flags A\n"
	  "> FA 101 ack 301 \"aX\" = data \"ab\" flags A\n"
	  "> FA 103 ack 301 = drop tcp.fin\n"
	  "< A 301 ack 108\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abcdef\"\n" },
	{ .name = "a FIN amid octets that went by",
	  .text = OPEN
	  "> A 101 ack 301 \"abcdef\"\n"
	  "> FA 103 ack 301 = drop tcp.fin\n"
	  "> FA 101 ack 301 \"abX\" = data \"abc\" flags A\n"
	  "state ESTABLISHED\n"
	  "> FA 104 ack 301 \"defg\"\n"
	  "state FIN_WAIT\n"
	  "< A 301 ack 109\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abcdefg\"\n" },
	{ .name = "a FIN behind a hole",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> FA 107 ack 301 \"ghi\" = flags A\n"
	  "state ESTABLISHED\n"
	  "> FA 110 ack 301 = drop tcp.fin\n"
	  "> A 104 ack 301 \"def\"\n"
	  "< A 301 ack 110\n"
	  "> FA 110 ack 301\n"
	  "state FIN_WAIT\n"
	  "< A 301 ack 111\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abcdefghi\"\n" },
	{ .name = "a FIN right behind the window, and one beyond it",
	  .text = OPEN
	  "> FA 101 ack 301 x1001 = data x1000 flags A\n"
	  "state ESTABLISHED\n"
	  "> FA 1102 ack 301 = drop tcp.window\n"
	  "> FA 101 ack 301 x1000\n"
	  "state FIN_WAIT\n"
	  "< A 301 ack 1102\n"
	  "state CLOSE_WAIT\n"
	  "read > x1000@101\n" },
	{ .name = "what counts for nothing keeps a session, what is refused does not",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "+3000\n"
	  "> A 90 ack 301\n"
	  "+3000\n"
	  "state ESTABLISHED\n"
	  "< SA 300 ack 101\n"
	  "+3000\n"
	  "< R 5000 = drop tcp.rst\n"
	  "> A 5000 ack 301 \"x\" = drop tcp.window\n"
	  "state ESTABLISHED\n"
	  "+700\n"
	  "state none\n" },
	{ .name = "a FIN is acknowledged that nobody sent",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 105 = drop tcp.acknowledgement\n"
	  "< FA 301 ack 104\n"
	  "> A 104 ack 303 = drop tcp.acknowledgement\n"
	  "state FIN_WAIT\n"
	  "> A 104 ack 302\n"
	  "state CLOSE_WAIT\n" },
	{ .name = "a FIN of somebody else is out of the window",
	  .text = OPEN
	  "> FA 5000 ack 301 = drop tcp.window\n"
	  "> FA 4294960000 ack 301\n" /* of the past: its receiver answers, and that is all */
	  "> FA 2147483652 ack 301 = drop tcp.window\n"
	  "state ESTABLISHED\n" },
	/* --- RST --- */
	{ .name = "a RST at the number that is due ends it",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "> R 104\n"
	  "state CLOSE\n"
	  "> R 104\n"
	  "state CLOSE\n"
	  "+2\n"
	  "state none\n"
	  "< A 301 ack 104 \"xyz\" = drop session.none\n" },
	{ .name = "a RST behind octets that were lost behind us",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> R 104\n"
	  "state CLOSE\n" },
	{ .name = "a RST in the window, not at the number that is due: challenged",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "< R 400\n"
	  "state ESTABLISHED\n"
	  "> A 104 ack 301\n"
	  "< A 301 ack 104 \"more\"\n"
	  "> R 1103\n"
	  "> R 1104\n"
	  "< A 305 ack 104\n"
	  "> RA 600 ack 305\n"
	  "> A 104 ack 305 \"def\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abcdef\"\n"
	  "read < \"more\"\n" },
	{ .name = "a challenged RST that was meant comes again with the number",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< R 302\n"
	  "> A 104 ack 301\n"
	  "state ESTABLISHED\n"
	  "< R 301\n"
	  "state CLOSE\n" },
	{ .name = "a RST out of the window",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "< R 1302 = drop tcp.rst\n"
	  "< R 300 = drop tcp.rst\n"
	  "< RA 5000 ack 104 = drop tcp.rst\n"
	  "> R 103 = drop tcp.rst\n"
	  "> R 1105 = drop tcp.rst\n"
	  "> R 2147483752 = drop tcp.rst\n"
	  "state ESTABLISHED\n"
	  "> A 104 ack 301 \"def\"\n"
	  "read > \"abcdef\"\n" },
	{ .name = "a RST is refused by its receiver, who goes on",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "< R 301\n"
	  "state CLOSE\n"
	  "< A 301 ack 104 \"xyz\"\n" /* the server did not send it */
	  "state CLOSE\n"
	  "> A 104 ack 304\n"
	  "state ESTABLISHED\n"
	  "> A 104 ack 304 \"def\"\n"
	  "+100\n"
	  "< A 304 ack 107 \"uvw\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abcdef\"\n"
	  "read < \"xyzuvw\"\n"
	  "sessions 1\n" },
	{ .name = "a RST does not make room for other octets",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> R 104\n"
	  "state CLOSE\n"
	  "> A 101 ack 301 \"ZZZ\" = data \"abc\"\n"
	  "> A 104 ack 301 \"def\"\n"
	  "> A 5000 ack 301 \"ghi\" = drop tcp.window\n"
	  "< A 301 ack 107\n"
	  "state ESTABLISHED\n"
	  "read > \"abcdef\"\n" },
	{ .name = "a RST amid the closing, and the state it comes back to",
	  .text = OPEN
	  "> FA 101 ack 301\n"
	  "< A 301 ack 102\n"
	  "state CLOSE_WAIT\n"
	  "> R 102\n"
	  "state CLOSE\n"
	  "ends CLOSE CLOSE\n"
	  "< A 301 ack 102 \"xyz\"\n"
	  "state CLOSE_WAIT\n"
	  "ends FIN_WAIT CLOSE_WAIT\n"
	  "< R 304\n"
	  "> A 102 ack 304\n"
	  "ends FIN_WAIT CLOSE_WAIT\n"
	  "< FA 304 ack 102\n"
	  "> A 102 ack 305\n"
	  "state TIME_WAIT\n"
	  "read < \"xyz\"\n" },
	{ .name = "a RST amid the opening, and the state it comes back to",
	  .text =
	  "> S 100\n"
	  "ends SYN_SENT LISTEN\n"
	  "< RA 0 ack 101\n"
	  "state CLOSE\n"
	  "> S 100\n" /* the server did not send it */
	  "state SYN_SENT\n"
	  "ends SYN_SENT LISTEN\n"
	  "< SA 300 ack 101\n"
	  "> R 101\n"
	  "state CLOSE\n"
	  "< SA 300 ack 101\n" /* nor the client this one */
	  "state SYN_RECV\n"
	  "ends SYN_SENT SYN_RECV\n"
	  "< A 301 ack 101\n"
	  "state SYN_RECV\n"
	  "> A 101 ack 301\n"
	  "state ESTABLISHED\n"
	  "ends ESTABLISHED ESTABLISHED\n" },
	{ .name = "a RST amid a simultaneous open",
	  .text =
	  "> S 100\n"
	  "< S 300\n"
	  "ends SYN_SENT SYN_SENT\n"
	  "< RA 301 ack 101\n"
	  "state CLOSE\n"
	  "> SA 100 ack 301\n"
	  "state SYN_RECV\n"
	  "ends SYN_RECV SYN_SENT\n"
	  "< RA 301 ack 101\n"
	  "state CLOSE\n"
	  "> SA 100 ack 301\n"
	  "state SYN_RECV\n"
	  "ends SYN_RECV SYN_SENT\n"
	  "< SA 300 ack 101\n"
	  "state ESTABLISHED\n" },
	{ .name = "a RST at the number of a FIN that was acknowledged",
	  .text = OPEN
	  "< FA 301 ack 101\n"
	  "< R 300 = drop tcp.rst\n"
	  "> A 101 ack 302\n"
	  "< R 301\n"
	  "state CLOSE_WAIT\n"
	  "< R 300 = drop tcp.rst\n"
	  "> R 100 = drop tcp.rst\n"
	  "> A 101 ack 302 \"abc\"\n"
	  "< R 302\n"
	  "state CLOSE\n" },
	{ .name = "a RST when both have ended, and the state it comes back to",
	  .text = OPEN
	  "> FA 101 ack 301\n"
	  "< FA 301 ack 102\n"
	  "ends FIN_WAIT LAST_ACK\n"
	  "> R 102\n"
	  "state CLOSE\n"
	  "< FA 301 ack 102\n"
	  "state LAST_ACK\n"
	  "> A 102 ack 302\n"
	  "state TIME_WAIT\n"
	  "ends TIME_WAIT CLOSE\n" },
	{ .name = "a RST of both: nobody is left to come back",
	  .text = OPEN
	  "> R 101\n"
	  "< R 301\n"
	  "state CLOSE\n" },
	{ .name = "octets of a RST",
	  .text = OPEN
	  "< RA 301 ack 101 \"reason\" = data \"\"\n"
	  "state CLOSE\n"
	  "read < \"\"\n" },
	{ .name = "a server regrets its SYN-ACK",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< R 302\n"
	  "state SYN_RECV\n"
	  "< R 301 \"no\" = data \"\"\n"
	  "state CLOSE\n"
	  "> S 700\n"
	  "< SA 800 ack 701\n"
	  "> A 701 ack 801\n"
	  "state ESTABLISHED\n" },
	{ .name = "a RST while opening",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101\n"
	  "< R 5000 = drop tcp.rst\n"
	  "> R 101\n"
	  "state CLOSE\n"
	  "> S 700\n"
	  "< SA 800 ack 701\n"
	  "> A 701 ack 801\n"
	  "state ESTABLISHED\n" },
	/* --- depth --- */
	{ .name = "octets behind the depth are not read, and pass",
	  .text = OPEN
	  "> A 101 ack 301 \"abcdefgh\"\n"
	  "> A 109 ack 301 \"ijklmn\"\n"
	  "> A 115 ack 301 \"opq\"\n"
	  "< A 301 ack 118 \"0123456789ab\"\n"
	  "> FA 118 ack 313\n"
	  "< A 313 ack 119\n"
	  "state CLOSE_WAIT\n"
	  "read > \"abcdefghij\"\n"
	  "read < \"0123456789\"\n",
	  .ignore_after = 10 },
};

SCRIPT_MAIN(scripts)
