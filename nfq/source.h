/* source.h - the octets of a capture file as a FILE for libpcap: plain or gzip by content, file or standard input.
 *
 * libpcap refuses a pcapng file whose interfaces differ in link type or snapshot length, and does not
 * tell a packet's interface. So pcapng passes block by block: interface blocks are given the first one's
 * link type, what they really said is kept here, and no read crosses the end of a block, so that the
 * interface noted last is that of the packet libpcap returned last.
 */
#ifndef NFQ_SOURCE_H
#define NFQ_SOURCE_H

#include <stdio.h>

#include "base/err.h"

struct source;

/* path "-": standard input. why (cap octets): what is wrong and what to do, without the path. */
enum err source_open(const char *path, struct source **out, char *why, size_t cap) MUST_USE;
/* The stream, owned by the source; NULL when out of memory. Once only. Its fclose leaves the source. */
FILE *source_file(struct source *s);
/* pcapng: number (from 0) and LINKTYPE_ value of the interface of the block read last; false: not pcapng. */
bool source_iface(const struct source *s, uint32_t *nr, int *linktype);
/* Have interfaces of different link types been seen? */
bool source_mixed(const struct source *s);
/* What went wrong reading or unpacking; NULL when nothing did. */
const char *source_error(const struct source *s);
void source_free(struct source *s); /* NULL is fine */

#endif
