import { entryEndpoints } from "./endpoints/entry";
import { putAllPriced } from "./prices";

export const entryApi = entryEndpoints.enhanceEndpoints({
  endpoints: {
    listStocks: { providesTags: ["stock"], onQueryStarted: putAllPriced },
  },
});

/** The one spelling of "all monitored stocks", so that every reader shares one cache entry. */
export const ALL_STOCKS = {};

export const { useListStocksQuery } = entryApi;
