import { signalsEndpoints } from "./endpoints/signals";

export const signalsApi = signalsEndpoints.enhanceEndpoints({
  // The secret of a link goes in a body, so it is no GET; nothing is changed by it.
  endpoints: { showSharedTrackRecord: { invalidatesTags: [] } },
});

export const {
  useDismissSignalMutation,
  useEndFollowMutation,
  useFollowStrategyMutation,
  useListFollowsQuery,
  useListSignalsQuery,
  useShowSharedTrackRecordMutation,
  useShowSignalQuery,
  useShowTrackRecordQuery,
} = signalsApi;
