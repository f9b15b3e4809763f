// Calls of "notifications". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  AddPushDeviceApiArg,
  AddPushDeviceApiResponse,
  ChangeNotificationPreferencesApiArg,
  ChangeNotificationPreferencesApiResponse,
  ConfirmNotificationAddressApiArg,
  ConfirmNotificationAddressApiResponse,
  ConnectNumberApiArg,
  ConnectNumberApiResponse,
  ConnectSlackApiArg,
  ConnectSlackApiResponse,
  ConnectTelegramApiArg,
  ConnectTelegramApiResponse,
  ListNotificationAddressesApiArg,
  ListNotificationAddressesApiResponse,
  MovePushDeviceApiArg,
  MovePushDeviceApiResponse,
  RemoveNotificationAddressApiArg,
  RemoveNotificationAddressApiResponse,
  ShowNotificationPreferencesApiArg,
  ShowNotificationPreferencesApiResponse,
  ShowUnsubscribeApiArg,
  ShowUnsubscribeApiResponse,
  TakeSendgridEventsApiArg,
  TakeSendgridEventsApiResponse,
  TakeTelegramUpdateApiArg,
  TakeTelegramUpdateApiResponse,
  TakeTwilioStatusApiArg,
  TakeTwilioStatusApiResponse,
  TestNotificationAddressApiArg,
  TestNotificationAddressApiResponse,
  UnsubscribeApiArg,
  UnsubscribeApiResponse,
} from "../generated";

export const notificationsEndpoints = api.enhanceEndpoints({ addTagTypes: ["notifications"] }).injectEndpoints({
  endpoints: (build) => ({
    listNotificationAddresses: build.query<
      ListNotificationAddressesApiResponse,
      ListNotificationAddressesApiArg
    >({
      query: () => ({ url: `/api/notification-addresses/` }),
      providesTags: ["notifications"],
    }),
    addPushDevice: build.mutation<
      AddPushDeviceApiResponse,
      AddPushDeviceApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-addresses/push/`,
        method: "POST",
        body: queryArg.alertsPushIn,
      }),
      invalidatesTags: ["notifications"],
    }),
    movePushDevice: build.mutation<
      MovePushDeviceApiResponse,
      MovePushDeviceApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-addresses/push/moved/`,
        method: "POST",
        body: queryArg.alertsPushMovedIn,
      }),
      invalidatesTags: ["notifications"],
    }),
    connectSlack: build.mutation<ConnectSlackApiResponse, ConnectSlackApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/notification-addresses/slack/`,
          method: "POST",
          body: queryArg.alertsSlackIn,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["notifications"],
      },
    ),
    connectNumber: build.mutation<
      ConnectNumberApiResponse,
      ConnectNumberApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-addresses/sms/`,
        method: "POST",
        body: queryArg.alertsSmsIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["notifications"],
    }),
    connectTelegram: build.mutation<
      ConnectTelegramApiResponse,
      ConnectTelegramApiArg
    >({
      query: () => ({
        url: `/api/notification-addresses/telegram/`,
        method: "POST",
      }),
      invalidatesTags: ["notifications"],
    }),
    removeNotificationAddress: build.mutation<
      RemoveNotificationAddressApiResponse,
      RemoveNotificationAddressApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-addresses/${encodeURIComponent(String(queryArg.addressId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["notifications"],
    }),
    confirmNotificationAddress: build.mutation<
      ConfirmNotificationAddressApiResponse,
      ConfirmNotificationAddressApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-addresses/${encodeURIComponent(String(queryArg.addressId))}/confirm/`,
        method: "POST",
        body: queryArg.alertsCodeIn,
      }),
      invalidatesTags: ["notifications"],
    }),
    testNotificationAddress: build.mutation<
      TestNotificationAddressApiResponse,
      TestNotificationAddressApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-addresses/${encodeURIComponent(String(queryArg.addressId))}/test/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["notifications"],
    }),
    showNotificationPreferences: build.query<
      ShowNotificationPreferencesApiResponse,
      ShowNotificationPreferencesApiArg
    >({
      query: () => ({ url: `/api/notification-preferences/` }),
      providesTags: ["notifications"],
    }),
    changeNotificationPreferences: build.mutation<
      ChangeNotificationPreferencesApiResponse,
      ChangeNotificationPreferencesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notification-preferences/`,
        method: "PATCH",
        body: queryArg.alertsPreferencesIn,
      }),
      invalidatesTags: ["notifications"],
    }),
    takeSendgridEvents: build.mutation<
      TakeSendgridEventsApiResponse,
      TakeSendgridEventsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/sendgrid/events/`,
        method: "POST",
        body: queryArg.events,
        headers: {
          "X-Twilio-Email-Event-Webhook-Signature":
            queryArg["X-Twilio-Email-Event-Webhook-Signature"],
          "X-Twilio-Email-Event-Webhook-Timestamp":
            queryArg["X-Twilio-Email-Event-Webhook-Timestamp"],
        },
      }),
      invalidatesTags: ["notifications"],
    }),
    takeTelegramUpdate: build.mutation<
      TakeTelegramUpdateApiResponse,
      TakeTelegramUpdateApiArg
    >({
      query: (queryArg) => ({
        url: `/api/telegram/updates/`,
        method: "POST",
        body: queryArg.alertsTelegramUpdate,
        headers: {
          "X-Telegram-Bot-Api-Secret-Token":
            queryArg["X-Telegram-Bot-Api-Secret-Token"],
        },
      }),
      invalidatesTags: ["notifications"],
    }),
    takeTwilioStatus: build.mutation<
      TakeTwilioStatusApiResponse,
      TakeTwilioStatusApiArg
    >({
      query: (queryArg) => ({
        url: `/api/twilio/status/`,
        method: "POST",
        body: queryArg.body,
        headers: {
          "X-Twilio-Signature": queryArg["X-Twilio-Signature"],
        },
        params: {
          delivery: queryArg.delivery,
        },
      }),
      invalidatesTags: ["notifications"],
    }),
    showUnsubscribe: build.query<
      ShowUnsubscribeApiResponse,
      ShowUnsubscribeApiArg
    >({
      query: (queryArg) => ({
        url: `/api/unsubscribe/${encodeURIComponent(String(queryArg.token))}/`,
      }),
      providesTags: ["notifications"],
    }),
    unsubscribe: build.mutation<UnsubscribeApiResponse, UnsubscribeApiArg>({
      query: (queryArg) => ({
        url: `/api/unsubscribe/${encodeURIComponent(String(queryArg.token))}/`,
        method: "POST",
      }),
      invalidatesTags: ["notifications"],
    }),
  }),
  overrideExisting: false,
});
