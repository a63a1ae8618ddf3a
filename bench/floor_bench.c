/* floor_bench.c - the floor of a handshake between two nodes: one message of 200 octets, an answer of 16, nothing else done.
 *
 *   floor_bench serve PORT CORE                      answers at PORT, with TLS at PORT + 1, one connection after another
 *   floor_bench tcp|tls ADDR PORT CORE SECONDS       prints "count N p50 US p99 US"
 *
 * Both ends wait in recv, on the core named. What a pair in commit mode adds to a packet is to be read against this: no way of
 * waiting for the peer over such a link can cost less. TLS 1.3 under a key known to both, as the nodes' link.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ASK = 200, ANSWER = 16, TIMES_MAX = 1 << 20, TIMES_MIN = 100, WARM = 20, KEY_LEN = 32 };

struct conn {
	int fd;
	SSL *ssl; /* NULL: TCP alone */
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "floor_bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pin(const char *core)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)atoi(core), &set);
	(void)sched_setaffinity(0, sizeof(set), &set); /* a machine of one core has no other */
}

static int open_socket(const char *host, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	if (host != NULL && inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fd < 0 || (host == NULL ? bind : connect)(fd, (const struct sockaddr *)&a, sizeof(a)) != 0)
		die(host == NULL ? "bind" : "connect");
	return fd;
}

/* --- TLS ------------------------------------------------------------------------------------------------- */

static unsigned key_of_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned max)
{
	(void)ssl;
	(void)identity;
	memset(psk, 7, KEY_LEN);
	return max >= KEY_LEN ? KEY_LEN : 0;
}

static unsigned key_of_client(SSL *ssl, const char *hint, char *identity, unsigned id_max, unsigned char *psk, unsigned max)
{
	(void)hint;
	snprintf(identity, id_max, "floor");
	return key_of_server(ssl, identity, psk, max);
}

static SSL *shake(int fd, bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	SSL *ssl;
	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1 || SSL_CTX_set_num_tickets(ctx, 0) != 1)
		die("TLS");
	SSL_CTX_set_psk_server_callback(ctx, key_of_server);
	SSL_CTX_set_psk_client_callback(ctx, key_of_client);
	ssl = SSL_new(ctx);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || (server ? SSL_accept : SSL_connect)(ssl) != 1)
		die("TLS handshake");
	SSL_CTX_free(ctx);
	return ssl;
}

/* --- a message and its answer ------------------------------------------------------------------------------ */

static bool put(const struct conn *c, const void *p, int n)
{
	return c->ssl != NULL ? SSL_write(c->ssl, p, n) == n : send(c->fd, p, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool get(const struct conn *c, uint8_t *p, int n)
{
	for (int have = 0; have < n;) {
		const int got = c->ssl != NULL ? SSL_read(c->ssl, p + have, n - have)
					       : (int)recv(c->fd, p + have, (size_t)(n - have), 0);
		if (got <= 0)
			return false;
		have += got;
	}
	return true;
}

static _Noreturn void answer_all(int listener, bool tls)
{
	uint8_t buf[ASK];
	const int one = 1;
	if (listen(listener, 1) != 0)
		die("listen");
	for (;;) {
		struct conn c = { .fd = accept(listener, NULL, NULL) };
		if (c.fd < 0)
			die("accept");
		(void)setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (tls)
			c.ssl = shake(c.fd, true);
		while (get(&c, buf, ASK) && put(&c, buf, ANSWER))
			continue;
		SSL_free(c.ssl);
		close(c.fd);
	}
}

static _Noreturn void serve(unsigned port)
{
	const int plain = open_socket(NULL, port), tls = open_socket(NULL, port + 1);
	const bool child = fork() == 0;
	if (!child) {
		puts("ready");
		fflush(stdout);
	}
	answer_all(child ? tls : plain, child);
}

static int compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static int ask(const struct conn *c, double seconds)
{
	static float us[TIMES_MAX];
	uint8_t out[ASK] = { 0 }, in[ANSWER];
	size_t n = 0, i = 0;
	for (double at = now(), end = at + seconds; n < TIMES_MAX && (n < TIMES_MIN || at < end); i++) {
		if (!put(c, out, ASK) || !get(c, in, ANSWER))
			die("no answer");
		const double then = now();
		if (i >= WARM)
			us[n++] = (float)((then - at) * 1e6);
		at = then;
	}
	qsort(us, n, sizeof(us[0]), compare);
	printf("count %zu p50 %.1f p99 %.1f\n", n, (double)us[n / 2], (double)us[n * 99 / 100]);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "serve") == 0) {
		pin(argv[3]);
		serve((unsigned)atoi(argv[2]));
	}
	if (argc == 6 && (strcmp(argv[1], "tcp") == 0 || strcmp(argv[1], "tls") == 0)) {
		const bool tls = argv[1][1] == 'l';
		struct conn c = { .fd = open_socket(argv[2], (unsigned)atoi(argv[3]) + tls) };
		pin(argv[4]);
		if (tls)
			c.ssl = shake(c.fd, false);
		return ask(&c, atof(argv[5]));
	}
	fputs("usage: see the head of floor_bench.c\n", stderr);
	return 2;
}
