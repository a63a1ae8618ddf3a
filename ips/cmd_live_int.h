/* cmd_live_int.h - between the files of the client: a connection to the daemon and what comes over it. */
#ifndef IPS_CMD_LIVE_INT_H
#define IPS_CMD_LIVE_INT_H

#include "base/err.h"

/* The socket's path: what --socket said, else IPS_SOCKET, else the daemon's default. */
const char *live_path(const char *option);
/* -1: why (LIVE_WHY) says what is wrong and what to do, unless it is NULL. */
enum { LIVE_WHY = 512 };
int live_connect(const char *path, char *why);

struct live_ask {
	const char *const *word;
	size_t n;
	bool json;
	int wait_s;              /* without a sign of life; -1: for ever */
};
/* Asks, prints the answer as it comes, closes fd; the exit code. */
int live_ask(int fd, const struct live_ask *a);

#endif
