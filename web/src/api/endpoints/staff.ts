// Calls of "staff". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  AllowSupportAccessApiArg,
  AllowSupportAccessApiResponse,
  ApproveRoleChangeApiArg,
  ApproveRoleChangeApiResponse,
  ChangePersonApiArg,
  ChangePersonApiResponse,
  ChangeSmsTextApiArg,
  ChangeSmsTextApiResponse,
  ConfirmSplitApiArg,
  ConfirmSplitApiResponse,
  CountQuarantinedApiArg,
  CountQuarantinedApiResponse,
  DismissQuarantinedApiArg,
  DismissQuarantinedApiResponse,
  EndActingApiArg,
  EndActingApiResponse,
  EndSessionOfApiArg,
  EndSessionOfApiResponse,
  EndSessionsOfApiArg,
  EndSessionsOfApiResponse,
  ForcePasswordResetApiArg,
  ForcePasswordResetApiResponse,
  GetPriceImportApiArg,
  GetPriceImportApiResponse,
  ImportCompanyEventsApiArg,
  ImportCompanyEventsApiResponse,
  ImportPricesApiArg,
  ImportPricesApiResponse,
  ListDeliveriesApiArg,
  ListDeliveriesApiResponse,
  ListFailoversApiArg,
  ListFailoversApiResponse,
  ListPriceImportsApiArg,
  ListPriceImportsApiResponse,
  ListPriceProvidersApiArg,
  ListPriceProvidersApiResponse,
  ListQuarantinedApiArg,
  ListQuarantinedApiResponse,
  ListRoleChangesApiArg,
  ListRoleChangesApiResponse,
  ListSmsTextsApiArg,
  ListSmsTextsApiResponse,
  ListSplitsApiArg,
  ListSplitsApiResponse,
  ListUnconfirmedSplitsApiArg,
  ListUnconfirmedSplitsApiResponse,
  ListUsersApiArg,
  ListUsersApiResponse,
  RefuseRoleChangeApiArg,
  RefuseRoleChangeApiResponse,
  ReleaseQuarantinedApiArg,
  ReleaseQuarantinedApiResponse,
  ReplayDeliveryApiArg,
  ReplayDeliveryApiResponse,
  ShowPersonApiArg,
  ShowPersonApiResponse,
  ShowSupportAccessApiArg,
  ShowSupportAccessApiResponse,
  StartActingApiArg,
  StartActingApiResponse,
  UndoSplitApiArg,
  UndoSplitApiResponse,
  UnlockPersonApiArg,
  UnlockPersonApiResponse,
  WithdrawCompanyEventApiArg,
  WithdrawCompanyEventApiResponse,
  WithdrawSupportAccessApiArg,
  WithdrawSupportAccessApiResponse,
} from "../generated";

export const staffEndpoints = api.enhanceEndpoints({ addTagTypes: ["staff"] }).injectEndpoints({
  endpoints: (build) => ({
    listDeliveries: build.query<
      ListDeliveriesApiResponse,
      ListDeliveriesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/deliveries/`,
        params: {
          status: queryArg.status,
          channel: queryArg.channel,
          user_id: queryArg.userId,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    replayDelivery: build.mutation<
      ReplayDeliveryApiResponse,
      ReplayDeliveryApiArg
    >({
      query: (queryArg) => ({
        url: `/api/deliveries/${encodeURIComponent(String(queryArg.deliveryId))}/replay/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["staff"],
    }),
    importCompanyEvents: build.mutation<
      ImportCompanyEventsApiResponse,
      ImportCompanyEventsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/company-events/imports/`,
        method: "POST",
        body: queryArg.marketCompanyEventsIn,
      }),
      invalidatesTags: ["staff"],
    }),
    listUnconfirmedSplits: build.query<
      ListUnconfirmedSplitsApiResponse,
      ListUnconfirmedSplitsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/company-events/unconfirmed/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    withdrawCompanyEvent: build.mutation<
      WithdrawCompanyEventApiResponse,
      WithdrawCompanyEventApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/company-events/${encodeURIComponent(String(queryArg.eventId))}/withdraw/`,
        method: "POST",
        body: queryArg.marketWithdrawIn,
      }),
      invalidatesTags: ["staff"],
    }),
    listFailovers: build.query<ListFailoversApiResponse, ListFailoversApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/market/failovers/`,
          params: {
            limit: queryArg.limit,
            cursor: queryArg.cursor,
          },
        }),
        providesTags: ["staff"],
      },
    ),
    listPriceImports: build.query<
      ListPriceImportsApiResponse,
      ListPriceImportsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/price-imports/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    importPrices: build.mutation<ImportPricesApiResponse, ImportPricesApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/market/price-imports/`,
          method: "POST",
          body: queryArg.marketPriceImportIn,
        }),
        invalidatesTags: ["staff"],
      },
    ),
    getPriceImport: build.query<
      GetPriceImportApiResponse,
      GetPriceImportApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/price-imports/${encodeURIComponent(String(queryArg.importId))}/`,
      }),
      providesTags: ["staff"],
    }),
    listPriceProviders: build.query<
      ListPriceProvidersApiResponse,
      ListPriceProvidersApiArg
    >({
      query: () => ({ url: `/api/market/providers/` }),
      providesTags: ["staff"],
    }),
    listQuarantined: build.query<
      ListQuarantinedApiResponse,
      ListQuarantinedApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/quality/`,
        params: {
          reason: queryArg.reason,
          source: queryArg.source,
          instrument: queryArg.instrument,
          state: queryArg.state,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    countQuarantined: build.query<
      CountQuarantinedApiResponse,
      CountQuarantinedApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/quality/counts/`,
        params: {
          days: queryArg.days,
        },
      }),
      providesTags: ["staff"],
    }),
    dismissQuarantined: build.mutation<
      DismissQuarantinedApiResponse,
      DismissQuarantinedApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/quality/${encodeURIComponent(String(queryArg.quarantineId))}/dismiss/`,
        method: "POST",
        body: queryArg.marketQuarantineDecisionIn,
      }),
      invalidatesTags: ["staff"],
    }),
    releaseQuarantined: build.mutation<
      ReleaseQuarantinedApiResponse,
      ReleaseQuarantinedApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/quality/${encodeURIComponent(String(queryArg.quarantineId))}/release/`,
        method: "POST",
        body: queryArg.marketQuarantineDecisionIn,
      }),
      invalidatesTags: ["staff"],
    }),
    listSplits: build.query<ListSplitsApiResponse, ListSplitsApiArg>({
      query: (queryArg) => ({
        url: `/api/market/splits/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    confirmSplit: build.mutation<ConfirmSplitApiResponse, ConfirmSplitApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/market/splits/`,
          method: "POST",
          body: queryArg.marketSplitIn,
        }),
        invalidatesTags: ["staff"],
      },
    ),
    undoSplit: build.mutation<UndoSplitApiResponse, UndoSplitApiArg>({
      query: (queryArg) => ({
        url: `/api/market/splits/${encodeURIComponent(String(queryArg.splitId))}/undo/`,
        method: "POST",
        body: queryArg.marketSplitUndoIn,
      }),
      invalidatesTags: ["staff"],
    }),
    listRoleChanges: build.query<
      ListRoleChangesApiResponse,
      ListRoleChangesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/role-changes/`,
        params: {
          state: queryArg.state,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    approveRoleChange: build.mutation<
      ApproveRoleChangeApiResponse,
      ApproveRoleChangeApiArg
    >({
      query: (queryArg) => ({
        url: `/api/role-changes/${encodeURIComponent(String(queryArg.changeId))}/approve/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["staff"],
    }),
    refuseRoleChange: build.mutation<
      RefuseRoleChangeApiResponse,
      RefuseRoleChangeApiArg
    >({
      query: (queryArg) => ({
        url: `/api/role-changes/${encodeURIComponent(String(queryArg.changeId))}/refuse/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["staff"],
    }),
    endActing: build.mutation<EndActingApiResponse, EndActingApiArg>({
      query: () => ({ url: `/api/role-testing/`, method: "DELETE" }),
      invalidatesTags: ["staff"],
    }),
    startActing: build.mutation<StartActingApiResponse, StartActingApiArg>({
      query: (queryArg) => ({
        url: `/api/role-testing/`,
        method: "POST",
        body: queryArg.authActingIn,
      }),
      invalidatesTags: ["staff"],
    }),
    listSmsTexts: build.query<ListSmsTextsApiResponse, ListSmsTextsApiArg>({
      query: () => ({ url: `/api/sms-texts/` }),
      providesTags: ["staff"],
    }),
    changeSmsText: build.mutation<
      ChangeSmsTextApiResponse,
      ChangeSmsTextApiArg
    >({
      query: (queryArg) => ({
        url: `/api/sms-texts/${encodeURIComponent(String(queryArg.kind))}/`,
        method: "PUT",
        body: queryArg.alertsSmsTextIn,
      }),
      invalidatesTags: ["staff"],
    }),
    listUsers: build.query<ListUsersApiResponse, ListUsersApiArg>({
      query: (queryArg) => ({
        url: `/api/users/`,
        params: {
          search: queryArg.search,
          role: queryArg.role,
          tier: queryArg.tier,
          status: queryArg.status,
          verified: queryArg.verified,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["staff"],
    }),
    withdrawSupportAccess: build.mutation<
      WithdrawSupportAccessApiResponse,
      WithdrawSupportAccessApiArg
    >({
      query: () => ({
        url: `/api/users/me/support-access/`,
        method: "DELETE",
      }),
      invalidatesTags: ["staff"],
    }),
    showSupportAccess: build.query<
      ShowSupportAccessApiResponse,
      ShowSupportAccessApiArg
    >({
      query: () => ({ url: `/api/users/me/support-access/` }),
      providesTags: ["staff"],
    }),
    allowSupportAccess: build.mutation<
      AllowSupportAccessApiResponse,
      AllowSupportAccessApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/me/support-access/`,
        method: "PUT",
        body: queryArg.authSupportAccessIn,
      }),
      invalidatesTags: ["staff"],
    }),
    showPerson: build.query<ShowPersonApiResponse, ShowPersonApiArg>({
      query: (queryArg) => ({
        url: `/api/users/${encodeURIComponent(String(queryArg.userId))}/`,
      }),
      providesTags: ["staff"],
    }),
    changePerson: build.mutation<ChangePersonApiResponse, ChangePersonApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/users/${encodeURIComponent(String(queryArg.userId))}/`,
          method: "PATCH",
          body: queryArg.authPersonChange,
        }),
        invalidatesTags: ["staff"],
      },
    ),
    forcePasswordReset: build.mutation<
      ForcePasswordResetApiResponse,
      ForcePasswordResetApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/${encodeURIComponent(String(queryArg.userId))}/force-password-reset/`,
        method: "POST",
        body: queryArg.authReasonIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["staff"],
    }),
    endSessionsOf: build.mutation<
      EndSessionsOfApiResponse,
      EndSessionsOfApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/${encodeURIComponent(String(queryArg.userId))}/sessions/`,
        method: "DELETE",
      }),
      invalidatesTags: ["staff"],
    }),
    endSessionOf: build.mutation<EndSessionOfApiResponse, EndSessionOfApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/users/${encodeURIComponent(String(queryArg.userId))}/sessions/${encodeURIComponent(String(queryArg.sessionId))}/`,
          method: "DELETE",
        }),
        invalidatesTags: ["staff"],
      },
    ),
    unlockPerson: build.mutation<UnlockPersonApiResponse, UnlockPersonApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/users/${encodeURIComponent(String(queryArg.userId))}/unlock/`,
          method: "POST",
          body: queryArg.authReasonIn,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["staff"],
      },
    ),
  }),
  overrideExisting: false,
});
