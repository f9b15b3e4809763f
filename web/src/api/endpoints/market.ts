// Calls of "market". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  GetStockApiArg,
  GetStockApiResponse,
  ImportInstrumentsApiArg,
  ImportInstrumentsApiResponse,
  ListCalendarEditsApiArg,
  ListCalendarEditsApiResponse,
  ListCandlesApiArg,
  ListCandlesApiResponse,
  ListCompanyEventsApiArg,
  ListCompanyEventsApiResponse,
  ListEconomicSeriesApiArg,
  ListEconomicSeriesApiResponse,
  ListImportsApiArg,
  ListImportsApiResponse,
  ListIndicatorsApiArg,
  ListIndicatorsApiResponse,
  ListInstrumentsApiArg,
  ListInstrumentsApiResponse,
  ListNewsApiArg,
  ListNewsApiResponse,
  ListPatternsApiArg,
  ListPatternsApiResponse,
  ListStockPricesApiArg,
  ListStockPricesApiResponse,
  SetCalendarDayApiArg,
  SetCalendarDayApiResponse,
  SetCalendarEndApiArg,
  SetCalendarEndApiResponse,
  ShowCalendarApiArg,
  ShowCalendarApiResponse,
  ShowEconomicSeriesApiArg,
  ShowEconomicSeriesApiResponse,
  ShowImportApiArg,
  ShowImportApiResponse,
  ShowSessionApiArg,
  ShowSessionApiResponse,
} from "../generated";

export const marketEndpoints = api.enhanceEndpoints({ addTagTypes: ["market"] }).injectEndpoints({
  endpoints: (build) => ({
    listCompanyEvents: build.query<
      ListCompanyEventsApiResponse,
      ListCompanyEventsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/company-events/`,
        params: {
          from: queryArg["from"],
          to: queryArg.to,
          kind: queryArg.kind,
          symbol: queryArg["symbol"],
          watchlist: queryArg.watchlist,
          mine: queryArg.mine,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    listEconomicSeries: build.query<
      ListEconomicSeriesApiResponse,
      ListEconomicSeriesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/economics/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    showEconomicSeries: build.query<
      ShowEconomicSeriesApiResponse,
      ShowEconomicSeriesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/economics/${encodeURIComponent(String(queryArg.key))}/`,
        params: {
          from: queryArg["from"],
          to: queryArg.to,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    listInstruments: build.query<
      ListInstrumentsApiResponse,
      ListInstrumentsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/instruments/`,
        params: {
          q: queryArg.q,
          exchange: queryArg.exchange,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    showSession: build.query<ShowSessionApiResponse, ShowSessionApiArg>({
      query: (queryArg) => ({
        url: `/api/instruments/${encodeURIComponent(String(queryArg["symbol"]))}/session/`,
      }),
      providesTags: ["market"],
    }),
    showCalendar: build.query<ShowCalendarApiResponse, ShowCalendarApiArg>({
      query: (queryArg) => ({
        url: `/api/market/calendar/${encodeURIComponent(String(queryArg.exchange))}/`,
        params: {
          from: queryArg["from"],
          to: queryArg.to,
        },
      }),
      providesTags: ["market"],
    }),
    setCalendarDay: build.mutation<
      SetCalendarDayApiResponse,
      SetCalendarDayApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/calendar/${encodeURIComponent(String(queryArg.exchange))}/days/${encodeURIComponent(String(queryArg.day))}/`,
        method: "PUT",
        body: queryArg.marketDayChange,
      }),
      invalidatesTags: ["market"],
    }),
    listCalendarEdits: build.query<
      ListCalendarEditsApiResponse,
      ListCalendarEditsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/calendar/${encodeURIComponent(String(queryArg.exchange))}/edits/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    setCalendarEnd: build.mutation<
      SetCalendarEndApiResponse,
      SetCalendarEndApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/calendar/${encodeURIComponent(String(queryArg.exchange))}/end/`,
        method: "PUT",
        body: queryArg.marketEndChange,
      }),
      invalidatesTags: ["market"],
    }),
    listImports: build.query<ListImportsApiResponse, ListImportsApiArg>({
      query: (queryArg) => ({
        url: `/api/market/imports/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    importInstruments: build.mutation<
      ImportInstrumentsApiResponse,
      ImportInstrumentsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/market/imports/`,
        method: "POST",
        body: queryArg.marketImportCreate,
      }),
      invalidatesTags: ["market"],
    }),
    showImport: build.query<ShowImportApiResponse, ShowImportApiArg>({
      query: (queryArg) => ({
        url: `/api/market/imports/${encodeURIComponent(String(queryArg.importId))}/`,
      }),
      providesTags: ["market"],
    }),
    listNews: build.query<ListNewsApiResponse, ListNewsApiArg>({
      query: (queryArg) => ({
        url: `/api/news/`,
        params: {
          symbol: queryArg["symbol"],
          from: queryArg["from"],
          to: queryArg.to,
          sentiment: queryArg.sentiment,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    getStock: build.query<GetStockApiResponse, GetStockApiArg>({
      query: (queryArg) => ({
        url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/`,
      }),
      providesTags: ["market"],
    }),
    listCandles: build.query<ListCandlesApiResponse, ListCandlesApiArg>({
      query: (queryArg) => ({
        url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/candles/`,
        params: {
          interval: queryArg.interval,
          from: queryArg["from"],
          to: queryArg.to,
          adjusted: queryArg.adjusted,
          dividends: queryArg.dividends,
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
    listIndicators: build.query<
      ListIndicatorsApiResponse,
      ListIndicatorsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/indicators/`,
        params: {
          names: queryArg.names,
          interval: queryArg.interval,
          to: queryArg.to,
          limit: queryArg.limit,
          adjusted: queryArg.adjusted,
          dividends: queryArg.dividends,
        },
      }),
      providesTags: ["market"],
    }),
    listPatterns: build.query<ListPatternsApiResponse, ListPatternsApiArg>({
      query: (queryArg) => ({
        url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/patterns/`,
        params: {
          interval: queryArg.interval,
          to: queryArg.to,
          limit: queryArg.limit,
          adjusted: queryArg.adjusted,
          dividends: queryArg.dividends,
        },
      }),
      providesTags: ["market"],
    }),
    listStockPrices: build.query<
      ListStockPricesApiResponse,
      ListStockPricesApiArg
    >({
      query: (queryArg) => ({
        url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/prices/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["market"],
    }),
  }),
  overrideExisting: false,
});
