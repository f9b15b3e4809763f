import { notificationsEndpoints } from "./endpoints/notifications";

export const notificationsApi = notificationsEndpoints.enhanceEndpoints({
  endpoints: {
    listNotificationAddresses: { providesTags: ["noticeAddress"] },
    addPushDevice: { invalidatesTags: ["noticeAddress", "noticeWishes"] },
    connectSlack: { invalidatesTags: ["noticeAddress"] },
    connectTelegram: { invalidatesTags: ["noticeAddress"] },
    confirmNotificationAddress: { invalidatesTags: ["noticeAddress", "noticeWishes"] },
    removeNotificationAddress: { invalidatesTags: ["noticeAddress", "noticeWishes"] },
    takeTelegramUpdate: { invalidatesTags: [] },
    showUnsubscribe: { providesTags: [] },
    unsubscribe: { invalidatesTags: ["noticeWishes"] },
    showNotificationPreferences: { providesTags: ["noticeWishes"] },
    changeNotificationPreferences: { invalidatesTags: ["noticeWishes"] },
  },
});

export const {
  useAddPushDeviceMutation,
  useChangeNotificationPreferencesMutation,
  useConfirmNotificationAddressMutation,
  useConnectSlackMutation,
  useConnectTelegramMutation,
  useListNotificationAddressesQuery,
  useRemoveNotificationAddressMutation,
  useShowNotificationPreferencesQuery,
} = notificationsApi;
