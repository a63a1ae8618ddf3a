/* bundle.h - a configuration and its rule files as one memory file: the engine process opens no file itself.
 *
 * The parent, which may, has read and checked them; passwords are masked.
 */
#ifndef IPS_BUNDLE_H
#define IPS_BUNDLE_H

#include "ips/conf.h"
#include "ips/rulefiles.h"

/* A descriptor of the memory file. */
enum err bundle_make(const struct conf *c, const struct rulefiles *r, int *fd) MUST_USE;
/* Both are the caller's: conf_free, rulefiles_free. ERR_MALFORMED: it is none. */
enum err bundle_open(int fd, struct conf **c, struct rulefiles *r) MUST_USE;

#endif
