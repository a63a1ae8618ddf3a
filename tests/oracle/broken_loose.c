/* broken_loose.c - reassembly that compares nothing: a copy leaves as it came, whatever was read before.
 *
 * Linked in place of ips/reasm.c into a program that shows that such an engine is found out.
 */
#define reasm_conform reasm_conform_first
#include "ips/reasm.c"
#undef reasm_conform

uint32_t reasm_conform(const struct reasm_dir *r, uint32_t seq, struct span data, uint8_t *copy);

uint32_t reasm_conform(const struct reasm_dir *r, uint32_t seq, struct span data, uint8_t *copy)
{
	(void)r, (void)seq, (void)data, (void)copy;
	return 0;
}
