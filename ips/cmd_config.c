/* cmd_config.c - `ips config check|show|diff|reference`. */
#include "ips/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ips/conf.h"

static int failed(const char *what, enum err e)
{
	fprintf(stderr, "ips config: %s: %s\n", what, err_text(e));
	return EXIT_FAILED;
}

int cmd_unreadable(const char *command, const char *path, enum err e)
{
	struct stat st;
	const char *why = err_text(e), *remedy = "check the name and the access rights";
	if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
		why = strerror(errno);
	} else if (S_ISDIR(st.st_mode)) {
		why = strerror(EISDIR);
		remedy = "name a file";
	}
	fprintf(stderr, "ips %s: %s: cannot be read: %s; %s\n", command, path, why, remedy);
	return EXIT_FAILED;
}

/* The tree of a file without errors; else NULL, *code the exit code, and everything is told. */
static struct conf *load(const char *path, int *code)
{
	enum err e;
	struct conf *c = conf_load(path, &e);
	*code = EXIT_FINE;
	if (c == NULL) {
		*code = cmd_unreadable("config", path, e);
		return NULL;
	}
	size_t n = conf_n_errors(c);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s\n", conf_error(c, i));
	if (n == 0)
		return c;
	fprintf(stderr, "%s: %zu error%s\n", path, n, n == 1 ? "" : "s");
	conf_free(c);
	*code = EXIT_USAGE;
	return NULL;
}

static int print(enum err e, const char *what, char *text)
{
	if (e == ERR_UNKNOWN || e == ERR_NOTFOUND) {
		fprintf(stderr, "ips config: '%s': no such %s; 'ips config reference' lists the objects\n", what,
			e == ERR_UNKNOWN ? "object" : "entry");
		return EXIT_USAGE;
	}
	if (e != OK)
		return failed(what, e);
	bool written = fputs(text, stdout) >= 0 && fflush(stdout) == 0;
	free(text);
	return written ? EXIT_FINE : failed("standard output", ERR_IO);
}

static int check(int argc, char **argv)
{
	int worst = EXIT_FINE;
	for (int i = 0; i < argc; i++) {
		int code;
		struct conf *c = load(argv[i], &code);
		if (c != NULL)
			printf("%s: no errors\n", argv[i]);
		conf_free(c);
		worst = code > worst ? code : worst;
	}
	return worst;
}

static int show(int argc, char **argv)
{
	char path[256] = "", *text = NULL;
	unsigned flags = 0;
	int code;
	for (int i = 1; i < argc; i++) {
		size_t n = strlen(path);
		if (strcmp(argv[i], "--full") == 0)
			flags |= CONF_SHOW_FULL;
		else
			snprintf(path + n, sizeof(path) - n, "%s%s", n > 0 ? " " : "", argv[i]);
	}
	struct conf *c = load(argv[0], &code);
	if (c == NULL)
		return code;
	enum err e = conf_show(c, path[0] != '\0' ? path : NULL, flags, &text);
	code = print(e, path, text);
	conf_free(c);
	return code;
}

static int diff(int argc, char **argv)
{
	(void)argc;
	int code, second;
	char *text = NULL;
	struct conf *a = load(argv[0], &code);
	struct conf *b = load(argv[1], &second);
	if (a != NULL && b != NULL) {
		enum err e = conf_diff(a, b, &text);
		bool differs = e == OK && text[0] != '\0';
		code = print(e, argv[0], text);
		code = code == EXIT_FINE && differs ? EXIT_CHECK : code;
	} else {
		code = code > second ? code : second;
	}
	conf_free(a);
	conf_free(b);
	return code;
}

static int reference(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	char *text = NULL;
	enum err e = conf_reference(&text);
	return print(e, "reference", text);
}

static const struct {
	const char *name, *usage, *help;
	int min, max;
	int (*fn)(int argc, char **argv);
} command[] = {
	{ "check", "FILE...", "every error, by file and line; exit 2 if there is one", 1, 1000, check },
	{ "show", "FILE [PATH] [--full]", "the configuration, or one object of it; with the defaults", 1, 8, show },
	{ "diff", "A B", "what differs; exit 3 if anything does", 2, 2, diff },
	{ "reference", "", "every object and attribute", 0, 0, reference },
};

int cmd_config(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(command); i++)
		if (strcmp(argv[1], command[i].name) == 0 && argc - 2 >= command[i].min && argc - 2 <= command[i].max)
			return command[i].fn(argc - 2, argv + 2);
	bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
	for (size_t i = 0; i < ARRAY_LEN(command); i++)
		fprintf(help ? stdout : stderr, "%s ips config %-9s %-20s  %s\n", i == 0 ? "usage:" : "      ", command[i].name,
			command[i].usage, command[i].help);
	return help ? EXIT_FINE : EXIT_USAGE;
}
