// Calls of "indicators". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ChangeCustomIndicatorApiArg,
  ChangeCustomIndicatorApiResponse,
  CreateCustomIndicatorApiArg,
  CreateCustomIndicatorApiResponse,
  DeleteCustomIndicatorApiArg,
  DeleteCustomIndicatorApiResponse,
  ListCustomIndicatorsApiArg,
  ListCustomIndicatorsApiResponse,
} from "../generated";

export const indicatorsEndpoints = api.enhanceEndpoints({ addTagTypes: ["indicators"] }).injectEndpoints({
  endpoints: (build) => ({
    listCustomIndicators: build.query<
      ListCustomIndicatorsApiResponse,
      ListCustomIndicatorsApiArg
    >({
      query: () => ({ url: `/api/indicators/custom/` }),
      providesTags: ["indicators"],
    }),
    createCustomIndicator: build.mutation<
      CreateCustomIndicatorApiResponse,
      CreateCustomIndicatorApiArg
    >({
      query: (queryArg) => ({
        url: `/api/indicators/custom/`,
        method: "POST",
        body: queryArg.signalsIndicatorCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["indicators"],
    }),
    deleteCustomIndicator: build.mutation<
      DeleteCustomIndicatorApiResponse,
      DeleteCustomIndicatorApiArg
    >({
      query: (queryArg) => ({
        url: `/api/indicators/custom/${encodeURIComponent(String(queryArg.indicatorId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["indicators"],
    }),
    changeCustomIndicator: build.mutation<
      ChangeCustomIndicatorApiResponse,
      ChangeCustomIndicatorApiArg
    >({
      query: (queryArg) => ({
        url: `/api/indicators/custom/${encodeURIComponent(String(queryArg.indicatorId))}/`,
        method: "PATCH",
        body: queryArg.signalsIndicatorChange,
      }),
      invalidatesTags: ["indicators"],
    }),
  }),
  overrideExisting: false,
});
