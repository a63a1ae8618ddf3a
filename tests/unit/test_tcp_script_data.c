/* test_tcp_script_data.c - octets, windows, acknowledgements, timestamps: RFC 9293 3.4, 3.8, 3.10.7.4, RFC 7323, 2018. */
#include "tests/unit/tcp_script.h"

#define OPEN "> S 100\n< SA 300 ack 101\n> A 101 ack 301\n"
#define OPEN_TS "> S 100 ts 10\n< SA 300 ack 101 ts 70\n> A 101 ack 301 ts 11\n"

static const struct script scripts[] = {
	/* --- loss --- */
	{ .name = "a segment is lost behind us",
	  .text = OPEN
	  "> A 101 ack 301 \"abcde\"\n"
	  "> A 106 ack 301 \"fghij\"\n"
	  "< A 301 ack 101 blocks 106-111\n"
	  "< A 301 ack 101 blocks 106-111\n"
	  "> A 101 ack 301 \"abcde\"\n"
	  "< A 301 ack 111\n"
	  "> A 111 ack 301 \"k\"\n"
	  "< A 301 ack 112\n"
	  "read > \"abcdefghijk\"\n"
	  "not told anomaly\n" },
	{ .name = "a segment is lost before us",
	  .text = OPEN
	  "> A 106 ack 301 \"fghij\"\n"
	  "> A 111 ack 301 \"klm\"\n"
	  "read > \"\"\n"
	  "< A 301 ack 101 blocks 106-111\n"
	  "< A 301 ack 101 blocks 106-114\n"
	  "> A 101 ack 301 \"abcde\"\n"
	  "read > \"abcdefghijklm\"\n"
	  "< A 301 ack 114\n"
	  "not told anomaly\n" },
	{ .name = "every acknowledgement but the last is lost behind us, then before us",
	  .text = OPEN
	  "> A 101 ack 301 \"abcde\"\n"
	  "< A 301 ack 106\n"
	  "> A 101 ack 301 \"abcde\"\n"
	  "< A 301 ack 106\n"
	  "> A 101 ack 301 \"abcdefgh\"\n"
	  "< A 301 ack 109\n"
	  "> A 109 ack 301 \"ijk\"\n"
	  "> A 109 ack 301 \"ijk\"\n"
	  "< A 301 ack 112\n"
	  "read > \"abcdefghijk\"\n"
	  "not told anomaly\n" },
	{ .name = "octets that never came by are acknowledged: their receiver has them, nothing stalls",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> A 109 ack 301 \"ijk\"\n"
	  "not told stream.gap\n"
	  "< A 301 ack 112\n"
	  "told stream.gap\n"
	  "> A 104 ack 301 \"defgh\"\n"
	  "> A 112 ack 301 \"lmn\"\n"
	  "< A 301 ack 115\n"
	  "read > \"abc|ijklmn\"\n" },
	/* --- other octets --- */
	{ .name = "the same octets again, and others",
	  .text = OPEN
	  "> A 101 ack 301 \"abcde\"\n"
	  "not told stream.overlap\n"
	  "> A 101 ack 301 \"abcde\"\n"
	  "not told stream.overlap\n"
	  "> A 101 ack 301 \"aXcXe\" = data \"abcde\"\n"
	  "told stream.overlap\n"
	  "> A 102 ack 301 \"XX\" = data \"bc\"\n"
	  "> PA 103 ack 301 \"ZZZfg\" = data \"cdefg\"\n"
	  "> A 103 ack 301 \"cdeYY\" = data \"cdefg\"\n"
	  "< A 301 ack 108\n"
	  "read > \"abcdefg\"\n" },
	{ .name = "others of the server's",
	  .text = OPEN
	  "< A 301 ack 101 \"abcde\"\n"
	  "< A 299 ack 101 \"ZZZZZ\" = data \"ZZabc\"\n" /* its SYN's number and before: nobody takes these */
	  "< PA 303 ack 101 \"cXefg\" = data \"cdefg\"\n"
	  "> A 101 ack 308\n"
	  "told stream.overlap\n"
	  "read < \"abcdefg\"\n" },
	{ .name = "others after a part was acknowledged",
	  .text = OPEN
	  "> A 101 ack 301 \"abcdef\"\n"
	  "< A 301 ack 103\n"
	  "> A 103 ack 301 \"ZZZXgh\" = data \"cdefgh\"\n"
	  "> A 102 ack 301 \"bZZZ\" = data \"bcde\"\n"
	  "< A 301 ack 106\n"
	  "> A 106 ack 301 \"fXX\" = data \"fgh\"\n"
	  "< A 301 ack 109\n"
	  "read > \"abcdefgh\"\n" },
	{ .name = "others across octets that are held",
	  .text = OPEN
	  "> A 104 ack 301 \"def\"\n"
	  "> A 110 ack 301 \"jkl\"\n"
	  "> A 103 ack 301 \"cZZZg\" = data \"cdefg\"\n"
	  "told stream.overlap\n"
	  "> A 106 ack 301 \"YYhiZZ\" = data \"fghijk\"\n"
	  "> A 109 ack 301 \"iZZZm\" = data \"ijklm\"\n"
	  "< A 301 ack 101 blocks 103-114\n"
	  "read > \"\"\n"
	  "> A 101 ack 301 \"abVVVVVVVVVVVno\" = data \"abcdefghijklmno\"\n"
	  "read > \"abcdefghijklmno\"\n"
	  "> A 101 ack 301 \"abcdefghijklmnO\" = data \"abcdefghijklmno\"\n"
	  "< A 301 ack 116\n" },
	{ .name = "others to the same hole",
	  .text = OPEN
	  "> A 106 ack 301 \"fgh\"\n"
	  "> A 102 ack 301 \"bc\"\n"
	  "> A 101 ack 301 \"aBCdeFGHi\" = data \"abcdefghi\"\n"
	  "> A 101 ack 301 \"AbcDEfghI\" = data \"abcdefghi\"\n"
	  "read > \"abcdefghi\"\n" },
	{ .name = "one octet at a time, then all at once",
	  .text = OPEN
	  "> A 101 ack 301 \"a\"\n"
	  "> A 103 ack 301 \"c\"\n"
	  "> A 102 ack 301 \"b\"\n"
	  "> A 104 ack 301 \"d\"\n"
	  "> A 101 ack 301 \"WXYZ\" = data \"abcd\"\n"
	  "read > \"abcd\"\n" },
	/* --- keep-alives, probes --- */
	{ .name = "keep-alives of no octet and of one",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "+30\n"
	  "> A 103 ack 301\n"
	  "< A 301 ack 104\n"
	  "+30\n"
	  "> A 103 ack 301 \"c\"\n"
	  "< A 301 ack 104\n"
	  "< A 300 ack 104\n"
	  "> A 104 ack 301\n"
	  "< A 300 ack 104 \"Z\"\n"
	  "> A 104 ack 301 \"def\"\n"
	  "< A 301 ack 107 \"xyz\"\n"
	  "read > \"abcdef\"\n"
	  "read < \"xyz\"\n"
	  "not told anomaly\n"
	  "state ESTABLISHED\n" },
	{ .name = "a keep-alive before everything was acknowledged carries the octet that was",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> A 103 ack 301 \"Z\" = data \"c\"\n" },
	{ .name = "probes of a closed window",
	  .text =
	  "> S 100\n"
	  "< SA 300 ack 101 win 3\n"
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104 win 0\n"
	  "> A 105 ack 301 \"e\" = drop tcp.window\n"
	  "> A 104 ack 301 \"de\" = data \"d\"\n"
	  "< A 301 ack 104 win 0\n"
	  "> A 104 ack 301 \"X\" = data \"d\"\n"
	  "> A 103 ack 301\n"
	  "< A 301 ack 104 win 0\n"
	  "< A 301 ack 104 win 3\n"
	  "> A 104 ack 301 \"Xef\" = data \"def\"\n"
	  "< A 301 ack 107 win 0\n"
	  "> A 107 ack 301 \"g\"\n"
	  "< A 301 ack 108 win 0\n" /* it took the probe's */
	  "> A 108 ack 301 \"hi\" = data \"h\"\n"
	  "< A 301 ack 108 win 500\n"
	  "> A 108 ack 301 \"hi\"\n"
	  "read > \"abcdefghi\"\n" },
	{ .name = "a window that shrinks leaves what was offered",
	  .text = OPEN
	  "< A 301 ack 101 win 10\n"
	  "> A 101 ack 301 x1000\n"
	  "> A 1101 ack 301 x1 = drop tcp.window\n" },
	/* --- windows --- */
	{ .name = "octets beyond the window",
	  .text = OPEN
	  "> A 101 ack 301 x1001 = data x1000\n"
	  "> A 101 ack 301 x1000\n"
	  "> A 1101 ack 301 x1 = drop tcp.window\n"
	  "> A 1102 ack 301 x1 = drop tcp.window\n"
	  "< A 301 ack 601\n"
	  "> A 1101 ack 301 x500\n"
	  "> A 1601 ack 301 x1 = drop tcp.window\n"
	  "< A 301 ack 1601 x1000\n"
	  "< A 1301 ack 1601 x1 = drop tcp.window\n"
	  "> A 1601 ack 1301\n"
	  "< A 1301 ack 1601 x1\n"
	  "read > x1500@101\n"
	  "read < x1001@301\n" },
	{ .name = "windows are scaled once both say so, but those of the SYNs",
	  .text =
	  "> S 100 win 2000 ws 2\n"
	  "< SA 300 ack 101 win 1000 ws 7\n"
	  "> A 101 ack 301 x1001 = data x1000\n"
	  "> A 101 ack 301 win 1000 x1000\n"
	  "< A 301 ack 101 win 1000\n"
	  "> A 1101 ack 301 x60000\n"
	  "> A 61101 ack 301 x60000\n"
	  "> A 121101 ack 301 x7001 = data x7000\n"
	  "> A 121101 ack 301 x7000\n"
	  "< A 301 ack 101 x4001 = data x4000\n"
	  "< A 301 ack 101 x4000\n"
	  "read > x1000@101 x60000@1101 x60000@61101 x7000@121101\n"
	  "read < x4000@301\n" },
	{ .name = "windows are not scaled where only the client says so",
	  .text =
	  "> S 100 win 1000 ws 7\n"
	  "< SA 300 ack 101 win 1000\n"
	  "> A 101 ack 301 win 1000\n"
	  "< A 301 ack 101 win 1000\n"
	  "> A 101 ack 301 x1001 = data x1000\n"
	  "< A 301 ack 101 x1001 = data x1000\n"
	  "> A 101 ack 301 x1000\n" },
	{ .name = "windows are not scaled where only the server says so",
	  .text =
	  "> S 100 win 1000\n"
	  "< SA 300 ack 101 win 1000 ws 7\n"
	  "> A 101 ack 301 win 1000\n"
	  "< A 301 ack 101 win 1000\n"
	  "> A 101 ack 301 x1001 = data x1000\n"
	  "< A 301 ack 101 x1001 = data x1000\n"
	  "> A 101 ack 301 x1000\n" },
	{ .name = "a window larger than there is room to keep is offered smaller",
	  .text =
	  "> S 100 win 65535 ws 14\n"
	  "< SA 300 ack 101 win 65535 ws 12\n"
	  "> A 101 ack 301 win 65535 = win 64\n"
	  "> A 101 ack 301 win 64\n"
	  "> A 101 ack 301 win 63 \"abc\"\n"
	  "< SA 300 ack 101 win 65535 ws 12\n" /* a SYN's window is not shifted */
	  "< A 301 ack 104 win 257 = win 256\n"
	  "< A 301 ack 104 win 256 \"xyz\"\n"
	  "> A 104 ack 304 win 1000 = win 64\n" },
	/* --- acknowledgements --- */
	{ .name = "what was never sent is acknowledged",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 105 = drop tcp.acknowledgement\n"
	  "< A 301 ack 105 \"xyz\" = drop tcp.acknowledgement\n"
	  "< FA 301 ack 500 = drop tcp.acknowledgement\n"
	  "> A 104 ack 302 = drop tcp.acknowledgement\n"
	  "< A 301 ack 104 \"xyz\"\n"
	  "state ESTABLISHED\n"
	  "read < \"xyz\"\n" },
	{ .name = "an acknowledgement older than any window",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "< A 301 ack 104\n"
	  "< A 301 ack 4294966400 \"x\"\n" /* 104 - 1000 */
	  "< A 302 ack 4294966399 \"y\" = drop tcp.acknowledgement\n"
	  "< A 302 ack 101 \"y\"\n"
	  "> A 104 ack 303\n"
	  "read < \"xy\"\n" },
	{ .name = "acknowledgements in any order",
	  .text = OPEN
	  "> A 101 ack 301 \"abc\"\n"
	  "> A 104 ack 301 \"def\"\n"
	  "< A 301 ack 107\n"
	  "< A 301 ack 104\n"
	  "> A 107 ack 301 \"ghi\"\n"
	  "> A 104 ack 301 \"ZZZ\"\n" /* its receiver has them */
	  "< A 301 ack 110 blocks 104-107\n" /* RFC 2883: it came twice */
	  "read > \"abcdefghi\"\n" },
	/* --- timestamps --- */
	{ .name = "octets with a timestamp of the past",
	  .text = OPEN_TS
	  "> A 101 ack 301 ts 20 \"abc\"\n"
	  "< A 301 ack 104 ts 80\n"
	  "> A 104 ack 301 ts 19 \"old\" = drop tcp.timestamp\n"
	  "> FA 104 ack 301 ts 19 = drop tcp.timestamp\n"
	  "> A 104 ack 301 ts 19\n"
	  "paws 2\n"
	  "> A 104 ack 301 ts 20 \"def\"\n"
	  "> A 104 ack 301 ts 5 \"def\" = drop tcp.timestamp\n"
	  "< A 301 ack 107 ts 79 \"old\" = drop tcp.timestamp\n"
	  "< A 301 ack 107 ts 2000000000\n"
	  "< A 301 ack 107 ts 81 \"old\" = drop tcp.timestamp\n"
	  "< A 301 ack 107 ts 2000000001 \"xyz\"\n"
	  "state ESTABLISHED\n"
	  "read > \"abcdef\"\n"
	  "read < \"xyz\"\n" },
	{ .name = "an acknowledgement of the past counts for nothing",
	  .text = OPEN_TS
	  "> FA 101 ack 301 ts 20\n"
	  "< A 301 ack 102 ts 60\n"
	  "state FIN_WAIT\n"
	  "< A 301 ack 102 ts 71\n"
	  "state CLOSE_WAIT\n" },
	{ .name = "a timestamp ahead of a hole does not count yet",
	  .text = OPEN_TS
	  "> A 104 ack 301 ts 50 \"def\"\n"
	  "> A 101 ack 301 ts 40 \"abc\"\n"
	  "< A 301 ack 107 ts 80\n"
	  "> A 107 ack 301 ts 41 \"ghi\"\n"
	  "> A 110 ack 301 ts 39 \"jkl\" = drop tcp.timestamp\n"
	  "read > \"abcdefghi\"\n" },
	{ .name = "after twenty-four days a timestamp of the past is none",
	  .text = OPEN_TS
	  "> A 101 ack 301 ts 20 \"abc\"\n"
	  "< A 301 ack 104 ts 80\n"
	  "+2073000\n"
	  "> A 104 ack 301 ts 2147483600 \"def\"\n"
	  "< A 301 ack 107 ts 2147483670\n"
	  "+2073700\n"
	  "> A 107 ack 301 ts 19 \"ghi\"\n"
	  "< A 301 ack 110 ts 79 \"xyz\"\n"
	  "> A 110 ack 304 ts 18 \"old\" = drop tcp.timestamp\n"
	  "read > \"abcdefghi\"\n"
	  "read < \"xyz\"\n",
	  .timer = 2764800 },
	{ .name = "timestamps count where both have agreed on them",
	  .text =
	  "> S 100 ts 10\n"
	  "< SA 300 ack 101\n"
	  "> A 101 ack 301 ts 20 \"abc\"\n"
	  "> A 104 ack 301 ts 5 \"def\"\n"
	  "> A 107 ack 301 \"ghi\"\n"
	  "read > \"abcdefghi\"\n" },
	{ .name = "octets without the timestamp that was agreed on are the first of their number, taken or not",
	  .text = OPEN_TS
	  "> A 101 ack 301 \"abc\"\n"
	  "> A 101 ack 301 ts 20 \"ZZZ\" = data \"abc\"\n"
	  "read > \"abc\"\n" },
	/* --- large --- */
	{ .name = "a segment of 64 KiB that the card will cut",
	  .text =
	  "> S 100 ws 9\n"
	  "< SA 300 ack 101 ws 9\n"
	  "> A 101 ack 301\n"
	  "< A 301 ack 101\n"
	  "> PA 101 ack 301 partial x65000\n"
	  "> A 60101 ack 301 partial X65000 = data x5000 X60000\n"
	  "< A 301 ack 40101 blocks 50101-60101 win 1000\n"
	  "> A 40101 ack 301 partial x30000 = data x25000 X5000\n"
	  "read > x65000@101 X60000@65101\n" },
	/* --- octets that nobody reads --- */
	{ .name = "what a flow was known by stays, what nobody reads may be others",
	  .plain = true,
	  .text = OPEN
	  "> A 101 ack 301 x300\n"
	  "> A 401 ack 301 x100\n"
	  "< A 301 ack 101\n"
	  "> A 101 ack 301 X300 = data x300\n"
	  "told stream.overlap\n"
	  "> A 401 ack 301 X100\n"
	  "not told stream.overlap\n"
	  "> A 301 ack 301 X200 = data x100 X100\n"
	  "< A 301 ack 351\n"
	  "> A 351 ack 301 X200 = data x50 X150\n"
	  "< A 301 ack 401\n"
	  "> A 400 ack 301 X1\n"
	  "> A 401 ack 301 X150\n"
	  "> A 551 ack 301 x20\n"
	  "< A 301 ack 571\n"
	  "> A 401 ack 301 x170\n"
	  "not told stream.memory\n" },
	{ .name = "the end that has not been looked at stays comparable",
	  .plain = true,
	  .text = OPEN
	  "> A 101 ack 301 x300\n"
	  "< A 301 ack 401 \"an answer\"\n"
	  "< A 301 ack 401 \"AN ANSWER\" = data \"an answer\"\n"
	  "> A 401 ack 301 x100\n"
	  "< A 305 ack 401 \"nswer, more\"\n"
	  "< A 305 ack 401 \"NSWER, MORE\" = data \"nswer, more\"\n"
	  "> A 401 ack 316 X100\n" },
	{ .name = "octets behind the depth may be others, those before it not",
	  .plain = true,
	  .ignore_after = 20,
	  .text = OPEN
	  "> A 101 ack 301 \"abcdefghijkl\"\n"
	  "> A 113 ack 301 \"mnopqrstuvwx\"\n"
	  "> A 125 ack 301 \"yz\"\n"
	  "> A 113 ack 301 \"MNOPQRSTUVWXYZ\" = data \"mnopqrstuvwxYZ\"\n"
	  "> A 101 ack 301 \"ABCDEFGHIJKLMNOPQRSTUVWXYZ\" = data \"abcdefghijklmnopqrstuvwxYZ\"\n"
	  "< A 301 ack 127\n"
	  "read > \"abcdefghijklmnopqrst\"\n" },
};

SCRIPT_MAIN(scripts)
