/* rulefiles.h - finds and reads rule files: folders of *.rules in order of their names, or single files. */
#ifndef IPS_RULEFILES_H
#define IPS_RULEFILES_H

#include "ips/gen.h"

struct rulefiles {
	struct sig_source *src;
	size_t n, cap;
};

/* path: a folder or a file. A missing folder or unreadable file is told, with remedy, and is ERR_IO. */
enum err rulefiles_add(struct rulefiles *r, const char *path, bool custom, gen_error_fn *tell, void *arg) MUST_USE;
void rulefiles_free(struct rulefiles *r);
/* Where the stock signatures are: installed, or in the source tree beside build/. NULL when nowhere. free() it. */
char *rulefiles_stock(void);

#endif
