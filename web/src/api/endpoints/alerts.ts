// Calls of "alerts". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ChangeAlertApiArg,
  ChangeAlertApiResponse,
  CreateAlertApiArg,
  CreateAlertApiResponse,
  DeleteAlertApiArg,
  DeleteAlertApiResponse,
  ExplainAlertApiArg,
  ExplainAlertApiResponse,
  ListAlertsApiArg,
  ListAlertsApiResponse,
  ListTriggeredAlertsApiArg,
  ListTriggeredAlertsApiResponse,
  PreviewAlertApiArg,
  PreviewAlertApiResponse,
  ShowAlertApiArg,
  ShowAlertApiResponse,
  ShowTimelineApiArg,
  ShowTimelineApiResponse,
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
