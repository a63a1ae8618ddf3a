/* test_ha_disk.c - what a node must not forget: kept over a restart, whole or not at all, and never believed when damaged. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ips/ha_disk.h"
#include "ips/ha_told.h"
#include "tests/unit/unit.h"

static char dir[64], file[96];

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/ha_disk.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/ha-state", dir);
}

static void end(void)
{
	char beside[128];
	snprintf(beside, sizeof(beside), "%s.new", file);
	(void)unlink(beside);
	(void)unlink(file);
	(void)rmdir(beside);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void test_kept(void)
{
	struct ha_disk d, second;
	char why[HA_DISK_WHY];
	begin();
	CU_ASSERT_EQUAL_FATAL(ha_disk_open(dir, 77, &d, why), OK);
	CU_ASSERT_TRUE(d.state.serial == 77 && d.state.term == 0 && d.state.forced == 0 && why[0] == '\0');
	CU_ASSERT_EQUAL(ha_disk_open(dir, 78, &second, why), ERR_IO); /* one node a folder */
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "another node's daemon has it"));
	const struct ha_disk_state st = { .serial = 77, .term = HA_TERM_MAX, .forced = 2 };
	CU_ASSERT_EQUAL(ha_disk_store(&d, &st, why), OK);
	ha_disk_close(&d);
	ha_disk_close(&d);
	CU_ASSERT_EQUAL_FATAL(ha_disk_open(dir, 79, &d, why), OK);
	CU_ASSERT_TRUE(d.state.serial == 77 && d.state.term == HA_TERM_MAX && d.state.forced == 2);
	ha_disk_close(&d);
	end();
}

/* Every length and every changed octet of a file is none: the node begins as a new one, and says so. */
static void test_damaged(void)
{
	char text[HA_DISK_TEXT], bad[HA_DISK_TEXT];
	struct ha_disk_state st = { .serial = 0xabcdef, .term = 4711, .forced = 1 }, out;
	const size_t len = ha_disk_text(&st, text);
	CU_ASSERT_TRUE(ha_disk_parse(text, len, &out) && out.serial == st.serial && out.term == 4711 && out.forced == 1);
	for (size_t n = 0; n < len; n++)
		CU_ASSERT_FALSE(ha_disk_parse(text, n, &out));
	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(bad, text, len);
			bad[i] ^= (char)(1u << bit);
			CU_ASSERT_FALSE(ha_disk_parse(bad, len, &out));
		}
	st.serial = 0;
	CU_ASSERT_FALSE(ha_disk_parse(text, ha_disk_text(&st, text), &out));
	st = (struct ha_disk_state){ .serial = 1, .forced = 3 };
	CU_ASSERT_FALSE(ha_disk_parse(text, ha_disk_text(&st, text), &out));
	st = (struct ha_disk_state){ .serial = 1, .term = HA_TERM_MAX + 1 };
	CU_ASSERT_FALSE(ha_disk_parse(text, ha_disk_text(&st, text), &out));
	memset(bad, '1', sizeof(bad));
	CU_ASSERT_FALSE(ha_disk_parse(bad, sizeof(bad), &out));

	struct ha_disk d;
	char why[HA_DISK_WHY];
	begin();
	const int fd = open(file, O_WRONLY | O_CREAT, 0600);
	CU_ASSERT_EQUAL(write(fd, text, len / 2), (ssize_t)(len / 2));
	close(fd);
	CU_ASSERT_EQUAL_FATAL(ha_disk_open(dir, 5, &d, why), OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "was damaged"));
	CU_ASSERT_TRUE(d.state.serial == 5 && d.state.term == 0);
	ha_disk_close(&d);
	end();
}

/* A store that fails leaves the old file as it was; this process remembers all the same. */
static void test_fails(void)
{
	struct ha_disk d;
	char why[HA_DISK_WHY], beside[128];
	begin();
	CU_ASSERT_EQUAL_FATAL(ha_disk_open(dir, 9, &d, why), OK);
	struct ha_disk_state st = { .serial = 9, .term = 3 };
	CU_ASSERT_EQUAL(ha_disk_store(&d, &st, why), OK);
	snprintf(beside, sizeof(beside), "%s.new", file);
	CU_ASSERT_EQUAL(mkdir(beside, 0700), 0);
	st.term = 4;
	CU_ASSERT_EQUAL(ha_disk_store(&d, &st, why), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "cannot be stored"));
	CU_ASSERT_EQUAL(d.state.term, 4);
	ha_disk_close(&d);
	CU_ASSERT_EQUAL(rmdir(beside), 0);
	/* what a death in the middle of a store leaves is not looked at */
	const int fd = open(beside, O_WRONLY | O_CREAT, 0600);
	CU_ASSERT_EQUAL(write(fd, "half", 4), 4);
	close(fd);
	CU_ASSERT_EQUAL_FATAL(ha_disk_open(dir, 10, &d, why), OK);
	CU_ASSERT_TRUE(d.state.serial == 9 && d.state.term == 3);
	ha_disk_close(&d);
	CU_ASSERT_EQUAL(ha_disk_open("/proc/nosuch", 1, &d, why), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "--state-dir"));
	end();
}

UNIT_MAIN({ "kept", test_kept }, { "damaged", test_damaged }, { "stores that fail", test_fails })
