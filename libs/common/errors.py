"""What a client may be told went wrong: one exception class per thing that a client could act upon.

Pure, so that rules may raise them; `libs.common.web` renders them as RFC 9457 (decisions 11).

    Problem
    ├── BadRequest 400            MalformedJson, AppRequestRefused
    ├── NotAuthenticated 401      InvalidCredentials
    ├── PlanLimit 402             PlanFeature
    ├── PermissionDenied 403      ActingAs, EmailUnverified
    ├── NotFound 404              SymbolNotFound; MethodNotAllowed 405
    ├── RequestTimeout 408
    ├── Conflict 409              SymbolAmbiguous, RequestInProgress
    ├── PayloadTooLarge 413       UnsupportedMediaType 415
    ├── InvalidInput 422          InvalidCursor, InvalidToken, IdempotencyKeyReused
    ├── AccountLocked 423
    ├── TooManyRequests 429
    ├── HeadersTooLarge 431
    ├── InternalError 500
    └── Unavailable 503           StoreUnavailable, UpstreamUnavailable
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class ErrorCode(StrEnum):
    """Every code of every problem. Clients test these, so a name once shipped stays."""

    MALFORMED_REQUEST = "malformed_request"
    MALFORMED_JSON = "malformed_json"
    APP_REQUEST_REFUSED = "app_request_refused"
    IDEMPOTENCY_KEY_REQUIRED = "idempotency_key_required"
    NOT_AUTHENTICATED = "not_authenticated"
    INVALID_CREDENTIALS = "invalid_credentials"
    PLAN_LIMIT = "plan_limit"
    PLAN_FEATURE = "plan_feature"
    PERMISSION_DENIED = "permission_denied"
    ACTING_AS = "acting_as"
    SECOND_FACTOR_REQUIRED = "second_factor_required"
    STEP_UP_REQUIRED = "step_up_required"
    EMAIL_UNVERIFIED = "email_unverified"
    NOT_FOUND = "not_found"
    SYMBOL_NOT_FOUND = "symbol_not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    CONFLICT = "conflict"
    SYMBOL_AMBIGUOUS = "symbol_ambiguous"
    REQUEST_IN_PROGRESS = "request_in_progress"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    VALIDATION_FAILED = "validation_failed"
    INVALID_CURSOR = "invalid_cursor"
    INVALID_TOKEN = "invalid_token"  # noqa: S105  a word, not a secret
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    ACCOUNT_LOCKED = "account_locked"
    TOO_MANY_REQUESTS = "too_many_requests"
    HEADERS_TOO_LARGE = "headers_too_large"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"
    STORE_UNAVAILABLE = "store_unavailable"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_TIMEOUT = "upstream_timeout"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member of the request. `field` is a JSON pointer, such as `/threshold_price`."""

    field: str
    code: str
    message: str


class Problem(Exception):
    """A refusal that the client is told about.

    `detail` names the fact, the value and the remedy, for a person. Keyword members go into the answer as they are
    and must be JSON values; never a secret, never another user's data.
    """

    status: ClassVar[int] = 500
    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL_ERROR
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str | None = None, **members: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or f"{self.title}."
        self.members: Mapping[str, object] = members

    @property
    def headers(self) -> Mapping[str, str]:
        """The HTTP headers that belong to this problem."""
        return {}


class BadRequest(Problem):
    status = 400
    code = ErrorCode.MALFORMED_REQUEST
    title = "The request is malformed"


class MalformedJson(BadRequest):
    code = ErrorCode.MALFORMED_JSON
    title = "The body is not valid JSON"


class AppRequestRefused(BadRequest):
    """An app asks for access in a way that we do not take. Members: `error`, in the words of RFC 6749, and
    `redirect_to`, the way back to the app that tells it so; null where the app or its address is not known to us.
    """

    code = ErrorCode.APP_REQUEST_REFUSED
    title = "The app's request is not valid"

    def __init__(self, detail: str | None = None, *, error: str = "invalid_request", redirect_to: str | None = None):
        super().__init__(detail, error=error, redirect_to=redirect_to)


class IdempotencyKeyRequired(BadRequest):
    code = ErrorCode.IDEMPOTENCY_KEY_REQUIRED
    title = "This call needs an Idempotency-Key header"


class NotAuthenticated(Problem):
    """No credential, or one that is not good. The detail never says why: that would help a forger (security.md, 2)."""

    status = 401
    code = ErrorCode.NOT_AUTHENTICATED
    title = "Sign in to do this"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class InvalidCredentials(NotAuthenticated):
    code = ErrorCode.INVALID_CREDENTIALS
    title = "The name or the password is wrong"


class PlanLimit(Problem):
    """A number of the caller's plan is used up. Members: `limit`, `used`, `upgrade_to` (None on the highest plan)."""

    status = 402
    code = ErrorCode.PLAN_LIMIT
    title = "Your plan's limit is reached"

    def __init__(self, detail: str | None = None, *, limit: int, used: int, upgrade_to: str | None) -> None:
        super().__init__(detail, limit=limit, used=used, upgrade_to=upgrade_to)


class PlanFeature(Problem):
    """The caller's plan does not hold this. Member: `upgrade_to`, the lowest plan that does."""

    status = 402
    code = ErrorCode.PLAN_FEATURE
    title = "Your plan does not include this"

    def __init__(self, detail: str | None = None, *, upgrade_to: str | None) -> None:
        super().__init__(detail, upgrade_to=upgrade_to)


class PermissionDenied(Problem):
    status = 403
    code = ErrorCode.PERMISSION_DENIED
    title = "You may not do this"


class ActingAs(PermissionDenied):
    code = ErrorCode.ACTING_AS
    title = "Acting as another user is read-only"


class SecondFactorRequired(PermissionDenied):
    """Staff work needs a login with a second factor: sign in with one, or set one up first."""

    code = ErrorCode.SECOND_FACTOR_REQUIRED
    title = "This needs a second factor"


class StepUpRequired(PermissionDenied):
    """The login is too old for this. `POST /api/auth/step-up/` proves it anew."""

    code = ErrorCode.STEP_UP_REQUIRED
    title = "Confirm that it is you"


class EmailUnverified(PermissionDenied):
    code = ErrorCode.EMAIL_UNVERIFIED
    title = "Confirm your e-mail address first"


class NotFound(Problem):
    """There is no such thing, or it is not the caller's: the answer is the same (decisions 10)."""

    status = 404
    code = ErrorCode.NOT_FOUND
    title = "There is no such thing here"


class SymbolNotFound(NotFound):
    code = ErrorCode.SYMBOL_NOT_FOUND
    title = "No such symbol"


class MethodNotAllowed(Problem):
    """`allow`: the methods that the address takes, which the answer names (RFC 9110, 15.5.6)."""

    status = 405
    code = ErrorCode.METHOD_NOT_ALLOWED
    title = "This address does not take that method"

    def __init__(self, detail: str | None = None, *, allow: Iterable[str] = ()) -> None:
        super().__init__(detail)
        self.allow = tuple(allow)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Allow": ", ".join(self.allow)}


class RequestTimeout(Problem):
    """The client did not send the whole request in time."""

    status = 408
    code = ErrorCode.REQUEST_TIMEOUT
    title = "The request took too long to arrive"


class Conflict(Problem):
    status = 409
    code = ErrorCode.CONFLICT
    title = "This does not fit the present state"


class SymbolAmbiguous(Conflict):
    """A bare symbol that several exchanges list. Member: `choices`, each as EXCHANGE:SYMBOL."""

    code = ErrorCode.SYMBOL_AMBIGUOUS
    title = "Several exchanges list this symbol"

    def __init__(self, detail: str | None = None, *, choices: Iterable[str] = ()) -> None:
        super().__init__(detail, choices=list(choices))


class _RetryLater(Problem):
    """Base of the problems that name the seconds after which another try makes sense."""

    default_retry_after: ClassVar[float] = 1

    def __init__(self, detail: str | None = None, *, retry_after: float | None = None, **members: object) -> None:
        self.retry_after = max(1, -int(-(self.default_retry_after if retry_after is None else retry_after) // 1))
        super().__init__(detail, retry_after=self.retry_after, **members)

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class RequestInProgress(_RetryLater):
    """The same idempotency key is still being worked on."""

    status = 409
    code = ErrorCode.REQUEST_IN_PROGRESS
    title = "The first call with this key is still running"


class PayloadTooLarge(Problem):
    status = 413
    code = ErrorCode.PAYLOAD_TOO_LARGE
    title = "The body is too large"


class UnsupportedMediaType(Problem):
    status = 415
    code = ErrorCode.UNSUPPORTED_MEDIA_TYPE
    title = "Send application/json"


class InvalidInput(Problem):
    """The request was understood, but holds values that cannot be. `errors` names each."""

    status = 422
    code = ErrorCode.VALIDATION_FAILED
    title = "Some values are not valid"

    def __init__(self, detail: str | None = None, *, errors: Iterable[FieldError] = (), **members: object) -> None:
        self.errors = tuple(errors)
        if detail is None and self.errors:
            detail = self.errors[0].message
        super().__init__(detail, **members)

    @classmethod
    def of(cls, field: str, code: str, message: str) -> InvalidInput:
        """Make the problem of one field. `field` is a JSON pointer."""
        return cls(message, errors=[FieldError(field, code, message)])


class InvalidCursor(InvalidInput):
    code = ErrorCode.INVALID_CURSOR
    title = "This cursor is not one of ours"


class InvalidToken(InvalidInput):
    """A mailed one-time token is unknown, used or past its end; the answer does not say which."""

    code = ErrorCode.INVALID_TOKEN
    title = "This link is no longer valid"


class IdempotencyKeyReused(InvalidInput):
    code = ErrorCode.IDEMPOTENCY_KEY_REUSED
    title = "This idempotency key was used with another body"


class AccountLocked(Problem):
    status = 423
    code = ErrorCode.ACCOUNT_LOCKED
    title = "This account is locked"


class TooManyRequests(_RetryLater):
    """Member and header: `retry_after`, in whole seconds."""

    status = 429
    code = ErrorCode.TOO_MANY_REQUESTS
    title = "Too many requests"


class HeadersTooLarge(Problem):
    status = 431
    code = ErrorCode.HEADERS_TOO_LARGE
    title = "The head of the request is too large"


class InternalError(Problem):
    status = 500
    code = ErrorCode.INTERNAL_ERROR
    title = "Something went wrong on our side"


class Unavailable(_RetryLater):
    """We cannot do this now, and say when to come back."""

    status = 503
    code = ErrorCode.UNAVAILABLE
    title = "This is not available at the moment"
    default_retry_after = 2


class StoreUnavailable(Unavailable):
    """The database cannot be reached, or does not answer in time."""

    code = ErrorCode.STORE_UNAVAILABLE
    title = "Our database is not available at the moment"


class UpstreamUnavailable(Unavailable):
    """Another service or an outside party cannot be reached."""

    code = ErrorCode.UPSTREAM_UNAVAILABLE
    title = "A part of the service is not available at the moment"


class UpstreamTimeout(_RetryLater):
    status = 504
    code = ErrorCode.UPSTREAM_TIMEOUT
    title = "A part of the service took too long to answer"
