/* cmd_live_sock.c - reaching the daemon's socket, and in words why not. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ips/cmd_live_int.h"
#include "ips/ctl.h"

const char *live_path(const char *option)
{
	const char *env = getenv("IPS_SOCKET");
	return option != NULL ? option : env != NULL && env[0] != '\0' ? env : CTL_SOCKET;
}

/* Who may: the group of the socket or, where that cannot be seen, of its folder. */
static void tell_rights(const char *path, char *why)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder] = '\0';
	const bool seen = stat(path, &st) == 0 || (slash != NULL && stat(folder, &st) == 0);
	const struct group *g = seen ? getgrgid(st.st_gid) : NULL;
	if (g != NULL)
		snprintf(why, LIVE_WHY,
			 "you may not use %s; root and group '%s' may: use sudo, or 'adduser YOU %s' and log in anew", path,
			 g->gr_name, g->gr_name);
	else
		snprintf(why, LIVE_WHY, "you may not use %s; use sudo", path);
}

static void tell_absent(const char *path, int error, char *why)
{
	struct stat st;
	if (error == ECONNREFUSED && stat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		snprintf(why, LIVE_WHY, "%s is no socket; --socket PATH or IPS_SOCKET names the daemon's", path);
		return;
	}
	snprintf(why, LIVE_WHY,
		 "no daemon at %s (%s); start it with 'systemctl start ipsd' or 'ipsd -c FILE', or name its socket by --socket",
		 path, strerror(error));
}

int live_connect(const char *path, char *why)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char unwanted[LIVE_WHY];
	why = why != NULL ? why : unwanted;
	if (strlen(path) >= sizeof(a.sun_path)) {
		snprintf(why, LIVE_WHY, "'%.60s...': a socket's path has %zu octets at most", path, sizeof(a.sun_path) - 1);
		return -1;
	}
	memcpy(a.sun_path, path, strlen(path));
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		snprintf(why, LIVE_WHY, "no socket: %s", strerror(errno));
		return -1;
	}
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		tell_rights(path, why);
	else
		tell_absent(path, errno, why);
	close(fd);
	return -1;
}
