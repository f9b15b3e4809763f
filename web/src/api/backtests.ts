import { backtestsEndpoints } from "./endpoints/backtests";

export const backtestsApi = backtestsEndpoints.enhanceEndpoints({
  endpoints: {
    // What was found does not change any more.
    showBacktestReport: { providesTags: [] },
    // Files stay in no store.
    downloadBacktest: {
      providesTags: [],
      keepUnusedDataFor: 0,
      query: ({ backtestId, file }: { backtestId: string; file?: "json" | "csv" | "pdf" }) => ({
        url: `/api/backtests/${backtestId}/download/`,
        params: { file },
        responseHandler: async (answer: Response) => (answer.ok ? URL.createObjectURL(await answer.blob()) : ((await answer.json()) as unknown)),
      }),
    },
  },
});

export const {
  useCancelBacktestMutation,
  useDeleteBacktestMutation,
  useLazyDownloadBacktestQuery,
  useListBacktestsQuery,
  useRerunBacktestMutation,
  useShowBacktestDraftQuery,
  useShowBacktestLimitsQuery,
  useShowBacktestQuery,
  useShowBacktestReportQuery,
  useStartBacktestMutation,
} = backtestsApi;
