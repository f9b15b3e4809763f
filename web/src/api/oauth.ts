import { oauthEndpoints } from "./endpoints/oauth";

export const oauthApi = oauthEndpoints.enhanceEndpoints({
  endpoints: {
    listConnectedApps: { providesTags: ["app"] },
    disconnectApp: { invalidatesTags: ["app", "securityLog"] },
    listRegisteredApps: { providesTags: ["app"] },
    registerApp: { invalidatesTags: ["app"] },
    changeApp: { invalidatesTags: ["app"] },
    deleteApp: { invalidatesTags: ["app"] },
    showAuthorization: { providesTags: [] },
    decideAuthorization: { invalidatesTags: ["app", "securityLog"] },
  },
});

export const {
  useChangeAppMutation,
  useDecideAuthorizationMutation,
  useDeleteAppMutation,
  useDisconnectAppMutation,
  useListConnectedAppsQuery,
  useListRegisteredAppsQuery,
  useRegisterAppMutation,
  useShowAuthorizationQuery,
} = oauthApi;
