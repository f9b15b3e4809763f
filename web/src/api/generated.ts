import { api } from "./base";
export const addTagTypes = [
  "auth",
  "users",
  "stocks",
  "alerts",
  "billing",
] as const;
const injectedRtkApi = api
  .enhanceEndpoints({
    addTagTypes,
  })
  .injectEndpoints({
    endpoints: (build) => ({
      register: build.mutation<RegisterApiResponse, RegisterApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/register/`,
          method: "POST",
          body: queryArg.registerIn,
        }),
        invalidatesTags: ["auth"],
      }),
      verifyEmail: build.mutation<VerifyEmailApiResponse, VerifyEmailApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/verify-email/`,
          method: "POST",
          body: queryArg.verifyEmailIn,
        }),
        invalidatesTags: ["auth"],
      }),
      resendLink: build.mutation<ResendLinkApiResponse, ResendLinkApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/verify-email/resend/`,
          method: "POST",
          body: queryArg.resendIn,
        }),
        invalidatesTags: ["auth"],
      }),
      logIn: build.mutation<LogInApiResponse, LogInApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/login/`,
          method: "POST",
          body: queryArg.loginIn,
        }),
        invalidatesTags: ["auth"],
      }),
      refresh: build.mutation<RefreshApiResponse, RefreshApiArg>({
        query: () => ({ url: `/api/auth/refresh/`, method: "POST" }),
        invalidatesTags: ["auth"],
      }),
      logOut: build.mutation<LogOutApiResponse, LogOutApiArg>({
        query: () => ({ url: `/api/auth/logout/`, method: "POST" }),
        invalidatesTags: ["auth"],
      }),
      listSessions: build.query<ListSessionsApiResponse, ListSessionsApiArg>({
        query: () => ({ url: `/api/auth/sessions/` }),
        providesTags: ["auth"],
      }),
      endSession: build.mutation<EndSessionApiResponse, EndSessionApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/sessions/${encodeURIComponent(String(queryArg.sessionId))}/`,
          method: "DELETE",
        }),
        invalidatesTags: ["auth"],
      }),
      showMe: build.query<ShowMeApiResponse, ShowMeApiArg>({
        query: () => ({ url: `/api/users/me/` }),
        providesTags: ["users"],
      }),
      changeMe: build.mutation<ChangeMeApiResponse, ChangeMeApiArg>({
        query: (queryArg) => ({
          url: `/api/users/me/`,
          method: "PATCH",
          body: queryArg.userChange,
        }),
        invalidatesTags: ["users"],
      }),
      listStocks: build.query<ListStocksApiResponse, ListStocksApiArg>({
        query: () => ({ url: `/api/stocks/` }),
        providesTags: ["stocks"],
      }),
      getStock: build.query<GetStockApiResponse, GetStockApiArg>({
        query: (queryArg) => ({
          url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/`,
        }),
        providesTags: ["stocks"],
      }),
      listCandles: build.query<ListCandlesApiResponse, ListCandlesApiArg>({
        query: (queryArg) => ({
          url: `/api/stocks/${encodeURIComponent(String(queryArg["symbol"]))}/candles/`,
          params: {
            interval: queryArg.interval,
            from: queryArg["from"],
            to: queryArg.to,
            limit: queryArg.limit,
            cursor: queryArg.cursor,
          },
        }),
        providesTags: ["stocks"],
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
        providesTags: ["stocks"],
      }),
      getMarketStatus: build.query<
        GetMarketStatusApiResponse,
        GetMarketStatusApiArg
      >({
        query: () => ({ url: `/api/market/status/` }),
        providesTags: ["stocks"],
      }),
      createAlert: build.mutation<CreateAlertApiResponse, CreateAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/`,
          method: "POST",
          body: queryArg.alertCreate,
          headers: {
            "Idempotency-Key": queryArg["Idempotency-Key"],
          },
        }),
        invalidatesTags: ["alerts"],
      }),
      listAlerts: build.query<ListAlertsApiResponse, ListAlertsApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/`,
          params: {
            status: queryArg.status,
            symbol: queryArg["symbol"],
            limit: queryArg.limit,
            cursor: queryArg.cursor,
          },
        }),
        providesTags: ["alerts"],
      }),
      listTriggeredAlerts: build.query<
        ListTriggeredAlertsApiResponse,
        ListTriggeredAlertsApiArg
      >({
        query: (queryArg) => ({
          url: `/api/alerts/triggered/`,
          params: {
            limit: queryArg.limit,
            cursor: queryArg.cursor,
          },
        }),
        providesTags: ["alerts"],
      }),
      getAlert: build.query<GetAlertApiResponse, GetAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
        }),
        providesTags: ["alerts"],
      }),
      updateAlert: build.mutation<UpdateAlertApiResponse, UpdateAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
          method: "PATCH",
          body: queryArg.alertPatch,
        }),
        invalidatesTags: ["alerts"],
      }),
      deleteAlert: build.mutation<DeleteAlertApiResponse, DeleteAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
          method: "DELETE",
        }),
        invalidatesTags: ["alerts"],
      }),
      listPlans: build.query<ListPlansApiResponse, ListPlansApiArg>({
        query: () => ({ url: `/api/plans/` }),
        providesTags: ["billing"],
      }),
    }),
    overrideExisting: false,
  });
export { injectedRtkApi as generatedApi };
export type RegisterApiResponse =
  /** status 202 Successful Response */ MessageOut;
export type RegisterApiArg = {
  registerIn: RegisterIn;
};
export type VerifyEmailApiResponse =
  /** status 200 Successful Response */ MessageOut;
export type VerifyEmailApiArg = {
  verifyEmailIn: VerifyEmailIn;
};
export type ResendLinkApiResponse =
  /** status 202 Successful Response */ MessageOut;
export type ResendLinkApiArg = {
  resendIn: ResendIn;
};
export type LogInApiResponse = /** status 200 Successful Response */ LoginOut;
export type LogInApiArg = {
  loginIn: LoginIn;
};
export type RefreshApiResponse = /** status 200 Successful Response */ LoginOut;
export type RefreshApiArg = void;
export type LogOutApiResponse = unknown;
export type LogOutApiArg = void;
export type ListSessionsApiResponse =
  /** status 200 Successful Response */ SessionPage;
export type ListSessionsApiArg = void;
export type EndSessionApiResponse = unknown;
export type EndSessionApiArg = {
  sessionId: string;
};
export type ShowMeApiResponse = /** status 200 Successful Response */ UserOut;
export type ShowMeApiArg = void;
export type ChangeMeApiResponse = /** status 200 Successful Response */ UserOut;
export type ChangeMeApiArg = {
  userChange: UserChange;
};
export type ListStocksApiResponse =
  /** status 200 Successful Response */ StockOut[];
export type ListStocksApiArg = void;
export type GetStockApiResponse =
  /** status 200 Successful Response */ StockOut;
export type GetStockApiArg = {
  symbol: string;
};
export type ListCandlesApiResponse =
  /** status 200 Successful Response */ CandlePage;
export type ListCandlesApiArg = {
  symbol: string;
  interval?: "1m" | "5m" | "15m" | "1h" | "1d";
  from?: string | null;
  to?: string | null;
  limit?: number;
  cursor?: string | null;
};
export type ListInstrumentsApiResponse =
  /** status 200 Successful Response */ InstrumentPage;
export type ListInstrumentsApiArg = {
  q?: string;
  exchange?: string | null;
  limit?: number;
  cursor?: string | null;
};
export type GetMarketStatusApiResponse =
  /** status 200 Successful Response */ MarketStatus;
export type GetMarketStatusApiArg = void;
export type CreateAlertApiResponse =
  /** status 201 Successful Response */ AlertOut;
export type CreateAlertApiArg = {
  "Idempotency-Key"?: string;
  alertCreate: AlertCreate;
};
export type ListAlertsApiResponse =
  /** status 200 Successful Response */ AlertPage;
export type ListAlertsApiArg = {
  status?:
    ("active" | "triggered" | "paused" | "expired" | "needs_review") | null;
  symbol?: string | null;
  limit?: number;
  cursor?: string | null;
};
export type ListTriggeredAlertsApiResponse =
  /** status 200 Successful Response */ TriggeredPage;
export type ListTriggeredAlertsApiArg = {
  limit?: number;
  cursor?: string | null;
};
export type GetAlertApiResponse =
  /** status 200 Successful Response */ AlertOut;
export type GetAlertApiArg = {
  alertId: string;
};
export type UpdateAlertApiResponse =
  /** status 200 Successful Response */ AlertOut;
export type UpdateAlertApiArg = {
  alertId: string;
  alertPatch: AlertPatch;
};
export type DeleteAlertApiResponse = unknown;
export type DeleteAlertApiArg = {
  alertId: string;
};
export type ListPlansApiResponse =
  /** status 200 Successful Response */ PriceListOut;
export type ListPlansApiArg = void;
export type MessageOut = {
  detail: string;
};
export type ValidationError = {
  loc: (string | number)[];
  msg: string;
  type: string;
  input?: any;
  ctx?: object;
};
export type HttpValidationError = {
  detail?: ValidationError[];
};
export type RegisterIn = {
  email: string;
  username?: string | null;
  password: string;
  first_name: string;
  last_name: string;
  phone?: string | null;
  accept_terms: boolean;
};
export type VerifyEmailIn = {
  token: string;
};
export type ResendIn = {
  email: string;
};
export type UserOut = {
  id: string;
  email: string;
  username: string;
  first_name: string;
  last_name: string;
  phone?: string | null;
  role: string;
  tier: string;
  email_verified: boolean;
  created_at: string;
};
export type LoginOut = {
  access_token: string;
  refresh_token?: string | null;
  token_type?: string;
  expires_in?: number;
  user: UserOut;
};
export type LoginIn = {
  email?: string | null;
  username?: string | null;
  password: string;
};
export type SessionOut = {
  id: string;
  created_at: string;
  last_seen_at: string;
  ends_at: string;
  network: string;
  user_agent: string;
  current: boolean;
};
export type SessionPage = {
  items: SessionOut[];
  next_cursor: string | null;
};
export type UserChange = {
  first_name?: string | null;
  last_name?: string | null;
  phone?: string | null;
};
export type StockOut = {
  instrument: string;
  symbol: string;
  name: string;
  exchange: string;
  currency: string;
  current_price: string | null;
  previous_close: string | null;
  change: string | null;
  change_percent: string | null;
  day_open: string | null;
  day_high: string | null;
  day_low: string | null;
  as_of: string | null;
  received_at: string | null;
  recorded_at: string | null;
  source: string | null;
  stale: boolean;
};
export type CandleOut = {
  at: string;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: number | null;
  interpolated: boolean;
  complete: boolean;
};
export type CandlePage = {
  items: CandleOut[];
  next_cursor: string | null;
};
export type InstrumentOut = {
  instrument: string;
  symbol: string;
  name: string;
  exchange: string;
  currency: string;
};
export type InstrumentPage = {
  items: InstrumentOut[];
  next_cursor: string | null;
};
export type ExchangeStatus = {
  exchange: string;
  phase: string;
};
export type MarketStatus = {
  mode: "replay" | "live";
  exchanges: ExchangeStatus[];
};
export type AlertOut = {
  id: string;
  instrument: string;
  stock_symbol: string;
  exchange: string;
  name: string;
  currency: string;
  alert_type: "threshold";
  condition: "above" | "below";
  threshold_price: string;
  status: "active" | "triggered" | "paused" | "expired" | "needs_review";
  status_reason: string | null;
  is_active: boolean;
  note: string | null;
  created_at: string;
  updated_at: string;
  armed_at: string;
  triggered_at: string | null;
};
export type AlertCreate = {
  stock_symbol: string;
  alert_type?: "threshold";
  condition: "above" | "below";
  threshold_price: number | string;
  note?: string | null;
};
export type AlertPage = {
  items: AlertOut[];
  next_cursor: string | null;
};
export type TriggeredOut = {
  id: string;
  alert_id: string;
  instrument: string;
  symbol: string;
  exchange: string;
  name: string;
  currency: string;
  condition: "above" | "below";
  threshold_price: string;
  price: string;
  reached_at: string;
  triggered_at: string;
  recorded_at: string | null;
  email_sent: boolean;
  email_status: "queued" | "sent" | "failed" | "retrying";
};
export type TriggeredPage = {
  items: TriggeredOut[];
  next_cursor: string | null;
};
export type AlertPatch = {
  threshold_price?: number | string | null;
  condition?: ("above" | "below") | null;
  note?: string | null;
  status?: ("active" | "paused") | null;
};
export type PlanLimits = {
  active_alerts: number | null;
  signals_per_day: number | null;
  strategies: number | null;
  ai_studio_minutes_per_month: number | null;
  custom_indicators: boolean;
  live_trading: boolean;
  api_keys: number;
  api_calls_per_minute: number;
  socket_symbols: number;
  socket_ticks_per_second: number | null;
  channels: string[];
};
export type PlanOut = {
  code: string;
  name: string;
  price_monthly: string;
  currency: string;
  gst_percent: string;
  limits: PlanLimits;
  version?: number;
  portfolio?: string[];
  support_answer_hours: number | null;
};
export type AllowanceOut = {
  limits: PlanLimits;
  portfolio: string[];
  support_answer_hours: number | null;
};
export type PriceListOut = {
  items: PlanOut[];
  next_cursor: string | null;
  trial_plan: string;
  trial_days: number;
  free_allowance: AllowanceOut;
};
export const {
  useRegisterMutation,
  useVerifyEmailMutation,
  useResendLinkMutation,
  useLogInMutation,
  useRefreshMutation,
  useLogOutMutation,
  useListSessionsQuery,
  useLazyListSessionsQuery,
  useEndSessionMutation,
  useShowMeQuery,
  useLazyShowMeQuery,
  useChangeMeMutation,
  useListStocksQuery,
  useLazyListStocksQuery,
  useGetStockQuery,
  useLazyGetStockQuery,
  useListCandlesQuery,
  useLazyListCandlesQuery,
  useListInstrumentsQuery,
  useLazyListInstrumentsQuery,
  useGetMarketStatusQuery,
  useLazyGetMarketStatusQuery,
  useCreateAlertMutation,
  useListAlertsQuery,
  useLazyListAlertsQuery,
  useListTriggeredAlertsQuery,
  useLazyListTriggeredAlertsQuery,
  useGetAlertQuery,
  useLazyGetAlertQuery,
  useUpdateAlertMutation,
  useDeleteAlertMutation,
  useListPlansQuery,
  useLazyListPlansQuery,
} = injectedRtkApi;
