/* anomaly.c - names and meanings of the anomalies, from the lists in anomaly.h. */
#include "decoders/anomaly.h"

static const struct {
	const char *name, *help;
} table[ANOMALY_N] = {
#define X(id, text, means) [id] = { .name = text, .help = means },
	ANOMALY_STREAM_LIST(X) ANOMALY_TPKT_LIST(X) ANOMALY_COTP_LIST(X) ANOMALY_OSI_LIST(X)
	ANOMALY_BER_LIST(X) ANOMALY_MMS_LIST(X) ANOMALY_ICCP_LIST(X) ANOMALY_OTHER_LIST(X)
#undef X
};

const char *anomaly_name(unsigned a)
{
	return a < ANOMALY_N ? table[a].name : "none";
}

bool anomaly_is_stream(unsigned a)
{
	static const bool stream[ANOMALY_N] = {
#define X(id, text, means) [id] = true,
		ANOMALY_STREAM_LIST(X)
#undef X
	};
	return a < ANOMALY_N && stream[a];
}

const char *anomaly_help(unsigned a)
{
	return a < ANOMALY_N ? table[a].help : "";
}
