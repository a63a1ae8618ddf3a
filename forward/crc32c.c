/* crc32c.c - an octet at a time: a table of what each octet does to the register. */
#include "forward/crc32c.h"

#include "base/cur.h"

/* What each bit of an octet does (the polynomial 0x1edc6f41, reflected): the table is their sums. */
#define BIT(n, bit, what) (((n) & (bit)) != 0 ? UINT32_C(what) : 0)
#define ROW(n)                                                                                       \
	(BIT(n, 1, 0xf26b8303) ^ BIT(n, 2, 0xe13b70f7) ^ BIT(n, 4, 0xc79a971f) ^ BIT(n, 8, 0x8ad958cf) ^ \
	 BIT(n, 16, 0x105ec76f) ^ BIT(n, 32, 0x20bd8ede) ^ BIT(n, 64, 0x417b1dbc) ^ BIT(n, 128, 0x82f63b78))
#define ROWS4(n) ROW(n), ROW((n) + 1), ROW((n) + 2), ROW((n) + 3)
#define ROWS16(n) ROWS4(n), ROWS4((n) + 4), ROWS4((n) + 8), ROWS4((n) + 12)
#define ROWS64(n) ROWS16(n), ROWS16((n) + 16), ROWS16((n) + 32), ROWS16((n) + 48)

static const uint32_t table[256] = { ROWS64(0), ROWS64(64), ROWS64(128), ROWS64(192) };

uint32_t crc32c(uint32_t crc, struct span s)
{
	struct cur c = cur_span(s);
	while (cur_left(&c) != 0)
		crc = crc >> 8 ^ table[(crc ^ cur_u8(&c)) & 0xff];
	return crc;
}

void crc32c_put(uint32_t crc, uint8_t octets[4])
{
	crc = ~crc;
	for (unsigned i = 0; i < 4; i++)
		octets[i] = (uint8_t)(crc >> 8 * i);
}
