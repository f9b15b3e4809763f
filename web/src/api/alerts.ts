import { alertsEndpoints } from "./endpoints/alerts";
import type { ListAlertsApiArg } from "./generated";

/** What of one's alerts is listed. */
export type AlertFilters = Pick<ListAlertsApiArg, "text" | "alertType" | "tag" | "watchlistRuleId">;

export const alertsApi = alertsEndpoints.enhanceEndpoints({
  endpoints: {
    listAlerts: { providesTags: ["alert"] },
    showAlert: { providesTags: ["alert"] },
    listTriggeredAlerts: { providesTags: ["triggered"] },
    // Asked for a form that changes at each key: an old answer is of no use.
    previewAlert: { invalidatesTags: [] },
    explainAlert: { providesTags: [] },
    showTimeline: { providesTags: ["alert", "triggered"] },
    createAlert: { invalidatesTags: ["alert"] },
    changeAlert: { invalidatesTags: ["alert"] },
    deleteAlert: { invalidatesTags: ["alert", "triggered"] },
    actOnAlerts: { invalidatesTags: ["alert", "triggered"] },
    listAlertTags: { providesTags: ["alert"] },
    checkAlertsFile: { invalidatesTags: [] },
    importAlerts: { invalidatesTags: ["alert"] },
    // CSV, which stays in no store.
    exportAlerts: {
      providesTags: [],
      keepUnusedDataFor: 0,
      query: ({ status, tag }: { status?: string; tag?: string }) => ({
        url: "/api/alerts/export/",
        params: { status, tag },
        responseHandler: "text" as const,
      }),
    },
    // What is in a rule's list changes its alerts.
    listWatchlistRules: { providesTags: ["alert", "watchlist"] },
    showWatchlistRule: { providesTags: ["alert"] },
    createWatchlistRule: { invalidatesTags: ["alert"] },
    changeWatchlistRule: { invalidatesTags: ["alert"] },
    deleteWatchlistRule: { invalidatesTags: ["alert"] },
  },
});

export const {
  useActOnAlertsMutation,
  useChangeAlertMutation,
  useChangeWatchlistRuleMutation,
  useCheckAlertsFileMutation,
  useCreateAlertMutation,
  useCreateWatchlistRuleMutation,
  useDeleteAlertMutation,
  useDeleteWatchlistRuleMutation,
  useImportAlertsMutation,
  useLazyExportAlertsQuery,
  useListAlertTagsQuery,
  useListWatchlistRulesQuery,
  useLazyExplainAlertQuery,
  useListAlertsQuery,
  useListTriggeredAlertsQuery,
  usePreviewAlertMutation,
  useShowAlertQuery,
  useShowTimelineQuery,
  useShowWatchlistRuleQuery,
} = alertsApi;
