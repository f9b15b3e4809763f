// Calls of "watchlists". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  AddToWatchlistApiArg,
  AddToWatchlistApiResponse,
  ChangeWatchlistApiArg,
  ChangeWatchlistApiResponse,
  CreateWatchlistApiArg,
  CreateWatchlistApiResponse,
  DeleteWatchlistApiArg,
  DeleteWatchlistApiResponse,
  FillWatchlistApiArg,
  FillWatchlistApiResponse,
  ListWatchlistStocksApiArg,
  ListWatchlistStocksApiResponse,
  ListWatchlistsApiArg,
  ListWatchlistsApiResponse,
  OrderWatchlistsApiArg,
  OrderWatchlistsApiResponse,
  ShowWatchlistApiArg,
  ShowWatchlistApiResponse,
  TakeOutOfWatchlistApiArg,
  TakeOutOfWatchlistApiResponse,
} from "../generated";

export const watchlistsEndpoints = api.enhanceEndpoints({ addTagTypes: ["market"] }).injectEndpoints({
  endpoints: (build) => ({
    listWatchlists: build.query<
      ListWatchlistsApiResponse,
      ListWatchlistsApiArg
    >({
      query: () => ({ url: `/api/watchlists/` }),
      providesTags: ["market"],
    }),
    createWatchlist: build.mutation<
      CreateWatchlistApiResponse,
      CreateWatchlistApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/`,
        method: "POST",
        body: queryArg.marketWatchlistCreate,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["market"],
    }),
    orderWatchlists: build.mutation<
      OrderWatchlistsApiResponse,
      OrderWatchlistsApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/order/`,
        method: "PUT",
        body: queryArg.marketWatchlistsOrder,
      }),
      invalidatesTags: ["market"],
    }),
    deleteWatchlist: build.mutation<
      DeleteWatchlistApiResponse,
      DeleteWatchlistApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["market"],
    }),
    showWatchlist: build.query<ShowWatchlistApiResponse, ShowWatchlistApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/`,
        }),
        providesTags: ["market"],
      },
    ),
    changeWatchlist: build.mutation<
      ChangeWatchlistApiResponse,
      ChangeWatchlistApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/`,
        method: "PATCH",
        body: queryArg.marketWatchlistChange,
      }),
      invalidatesTags: ["market"],
    }),
    addToWatchlist: build.mutation<
      AddToWatchlistApiResponse,
      AddToWatchlistApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/instruments/`,
        method: "POST",
        body: queryArg.marketWatchlistContent,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["market"],
    }),
    fillWatchlist: build.mutation<
      FillWatchlistApiResponse,
      FillWatchlistApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/instruments/`,
        method: "PUT",
        body: queryArg.marketWatchlistContent,
      }),
      invalidatesTags: ["market"],
    }),
    takeOutOfWatchlist: build.mutation<
      TakeOutOfWatchlistApiResponse,
      TakeOutOfWatchlistApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/instruments/${encodeURIComponent(String(queryArg["symbol"]))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["market"],
    }),
    listWatchlistStocks: build.query<
      ListWatchlistStocksApiResponse,
      ListWatchlistStocksApiArg
    >({
      query: (queryArg) => ({
        url: `/api/watchlists/${encodeURIComponent(String(queryArg.watchlistId))}/stocks/`,
      }),
      providesTags: ["market"],
    }),
  }),
  overrideExisting: false,
});
