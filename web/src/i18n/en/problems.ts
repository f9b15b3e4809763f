/** What a person reads for a problem, by its code; for a code that is not here, the API's own words are shown. */
export const problems = {
  unreachable: "ShareWise cannot be reached. Check your connection; we keep trying.",
  timed_out: "The answer took longer than ten seconds.",
  unreadable_answer: "The server answered with something we cannot read.",
  unexpected: "Something went wrong that we did not expect.",
  internal_error: "Something went wrong on our side.",
  store_unavailable: "Our database is not answering. Nothing was lost; try again in a moment.",
  upstream_unavailable: "A part of ShareWise is not answering. Try again in a moment.",
  rate_limited: "Too many requests. Try again in {{seconds}} s.",
  invalid_credentials: "The address, user name or password is wrong.",
  email_unverified: "Your e-mail address is not verified yet. Open the link in the mail that we sent you.",
  account_locked: "This account is locked. Write to support to have it opened.",
  too_many_requests: "That was too often. Try again in {{seconds}} s.",
  step_up_required: "This needs a fresh proof that it is you. Sign out and log in again, then do it within five minutes.",
  plan_limit: "Your plan allows {{count}} active alerts. Pause or delete one, or choose a larger plan.",
  idempotency_key_reused: "This form has already created an alert. Open a new form for another one.",
  validation_failed: "Some fields need your attention.",
} as const;
