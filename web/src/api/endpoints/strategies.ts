// Calls of "strategies". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ChangeStrategyApiArg,
  ChangeStrategyApiResponse,
  CheckStrategyApiArg,
  CheckStrategyApiResponse,
  CopySharedStrategyApiArg,
  CopySharedStrategyApiResponse,
  CopyStrategyApiArg,
  CopyStrategyApiResponse,
  CreateStrategyApiArg,
  CreateStrategyApiResponse,
  CreateStrategyVersionApiArg,
  CreateStrategyVersionApiResponse,
  DeleteStrategyApiArg,
  DeleteStrategyApiResponse,
  EndStrategyShareApiArg,
  EndStrategyShareApiResponse,
  ListStrategiesApiArg,
  ListStrategiesApiResponse,
  ListStrategySharesApiArg,
  ListStrategySharesApiResponse,
  ListStrategyTemplatesApiArg,
  ListStrategyTemplatesApiResponse,
  ListStrategyVersionsApiArg,
  ListStrategyVersionsApiResponse,
  ShareStrategyApiArg,
  ShareStrategyApiResponse,
  ShowSharedStrategyApiArg,
  ShowSharedStrategyApiResponse,
  ShowStrategyApiArg,
  ShowStrategyApiResponse,
  ShowStrategyVersionApiArg,
  ShowStrategyVersionApiResponse,
} from "../generated";

export const strategiesEndpoints = api.enhanceEndpoints({ addTagTypes: ["strategies"] }).injectEndpoints({
  endpoints: (build) => ({
    listStrategies: build.query<
      ListStrategiesApiResponse,
      ListStrategiesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["strategies"],
    }),
    createStrategy: build.mutation<
      CreateStrategyApiResponse,
      CreateStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/`,
        method: "POST",
        body: queryArg.signalsStrategyCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["strategies"],
    }),
    checkStrategy: build.mutation<
      CheckStrategyApiResponse,
      CheckStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/check/`,
        method: "POST",
        body: queryArg.signalsStrategyRules,
      }),
      invalidatesTags: ["strategies"],
    }),
    showSharedStrategy: build.mutation<
      ShowSharedStrategyApiResponse,
      ShowSharedStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/shared/`,
        method: "POST",
        body: queryArg.signalsSharedIn,
      }),
      invalidatesTags: ["strategies"],
    }),
    copySharedStrategy: build.mutation<
      CopySharedStrategyApiResponse,
      CopySharedStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/shared/copy/`,
        method: "POST",
        body: queryArg.signalsSharedCopy,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["strategies"],
    }),
    listStrategyTemplates: build.query<
      ListStrategyTemplatesApiResponse,
      ListStrategyTemplatesApiArg
    >({
      query: () => ({ url: `/api/strategies/templates/` }),
      providesTags: ["strategies"],
    }),
    deleteStrategy: build.mutation<
      DeleteStrategyApiResponse,
      DeleteStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["strategies"],
    }),
    showStrategy: build.query<ShowStrategyApiResponse, ShowStrategyApiArg>({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/`,
      }),
      providesTags: ["strategies"],
    }),
    changeStrategy: build.mutation<
      ChangeStrategyApiResponse,
      ChangeStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/`,
        method: "PATCH",
        body: queryArg.signalsStrategyChange,
      }),
      invalidatesTags: ["strategies"],
    }),
    copyStrategy: build.mutation<CopyStrategyApiResponse, CopyStrategyApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/copy/`,
          method: "POST",
          body: queryArg.signalsStrategyCopy,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["strategies"],
      },
    ),
    listStrategyShares: build.query<
      ListStrategySharesApiResponse,
      ListStrategySharesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/shares/`,
      }),
      providesTags: ["strategies"],
    }),
    shareStrategy: build.mutation<
      ShareStrategyApiResponse,
      ShareStrategyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/shares/`,
        method: "POST",
        body: queryArg.signalsShareCreate,
      }),
      invalidatesTags: ["strategies"],
    }),
    endStrategyShare: build.mutation<
      EndStrategyShareApiResponse,
      EndStrategyShareApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/shares/${encodeURIComponent(String(queryArg.shareId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["strategies"],
    }),
    listStrategyVersions: build.query<
      ListStrategyVersionsApiResponse,
      ListStrategyVersionsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/versions/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["strategies"],
    }),
    createStrategyVersion: build.mutation<
      CreateStrategyVersionApiResponse,
      CreateStrategyVersionApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/versions/`,
        method: "POST",
        body: queryArg.signalsVersionCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["strategies"],
    }),
    showStrategyVersion: build.query<
      ShowStrategyVersionApiResponse,
      ShowStrategyVersionApiArg
    >({
      query: (queryArg) => ({
        url: `/api/strategies/${encodeURIComponent(String(queryArg.strategyId))}/versions/${encodeURIComponent(String(queryArg["number"]))}/`,
      }),
      providesTags: ["strategies"],
    }),
  }),
  overrideExisting: false,
});
