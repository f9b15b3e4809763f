import { notificationsEndpoints } from "./endpoints/notifications";

export const notificationsApi = notificationsEndpoints.enhanceEndpoints({
  endpoints: {
    listNotificationAddresses: { providesTags: ["noticeAddress"] },
    addPushDevice: { invalidatesTags: ["noticeAddress", "noticeWishes"] },
    connectSlack: { invalidatesTags: ["noticeAddress"] },
    connectNumber: { invalidatesTags: ["noticeAddress"] },
    connectTelegram: { invalidatesTags: ["noticeAddress"] },
    confirmNotificationAddress: { invalidatesTags: ["noticeAddress", "noticeWishes"] },
    testNotificationAddress: { invalidatesTags: ["notice"] },
    removeNotificationAddress: { invalidatesTags: ["noticeAddress", "noticeWishes"] },
    takeTelegramUpdate: { invalidatesTags: [] },
    takeSendgridEvents: { invalidatesTags: [] },
    takeTwilioStatus: { invalidatesTags: [] },
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
  useConnectNumberMutation,
  useConnectSlackMutation,
  useConnectTelegramMutation,
  useListNotificationAddressesQuery,
  useRemoveNotificationAddressMutation,
  useShowNotificationPreferencesQuery,
  useTestNotificationAddressMutation,
} = notificationsApi;
