/* replay_cuts.c - a replay's failovers: what is cut, and what came of it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ips/failover.h"
#include "ips/replay_int.h"

static bool load(struct replay *p, const char *path, struct capset *cap)
{
	char why[PKTIO_WHY_LEN] = "";
	struct stat st;
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

bool replay_load_cuts(struct replay *p, const char *path, struct replay_cuts *c)
{
	*c = (struct replay_cuts){ 0 };
	if (!load(p, path, &c->cap))
		return false;
	if (!p->o->failover_octets || octets_cut(&c->cap, &c->octets) == OK)
		return true;
	replay_say("%s: out of memory; cut a shorter capture", path);
	p->failed = true;
	return false;
}

void replay_free_cuts(struct replay_cuts *c)
{
	capset_free(&c->cap);
	octets_free(&c->octets);
}

static void show_cuts(void *arg, uint64_t done, uint64_t places)
{
	const char *path = arg;
	if (places > 1)
		replay_progress(path, "cut", (int)(done * 100 / places));
}

static void say_difference(const char *path, const struct difference *d)
{
	struct outbuf o = { 0 };
	char octet[24] = "";
	difference_text(d, &o);
	if (d->cut_octet != 0)
		snprintf(octet, sizeof(octet), ", octet %u", d->cut_octet);
	replay_say("%s: cut after packet %llu%s: %s", path, (unsigned long long)d->cut, octet, o.p != NULL ? o.p : "");
	outbuf_free(&o);
}

static void judge(struct replay *p, const char *path, const struct failover_result *r)
{
	if (!summary_add_failover(&p->sum, path, r)) {
		replay_say("out of memory for what differs");
		p->failed = true;
	}
	for (unsigned i = 0; i < r->n_told; i++)
		say_difference(path, &r->told[i]);
	if (r->differences > r->n_told)
		replay_say("%s: %llu more differences", path, (unsigned long long)(r->differences - r->n_told));
	if (r->digest_mismatches != 0)
		replay_say("%s: the digests of both nodes differed %llu times", path, (unsigned long long)r->digest_mismatches);
	p->cuts_differ |= r->equal != r->cuts || r->digest_mismatches != 0;
}

void replay_run_cuts(struct replay *p, const char *path, const struct replay_cuts *c)
{
	struct failover_result r;
	const struct replay_opts *o = p->o;
	const bool shown = o->failover_at != 0 && (o->sessions || o->share);
	const struct failover_job job = {
		.gen = p->gen,
		.seed = o->seed,
		.at = o->failover_at,
		.every_max = o->failover_octets ? FAILOVER_OCTETS_MAX : FAILOVER_EVERY_MAX,
		.crash = o->failover_crash,
		.sync = o->sync,
		.octets = o->failover_octets ? &c->octets : NULL,
		.show = shown ? p->text : NULL,
		.sessions = o->sessions,
		.share = o->share,
		.stop = p->interrupted,
		.progress = show_cuts,
		.arg = (void *)(uintptr_t)path,
#ifdef HA_MUTATE
		.mutate = o->mutate,
#endif
	};
	const enum err e = failover_run(&job, &c->cap, &r);
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
