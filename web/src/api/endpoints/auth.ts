// Calls of "auth". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  AcceptTermsApiArg,
  AcceptTermsApiResponse,
  AddPasskeyApiArg,
  AddPasskeyApiResponse,
  AskEmailChangeApiArg,
  AskEmailChangeApiResponse,
  BeginExportApiArg,
  BeginExportApiResponse,
  BeginPasskeyApiArg,
  BeginPasskeyApiResponse,
  BeginPasskeyLoginApiArg,
  BeginPasskeyLoginApiResponse,
  BeginStepUpApiArg,
  BeginStepUpApiResponse,
  ChangeApiKeyApiArg,
  ChangeApiKeyApiResponse,
  ChangeMeApiArg,
  ChangeMeApiResponse,
  ChangePasswordApiArg,
  ChangePasswordApiResponse,
  CloseAccountApiArg,
  CloseAccountApiResponse,
  ConfirmEmailChangeApiArg,
  ConfirmEmailChangeApiResponse,
  ConfirmPhoneApiArg,
  ConfirmPhoneApiResponse,
  ConfirmTwoFactorApiArg,
  ConfirmTwoFactorApiResponse,
  CreateApiKeyApiArg,
  CreateApiKeyApiResponse,
  DecideFirstStepApiArg,
  DecideFirstStepApiResponse,
  DisableTwoFactorApiArg,
  DisableTwoFactorApiResponse,
  EndOtherSessionsApiArg,
  EndOtherSessionsApiResponse,
  EndSessionApiArg,
  EndSessionApiResponse,
  EnrollTwoFactorApiArg,
  EnrollTwoFactorApiResponse,
  FetchExportApiArg,
  FetchExportApiResponse,
  FinishLinkApiArg,
  FinishLinkApiResponse,
  FinishSignInApiArg,
  FinishSignInApiResponse,
  ForgotPasswordApiArg,
  ForgotPasswordApiResponse,
  KeepAccountApiArg,
  KeepAccountApiResponse,
  ListApiKeysApiArg,
  ListApiKeysApiResponse,
  ListKeysApiArg,
  ListKeysApiResponse,
  ListLinksApiArg,
  ListLinksApiResponse,
  ListPasskeysApiArg,
  ListPasskeysApiResponse,
  ListProvidersApiArg,
  ListProvidersApiResponse,
  ListRolesApiArg,
  ListRolesApiResponse,
  ListSecurityEventsApiArg,
  ListSecurityEventsApiResponse,
  ListSessionsApiArg,
  ListSessionsApiResponse,
  LogInAliasApiArg,
  LogInAliasApiResponse,
  LogInApiArg,
  LogInApiResponse,
  LogInByPasskeyApiArg,
  LogInByPasskeyApiResponse,
  LogInSecondStepApiArg,
  LogInSecondStepApiResponse,
  LogOutApiArg,
  LogOutApiResponse,
  RefreshApiArg,
  RefreshApiResponse,
  RegisterApiArg,
  RegisterApiResponse,
  RemovePasskeyApiArg,
  RemovePasskeyApiResponse,
  RemovePhoneApiArg,
  RemovePhoneApiResponse,
  RenamePasskeyApiArg,
  RenamePasskeyApiResponse,
  RenewRecoveryCodesApiArg,
  RenewRecoveryCodesApiResponse,
  ResendLinkApiArg,
  ResendLinkApiResponse,
  ResetPasswordApiArg,
  ResetPasswordApiResponse,
  RevokeApiKeyApiArg,
  RevokeApiKeyApiResponse,
  RotateApiKeyApiArg,
  RotateApiKeyApiResponse,
  ScorePasswordApiArg,
  ScorePasswordApiResponse,
  SendPhoneCodeApiArg,
  SendPhoneCodeApiResponse,
  ShowEmailChangeApiArg,
  ShowEmailChangeApiResponse,
  ShowErasureRulesApiArg,
  ShowErasureRulesApiResponse,
  ShowExportApiArg,
  ShowExportApiResponse,
  ShowFirstStepsApiArg,
  ShowFirstStepsApiResponse,
  ShowMeApiArg,
  ShowMeApiResponse,
  ShowPhoneOptionsApiArg,
  ShowPhoneOptionsApiResponse,
  ShowRulesApiArg,
  ShowRulesApiResponse,
  ShowTwoFactorApiArg,
  ShowTwoFactorApiResponse,
  StartLinkApiArg,
  StartLinkApiResponse,
  StartSignInApiArg,
  StartSignInApiResponse,
  StepUpApiArg,
  StepUpApiResponse,
  UnblockLoginApiArg,
  UnblockLoginApiResponse,
  UnlinkApiArg,
  UnlinkApiResponse,
  VerifyEmailApiArg,
  VerifyEmailApiResponse,
  WithdrawEmailChangeApiArg,
  WithdrawEmailChangeApiResponse,
} from "../generated";

export const authEndpoints = api.enhanceEndpoints({ addTagTypes: ["auth"] }).injectEndpoints({
  endpoints: (build) => ({
    listApiKeys: build.query<ListApiKeysApiResponse, ListApiKeysApiArg>({
      query: () => ({ url: `/api/api-keys/` }),
      providesTags: ["auth"],
    }),
    createApiKey: build.mutation<CreateApiKeyApiResponse, CreateApiKeyApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/api-keys/`,
          method: "POST",
          body: queryArg.authKeyCreate,
        }),
        invalidatesTags: ["auth"],
      },
    ),
    revokeApiKey: build.mutation<RevokeApiKeyApiResponse, RevokeApiKeyApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/api-keys/${encodeURIComponent(String(queryArg.keyId))}/`,
          method: "DELETE",
        }),
        invalidatesTags: ["auth"],
      },
    ),
    changeApiKey: build.mutation<ChangeApiKeyApiResponse, ChangeApiKeyApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/api-keys/${encodeURIComponent(String(queryArg.keyId))}/`,
          method: "PATCH",
          body: queryArg.authKeyChange,
        }),
        invalidatesTags: ["auth"],
      },
    ),
    rotateApiKey: build.mutation<RotateApiKeyApiResponse, RotateApiKeyApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/api-keys/${encodeURIComponent(String(queryArg.keyId))}/rotate/`,
          method: "POST",
          body: queryArg.authKeyRotation,
        }),
        invalidatesTags: ["auth"],
      },
    ),
    listKeys: build.query<ListKeysApiResponse, ListKeysApiArg>({
      query: () => ({ url: `/api/auth/.well-known/jwks.json` }),
      providesTags: ["auth"],
    }),
    confirmEmailChange: build.mutation<
      ConfirmEmailChangeApiResponse,
      ConfirmEmailChangeApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/email/confirm/`,
        method: "POST",
        body: queryArg.authEmailConfirmIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["auth"],
    }),
    keepAccount: build.mutation<KeepAccountApiResponse, KeepAccountApiArg>({
      query: (queryArg) => ({
        url: `/api/auth/keep-account/`,
        method: "POST",
        body: queryArg.authKeepIn,
      }),
      invalidatesTags: ["auth"],
    }),
    logIn: build.mutation<LogInApiResponse, LogInApiArg>({
      query: (queryArg) => ({
        url: `/api/auth/login/`,
        method: "POST",
        body: queryArg.authLoginIn,
      }),
      invalidatesTags: ["auth"],
    }),
    logInByPasskey: build.mutation<
      LogInByPasskeyApiResponse,
      LogInByPasskeyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/login/passkey/`,
        method: "POST",
        body: queryArg.authPasskeyLoginIn,
      }),
      invalidatesTags: ["auth"],
    }),
    beginPasskeyLogin: build.mutation<
      BeginPasskeyLoginApiResponse,
      BeginPasskeyLoginApiArg
    >({
      query: () => ({
        url: `/api/auth/login/passkey/options/`,
        method: "POST",
      }),
      invalidatesTags: ["auth"],
    }),
    logInSecondStep: build.mutation<
      LogInSecondStepApiResponse,
      LogInSecondStepApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/login/two-factor/`,
        method: "POST",
        body: queryArg.authSecondStepIn,
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
    finishSignIn: build.mutation<FinishSignInApiResponse, FinishSignInApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/auth/oidc/finish/`,
          method: "POST",
          body: queryArg.authComeBack,
        }),
        invalidatesTags: ["auth"],
      },
    ),
    startSignIn: build.mutation<StartSignInApiResponse, StartSignInApiArg>({
      query: () => ({ url: `/api/auth/oidc/start/`, method: "POST" }),
      invalidatesTags: ["auth"],
    }),
    listPasskeys: build.query<ListPasskeysApiResponse, ListPasskeysApiArg>({
      query: () => ({ url: `/api/auth/passkeys/` }),
      providesTags: ["auth"],
    }),
    addPasskey: build.mutation<AddPasskeyApiResponse, AddPasskeyApiArg>({
      query: (queryArg) => ({
        url: `/api/auth/passkeys/`,
        method: "POST",
        body: queryArg.authPasskeyIn,
      }),
      invalidatesTags: ["auth"],
    }),
    beginPasskey: build.mutation<BeginPasskeyApiResponse, BeginPasskeyApiArg>(
      {
        query: () => ({ url: `/api/auth/passkeys/options/`, method: "POST" }),
        invalidatesTags: ["auth"],
      },
    ),
    removePasskey: build.mutation<
      RemovePasskeyApiResponse,
      RemovePasskeyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/passkeys/${encodeURIComponent(String(queryArg.passkeyId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["auth"],
    }),
    renamePasskey: build.mutation<
      RenamePasskeyApiResponse,
      RenamePasskeyApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/passkeys/${encodeURIComponent(String(queryArg.passkeyId))}/`,
        method: "PATCH",
        body: queryArg.authPasskeyChange,
      }),
      invalidatesTags: ["auth"],
    }),
    changePassword: build.mutation<
      ChangePasswordApiResponse,
      ChangePasswordApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/password/change/`,
        method: "POST",
        body: queryArg.authPasswordChange,
      }),
      invalidatesTags: ["auth"],
    }),
    forgotPassword: build.mutation<
      ForgotPasswordApiResponse,
      ForgotPasswordApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/password/forgot/`,
        method: "POST",
        body: queryArg.authForgotIn,
      }),
      invalidatesTags: ["auth"],
    }),
    resetPassword: build.mutation<
      ResetPasswordApiResponse,
      ResetPasswordApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/password/reset/`,
        method: "POST",
        body: queryArg.authResetIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["auth"],
    }),
    scorePassword: build.mutation<
      ScorePasswordApiResponse,
      ScorePasswordApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/password/strength/`,
        method: "POST",
        body: queryArg.authStrengthIn,
      }),
      invalidatesTags: ["auth"],
    }),
    listProviders: build.query<ListProvidersApiResponse, ListProvidersApiArg>(
      {
        query: () => ({ url: `/api/auth/providers/` }),
        providesTags: ["auth"],
      },
    ),
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
    showRules: build.query<ShowRulesApiResponse, ShowRulesApiArg>({
      query: () => ({ url: `/api/auth/rules/` }),
      providesTags: ["auth"],
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
    stepUp: build.mutation<StepUpApiResponse, StepUpApiArg>({
      query: (queryArg) => ({
        url: `/api/auth/step-up/`,
        method: "POST",
        body: queryArg.authStepUpIn,
      }),
      invalidatesTags: ["auth"],
    }),
    beginStepUp: build.mutation<BeginStepUpApiResponse, BeginStepUpApiArg>({
      query: () => ({ url: `/api/auth/step-up/options/`, method: "POST" }),
      invalidatesTags: ["auth"],
    }),
    showTwoFactor: build.query<ShowTwoFactorApiResponse, ShowTwoFactorApiArg>(
      {
        query: () => ({ url: `/api/auth/two-factor/` }),
        providesTags: ["auth"],
      },
    ),
    confirmTwoFactor: build.mutation<
      ConfirmTwoFactorApiResponse,
      ConfirmTwoFactorApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/two-factor/confirm/`,
        method: "POST",
        body: queryArg.authConfirmAppIn,
      }),
      invalidatesTags: ["auth"],
    }),
    disableTwoFactor: build.mutation<
      DisableTwoFactorApiResponse,
      DisableTwoFactorApiArg
    >({
      query: (queryArg) => ({
        url: `/api/auth/two-factor/disable/`,
        method: "POST",
        body: queryArg.authDisableIn,
      }),
      invalidatesTags: ["auth"],
    }),
    enrollTwoFactor: build.mutation<
      EnrollTwoFactorApiResponse,
      EnrollTwoFactorApiArg
    >({
      query: () => ({ url: `/api/auth/two-factor/enroll/`, method: "POST" }),
      invalidatesTags: ["auth"],
    }),
    renewRecoveryCodes: build.mutation<
      RenewRecoveryCodesApiResponse,
      RenewRecoveryCodesApiArg
    >({
      query: () => ({
        url: `/api/auth/two-factor/recovery-codes/`,
        method: "POST",
      }),
      invalidatesTags: ["auth"],
    }),
    unblockLogin: build.mutation<UnblockLoginApiResponse, UnblockLoginApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/auth/unblock/`,
          method: "POST",
          body: queryArg.authUnblockIn,
        }),
        invalidatesTags: ["auth"],
      },
    ),
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
    listRoles: build.query<ListRolesApiResponse, ListRolesApiArg>({
      query: () => ({ url: `/api/roles/` }),
      providesTags: ["auth"],
    }),
    logInAlias: build.mutation<LogInAliasApiResponse, LogInAliasApiArg>({
      query: (queryArg) => ({
        url: `/api/users/login/`,
        method: "POST",
        body: queryArg.authLoginIn,
      }),
      invalidatesTags: ["auth"],
    }),
    closeAccount: build.mutation<CloseAccountApiResponse, CloseAccountApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/users/me/`,
          method: "DELETE",
          body: queryArg.body,
        }),
        invalidatesTags: ["auth"],
      },
    ),
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
    withdrawEmailChange: build.mutation<
      WithdrawEmailChangeApiResponse,
      WithdrawEmailChangeApiArg
    >({
      query: () => ({ url: `/api/users/me/email/`, method: "DELETE" }),
      invalidatesTags: ["auth"],
    }),
    showEmailChange: build.query<
      ShowEmailChangeApiResponse,
      ShowEmailChangeApiArg
    >({
      query: () => ({ url: `/api/users/me/email/` }),
      providesTags: ["auth"],
    }),
    askEmailChange: build.mutation<
      AskEmailChangeApiResponse,
      AskEmailChangeApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/me/email/`,
        method: "POST",
        body: queryArg.authEmailChangeIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["auth"],
    }),
    showErasureRules: build.query<
      ShowErasureRulesApiResponse,
      ShowErasureRulesApiArg
    >({
      query: () => ({ url: `/api/users/me/erasure/` }),
      providesTags: ["auth"],
    }),
    showExport: build.query<ShowExportApiResponse, ShowExportApiArg>({
      query: () => ({ url: `/api/users/me/export/` }),
      providesTags: ["auth"],
    }),
    beginExport: build.mutation<BeginExportApiResponse, BeginExportApiArg>({
      query: () => ({ url: `/api/users/me/export/`, method: "POST" }),
      invalidatesTags: ["auth"],
    }),
    fetchExport: build.query<FetchExportApiResponse, FetchExportApiArg>({
      query: () => ({ url: `/api/users/me/export/file/` }),
      providesTags: ["auth"],
    }),
    showFirstSteps: build.query<
      ShowFirstStepsApiResponse,
      ShowFirstStepsApiArg
    >({
      query: () => ({ url: `/api/users/me/onboarding/` }),
      providesTags: ["auth"],
    }),
    decideFirstStep: build.mutation<
      DecideFirstStepApiResponse,
      DecideFirstStepApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/me/onboarding/${encodeURIComponent(String(queryArg.step))}/`,
        method: "POST",
        body: queryArg.authStepIn,
      }),
      invalidatesTags: ["auth"],
    }),
    removePhone: build.mutation<RemovePhoneApiResponse, RemovePhoneApiArg>({
      query: () => ({ url: `/api/users/me/phone/`, method: "DELETE" }),
      invalidatesTags: ["auth"],
    }),
    showPhoneOptions: build.query<
      ShowPhoneOptionsApiResponse,
      ShowPhoneOptionsApiArg
    >({
      query: () => ({ url: `/api/users/me/phone/` }),
      providesTags: ["auth"],
    }),
    sendPhoneCode: build.mutation<
      SendPhoneCodeApiResponse,
      SendPhoneCodeApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/me/phone/`,
        method: "POST",
        body: queryArg.authPhoneIn,
        headers: {
          "idempotency-key": queryArg["idempotency-key"],
        },
      }),
      invalidatesTags: ["auth"],
    }),
    confirmPhone: build.mutation<ConfirmPhoneApiResponse, ConfirmPhoneApiArg>(
      {
        query: (queryArg) => ({
          url: `/api/users/me/phone/confirm/`,
          method: "POST",
          body: queryArg.authCodeIn,
        }),
        invalidatesTags: ["auth"],
      },
    ),
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
    unlink: build.mutation<UnlinkApiResponse, UnlinkApiArg>({
      query: () => ({ url: `/api/users/me/sign-ins/`, method: "DELETE" }),
      invalidatesTags: ["auth"],
    }),
    listLinks: build.query<ListLinksApiResponse, ListLinksApiArg>({
      query: () => ({ url: `/api/users/me/sign-ins/` }),
      providesTags: ["auth"],
    }),
    finishLink: build.mutation<FinishLinkApiResponse, FinishLinkApiArg>({
      query: (queryArg) => ({
        url: `/api/users/me/sign-ins/finish/`,
        method: "POST",
        body: queryArg.authComeBack,
      }),
      invalidatesTags: ["auth"],
    }),
    startLink: build.mutation<StartLinkApiResponse, StartLinkApiArg>({
      query: () => ({ url: `/api/users/me/sign-ins/start/`, method: "POST" }),
      invalidatesTags: ["auth"],
    }),
    acceptTerms: build.mutation<AcceptTermsApiResponse, AcceptTermsApiArg>({
      query: (queryArg) => ({
        url: `/api/users/me/terms/`,
        method: "POST",
        body: queryArg.authTermsIn,
      }),
      invalidatesTags: ["auth"],
    }),
  }),
  overrideExisting: false,
});
