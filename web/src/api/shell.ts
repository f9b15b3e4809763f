import { shellEndpoints } from "./endpoints/shell";

export const shellApi = shellEndpoints.enhanceEndpoints({
  endpoints: {
    getMarketStatus: { providesTags: ["calendar"] },
    showSettings: { providesTags: ["settings"] },
    changeSettings: { invalidatesTags: ["settings"] },
    showMyPermissions: { providesTags: ["permissions"] },
    listNotifications: { providesTags: ["notice"] },
    countUnreadNotifications: { providesTags: ["notice"] },
    readNotification: { invalidatesTags: ["notice"] },
    readAllNotifications: { invalidatesTags: ["notice"] },
  },
});

export const {
  useChangeSettingsMutation,
  useCountUnreadNotificationsQuery,
  useGetMarketStatusQuery,
  useListNotificationsQuery,
  useReadAllNotificationsMutation,
  useReadNotificationMutation,
  useShowMyPermissionsQuery,
  useShowSettingsQuery,
} = shellApi;
