/* rulefiles.c - see rulefiles.h. */
#include "ips/rulefiles.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RULE_FILE_MAX = 64 << 20, TELL_LEN = 4600, PATH_LEN = 4096 };

static enum err told(const char *path, int e, gen_error_fn *tell, void *arg)
{
	char text[TELL_LEN];
	snprintf(text, sizeof(text), "%s: cannot read rules: %s; name a readable folder or file of *.rules", path, strerror(e));
	tell(arg, text);
	return ERR_IO;
}

static enum err none(const char *path, gen_error_fn *tell, void *arg)
{
	char text[TELL_LEN];
	snprintf(text, sizeof(text), "%s: has no *.rules in it; name the folder or file that holds the rules", path);
	tell(arg, text);
	return ERR_IO;
}

static char *read_whole(const char *path, int *why)
{
	FILE *f = fopen(path, "r");
	struct stat st;
	char *text = NULL;
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		*why = errno;
	} else if (S_ISDIR(st.st_mode) || st.st_size > RULE_FILE_MAX) {
		*why = S_ISDIR(st.st_mode) ? EISDIR : EFBIG;
	} else if ((text = calloc(1, (size_t)st.st_size + 1)) == NULL) {
		*why = ENOMEM;
	} else if (fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		*why = EIO;
		free(text);
		text = NULL;
	}
	if (f != NULL)
		fclose(f);
	return text;
}

static enum err add_file(struct rulefiles *r, const char *path, bool custom, gen_error_fn *tell, void *arg)
{
	int why = 0;
	char *text = read_whole(path, &why);
	if (text == NULL)
		return told(path, why, tell, arg);
	if (r->n == r->cap) {
		const size_t cap = r->cap * 2 + 8;
		struct sig_source *src = realloc(r->src, cap * sizeof(*src));
		if (src == NULL) {
			free(text);
			return ERR_NOMEM;
		}
		r->src = src;
		r->cap = cap;
	}
	char *name = strdup(path);
	if (name == NULL) {
		free(text);
		return ERR_NOMEM;
	}
	r->src[r->n++] = (struct sig_source){ .name = name, .text = text, .custom = custom };
	return OK;
}

static int is_rules(const struct dirent *d)
{
	const size_t n = strlen(d->d_name);
	return n > 6 && strcmp(d->d_name + n - 6, ".rules") == 0;
}

enum err rulefiles_add(struct rulefiles *r, const char *path, bool custom, gen_error_fn *tell, void *arg)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return told(path, errno, tell, arg);
	if (!S_ISDIR(st.st_mode))
		return add_file(r, path, custom, tell, arg);
	struct dirent **names;
	const int n = scandir(path, &names, is_rules, alphasort);
	if (n < 0)
		return told(path, errno, tell, arg);
	enum err e = n != 0 ? OK : none(path, tell, arg);
	for (int i = 0; i < n; i++) {
		char file[PATH_LEN];
		if (e == OK && snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name) >= (int)sizeof(file))
			e = told(path, ENAMETOOLONG, tell, arg);
		if (e == OK)
			e = add_file(r, file, custom, tell, arg);
		free(names[i]);
	}
	free(names);
	return e;
}

void rulefiles_free(struct rulefiles *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free((void *)(uintptr_t)r->src[i].name);
		free((void *)(uintptr_t)r->src[i].text);
	}
	free(r->src);
	*r = (struct rulefiles){ 0 };
}

char *rulefiles_stock(void)
{
	static const char *const below[] = { "/../share/ips/sigs/stock", "/../../../sigs/stock" };
	char exe[PATH_LEN];
	const ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < ARRAY_LEN(below); i++) {
		char *dir;
		if (asprintf(&dir, "%s%s", exe, below[i]) < 0)
			return NULL;
		if (access(dir, R_OK | X_OK) == 0)
			return dir;
		free(dir);
	}
	return NULL;
}
