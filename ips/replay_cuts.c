/* replay_cuts.c - a replay's failovers: what is cut, and what came of it. */
#include <string.h>
#include <sys/stat.h>

#include "ips/failover.h"
#include "ips/replay_int.h"

bool replay_load_cuts(struct replay *p, const char *path, struct capset *cap)
{
	char why[PKTIO_WHY_LEN] = "";
	struct stat st;
	*cap = (struct capset){ 0 };
	if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		replay_say("%s: --failover runs a capture more than once; save it to a file and name that", replay_named(path));
		p->usage = true;
		return false;
	}
	const enum err e = capset_load(path, cap, why);
	if (e == ERR_NOMEM || (cap->n == 0 && e != OK)) {
		replay_say("%s", why[0] != '\0' ? why : "out of memory; cut a shorter capture");
		p->failed = true;
	} else if (cap->n == 0) {
		replay_say("%s: no packets in it, so that there is nothing to cut; name another capture", path);
		p->failed = true;
	} else if (p->o->failover_at > cap->n) {
		replay_say("%s: --failover %llu: there are only %zu packets; give a number from 1 to %zu", path,
			   (unsigned long long)p->o->failover_at, cap->n, cap->n);
		p->usage = true;
	} else {
		if (p->o->config != NULL)
			capset_be_strict(cap);
		return true; /* damaged further on: told by the run */
	}
	return false;
}

static void show_cuts(void *arg, uint64_t done, uint64_t places)
{
	const char *path = arg;
	if (places > 1)
		replay_progress(path, "cut", (int)(done * 100 / places));
}

static void judge(struct replay *p, const char *path, const struct failover_result *r)
{
	summary_add_failover(&p->sum, r);
	if (r->equal != r->cuts)
		replay_say("%s: cut after packet %llu: %s", path, (unsigned long long)r->first_cut, r->first);
	if (r->digest_mismatches != 0)
		replay_say("%s: the digests of both nodes differed %llu times", path, (unsigned long long)r->digest_mismatches);
	p->cuts_differ |= r->equal != r->cuts || r->digest_mismatches != 0;
}

void replay_run_cuts(struct replay *p, const char *path, const struct capset *cap)
{
	struct failover_result r;
	const bool shown = p->o->failover_at != 0 && (p->o->sessions || p->o->share);
	const struct failover_job job = {
		.gen = p->gen,
		.seed = p->o->seed,
		.at = p->o->failover_at,
		.show = shown ? p->text : NULL,
		.sessions = p->o->sessions,
		.share = p->o->share,
		.stop = p->interrupted,
		.progress = show_cuts,
		.arg = (void *)(uintptr_t)path,
#ifdef HA_MUTATE
		.mutate = p->o->mutate,
#endif
	};
	const enum err e = failover_run(&job, cap, &r);
	replay_progress(path, "", -1);
	if (*p->interrupted) {
		replay_say_interrupted(p, path, "cut", r.cuts);
	} else if (e != OK) {
		replay_say("%s: the failover run failed: %s; free some memory or processes", path, err_text(e));
		p->failed = true;
	} else {
		judge(p, path, &r);
	}
}
