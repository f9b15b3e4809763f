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
  addTagTypes: ["stock", "alert", "triggered", "profile", "session"],
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
} = shareWiseApi;

export type {
  AlertOut as Alert,
  CandleOut as Candle,
  PlanOut as Plan,
  SessionOut as SignIn,
  StockOut as Stock,
  TriggeredOut as TriggeredAlert,
  UserOut as Profile,
} from "./generated";
