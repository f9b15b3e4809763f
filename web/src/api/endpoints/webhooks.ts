// Calls of "webhooks". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ChangeWebhookApiArg,
  ChangeWebhookApiResponse,
  CreateWebhookApiArg,
  CreateWebhookApiResponse,
  DeleteWebhookApiArg,
  DeleteWebhookApiResponse,
  ListWebhookMessagesApiArg,
  ListWebhookMessagesApiResponse,
  ListWebhooksApiArg,
  ListWebhooksApiResponse,
  ReplayWebhookApiArg,
  ReplayWebhookApiResponse,
  ReplayWebhookMessageApiArg,
  ReplayWebhookMessageApiResponse,
  RotateWebhookApiArg,
  RotateWebhookApiResponse,
  ShowWebhookApiArg,
  ShowWebhookApiResponse,
  TestWebhookApiArg,
  TestWebhookApiResponse,
} from "../generated";

export const webhooksEndpoints = api.enhanceEndpoints({ addTagTypes: ["webhooks"] }).injectEndpoints({
  endpoints: (build) => ({
    listWebhooks: build.query<ListWebhooksApiResponse, ListWebhooksApiArg>({
      query: () => ({ url: `/api/webhooks/` }),
      providesTags: ["webhooks"],
    }),
    createWebhook: build.mutation<
      CreateWebhookApiResponse,
      CreateWebhookApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/`,
        method: "POST",
        body: queryArg.alertsWebhookCreate,
      }),
      invalidatesTags: ["webhooks"],
    }),
    deleteWebhook: build.mutation<
      DeleteWebhookApiResponse,
      DeleteWebhookApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["webhooks"],
    }),
    showWebhook: build.query<ShowWebhookApiResponse, ShowWebhookApiArg>({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/`,
      }),
      providesTags: ["webhooks"],
    }),
    changeWebhook: build.mutation<
      ChangeWebhookApiResponse,
      ChangeWebhookApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/`,
        method: "PATCH",
        body: queryArg.alertsWebhookChange,
      }),
      invalidatesTags: ["webhooks"],
    }),
    listWebhookMessages: build.query<
      ListWebhookMessagesApiResponse,
      ListWebhookMessagesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/messages/`,
        params: {
          status: queryArg.status,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["webhooks"],
    }),
    replayWebhookMessage: build.mutation<
      ReplayWebhookMessageApiResponse,
      ReplayWebhookMessageApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/messages/${encodeURIComponent(String(queryArg.messageId))}/replay/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["webhooks"],
    }),
    replayWebhook: build.mutation<
      ReplayWebhookApiResponse,
      ReplayWebhookApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/replay/`,
        method: "POST",
        body: queryArg.alertsReplayRange,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["webhooks"],
    }),
    rotateWebhook: build.mutation<
      RotateWebhookApiResponse,
      RotateWebhookApiArg
    >({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/rotate/`,
        method: "POST",
        body: queryArg.alertsWebhookRotation,
      }),
      invalidatesTags: ["webhooks"],
    }),
    testWebhook: build.mutation<TestWebhookApiResponse, TestWebhookApiArg>({
      query: (queryArg) => ({
        url: `/api/webhooks/${encodeURIComponent(String(queryArg.webhookId))}/test/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["webhooks"],
    }),
  }),
  overrideExisting: false,
});
