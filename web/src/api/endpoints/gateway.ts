// Calls of "gateway". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  CreateSocketTicketApiArg,
  CreateSocketTicketApiResponse,
} from "../generated";

export const gatewayEndpoints = api.enhanceEndpoints({ addTagTypes: ["gateway"] }).injectEndpoints({
  endpoints: (build) => ({
    createSocketTicket: build.mutation<
      CreateSocketTicketApiResponse,
      CreateSocketTicketApiArg
    >({
      query: () => ({ url: `/api/ws/ticket/`, method: "POST" }),
      invalidatesTags: ["gateway"],
    }),
  }),
  overrideExisting: false,
});
