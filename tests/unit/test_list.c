/* test_list.c - the list against an array, both ways round. */
#include "base/list.h"
#include "tests/unit/unit.h"

#define N 24

struct item {
	int pad;
	struct list node;
	int id;
};

static int id_of(struct list *l)
{
	return LIST_ENTRY(l, struct item, node)->id;
}

static bool same(struct list *head, const int *ids, size_t n)
{
	size_t i = 0;
	LIST_FOREACH(it, head) {
		if (i == n || id_of(it) != ids[i++])
			return false;
	}
	if (i != n)
		return false;
	for (struct list *it = head->prev; it != head; it = it->prev)
		if (id_of(it) != ids[--i])
			return false;
	return i == 0 && list_empty(head) == (n == 0);
}

static size_t index_of(const int *ids, size_t n, int id)
{
	size_t i = 0;
	while (i < n && ids[i] != id)
		i++;
	return i;
}

static void test_model(void)
{
	struct item items[N];
	int ids[N];
	size_t n = 0;
	struct list head;
	list_init(&head);
	for (int i = 0; i < N; i++) {
		items[i] = (struct item){ .id = i };
		list_init(&items[i].node);
	}
	uint32_t seed = 1;
	for (int step = 0; step < 20000; step++) {
		seed = seed * 1664525u + 1013904223u;
		int id = (int)(seed >> 16) % N;
		size_t at = index_of(ids, n, id);
		if (at < n) {
			list_remove(&items[id].node);
			CU_ASSERT_TRUE(list_empty(&items[id].node));
			memmove(ids + at, ids + at + 1, (--n - at) * sizeof(ids[0]));
		} else if (n > 0 && (seed >> 8 & 1) != 0) {
			size_t after = (seed >> 24) % n;
			list_insert(&items[ids[after]].node, &items[id].node);
			memmove(ids + after + 2, ids + after + 1, (n++ - after - 1) * sizeof(ids[0]));
			ids[after + 1] = id;
		} else {
			list_append(&head, &items[id].node);
			ids[n++] = id;
		}
		if (!same(&head, ids, n)) {
			CU_FAIL("the list differs from the array");
			return;
		}
	}
}

static void test_remove_twice(void)
{
	struct list head, a, b;
	list_init(&head);
	list_append(&head, &a);
	list_append(&head, &b);
	list_remove(&a);
	list_remove(&a);
	CU_ASSERT(head.next == &b && head.prev == &b && b.next == &head && b.prev == &head);
}

static void test_safe(void)
{
	struct item items[5];
	struct list head;
	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].id = i;
		list_append(&head, &items[i].node);
	}
	int seen = 0;
	LIST_FOREACH_SAFE(it, tmp, &head) {
		CU_ASSERT_EQUAL(id_of(it), seen++);
		list_remove(it);
		memset(it, 0xee, sizeof(*it)); /* as if freed */
	}
	CU_ASSERT_EQUAL(seen, 5);
	CU_ASSERT_TRUE(list_empty(&head));
}

UNIT_MAIN({ "insert and remove against an array", test_model }, { "removing twice is harmless", test_remove_twice },
	  { "a walk that removes", test_safe })
