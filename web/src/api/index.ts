/**
 * The API as the pages use it: the generated endpoints with our cache rules. Everything imports from here, nothing
 * from `generated.ts`, so that a renamed operation changes one file.
 */
import { quoteOfStock, type Quotes } from "@/live/quotes";
import type { ApiExtra } from "./base";
import { generatedApi, type StockOut } from "./generated";

function putIfPriced(quotes: Quotes, stock: StockOut): void {
  const update = quoteOfStock(stock);
  if (update !== null) quotes.put(update);
}

export const shareWiseApi = generatedApi.enhanceEndpoints({
  addTagTypes: ["stock", "alert", "triggered", "profile", "session", "permissions", "person", "role_change", "support_access", "factor", "securityLog"],
  endpoints: {
    // Every price that REST brings goes where the socket's prices go, so that a page shows one truth.
    listStocks: {
      providesTags: ["stock"],
      onQueryStarted: async (_, { queryFulfilled, extra }) => {
        const { quotes } = extra as ApiExtra;
        const { data } = await queryFulfilled.catch(() => ({ data: [] }));
        for (const stock of data) putIfPriced(quotes, stock);
      },
    },
    getStock: {
      providesTags: ["stock"],
      onQueryStarted: async (_, { queryFulfilled, extra }) => {
        const { quotes } = extra as ApiExtra;
        const { data } = await queryFulfilled.catch(() => ({ data: null }));
        if (data !== null) putIfPriced(quotes, data);
      },
    },
    // An answer about one page of history does not age when an alert changes.
    listCandles: { providesTags: [] },
    listInstruments: { providesTags: [] },
    listAlerts: { providesTags: ["alert"] },
    showAlert: { providesTags: ["alert"] },
    listTriggeredAlerts: { providesTags: ["triggered"] },
    createAlert: { invalidatesTags: ["alert"] },
    changeAlert: { invalidatesTags: ["alert"] },
    deleteAlert: { invalidatesTags: ["alert", "triggered"] },
    showMe: { providesTags: ["profile"] },
    changeMe: { invalidatesTags: ["profile"] },
    listSessions: { providesTags: ["session"] },
    endSession: { invalidatesTags: ["session"] },
    showMyPermissions: { providesTags: ["permissions"] },
    listUsers: { providesTags: ["person"] },
    showPerson: { providesTags: ["person"] },
    changePerson: { invalidatesTags: ["person", "role_change"] },
    unlockPerson: { invalidatesTags: ["person"] },
    forcePasswordReset: { invalidatesTags: ["person"] },
    endSessionsOf: { invalidatesTags: ["person"] },
    endSessionOf: { invalidatesTags: ["person"] },
    listRoleChanges: { providesTags: ["role_change"] },
    approveRoleChange: { invalidatesTags: ["person", "role_change"] },
    refuseRoleChange: { invalidatesTags: ["person", "role_change"] },
    startActing: { invalidatesTags: [] },
    showSupportAccess: { providesTags: ["support_access"] },
    allowSupportAccess: { invalidatesTags: ["support_access"] },
    withdrawSupportAccess: { invalidatesTags: ["support_access"] },
    endOtherSessions: { invalidatesTags: ["session", "securityLog"] },
    showTwoFactor: { providesTags: ["factor"] },
    enrollTwoFactor: { invalidatesTags: [] },
    confirmTwoFactor: { invalidatesTags: ["factor", "session", "securityLog"] },
    disableTwoFactor: { invalidatesTags: ["factor", "session", "securityLog"] },
    renewRecoveryCodes: { invalidatesTags: ["factor", "securityLog"] },
    listPasskeys: { providesTags: ["factor"] },
    beginPasskey: { invalidatesTags: [] },
    addPasskey: { invalidatesTags: ["factor", "session", "securityLog"] },
    renamePasskey: { invalidatesTags: ["factor"] },
    removePasskey: { invalidatesTags: ["factor", "session", "securityLog"] },
    listLinks: { providesTags: ["factor"] },
    startLink: { invalidatesTags: [] },
    finishLink: { invalidatesTags: ["factor", "securityLog"] },
    unlink: { invalidatesTags: ["factor", "securityLog"] },
    startSignIn: { invalidatesTags: [] },
    listSecurityEvents: { providesTags: ["securityLog"] },
    beginStepUp: { invalidatesTags: [] },
    stepUp: { invalidatesTags: [] },
    register: { invalidatesTags: [] },
    verifyEmail: { invalidatesTags: [] },
    resendLink: { invalidatesTags: [] },
  },
});

/** The one spelling of "all monitored stocks", so that every reader shares one cache entry. */
export const ALL_STOCKS = {};

export const {
  useRegisterMutation,
  useVerifyEmailMutation,
  useResendLinkMutation,
  useListStocksQuery,
  useGetStockQuery,
  useListCandlesQuery,
  useLazyListCandlesQuery,
  useListInstrumentsQuery,
  useListAlertsQuery,
  useShowAlertQuery,
  useListProvidersQuery,
  useStartSignInMutation,
  useListLinksQuery,
  useStartLinkMutation,
  useFinishLinkMutation,
  useUnlinkMutation,
  useListTriggeredAlertsQuery,
  useCreateAlertMutation,
  useChangeAlertMutation,
  useDeleteAlertMutation,
  useListPlansQuery,
  useGetMarketStatusQuery,
  useShowMeQuery,
  useChangeMeMutation,
  useListSessionsQuery,
  useEndSessionMutation,
  useShowMyPermissionsQuery,
  useListUsersQuery,
  useShowPersonQuery,
  useChangePersonMutation,
  useUnlockPersonMutation,
  useForcePasswordResetMutation,
  useEndSessionsOfMutation,
  useEndSessionOfMutation,
  useListRoleChangesQuery,
  useApproveRoleChangeMutation,
  useRefuseRoleChangeMutation,
  useStartActingMutation,
  useShowSupportAccessQuery,
  useAllowSupportAccessMutation,
  useWithdrawSupportAccessMutation,
  useEndOtherSessionsMutation,
  useShowTwoFactorQuery,
  useEnrollTwoFactorMutation,
  useConfirmTwoFactorMutation,
  useDisableTwoFactorMutation,
  useRenewRecoveryCodesMutation,
  useListPasskeysQuery,
  useBeginPasskeyMutation,
  useAddPasskeyMutation,
  useRenamePasskeyMutation,
  useRemovePasskeyMutation,
  useListSecurityEventsQuery,
  useLazyListSecurityEventsQuery,
  useBeginStepUpMutation,
  useStepUpMutation,
} = shareWiseApi;

export type {
  AccountStatus,
  AlertOut as Alert,
  EnrolmentOut as Enrolment,
  Method,
  NewCredentialIn as NewCredential,
  PasskeyOut as Passkey,
  SecurityEventOut as SecurityEvent,
  StepUpQuestionOut as StepUpQuestion,
  TwoFactorOut as TwoFactor,
  CandleOut as Candle,
  Permission,
  PersonDetailOut as PersonDetail,
  PersonOut as Person,
  PlanOut as Plan,
  Role,
  RoleChangeOut as RoleChange,
  SessionOut as SignIn,
  StockOut as Stock,
  Tier2 as Tier,
  TriggeredOut as TriggeredAlert,
  UserOut as Profile,
} from "./generated";
