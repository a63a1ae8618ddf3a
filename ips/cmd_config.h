/* cmd_config.h - `ips config ...`: configurations checked, shown and compared without a daemon. */
#ifndef IPS_CMD_CONFIG_H
#define IPS_CMD_CONFIG_H

/* argv[0] is "config". Returns the exit code: 0 fine, 1 unreadable, 2 usage or configuration error, 3 diff found some. */
int cmd_config(int argc, char **argv);

#endif
