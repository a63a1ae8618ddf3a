/* iccp_sim_script.c - the steps of a script, each a few acts. */
#include <stdio.h>
#include <string.h>

#include "tests/tools/iccp_sim.h"
#include "tests/tools/iccp_sim_pdu.h"

#define OP(op)                                                                                                                     \
	{                                                                                                                          \
		DO_OP, op                                                                                                          \
	}

static const struct {
	const char *name;
	struct sim_act act[5];
} steps[] = {
	/* what the set-up write lays down must be known before anything else */
	{ "associate", { { DO_CR, 0 }, { DO_CONNECT, 0 }, OP(OP_FEATURES), OP(OP_SETUP), { DO_END, 0 } } },
	{ "features", { OP(OP_FEATURES), { DO_END, 0 } } },
	{ "names", { OP(OP_NAMES_VMD), OP(OP_NAMES_DOMAIN), OP(OP_NAMES_SETS), OP(OP_NAMES_DOMAINS), { DO_END, 0 } } },
	{ "types", { OP(OP_TYPE), { DO_END, 0 } } },
	{ "values", { OP(OP_VALUES), { DO_END, 0 } } },
	{ "set", { OP(OP_SET), { DO_END, 0 } } },
	{ "dataset", { OP(OP_DEFINE), OP(OP_ELEMENTS), OP(OP_LIST_VALUES), { DO_END, 0 } } },
	{ "start", { OP(OP_NEXT), OP(OP_START), OP(OP_TRANSFER), { DO_END, 0 } } },
	{ "text", { { DO_TEXT, 0 }, { DO_END, 0 } } },
	{ "reports", { { DO_REPORTS, 0 }, { DO_END, 0 } } },
	{ "operate", { OP(OP_SELECT), OP(OP_OPERATE), { DO_END, 0 } } },
	{ "tag", { OP(OP_TAG_SET), OP(OP_TAG_GET), { DO_END, 0 } } },
	{ "stop", { OP(OP_STOP), { DO_END, 0 } } },
	{ "delete", { OP(OP_DELETE), { DO_END, 0 } } },
	{ "conclude", { OP(OP_TOTALS), { DO_CONCLUDE, 0 }, { DO_FINISH, 0 }, { DO_END, 0 } } },
	{ "abort", { { DO_ABORT, 0 }, { DO_END, 0 } } },
};

const char *script_names(void)
{
	static char names[256];
	struct wr w = wr_of(names, sizeof(names) - 1);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		wr_str(&w, i > 0 ? "," : "");
		wr_str(&w, steps[i].name);
	}
	return names;
}

static bool add(struct sim_program *p, enum sim_do what, uint32_t arg)
{
	if (p->n == ARRAY_LEN(p->act))
		return false;
	p->act[p->n++] = (struct sim_act){ what, arg };
	return true;
}

static bool add_step(const struct sim_opt *o, size_t step, struct sim_program *p)
{
	bool fine = true;
	if (o->hold_at != NULL && strcmp(o->hold_at, steps[step].name) == 0)
		fine = add(p, DO_HOLD, 0);
	for (const struct sim_act *a = steps[step].act; a->what != DO_END; a++)
		if (a->what != DO_TEXT)
			fine = add(p, a->what, a->arg) && fine;
		else
			for (uint32_t i = 0; i < o->texts; i++)
				fine = add(p, DO_TEXT, i) && fine;
	return fine;
}

bool script_make(const struct sim_opt *o, const char *text, struct sim_program *p)
{
	*p = (struct sim_program){ .n = 0 };
	while (*text != '\0') {
		const size_t n = strcspn(text, ",");
		size_t i = 0;
		while (i < ARRAY_LEN(steps) && (strlen(steps[i].name) != n || strncmp(steps[i].name, text, n) != 0))
			i++;
		if (i == ARRAY_LEN(steps)) {
			fprintf(stderr, "iccp-sim: --script: unknown step '%.*s': choose from %s\n", (int)n, text, script_names());
			return false;
		}
		if ((p->n == 0) != (i == 0)) {
			fputs("iccp-sim: --script: associate is the first step and only that\n", stderr);
			return false;
		}
		if (!add_step(o, i, p)) {
			fputs("iccp-sim: --script: too many steps\n", stderr);
			return false;
		}
		text += n + (text[n] == ',');
	}
	bool holds = o->hold_at == NULL || strcmp(o->hold_at, "split") == 0;
	for (size_t i = 0; i < p->n; i++)
		holds = holds || p->act[i].what == DO_HOLD;
	if (!holds) {
		fprintf(stderr, "iccp-sim: --hold-at %s: is split or a step of the script\n", o->hold_at);
		return false;
	}
	const enum sim_do last = p->n > 0 ? p->act[p->n - 1].what : DO_END;
	if (last == DO_FINISH || last == DO_ABORT)
		return true;
	fputs("iccp-sim: --script: the last step is conclude or abort\n", stderr);
	return false;
}
