/* csum.c - the Internet checksum, 32 octets at a time. */
#include "forward/csum.h"

#include <string.h>

#include "base/cur.h"

#define BLOCK 32

/* n octets of one block, the rest of it as if 0. A 64-bit sum takes 2^29 blocks before it could wrap. */
static uint64_t add_block(uint64_t sum, const uint8_t *src, size_t n)
{
	uint32_t w[BLOCK / sizeof(uint32_t)] = { 0 };
	memcpy(w, src, n);
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		sum += w[i];
	return sum;
}

uint64_t csum_add(uint64_t sum, struct span s)
{
	struct cur c = cur_span(s);
	while (cur_left(&c) >= BLOCK)
		sum = add_block(sum, cur_take(&c, BLOCK), BLOCK);
	size_t rest = cur_left(&c);
	return rest != 0 ? add_block(sum, cur_take(&c, rest), rest) : sum;
}

uint16_t csum_fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
