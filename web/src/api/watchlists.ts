import { watchlistsEndpoints } from "./endpoints/watchlists";
import { putAllPriced } from "./prices";

export const watchlistsApi = watchlistsEndpoints.enhanceEndpoints({
  endpoints: {
    listWatchlistStocks: { providesTags: ["watchlist"], onQueryStarted: putAllPriced },
    listWatchlists: { providesTags: ["watchlist"] },
    createWatchlist: { invalidatesTags: ["watchlist"] },
    changeWatchlist: { invalidatesTags: ["watchlist"] },
    deleteWatchlist: { invalidatesTags: ["watchlist"] },
    orderWatchlists: { invalidatesTags: ["watchlist"] },
    fillWatchlist: { invalidatesTags: ["watchlist"] },
    addToWatchlist: { invalidatesTags: ["watchlist"] },
    takeOutOfWatchlist: { invalidatesTags: ["watchlist"] },
  },
});

export const {
  useAddToWatchlistMutation,
  useChangeWatchlistMutation,
  useCreateWatchlistMutation,
  useDeleteWatchlistMutation,
  useFillWatchlistMutation,
  useListWatchlistStocksQuery,
  useListWatchlistsQuery,
  useOrderWatchlistsMutation,
  useTakeOutOfWatchlistMutation,
} = watchlistsApi;
