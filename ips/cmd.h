/* cmd.h - the commands of ips: each takes its own arguments and returns the exit code.
 *
 * 0 fine; 1 it failed; 2 usage or configuration error; 3 a check the user asked for did not hold.
 */
#ifndef IPS_CMD_H
#define IPS_CMD_H

#include "base/err.h"

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CHECK = 3 };

/* Says why a file the user named cannot be read; returns EXIT_FAILED. */
int cmd_unreadable(const char *command, const char *path, enum err e);

int cmd_config(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_app(int argc, char **argv);
/* Asks the daemon: session, share, sys, ha, tags, stats, nfq, log, reload; argv[0] is the first word. */
int cmd_live(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
