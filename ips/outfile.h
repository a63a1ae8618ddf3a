/* outfile.h - an output file that is there whole or not at all: written beside its place, renamed when finished. */
#ifndef IPS_OUTFILE_H
#define IPS_OUTFILE_H

#include "base/err.h"

struct outfile;
#define OUTFILE_WHY 512
/* path "-" is standard output; it, devices and pipes are written in place. why (OUTFILE_WHY octets) says what went
 * wrong and what to do. */
enum err outfile_open(const char *path, struct outfile **out, char *why) MUST_USE;
/* Errors are kept, and told by outfile_finish. */
void outfile_write(struct outfile *f, const char *text, size_t len);
bool outfile_failed(const struct outfile *f); /* NULL: no */
/* Makes the file appear under its name; on error nothing of it is left. f is freed either way. */
enum err outfile_finish(struct outfile *f, char *why) MUST_USE;
/* Gives up: nothing is left. NULL is fine. */
void outfile_abandon(struct outfile *f);

#endif
