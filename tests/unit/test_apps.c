/* test_apps.c - the application table: in order, unique, and no request without its application. */
#include "sigs/apps.h"

#include "base/types.h"
#include "tests/unit/unit.h"

static void in_order(void)
{
	CU_ASSERT(app_n() > 150);
	CU_ASSERT_PTR_NULL(app_at(app_n()));
	for (size_t i = 0; i < app_n(); i++) {
		const struct app *a = app_at(i);
		CU_ASSERT(i == 0 || app_at(i - 1)->id < a->id);
		CU_ASSERT(a->id == 44684 || (a->id >= 90000 && a->id < 91000));
		CU_ASSERT_PTR_EQUAL(app_by_id(a->id), a);
		CU_ASSERT_PTR_EQUAL(app_by_name(a->name), a);
		CU_ASSERT_EQUAL(strcspn(a->name, " \"="), strlen(a->name));
	}
	CU_ASSERT_PTR_NULL(app_by_id(0));
	CU_ASSERT_PTR_NULL(app_by_id(76919));
	CU_ASSERT_PTR_NULL(app_by_id(UINT32_MAX));
	CU_ASSERT_PTR_NULL(app_by_name("ICCP_Nonsense"));
}

static void words(void)
{
	static const char *const risks[] = { "low", "medium", "elevated", "high", "critical" };
	for (size_t i = 0; i < app_n(); i++) {
		const struct app *a = app_at(i);
		size_t k = 0;
		while (k < ARRAY_LEN(risks) && strcmp(risks[k], a->risk) != 0)
			k++;
		CU_ASSERT(k < ARRAY_LEN(risks));
		CU_ASSERT(a->category[0] != '\0' && a->behaviour[0] != '\0');
		CU_ASSERT((a->proto != PROTO_NONE) != (a->event != EV_NONE));
		CU_ASSERT(a->event == EV_NONE || strcmp(a->category, "Industrial") == 0);
	}
}

static bool is_request(const char *name)
{
	const size_t n = strlen(name);
	return n > 8 && strcmp(name + n - 8, ".request") == 0;
}

static void events(void)
{
	for (unsigned ev = EV_NONE; ev < EV_N; ev++) {
		const struct app *a = app_of_event((enum event_id)ev);
		if (is_request(event_name(ev)) && a == NULL)
			printf("# %s has no application\n", event_name(ev));
		CU_ASSERT(!is_request(event_name(ev)) || a != NULL);
		CU_ASSERT(strstr(event_name(ev), ".response") == NULL || a == NULL);
		CU_ASSERT(a == NULL || a->event == ev);
	}
#define X(id, ident) CU_ASSERT_PTR_NOT_NULL(app_of_event(EV_##id));
	ICCP_ONEWAY_LIST(X)
#undef X
	CU_ASSERT_PTR_NULL(app_of_event(EV_N));
	CU_ASSERT_PTR_NULL(app_of_event(EV_COTP_CR));
	CU_ASSERT_PTR_NULL(app_of_event(EV_MMS_CONFIRMED_ERR));
}

static void protocols(void)
{
	for (unsigned p = PROTO_NONE + 1; p < PROTO_N; p++) {
		const struct app *a = app_of_proto((enum proto)p), *up = app_of_proto(proto_parent(p));
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_EQUAL(a->proto, p);
		CU_ASSERT_EQUAL(a->parent, up != NULL ? up->id : 0);
	}
	CU_ASSERT_PTR_NULL(app_of_proto(PROTO_NONE));
	CU_ASSERT_PTR_NULL(app_of_proto(PROTO_N));
}

/* Names and numbers that are in operators' logs, and those of the public lists. */
static void known(void)
{
	static const struct {
		enum event_id ev;
		const char *name;
	} v[] = {
		{ EV_OP_TRANSFER_REPORT, "ICCP_Transfer.Reporting" },
		{ EV_OP_CREATE_DATA_SET_REQ, "ICCP_Create.Dataset" },
		{ EV_OP_DELETE_DATA_SET_REQ, "ICCP_Delete.Dataset" },
		{ EV_OP_ABORT, "ICCP_Abort" },
		{ EV_OP_START_TRANSFER_DS_REQ, "ICCP_Start.Transfer.DSTransferSet" },
		{ EV_OP_START_TRANSFER_IM_REQ, "ICCP_Start.Transfer.IMTransferSet" },
		{ EV_OP_GET_DATA_SET_ELEMENT_VALUES_REQ, "ICCP_Get.Dataset.Element.Values" },
		{ EV_OP_GET_NEXT_DS_TRANSFER_SET_REQ, "ICCP_Get.Next.DSTransfer.Set.Value" },
		{ EV_OP_GET_DATA_VALUE_REQ, "ICCP_Get.Data.Value" },
		{ EV_OP_DEVICE_SELECT_REQ, "ICCP_Device.Select" },
		{ EV_MMS_getNameList_REQ, "MMS_GetNameList.Request" },
		{ EV_MMS_getNamedVariableListAttributes_REQ, "MMS_GetNamedVariableListAttributes.Request" },
		{ EV_MMS_getVariableAccessAttributes_REQ, "MMS_GetVariableAccessAttributes.Request" },
		{ EV_MMS_identify_REQ, "MMS_Identify.Request" },
		{ EV_MMS_INITIATE_REQ, "MMS_Initiate.Request" },
		{ EV_MMS_read_REQ, "MMS_Read.Request" },
		{ EV_MMS_reset_REQ, "MMS_Reset.Request" },
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		const struct app *a = app_of_event(v[i].ev);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_STRING_EQUAL(a->name, v[i].name);
		CU_ASSERT_EQUAL(a->parent, app_of_proto(strncmp(a->name, "ICCP", 4) == 0 ? PROTO_ICCP : PROTO_MMS)->id);
	}
	const struct app *report = app_by_id(44684);
	CU_ASSERT_PTR_EQUAL(report, app_of_event(EV_OP_TRANSFER_REPORT));
	CU_ASSERT_STRING_EQUAL(report->risk, "elevated");
}

UNIT_MAIN({ "in order and unique", in_order }, { "category, risk, behaviour", words }, { "every request event", events },
	  { "every protocol", protocols }, { "known names and numbers", known })
