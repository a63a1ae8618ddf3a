/* ha_link_tls.c - one connection: TLS 1.3 (RFC 8446) with an external pre-shared key, no certificates, no tickets.
 *
 * The PSK identity names the group and both addresses, so that a connection redirected to another member or another
 * link of the same group fails; roles are fixed by the addresses, so that neither end can be made to talk to itself.
 * Octets go through send and recv of our own: no SIGPIPE, and a failed write leaves what was received readable.
 */
#include "hacache/ha_link_int.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const unsigned char aes_128_gcm_sha256[] = { 0x13, 0x01 }; /* RFC 8446 B.4 */

static int bio_send(BIO *b, const char *p, int n)
{
	struct link_conn *c = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	ssize_t r = send(c->fd, p, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (r >= 0)
		return (int)r;
	/* OpenSSL gives a connection up when a write fails; the caller looks at werr and can still read. */
	if (errno != EAGAIN && errno != EINTR)
		c->werr = errno;
	BIO_set_retry_write(b);
	return -1;
}

static int bio_recv(BIO *b, char *p, int n)
{
	struct link_conn *c = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (c->drained) { /* what has come since, poll will tell */
		BIO_set_retry_read(b);
		return -1;
	}
	ssize_t r = recv(c->fd, p, (size_t)n, MSG_DONTWAIT);
	c->drained = r > 0 && r < n;
	if (r > 0)
		return (int)r;
	if (r == 0) {
		c->eof = true;
		return 0;
	}
	if (errno == EAGAIN || errno == EINTR)
		BIO_set_retry_read(b);
	else
		c->rerr = errno;
	return -1;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b, (void)num, (void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

/* The key as OpenSSL wants it: a session of which only secret, cipher and version are set. */
static SSL_SESSION *key_session(SSL *ssl, const struct link *l)
{
	SSL_SESSION *s = SSL_SESSION_new();
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, aes_128_gcm_sha256);
	if (s != NULL && cipher != NULL && SSL_SESSION_set1_master_key(s, l->tls_key, sizeof(l->tls_key)) == 1 &&
	    SSL_SESSION_set_cipher(s, cipher) == 1 && SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION) == 1)
		return s;
	SSL_SESSION_free(s);
	return NULL;
}

static const struct link *link_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static int server_key(SSL *ssl, const unsigned char *id, size_t len, SSL_SESSION **out)
{
	const struct link *l = link_of(ssl);
	*out = NULL;
	if (len != strlen(l->identity) || memcmp(id, l->identity, len) != 0)
		return 0;
	*out = key_session(ssl, l);
	return *out != NULL;
}

static int client_key(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len, SSL_SESSION **out)
{
	const struct link *l = link_of(ssl);
	*out = NULL;
	if (md != NULL && !EVP_MD_is_a(md, "SHA256"))
		return 0;
	*id = (const unsigned char *)l->identity;
	*len = strlen(l->identity);
	*out = key_session(ssl, l);
	return *out != NULL;
}

/* group client>server:port */
static void set_identity(struct link *l)
{
	char own[ADDR_TEXT], peer[ADDR_TEXT];
	addr_text(&l->cfg.own, l->cfg.family, own);
	addr_text(&l->cfg.peer, l->cfg.family, peer);
	snprintf(l->identity, sizeof(l->identity), "%s %s>%s:%u", l->cfg.group, l->listens ? peer : own, l->listens ? own : peer,
		 l->cfg.port);
}

enum err link_tls_init(struct link *l, const uint8_t psk[HA_PSK_LEN], char *why)
{
	if (crypto_kdf_derive_from_key(l->tls_key, sizeof(l->tls_key), 1, "ha_link_", psk) != 0)
		return ERR_INTERNAL;
	set_identity(l);
	l->bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "link");
	l->ctx = SSL_CTX_new(TLS_method());
	if (l->bio == NULL || l->ctx == NULL) {
		snprintf(why, LINK_WHY, "no memory for TLS");
		return ERR_NOMEM;
	}
	BIO_meth_set_write(l->bio, bio_send);
	BIO_meth_set_read(l->bio, bio_recv);
	BIO_meth_set_ctrl(l->bio, bio_ctrl);
	SSL_CTX *x = l->ctx;
	if (SSL_CTX_set_min_proto_version(x, TLS1_3_VERSION) != 1 || SSL_CTX_set_max_proto_version(x, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(x, "TLS_AES_128_GCM_SHA256") != 1 || SSL_CTX_set1_groups_list(x, "X25519:P-256") != 1 ||
	    SSL_CTX_set_num_tickets(x, 0) != 1) {
		snprintf(why, LINK_WHY, "this OpenSSL has no TLS 1.3 with AES-128-GCM and X25519");
		return ERR_UNSUPPORTED;
	}
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(x, 1);
	SSL_CTX_set_app_data(x, l);
	SSL_CTX_set_psk_find_session_callback(x, server_key);
	SSL_CTX_set_psk_use_session_callback(x, client_key);
	return OK;
}

void link_tls_fini(struct link *l)
{
	SSL_CTX_free(l->ctx);
	BIO_meth_free(l->bio);
	sodium_memzero(l->tls_key, sizeof(l->tls_key));
}

struct link_conn *link_conn_new(struct link *l, int fd, bool client, mono_t now)
{
	struct link_conn *c = calloc(1, sizeof(*c));
	SSL *ssl = c != NULL ? SSL_new(l->ctx) : NULL;
	BIO *bio = ssl != NULL ? BIO_new(l->bio) : NULL;
	if (bio == NULL) {
		SSL_free(ssl);
		free(c);
		close(fd);
		return NULL;
	}
	*c = (struct link_conn){ .fd = fd, .ssl = ssl, .since = now, .want_write = client, .rekey_at = l->cfg.rekey_octets };
	if (c->rekey_at == 0 || c->rekey_at > LINK_REKEY_OCTETS)
		c->rekey_at = LINK_REKEY_OCTETS;
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	if (client) {
		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL); /* without a root this refuses every certificate */
		SSL_set_connect_state(ssl);
	} else {
		SSL_set_accept_state(ssl);
	}
	return c;
}

void link_conn_free(struct link_conn *c, bool goodbye)
{
	if (c == NULL)
		return;
	if (goodbye && c->ready && c->werr == 0 && !c->blocked)
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	ERR_clear_error();
	close(c->fd);
	free(c);
}

/* How a call that did not succeed ended. */
static enum link_io ended(struct link_conn *c, int ret)
{
	int e = SSL_get_error(c->ssl, ret);
	if (c->eof || e == SSL_ERROR_ZERO_RETURN)
		return LINK_IO_CLOSED;
	int err = c->rerr != 0 ? c->rerr : c->werr;
	if (err != 0)
		return err == ECONNRESET || err == EPIPE ? LINK_IO_CLOSED : LINK_IO_FAILED;
	return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE ? LINK_IO_AGAIN : LINK_IO_FAILED;
}

enum link_io link_conn_handshake(struct link_conn *c)
{
	ERR_clear_error();
	c->drained = false;
	int r = SSL_do_handshake(c->ssl);
	if (r == 1)
		return SSL_session_reused(c->ssl) == 1 ? LINK_IO_OK : LINK_IO_FAILED; /* nothing but the key will do */
	c->want_write = SSL_want_write(c->ssl);
	return ended(c, r);
}

enum link_io link_conn_read(struct link_conn *c, uint8_t *p, size_t cap, size_t *n)
{
	ERR_clear_error();
	int r = SSL_read_ex(c->ssl, p, cap, n);
	return r == 1 ? LINK_IO_OK : ended(c, r);
}

enum link_io link_conn_write(struct link_conn *c, struct span s, size_t *n)
{
	if (c->werr != 0)
		return LINK_IO_FAILED;
	ERR_clear_error();
	if (!c->blocked && c->sealed >= c->rekey_at && SSL_key_update(c->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
		c->sealed = 0;
	int r = SSL_write_ex(c->ssl, s.p, s.len, n);
	c->blocked = r != 1;
	if (r == 1) {
		c->sealed += *n;
		return LINK_IO_OK;
	}
	int e = SSL_get_error(c->ssl, r);
	if (c->werr == 0 && e != SSL_ERROR_WANT_WRITE && e != SSL_ERROR_WANT_READ)
		c->werr = EPROTO;
	return c->werr != 0 ? LINK_IO_FAILED : LINK_IO_AGAIN;
}
