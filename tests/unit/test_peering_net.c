/* test_peering_net.c - thousands of runs of the simulation in peering_sim.h: never two active nodes in one term, in the end
 * exactly one, soon, and the other one follows; each rule holds on the way. PEERING_RUNS says how many runs (1500).
 */
#include <stdlib.h>

#include "tests/unit/peering_sim.h"
#include "tests/unit/unit.h"

enum { RUNS = 1500, PLANT_RUNS = 400 };

static struct sim sim;

static void test_network(void)
{
	const char *said = getenv("PEERING_RUNS");
	const unsigned long runs = said != NULL ? strtoul(said, NULL, 10) : RUNS;
	struct sim_met met = { 0 };
	unsigned bad = 0;
	for (uint64_t seed = 1; seed <= runs; seed++) {
		const char *w = sim_run(&sim, seed, PLANT_NOTHING, &met);
		if (w != NULL && bad++ < 5)
			printf("# run %llu: %s, at %lld ms\n", (unsigned long long)seed, w, (long long)sim.ms);
	}
	CU_ASSERT_EQUAL(bad, 0);
	printf("# %lu runs: all well %lld ms after the last fault at the latest; %u times two worked, %u times for want of a way "
	       "between them\n",
	       runs, (long long)met.longest, met.both, met.higher);
	printf("# of planned switches %u were drained, %u given up by the one that was ready, %u by the one that left\n",
	       met.drained, met.withdrawn, met.forsaken);
	if (runs < RUNS)
		return;
	/* and all this has happened */
	CU_ASSERT_TRUE(met.both > 100 && met.stepped > 100 && met.whole > 100 && met.incomplete > 100 && met.preferred > 100);
	CU_ASSERT_TRUE(met.left > 100 && met.returned > 10 && met.higher > 10 && met.held > 100 && met.slept > 100);
	CU_ASSERT_TRUE(met.hung > 10 && met.exact > 100);
	CU_ASSERT_TRUE(met.drained > 100 && met.withdrawn > 10 && met.forsaken > 10);
	CU_ASSERT_TRUE(met.jumped > 10);
	CU_ASSERT_TRUE(met.waited_disk > 10);
}

/* Nor does it do any harm that the terms come to their end: some works, and not two for long. */
static void test_high_terms(void)
{
	struct sim_met met = { 0 };
	unsigned bad = 0;
	for (uint64_t seed = 1; seed <= RUNS / 3; seed++) {
		const char *w = sim_run_from(&sim, seed, PLANT_NOTHING, true, &met);
		if (w != NULL && bad++ < 5)
			printf("# run %llu: %s, at %lld ms\n", (unsigned long long)seed, w, (long long)sim.ms);
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_TRUE(met.ended > 100 && met.both > 20 && met.stepped > 20);
}

/* A fault in the rules would be found. */
static void test_planted(void)
{
	static const struct {
		enum sim_plant plant;
		const char *found[3]; /* as one of these */
		unsigned runs;        /* 0: as many as any */
	} row[] = {
		{ PLANT_NOT_STORED, { "a term comes twice", "a term that is not on disk", "two are active in one term" }, 0 },
		{ PLANT_NOT_RAISED, { "a term that does not grow", "a term comes twice", "two are active in one term" }, 0 },
		{ PLANT_TIE, { "two are active in one term", "a term comes twice", "not one works in the end" }, 0 },
		{ PLANT_NO_PROBES, { "a promotion beside one that answers on the data side", "", "" }, 0 },
		{ PLANT_NO_STEP_DOWN, { "not one works in the end", "", "" }, 0 },
		{ PLANT_NO_DOUBT, { "no doubt about one that let by what it did not tell", "", "" }, 0 },
		{ PLANT_NO_WITHDRAW, { "keeps packets for too long", "", "" }, 0 },
		{ PLANT_SAID_EARLY, { "takes no more before the other one has the addresses", "", "" }, 0 },
		{ PLANT_NOT_ANNOUNCED, { "hosts send to the one that does not work", "", "" }, RUNS },
	};
	_Static_assert(ARRAY_LEN(row) == PLANT_N - 1, "each is planted");
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct sim_met met = { 0 };
		unsigned found = 0;
		const unsigned runs = row[i].runs != 0 ? row[i].runs : PLANT_RUNS;
		for (uint64_t seed = 1; seed <= runs; seed++) {
			const char *w = sim_run(&sim, seed, row[i].plant, &met);
			for (unsigned k = 0; w != NULL && k < 3; k++)
				found += strcmp(w, row[i].found[k]) == 0;
		}
		printf("# fault %zu: found in %u of %u runs\n", i + 1, found, runs);
		CU_ASSERT_TRUE(found > 0);
	}
}

UNIT_MAIN({ "two nodes over a bad network", test_network }, { "terms at their end", test_high_terms },
	  { "planted faults are found", test_planted })
