import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf, type Problem } from "@/api/problem";
import { clockTime, recently } from "@/format/time";
import { useNow } from "@/live/now";
import { usePreferences } from "@/preferences/hooks";
import { ErrorPanel, ForbiddenPanel, LimitPanel, MissingPanel } from "./Notices";

/** What a region needs to know of its query; RTK Query's results fit. */
export interface Region<T> {
  data?: T;
  error?: unknown;
  fulfilledTimeStamp?: number;
  refetch: () => unknown;
}

interface DataStateProps<T> {
  query: Region<T>;
  /** Completes "We could not load …" and "Loading …". */
  what: string;
  /** As large as the data will be, so that nothing jumps. */
  skeleton: ReactNode;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

const SKELETON_AFTER_MS = 150;

/**
 * A region of data in each of its states: loading, empty, error, stale (what we had, with its age) and not allowed.
 * Every region of every page is one of these, so that no page can forget one.
 */
export function DataState<T>({ query, what, skeleton, isEmpty, empty, children }: DataStateProps<T>) {
  if (query.data !== undefined) {
    const nothing = isEmpty?.(query.data) === true;
    return (
      <>
        {query.error !== undefined && <StaleBanner query={query} what={what} />}
        {nothing ? empty : children(query.data)}
      </>
    );
  }
  if (query.error === undefined) return <Loading what={what}>{skeleton}</Loading>;
  const problem = problemOf(query.error);
  if (problem.status === 402) return <LimitPanel problem={problem} />;
  if (problem.status === 403) return <ForbiddenPanel problem={problem} what={what} />;
  if (isMissing(problem)) return <MissingPanel what={what} />;
  return <ErrorPanel problem={problem} what={what} onRetry={query.refetch} />;
}

/** Nothing is there, or the address cannot name anything: a part of it has not the form of an id. */
function isMissing(problem: Problem): boolean {
  const { status, errors } = problem;
  return status === 404 || (status === 422 && errors.length > 0 && errors.every((error) => error.field.startsWith("/path/")));
}

/** The skeleton's space is taken at once; it shows itself only when the answer takes longer than an eye's blink. */
function Loading({ what, children }: { what: string; children: ReactNode }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Box aria-busy="true">
      <span className="visually-hidden" role="status">
        {t("ui.loading", { what })}
      </span>
      <Box aria-hidden sx={{ visibility: shown ? "visible" : "hidden" }}>
        {children}
      </Box>
    </Box>
  );
}

function StaleBanner<T>({ query, what }: { query: Region<T>; what: string }) {
  const { t } = useTranslation();
  const { zone } = usePreferences();
  const now = useNow();
  const since = new Date(query.fulfilledTimeStamp ?? now).toISOString();
  const age = recently(since, now);
  return (
    <Alert
      severity="warning"
      role="status"
      sx={{ mb: 2 }}
      action={
        <Button color="inherit" size="small" onClick={query.refetch}>
          {t("ui.retry")}
        </Button>
      }
    >
      {age === null
        ? t("ui.showingOlderAt", { what, time: clockTime(since, zone) })
        : t("ui.showingOlder", { what, age })}
    </Alert>
  );
}
