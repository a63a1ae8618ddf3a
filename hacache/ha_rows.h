/* ha_rows.h - reading and writing a plain struct through its rows; private to hacache/. */
#ifndef HACACHE_HA_ROWS_H
#define HACACHE_HA_ROWS_H

#include <string.h>

#include "hacache/ha_schema.h"

static inline const void *ha_field(const void *plain, size_t off)
{
	return (const char *)plain + off;
}

static inline void *ha_field_mut(void *plain, size_t off)
{
	return (char *)plain + off;
}

static inline uint64_t ha_get_uint(const void *at, size_t size)
{
	uint64_t v = 0;
	switch (size) {
	case 1: {
		uint8_t x;
		memcpy(&x, at, 1);
		v = x;
		break;
	}
	case 2: {
		uint16_t x;
		memcpy(&x, at, 2);
		v = x;
		break;
	}
	case 4: {
		uint32_t x;
		memcpy(&x, at, 4);
		v = x;
		break;
	}
	default:
		memcpy(&v, at, 8);
	}
	return v;
}

static inline void ha_set_uint(void *at, size_t size, uint64_t v)
{
	const uint8_t b1 = (uint8_t)v;
	const uint16_t b2 = (uint16_t)v;
	const uint32_t b4 = (uint32_t)v;
	memcpy(at, size == 1 ? (const void *)&b1 : size == 2 ? (const void *)&b2 : size == 4 ? (const void *)&b4 : &v, size);
}

static inline const void *ha_get_ptr(const void *at)
{
	const void *p;
	memcpy(&p, at, sizeof(p));
	return p;
}

static inline size_t ha_count(const void *plain, const struct ha_row *r)
{
	return (size_t)ha_get_uint(ha_field(plain, r->n_off), r->n_size);
}

#endif
