/* conf_near.c - the nearest known word to a mistyped one, by edit distance. */
#include "ips/conf_int.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 80

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

/* Levenshtein's distance; both at most WORD_MAX octets. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned above = row[j];
			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

void conf_near_try(struct conf_near *near, const char *candidate)
{
	size_t n = strlen(near->word), nc = strlen(candidate);
	if (n == 0 || nc == 0 || n > WORD_MAX || nc > WORD_MAX)
		return;
	unsigned d = distance(near->word, candidate);
	if (d <= 1 + n / 4 && d < n && (near->best == NULL || d < near->distance)) {
		near->best = candidate;
		near->distance = d;
	}
}

char *conf_near_text(const struct conf_near *near, char *buf, size_t cap)
{
	if (near->best == NULL)
		buf[0] = '\0';
	else
		snprintf(buf, cap, "; did you mean '%s'?", near->best);
	return buf;
}
