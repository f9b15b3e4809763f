// Calls of "backtests". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  CancelBacktestApiArg,
  CancelBacktestApiResponse,
  DeleteBacktestApiArg,
  DeleteBacktestApiResponse,
  DownloadBacktestApiArg,
  DownloadBacktestApiResponse,
  ListBacktestsApiArg,
  ListBacktestsApiResponse,
  RerunBacktestApiArg,
  RerunBacktestApiResponse,
  ShowBacktestApiArg,
  ShowBacktestApiResponse,
  ShowBacktestDraftApiArg,
  ShowBacktestDraftApiResponse,
  ShowBacktestLimitsApiArg,
  ShowBacktestLimitsApiResponse,
  ShowBacktestReportApiArg,
  ShowBacktestReportApiResponse,
  StartBacktestApiArg,
  StartBacktestApiResponse,
} from "../generated";

export const backtestsEndpoints = api.enhanceEndpoints({ addTagTypes: ["backtests"] }).injectEndpoints({
  endpoints: (build) => ({
    listBacktests: build.query<ListBacktestsApiResponse, ListBacktestsApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/backtests/`,
          params: {
            status: queryArg.status,
            strategy_id: queryArg.strategyId,
            limit: queryArg.limit,
            cursor: queryArg.cursor,
          },
        }),
        providesTags: ["backtests"],
      },
    ),
    startBacktest: build.mutation<
      StartBacktestApiResponse,
      StartBacktestApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/`,
        method: "POST",
        body: queryArg.signalsBacktestCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["backtests"],
    }),
    showBacktestDraft: build.query<
      ShowBacktestDraftApiResponse,
      ShowBacktestDraftApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/draft/`,
        params: {
          version_id: queryArg.versionId,
        },
      }),
      providesTags: ["backtests"],
    }),
    showBacktestLimits: build.query<
      ShowBacktestLimitsApiResponse,
      ShowBacktestLimitsApiArg
    >({
      query: () => ({ url: `/api/backtests/limits/` }),
      providesTags: ["backtests"],
    }),
    deleteBacktest: build.mutation<
      DeleteBacktestApiResponse,
      DeleteBacktestApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/${encodeURIComponent(String(queryArg.backtestId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["backtests"],
    }),
    showBacktest: build.query<ShowBacktestApiResponse, ShowBacktestApiArg>({
      query: (queryArg) => ({
        url: `/api/backtests/${encodeURIComponent(String(queryArg.backtestId))}/`,
      }),
      providesTags: ["backtests"],
    }),
    cancelBacktest: build.mutation<
      CancelBacktestApiResponse,
      CancelBacktestApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/${encodeURIComponent(String(queryArg.backtestId))}/cancel/`,
        method: "POST",
      }),
      invalidatesTags: ["backtests"],
    }),
    downloadBacktest: build.query<
      DownloadBacktestApiResponse,
      DownloadBacktestApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/${encodeURIComponent(String(queryArg.backtestId))}/download/`,
        params: {
          file: queryArg.file,
        },
      }),
      providesTags: ["backtests"],
    }),
    showBacktestReport: build.query<
      ShowBacktestReportApiResponse,
      ShowBacktestReportApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/${encodeURIComponent(String(queryArg.backtestId))}/report/`,
      }),
      providesTags: ["backtests"],
    }),
    rerunBacktest: build.mutation<
      RerunBacktestApiResponse,
      RerunBacktestApiArg
    >({
      query: (queryArg) => ({
        url: `/api/backtests/${encodeURIComponent(String(queryArg.backtestId))}/rerun/`,
        method: "POST",
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["backtests"],
    }),
  }),
  overrideExisting: false,
});
