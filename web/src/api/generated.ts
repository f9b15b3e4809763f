// Types of openapi.json. Made by `npm run codegen`.
export type ShowOauthMetadataApiResponse =
  /** status 200 Successful Response */ {
    [key: string]: any;
  };
export type ShowOauthMetadataApiArg = void;
export type ListAlertsApiResponse =
  /** status 200 Successful Response */ PageAlertOut;
export type ListAlertsApiArg = {
  /** Only alerts of this status. */
  status?: AlertStatus;
  /** Only alerts on `AAPL` or `NASDAQ:AAPL`. */
  symbol?: string;
  /** Only alerts of this kind. */
  alertType?: AlertType;
  /** Only alerts with this tag. */
  tag?: string;
  /** Only alerts with this in symbol, name or note. */
  text?: string;
  /** Only alerts of this rule over a watchlist. */
  watchlistRuleId?: string;
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
export type ActOnAlertsApiResponse =
  /** status 200 Successful Response */ BulkOut;
export type ActOnAlertsApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsBulkIn: BulkIn;
};
export type ExportAlertsApiResponse = /** status 200 The file. */ string;
export type ExportAlertsApiArg = {
  /** Only alerts of this status. */
  status?: AlertStatus;
  /** Only alerts with this tag. */
  tag?: string;
};
export type ImportAlertsApiResponse =
  /** status 201 Successful Response */ ImportedOut;
export type ImportAlertsApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsAlertsImport: AlertsImport;
};
export type CheckAlertsFileApiResponse =
  /** status 200 Successful Response */ CheckedFileOut;
export type CheckAlertsFileApiArg = {
  alertsAlertsFile: AlertsFile;
};
export type PreviewAlertApiResponse =
  /** status 200 Successful Response */ PreviewOut;
export type PreviewAlertApiArg = {
  alertsPreviewIn: PreviewIn;
};
export type ListAlertTagsApiResponse =
  /** status 200 Successful Response */ TagsOut;
export type ListAlertTagsApiArg = void;
export type ListTriggeredAlertsApiResponse =
  /** status 200 Successful Response */ PageTriggeredOut;
export type ListTriggeredAlertsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListWatchlistRulesApiResponse =
  /** status 200 Successful Response */ PageWatchlistRuleOut;
export type ListWatchlistRulesApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CreateWatchlistRuleApiResponse =
  /** status 201 Successful Response */ WatchlistRuleOut;
export type CreateWatchlistRuleApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsWatchlistRuleCreate: WatchlistRuleCreate;
};
export type DeleteWatchlistRuleApiResponse = unknown;
export type DeleteWatchlistRuleApiArg = {
  ruleId: string;
};
export type ShowWatchlistRuleApiResponse =
  /** status 200 Successful Response */ WatchlistRuleOut;
export type ShowWatchlistRuleApiArg = {
  ruleId: string;
};
export type ChangeWatchlistRuleApiResponse =
  /** status 200 Successful Response */ WatchlistRuleOut;
export type ChangeWatchlistRuleApiArg = {
  ruleId: string;
  alertsAlertChange: AlertChange;
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
export type ExplainAlertApiResponse =
  /** status 200 Successful Response */ ExplainOut;
export type ExplainAlertApiArg = {
  alertId: string;
  /** The instant that is asked about. */
  at: string;
};
export type ShowTimelineApiResponse =
  /** status 200 Successful Response */ TimelineOut;
export type ShowTimelineApiArg = {
  alertId: string;
};
export type ListApiKeysApiResponse =
  /** status 200 Successful Response */ KeysOut;
export type ListApiKeysApiArg = void;
export type CreateApiKeyApiResponse =
  /** status 201 Successful Response */ NewKeyOut;
export type CreateApiKeyApiArg = {
  authKeyCreate: KeyCreate;
};
export type RevokeApiKeyApiResponse = unknown;
export type RevokeApiKeyApiArg = {
  keyId: string;
};
export type ChangeApiKeyApiResponse =
  /** status 200 Successful Response */ KeyOut;
export type ChangeApiKeyApiArg = {
  keyId: string;
  authKeyChange: KeyChange;
};
export type RotateApiKeyApiResponse =
  /** status 201 Successful Response */ NewKeyOut;
export type RotateApiKeyApiArg = {
  keyId: string;
  authKeyRotation: KeyRotation;
};
export type ListKeysApiResponse =
  /** status 200 Successful Response */ KeySetOut;
export type ListKeysApiArg = void;
export type ConfirmEmailChangeApiResponse =
  /** status 200 Successful Response */ EmailConfirmed;
export type ConfirmEmailChangeApiArg = {
  "idempotency-key"?: string;
  authEmailConfirmIn: EmailConfirmInWrite;
};
export type KeepAccountApiResponse =
  /** status 200 Successful Response */ AccountKept;
export type KeepAccountApiArg = {
  authKeepIn: KeepInWrite;
};
export type LogInApiResponse =
  /** status 200 Successful Response */ TokensOut | SecondStepOut;
export type LogInApiArg = {
  authLoginIn: LoginInWrite;
};
export type LogInByPasskeyApiResponse =
  /** status 200 Successful Response */ TokensOut;
export type LogInByPasskeyApiArg = {
  authPasskeyLoginIn: PasskeyLoginIn;
};
export type BeginPasskeyLoginApiResponse =
  /** status 200 Successful Response */ PasskeyRequest;
export type BeginPasskeyLoginApiArg = void;
export type LogInSecondStepApiResponse =
  /** status 200 Successful Response */ TokensOut;
export type LogInSecondStepApiArg = {
  authSecondStepIn: SecondStepInWrite;
};
export type LogOutApiResponse = unknown;
export type LogOutApiArg = {
  body: RefreshInWrite | null;
};
export type FinishSignInApiResponse =
  /** status 200 Successful Response */ TokensOut | SecondStepOut;
export type FinishSignInApiArg = {
  authComeBack: ComeBackWrite;
};
export type StartSignInApiResponse =
  /** status 200 Successful Response */ StartedOut;
export type StartSignInApiArg = void;
export type ListPasskeysApiResponse =
  /** status 200 Successful Response */ PasskeysOut;
export type ListPasskeysApiArg = void;
export type AddPasskeyApiResponse =
  /** status 201 Successful Response */ PasskeyAdded;
export type AddPasskeyApiArg = {
  authPasskeyIn: PasskeyIn;
};
export type BeginPasskeyApiResponse =
  /** status 200 Successful Response */ PasskeyOptions;
export type BeginPasskeyApiArg = void;
export type RemovePasskeyApiResponse = unknown;
export type RemovePasskeyApiArg = {
  passkeyId: string;
};
export type RenamePasskeyApiResponse =
  /** status 200 Successful Response */ PasskeyOut;
export type RenamePasskeyApiArg = {
  passkeyId: string;
  authPasskeyChange: PasskeyChange;
};
export type ChangePasswordApiResponse = unknown;
export type ChangePasswordApiArg = {
  authPasswordChange: PasswordChangeWrite;
};
export type ForgotPasswordApiResponse =
  /** status 202 Successful Response */ MailFollows;
export type ForgotPasswordApiArg = {
  authForgotIn: ForgotIn;
};
export type ResetPasswordApiResponse =
  /** status 200 Successful Response */ PasswordSet;
export type ResetPasswordApiArg = {
  "idempotency-key"?: string;
  authResetIn: ResetInWrite;
};
export type ScorePasswordApiResponse =
  /** status 200 Successful Response */ StrengthOut;
export type ScorePasswordApiArg = {
  authStrengthIn: StrengthInWrite;
};
export type ListProvidersApiResponse =
  /** status 200 Successful Response */ ProvidersOut;
export type ListProvidersApiArg = void;
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
export type ShowRulesApiResponse =
  /** status 200 Successful Response */ RulesOut;
export type ShowRulesApiArg = void;
export type EndOtherSessionsApiResponse = unknown;
export type EndOtherSessionsApiArg = void;
export type ListSessionsApiResponse =
  /** status 200 Successful Response */ SessionsOut;
export type ListSessionsApiArg = void;
export type EndSessionApiResponse = unknown;
export type EndSessionApiArg = {
  sessionId: string;
};
export type StepUpApiResponse = /** status 200 Successful Response */ AccessOut;
export type StepUpApiArg = {
  authStepUpIn: StepUpInWrite;
};
export type BeginStepUpApiResponse =
  /** status 200 Successful Response */ StepUpQuestionOut;
export type BeginStepUpApiArg = void;
export type ShowTwoFactorApiResponse =
  /** status 200 Successful Response */ TwoFactorOut;
export type ShowTwoFactorApiArg = void;
export type ConfirmTwoFactorApiResponse =
  /** status 200 Successful Response */ RecoveryCodesOut;
export type ConfirmTwoFactorApiArg = {
  authConfirmAppIn: ConfirmAppInWrite;
};
export type DisableTwoFactorApiResponse = unknown;
export type DisableTwoFactorApiArg = {
  authDisableIn: DisableInWrite;
};
export type EnrollTwoFactorApiResponse =
  /** status 200 Successful Response */ EnrolmentOut;
export type EnrollTwoFactorApiArg = void;
export type RenewRecoveryCodesApiResponse =
  /** status 200 Successful Response */ RecoveryCodesOut;
export type RenewRecoveryCodesApiArg = void;
export type UnblockLoginApiResponse =
  /** status 200 Successful Response */ Unblocked;
export type UnblockLoginApiArg = {
  authUnblockIn: UnblockInWrite;
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
export type ListBacktestsApiResponse =
  /** status 200 Successful Response */ PageBacktestOut;
export type ListBacktestsApiArg = {
  /** Only those of this status. */
  status?: Status;
  /** Only those of this strategy. */
  strategyId?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type StartBacktestApiResponse =
  /** status 202 Successful Response */ BacktestOut;
export type StartBacktestApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsBacktestCreate: BacktestCreate;
};
export type ShowBacktestDraftApiResponse =
  /** status 200 Successful Response */ DraftOut;
export type ShowBacktestDraftApiArg = {
  /** A strategy's version. */
  versionId: string;
};
export type ShowBacktestLimitsApiResponse =
  /** status 200 Successful Response */ BoundsOut;
export type ShowBacktestLimitsApiArg = void;
export type DeleteBacktestApiResponse = unknown;
export type DeleteBacktestApiArg = {
  backtestId: string;
};
export type ShowBacktestApiResponse =
  /** status 200 Successful Response */ BacktestOut;
export type ShowBacktestApiArg = {
  backtestId: string;
};
export type CancelBacktestApiResponse =
  /** status 200 Successful Response */ BacktestOut;
export type CancelBacktestApiArg = {
  backtestId: string;
};
export type DownloadBacktestApiResponse = /** status 200 The file. */ string;
export type DownloadBacktestApiArg = {
  backtestId: string;
  /** CSV holds the trades, or a sweep's points. */
  file?: "json" | "csv" | "pdf";
};
export type ShowBacktestReportApiResponse =
  /** status 200 Successful Response */ {
    [key: string]: any;
  };
export type ShowBacktestReportApiArg = {
  backtestId: string;
};
export type RerunBacktestApiResponse =
  /** status 202 Successful Response */ BacktestOut;
export type RerunBacktestApiArg = {
  backtestId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type ListCompanyEventsApiResponse =
  /** status 200 Successful Response */ PageCompanyEventOut;
export type ListCompanyEventsApiArg = {
  /** The first day; today by default. */
  from?: string;
  /** The last day; 60 days later by default. */
  to?: string;
  /** Of these kinds. */
  kind?: EventKind[];
  symbol?: string;
  /** Of what is in this list of one's own. */
  watchlist?: string;
  /** Of what is in any list of one's own. */
  mine?: boolean;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListDeliveriesApiResponse =
  /** status 200 Successful Response */ PageDeliveryOut;
export type ListDeliveriesApiArg = {
  /** Only messages of this status. */
  status?: DeliveryStatus;
  /** Only messages by this channel. */
  channel?: Channel;
  /** Only messages to this person. */
  userId?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ReplayDeliveryApiResponse =
  /** status 202 Successful Response */ DeliveryOut;
export type ReplayDeliveryApiArg = {
  deliveryId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type ListEconomicSeriesApiResponse =
  /** status 200 Successful Response */ PageEconomicSeriesOut;
export type ListEconomicSeriesApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ShowEconomicSeriesApiResponse =
  /** status 200 Successful Response */ EconomicFiguresOut;
export type ShowEconomicSeriesApiArg = {
  key: string;
  /** From this day on. */
  from?: string;
  /** Before this day. */
  to?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListCustomIndicatorsApiResponse =
  /** status 200 Successful Response */ IndicatorsOut;
export type ListCustomIndicatorsApiArg = void;
export type CreateCustomIndicatorApiResponse =
  /** status 201 Successful Response */ IndicatorOut;
export type CreateCustomIndicatorApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsIndicatorCreate: IndicatorCreate;
};
export type DeleteCustomIndicatorApiResponse = unknown;
export type DeleteCustomIndicatorApiArg = {
  indicatorId: string;
};
export type ChangeCustomIndicatorApiResponse =
  /** status 200 Successful Response */ IndicatorOut;
export type ChangeCustomIndicatorApiArg = {
  indicatorId: string;
  signalsIndicatorChange: IndicatorChange;
};
export type ShowLanguageApiResponse =
  /** status 200 Successful Response */ LanguageOut;
export type ShowLanguageApiArg = void;
export type ReadExpressionApiResponse =
  /** status 200 Successful Response */ OutlineOut;
export type ReadExpressionApiArg = {
  signalsExpressionIn: ExpressionIn;
};
export type ListInstrumentsApiResponse =
  /** status 200 Successful Response */ PageInstrumentOut;
export type ListInstrumentsApiArg = {
  /** A symbol, a name or an ISIN, or what is like one. */
  q?: string;
  exchange?: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ShowSessionApiResponse =
  /** status 200 Successful Response */ InstrumentSessionOut;
export type ShowSessionApiArg = {
  symbol: string;
};
export type ShowCalendarApiResponse =
  /** status 200 Successful Response */ CalendarOut;
export type ShowCalendarApiArg = {
  exchange: string;
  /** The first day; today by default. */
  from?: string;
  /** The last day; a year after the first by default. */
  to?: string;
};
export type SetCalendarDayApiResponse =
  /** status 200 Successful Response */ DayOut;
export type SetCalendarDayApiArg = {
  exchange: string;
  day: string;
  marketDayChange: DayChange;
};
export type ListCalendarEditsApiResponse =
  /** status 200 Successful Response */ PageEditOut;
export type ListCalendarEditsApiArg = {
  exchange: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type SetCalendarEndApiResponse =
  /** status 200 Successful Response */ EndOut;
export type SetCalendarEndApiArg = {
  exchange: string;
  marketEndChange: EndChange;
};
export type ImportCompanyEventsApiResponse =
  /** status 200 Successful Response */ CompanyEventsReport;
export type ImportCompanyEventsApiArg = {
  marketCompanyEventsIn: CompanyEventsIn;
};
export type ListUnconfirmedSplitsApiResponse =
  /** status 200 Successful Response */ PageCompanyEventOut;
export type ListUnconfirmedSplitsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type WithdrawCompanyEventApiResponse =
  /** status 200 Successful Response */ CompanyEventOut;
export type WithdrawCompanyEventApiArg = {
  eventId: string;
  marketWithdrawIn: WithdrawIn;
};
export type ListFailoversApiResponse =
  /** status 200 Successful Response */ PageFailoverOut;
export type ListFailoversApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListImportsApiResponse =
  /** status 200 Successful Response */ PageImportOut;
export type ListImportsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ImportInstrumentsApiResponse =
  /** status 202 Successful Response */ ImportOut;
export type ImportInstrumentsApiArg = {
  marketImportCreate: ImportCreate;
};
export type ShowImportApiResponse =
  /** status 200 Successful Response */ ImportOut;
export type ShowImportApiArg = {
  importId: string;
};
export type ListPriceImportsApiResponse =
  /** status 200 Successful Response */ PagePriceImportOut;
export type ListPriceImportsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ImportPricesApiResponse =
  /** status 202 Successful Response */ PriceImportOut;
export type ImportPricesApiArg = {
  marketPriceImportIn: PriceImportIn;
};
export type GetPriceImportApiResponse =
  /** status 200 Successful Response */ PriceImportOut;
export type GetPriceImportApiArg = {
  importId: string;
};
export type ListPriceProvidersApiResponse =
  /** status 200 Successful Response */ PriceProvidersOut;
export type ListPriceProvidersApiArg = void;
export type ListQuarantinedApiResponse =
  /** status 200 Successful Response */ PageQuarantinedOut;
export type ListQuarantinedApiArg = {
  reason?: QuarantineReason;
  source?: string;
  instrument?: string;
  state?: QuarantineState;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CountQuarantinedApiResponse =
  /** status 200 Successful Response */ QualityCountsOut;
export type CountQuarantinedApiArg = {
  /** Of the last so many days. */
  days?: number;
};
export type DismissQuarantinedApiResponse =
  /** status 200 Successful Response */ QuarantinedOut;
export type DismissQuarantinedApiArg = {
  quarantineId: string;
  marketQuarantineDecisionIn: QuarantineDecisionIn;
};
export type ReleaseQuarantinedApiResponse =
  /** status 200 Successful Response */ QuarantinedOut;
export type ReleaseQuarantinedApiArg = {
  quarantineId: string;
  marketQuarantineDecisionIn: QuarantineDecisionIn;
};
export type ListSplitsApiResponse =
  /** status 200 Successful Response */ PageSplitOut;
export type ListSplitsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ConfirmSplitApiResponse =
  /** status 201 Successful Response */ SplitOut;
export type ConfirmSplitApiArg = {
  marketSplitIn: SplitIn;
};
export type UndoSplitApiResponse =
  /** status 200 Successful Response */ SplitOut;
export type UndoSplitApiArg = {
  splitId: string;
  marketSplitUndoIn: SplitUndoIn;
};
export type GetMarketStatusApiResponse =
  /** status 200 Successful Response */ MarketStatusOut;
export type GetMarketStatusApiArg = void;
export type ListNewsApiResponse =
  /** status 200 Successful Response */ PageNewsOut;
export type ListNewsApiArg = {
  symbol?: string;
  /** From this instant on. */
  from?: string;
  /** Before this instant. */
  to?: string;
  sentiment?: Sentiment;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListNotificationAddressesApiResponse =
  /** status 200 Successful Response */ AddressesOut;
export type ListNotificationAddressesApiArg = void;
export type AddPushDeviceApiResponse =
  /** status 201 Successful Response */ AddressOut;
export type AddPushDeviceApiArg = {
  alertsPushIn: PushIn;
};
export type MovePushDeviceApiResponse = unknown;
export type MovePushDeviceApiArg = {
  alertsPushMovedIn: PushMovedIn;
};
export type ConnectSlackApiResponse =
  /** status 201 Successful Response */ AddressOut;
export type ConnectSlackApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsSlackIn: SlackIn;
};
export type ConnectNumberApiResponse =
  /** status 201 Successful Response */ AddressOut;
export type ConnectNumberApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsSmsIn: SmsIn;
};
export type ConnectTelegramApiResponse =
  /** status 201 Successful Response */ AddressOut;
export type ConnectTelegramApiArg = void;
export type RemoveNotificationAddressApiResponse = unknown;
export type RemoveNotificationAddressApiArg = {
  addressId: string;
};
export type ConfirmNotificationAddressApiResponse =
  /** status 200 Successful Response */ AddressOut;
export type ConfirmNotificationAddressApiArg = {
  addressId: string;
  alertsCodeIn: CodeIn;
};
export type TestNotificationAddressApiResponse =
  /** status 202 Successful Response */ AddressTestOut;
export type TestNotificationAddressApiArg = {
  addressId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type ShowNotificationPreferencesApiResponse =
  /** status 200 Successful Response */ PreferencesOut;
export type ShowNotificationPreferencesApiArg = void;
export type ChangeNotificationPreferencesApiResponse =
  /** status 200 Successful Response */ PreferencesOut;
export type ChangeNotificationPreferencesApiArg = {
  alertsPreferencesIn: PreferencesIn;
};
export type ListNotificationsApiResponse =
  /** status 200 Successful Response */ PageNoticeOut;
export type ListNotificationsApiArg = {
  /** Only what was not read yet. */
  unread?: boolean;
  /** Only notices of this kind. */
  kind?: Kind2;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ReadAllNotificationsApiResponse =
  /** status 200 Successful Response */ ReadOut;
export type ReadAllNotificationsApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type CountUnreadNotificationsApiResponse =
  /** status 200 Successful Response */ UnreadOut;
export type CountUnreadNotificationsApiArg = void;
export type ReadNotificationApiResponse = unknown;
export type ReadNotificationApiArg = {
  noticeId: string;
};
export type ListRegisteredAppsApiResponse =
  /** status 200 Successful Response */ AppsOut;
export type ListRegisteredAppsApiArg = void;
export type RegisterAppApiResponse =
  /** status 201 Successful Response */ NewAppOut;
export type RegisterAppApiArg = {
  authAppCreate: AppCreate;
};
export type DeleteAppApiResponse = unknown;
export type DeleteAppApiArg = {
  appId: string;
};
export type ChangeAppApiResponse = /** status 200 Successful Response */ AppOut;
export type ChangeAppApiArg = {
  appId: string;
  authAppChange: AppChange;
};
export type RenewAppSecretApiResponse =
  /** status 201 Successful Response */ NewAppOut;
export type RenewAppSecretApiArg = {
  appId: string;
};
export type ShowAuthorizationApiResponse =
  /** status 200 Successful Response */ AskedOut;
export type ShowAuthorizationApiArg = {
  responseType?: string;
  clientId?: string;
  redirectUri?: string;
  scope?: string;
  state?: string;
  codeChallenge?: string;
  codeChallengeMethod?: string;
};
export type DecideAuthorizationApiResponse =
  /** status 200 Successful Response */ RedirectOut;
export type DecideAuthorizationApiArg = {
  authDecision: Decision;
};
export type IntrospectAppTokenApiResponse = /** status 200 Done. */ {
  active: boolean;
};
export type IntrospectAppTokenApiArg = {
  body: {
    client_id?: string;
    client_secret?: string;
    token: string;
    token_type_hint?: string;
  };
};
export type RevokeAppTokensApiResponse = /** status 200 Done. */ object;
export type RevokeAppTokensApiArg = {
  body: {
    client_id?: string;
    client_secret?: string;
    token: string;
    token_type_hint?: string;
  };
};
export type IssueAppTokensApiResponse = /** status 200 Done. */ {
  access_token: string;
  expires_in: number;
  refresh_token: string;
  scope: string;
  token_type: string;
};
export type IssueAppTokensApiArg = {
  body: {
    client_id?: string;
    client_secret?: string;
    code?: string;
    code_verifier?: string;
    grant_type: string;
    redirect_uri?: string;
    refresh_token?: string;
    scope?: string;
  };
};
export type ListPlansApiResponse =
  /** status 200 Successful Response */ PriceListOut;
export type ListPlansApiArg = void;
export type ListRoleChangesApiResponse =
  /** status 200 Successful Response */ PageRoleChangeOut;
export type ListRoleChangesApiArg = {
  state?: ChangeState;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ApproveRoleChangeApiResponse =
  /** status 200 Successful Response */ RoleChangeOut;
export type ApproveRoleChangeApiArg = {
  changeId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type RefuseRoleChangeApiResponse =
  /** status 200 Successful Response */ RoleChangeOut;
export type RefuseRoleChangeApiArg = {
  changeId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type EndActingApiResponse = unknown;
export type EndActingApiArg = void;
export type StartActingApiResponse =
  /** status 200 Successful Response */ ActingOut;
export type StartActingApiArg = {
  authActingIn: ActingIn;
};
export type ListRolesApiResponse =
  /** status 200 Successful Response */ RolesOut;
export type ListRolesApiArg = void;
export type ListScreensApiResponse =
  /** status 200 Successful Response */ PageScreenOut;
export type ListScreensApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CreateScreenApiResponse =
  /** status 202 Successful Response */ ScreenOut;
export type CreateScreenApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsScreenCreate: ScreenCreate;
};
export type DeleteScreenApiResponse = unknown;
export type DeleteScreenApiArg = {
  screenId: string;
};
export type ShowScreenApiResponse =
  /** status 200 Successful Response */ ScreenResultOut;
export type ShowScreenApiArg = {
  screenId: string;
};
export type CancelScreenApiResponse =
  /** status 200 Successful Response */ ScreenOut;
export type CancelScreenApiArg = {
  screenId: string;
};
export type TakeSendgridEventsApiResponse = unknown;
export type TakeSendgridEventsApiArg = {
  "X-Twilio-Email-Event-Webhook-Signature"?: string;
  "X-Twilio-Email-Event-Webhook-Timestamp"?: string;
  events: {
    [key: string]: any;
  }[];
};
export type ListSignalsApiResponse =
  /** status 200 Successful Response */ PageSignalOut;
export type ListSignalsApiArg = {
  /** Only active ones, or only those that are over. */
  active?: boolean;
  /** Only of this one, as `NSE:TCS`. */
  instrument?: string;
  /** Only of this strategy. */
  strategyId?: string;
  /** Only of this version. */
  versionId?: string;
  /** With those that you took out of your feed. */
  dismissed?: boolean;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListFollowsApiResponse =
  /** status 200 Successful Response */ PageFollowOut;
export type ListFollowsApiArg = {
  /** Only those that go on, or that ended. */
  active?: boolean;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type FollowStrategyApiResponse =
  /** status 201 Successful Response */ FollowOut;
export type FollowStrategyApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsFollowIn: FollowIn;
};
export type EndFollowApiResponse = unknown;
export type EndFollowApiArg = {
  followId: string;
};
export type ShowSharedTrackRecordApiResponse =
  /** status 200 Successful Response */ TrackRecordOut;
export type ShowSharedTrackRecordApiArg = {
  signalsSharedIn: SharedIn;
};
export type ShowTrackRecordApiResponse =
  /** status 200 Successful Response */ TrackRecordOut;
export type ShowTrackRecordApiArg = {
  versionId: string;
};
export type ShowSignalApiResponse =
  /** status 200 Successful Response */ SignalOut;
export type ShowSignalApiArg = {
  signalId: string;
};
export type DismissSignalApiResponse = unknown;
export type DismissSignalApiArg = {
  signalId: string;
};
export type ListSmsTextsApiResponse =
  /** status 200 Successful Response */ SmsTextsOut;
export type ListSmsTextsApiArg = void;
export type ChangeSmsTextApiResponse =
  /** status 200 Successful Response */ SmsTextOut;
export type ChangeSmsTextApiArg = {
  kind: SmsKind;
  alertsSmsTextIn: SmsTextIn;
};
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
  /** Adjusted for confirmed splits; else as they were traded. */
  adjusted?: boolean;
  /** With `adjusted`: for dividends too, whatever they were paid. */
  dividends?: boolean;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ListIndicatorsApiResponse =
  /** status 200 Successful Response */ IndicatorsOut2;
export type ListIndicatorsApiArg = {
  symbol: string;
  /** Expressions of the alert language, such as `sma(20)` or `rsi(14) < 30`; repeat it for more. */
  names: string[];
  /** The length of a candle; a day is one session. */
  interval?: Interval;
  /** Candles that begin before it. */
  to?: string;
  /** At most so many candles, the newest. */
  limit?: number;
  /** Adjusted for confirmed splits; else as they were traded. */
  adjusted?: boolean;
  /** With `adjusted`: for dividends too, whatever they were paid. */
  dividends?: boolean;
};
export type ListPatternsApiResponse =
  /** status 200 Successful Response */ PatternsOut;
export type ListPatternsApiArg = {
  symbol: string;
  /** The length of a candle; a day is one session. */
  interval?: Interval;
  /** Candles that begin before it. */
  to?: string;
  /** Look through so many candles, the newest. */
  limit?: number;
  /** Adjusted for confirmed splits; else as they were traded. */
  adjusted?: boolean;
  /** With `adjusted`: for dividends too, whatever they were paid. */
  dividends?: boolean;
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
export type ListStrategiesApiResponse =
  /** status 200 Successful Response */ PageStrategyOut;
export type ListStrategiesApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CreateStrategyApiResponse =
  /** status 201 Successful Response */ StrategyOut;
export type CreateStrategyApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsStrategyCreate: StrategyCreate;
};
export type CheckStrategyApiResponse =
  /** status 200 Successful Response */ CheckedOut;
export type CheckStrategyApiArg = {
  signalsStrategyRules: StrategyRules;
};
export type ShowSharedStrategyApiResponse =
  /** status 200 Successful Response */ SharedOut;
export type ShowSharedStrategyApiArg = {
  signalsSharedIn: SharedIn;
};
export type CopySharedStrategyApiResponse =
  /** status 201 Successful Response */ StrategyOut;
export type CopySharedStrategyApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsSharedCopy: SharedCopy;
};
export type ListStrategyTemplatesApiResponse =
  /** status 200 Successful Response */ TemplatesOut;
export type ListStrategyTemplatesApiArg = void;
export type DeleteStrategyApiResponse = unknown;
export type DeleteStrategyApiArg = {
  strategyId: string;
};
export type ShowStrategyApiResponse =
  /** status 200 Successful Response */ StrategyOut;
export type ShowStrategyApiArg = {
  strategyId: string;
};
export type ChangeStrategyApiResponse =
  /** status 200 Successful Response */ StrategyOut;
export type ChangeStrategyApiArg = {
  strategyId: string;
  signalsStrategyChange: StrategyChange;
};
export type CopyStrategyApiResponse =
  /** status 201 Successful Response */ StrategyOut;
export type CopyStrategyApiArg = {
  strategyId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsStrategyCopy: StrategyCopy;
};
export type ListStrategySharesApiResponse =
  /** status 200 Successful Response */ SharesOut;
export type ListStrategySharesApiArg = {
  strategyId: string;
};
export type ShareStrategyApiResponse =
  /** status 201 Successful Response */ NewShareOut;
export type ShareStrategyApiArg = {
  strategyId: string;
  signalsShareCreate: ShareCreate;
};
export type EndStrategyShareApiResponse = unknown;
export type EndStrategyShareApiArg = {
  strategyId: string;
  shareId: string;
};
export type ListStrategyVersionsApiResponse =
  /** status 200 Successful Response */ PageChangedVersionOut;
export type ListStrategyVersionsApiArg = {
  strategyId: string;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type CreateStrategyVersionApiResponse =
  /** status 201 Successful Response */ StrategyOut;
export type CreateStrategyVersionApiArg = {
  strategyId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  signalsVersionCreate: VersionCreate;
};
export type ShowStrategyVersionApiResponse =
  /** status 200 Successful Response */ ChangedVersionOut;
export type ShowStrategyVersionApiArg = {
  strategyId: string;
  number: number;
};
export type TakeTelegramUpdateApiResponse =
  /** status 200 Successful Response */ {
    [key: string]: any;
  };
export type TakeTelegramUpdateApiArg = {
  "X-Telegram-Bot-Api-Secret-Token"?: string;
  alertsTelegramUpdate: TelegramUpdate;
};
export type TakeTwilioStatusApiResponse = unknown;
export type TakeTwilioStatusApiArg = {
  delivery: string;
  "X-Twilio-Signature"?: string;
  body: {
    ErrorCode?: string;
    MessageSid: string;
    MessageStatus: string;
  };
};
export type ShowUnsubscribeApiResponse =
  /** status 200 Successful Response */ string;
export type ShowUnsubscribeApiArg = {
  token: string;
};
export type UnsubscribeApiResponse =
  /** status 200 Successful Response */ string;
export type UnsubscribeApiArg = {
  token: string;
};
export type ListUsersApiResponse =
  /** status 200 Successful Response */ PagePersonOut;
export type ListUsersApiArg = {
  /** Words of name, e-mail, username or phone; all must be found. */
  search?: string;
  role?: Role;
  tier?: Tier2;
  status?: AccountStatus;
  verified?: boolean;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type LogInAliasApiResponse =
  /** status 200 Successful Response */ TokensOut | SecondStepOut;
export type LogInAliasApiArg = {
  authLoginIn: LoginInWrite;
};
export type CloseAccountApiResponse =
  /** status 202 Successful Response */ ClosingOut;
export type CloseAccountApiArg = {
  body: CloseInWrite | null;
};
export type ShowMeApiResponse = /** status 200 Successful Response */ UserOut;
export type ShowMeApiArg = void;
export type ChangeMeApiResponse = /** status 200 Successful Response */ UserOut;
export type ChangeMeApiArg = {
  authUserChange: UserChange;
};
export type ListConnectedAppsApiResponse =
  /** status 200 Successful Response */ ConnectedAppsOut;
export type ListConnectedAppsApiArg = void;
export type DisconnectAppApiResponse = unknown;
export type DisconnectAppApiArg = {
  appId: string;
};
export type WithdrawEmailChangeApiResponse = unknown;
export type WithdrawEmailChangeApiArg = void;
export type ShowEmailChangeApiResponse =
  /** status 200 Successful Response */ PendingEmailOut;
export type ShowEmailChangeApiArg = void;
export type AskEmailChangeApiResponse =
  /** status 202 Successful Response */ EmailChangeOut;
export type AskEmailChangeApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  authEmailChangeIn: EmailChangeIn;
};
export type ShowErasureRulesApiResponse =
  /** status 200 Successful Response */ ErasureRules;
export type ShowErasureRulesApiArg = void;
export type ShowExportApiResponse =
  /** status 200 Successful Response */ ExportOut;
export type ShowExportApiArg = void;
export type BeginExportApiResponse =
  /** status 202 Successful Response */ ExportOut;
export type BeginExportApiArg = void;
export type FetchExportApiResponse = /** status 200 The file. */ Blob;
export type FetchExportApiArg = void;
export type ShowFirstStepsApiResponse =
  /** status 200 Successful Response */ OnboardingOut;
export type ShowFirstStepsApiArg = void;
export type DecideFirstStepApiResponse =
  /** status 200 Successful Response */ OnboardingOut;
export type DecideFirstStepApiArg = {
  step: Step;
  authStepIn: StepIn;
};
export type ShowMyPermissionsApiResponse =
  /** status 200 Successful Response */ PermissionsOut;
export type ShowMyPermissionsApiArg = void;
export type RemovePhoneApiResponse = unknown;
export type RemovePhoneApiArg = void;
export type ShowPhoneOptionsApiResponse =
  /** status 200 Successful Response */ PhoneOptions;
export type ShowPhoneOptionsApiArg = void;
export type SendPhoneCodeApiResponse =
  /** status 202 Successful Response */ CodeSent;
export type SendPhoneCodeApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  authPhoneIn: PhoneIn;
};
export type ConfirmPhoneApiResponse =
  /** status 200 Successful Response */ UserOut;
export type ConfirmPhoneApiArg = {
  authCodeIn: CodeInWrite;
};
export type ListSecurityEventsApiResponse =
  /** status 200 Successful Response */ PageSecurityEventOut;
export type ListSecurityEventsApiArg = {
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ShowSettingsApiResponse =
  /** status 200 Successful Response */ Settings;
export type ShowSettingsApiArg = void;
export type ChangeSettingsApiResponse =
  /** status 200 Successful Response */ Settings;
export type ChangeSettingsApiArg = {
  authSettingsChange: SettingsChange;
};
export type UnlinkApiResponse = unknown;
export type UnlinkApiArg = void;
export type ListLinksApiResponse =
  /** status 200 Successful Response */ LinksOut;
export type ListLinksApiArg = void;
export type FinishLinkApiResponse = unknown;
export type FinishLinkApiArg = {
  authComeBack: ComeBackWrite;
};
export type StartLinkApiResponse =
  /** status 200 Successful Response */ StartedOut;
export type StartLinkApiArg = void;
export type WithdrawSupportAccessApiResponse = unknown;
export type WithdrawSupportAccessApiArg = void;
export type ShowSupportAccessApiResponse =
  /** status 200 Successful Response */ SupportAccessOut;
export type ShowSupportAccessApiArg = void;
export type AllowSupportAccessApiResponse =
  /** status 200 Successful Response */ SupportAccessOut;
export type AllowSupportAccessApiArg = {
  authSupportAccessIn: SupportAccessIn;
};
export type AcceptTermsApiResponse = unknown;
export type AcceptTermsApiArg = {
  authTermsIn: TermsIn;
};
export type ShowPersonApiResponse =
  /** status 200 Successful Response */ PersonDetailOut;
export type ShowPersonApiArg = {
  userId: string;
};
export type ChangePersonApiResponse =
  | /** status 200 Successful Response */ PersonChanged
  | /** status 202 Accepted */ PersonChanged;
export type ChangePersonApiArg = {
  userId: string;
  authPersonChange: PersonChange;
};
export type ForcePasswordResetApiResponse =
  /** status 200 Successful Response */ PersonOut;
export type ForcePasswordResetApiArg = {
  userId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  authReasonIn: ReasonIn;
};
export type EndSessionsOfApiResponse = unknown;
export type EndSessionsOfApiArg = {
  userId: string;
};
export type EndSessionOfApiResponse = unknown;
export type EndSessionOfApiArg = {
  userId: string;
  sessionId: string;
};
export type UnlockPersonApiResponse =
  /** status 200 Successful Response */ PersonOut;
export type UnlockPersonApiArg = {
  userId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  authReasonIn: ReasonIn;
};
export type ListWatchlistsApiResponse =
  /** status 200 Successful Response */ WatchlistsOut;
export type ListWatchlistsApiArg = void;
export type CreateWatchlistApiResponse =
  /** status 201 Successful Response */ WatchlistOut;
export type CreateWatchlistApiArg = {
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  marketWatchlistCreate: WatchlistCreate;
};
export type OrderWatchlistsApiResponse =
  /** status 200 Successful Response */ WatchlistsOut;
export type OrderWatchlistsApiArg = {
  marketWatchlistsOrder: WatchlistsOrder;
};
export type DeleteWatchlistApiResponse = unknown;
export type DeleteWatchlistApiArg = {
  watchlistId: string;
};
export type ShowWatchlistApiResponse =
  /** status 200 Successful Response */ WatchlistOut;
export type ShowWatchlistApiArg = {
  watchlistId: string;
};
export type ChangeWatchlistApiResponse =
  /** status 200 Successful Response */ WatchlistOut;
export type ChangeWatchlistApiArg = {
  watchlistId: string;
  marketWatchlistChange: WatchlistChange;
};
export type AddToWatchlistApiResponse =
  /** status 200 Successful Response */ WatchlistOut;
export type AddToWatchlistApiArg = {
  watchlistId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  marketWatchlistContent: WatchlistContent;
};
export type FillWatchlistApiResponse =
  /** status 200 Successful Response */ WatchlistOut;
export type FillWatchlistApiArg = {
  watchlistId: string;
  marketWatchlistContent: WatchlistContent;
};
export type TakeOutOfWatchlistApiResponse =
  /** status 200 Successful Response */ WatchlistOut;
export type TakeOutOfWatchlistApiArg = {
  watchlistId: string;
  symbol: string;
};
export type ListWatchlistStocksApiResponse =
  /** status 200 Successful Response */ StockOut[];
export type ListWatchlistStocksApiArg = {
  watchlistId: string;
};
export type ListWebhooksApiResponse =
  /** status 200 Successful Response */ WebhooksOut;
export type ListWebhooksApiArg = void;
export type CreateWebhookApiResponse =
  /** status 201 Successful Response */ NewWebhookOut;
export type CreateWebhookApiArg = {
  alertsWebhookCreate: WebhookCreate;
};
export type DeleteWebhookApiResponse = unknown;
export type DeleteWebhookApiArg = {
  webhookId: string;
};
export type ShowWebhookApiResponse =
  /** status 200 Successful Response */ WebhookOut;
export type ShowWebhookApiArg = {
  webhookId: string;
};
export type ChangeWebhookApiResponse =
  /** status 200 Successful Response */ WebhookOut;
export type ChangeWebhookApiArg = {
  webhookId: string;
  alertsWebhookChange: WebhookChange;
};
export type ListWebhookMessagesApiResponse =
  /** status 200 Successful Response */ PageMessageOut;
export type ListWebhookMessagesApiArg = {
  webhookId: string;
  /** Only messages of this status. */
  status?: DeliveryStatus;
  /** How many items at most. */
  limit?: number;
  /** The `next_cursor` of the page before. */
  cursor?: string;
};
export type ReplayWebhookMessageApiResponse =
  /** status 202 Successful Response */ QueuedOut;
export type ReplayWebhookMessageApiArg = {
  webhookId: string;
  messageId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type ReplayWebhookApiResponse =
  /** status 202 Successful Response */ ReplayedOut;
export type ReplayWebhookApiArg = {
  webhookId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
  alertsReplayRange: ReplayRange;
};
export type RotateWebhookApiResponse =
  /** status 200 Successful Response */ NewWebhookOut;
export type RotateWebhookApiArg = {
  webhookId: string;
  alertsWebhookRotation: WebhookRotation;
};
export type TestWebhookApiResponse =
  /** status 202 Successful Response */ QueuedOut;
export type TestWebhookApiArg = {
  webhookId: string;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -. The same key gives the same answer, for a day. */
  "idempotency-key"?: string;
};
export type CreateSocketTicketApiResponse = /** status 200 The ticket. */ {
  /** seconds */
  expires_in: number;
  ticket: string;
};
export type CreateSocketTicketApiArg = void;
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
export type AlertType = "threshold" | "price" | "expression" | "signal";
export type Condition = "above" | "below";
export type Base = "open" | "previous_close";
export type Operator =
  | "crossing"
  | "crossing_up"
  | "crossing_down"
  | "greater"
  | "less"
  | "entering_channel"
  | "exiting_channel"
  | "inside_channel"
  | "outside_channel"
  | "moving_up"
  | "moving_down"
  | "moving_up_percent"
  | "moving_down_percent"
  | "change_up_percent"
  | "change_down_percent"
  | "trailing_up"
  | "trailing_down"
  | "trailing_up_percent"
  | "trailing_down_percent";
export type RuleOut = {
  amount?: string | null;
  base?: Base | null;
  high?: string | null;
  low?: string | null;
  operator: Operator;
  percent?: string | null;
  value?: string | null;
  window_s?: number | null;
};
export type SignalSide = "long" | "short";
export type SignalWishOut = {
  side: SignalSide | null;
  strategy: string | null;
  strategy_id: string | null;
};
export type AlertStatus =
  "active" | "triggered" | "paused" | "expired" | "needs_review";
export type StatusReason =
  | "armed"
  | "price_reached"
  | "paused_by_user"
  | "plan_limit"
  | "price_gap"
  | "split"
  | "instrument_merged"
  | "replay_restarted"
  | "time_run_out";
export type Frequency =
  | "once"
  | "once_per_bar"
  | "once_per_bar_close"
  | "once_per_minute"
  | "once_per_day"
  | "every_time";
export type TermsOut = {
  cool_down_s: number;
  frequency: Frequency;
  interval: "1m" | "5m" | "15m" | "1h" | "1d";
  market_hours_only: boolean;
  rearm_band: string;
  tell_cleared: boolean;
};
export type AlertOut = {
  alert_type: AlertType;
  armed_at: string;
  channels: string[] | null;
  condition: Condition | null;
  created_at: string;
  currency: string;
  exchange: string;
  expires_at: string | null;
  expression: string | null;
  id: string;
  instrument: string;
  is_active: boolean;
  message: string | null;
  name: string;
  note: string | null;
  rule: RuleOut | null;
  signal: SignalWishOut | null;
  snoozed_until: string | null;
  status: AlertStatus;
  status_reason: StatusReason;
  stock_symbol: string;
  summary: string;
  tags: string[];
  terms: TermsOut | null;
  threshold_price: string | null;
  triggered_at: string | null;
  updated_at: string;
  /** The rule over a watchlist that keeps it. */
  watchlist_rule_id: string | null;
  words: string;
  /** The expression as it was written, with names of one's own in it. */
  written: string | null;
};
export type PageAlertOut = {
  items: AlertOut[];
  next_cursor: string | null;
};
export type CreatedAlertOut = {
  alert_type: AlertType;
  /** null while the instrument has no price */
  already_true: boolean | null;
  armed_at: string;
  channels: string[] | null;
  condition: Condition | null;
  created_at: string;
  currency: string;
  exchange: string;
  expires_at: string | null;
  expression: string | null;
  id: string;
  instrument: string;
  is_active: boolean;
  message: string | null;
  name: string;
  note: string | null;
  rule: RuleOut | null;
  signal: SignalWishOut | null;
  snoozed_until: string | null;
  status: AlertStatus;
  status_reason: StatusReason;
  stock_symbol: string;
  summary: string;
  tags: string[];
  terms: TermsOut | null;
  threshold_price: string | null;
  triggered_at: string | null;
  updated_at: string;
  /** The rule over a watchlist that keeps it. */
  watchlist_rule_id: string | null;
  words: string;
  /** The expression as it was written, with names of one's own in it. */
  written: string | null;
};
export type RuleForm = {
  amount?: (number | string) | null;
  base?: Base | null;
  high?: (number | string) | null;
  low?: (number | string) | null;
  operator: Operator;
  percent?: number | string | null;
  value?: (number | string) | null;
  window_s?: number | null;
};
export type SignalForm = {
  /** null: both. */
  side?: SignalSide | null;
  /** null: any strategy that you follow. */
  strategy_id?: string | null;
};
export type AlertCreate = {
  alert_type?: "threshold" | "price" | "expression" | "signal";
  /** null: by your preferences. */
  channels?:
    | ("mail" | "in_app" | "push" | "telegram" | "slack" | "sms" | "webhook")[]
    | null;
  /** Needed by a threshold. */
  condition?: Condition | null;
  /** How long after a firing none follows. */
  cool_down_s?: number | null;
  expires_at?: string | null;
  /** Needed by an expression alert: evaluated at the close of each bar of `interval`. */
  expression?: string | null;
  frequency?: Frequency | null;
  /** The bar of the two frequencies per bar. */
  interval?: ("1m" | "5m" | "15m" | "1h" | "1d") | null;
  market_hours_only?: boolean | null;
  /** With TradingView's placeholders: `{{ticker}} {{close}}`. */
  message?: string | null;
  note?: string | null;
  /** How far the price must go back before it may fire again. */
  rearm_band?: number | string | null;
  /** Needed by a price alert. */
  rule?: RuleForm | null;
  /** Needed by a signal alert. */
  signal?: SignalForm | null;
  /** `AAPL`, or `NASDAQ:AAPL` where the symbol is not unique. */
  stock_symbol: string;
  tags?: string[];
  /** Tell also when the price has gone back. */
  tell_cleared?: boolean | null;
  /** Needed by a threshold. */
  threshold_price?: (number | string) | null;
};
export type BulkRefusal = {
  alert_id: string;
  code: string;
  message: string;
};
export type BulkOut = {
  changed: number;
  next_after: string | null;
  refused: BulkRefusal[];
  unchanged: number;
};
export type Action =
  | "pause"
  | "resume"
  | "delete"
  | "add_tags"
  | "remove_tags"
  | "snooze"
  | "extend";
export type MatchingIn = {
  alert_type?: AlertType | null;
  status?: AlertStatus | null;
  tag?: string | null;
  text?: string | null;
  watchlist_rule_id?: string | null;
};
export type BulkIn = {
  action: Action;
  /** The `next_after` of the call before, with `matching`. */
  after?: string | null;
  alerts?: string[] | null;
  matching?: MatchingIn | null;
  tags?: string[] | null;
  until?: string | null;
};
export type ImportedOut = {
  alerts: string[];
  created: number;
};
export type AlertsImport = {
  digest: string;
  /** The text of a CSV file whose first line names its columns. */
  file: string;
};
export type LineProblem = {
  code: string;
  column: string;
  message: string;
};
export type LineState = "new" | "exists" | "bad";
export type LineOut = {
  errors: LineProblem[];
  line: number;
  paused: boolean;
  state: LineState;
  symbol: string;
  words: string | null;
};
export type CheckedFileOut = {
  active: number;
  bad: number;
  digest: string;
  exists: number;
  lines: LineOut[];
  new: number;
  room: number | null;
};
export type AlertsFile = {
  /** The text of a CSV file whose first line names its columns. */
  file: string;
};
export type PreviewClose = {
  at: string;
  close: string;
};
export type Edge = "fired" | "cleared";
export type PreviewMark = {
  at: string;
  edge: Edge;
  price: string;
  threshold_price: string | null;
};
export type PreviewOut = {
  already_true: boolean | null;
  bars: number;
  closes: PreviewClose[];
  currency: string;
  end: string | null;
  fired: number;
  instrument: string;
  interval: string | null;
  marks: PreviewMark[];
  start: string | null;
  words: string;
};
export type PreviewIn = {
  alert_type?: "threshold" | "price" | "expression" | "signal";
  /** null: by your preferences. */
  channels?:
    | ("mail" | "in_app" | "push" | "telegram" | "slack" | "sms" | "webhook")[]
    | null;
  /** Needed by a threshold. */
  condition?: Condition | null;
  /** How long after a firing none follows. */
  cool_down_s?: number | null;
  days?: number;
  expires_at?: string | null;
  /** Needed by an expression alert: evaluated at the close of each bar of `interval`. */
  expression?: string | null;
  frequency?: Frequency | null;
  /** The bar of the two frequencies per bar. */
  interval?: ("1m" | "5m" | "15m" | "1h" | "1d") | null;
  market_hours_only?: boolean | null;
  /** With TradingView's placeholders: `{{ticker}} {{close}}`. */
  message?: string | null;
  note?: string | null;
  /** How far the price must go back before it may fire again. */
  rearm_band?: number | string | null;
  /** Needed by a price alert. */
  rule?: RuleForm | null;
  /** Needed by a signal alert. */
  signal?: SignalForm | null;
  /** `AAPL`, or `NASDAQ:AAPL` where the symbol is not unique. */
  stock_symbol: string;
  tags?: string[];
  /** Tell also when the price has gone back. */
  tell_cleared?: boolean | null;
  /** Needed by a threshold. */
  threshold_price?: (number | string) | null;
};
export type TagCount = {
  alerts: number;
  tag: string;
};
export type TagsOut = {
  items: TagCount[];
};
export type DeliveryStatus =
  | "queued"
  | "sent"
  | "delivered"
  | "bounced"
  | "failed"
  | "suppressed"
  | "collected"
  | "digested";
export type TriggeredOut = {
  alert_id: string;
  condition: Condition;
  currency: string;
  email_sent: boolean;
  email_status: DeliveryStatus;
  exchange: string;
  id: string;
  instrument: string;
  message: string | null;
  name: string;
  price: string;
  reached_at: string;
  recorded_at: string | null;
  symbol: string;
  threshold_price: string;
  triggered_at: string;
  words: string;
};
export type PageTriggeredOut = {
  items: TriggeredOut[];
  next_cursor: string | null;
};
export type RuleStatus = "active" | "paused" | "ended";
export type WatchlistRuleOut = {
  alert_type: AlertType;
  alerts: {
    [key: string]: number;
  };
  channels: string[] | null;
  condition: Condition | null;
  created_at: string;
  expires_at: string | null;
  expression: string | null;
  id: string;
  message: string | null;
  note: string | null;
  rule: RuleOut | null;
  signal: SignalWishOut | null;
  status: RuleStatus;
  summary: string;
  tags: string[];
  terms: TermsOut | null;
  threshold_price: string | null;
  updated_at: string;
  watchlist_id: string;
  watchlist_name: string;
  /** The expression as it was written, with names of one's own in it. */
  written: string | null;
};
export type PageWatchlistRuleOut = {
  items: WatchlistRuleOut[];
  next_cursor: string | null;
};
export type WatchlistRuleCreate = {
  alert_type?: "threshold" | "price" | "expression" | "signal";
  /** null: by your preferences. */
  channels?:
    | ("mail" | "in_app" | "push" | "telegram" | "slack" | "sms" | "webhook")[]
    | null;
  /** Needed by a threshold. */
  condition?: Condition | null;
  /** How long after a firing none follows. */
  cool_down_s?: number | null;
  expires_at?: string | null;
  /** Needed by an expression alert: evaluated at the close of each bar of `interval`. */
  expression?: string | null;
  frequency?: Frequency | null;
  /** The bar of the two frequencies per bar. */
  interval?: ("1m" | "5m" | "15m" | "1h" | "1d") | null;
  market_hours_only?: boolean | null;
  /** With TradingView's placeholders: `{{ticker}} {{close}}`. */
  message?: string | null;
  note?: string | null;
  /** How far the price must go back before it may fire again. */
  rearm_band?: number | string | null;
  /** Needed by a price alert. */
  rule?: RuleForm | null;
  /** Needed by a signal alert. */
  signal?: SignalForm | null;
  tags?: string[];
  /** Tell also when the price has gone back. */
  tell_cleared?: boolean | null;
  /** Needed by a threshold. */
  threshold_price?: (number | string) | null;
  watchlist_id: string;
};
export type AlertChange = {
  channels?:
    | ("mail" | "in_app" | "push" | "telegram" | "slack" | "sms" | "webhook")[]
    | null;
  condition?: Condition | null;
  /** How long after a firing none follows. */
  cool_down_s?: number | null;
  expires_at?: string | null;
  expression?: string | null;
  frequency?: Frequency | null;
  /** The bar of the two frequencies per bar. */
  interval?: ("1m" | "5m" | "15m" | "1h" | "1d") | null;
  market_hours_only?: boolean | null;
  message?: string | null;
  note?: string | null;
  /** How far the price must go back before it may fire again. */
  rearm_band?: number | string | null;
  rule?: RuleForm | null;
  signal?: SignalForm | null;
  /** Until then nothing fires. */
  snoozed_until?: string | null;
  /** `active` arms the alert anew: only prices from now on count. */
  status?: ("active" | "paused") | null;
  tags?: string[] | null;
  /** Tell also when the price has gone back. */
  tell_cleared?: boolean | null;
  threshold_price?: (number | string) | null;
};
export type ExplainedValue = {
  value: number | null;
  words: string;
};
export type ExplainedClause = {
  holds: boolean | null;
  values: ExplainedValue[];
  words: string;
};
export type Gate =
  | "expired"
  | "snoozed"
  | "out_of_hours"
  | "not_rearmed"
  | "cooling_down"
  | "period_had_one";
export type ExplainOut = {
  at: string;
  clauses: ExplainedClause[];
  fired: string[];
  gate: Gate | null;
  interval: string;
  previous_price: string | null;
  price: string | null;
  price_at: string | null;
  rearmed: boolean | null;
  threshold_price: string | null;
  words: string;
};
export type HappeningOut = {
  at: string;
  email_status: string | null;
  kind: string;
  price: string | null;
  words: string | null;
};
export type TimelineOut = {
  items: HappeningOut[];
};
export type KeyKind = "live" | "test";
export type KeyOut = {
  created_at: string;
  expires_at: string;
  id: string;
  kind: KeyKind;
  last_used_at: string | null;
  name: string;
  networks: string[];
  old_secret_ends_at: string | null;
  prefix: string;
  scopes: string[];
};
export type KeysOut = {
  items: KeyOut[];
  next_cursor?: null;
};
export type NewKeyOut = {
  created_at: string;
  expires_at: string;
  id: string;
  key: string;
  kind: KeyKind;
  last_used_at: string | null;
  name: string;
  networks: string[];
  old_secret_ends_at: string | null;
  prefix: string;
  scopes: string[];
};
export type Permission =
  | "account:read"
  | "alerts:read"
  | "alerts:write"
  | "billing:read"
  | "billing:write"
  | "market:read"
  | "orders:read"
  | "orders:write"
  | "portfolio:read"
  | "signals:read"
  | "strategies:read"
  | "strategies:write"
  | "tickets:write"
  | "watchlists:read"
  | "watchlists:write"
  | "audit:read"
  | "instruments:manage"
  | "kyc:review"
  | "leads:manage"
  | "roles:manage"
  | "sales:read"
  | "system:manage"
  | "tickets:manage"
  | "users:act_as"
  | "users:manage"
  | "users:read"
  | "users:unlock";
export type KeyCreate = {
  expires_in_days?: number;
  kind?: KeyKind;
  name: string;
  /** Addresses and CIDR networks; empty for anywhere. */
  networks?: string[];
  scopes: Permission[];
};
export type KeyChange = {
  name?: string | null;
  networks?: string[] | null;
  scopes?: Permission[] | null;
};
export type KeyRotation = {
  overlap_hours?: number;
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
export type EmailConfirmed = {
  changed: boolean;
  /** `new`, `old`, or empty when nothing is missing. */
  waits_for: string;
};
export type EmailConfirmIn = {};
export type EmailConfirmInWrite = {
  token: string;
};
export type AccountKept = {
  detail?: string;
};
export type KeepIn = {};
export type KeepInWrite = {
  token: string;
};
export type LoggedInUser = {
  email: string;
  email_verified: boolean;
  first_name: string;
  first_steps_due?: boolean;
  id: string;
  idle_minutes: number | null;
  last_name: string;
  role: string;
  second_factor_setup_required: boolean;
  terms_acceptance_required?: boolean;
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
export type Method = "passkey" | "totp" | "recovery_code";
export type PasskeyRequest = {
  public_key: {
    [key: string]: any;
  };
};
export type SecondStepOut = {
  challenge: string;
  expires_in: number;
  methods: Method[];
  passkey: PasskeyRequest | null;
  two_factor_required: true;
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
export type UsedResponse = {
  authenticatorData: string;
  clientDataJSON: string;
  signature: string;
  userHandle?: string | null;
};
export type UsedCredentialIn = {
  authenticatorAttachment?: string | null;
  clientExtensionResults?: {
    [key: string]: any;
  };
  id: string;
  rawId: string;
  response: UsedResponse;
  type: "public-key";
};
export type PasskeyLoginIn = {
  passkey: UsedCredentialIn;
};
export type SecondStepIn = {
  passkey?: UsedCredentialIn | null;
};
export type SecondStepInWrite = {
  challenge: string;
  code?: string | null;
  passkey?: UsedCredentialIn | null;
  recovery_code?: string | null;
};
export type RefreshIn = {};
export type RefreshInWrite = {
  refresh_token: string;
};
export type ComeBack = {};
export type ComeBackWrite = {
  browser_key: string;
  code: string;
  state: string;
};
export type StartedOut = {
  authorization_url: string;
  browser_key: string;
};
export type PasskeyOut = {
  backed_up: boolean;
  backup_eligible: boolean;
  created_at: string;
  id: string;
  last_used_at: string | null;
  name: string;
};
export type PasskeysOut = {
  items: PasskeyOut[];
  next_cursor?: null;
};
export type PasskeyAdded = {
  passkey: PasskeyOut;
  recovery_codes: string[] | null;
};
export type NewResponse = {
  attestationObject: string;
  authenticatorData?: string | null;
  clientDataJSON: string;
  publicKey?: string | null;
  publicKeyAlgorithm?: number | null;
  transports?: string[];
};
export type NewCredentialIn = {
  authenticatorAttachment?: string | null;
  clientExtensionResults?: {
    [key: string]: any;
  };
  id: string;
  rawId: string;
  response: NewResponse;
  type: "public-key";
};
export type PasskeyIn = {
  credential: NewCredentialIn;
  name: string;
};
export type PasskeyOptions = {
  public_key: {
    [key: string]: any;
  };
};
export type PasskeyChange = {
  name: string;
};
export type PasswordChange = {};
export type PasswordChangeWrite = {
  current_password: string;
  password: string;
};
export type MailFollows = {
  detail?: string;
};
export type ForgotIn = {
  email: string;
};
export type PasswordSet = {
  detail?: string;
};
export type ResetIn = {};
export type ResetInWrite = {
  password: string;
  token: string;
};
export type StrengthOut = {
  advice: string;
  good_enough: boolean;
  score: number;
};
export type StrengthIn = {
  email?: string;
  first_name?: string | null;
  last_name?: string | null;
};
export type StrengthInWrite = {
  email?: string;
  first_name?: string | null;
  last_name?: string | null;
  password: string;
};
export type ProviderOut = {
  name: string;
};
export type ProvidersOut = {
  items: ProviderOut[];
  next_cursor?: null;
};
export type RegisterIn = {
  accept_terms: boolean;
  email: string;
  first_name: string;
  last_name?: string;
  phone?: string | null;
  /** The terms that were shown; refused when there are newer ones. */
  terms_version?: string | null;
  username?: string | null;
};
export type RegisterInWrite = {
  accept_terms: boolean;
  email: string;
  first_name: string;
  last_name?: string;
  password: string;
  phone?: string | null;
  /** The terms that were shown; refused when there are newer ones. */
  terms_version?: string | null;
  username?: string | null;
};
export type RulesOut = {
  password_max_chars: number;
  password_min_chars: number;
  password_min_score: number;
  terms_version: string;
};
export type SessionOut = {
  country: string | null;
  created_at: string;
  current: boolean;
  device: string;
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
export type AccessOut = {
  access_token: string;
  expires_in: number;
  token_type: string;
};
export type StepUpIn = {
  passkey?: UsedCredentialIn | null;
};
export type StepUpInWrite = {
  code?: string | null;
  passkey?: UsedCredentialIn | null;
  password?: string | null;
  recovery_code?: string | null;
};
export type StepUpQuestionOut = {
  methods: Method[];
  passkey: PasskeyRequest | null;
};
export type TwoFactorOut = {
  enabled: boolean;
  passkeys: number;
  recovery_codes_left: number;
  required: boolean;
  totp_since: string | null;
};
export type RecoveryCodesOut = {
  recovery_codes: string[];
};
export type ConfirmAppIn = {};
export type ConfirmAppInWrite = {
  code: string;
};
export type DisableIn = {};
export type DisableInWrite = {
  code?: string | null;
  recovery_code?: string | null;
};
export type EnrolmentOut = {
  qr: string;
  secret: string;
  uri: string;
};
export type Unblocked = {
  detail?: string;
};
export type UnblockIn = {};
export type UnblockInWrite = {
  token: string;
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
export type Kind = "run" | "sweep" | "walk_forward";
export type Status = "queued" | "running" | "done" | "failed" | "cancelled";
export type BacktestOut = {
  ahead: number | null;
  code_version: string | null;
  created_at: string;
  data_hash: string | null;
  error: string | null;
  error_code: string | null;
  finished_at: string | null;
  headline: {
    [key: string]: any;
  } | null;
  id: string;
  kind: Kind;
  name: string;
  parameters: {
    [key: string]: any;
  };
  progress: number;
  report_hash: string | null;
  stage: string;
  started_at: string | null;
  status: Status;
  strategy_id: string;
  version_id: string;
};
export type PageBacktestOut = {
  items: BacktestOut[];
  next_cursor: string | null;
};
export type AxisIn = {
  at: string[];
  first: number | string;
  last: number | string;
  name: string;
  step: number | string;
};
export type Slippage = {
  kind?: "bps" | "ticks" | "volume_share";
  value?: number | string;
};
export type BacktestCreate = {
  /** Buy less where the cash is not enough, rather than nothing. */
  allow_partial?: boolean;
  /** Each fold of a walk-forward learns from the first day on. */
  anchored?: boolean;
  axes?: AxisIn[];
  benchmark?: string | null;
  /** Whose charges are paid; null: none. */
  broker?: string | null;
  cash?: number | string;
  fill?: "next_open" | "next_close" | "same_close";
  /** Of a walk-forward. */
  folds?: number | null;
  /** The first day. */
  from: string;
  /** Empty: those of the strategy. */
  instruments?: string[];
  kind?: Kind;
  /** Units are traded in multiples of it. */
  lot?: number;
  name?: string | null;
  objective?:
    "sharpe" | "sortino" | "calmar" | "cagr" | "total_return" | "profit_factor";
  /** Whose charges: `futures` (India) takes theirs on the prices of the shares. */
  segment?: "delivery" | "intraday" | "futures";
  slippage?: Slippage;
  /** The step of prices; null: the exchange's. */
  tick?: number | string | null;
  /** The last day; null: yesterday. */
  to?: string | null;
  version_id: string;
};
export type NumberOut = {
  at: string;
  value: string;
  words: string;
};
export type DraftOut = {
  brokers: string[];
  instruments: string[];
  interval: string;
  last_day: string | null;
  name: string;
  number: number;
  numbers: NumberOut[];
  strategy_id: string;
  version_id: string;
  words: string;
};
export type BoundsOut = {
  at_once: number;
  bars: number;
  combinations: number;
  instruments: number;
  per_day: number;
  upgrade_to: string | null;
  used_today: number;
};
export type EventKind =
  | "results"
  | "dividend"
  | "bonus"
  | "split"
  | "rights"
  | "buyback"
  | "distribution"
  | "demerger"
  | "meeting"
  | "other";
export type Source = "nse-actions" | "nse-meetings" | "table";
export type CompanyEventOut = {
  amount: string | null;
  currency: string;
  day: string;
  exchange: string;
  id: string;
  instrument: string;
  kind: EventKind;
  name: string;
  new_shares: number | null;
  old_shares: number | null;
  previous_day: string | null;
  received_at: string;
  record_day: string | null;
  source: Source;
  symbol: string;
  words: string;
};
export type PageCompanyEventOut = {
  items: CompanyEventOut[];
  next_cursor: string | null;
};
export type Channel =
  "in_app" | "mail" | "push" | "telegram" | "slack" | "sms" | "webhook";
export type DeliveryOut = {
  attempts: number;
  can_replay: boolean;
  channel: Channel;
  created_at: string;
  due_at: string;
  id: string;
  purpose: string;
  reason: string | null;
  sent_at: string | null;
  status: DeliveryStatus;
  user_id: string;
};
export type PageDeliveryOut = {
  items: DeliveryOut[];
  next_cursor: string | null;
};
export type EconomicSeriesOut = {
  frequency: string | null;
  imported_at: string;
  key: string;
  name: string;
  newest_day: string;
  newest_value: string;
  source: string | null;
  unit: string | null;
};
export type PageEconomicSeriesOut = {
  items: EconomicSeriesOut[];
  next_cursor: string | null;
};
export type EconomicObservationOut = {
  day: string;
  value: string;
};
export type EconomicFiguresOut = {
  frequency: string | null;
  imported_at: string;
  items: EconomicObservationOut[];
  key: string;
  name: string;
  next_cursor: string | null;
  source: string | null;
  unit: string | null;
};
export type IndicatorOut = {
  about: string;
  created_at: string;
  expression: string;
  id: string;
  kind: "number" | "boolean";
  meaning: string;
  name: string;
  updated_at: string;
  words: string;
};
export type IndicatorsOut = {
  items: IndicatorOut[];
};
export type IndicatorCreate = {
  about?: string;
  expression: string;
  name: string;
};
export type IndicatorChange = {
  about?: string | null;
  expression?: string | null;
};
export type ParameterOut = {
  default: string | null;
  kind: "number" | "boolean" | "period" | "factor";
  least: number;
  name: string;
};
export type FunctionOut = {
  kind: "number" | "boolean";
  name: string;
  parameters: ParameterOut[];
  signature: string;
  words: string;
};
export type SeriesOut = {
  name: string;
  words: string;
};
export type LanguageOut = {
  functions: FunctionOut[];
  intervals: string[];
  series: SeriesOut[];
};
export type PartOut = {
  instrument?: string | null;
  interval?: string | null;
  kind: "number" | "boolean";
  name: string;
  parts: PartOut[];
  type: "number" | "series" | "name" | "call" | "operation" | "at";
};
export type OutlineOut = {
  canonical: string;
  kind: "number" | "boolean";
  root: PartOut;
  words: string;
};
export type ExpressionIn = {
  expression: string;
};
export type InstrumentOut = {
  band_percent: string | null;
  currency: string;
  exchange: string;
  has_derivatives: boolean;
  industry: string | null;
  instrument: string;
  isin: string | null;
  kind: string;
  listed_on: string | null;
  lot_size: number | null;
  name: string;
  sector: string | null;
  series: string | null;
  status: string;
  symbol: string;
  tick_size: string | null;
};
export type PageInstrumentOut = {
  items: InstrumentOut[];
  next_cursor: string | null;
};
export type Phase =
  | "pre_open"
  | "pre_open_limit"
  | "pre_open_match"
  | "open"
  | "closing_reference"
  | "closing_auction"
  | "closing_auction_limit"
  | "closing_match"
  | "post_close"
  | "closed"
  | "unknown";
export type InstrumentSessionOut = {
  instrument: string;
  is_open: boolean;
  next_close: string | null;
  next_open: string | null;
  phase: Phase;
  since: string | null;
  until: string | null;
};
export type DayKind = "holiday" | "special";
export type PhaseOut = {
  begins_at: string;
  ends_at: string;
  phase: Phase;
};
export type DayOut = {
  closes_at: string | null;
  day: string;
  kind: DayKind | null;
  name: string | null;
  opens_at: string | null;
  phases: PhaseOut[];
};
export type CalendarOut = {
  covered_from: string;
  covered_until: string;
  exchange: string;
  items: DayOut[];
  name: string;
  zone: string;
};
export type PhaseIn = {
  from: string;
  phase:
    | "pre_open"
    | "pre_open_limit"
    | "pre_open_match"
    | "open"
    | "closing_reference"
    | "closing_auction"
    | "closing_auction_limit"
    | "closing_match"
    | "post_close";
  to: string;
};
export type DayChange = {
  kind: "holiday" | "special" | "regular";
  name?: string | null;
  phases?: PhaseIn[] | null;
  reason: string;
};
export type EditOut = {
  after: {
    [key: string]: any;
  } | null;
  before: {
    [key: string]: any;
  } | null;
  day: string | null;
  edited_at: string;
  edited_by: string;
  id: string;
  reason: string;
};
export type PageEditOut = {
  items: EditOut[];
  next_cursor: string | null;
};
export type EndOut = {
  covered_until: string;
};
export type EndChange = {
  covered_until: string;
  reason: string;
};
export type RowProblemOut = {
  line: number;
  message: string;
};
export type CompanyEventsReport = {
  added: number;
  changed: number;
  events: number;
  problems: RowProblemOut[];
  unknown: string[];
  withdrawn: number;
};
export type CompanyEventsIn = {
  content: string;
  exchange?: string;
};
export type WithdrawIn = {
  reason: string;
};
export type Market = "IN" | "US";
export type FailoverOut = {
  at: string;
  market: Market;
  previous: string | null;
  provider: string | null;
  reason: string;
};
export type PageFailoverOut = {
  items: FailoverOut[];
  next_cursor: string | null;
};
export type Format =
  "kite" | "upstox" | "nse-equity" | "nse-index" | "twelvedata";
export type ImportProblemOut = {
  code: string;
  line: number;
  message: string;
};
export type ImportOut = {
  added: number;
  changed: number;
  created_at: string;
  done: number;
  error: string | null;
  file_name: string;
  finished_at: string | null;
  format: Format;
  id: string;
  problems: ImportProblemOut[];
  refused: number;
  rows: number;
  skipped: number;
  state: "waiting" | "running" | "done" | "failed";
  unchanged: number;
  valid_from: string;
};
export type PageImportOut = {
  items: ImportOut[];
  next_cursor: string | null;
};
export type ImportCreate = {
  content: string;
  file_name: string;
  format: Format;
  valid_from?: string | null;
};
export type ImportState = "waiting" | "running" | "done" | "failed";
export type PriceStepOut = {
  at: string;
  before: string;
  instrument: string;
  price: string;
};
export type PriceImportOut = {
  added: number;
  bars: number;
  created_at: string;
  done: number;
  error: string | null;
  file_name: string;
  finished_at: string | null;
  first_day: string | null;
  id: string;
  instruments: number;
  interval: string | null;
  last_day: string | null;
  refused: number;
  state: ImportState;
  steps: PriceStepOut[];
  unknown: string[];
};
export type PagePriceImportOut = {
  items: PriceImportOut[];
  next_cursor: string | null;
};
export type PriceImportIn = {
  add_unknown?: boolean;
  content: string;
  exchange?: string;
  file_name: string;
};
export type BudgetOut = {
  day_used: number;
  minute_used: number;
  per_day: number;
  per_minute: number;
};
export type ProviderPlaceOut = {
  in_charge: boolean;
  market: Market;
  place: number;
};
export type SourceRole = "replay" | "polled" | "pushed" | "ingested";
export type SilentOut = {
  instrument: string;
  received_at: string | null;
};
export type PriceProviderOut = {
  budget: BudgetOut | null;
  last_error: string | null;
  last_error_at: string | null;
  last_ok_at: string | null;
  monitored: number;
  places: ProviderPlaceOut[];
  priority: number;
  provider: string;
  role: SourceRole;
  silent: SilentOut[];
  since: string | null;
  state: "unknown" | "well" | "degraded";
  with_past: number;
};
export type PriceProvidersOut = {
  items: PriceProviderOut[];
};
export type QuarantineReason =
  | "not_positive"
  | "too_large"
  | "out_of_its_span"
  | "crossed"
  | "from_the_future"
  | "jump"
  | "stale"
  | "out_of_order"
  | "duplicate";
export type QuarantineState = "open" | "released" | "dismissed";
export type QuarantinedOut = {
  at: string;
  before: string | null;
  decided_at: string | null;
  decision: string | null;
  id: string;
  instrument: string;
  may_release: boolean;
  price: string;
  reason: QuarantineReason;
  received_at: string;
  source: string;
  state: QuarantineState;
  times: number;
};
export type PageQuarantinedOut = {
  items: QuarantinedOut[];
  next_cursor: string | null;
};
export type QualityCountOut = {
  instrument: string;
  last_at: string;
  reason: QuarantineReason;
  source: string;
  times: number;
  waiting: number;
};
export type QualityCountsOut = {
  items: QualityCountOut[];
};
export type QuarantineDecisionIn = {
  reason: string;
};
export type SplitOut = {
  confirmed_at: string;
  ex_date: string;
  id: string;
  instrument: string;
  new_shares: number;
  old_shares: number;
  reason: string;
  undo_reason: string | null;
  undone_at: string | null;
};
export type PageSplitOut = {
  items: SplitOut[];
  next_cursor: string | null;
};
export type SplitIn = {
  ex_date: string;
  instrument: string;
  new_shares: number;
  old_shares: number;
  reason: string;
};
export type SplitUndoIn = {
  reason: string;
};
export type ExchangeStatusOut = {
  auction_phase: Phase;
  calendar_runs_out: boolean;
  covered_until: string;
  exchange: string;
  is_open: boolean;
  name: string;
  next_close: string | null;
  next_open: string | null;
  phase: Phase;
  replayed: boolean;
  since: string | null;
  until: string | null;
  zone: string;
};
export type MarketStatusOut = {
  exchanges: ExchangeStatusOut[];
  mode: "replay" | "live";
  source: string;
};
export type Sentiment = "negative" | "neutral" | "positive";
export type NewsOut = {
  headline: string;
  id: string;
  instruments: string[];
  /** A language tag; `und` where the source does not tell. */
  language: string;
  model: string;
  published_at: string;
  received_at: string;
  score: number;
  sentiment: Sentiment;
  source: string;
  summary: string | null;
  url: string | null;
};
export type PageNewsOut = {
  items: NewsOut[];
  next_cursor: string | null;
};
export type AddressOut = {
  channel: "push" | "telegram" | "slack" | "sms";
  created_at: string;
  id: string;
  label: string;
  link?: string | null;
  reason: string | null;
  status: "pending" | "active" | "disabled";
};
export type AddressesOut = {
  items: AddressOut[];
  next_cursor?: null;
  push_key: string | null;
  sms: boolean;
  telegram: boolean;
};
export type PushKeysIn = {
  auth: string;
  p256dh: string;
};
export type PushIn = {
  endpoint: string;
  /** As the browser gives it; not used. */
  expirationTime?: number | null;
  keys: PushKeysIn;
  label: string;
};
export type PreviousPushIn = {
  auth: string;
  endpoint: string;
};
export type PushMovedIn = {
  endpoint: string;
  /** As the browser gives it; not used. */
  expirationTime?: number | null;
  keys: PushKeysIn;
  previous: PreviousPushIn;
};
export type SlackIn = {
  url: string;
};
export type SmsIn = {
  number: string;
};
export type CodeIn = {
  code: string;
};
export type AddressTestOut = {
  delivery_id: string;
};
export type ChannelOut = {
  channel: Channel;
  in_plan: boolean;
  reachable: boolean;
};
export type Wish = "on" | "off" | "digest";
export type ChoiceOut = {
  channel: Channel;
  digest: boolean;
  fixed: boolean;
  wish: Wish;
};
export type Kind2 = "alert" | "signal" | "company" | "account" | "security";
export type KindOut = {
  channels: ChoiceOut[];
  kind: Kind2;
};
export type QuietHours = {
  begins: string;
  ends: string;
};
export type PreferencesOut = {
  channels: ChannelOut[];
  digest_at: string;
  kinds: KindOut[];
  quiet_hours: QuietHours | null;
  time_zone: string;
};
export type PreferencesIn = {
  digest_at?: string | null;
  quiet_hours?: QuietHours | null;
  wishes?: {
    [key: string]: {
      [key: string]: Wish;
    };
  } | null;
};
export type LedgerOut = {
  /** When it was delivered, or sent; when it is due, while it waits. */
  at: string;
  channel: Channel;
  reason: string | null;
  status: DeliveryStatus;
};
export type NoticeOut = {
  created_at: string;
  /** By channel; the application itself is not among them. */
  deliveries: LedgerOut[];
  id: string;
  kind: Kind2;
  link: string;
  read_at: string | null;
  text: string;
  title: string;
};
export type PageNoticeOut = {
  items: NoticeOut[];
  next_cursor: string | null;
};
export type ReadOut = {
  read: number;
};
export type UnreadOut = {
  unread: number;
};
export type AppOut = {
  client_id: string;
  confidential: boolean;
  created_at: string;
  name: string;
  redirect_uris: string[];
};
export type AppsOut = {
  items: AppOut[];
  next_cursor?: null;
};
export type NewAppOut = {
  client_id: string;
  client_secret: string | null;
  confidential: boolean;
  created_at: string;
  name: string;
  redirect_uris: string[];
};
export type AppCreate = {
  /** Whether it can keep a secret: true for one on a server. */
  confidential?: boolean;
  name: string;
  /** Exact addresses: https, or http on localhost. */
  redirect_uris: string[];
};
export type AppChange = {
  name?: string | null;
  redirect_uris?: string[] | null;
};
export type AskedOut = {
  app_id: string;
  host: string;
  name: string;
  registered_at: string;
  scopes: string[];
};
export type RedirectOut = {
  redirect_to: string;
};
export type Decision = {
  allow: boolean;
  client_id?: string | null;
  code_challenge?: string | null;
  code_challenge_method?: string | null;
  redirect_uri?: string | null;
  response_type?: string | null;
  scope?: string | null;
  state?: string | null;
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
export type Role = "SUPER_ADMIN" | "SUPPORT" | "SALES" | "USER";
export type ChangeState = "waiting" | "approved" | "refused" | "expired";
export type RoleChangeOut = {
  asked_at: string;
  asked_by: string;
  decided_at: string | null;
  decided_by: string | null;
  email: string;
  expires_at: string;
  from_role: Role;
  id: string;
  name: string;
  reason: string;
  state: ChangeState;
  to_role: Role;
  user_id: string;
};
export type PageRoleChangeOut = {
  items: RoleChangeOut[];
  next_cursor: string | null;
};
export type ActingOut = {
  access_token: string;
  expires_in: number;
  token_type: string;
  user: LoggedInUser;
};
export type ActingIn = {
  reason: string;
  user_id: string;
};
export type RoleOut = {
  is_staff: boolean;
  name: Role;
  needs_second_factor: boolean;
  permissions: Permission[];
  scopes: Permission[];
};
export type RolesOut = {
  items: RoleOut[];
  next_cursor?: null;
};
export type ScreenOut = {
  created_at: string;
  day: string | null;
  done: number;
  exchange: string | null;
  expression: string;
  finished_at: string | null;
  id: string;
  instruments: string[] | null;
  interval: string;
  matched: number;
  meaning: string;
  reason: string | null;
  status: Status;
  total: number;
  unknown: number;
  words: string;
};
export type PageScreenOut = {
  items: ScreenOut[];
  next_cursor: string | null;
};
export type ScreenCreate = {
  day?: string | null;
  exchange?: string | null;
  expression: string;
  instruments?: string[] | null;
  interval?: "1m" | "5m" | "15m" | "1h" | "1d";
};
export type MatchOut = {
  at: string;
  change: number | null;
  close: string;
  instrument: string;
  values: {
    [key: string]: number | null;
  };
};
export type ScreenResultOut = {
  created_at: string;
  day: string | null;
  done: number;
  exchange: string | null;
  expression: string;
  finished_at: string | null;
  id: string;
  instruments: string[] | null;
  interval: string;
  matched: number;
  matches: MatchOut[];
  meaning: string;
  reason: string | null;
  status: Status;
  total: number;
  unknown: number;
  words: string;
};
export type Basis = "hypothetical" | "live";
export type CapitalOf = "account" | "stated" | "none";
export type Verdict =
  "ok" | "over_plan" | "late" | "over_positions" | "no_capital" | "too_small";
export type OfferOut = {
  at_risk: string | null;
  capital: string | null;
  capital_of: CapitalOf;
  dismissed_at: string | null;
  invested: string | null;
  offered_at: string;
  units: number | null;
  verdict: Verdict;
};
export type ReasonValue = {
  value: number;
  words: string;
};
export type ReasonOut = {
  values: ReasonValue[];
  words: string;
};
export type SignalSide2 = "long" | "short";
export type SignalStatus =
  "active" | "hit_target" | "stopped" | "exited" | "expired" | "cancelled";
export type VoiceOut = {
  agrees: number;
  confidence?: number | null;
  known_at?: string | null;
  name: string;
  weight: number;
  words: string;
};
export type SignalOut = {
  at: string;
  basis: Basis;
  confidence: number | null;
  costs: number | null;
  currency: string;
  data_as_of: string;
  disclosure: string;
  disclosure_id: string;
  ended_by: string | null;
  entry_at: string | null;
  entry_price: string | null;
  exit_at: string | null;
  exit_price: string | null;
  fused_by: string;
  id: string;
  instrument: string;
  interval: string;
  is_ai_generated: boolean;
  label: string;
  locked: boolean;
  made_at: string;
  model: string | null;
  name: string;
  net: number | null;
  offer: OfferOut;
  reasons: ReasonOut[];
  reference_price: string | null;
  risk_reward: string | null;
  /** A part of 1: 0.05 is 5 %. */
  score: number;
  side: SignalSide2;
  status: SignalStatus;
  stop: string | null;
  strategy: string;
  strategy_id: string;
  symbol: string;
  target: string | null;
  valid_until: string;
  version_id: string;
  version_number: number;
  voices: VoiceOut[];
  words: string;
};
export type PageSignalOut = {
  items: SignalOut[];
  next_cursor: string | null;
};
export type FollowedInstrumentOut = {
  instrument: string;
  name: string;
  seen_at: string | null;
  symbol: string;
  trouble: string | null;
};
export type FollowStatus = "active" | "ended";
export type FollowOut = {
  capital: string | null;
  created_at: string;
  ended_at: string | null;
  id: string;
  instruments: FollowedInstrumentOut[];
  interval: string;
  status: FollowStatus;
  strategy: string;
  strategy_id: string;
  version_id: string;
  version_number: number;
};
export type PageFollowOut = {
  items: FollowOut[];
  next_cursor: string | null;
};
export type FollowIn = {
  capital?: (number | string) | null;
  instruments?: string[];
  version_id: string;
};
export type BinOut = {
  /** A part of 1: 0.05 is 5 %. */
  came: number;
  count: number;
  /** A part of 1: 0.05 is 5 %. */
  high: number;
  /** A part of 1: 0.05 is 5 %. */
  low: number;
  /** A part of 1: 0.05 is 5 %. */
  said: number;
};
export type CalibrationOut = {
  base: number;
  bins: BinOut[];
  brier: number;
  /** A part of 1: 0.05 is 5 %. */
  error: number;
  held_back: number;
  is_good: boolean;
  trained: number;
};
export type TrackRecordOut = {
  basis: Basis;
  best: number | null;
  calibration: CalibrationOut | null;
  closed: number;
  hit_rate: number | null;
  mean_net: number | null;
  outcomes_needed: number;
  signals: number;
  since: string | null;
  strategy: string;
  strategy_id: string;
  until: string | null;
  version_id: string;
  version_number: number;
  won: number;
  worst: number | null;
};
export type SharedIn = {
  secret: string;
};
export type SmsKind = "phone_code" | "address_code" | "notice";
export type SmsTextOut = {
  example: string;
  kind: SmsKind;
  parts: number;
  registered: string;
  sender: string | null;
  set_at: string | null;
  slots: string[];
  template_id: string | null;
  text: string;
  version: number;
};
export type SmsTextsOut = {
  items: SmsTextOut[];
  next_cursor?: null;
};
export type SmsTextIn = {
  reason: string;
  sender?: string | null;
  template_id?: string | null;
  text: string;
  version: number;
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
export type IndicatorOut2 = {
  kind: "number" | "boolean";
  name: string;
  values: (number | boolean | null)[];
  words: string;
};
export type IndicatorsOut2 = {
  at: string[];
  indicators: IndicatorOut2[];
  instrument: string;
  interval: Interval;
  more: boolean;
  running: boolean;
};
export type PatternPoint = {
  at: string;
  price: string;
};
export type PatternOut = {
  at: string;
  close: string;
  confidence: number;
  line: PatternPoint[];
  name: string;
  points: PatternPoint[];
  points_to: "up" | "down" | "";
  stop: string;
  target: string;
};
export type PatternsOut = {
  instrument: string;
  interval: Interval;
  patterns: PatternOut[];
};
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
export type SizeOut = {
  cash?: string | null;
  percent?: string | null;
  risk?: string | null;
  units?: string | null;
};
export type DistanceOut = {
  atr?: string | null;
  percent?: string | null;
  period?: number | null;
};
export type StrategyRulesOut = {
  entry: string;
  exit?: string | null;
  interval: "1m" | "5m" | "15m" | "1h" | "1d";
  max_bars?: number | null;
  max_positions: number;
  side: "long" | "short";
  size: SizeOut;
  stop?: DistanceOut | null;
  target?: DistanceOut | null;
  trailing?: DistanceOut | null;
};
export type VersionOut = {
  created_at: string;
  id: string;
  instruments: string[];
  note: string;
  number: number;
  rules: StrategyRulesOut;
  strategy_id: string;
  words: string;
  written: StrategyRulesOut;
};
export type StrategyOut = {
  about: string;
  copied_from: string | null;
  created_at: string;
  id: string;
  name: string;
  template: string | null;
  updated_at: string;
  version: VersionOut;
};
export type PageStrategyOut = {
  items: StrategyOut[];
  next_cursor: string | null;
};
export type SizeForm = {
  cash?: (string | number) | null;
  percent?: (string | number) | null;
  risk?: (string | number) | null;
  units?: (string | number) | null;
};
export type DistanceForm = {
  atr?: (string | number) | null;
  percent?: (string | number) | null;
  period?: number | null;
};
export type RulesForm = {
  entry: string;
  exit?: string | null;
  interval: "1m" | "5m" | "15m" | "1h" | "1d";
  max_bars?: number | null;
  max_positions?: number;
  side?: "long" | "short";
  size?: SizeForm;
  stop?: DistanceForm | null;
  target?: DistanceForm | null;
  trailing?: DistanceForm | null;
};
export type StrategyCreate = {
  about?: string;
  instruments: string[];
  name: string;
  rules: RulesForm;
  /** The key of the template that it began as. */
  template?: string | null;
};
export type CheckedOut = {
  history: number;
  instruments: string[];
  rules: StrategyRulesOut;
  words: string;
};
export type StrategyRules = {
  instruments: string[];
  rules: RulesForm;
};
export type SharedOut = {
  about: string;
  created_at: string;
  instruments: string[];
  name: string;
  number: number;
  rules: StrategyRulesOut;
  words: string;
};
export type SharedCopy = {
  name?: string | null;
  secret: string;
};
export type TemplateOut = {
  about: string;
  key: string;
  name: string;
  rules: StrategyRulesOut;
  source: string;
  words: string;
};
export type TemplatesOut = {
  items: TemplateOut[];
};
export type StrategyChange = {
  about?: string | null;
  name?: string | null;
};
export type StrategyCopy = {
  name?: string | null;
  /** The version; the newest where it is left out. */
  number?: number | null;
};
export type ShareOut = {
  created_at: string;
  expires_at: string | null;
  id: string;
  number: number;
};
export type SharesOut = {
  items: ShareOut[];
};
export type NewShareOut = {
  secret: string;
  share: ShareOut;
};
export type ShareCreate = {
  /** null: until it is ended. */
  days?: number | null;
  /** The version; the newest where it is left out. */
  number?: number | null;
};
export type ChangedVersionOut = {
  changes: string[];
  version: VersionOut;
};
export type PageChangedVersionOut = {
  items: ChangedVersionOut[];
  next_cursor: string | null;
};
export type VersionCreate = {
  instruments: string[];
  /** What the change is for. */
  note?: string;
  rules: RulesForm;
};
export type Chat = {
  id: number;
};
export type ChatMessage = {
  chat: Chat;
  text?: string;
};
export type TelegramUpdate = {
  message?: ChatMessage | null;
};
export type AccountStatus = "active" | "locked" | "suspended" | "closing";
export type PersonOut = {
  created_at: string;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  phone: string | null;
  role: Role;
  status: AccountStatus;
  tier: string;
  username: string | null;
};
export type PagePersonOut = {
  items: PersonOut[];
  next_cursor: string | null;
};
export type Tier2 = "BASIC" | "PRO" | "ELITE";
export type KeptOut = {
  law: string;
  until: string;
  what: string;
};
export type ClosingOut = {
  erased_at: string;
  kept: KeptOut[];
};
export type CloseIn = {};
export type CloseInWrite = {
  password?: string | null;
};
export type UserOut = {
  created_at: string;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  phone: string | null;
  phone_confirmed: boolean;
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
export type ConnectedAppOut = {
  app_id: string;
  connected_at: string;
  hosts: string[];
  last_used_at: string;
  name: string;
  scopes: string[];
};
export type ConnectedAppsOut = {
  items: ConnectedAppOut[];
  next_cursor?: null;
};
export type EmailChangeOut = {
  email: string;
  expires_at: string;
  new_confirmed: boolean;
  old_confirmed: boolean;
};
export type PendingEmailOut = {
  pending: EmailChangeOut | null;
};
export type EmailChangeIn = {
  email: string;
};
export type ErasureRules = {
  grace_days: number;
  kept: KeptOut[];
};
export type ExportOut = {
  asked_at?: string | null;
  expires_at?: string | null;
  missing?: string[];
  ready_at?: string | null;
  state: "none" | "preparing" | "ready";
};
export type Step =
  "profile" | "plan" | "kyc" | "preferences" | "first_alert" | "dashboard";
export type StepState = "open" | "done" | "skipped";
export type StepOut = {
  state: StepState;
  step: Step;
};
export type OnboardingOut = {
  finished: boolean;
  next_step: Step | null;
  steps: StepOut[];
  walked: boolean;
};
export type StepIn = {
  outcome: "done" | "skipped";
};
export type PermissionsOut = {
  /** Who is really there, when somebody acts as this person. */
  acting_by: string | null;
  expires_at: string;
  permissions: Permission[];
  role: string;
  /** Whether this login was proved by one. */
  second_factor_given: boolean;
  /** Whether the role asks for one. */
  second_factor_needed: boolean;
  tier: string;
};
export type PhoneOptions = {
  /** Whether codes are sent from here: false where the operator set no provider. */
  can_confirm: boolean;
};
export type CodeSent = {
  expires_at: string;
};
export type PhoneIn = {
  phone: string;
};
export type CodeIn2 = {};
export type CodeInWrite = {
  code: string;
};
export type SecurityKind =
  | "new_device"
  | "password_changed"
  | "password_reset"
  | "email_change_asked"
  | "email_changed"
  | "phone_confirmed"
  | "totp_enabled"
  | "totp_disabled"
  | "recovery_code_used"
  | "recovery_codes_renewed"
  | "passkey_added"
  | "passkey_removed"
  | "passkey_refused"
  | "refresh_reused"
  | "sessions_ended"
  | "login_blocked"
  | "unlocked"
  | "key_created"
  | "key_changed"
  | "key_rotated"
  | "key_revoked"
  | "app_authorised"
  | "app_revoked"
  | "acting_started"
  | "acting_ended"
  | "password_reset_forced"
  | "support_access_given"
  | "support_access_withdrawn"
  | "role_changed"
  | "status_changed"
  | "sign_in_linked"
  | "sign_in_unlinked"
  | "data_exported"
  | "closing_started"
  | "closing_cancelled";
export type SecurityEventOut = {
  at: string;
  by_staff: boolean;
  details: {
    [key: string]: string;
  };
  device: string;
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
export type Settings = {
  alert_mails?: boolean;
  currency_display?: "symbol" | "code";
  density?: "comfortable" | "compact";
  locale?: "en-IN" | "en-US";
  palette?: "green-red" | "blue-orange" | "red-green";
  theme?: "system" | "light" | "dark";
  time_zone?: string;
};
export type SettingsChange = {
  alert_mails?: boolean | null;
  currency_display?: ("symbol" | "code") | null;
  density?: ("comfortable" | "compact") | null;
  locale?: ("en-IN" | "en-US") | null;
  palette?: ("green-red" | "blue-orange" | "red-green") | null;
  theme?: ("system" | "light" | "dark") | null;
  time_zone?: string | null;
};
export type LinkOut = {
  issuer: string;
  last_used_at: string;
  linked_at: string;
};
export type LinksOut = {
  items: LinkOut[];
  next_cursor?: null;
};
export type SupportAccessOut = {
  until: string | null;
};
export type SupportAccessIn = {
  hours: number;
};
export type TermsIn = {
  version: string;
};
export type PersonFactorsOut = {
  needed: boolean;
  passkeys: number;
  recovery_codes_left: number;
  totp: boolean;
};
export type PersonSessionOut = {
  created_at: string;
  device: string;
  id: string;
  last_seen_at: string;
  network: string;
  second_factor: boolean;
  user_agent: string;
};
export type WaitingChangeOut = {
  asked_by: string;
  expires_at: string;
  id: string;
  reason: string;
  to_role: Role;
};
export type PersonDetailOut = {
  created_at: string;
  email: string;
  email_verified: boolean;
  first_name: string;
  id: string;
  last_name: string;
  phone: string | null;
  role: Role;
  second_factors: PersonFactorsOut;
  security_log: SecurityEventOut[];
  sessions: PersonSessionOut[];
  status: AccountStatus;
  tier: string;
  username: string | null;
  waiting_role_change: WaitingChangeOut | null;
};
export type PersonChanged = {
  user: PersonOut;
  waiting: WaitingChangeOut | null;
};
export type PersonChange = {
  reason: string;
  role?: Role | null;
  status?: AccountStatus | null;
};
export type ReasonIn = {
  reason: string;
};
export type WatchlistOut = {
  created_at: string;
  id: string;
  instruments: string[];
  is_default: boolean;
  name: string;
  updated_at: string;
};
export type WatchlistsOut = {
  items: WatchlistOut[];
  next_cursor?: null;
};
export type WatchlistCreate = {
  /** `NASDAQ:AAPL`, or `AAPL` where that is one. */
  instruments?: string[];
  name: string;
};
export type WatchlistsOrder = {
  watchlists: string[];
};
export type WatchlistChange = {
  is_default?: true | null;
  name?: string | null;
};
export type WatchlistContent = {
  /** `NASDAQ:AAPL`, or `AAPL` where that is one. */
  instruments: string[];
};
export type WebhookOut = {
  created_at: string;
  description: string;
  events: string[];
  failing_since: string | null;
  id: string;
  old_secret_ends_at: string | null;
  reason: string | null;
  status: "active" | "disabled";
  url: string;
};
export type WebhooksOut = {
  items: WebhookOut[];
  next_cursor?: null;
};
export type NewWebhookOut = {
  created_at: string;
  description: string;
  events: string[];
  failing_since: string | null;
  id: string;
  old_secret_ends_at: string | null;
  reason: string | null;
  secret: string;
  status: "active" | "disabled";
  url: string;
};
export type WebhookCreate = {
  description?: string;
  events: (
    | "alerts.alert.triggered.v1"
    | "alerts.alert.created.v1"
    | "alerts.alert.updated.v1"
    | "alerts.alert.deleted.v1"
    | "alerts.notification.failed.v1"
  )[];
  url: string;
};
export type WebhookChange = {
  description?: string | null;
  events?:
    | (
        | "alerts.alert.triggered.v1"
        | "alerts.alert.created.v1"
        | "alerts.alert.updated.v1"
        | "alerts.alert.deleted.v1"
        | "alerts.notification.failed.v1"
      )[]
    | null;
  status?: ("active" | "disabled") | null;
  url?: string | null;
};
export type AttemptOut = {
  at: string;
  error: string | null;
  http_status: number | null;
  number: number;
  request: string;
  response: string | null;
  took_ms: number;
};
export type MessageOut = {
  attempts: AttemptOut[];
  created_at: string;
  due_at: string;
  id: string;
  message_id: string;
  reason: string | null;
  status: DeliveryStatus;
  type: string;
};
export type PageMessageOut = {
  items: MessageOut[];
  next_cursor: string | null;
};
export type QueuedOut = {
  id: string;
};
export type ReplayedOut = {
  replayed: number;
};
export type ReplayRange = {
  begins: string;
  ends?: string | null;
};
export type WebhookRotation = {
  overlap_hours?: number;
};
