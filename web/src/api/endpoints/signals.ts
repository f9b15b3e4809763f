// Calls of "signals". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  DismissSignalApiArg,
  DismissSignalApiResponse,
  EndFollowApiArg,
  EndFollowApiResponse,
  FollowStrategyApiArg,
  FollowStrategyApiResponse,
  ListFollowsApiArg,
  ListFollowsApiResponse,
  ListSignalsApiArg,
  ListSignalsApiResponse,
  ShowSharedTrackRecordApiArg,
  ShowSharedTrackRecordApiResponse,
  ShowSignalApiArg,
  ShowSignalApiResponse,
  ShowTrackRecordApiArg,
  ShowTrackRecordApiResponse,
} from "../generated";

export const signalsEndpoints = api.enhanceEndpoints({ addTagTypes: ["signals"] }).injectEndpoints({
  endpoints: (build) => ({
    listSignals: build.query<ListSignalsApiResponse, ListSignalsApiArg>({
      query: (queryArg) => ({
        url: `/api/signals/`,
        params: {
          active: queryArg.active,
          instrument: queryArg.instrument,
          strategy_id: queryArg.strategyId,
          version_id: queryArg.versionId,
          dismissed: queryArg.dismissed,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["signals"],
    }),
    listFollows: build.query<ListFollowsApiResponse, ListFollowsApiArg>({
      query: (queryArg) => ({
        url: `/api/signals/follows/`,
        params: {
          active: queryArg.active,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["signals"],
    }),
    followStrategy: build.mutation<
      FollowStrategyApiResponse,
      FollowStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/signals/follows/`,
        method: "POST",
        body: queryArg.signalsFollowIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["signals"],
    }),
    endFollow: build.mutation<EndFollowApiResponse, EndFollowApiArg>({
      query: (queryArg) => ({
        url: `/api/signals/follows/${encodeURIComponent(String(queryArg.followId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["signals"],
    }),
    showSharedTrackRecord: build.mutation<
      ShowSharedTrackRecordApiResponse,
      ShowSharedTrackRecordApiArg
    >({
      query: (queryArg) => ({
        url: `/api/signals/track-records/shared/`,
        method: "POST",
        body: queryArg.signalsSharedIn,
      }),
      invalidatesTags: ["signals"],
    }),
    showTrackRecord: build.query<
      ShowTrackRecordApiResponse,
      ShowTrackRecordApiArg
    >({
      query: (queryArg) => ({
        url: `/api/signals/track-records/${encodeURIComponent(String(queryArg.versionId))}/`,
      }),
      providesTags: ["signals"],
    }),
    showSignal: build.query<ShowSignalApiResponse, ShowSignalApiArg>({
      query: (queryArg) => ({
        url: `/api/signals/${encodeURIComponent(String(queryArg.signalId))}/`,
      }),
      providesTags: ["signals"],
    }),
    dismissSignal: build.mutation<
      DismissSignalApiResponse,
      DismissSignalApiArg
    >({
      query: (queryArg) => ({
        url: `/api/signals/${encodeURIComponent(String(queryArg.signalId))}/dismiss/`,
        method: "POST",
      }),
      invalidatesTags: ["signals"],
    }),
  }),
  overrideExisting: false,
});
