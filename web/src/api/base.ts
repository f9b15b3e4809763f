import { createApi, fetchBaseQuery, type BaseQueryFn, type FetchArgs, type FetchBaseQueryError } from "@reduxjs/toolkit/query/react";
import type { Quotes } from "@/live/quotes";
import type { Session } from "@/session/session";
import type { StepUp } from "@/session/stepUp";
import { problemOf } from "./problem";

/** What the store hands to every request, so that none of it is a global. */
export interface ApiExtra {
  session: Session;
  quotes: Quotes;
  stepUp: StepUp;
}

const TIMEOUT_MS = 10_000;

/** A list goes out as the same name several times. */
function paramsSerializer(params: Record<string, unknown>): string {
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().filter((each) => each !== undefined).map((each) => [name, String(each)]),
  );
  return new URLSearchParams(pairs).toString();
}

const plainFetch = fetchBaseQuery({ baseUrl: "", credentials: "same-origin", timeout: TIMEOUT_MS, paramsSerializer });

/** Send with the caller's token; when it is refused, renew once and send again. */
const renewing: BaseQueryFn<string | FetchArgs, unknown, FetchBaseQueryError> = async (args, api, options) => {
  const { session } = api.extra as ApiExtra;
  const token = await session.token();
  const first = await plainFetch(signed(args, token), api, options);
  if (first.error?.status !== 401 || token === null) return first;
  const renewed = await session.renew(token);
  return renewed === null ? first : plainFetch(signed(args, renewed), api, options);
};

/** The same; where a recent login is asked for, the person proves once more who they are and the call is sent again. */
const withSession: typeof renewing = async (args, api, options) => {
  const first = await renewing(args, api, options);
  if (first.error === undefined || problemOf(first.error).code !== "step_up_required") return first;
  const { stepUp } = api.extra as ApiExtra;
  return (await stepUp.ask()) ? renewing(args, api, options) : first;
};

function signed(args: string | FetchArgs, token: string | null): FetchArgs {
  const request = typeof args === "string" ? { url: args } : args;
  const headers: Record<string, string | undefined> = { "X-Token-Transport": "cookie" };
  Object.assign(headers, request.headers);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  return { ...request, headers };
}

/** The API without its endpoints; `endpoints/*.ts` inject those of openapi.json, each when the first page that uses it is loaded. */
export const api = createApi({
  reducerPath: "api",
  baseQuery: withSession,
  tagTypes: [
    "stock", "alert", "triggered", "profile", "session", "settings", "steps", "export", "address", "permissions",
    "person", "role_change", "support_access", "factor", "securityLog", "apiKey", "app", "quality", "split",
    "watchlist", "calendar", "notice", "noticeWishes", "noticeAddress", "webhook", "webhookLog", "delivery", "sms_text",
    "price_import", "list_import", "company_day",
  ],
  endpoints: () => ({}),
});
