/* ha_schema.c - the rows of every replicated struct; see ha_schema.h. */
#include "hacache/ha_schema.h"

#include <string.h>

#define SIZE(S, f) sizeof(((S *)NULL)->f)
#define NAMED(S, nm, f, mx) { .name = #nm, .kind = HK_UINT, .off = offsetof(S, f), .size = SIZE(S, f), .max = (mx) }
#define UINT(S, f, mx) NAMED(S, f, f, mx)
#define BOOL(S, f) NAMED(S, f, f, 1)
#define LOCAL(S, nm, f, mx) \
	{ .name = #nm, .kind = HK_UINT, .local = true, .off = offsetof(S, f), .size = SIZE(S, f), .max = (mx) }
#define TIME(S, nm, f) { .name = #nm, .kind = HK_TIME, .local = true, .off = offsetof(S, f), .size = sizeof(mono_t), .max = U64 }
#define RAW(S, nm, f) { .name = #nm, .kind = HK_RAW, .off = offsetof(S, f), .size = SIZE(S, f) }
#define OCTETS(S, nm, f, n)                                                                           \
	{ .name = #nm, .kind = HK_OCTETS, .off = offsetof(S, f), .size = 1, .max = SIZE(S, f), .n_off = offsetof(S, n), \
	  .n_size = SIZE(S, n) }
#define BUF(S, nm, f, mx) { .name = #nm, .kind = HK_BUF, .off = offsetof(S, f), .size = sizeof(struct buf), .max = (mx) }
#define DELTA(S, nm, f, mx) \
	{ .name = #nm, .kind = HK_BUF, .local = true, .off = offsetof(S, f), .size = sizeof(struct buf), .max = (mx) }
#define MSG(S, nm, f, m) { .name = #nm, .kind = HK_MSG, .off = offsetof(S, f), .size = SIZE(S, f), .sub = &(m) }
#define PTR(S, f, m) { .name = #f, .kind = HK_PTR, .off = offsetof(S, f), .size = SIZE(S, f), .sub = &(m) }
#define LIST(S, f, n, m)                                                                              \
	{ .name = #f, .kind = HK_LIST, .off = offsetof(S, f), .size = SIZE(S, f[0]), .max = SIZE(S, f) / SIZE(S, f[0]), \
	  .n_off = offsetof(S, n), .n_size = SIZE(S, n), .sub = &(m) }
#define UINTS(S, f, n)                                                                                \
	{ .name = #f, .kind = HK_UINTS, .off = offsetof(S, f), .size = SIZE(S, f[0]), .max = SIZE(S, f) / SIZE(S, f[0]), \
	  .n_off = offsetof(S, n), .n_size = SIZE(S, n) }
#define ROWS(id, nm, S, ...)                                                \
	static const struct ha_row id##_rows[] = { __VA_ARGS__ };           \
	static const struct ha_msg id = { nm, id##_rows, ARRAY_LEN(id##_rows), sizeof(S) }

#define U8 UINT8_MAX
#define U16 UINT16_MAX
#define U32 UINT32_MAX
#define U64 UINT64_MAX
#define SERIAL_MAX (UINT64_MAX >> 1) /* the numbers after a peer's last one must not run out */

/* --- forwarding ---------------------------------------------------------------------------------- */

ROWS(msg_tuple, "Tuple", struct tuple,
	RAW(struct tuple, src, src),
	RAW(struct tuple, dst, dst),
	UINT(struct tuple, sport, U16),
	UINT(struct tuple, dport, U16),
	UINT(struct tuple, proto, U8),
	UINT(struct tuple, family, 6));

ROWS(msg_count, "Count", struct session_count,
	UINT(struct session_count, bytes, U64),
	UINT(struct session_count, packets, U64),
	UINT(struct session_count, allow_err, 1));

ROWS(msg_tcp_flow, "TcpFlow", struct tcp_end,
	UINT(struct tcp_end, ack, U32),
	UINT(struct tcp_end, next, U32),
	UINT(struct tcp_end, edge, U32),
	UINT(struct tcp_end, ts, U32));

ROWS(msg_tcp_end, "TcpEnd", struct tcp_end,
	UINT(struct tcp_end, state, TCPS_N - 1),
	BOOL(struct tcp_end, seen),
	BOOL(struct tcp_end, fin),
	UINT(struct tcp_end, fin_seq, U32),
	UINT(struct tcp_end, win_max, U32),
	UINT(struct tcp_end, isn, U32),
	UINT(struct tcp_end, isn_other, U32),
	UINT(struct tcp_end, wscale, TCP_WSCALE_MAX + 1),
	BOOL(struct tcp_end, anchored),
	BOOL(struct tcp_end, has_other),
	BOOL(struct tcp_end, sack_ok),
	BOOL(struct tcp_end, ts_ok),
	BOOL(struct tcp_end, md5));

ROWS(msg_tcp_syn, "TcpSyn", struct tcp_syn,
	BOOL(struct tcp_syn, valid),
	BOOL(struct tcp_syn, sack_ok),
	BOOL(struct tcp_syn, has_ts),
	BOOL(struct tcp_syn, md5),
	UINT(struct tcp_syn, dir, DIR_N - 1),
	UINT(struct tcp_syn, wscale, TCP_WSCALE_MAX + 1),
	UINT(struct tcp_syn, win, U16),
	UINT(struct tcp_syn, seq, U32),
	UINT(struct tcp_syn, tsval, U32));

ROWS(msg_tcp, "Tcp", struct tcp_state,
	UINT(struct tcp_state, state, TCPS_N - 1),
	BOOL(struct tcp_state, midstream),
	MSG(struct tcp_state, orig, end[DIR_ORIG], msg_tcp_end),
	MSG(struct tcp_state, reply, end[DIR_REPLY], msg_tcp_end),
	UINT(struct tcp_state, before_rst, TCPS_N - 1),
	UINT(struct tcp_state, rst_by, DIR_N - 1),
	BOOL(struct tcp_state, fast_open),
	MSG(struct tcp_state, syn, syn, msg_tcp_syn),
	UINT(struct tcp_state, n_paws, U32),
	UINT(struct tcp_state, n_pause, U32));

ROWS(msg_fwd, "Forward", struct session_state,
	MSG(struct session_state, orig, tuple[DIR_ORIG], msg_tuple),
	MSG(struct session_state, reply, tuple[DIR_REPLY], msg_tuple),
	TIME(struct session_state, start, start),
	UINT(struct session_state, policy_id, U32),
	RAW(struct session_state, src_mac, src_mac),
	RAW(struct session_state, dst_mac, dst_mac),
	UINT(struct session_state, vlan, U16));

/* The last packet's time and the session's end follow from these and the directions': session_state_times(). */
ROWS(msg_state, "State", struct session_state,
	UINT(struct session_state, timeout_s, U32),
	UINT(struct session_state, flags, SESSION_FLAG_ALL),
	BOOL(struct session_state, inspected),
	BOOL(struct session_state, udp_both),
	MSG(struct session_state, tcp, tcp, msg_tcp));

/* What a packet of that direction changes; the interface with the first one only, so that it may be local. */
#define WAY(d)                                                     \
	TIME(struct session_state, last, last_dir[d]),             \
	MSG(struct session_state, n, n[d], msg_count),             \
	NAMED(struct session_state, tos, tos[d], U8),              \
	LOCAL(struct session_state, ifin, ifin[d], U32),           \
	MSG(struct session_state, end, tcp.end[d], msg_tcp_flow)
ROWS(msg_orig, "Way", struct session_state, WAY(DIR_ORIG));
ROWS(msg_reply, "Way", struct session_state, WAY(DIR_REPLY));

/* --- reassembly and inspection --------------------------------------------------------------------- */

ROWS(msg_seg, "HeldSegment", struct reasm_seg,
	UINT(struct reasm_seg, seq, U32),
	BUF(struct reasm_seg, data, data, REASM_HELD_MAX));

ROWS(msg_held, "Held", struct reasm_held,
	LIST(struct reasm_held, seg, n, msg_seg));

ROWS(msg_reasm_dir, "ReasmDir", struct reasm_dir,
	BOOL(struct reasm_dir, started),
	BOOL(struct reasm_dir, fin),
	UINT(struct reasm_dir, next, U32),
	UINT(struct reasm_dir, fin_seq, U32),
	UINT(struct reasm_dir, seen, U64),
	UINT(struct reasm_dir, n_ooo, U32),
	UINT(struct reasm_dir, n_gaps, U32),
	UINT(struct reasm_dir, differed, U32),
	UINT(struct reasm_dir, reading, REASM_READING_N - 1),
	UINT(struct reasm_dir, turn, U32),
	PTR(struct reasm_dir, held, msg_held));

ROWS(msg_reasm, "Reasm", struct reasm_state,
	MSG(struct reasm_state, orig, dir[DIR_ORIG], msg_reasm_dir),
	MSG(struct reasm_state, reply, dir[DIR_REPLY], msg_reasm_dir));

ROWS(msg_kept_dir, "KeptDir", struct ha_kept_dir,
	UINT(struct ha_kept_dir, from, U32),
	UINT(struct ha_kept_dir, upto, U32),
	DELTA(struct ha_kept_dir, data, data, REASM_KEPT_MAX));

ROWS(msg_kept, "Kept", struct ha_kept,
	MSG(struct ha_kept, orig, dir[DIR_ORIG], msg_kept_dir),
	MSG(struct ha_kept, reply, dir[DIR_REPLY], msg_kept_dir));

ROWS(msg_insp_dir, "InspDir", struct insp_dir,
	BOOL(struct insp_dir, looked),
	BOOL(struct insp_dir, blocked),
	UINT(struct insp_dir, release_to, U32),
	UINT(struct insp_dir, inspected, U64),
	BUF(struct insp_dir, look, look, 256));

ROWS(msg_tags, "Tags", struct tagset,
	UINTS(struct tagset, id, n));

ROWS(msg_insp, "Insp", struct insp_state,
	UINT(struct insp_state, service, SVC_N - 1),
	UINT(struct insp_state, upper, UPPER_N - 1),
	UINT(struct insp_state, proto, PROTO_N - 1),
	UINT(struct insp_state, owner, U32),
	UINT(struct insp_state, app, U32),
	UINT(struct insp_state, last_app, U32),
	UINT(struct insp_state, n_recs, U32),
	UINT(struct insp_state, n_alerts, U32),
	MSG(struct insp_state, orig, dir[DIR_ORIG], msg_insp_dir),
	MSG(struct insp_state, reply, dir[DIR_REPLY], msg_insp_dir),
	MSG(struct insp_state, tags, tags, msg_tags),
	BOOL(struct insp_state, partial),
	BOOL(struct insp_state, read_again));

/* --- decoders ------------------------------------------------------------------------------------- */

ROWS(msg_cotp_dir, "CotpDir", struct cotp_dir,
	BUF(struct cotp_dir, part, part, 65535),
	BUF(struct cotp_dir, tsdu, tsdu, BUF_LEN_MAX),
	UINT(struct cotp_dir, frags, U32),
	BOOL(struct cotp_dir, failed),
	BOOL(struct cotp_dir, resync),
	BOOL(struct cotp_dir, skip_tsdu),
	BOOL(struct cotp_dir, oversize),
	UINT(struct cotp_dir, resync_n, U8),
	UINT(struct cotp_dir, resync_left, U32));

ROWS(msg_cotp, "Cotp", struct cotp_state,
	UINT(struct cotp_state, phase, COTP_PHASE_N - 1),
	UINT(struct cotp_state, initiator, 1),
	NAMED(struct cotp_state, class_nr, class_, 15),
	UINT(struct cotp_state, classes, U8),
	UINT(struct cotp_state, options, U8),
	BOOL(struct cotp_state, rdp_asked),
	BOOL(struct cotp_state, rdp),
	BOOL(struct cotp_state, midstream),
	UINT(struct cotp_state, src_ref, U16),
	UINT(struct cotp_state, dst_ref, U16),
	UINT(struct cotp_state, tpdu_size, U32),
	MSG(struct cotp_state, orig, dir[DIR_ORIG], msg_cotp_dir),
	MSG(struct cotp_state, reply, dir[DIR_REPLY], msg_cotp_dir));

ROWS(msg_context, "Context", struct pres_context,
	UINT(struct pres_context, id, U32),
	UINT(struct pres_context, as, PRES_AS_N - 1),
	UINT(struct pres_context, answer, PRES_ANSWER_N - 1));

ROWS(msg_osi, "Osi", struct osi_state,
	UINT(struct osi_state, ses, SES_PHASE_N - 1),
	UINT(struct osi_state, initiator, 1),
	UINT(struct osi_state, finisher, 1),
	UINT(struct osi_state, acse, ACSE_PHASE_N - 1),
	BOOL(struct osi_state, midstream),
	LIST(struct osi_state, context, n_contexts, msg_context));

ROWS(msg_pending, "Pending", struct mms_pending,
	UINT(struct mms_pending, invoke, U32),
	UINT(struct mms_pending, service, U8),
	UINT(struct mms_pending, op, OP_N - 1),
	UINT(struct mms_pending, at, U8),
	UINT(struct mms_pending, place, U64));

ROWS(msg_mms_dir, "MmsDir", struct mms_dir,
	LIST(struct mms_dir, pending, n, msg_pending));

ROWS(msg_mms, "Mms", struct mms_state,
	UINT(struct mms_state, phase, MMS_PHASE_N - 1),
	UINT(struct mms_state, initiator, 1),
	UINT(struct mms_state, pdu_max, U32),
	UINT(struct mms_state, outstanding_max, U16),
	UINT(struct mms_state, nesting, U8),
	MSG(struct mms_state, orig, dir[DIR_ORIG], msg_mms_dir),
	MSG(struct mms_state, reply, dir[DIR_REPLY], msg_mms_dir));

ROWS(msg_iccp_name, "IccpName", struct iccp_name,
	UINT(struct iccp_name, hash, U64),
	UINT(struct iccp_name, what, ICCP_KNOWN_N - 1));

ROWS(msg_iccp, "Iccp", struct iccp_state,
	UINT(struct iccp_state, label, ICCP_LABEL_N - 1),
	UINT(struct iccp_state, assoc, ICCP_ASSOC_N - 1),
	UINT(struct iccp_state, initiator, 1),
	UINT(struct iccp_state, oldest, ICCP_NAMES_MAX - 1),
	LIST(struct iccp_state, name, n_names, msg_iccp_name));

ROWS(msg_part, "MatchPart", struct match_part,
	UINT(struct match_part, rule, U32),
	UINT(struct match_part, dir, 1),
	BOOL(struct match_part, done),
	UINT(struct match_part, seen, U32));

ROWS(msg_match, "Match", struct match_state,
	LIST(struct match_state, part, n_parts, msg_part));

ROWS(msg_scan, "Scan", struct ha_scan,
	BUF(struct ha_scan, stream, stream, 65536));

/* --- the messages ---------------------------------------------------------------------------------- */

ROWS(msg_session, "Session", struct ha_session,
	UINT(struct ha_session, serial, SERIAL_MAX),
	UINT(struct ha_session, version, U64),
	PTR(struct ha_session, fwd, msg_fwd),
	PTR(struct ha_session, reasm, msg_reasm),
	PTR(struct ha_session, insp, msg_insp),
	PTR(struct ha_session, cotp, msg_cotp),
	PTR(struct ha_session, osi, msg_osi),
	PTR(struct ha_session, mms, msg_mms),
	PTR(struct ha_session, iccp, msg_iccp),
	PTR(struct ha_session, match, msg_match),
	PTR(struct ha_session, kept, msg_kept),
	PTR(struct ha_session, state, msg_state),
	PTR(struct ha_session, orig, msg_orig),
	PTR(struct ha_session, reply, msg_reply),
	PTR(struct ha_session, scan_orig, msg_scan),
	PTR(struct ha_session, scan_reply, msg_scan));

ROWS(msg_ended, "Ended", struct ha_ended,
	UINT(struct ha_ended, serial, SERIAL_MAX));

ROWS(msg_fragment, "Fragment", struct frag_told,
	UINT(struct frag_told, nr, U64),
	UINT(struct frag_told, wire_len, FRAG_WIRE_MAX),
	BOOL(struct frag_told, held),
	BUF(struct frag_told, ip, ip, FRAG_WIRE_MAX));

ROWS(msg_datagram, "Datagram", struct frag_message,
	RAW(struct frag_message, src, i.key.src),
	RAW(struct frag_message, dst, i.key.dst),
	NAMED(struct frag_message, id, i.key.id, U32),
	NAMED(struct frag_message, proto, i.key.proto, U8),
	NAMED(struct frag_message, family, i.key.family, 6),
	NAMED(struct frag_message, state, i.state, FRAG_STATE_N - 1),
	NAMED(struct frag_message, reason, i.reason, REASON_N - 1),
	NAMED(struct frag_message, known, i.known, 1),
	NAMED(struct frag_message, nonce, i.nonce, U64),
	NAMED(struct frag_message, sum, i.sum, U64),
	TIME(struct frag_message, expires, i.expires),
	UINT(struct frag_message, first, FRAG_PARTS_MAX),
	LIST(struct frag_message, part, n, msg_fragment));

ROWS(msg_rec_flow, "RecFlow", struct rec_flow,
	NAMED(struct rec_flow, bytes_orig, bytes[DIR_ORIG], U64),
	NAMED(struct rec_flow, bytes_reply, bytes[DIR_REPLY], U64),
	NAMED(struct rec_flow, packets_orig, packets[DIR_ORIG], U64),
	NAMED(struct rec_flow, packets_reply, packets[DIR_REPLY], U64),
	TIME(struct rec_flow, start, start),
	TIME(struct rec_flow, last, last),
	UINT(struct rec_flow, end, SESSION_END_N - 1),
	UINT(struct rec_flow, proto_state, U8),
	UINT(struct rec_flow, n_alerts, U32));

ROWS(msg_rec, "Rec", struct rec,
	UINT(struct rec, kind, REC_N - 1),
	UINT(struct rec, dir, 1),
	UINT(struct rec, proto, PROTO_N - 1),
	BOOL(struct rec, would_drop),
	BOOL(struct rec, dropped),
	UINT(struct rec, owner, U32),
	UINT(struct rec, nr, U32),
	UINT(struct rec, serial, U64),
	UINT(struct rec, packet_nr, U64),
	TIME(struct rec, at, at),
	MSG(struct rec, tuple, tuple, msg_tuple),
	UINT(struct rec, ifin, U32),
	UINT(struct rec, ifout, U32),
	UINT(struct rec, vlan, 4095),
	UINT(struct rec, policy_id, U32),
	UINT(struct rec, app, U32),
	UINT(struct rec, gid, U32),
	UINT(struct rec, sid, U32),
	UINT(struct rec, rev, U32),
	UINT(struct rec, code, U32),
	MSG(struct rec, flow, flow, msg_rec_flow),
	OCTETS(struct rec, pdu, pdu.p, pdu.len),
	NAMED(struct rec, pdu_cut, pdu.cut, 1));

ROWS(msg_hello, "Hello", struct ha_hello,
	UINT(struct ha_hello, version, U32),
	UINT(struct ha_hello, sig_hash, U64),
	UINT(struct ha_hello, stock_hash, U64),
	UINT(struct ha_hello, custom_hash, U64),
	UINT(struct ha_hello, stock_nr, U32),
	UINT(struct ha_hello, custom_nr, U32),
	UINT(struct ha_hello, newest, U32),
	UINT(struct ha_hello, stream, U64),
	UINT(struct ha_hello, from, U64),
	UINT(struct ha_hello, whole_from, U64),
	UINT(struct ha_hello, schema, U64),
	BOOL(struct ha_hello, yields),
	BUF(struct ha_hello, names, names, HA_NAMES_MAX),
	BUF(struct ha_hello, ifnames, ifnames, HA_IFNAMES_MAX));

ROWS(msg_commit, "Commit", struct ha_commit,
	UINT(struct ha_commit, seq, U64),
	UINT(struct ha_commit, released, U64),
	{ .name = "now", .kind = HK_UINT, .local = true, .off = offsetof(struct ha_commit, now), .size = 8, .max = INT64_MAX / 4 },
	UINT(struct ha_commit, last_serial, SERIAL_MAX),
	UINT(struct ha_commit, packet_nr, U64),
	UINT(struct ha_commit, digest, U64),
	BOOL(struct ha_commit, whole),
	UINT(struct ha_commit, doubt_upto, SERIAL_MAX));

ROWS(msg_ack, "Ack", struct ha_ack,
	UINT(struct ha_ack, seq, U64),
	UINT(struct ha_ack, missing, U64),
	UINT(struct ha_ack, stream, U64),
	UINT(struct ha_ack, version, U32),
	BOOL(struct ha_ack, lost),
	BOOL(struct ha_ack, differs),
	UINT(struct ha_ack, repair, HA_BUCKETS));

ROWS(msg_buckets, "Buckets", struct ha_buckets,
	UINTS(struct ha_buckets, digest, n));

ROWS(msg_repair, "Repair", struct ha_repair,
	UINT(struct ha_repair, bucket, HA_BUCKETS - 1));

const struct ha_msg *const ha_msgs[] = {
	&msg_hello, &msg_session, &msg_ended, &msg_rec, &msg_commit, &msg_ack, &msg_fwd, &msg_state, &msg_orig, &msg_reply,
	&msg_tuple, &msg_count, &msg_tcp_flow, &msg_scan,
	&msg_tcp, &msg_tcp_end, &msg_reasm, &msg_reasm_dir, &msg_held, &msg_seg, &msg_insp, &msg_insp_dir, &msg_tags,
	&msg_cotp, &msg_cotp_dir, &msg_osi, &msg_context, &msg_mms, &msg_mms_dir, &msg_pending, &msg_iccp,
	&msg_iccp_name, &msg_match, &msg_part, &msg_rec_flow, &msg_tcp_syn, &msg_kept, &msg_kept_dir,
	&msg_datagram, &msg_fragment, &msg_buckets, &msg_repair,
};
const size_t ha_msgs_n = ARRAY_LEN(ha_msgs);

void ha_copy(const struct ha_msg *m, void *to, const void *from)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct ha_row *r = &m->row[i];
		void *at = (char *)to + r->off;
		const void *of = (const char *)from + r->off;
		if (r->kind == HK_MSG)
			ha_copy(r->sub, at, of);
		else
			memcpy(at, of, r->size);
	}
}

const struct ha_msg *ha_section_msg(enum ha_section i)
{
	return msg_session_rows[ARRAY_LEN(msg_session_rows) - HA_SECTION_N + i].sub;
}

const struct ha_msg *ha_msg_of_type(enum ha_type t)
{
	static const struct ha_msg *const of_type[HA_TYPE_N] = {
		[HA_HELLO] = &msg_hello, [HA_SESSION] = &msg_session, [HA_ENDED] = &msg_ended,
		[HA_REC] = &msg_rec,     [HA_COMMIT] = &msg_commit,   [HA_ACK] = &msg_ack,
		[HA_DATAGRAM] = &msg_datagram, [HA_BUCKETS_SUMS] = &msg_buckets, [HA_REPAIR] = &msg_repair,
	};
	return (unsigned)t < HA_TYPE_N ? of_type[t] : NULL;
}

unsigned ha_row_number(const struct ha_msg *m, unsigned row)
{
	unsigned n = 0;
	for (size_t i = 0; i < ha_msgs_n && ha_msgs[i] != m; i++)
		n += ha_msgs[i]->n;
	return n + row;
}

bool ha_row_at(unsigned i, const struct ha_msg **m, const struct ha_row **r)
{
	for (size_t k = 0; k < ha_msgs_n; k++) {
		if (i < ha_msgs[k]->n) {
			*m = ha_msgs[k];
			*r = &ha_msgs[k]->row[i];
			return true;
		}
		i -= ha_msgs[k]->n;
	}
	return false;
}
