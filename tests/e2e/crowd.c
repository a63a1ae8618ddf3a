/* crowd.c - segments of very many TCP flows, IPv4, from addresses that nobody has: each is the next of its flow.
 *
 *   crowd FIRST ADDR PORT N STEP TURN [PPS]
 *
 * Flows 0, STEP, 2 * STEP ... below N; flow i comes from address FIRST + i / 50000. Turn 0 sends a SYN and the flow's first octets,
 * turn 1 those behind them, which a node that has not had turn 0 knows nothing of. PPS: packets a second at most. Prints "sent N".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 32, PORTS = 50000, PORT_FIRST = 10000, TEXT = 32, ROOM = 64, NS_A_S = 1000000000 };

struct segment {
	struct iphdr ip;
	struct tcphdr tcp;
	uint8_t text[TEXT];
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t sum_of(const void *p, size_t n, uint32_t sum)
{
	uint16_t w[ROOM];
	memcpy(w, p, n);
	for (size_t i = 0; i < n / 2; i++)
		sum += w[i];
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* turn -1: the SYN. Its length. */
static size_t make(struct segment *s, uint32_t src, const struct sockaddr_in *to, unsigned i, int turn)
{
	const bool syn = turn < 0;
	const size_t text = syn ? 0 : TEXT, len = sizeof(*s) - TEXT + text;
	*s = (struct segment){
		.ip = { .ihl = 5, .version = 4, .tot_len = htons((uint16_t)len), .ttl = 64, .protocol = IPPROTO_TCP,
			.frag_off = htons(IP_DF), .saddr = htonl(src + i / PORTS), .daddr = to->sin_addr.s_addr },
		.tcp = { .source = htons((uint16_t)(PORT_FIRST + i % PORTS)), .dest = to->sin_port, .doff = 5,
			 .window = 0xffff, .syn = syn, .ack = !syn,
			 .seq = htonl(syn ? 999 : 1000 + (uint32_t)turn * TEXT), .ack_seq = htonl(!syn) },
	};
	if (!syn)
		snprintf((char *)s->text, TEXT, "flow %10u turn %d", i, turn);
	const uint32_t pseudo = sum_of(&s->ip.saddr, 8, htons(IPPROTO_TCP)) + htons((uint16_t)(len - sizeof(s->ip)));
	s->tcp.check = folded(sum_of(&s->tcp, sizeof(s->tcp) + text, pseudo));
	return len;
}

/* Waits until so many may have gone. */
static void pace(const struct timespec *start, uint64_t sent, uint64_t pps)
{
	if (pps == 0)
		return;
	const uint64_t ns = (uint64_t)start->tv_nsec + sent % pps * NS_A_S / pps;
	const struct timespec due = { .tv_sec = start->tv_sec + (time_t)(sent / pps + ns / NS_A_S),
				      .tv_nsec = (long)(ns % NS_A_S) };
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void send_all(int fd, struct mmsghdr *m, unsigned n)
{
	for (unsigned at = 0; at < n;) {
		const int got = sendmmsg(fd, &m[at], n - at, 0);
		if (got < 0 && errno != ENOBUFS)
			die("send");
		at += got > 0 ? (unsigned)got : 0;
	}
}

int main(int argc, char **argv)
{
	static struct segment out[BATCH];
	struct mmsghdr m[BATCH] = { 0 };
	struct iovec v[BATCH];
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct in_addr first;
	struct timespec start;
	if (argc < 7 || atoi(argv[5]) < 1 || inet_pton(AF_INET, argv[1], &first) != 1 ||
	    inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fputs("usage: see the head of crowd.c\n", stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[3]));
	const unsigned n = (unsigned)atoi(argv[4]), step = (unsigned)atoi(argv[5]);
	const int turn = atoi(argv[6]);
	const uint64_t pps = argc > 7 ? strtoull(argv[7], NULL, 10) : 0;
	const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	uint64_t sent = 0;
	unsigned k = 0;
	if (fd < 0)
		die("socket");
	for (unsigned i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ &out[i], sizeof(out[i]) };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &v[i], .msg_iovlen = 1 };
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned i = 0; i < n; i += step) {
		if (turn == 0) {
			v[k].iov_len = make(&out[k], ntohl(first.s_addr), &to, i, -1);
			k++;
		}
		v[k].iov_len = make(&out[k], ntohl(first.s_addr), &to, i, turn);
		k++;
		if (k < BATCH && n - i > step)
			continue;
		send_all(fd, m, k);
		sent += k;
		k = 0;
		pace(&start, sent, pps);
	}
	printf("sent %llu\n", (unsigned long long)sent);
	return 0;
}
