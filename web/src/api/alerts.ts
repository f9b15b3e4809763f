import { alertsEndpoints } from "./endpoints/alerts";

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
  },
});

export const {
  useChangeAlertMutation,
  useCreateAlertMutation,
  useDeleteAlertMutation,
  useLazyExplainAlertQuery,
  useListAlertsQuery,
  useListTriggeredAlertsQuery,
  usePreviewAlertMutation,
  useShowAlertQuery,
  useShowTimelineQuery,
} = alertsApi;
