/* conf_ref.c - docs/configuration.md out of the schema. */
#include "ips/conf_int.h"

#include <stdio.h>
#include <string.h>

#include "ips/conf_text.h"

static const char intro[] =
	"<!-- Printed by `ips config reference`; a test holds this file equal to it. -->\n"
	"# Configuration\n"
	"\n"
	"A configuration is text in blocks:\n"
	"\n"
	"    # a comment\n"
	"    config system global\n"
	"        set hostname \"node-a\"\n"
	"    end\n"
	"    config firewall policy\n"
	"        edit 1\n"
	"            set srcaddr \"plant\" \"control-centre\"\n"
	"            append service \"ICCP\"\n"
	"            unset comments\n"
	"        next\n"
	"    end\n"
	"    include \"site.conf\"\n"
	"\n"
	"`config` opens an object, `end` closes it. Objects that are tables hold entries: `edit` opens one, `next` closes it,\n"
	"`end` closes it and the table. `set` gives an attribute its value or values, `append` adds to a list, `unset` takes the\n"
	"value back to the default. Commands and words are in lower case. A value with blanks stands in `\"...\"` or `'...'` on\n"
	"one line; a backslash takes the next character as it is, except in `'...'`. A word that begins with `#` begins a\n"
	"comment. `include` reads another file, relative to the one that includes it; blocks open and close within one file.\n"
	"\n"
	"With several vdoms, objects of a vdom stand in `config vdom`, `edit NAME`, and the others in `config global`. Outside\n"
	"of these blocks everything belongs to the vdom `root`, which always exists.\n"
	"\n"
	"- `ips config check FILE...` tells every error as `FILE:LINE: 'offending text': what is wrong; what is allowed`.\n"
	"- `ips config show FILE [PATH] [--full]` prints the canonical text, with `--full` the defaults as well. PATH is an\n"
	"  object (`firewall policy`), the beginning of some (`firewall`) or an entry (`firewall policy 1`). Passwords are\n"
	"  masked.\n"
	"- `ips config diff A B` prints what differs in effect.\n"
	"- `ips config reference` prints this text.\n"
	"\n"
	"They exit with 0 when all is well, 1 when a file cannot be read, 2 when a configuration (or the command) is wrong, and\n"
	"`diff` with 3 when the two differ.\n"
	"\n";

/* A cell of a table: | would end it. */
static void cell(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			putc('\\', f);
		putc(*text, f);
	}
	fputs(" | ", f);
}

static void row(FILE *f, const struct conf_attr *a)
{
	char allowed[512];
	bool quoted = a->type == CT_STRING && a->dflt != NULL;
	fprintf(f, "| `%s` | ", a->name);
	if (a->flags & CA_LIST)
		fputs("list: ", f);
	cell(f, conf_attr_allowed(a, allowed, sizeof(allowed)));
	fprintf(f, "%s%s%s", quoted ? "\"" : "",
		a->dflt != NULL          ? a->dflt
		: a->flags & CA_REQUIRED ? "required"
					 : "unset",
		quoted ? "\" | " : " | ");
	fprintf(f, "%s%s |\n", a->help, a->flags & CA_RESTART ? " (takes effect at the next start)" : "");
}

static void object(FILE *f, const struct conf_object *o)
{
	static const char *const kind[] = { "One object", "A table; entries have names", "A table; entries have numbers" };
	fprintf(f, "## config %s\n\n%c%s. %s, %s", o->path, o->help[0] - 'a' + 'A', o->help + 1, kind[o->kind],
		o->scope == CS_GLOBAL ? "the same for all vdoms" : "one in each vdom");
	if (o->parent != CO_N)
		fprintf(f, "; it stands inside `config %s`", conf_schema(o->parent)->path);
	fputs(".\n\n| attribute | value | default | meaning |\n|---|---|---|---|\n", f);
	for (int i = 0; i < o->n_attr; i++)
		row(f, &o->attr[i]);
	putc('\n', f);
}

static void services(FILE *f)
{
	fputs("## Predefined services\n\nA custom service of the same name takes the place of a predefined one.\n\n"
	      "| name | protocol | ports (ICMP: type) | |\n|---|---|---|---|\n",
	      f);
	for (size_t i = 0; i < conf_n_services; i++) {
		const struct conf_service *s = &conf_services[i];
		bool icmp = s->proto == 1 || s->proto == 58, tcp = s->proto == 6 || s->proto == 17;
		fprintf(f, "| %s | ", s->name);
		if (tcp || s->proto == 0)
			fputs(s->proto == 0 ? "all" : s->proto == 6 ? "TCP" : "UDP", f);
		else
			fprintf(f, "%u", s->proto);
		fputs(" | ", f);
		if (s->lo == 0 && s->hi == 65535)
			fputs("all", f);
		else if (s->lo == s->hi || icmp)
			fprintf(f, "%u", icmp ? s->lo >> 8 : s->lo);
		else
			fprintf(f, "%u-%u", s->lo, s->hi);
		fprintf(f, " | %s |\n", s->help);
	}
}

enum err conf_reference(char **out)
{
	size_t len;
	*out = NULL;
	FILE *f = open_memstream(out, &len);
	if (f == NULL)
		return ERR_NOMEM;
	fputs(intro, f);
	fprintf(f,
		"At most %d octets in all files, %d entries in all tables, %d values of an attribute, %d vdoms, %d files that\n"
		"include one another %d deep. Names of entries have at most %d octets, those of interfaces %d.\n\n",
		CONF_TEXT_MAX, CONF_ENTRIES_MAX, CONF_LIST_MAX, CONF_VDOMS_MAX, CONF_FILES_MAX, CONF_INCLUDE_DEPTH, CONF_NAME_MAX,
		CONF_IFNAME_MAX);
	for (enum conf_object_id id = 0; id < CO_N; id++)
		object(f, conf_schema(id));
	services(f);
	return conf_text_close(f, out);
}
