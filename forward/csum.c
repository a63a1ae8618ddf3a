/* csum.c - the Internet checksum, 32 octets at a time. */
#include "forward/csum.h"

#include <string.h>

#include "base/cur.h"

#define BLOCK 32

/* A 64-bit sum takes 2^29 blocks before it could wrap. */
static uint64_t add_block(uint64_t sum, const uint8_t *src)
{
	uint32_t w[BLOCK / sizeof(uint32_t)];
	memcpy(w, src, BLOCK);
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		sum += w[i];
	return sum;
}

static uint64_t add_word(uint64_t sum, const uint8_t *src)
{
	uint32_t w;
	memcpy(&w, src, sizeof(w));
	return sum + w;
}

/* The last octets, fewer than a word, the rest of it as if 0. */
static uint64_t add_rest(uint64_t sum, struct cur *c)
{
	uint8_t w[sizeof(uint32_t)] = { 0 };
	for (size_t i = 0; cur_left(c) != 0; i++)
		w[i] = cur_u8(c);
	return add_word(sum, w);
}

uint64_t csum_add(uint64_t sum, struct span s)
{
	struct cur c = cur_span(s);
	while (cur_left(&c) >= BLOCK)
		sum = add_block(sum, cur_take(&c, BLOCK));
	while (cur_left(&c) >= sizeof(uint32_t))
		sum = add_word(sum, cur_take(&c, sizeof(uint32_t)));
	return add_rest(sum, &c);
}

uint16_t csum_fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
