// Calls of "oauth". Made by `npm run codegen` from openapi.json.
import { api } from "../base";
import type {
  ChangeAppApiArg,
  ChangeAppApiResponse,
  DecideAuthorizationApiArg,
  DecideAuthorizationApiResponse,
  DeleteAppApiArg,
  DeleteAppApiResponse,
  DisconnectAppApiArg,
  DisconnectAppApiResponse,
  IntrospectAppTokenApiArg,
  IntrospectAppTokenApiResponse,
  IssueAppTokensApiArg,
  IssueAppTokensApiResponse,
  ListConnectedAppsApiArg,
  ListConnectedAppsApiResponse,
  ListRegisteredAppsApiArg,
  ListRegisteredAppsApiResponse,
  RegisterAppApiArg,
  RegisterAppApiResponse,
  RenewAppSecretApiArg,
  RenewAppSecretApiResponse,
  RevokeAppTokensApiArg,
  RevokeAppTokensApiResponse,
  ShowAuthorizationApiArg,
  ShowAuthorizationApiResponse,
  ShowOauthMetadataApiArg,
  ShowOauthMetadataApiResponse,
} from "../generated";

export const oauthEndpoints = api.enhanceEndpoints({ addTagTypes: ["oauth"] }).injectEndpoints({
  endpoints: (build) => ({
    showOauthMetadata: build.query<
      ShowOauthMetadataApiResponse,
      ShowOauthMetadataApiArg
    >({
      query: () => ({ url: `/.well-known/oauth-authorization-server` }),
      providesTags: ["oauth"],
    }),
    listRegisteredApps: build.query<
      ListRegisteredAppsApiResponse,
      ListRegisteredAppsApiArg
    >({
      query: () => ({ url: `/api/oauth/apps/` }),
      providesTags: ["oauth"],
    }),
    registerApp: build.mutation<RegisterAppApiResponse, RegisterAppApiArg>({
      query: (queryArg) => ({
        url: `/api/oauth/apps/`,
        method: "POST",
        body: queryArg.authAppCreate,
      }),
      invalidatesTags: ["oauth"],
    }),
    deleteApp: build.mutation<DeleteAppApiResponse, DeleteAppApiArg>({
      query: (queryArg) => ({
        url: `/api/oauth/apps/${encodeURIComponent(String(queryArg.appId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["oauth"],
    }),
    changeApp: build.mutation<ChangeAppApiResponse, ChangeAppApiArg>({
      query: (queryArg) => ({
        url: `/api/oauth/apps/${encodeURIComponent(String(queryArg.appId))}/`,
        method: "PATCH",
        body: queryArg.authAppChange,
      }),
      invalidatesTags: ["oauth"],
    }),
    renewAppSecret: build.mutation<
      RenewAppSecretApiResponse,
      RenewAppSecretApiArg
    >({
      query: (queryArg) => ({
        url: `/api/oauth/apps/${encodeURIComponent(String(queryArg.appId))}/secret/`,
        method: "POST",
      }),
      invalidatesTags: ["oauth"],
    }),
    showAuthorization: build.query<
      ShowAuthorizationApiResponse,
      ShowAuthorizationApiArg
    >({
      query: (queryArg) => ({
        url: `/api/oauth/authorize/`,
        params: {
          response_type: queryArg.responseType,
          client_id: queryArg.clientId,
          redirect_uri: queryArg.redirectUri,
          scope: queryArg.scope,
          state: queryArg.state,
          code_challenge: queryArg.codeChallenge,
          code_challenge_method: queryArg.codeChallengeMethod,
        },
      }),
      providesTags: ["oauth"],
    }),
    decideAuthorization: build.mutation<
      DecideAuthorizationApiResponse,
      DecideAuthorizationApiArg
    >({
      query: (queryArg) => ({
        url: `/api/oauth/authorize/`,
        method: "POST",
        body: queryArg.authDecision,
      }),
      invalidatesTags: ["oauth"],
    }),
    introspectAppToken: build.mutation<
      IntrospectAppTokenApiResponse,
      IntrospectAppTokenApiArg
    >({
      query: (queryArg) => ({
        url: `/api/oauth/introspect/`,
        method: "POST",
        body: queryArg.body,
      }),
      invalidatesTags: ["oauth"],
    }),
    revokeAppTokens: build.mutation<
      RevokeAppTokensApiResponse,
      RevokeAppTokensApiArg
    >({
      query: (queryArg) => ({
        url: `/api/oauth/revoke/`,
        method: "POST",
        body: queryArg.body,
      }),
      invalidatesTags: ["oauth"],
    }),
    issueAppTokens: build.mutation<
      IssueAppTokensApiResponse,
      IssueAppTokensApiArg
    >({
      query: (queryArg) => ({
        url: `/api/oauth/token/`,
        method: "POST",
        body: queryArg.body,
      }),
      invalidatesTags: ["oauth"],
    }),
    listConnectedApps: build.query<
      ListConnectedAppsApiResponse,
      ListConnectedAppsApiArg
    >({
      query: () => ({ url: `/api/users/me/apps/` }),
      providesTags: ["oauth"],
    }),
    disconnectApp: build.mutation<
      DisconnectAppApiResponse,
      DisconnectAppApiArg
    >({
      query: (queryArg) => ({
        url: `/api/users/me/apps/${encodeURIComponent(String(queryArg.appId))}/`,
        method: "DELETE",
      }),
      invalidatesTags: ["oauth"],
    }),
  }),
  overrideExisting: false,
});
