// Calls of "alerts". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ActOnAlertsApiArg,
  ActOnAlertsApiResponse,
  ChangeAlertApiArg,
  ChangeAlertApiResponse,
  ChangeWatchlistRuleApiArg,
  ChangeWatchlistRuleApiResponse,
  CheckAlertsFileApiArg,
  CheckAlertsFileApiResponse,
  CreateAlertApiArg,
  CreateAlertApiResponse,
  CreateWatchlistRuleApiArg,
  CreateWatchlistRuleApiResponse,
  DeleteAlertApiArg,
  DeleteAlertApiResponse,
  DeleteWatchlistRuleApiArg,
  DeleteWatchlistRuleApiResponse,
  ExplainAlertApiArg,
  ExplainAlertApiResponse,
  ExportAlertsApiArg,
  ExportAlertsApiResponse,
  ImportAlertsApiArg,
  ImportAlertsApiResponse,
  ListAlertTagsApiArg,
  ListAlertTagsApiResponse,
  ListAlertsApiArg,
  ListAlertsApiResponse,
  ListTriggeredAlertsApiArg,
  ListTriggeredAlertsApiResponse,
  ListWatchlistRulesApiArg,
  ListWatchlistRulesApiResponse,
  PreviewAlertApiArg,
  PreviewAlertApiResponse,
  ShowAlertApiArg,
  ShowAlertApiResponse,
  ShowTimelineApiArg,
  ShowTimelineApiResponse,
  ShowWatchlistRuleApiArg,
  ShowWatchlistRuleApiResponse,
} from "../generated";

export const alertsEndpoints = api.enhanceEndpoints({ addTagTypes: ["alerts"] }).injectEndpoints({
  endpoints: (build) => ({
    listAlerts: build.query<ListAlertsApiResponse, ListAlertsApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/`,
        params: {
          status: queryArg.status,
          symbol: queryArg["symbol"],
          alert_type: queryArg.alertType,
          tag: queryArg.tag,
          text: queryArg.text,
          watchlist_rule_id: queryArg.watchlistRuleId,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["alerts"],
    }),
    createAlert: build.mutation<CreateAlertApiResponse, CreateAlertApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/`,
        method: "POST",
        body: queryArg.alertsAlertCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["alerts"],
    }),
    actOnAlerts: build.mutation<ActOnAlertsApiResponse, ActOnAlertsApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/bulk/`,
        method: "POST",
        body: queryArg.alertsBulkIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["alerts"],
    }),
    exportAlerts: build.query<ExportAlertsApiResponse, ExportAlertsApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/export/`,
        params: {
          status: queryArg.status,
          tag: queryArg.tag,
        },
      }),
      providesTags: ["alerts"],
    }),
    importAlerts: build.mutation<ImportAlertsApiResponse, ImportAlertsApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/alerts/import/`,
          method: "POST",
          body: queryArg.alertsAlertsImport,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["alerts"],
      },
    ),
    checkAlertsFile: build.mutation<
      CheckAlertsFileApiResponse,
      CheckAlertsFileApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/import/check/`,
        method: "POST",
        body: queryArg.alertsAlertsFile,
      }),
      invalidatesTags: ["alerts"],
    }),
    previewAlert: build.mutation<PreviewAlertApiResponse, PreviewAlertApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/alerts/preview/`,
          method: "POST",
          body: queryArg.alertsPreviewIn,
        }),
        invalidatesTags: ["alerts"],
      },
    ),
    listAlertTags: build.query<ListAlertTagsApiResponse, ListAlertTagsApiArg>(
      {
        query: () => ({ url: `/api/alerts/tags/` }),
        providesTags: ["alerts"],
      },
    ),
    listTriggeredAlerts: build.query<
      ListTriggeredAlertsApiResponse,
      ListTriggeredAlertsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/triggered/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["alerts"],
    }),
    listWatchlistRules: build.query<
      ListWatchlistRulesApiResponse,
      ListWatchlistRulesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/watchlist-rules/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["alerts"],
    }),
    createWatchlistRule: build.mutation<
      CreateWatchlistRuleApiResponse,
      CreateWatchlistRuleApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/watchlist-rules/`,
        method: "POST",
        body: queryArg.alertsWatchlistRuleCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["alerts"],
    }),
    deleteWatchlistRule: build.mutation<
      DeleteWatchlistRuleApiResponse,
      DeleteWatchlistRuleApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/watchlist-rules/${encodeURIComponent(String(queryArg.ruleId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["alerts"],
    }),
    showWatchlistRule: build.query<
      ShowWatchlistRuleApiResponse,
      ShowWatchlistRuleApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/watchlist-rules/${encodeURIComponent(String(queryArg.ruleId))}/`,
      }),
      providesTags: ["alerts"],
    }),
    changeWatchlistRule: build.mutation<
      ChangeWatchlistRuleApiResponse,
      ChangeWatchlistRuleApiArg
    >({
      query: (queryArg) => ({
        url: `/api/alerts/watchlist-rules/${encodeURIComponent(String(queryArg.ruleId))}/`,
        method: "PATCH",
        body: queryArg.alertsAlertChange,
      }),
      invalidatesTags: ["alerts"],
    }),
    deleteAlert: build.mutation<DeleteAlertApiResponse, DeleteAlertApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["alerts"],
    }),
    showAlert: build.query<ShowAlertApiResponse, ShowAlertApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
      }),
      providesTags: ["alerts"],
    }),
    changeAlert: build.mutation<ChangeAlertApiResponse, ChangeAlertApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
        method: "PATCH",
        body: queryArg.alertsAlertChange,
      }),
      invalidatesTags: ["alerts"],
    }),
    explainAlert: build.query<ExplainAlertApiResponse, ExplainAlertApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/explain/`,
        params: {
          at: queryArg.at,
        },
      }),
      providesTags: ["alerts"],
    }),
    showTimeline: build.query<ShowTimelineApiResponse, ShowTimelineApiArg>({
      query: (queryArg) => ({
        url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/timeline/`,
      }),
      providesTags: ["alerts"],
    }),
  }),
  overrideExisting: false,
});
