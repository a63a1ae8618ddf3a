/* hash.c - SipHash-2-4 by libsodium for tables, FNV-1a for identities. */
#include "base/hash.h"

#include <sodium.h>

_Static_assert(crypto_shorthash_KEYBYTES == sizeof(struct hash_key), "key of SipHash");
_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "result of SipHash");

/* splitmix64: neighbouring seeds give unrelated keys */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

struct hash_key hash_key_of_seed(uint64_t seed)
{
	const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
	const uint64_t half[2] = { mix(seed + step), mix(seed + 2 * step) };
	struct hash_key key;
	for (unsigned i = 0; i < sizeof(key.k); i++)
		key.k[i] = (uint8_t)(half[i / 8] >> 8 * (i % 8));
	return key;
}

uint64_t hash_bytes(const struct hash_key *key, const void *p, size_t len)
{
	static const uint8_t none[1];
	uint8_t out[crypto_shorthash_BYTES];
	crypto_shorthash(out, p != NULL ? p : none, p != NULL ? len : 0, key->k);
	uint64_t h = 0;
	for (unsigned i = sizeof(out); i-- > 0;)
		h = h << 8 | out[i];
	return h;
}

uint64_t hash_fnv(uint64_t start, const void *p, size_t len)
{
	const uint8_t *octet = p;
	uint64_t h = start;
	for (size_t i = 0; i < len; i++)
		h = (h ^ octet[i]) * UINT64_C(0x100000001b3);
	return h;
}
