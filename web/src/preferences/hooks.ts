import { useDispatch, useSelector } from "react-redux";
import type { preferences, Preferences } from "./slice";

type State = { preferences: ReturnType<typeof preferences.reducer> };

export function usePreferences(): Preferences {
  return useSelector((state: State) => state.preferences);
}

export const usePreferencesDispatch = useDispatch;
