// Calls of "billing". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ListPlansApiArg,
  ListPlansApiResponse,
} from "../generated";

export const billingEndpoints = api.enhanceEndpoints({ addTagTypes: ["billing"] }).injectEndpoints({
  endpoints: (build) => ({
    listPlans: build.query<ListPlansApiResponse, ListPlansApiArg>({
      query: () => ({ url: `/api/plans/` }),
      providesTags: ["billing"],
    }),
  }),
  overrideExisting: false,
});
