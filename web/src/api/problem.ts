/**
 * What went wrong, in one shape, whether the API said so (RFC 9457, `code` is the part to test for) or nothing answered.
 */
export interface Problem {
  /** HTTP status; null when no answer came. */
  status: number | null;
  /** The API's stable code, or one of ours: `unreachable`, `timed_out`, `unreadable_answer`, `unexpected`. */
  code: string;
  title: string;
  detail: string;
  requestId: string | null;
  errors: FieldProblem[];
  /** Members of `plan_limit` and `plan_feature`. */
  limit: number | null;
  upgradeTo: string | null;
  retryAfterSeconds: number | null;
}

export interface FieldProblem {
  /** JSON pointer into the request body: `/threshold_price`. */
  field: string;
  code: string;
  message: string;
}

const EMPTY: Problem = {
  status: null,
  code: "unexpected",
  title: "",
  detail: "",
  requestId: null,
  errors: [],
  limit: null,
  upgradeTo: null,
  retryAfterSeconds: null,
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function count(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function fieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((item) => ({
    field: text(item.field) ?? "",
    code: text(item.code) ?? "invalid",
    message: text(item.message) ?? "",
  }));
}

/** Read a problem+json body. `status` is that of the answer. */
export function problemOfBody(status: number, body: unknown): Problem {
  if (!isRecord(body)) return { ...EMPTY, status, code: "unreadable_answer" };
  return {
    status,
    code: text(body.code) ?? "unexpected",
    title: text(body.title) ?? "",
    detail: text(body.detail) ?? "",
    requestId: text(body.request_id),
    errors: fieldProblems(body.errors),
    limit: count(body.limit),
    upgradeTo: text(body.upgrade_to),
    retryAfterSeconds: count(body.retry_after),
  };
}

/** Read what RTK Query, `fetch` or a thrown value gives as an error. */
export function problemOf(error: unknown): Problem {
  if (isRecord(error)) {
    if (typeof error.status === "number") return problemOfBody(error.status, error.data);
    if (error.status === "TIMEOUT_ERROR" || error.name === "TimeoutError") return { ...EMPTY, code: "timed_out" };
    if (error.status === "FETCH_ERROR" || error instanceof TypeError) return { ...EMPTY, code: "unreachable" };
    if (error.status === "PARSING_ERROR") {
      return { ...EMPTY, status: count(error.originalStatus), code: "unreadable_answer" };
    }
  }
  return EMPTY;
}

/** The message for one field of a form, by its JSON pointer. */
export function messageFor(problem: Problem, field: string): string | null {
  return problem.errors.find((error) => error.field === `/${field}` || error.field.startsWith(`/${field}/`))?.message ?? null;
}
