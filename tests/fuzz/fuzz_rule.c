/* fuzz_rule.c - sigset_new on rule text; what loads then meets a stream, an event and a datagram.
 *
 * Texts are short, so that Hyperscan's compiler does not take all the time.
 */
#include "sigs/match.h"
#include "tests/fuzz/fuzz_log.h"

enum { TEXT_MAX = 1500 };

enum { G_LOADED, G_REFUSED, G_STREAM, G_BLOCK, G_HIT, G_TAG };
const char *const fuzz_goals[] = { "rule loaded", "rule refused", "stream rule", "block rule", "hit", "tag", NULL };
uint32_t fuzz_reached;

static void refused(void *arg, const char *file, unsigned line, const char *text)
{
	unsigned *n = arg;
	FUZZ_CHECK(strcmp(file, "fuzz") == 0 && line > 0 && text[0] != '\0');
	++*n;
}

static void hit(void *arg, const struct match_hit *h)
{
	FUZZ_CHECK(h->sig == NULL || sigset_at(arg, h->sig->index) == h->sig);
	if (h->sig != NULL)
		fuzz_reach(G_HIT);
}

static struct sigset *load(const char *text, unsigned *n_refused)
{
	const struct sig_source src = { "fuzz", text, false };
	const struct sig_var var[] = { { "HOME_NET", "[10.0.0.0/8,!10.1.0.0/16]" }, { "ICCP_PORTS", "102" } };
	struct sigset *s = NULL;
	*n_refused = 0;
	FUZZ_CHECK(sigset_new(&src, 1, var, ARRAY_LEN(var), refused, n_refused, &s) == OK);
	return s;
}

static void check_set(const struct sigset *s, unsigned n_refused)
{
	struct sigset_stat st;
	sigset_stat(s, &st);
	FUZZ_CHECK(st.loaded == sigset_n(s) && st.refused == n_refused);
	for (size_t i = 0; i < sigset_n(s); i++) {
		const struct sig *sig = sigset_at(s, i);
		FUZZ_CHECK(sig->index == i && sigset_find(s, sig->gid, sig->sid) == sig);
		FUZZ_CHECK(sig->priority >= 1 && sig->priority <= 4);
		FUZZ_CHECK(sig->msg != NULL && sig->classtype != NULL && sig->line > 0);
	}
	FUZZ_CHECK(sigset_at(s, sigset_n(s)) == NULL);
	for (enum tag_table_id t = TAGS_STOCK; t < TAG_TABLE_N; t++)
		for (unsigned i = 0; i < sigset_tags(s, t)->nr; i++)
			FUZZ_CHECK(sigset_tag_find(s, t, sigset_tags(s, t)->name[i]) != TAG_NONE);
	fuzz_reach(st.loaded != 0 ? G_LOADED : G_REFUSED);
	if (st.n_stream != 0)
		fuzz_reach(G_STREAM);
	if (st.n_block != 0)
		fuzz_reach(G_BLOCK);
}

static void stream(struct matcher *m, struct match_flow *f, const struct sig_flow *sf, struct span text, void *arg)
{
	struct cur c = cur_span(text);
	match_open(m, f, sf, DIR_ORIG, arg);
	while (cur_left(&c) > 0) {
		const struct span piece = cur_bytes(&c, size_min(cur_left(&c), 100));
		match_stream(m, f, sf, DIR_ORIG, piece);
		match_upto(m, f, sf, DIR_ORIG, piece.len / 2, arg);
		match_upto(m, f, sf, DIR_ORIG, piece.len, arg);
	}
	match_gap(m, f, DIR_ORIG);
}

static void use(struct sigset *s, struct span text)
{
	struct fields fs = { .n = 3, .v = { { FLD_MMS_SERVICE, 5, span_of("write", 5) },
		                            { FLD_MMS_DOMAIN, 0, span_of("ICC_A_B", 7) },
		                            { FLD_MMS_OBJECT, 0, text } } };
	struct tagset tags = { 0 };
	struct sig_flow sf = { .family = 4, .ip_proto = 6, .cport = 1025, .sport = 102, .established = true,
		               .proto = PROTO_ICCP, .tags = &tags };
	struct match_flow f;
	struct matcher *m = NULL;
	FUZZ_CHECK(matcher_new(s, 4, hit, &m) == OK);
	match_flow_init(&f);
	stream(m, &f, &sf, text, s);
	for (unsigned id = 1; id < EV_N; id += 1 + text.len % 7) {
		const struct dec_event ev = { .id = (enum event_id)id, .dir = DIR_ORIG, .pdu = text, .fields = &fs };
		match_event(m, &f, &sf, &ev, "ICCP_Get.Data.Value", s);
	}
	match_anomaly(m, &f, &sf, DIR_REPLY, "tpkt.version", s);
	sf.ip_proto = 17;
	match_packet(m, &f, &sf, DIR_ORIG, text, s);
	if (tags.n != 0)
		fuzz_reach(G_TAG);
	match_flow_fini(m, &f);
	matcher_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n_refused, n_again;
	const size_t len = size_min(size, TEXT_MAX);
	char *text = calloc(1, len + 1);
	FUZZ_CHECK(text != NULL);
	memcpy(text, data, len);
	struct sigset *s = load(text, &n_refused);
	check_set(s, n_refused);
	if (sigset_n(s) > 0)
		use(s, span_of(text, len));
	if (len % 8 == 0) {              /* the same text gives the same set */
		struct sigset *again = load(text, &n_again);
		struct sigset_stat a, b;
		sigset_stat(s, &a);
		sigset_stat(again, &b);
		FUZZ_CHECK(a.hash == b.hash && a.loaded == b.loaded && n_again == n_refused);
		sigset_free(again);
	}
	sigset_free(s);
	free(text);
	return 0;
}
