/* hash.h - keyed hash for every table (SipHash-2-4, by libsodium): an outsider cannot aim at a bucket.
 *
 * The key comes from outside (the seed); equal key and bytes give equal hashes on every node.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/types.h"

struct hash_key {
	uint8_t k[16];
};

/* A key made of a 64-bit seed (replay and tests); live, the caller fills the key with random octets. */
struct hash_key hash_key_of_seed(uint64_t seed);
uint64_t hash_bytes(const struct hash_key *key, const void *p, size_t len);

/* Unkeyed 64-bit FNV-1a with a stated start, for identities that must agree between nodes and
 * versions (rule sets, tag tables); never for tables that an outsider can fill. */
#define HASH_FNV_START UINT64_C(0xcbf29ce484222325)
uint64_t hash_fnv(uint64_t start, const void *p, size_t len);

#endif
