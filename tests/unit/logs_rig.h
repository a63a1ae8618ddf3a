/* logs_rig.h - the log writer over files in memory and pipes, for its tests. */
#ifndef TESTS_UNIT_LOGS_RIG_H
#define TESTS_UNIT_LOGS_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ips/logs.h"
#include "tests/unit/log_rig.h"

enum { ALL_RECS = (1 << REC_N) - 1 };
static const struct gen bare_gen; /* enough for records that are no alerts */

static inline int mem_file(void)
{
	const int fd = memfd_create("log", MFD_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(fcntl(fd, F_SETFL, O_APPEND), 0);
	return fd;
}

/* What is in the file, to be freed. */
static inline char *file_text(int fd)
{
	const off_t n = lseek(fd, 0, SEEK_END);
	CU_ASSERT_FATAL(n >= 0);
	char *s = calloc(1, (size_t)n + 1);
	CU_ASSERT_EQUAL_FATAL(pread(fd, s, (size_t)n, 0), n);
	return s;
}

static inline unsigned n_lines(const char *s)
{
	unsigned n = 0;
	for (; (s = strchr(s, '\n')) != NULL; s++)
		n++;
	return n;
}

static inline struct logs *start_logs(unsigned workers, uint32_t ring, int eve, int kv)
{
	const struct logs_cfg cfg = { .n_workers = workers,
				      .ring = ring,
				      .fd = { eve, kv },
				      .mask = { ALL_RECS | LOG_MASK_HA, ALL_RECS | LOG_MASK_HA },
				      .hostname = "node-a" };
	struct logs *l = NULL;
	CU_ASSERT_EQUAL_FATAL(logs_start(&cfg, &l), OK);
	return l;
}

static inline struct logs_stat stat_of(const struct logs *l)
{
	struct logs_stat st;
	logs_stat(l, &st);
	return st;
}

/* The i-th of a producer's records: a drop of session i of that owner. */
static inline struct rec numbered(uint32_t owner, uint64_t i)
{
	struct rec r = log_rec(REC_DROP);
	r.owner = owner;
	r.serial = i;
	return r;
}

/* Puts records from, from + 1, ... n of them; each finds room sooner or later. */
static inline void put_all(struct logs *l, unsigned worker, uint64_t from, unsigned n)
{
	for (uint64_t i = from; i < from + n;) {
		const struct rec r = numbered(worker + 1, i);
		if (logs_rec(l, worker, &bare_gen, &r))
			i++;
		else
			usleep(500);
	}
}

/* Every line is one JSON object of a drop; the records of each owner follow on next[owner]. */
static inline void follow(const char *s, uint64_t *next, unsigned n_owners)
{
	while (*s != '\0') {
		const char *end = strchr(s, '\n');
		unsigned owner;
		unsigned long long serial;
		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		json_error_t why;
		json_t *j = json_loadb(s, (size_t)(end - s), 0, &why);
		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		CU_ASSERT_EQUAL_FATAL(sscanf(json_string_value(json_object_get(j, "id")), "%u-%llu-", &owner, &serial), 2);
		json_decref(j);
		CU_ASSERT_FATAL(owner < n_owners);
		CU_ASSERT_EQUAL_FATAL(serial, next[owner]);
		next[owner]++;
		s = end + 1;
	}
}

#endif
