import { signalsEndpoints } from "./endpoints/signals";

export const signalsApi = signalsEndpoints;

export const {
  useDismissSignalMutation,
  useEndFollowMutation,
  useFollowStrategyMutation,
  useListFollowsQuery,
  useListSignalsQuery,
  useShowSignalQuery,
  useShowTrackRecordQuery,
} = signalsApi;
