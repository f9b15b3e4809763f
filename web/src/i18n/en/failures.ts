/** Of the pages in place of one that failed: they must be there when nothing can be fetched. */
export const failures = {
  notFoundTitle: "This page does not exist",
  notFoundText: "The address may be mistyped, or the page has moved. Search for a stock instead, or go back to the dashboard.",
  forbiddenPageTitle: "You do not have access to this page",
  forbiddenPageText: "Your role does not include it. An administrator of your account can change that.",
  unreachableTitle: "ShareWise cannot be reached",
  unreachableText: "You are still signed in. We try again every few seconds, and this page opens by itself.",
  offlineTitle: "You are offline",
  offlineText: "This page is not on your device yet. It opens when the connection is back.",
  brokenTitle: "This page has failed",
  brokenText: "The fault is ours. Reload the page; if it happens again, tell support what you did.",
  reload: "Reload",
} as const;
