// Calls of "entry". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ListStocksApiArg,
  ListStocksApiResponse,
} from "../generated";

export const entryEndpoints = api.enhanceEndpoints({ addTagTypes: ["market"] }).injectEndpoints({
  endpoints: (build) => ({
    listStocks: build.query<ListStocksApiResponse, ListStocksApiArg>({
      query: (queryArg) => ({
        url: `/api/stocks/`,
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
