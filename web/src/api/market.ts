import { marketEndpoints } from "./endpoints/market";
import { putPriced } from "./prices";

export const marketApi = marketEndpoints.enhanceEndpoints({
  endpoints: {
    showCalendar: { providesTags: ["calendar"] },
    listCalendarEdits: { providesTags: ["calendar"] },
    setCalendarDay: { invalidatesTags: ["calendar"] },
    setCalendarEnd: { invalidatesTags: ["calendar"] },
    getStock: { providesTags: ["stock"], onQueryStarted: putPriced },
    listCompanyEvents: { providesTags: ["company_day"] },
    // An answer about one page of history does not age when an alert changes.
    listCandles: { providesTags: [] },
    listIndicators: { providesTags: [] },
    listPatterns: { providesTags: [] },
    listInstruments: { providesTags: [] },
    listImports: { providesTags: ["list_import"] },
    importInstruments: { invalidatesTags: ["list_import"] },
  },
});

export const {
  useGetStockQuery,
  useImportInstrumentsMutation,
  useListCalendarEditsQuery,
  useListCandlesQuery,
  useLazyListCandlesQuery,
  useListImportsQuery,
  useListCompanyEventsQuery,
  useListIndicatorsQuery,
  useListInstrumentsQuery,
  useListNewsQuery,
  useListPatternsQuery,
  useSetCalendarDayMutation,
  useSetCalendarEndMutation,
  useShowCalendarQuery,
} = marketApi;
