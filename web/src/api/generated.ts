import { api } from "./base";
export const addTagTypes = [
  "alerts",
  "auth",
  "market",
  "billing",
  "gateway",
] as const;
const injectedRtkApi = api
  .enhanceEndpoints({
    addTagTypes,
  })
  .injectEndpoints({
    endpoints: (build) => ({
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
      createAlert: build.mutation<CreateAlertApiResponse, CreateAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/`,
          method: "POST",
          body: queryArg.alertsAlertCreate,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["alerts"],
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
      deleteAlert: build.mutation<DeleteAlertApiResponse, DeleteAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
          method: "DELETE",
        }),
        invalidatesTags: ["alerts"],
      }),
      showAlert: build.query<ShowAlertApiResponse, ShowAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
        }),
        providesTags: ["alerts"],
      }),
      changeAlert: build.mutation<ChangeAlertApiResponse, ChangeAlertApiArg>({
        query: (queryArg) => ({
          url: `/api/alerts/${encodeURIComponent(String(queryArg.alertId))}/`,
          method: "PATCH",
          body: queryArg.alertsAlertChange,
        }),
        invalidatesTags: ["alerts"],
      }),
      listKeys: build.query<ListKeysApiResponse, ListKeysApiArg>({
        query: () => ({ url: `/api/auth/.well-known/jwks.json` }),
        providesTags: ["auth"],
      }),
      logIn: build.mutation<LogInApiResponse, LogInApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/login/`,
          method: "POST",
          body: queryArg.authLoginIn,
        }),
        invalidatesTags: ["auth"],
      }),
      logOut: build.mutation<LogOutApiResponse, LogOutApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/logout/`,
          method: "POST",
          body: queryArg.body,
        }),
        invalidatesTags: ["auth"],
      }),
      refresh: build.mutation<RefreshApiResponse, RefreshApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/refresh/`,
          method: "POST",
          body: queryArg.body,
        }),
        invalidatesTags: ["auth"],
      }),
      register: build.mutation<RegisterApiResponse, RegisterApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/register/`,
          method: "POST",
          body: queryArg.authRegisterIn,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["auth"],
      }),
      endOtherSessions: build.mutation<
        EndOtherSessionsApiResponse,
        EndOtherSessionsApiArg
      >({
        query: () => ({ url: `/api/auth/sessions/`, method: "DELETE" }),
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
      verifyEmail: build.mutation<VerifyEmailApiResponse, VerifyEmailApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/verify-email/`,
          method: "POST",
          body: queryArg.authVerifyEmailIn,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["auth"],
      }),
      resendLink: build.mutation<ResendLinkApiResponse, ResendLinkApiArg>({
        query: (queryArg) => ({
          url: `/api/auth/verify-email/resend/`,
          method: "POST",
          body: queryArg.authResendIn,
          headers: {
            "idempotency-key": queryArg["idempotency-key"],
          },
        }),
        invalidatesTags: ["auth"],
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
      getMarketStatus: build.query<
        GetMarketStatusApiResponse,
        GetMarketStatusApiArg
      >({
        query: () => ({ url: `/api/market/status/` }),
        providesTags: ["market"],
      }),
      listPlans: build.query<ListPlansApiResponse, ListPlansApiArg>({
        query: () => ({ url: `/api/plans/` }),
        providesTags: ["billing"],
      }),
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
            limit: queryArg.limit,
            cursor: queryArg.cursor,
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
      logInAlias: build.mutation<LogInAliasApiResponse, LogInAliasApiArg>({
        query: (queryArg) => ({
          url: `/api/users/login/`,
          method: "POST",
          body: queryArg.authLoginIn,
        }),
        invalidatesTags: ["auth"],
      }),
      showMe: build.query<ShowMeApiResponse, ShowMeApiArg>({
        query: () => ({ url: `/api/users/me/` }),
        providesTags: ["auth"],
      }),
      changeMe: build.mutation<ChangeMeApiResponse, ChangeMeApiArg>({
        query: (queryArg) => ({
          url: `/api/users/me/`,
          method: "PATCH",
          body: queryArg.authUserChange,
        }),
        invalidatesTags: ["auth"],
      }),
      listSecurityEvents: build.query<
        ListSecurityEventsApiResponse,
        ListSecurityEventsApiArg
      >({
        query: (queryArg) => ({
          url: `/api/users/me/security-log/`,
          params: {
            limit: queryArg.limit,
            cursor: queryArg.cursor,
          },
        }),
        providesTags: ["auth"],
      }),
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
export { injectedRtkApi as generatedApi };
export type ListAlertsApiResponse =
  /** status 200 Successful Response */ PageAlertOut;
export type ListAlertsApiArg = {
  /** Only alerts of this status. */
  status?: AlertStatus;
  /** Only alerts on `AAPL` or `NASDAQ:AAPL`. */
  symbol?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CreateAlertApiResponse =
  /** status 201 Successful Response */ CreatedAlertOut;
export type CreateAlertApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsAlertCreate: AlertCreate;
};
export type ListTriggeredAlertsApiResponse =
  /** status 200 Successful Response */ PageTriggeredOut;
export type ListTriggeredAlertsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type DeleteAlertApiResponse = unknown;
export type DeleteAlertApiArg = {
  alertId: string;
};
export type ShowAlertApiResponse =
  /** status 200 Successful Response */ AlertOut;
export type ShowAlertApiArg = {
  alertId: string;
};
export type ChangeAlertApiResponse =
  /** status 200 Successful Response */ AlertOut;
export type ChangeAlertApiArg = {
  alertId: string;
  alertsAlertChange: AlertChange;
};
export type ListKeysApiResponse =
  /** status 200 Successful Response */ KeySetOut;
export type ListKeysApiArg = void;
export type LogInApiResponse = /** status 200 Successful Response */ TokensOut;
export type LogInApiArg = {
  authLoginIn: LoginInWrite;
};
export type LogOutApiResponse = unknown;
export type LogOutApiArg = {
  body: RefreshInWrite | null;
};
export type RefreshApiResponse =
  /** status 200 Successful Response */ TokensOut;
export type RefreshApiArg = {
  body: RefreshInWrite | null;
};
export type RegisterApiResponse =
  /** status 202 Successful Response */ MailFollows;
export type RegisterApiArg = {
  "idempotency-key"?: string;
  authRegisterIn: RegisterInWrite;
};
export type EndOtherSessionsApiResponse = unknown;
export type EndOtherSessionsApiArg = void;
export type ListSessionsApiResponse =
  /** status 200 Successful Response */ SessionsOut;
export type ListSessionsApiArg = void;
export type EndSessionApiResponse = unknown;
export type EndSessionApiArg = {
  sessionId: string;
};
export type VerifyEmailApiResponse =
  /** status 200 Successful Response */ VerifyEmailOut;
export type VerifyEmailApiArg = {
  "idempotency-key"?: string;
  authVerifyEmailIn: VerifyEmailInWrite;
};
export type ResendLinkApiResponse =
  /** status 202 Successful Response */ MailFollows;
export type ResendLinkApiArg = {
  "idempotency-key"?: string;
  authResendIn: ResendIn;
};
export type ListInstrumentsApiResponse =
  /** status 200 Successful Response */ PageInstrumentOut;
export type ListInstrumentsApiArg = {
  /** The beginning of a symbol, or a part of a name. */
  q?: string;
  exchange?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type GetMarketStatusApiResponse =
  /** status 200 Successful Response */ MarketStatusOut;
export type GetMarketStatusApiArg = void;
export type ListPlansApiResponse =
  /** status 200 Successful Response */ PriceListOut;
export type ListPlansApiArg = void;
export type ListStocksApiResponse =
  /** status 200 Successful Response */ StockOut[];
export type ListStocksApiArg = {
  /** How many stocks at most. */
  limit?: number;
  /** As in the `Link` header of the page before. */
  cursor?: string;
};
export type GetStockApiResponse =
  /** status 200 Successful Response */ StockOut;
export type GetStockApiArg = {
  symbol: string;
};
export type ListCandlesApiResponse =
  /** status 200 Successful Response */ PageCandleOut;
export type ListCandlesApiArg = {
  symbol: string;
  /** The length of a candle; a day is one session. */
  interval?: Interval;
  /** From this instant on. */
  from?: string;
  /** Before this instant. */
  to?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListStockPricesApiResponse =
  /** status 200 Successful Response */ PageStockPriceOut;
export type ListStockPricesApiArg = {
  symbol: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type LogInAliasApiResponse =
  /** status 200 Successful Response */ TokensOut;
export type LogInAliasApiArg = {
  authLoginIn: LoginInWrite;
};
export type ShowMeApiResponse = /** status 200 Successful Response */ UserOut;
export type ShowMeApiArg = void;
export type ChangeMeApiResponse = /** status 200 Successful Response */ UserOut;
export type ChangeMeApiArg = {
  authUserChange: UserChange;
};
export type ListSecurityEventsApiResponse =
  /** status 200 Successful Response */ PageSecurityEventOut;
export type ListSecurityEventsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CreateSocketTicketApiResponse = /** status 200 The ticket. */ {
  /** seconds */
  expires_in: number;
  ticket: string;
};
export type CreateSocketTicketApiArg = void;
export type Condition = "above" | "below";
export type AlertStatus =
  "active" | "triggered" | "paused" | "expired" | "needs_review";
export type StatusReason =
  | "armed"
  | "price_reached"
  | "paused_by_user"
  | "plan_limit"
  | "price_gap"
  | "replay_restarted";
export type AlertOut = {
  alert_type: "threshold";
  armed_at: string;
  condition: Condition;
  created_at: string;
  currency: string;
  exchange: string;
  id: string;
  instrument: string;
  is_active: boolean;
  name: string;
  note: string | null;
  status: AlertStatus;
  status_reason: StatusReason;
  stock_symbol: string;
  threshold_price: string;
  triggered_at: string | null;
  updated_at: string;
};
export type PageAlertOut = {
  items: AlertOut[];
  next_cursor: string | null;
};
export type Problem = {
  code: string;
  detail: string;
  errors?: {
    code: string;
    /** JSON pointer */
    field: string;
    message: string;
  }[];
  limit?: number;
  request_id: string | null;
  /** seconds */
  retry_after?: number;
  status: number;
  title: string;
  type: string;
  upgrade_to?: string | null;
  used?: number;
  [key: string]: any;
};
export type CreatedAlertOut = {
  alert_type: "threshold";
  /** null while the instrument has no price */
  already_true: boolean | null;
  armed_at: string;
  condition: Condition;
  created_at: string;
  currency: string;
  exchange: string;
  id: string;
  instrument: string;
  is_active: boolean;
  name: string;
  note: string | null;
  status: AlertStatus;
  status_reason: StatusReason;
  stock_symbol: string;
  threshold_price: string;
  triggered_at: string | null;
  updated_at: string;
};
export type AlertCreate = {
  alert_type?: "threshold";
  condition: Condition;
  note?: string | null;
  /** `AAPL`, or `NASDAQ:AAPL` where the symbol is not unique. */
  stock_symbol: string;
  threshold_price: number | string;
};
export type DeliveryStatus = "queued" | "sent" | "failed" | "suppressed";
export type TriggeredOut = {
  alert_id: string;
  condition: Condition;
  currency: string;
  email_sent: boolean;
  email_status: DeliveryStatus;
  exchange: string;
  id: string;
  instrument: string;
  name: string;
  price: string;
  reached_at: string;
  recorded_at: string | null;
  symbol: string;
  threshold_price: string;
  triggered_at: string;
};
export type PageTriggeredOut = {
  items: TriggeredOut[];
  next_cursor: string | null;
};
export type AlertChange = {
  condition?: Condition | null;
  note?: string | null;
  /** `active` arms the alert anew: only prices from now on count. */
  status?: ("active" | "paused") | null;
  threshold_price?: (number | string) | null;
};
export type PublicKeyOut = {
  alg: string;
  crv: string;
  kid: string;
  kty: string;
  use: string;
  x: string;
  y: string;
};
export type KeySetOut = {
  keys: PublicKeyOut[];
};
export type LoggedInUser = {
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  role: string;
  tier: string;
  username: string | null;
};
export type TokensOut = {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
  token_type: string;
  user: LoggedInUser;
};
export type LoginIn = {
  email?: string | null;
  username?: string | null;
};
export type LoginInWrite = {
  email?: string | null;
  password: string;
  username?: string | null;
};
export type RefreshIn = {};
export type RefreshInWrite = {
  refresh_token: string;
};
export type MailFollows = {
  detail?: string;
};
export type RegisterIn = {
  accept_terms: boolean;
  email: string;
  first_name: string;
  last_name?: string;
  phone?: string | null;
  username?: string | null;
};
export type RegisterInWrite = {
  accept_terms: boolean;
  email: string;
  first_name: string;
  last_name?: string;
  password: string;
  phone?: string | null;
  username?: string | null;
};
export type SessionOut = {
  created_at: string;
  current: boolean;
  ends_at: string;
  id: string;
  last_seen_at: string;
  network: string;
  user_agent: string;
};
export type SessionsOut = {
  items: SessionOut[];
  next_cursor?: null;
};
export type VerifyEmailOut = {
  email: string;
  email_verified: boolean;
  username: string;
  username_taken: boolean;
};
export type VerifyEmailIn = {};
export type VerifyEmailInWrite = {
  token: string;
};
export type ResendIn = {
  email: string;
};
export type InstrumentOut = {
  currency: string;
  exchange: string;
  instrument: string;
  isin: string | null;
  name: string;
  symbol: string;
};
export type PageInstrumentOut = {
  items: InstrumentOut[];
  next_cursor: string | null;
};
export type MarketStatusOut = {
  mode: "replay" | "live";
  source: string;
};
export type Limits = {
  active_alerts: number | null;
  ai_studio_minutes_per_month: number | null;
  api_calls_per_minute: number;
  api_keys: number;
  channels: string[];
  custom_indicators: boolean;
  live_trading: boolean;
  signals_per_day: number | null;
  socket_symbols: number;
  socket_ticks_per_second: number | null;
  strategies: number | null;
};
export type AllowanceOut = {
  limits: Limits;
  portfolio: string[];
  /** An answer within this time; null: none is promised. */
  support_answer_hours: number | null;
};
export type Tier = "BASIC" | "PRO" | "ELITE";
export type PlanOut = {
  code: Tier;
  currency: string;
  gst_percent: string;
  limits: Limits;
  name: string;
  portfolio: string[];
  price_monthly: string;
  /** An answer within this time; null: none is promised. */
  support_answer_hours: number | null;
  version: number;
};
export type PriceListOut = {
  free_allowance: AllowanceOut;
  items: PlanOut[];
  next_cursor: string | null;
  trial_days: number;
  trial_plan: Tier;
};
export type StockOut = {
  as_of: string | null;
  change: string | null;
  change_percent: string | null;
  currency: string;
  current_price: string | null;
  day_high: string | null;
  day_low: string | null;
  day_open: string | null;
  exchange: string;
  instrument: string;
  name: string;
  previous_close: string | null;
  received_at: string | null;
  recorded_at: string | null;
  source: string | null;
  stale: boolean;
  symbol: string;
};
export type CandleOut = {
  at: string;
  close: string;
  complete: boolean;
  high: string;
  interpolated: boolean;
  low: string;
  open: string;
  volume: number | null;
};
export type PageCandleOut = {
  items: CandleOut[];
  next_cursor: string | null;
};
export type Interval = "1m" | "5m" | "15m" | "1h" | "1d";
export type StockPriceOut = {
  as_of: string;
  price: string;
  received_at: string;
  recorded_at: string | null;
  source: string;
  stale: boolean;
};
export type PageStockPriceOut = {
  items: StockPriceOut[];
  next_cursor: string | null;
};
export type UserOut = {
  created_at: string;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  phone: string | null;
  role: string;
  tier: string;
  username: string | null;
};
export type UserChange = {
  first_name?: string | null;
  last_name?: string | null;
  phone?: string | null;
  username?: string | null;
};
export type SecurityKind =
  | "new_device"
  | "password_changed"
  | "password_reset"
  | "email_changed"
  | "phone_confirmed"
  | "totp_enabled"
  | "totp_disabled"
  | "recovery_code_used"
  | "recovery_codes_renewed"
  | "passkey_added"
  | "passkey_removed"
  | "refresh_reused"
  | "sessions_ended"
  | "login_blocked"
  | "unlocked"
  | "key_created"
  | "key_rotated"
  | "key_revoked"
  | "app_authorised"
  | "app_revoked"
  | "acting_started"
  | "acting_ended"
  | "role_changed"
  | "status_changed"
  | "data_exported";
export type SecurityEventOut = {
  at: string;
  by_staff: boolean;
  details: {
    [key: string]: string;
  };
  id: string;
  kind: SecurityKind;
  /** The address without its last part; empty when no request did it. */
  network: string;
  user_agent: string;
};
export type PageSecurityEventOut = {
  items: SecurityEventOut[];
  next_cursor: string | null;
};
export const {
  useListAlertsQuery,
  useLazyListAlertsQuery,
  useCreateAlertMutation,
  useListTriggeredAlertsQuery,
  useLazyListTriggeredAlertsQuery,
  useDeleteAlertMutation,
  useShowAlertQuery,
  useLazyShowAlertQuery,
  useChangeAlertMutation,
  useListKeysQuery,
  useLazyListKeysQuery,
  useLogInMutation,
  useLogOutMutation,
  useRefreshMutation,
  useRegisterMutation,
  useEndOtherSessionsMutation,
  useListSessionsQuery,
  useLazyListSessionsQuery,
  useEndSessionMutation,
  useVerifyEmailMutation,
  useResendLinkMutation,
  useListInstrumentsQuery,
  useLazyListInstrumentsQuery,
  useGetMarketStatusQuery,
  useLazyGetMarketStatusQuery,
  useListPlansQuery,
  useLazyListPlansQuery,
  useListStocksQuery,
  useLazyListStocksQuery,
  useGetStockQuery,
  useLazyGetStockQuery,
  useListCandlesQuery,
  useLazyListCandlesQuery,
  useListStockPricesQuery,
  useLazyListStockPricesQuery,
  useLogInAliasMutation,
  useShowMeQuery,
  useLazyShowMeQuery,
  useChangeMeMutation,
  useListSecurityEventsQuery,
  useLazyListSecurityEventsQuery,
  useCreateSocketTicketMutation,
} = injectedRtkApi;
