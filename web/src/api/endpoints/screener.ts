// Calls of "screener". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  CancelScreenApiArg,
  CancelScreenApiResponse,
  CreateScreenApiArg,
  CreateScreenApiResponse,
  DeleteScreenApiArg,
  DeleteScreenApiResponse,
  ListScreensApiArg,
  ListScreensApiResponse,
  ShowScreenApiArg,
  ShowScreenApiResponse,
} from "../generated";

export const screenerEndpoints = api.enhanceEndpoints({ addTagTypes: ["screener"] }).injectEndpoints({
  endpoints: (build) => ({
    listScreens: build.query<ListScreensApiResponse, ListScreensApiArg>({
      query: (queryArg) => ({
        url: `/api/screener/`,
        params: {
          limit: queryArg.limit,
          cursor: queryArg.cursor,
        },
      }),
      providesTags: ["screener"],
    }),
    createScreen: build.mutation<CreateScreenApiResponse, CreateScreenApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/screener/`,
          method: "POST",
          body: queryArg.signalsScreenCreate,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["screener"],
      },
    ),
    deleteScreen: build.mutation<DeleteScreenApiResponse, DeleteScreenApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/screener/${encodeURIComponent(String(queryArg.screenId))}/`,
          method: "DELETE",
        }),
        invalidatesTags: ["screener"],
      },
    ),
    showScreen: build.query<ShowScreenApiResponse, ShowScreenApiArg>({
      query: (queryArg) => ({
        url: `/api/screener/${encodeURIComponent(String(queryArg.screenId))}/`,
      }),
      providesTags: ["screener"],
    }),
    cancelScreen: build.mutation<CancelScreenApiResponse, CancelScreenApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/screener/${encodeURIComponent(String(queryArg.screenId))}/cancel/`,
          method: "POST",
        }),
        invalidatesTags: ["screener"],
      },
    ),
  }),
  overrideExisting: false,
});
