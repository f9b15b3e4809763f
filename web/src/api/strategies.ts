import { indicatorsEndpoints } from "./endpoints/indicators";
import { screenerEndpoints } from "./endpoints/screener";
import { strategiesEndpoints } from "./endpoints/strategies";

export const strategiesApi = strategiesEndpoints.enhanceEndpoints({
  endpoints: {
    // Asked for a form that changes at each key, and by a page that reads: nothing is changed by either.
    checkStrategy: { invalidatesTags: [] },
    showSharedStrategy: { invalidatesTags: [] },
    listStrategyTemplates: { providesTags: [] },
  },
});

export const {
  useCheckStrategyMutation,
  useCopySharedStrategyMutation,
  useCopyStrategyMutation,
  useCreateStrategyMutation,
  useCreateStrategyVersionMutation,
  useDeleteStrategyMutation,
  useEndStrategyShareMutation,
  useListStrategiesQuery,
  useListStrategySharesQuery,
  useListStrategyTemplatesQuery,
  useListStrategyVersionsQuery,
  useShareStrategyMutation,
  useShowSharedStrategyMutation,
  useShowStrategyQuery,
} = strategiesApi;

export const indicatorsApi = indicatorsEndpoints.enhanceEndpoints({
  endpoints: {
    // The same until the next release; and reading an expression changes nothing.
    showLanguage: { providesTags: [] },
    readExpression: { invalidatesTags: [] },
  },
});

export const {
  useCreateCustomIndicatorMutation,
  useDeleteCustomIndicatorMutation,
  useListCustomIndicatorsQuery,
  useReadExpressionMutation,
  useShowLanguageQuery,
} = indicatorsApi;

export const { useCancelScreenMutation, useCreateScreenMutation, useListScreensQuery, useShowScreenQuery } = screenerEndpoints;
