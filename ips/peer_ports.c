/* peer_ports.c - see peer_ports.h. */
#include "ips/peer_ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/wr.h"

enum { HEAD = 3 };

static size_t packed_size(const struct gen *g)
{
	size_t n = 0;
	for (uint32_t i = 1; i < g->n_ifname; i++)
		n += g->ifname[i][0] != '\0' ? HEAD + strlen(g->ifname[i]) : 0;
	return n;
}

enum err peer_ports_pack(const struct gen *g, uint8_t **mem, struct buf *out)
{
	const size_t size = packed_size(g);
	*out = (struct buf){ 0 };
	uint8_t *p = realloc(*mem, size + 1);
	if (p == NULL)
		return ERR_NOMEM;
	*mem = p;
	struct wr w = wr_of(p, size);
	for (uint32_t i = 1; i < g->n_ifname; i++) {
		const size_t len = strlen(g->ifname[i]);
		if (len == 0)
			continue;
		wr_be16(&w, (uint16_t)i);
		wr_u8(&w, (uint8_t)len);
		wr_bytes(&w, g->ifname[i], len);
	}
	*out = (struct buf){ .p = p, .len = (uint32_t)size };
	return OK;
}

static uint32_t find(const struct gen *g, const char *name)
{
	for (uint32_t i = 1; i < g->n_ifname; i++)
		if (strcmp(g->ifname[i], name) == 0)
			return i;
	return 0;
}

/* The next one; false: no interface has such a name, or number. */
static bool read_one(struct cur *c, struct peer_port *port, uint16_t *nr)
{
	*nr = cur_be16(c);
	const struct span s = cur_bytes(c, cur_u8(c));
	*port = (struct peer_port){ 0 };
	if (!cur_ok(c) || *nr == 0 || s.len == 0 || s.len >= sizeof(port->name) || memchr(s.p, '\0', s.len) != NULL)
		return false;
	memcpy(port->name, s.p, s.len);
	return true;
}

/* The highest number; false: malformed. */
static bool survey(const struct buf *names, uint32_t *max)
{
	struct cur c = cur_of(names->p, names->len);
	struct peer_port port;
	uint16_t nr;
	*max = 0;
	while (cur_left(&c) > 0) {
		if (!read_one(&c, &port, &nr))
			return false;
		*max = nr > *max ? nr : *max;
	}
	return true;
}

enum err peer_ports_learn(struct peer_ports *p, const struct gen *g, const struct buf *names)
{
	uint32_t max;
	uint16_t nr;
	peer_ports_fini(p);
	if (names->len == 0)
		return OK;
	if (!survey(names, &max))
		return ERR_RANGE;
	p->of = calloc((size_t)max + 1, sizeof(*p->of));
	if (p->of == NULL)
		return ERR_NOMEM;
	p->n = max + 1;
	struct cur c = cur_of(names->p, names->len);
	for (struct peer_port port; cur_left(&c) > 0 && read_one(&c, &port, &nr);) {
		port.here = find(g, port.name);
		p->of[nr] = port;
	}
	return OK;
}

void peer_ports_fini(struct peer_ports *p)
{
	free(p->of);
	memset(p, 0, sizeof(*p));
}

static bool named(const struct peer_ports *p, uint32_t nr)
{
	return nr < p->n && p->of[nr].name[0] != '\0';
}

uint32_t peer_ports_here(const struct peer_ports *p, uint32_t nr)
{
	return named(p, nr) ? p->of[nr].here : nr;
}

void peer_ports_note(struct peer_ports *p, uint32_t nr)
{
	if (!named(p, nr) || p->of[nr].here != 0 || p->of[nr].told)
		return;
	p->of[nr].told = true;
	p->unknown++;
	memcpy(p->last, p->of[nr].name, sizeof(p->last));
}
