// Calls of "shell". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ChangeSettingsApiArg,
  ChangeSettingsApiResponse,
  CountUnreadNotificationsApiArg,
  CountUnreadNotificationsApiResponse,
  GetMarketStatusApiArg,
  GetMarketStatusApiResponse,
  ListNotificationsApiArg,
  ListNotificationsApiResponse,
  ReadAllNotificationsApiArg,
  ReadAllNotificationsApiResponse,
  ReadNotificationApiArg,
  ReadNotificationApiResponse,
  ShowMyPermissionsApiArg,
  ShowMyPermissionsApiResponse,
  ShowSettingsApiArg,
  ShowSettingsApiResponse,
} from "../generated";

export const shellEndpoints = api.enhanceEndpoints({ addTagTypes: ["auth","market","notifications"] }).injectEndpoints({
  endpoints: (build) => ({
    getMarketStatus: build.query<
      GetMarketStatusApiResponse,
      GetMarketStatusApiArg
    >({
      query: () => ({ url: `/api/market/status/` }),
      providesTags: ["market"],
    }),
    listNotifications: build.query<
      ListNotificationsApiResponse,
      ListNotificationsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notifications/`,
        params: {
          unread: queryArg.unread,
          kind: queryArg.kind,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["notifications"],
    }),
    readAllNotifications: build.mutation<
      ReadAllNotificationsApiResponse,
      ReadAllNotificationsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notifications/read-all/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["notifications"],
    }),
    countUnreadNotifications: build.query<
      CountUnreadNotificationsApiResponse,
      CountUnreadNotificationsApiArg
    >({
      query: () => ({ url: `/api/notifications/unread/` }),
      providesTags: ["notifications"],
    }),
    readNotification: build.mutation<
      ReadNotificationApiResponse,
      ReadNotificationApiArg
    >({
      query: (queryArg) => ({
        url: `/api/notifications/${encodeURIComponent(String(queryArg.noticeId))}/read/`,
        method: "POST",
      }),
      invalidatesTags: ["notifications"],
    }),
    showMyPermissions: build.query<
      ShowMyPermissionsApiResponse,
      ShowMyPermissionsApiArg
    >({
      query: () => ({ url: `/api/users/me/permissions/` }),
      providesTags: ["auth"],
    }),
    showSettings: build.query<ShowSettingsApiResponse, ShowSettingsApiArg>({
      query: () => ({ url: `/api/users/me/settings/` }),
      providesTags: ["auth"],
    }),
    changeSettings: build.mutation<
      ChangeSettingsApiResponse,
      ChangeSettingsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/me/settings/`,
        method: "PATCH",
        body: queryArg.authSettingsChange,
      }),
      invalidatesTags: ["auth"],
    }),
  }),
  overrideExisting: false,
});
