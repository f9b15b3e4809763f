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
  ReadExpressionApiArg,
  ReadExpressionApiResponse,
  ShowLanguageApiArg,
  ShowLanguageApiResponse,
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
    showLanguage: build.query<ShowLanguageApiResponse, ShowLanguageApiArg>({
      query: () => ({ url: `/api/indicators/language/` }),
      providesTags: ["indicators"],
    }),
    readExpression: build.mutation<
      ReadExpressionApiResponse,
      ReadExpressionApiArg
    >({
      query: (queryArg) => ({
        url: `/api/indicators/read/`,
        method: "POST",
        body: queryArg.signalsExpressionIn,
      }),
      invalidatesTags: ["indicators"],
    }),
  }),
  overrideExisting: false,
});
