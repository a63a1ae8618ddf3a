/* crc32c.h - the checksum of SCTP (RFC 9260 appendix A), taken piece by piece.
 *
 *   crc = crc32c(crc32c(CRC32C_BEGIN, head), tail);
 *   crc32c_put(crc, octets);     the four octets as they stand in the header
 */
#ifndef FORWARD_CRC32C_H
#define FORWARD_CRC32C_H

#include "base/types.h"

#define CRC32C_BEGIN UINT32_MAX

uint32_t crc32c(uint32_t crc, struct span s);
void crc32c_put(uint32_t crc, uint8_t octets[4]);

#endif
