"""Logs: events with fields, one JSON object a line, secrets and personal data masked at this one place.

    log = get_logger(__name__)
    log.info("order_sent", order_id=order.id, latency_ms=12)

Event names are snake_case and past tense; dashboards count them. Masking is the net, not the plan: nothing that opens a
door belongs in a log call in the first place.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, cast

import orjson
import structlog

from libs.common import telemetry

LogFormat = Literal["json", "console"]

_SECRET_NAME = re.compile(
    r"passw|pwd|secret|token(?!_type)|authorization|cookie|api_?key|pepper|credential|private|(?:^|_)otp|pan$|aadhaar|dsn|"
    r"idempotency_key|^ticket$",
    re.IGNORECASE,
)
_MASK = "***"
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*")
_OPAQUE = re.compile(r"\b(?:rt_|sw_live_|sw_test_)[A-Za-z0-9_.\-]+")
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
_EMAIL = re.compile(r"\b([A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_URL_LOGIN = re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@")
_QUERY_SECRET = re.compile(r"([?&](?:token|ticket|code|key|apikey|api_key|signature|secret)=)[^&\s\"']+", re.IGNORECASE)
_PAN = re.compile(r"\b[A-Z]{5}[0-9]{4}[A-Z]\b")
_DIGITS = re.compile(r"(?<![\w.-])(?:\d[ -]?){11,18}\d(?![\w.-])")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Get a logger. Safe at import time: configuration is looked up at the first call."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))


def configure_logging(service: str, *, level: str = "INFO", log_format: LogFormat = "json") -> None:
    """Send all logs, those of libraries included, to stderr in one form.

    level: a name of the standard library's levels.
    """
    shared = _processors(service)
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(serializer=_dumps)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="ts")
    )
    _use(shared)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "asyncio", "arq.worker", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def bind_request(**fields: object) -> None:
    """Put fields on every later log line of the current task."""
    structlog.contextvars.bind_contextvars(**fields)


def clear_request() -> None:
    """Forget the bound fields: called once at the edge of each request, job and event."""
    structlog.contextvars.clear_contextvars()


def hashed_id(value: object) -> str:
    """Name a person in a log without naming the person: the same id gives the same 12 hex digits in every service.

    value: a random id, which nobody can guess back; never a mail address or a phone number.
    """
    return hashlib.sha256(f"log {value}".encode()).hexdigest()[:12]


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what must not be logged, by the name of the field and by the look of the value."""
    for key, value in event.items():
        event[key] = _masked(key, value)
    return event


def mask_text(text: str) -> str:
    """Replace tokens, credentials, mail addresses, card, PAN and Aadhaar numbers in a text."""
    text = _JWT.sub(_MASK, text)
    text = _OPAQUE.sub(_MASK, text)
    text = _BEARER.sub(r"\1 " + _MASK, text)
    text = _URL_LOGIN.sub(r"\1:" + _MASK + "@", text)
    text = _QUERY_SECRET.sub(r"\1" + _MASK, text)
    if "@" in text:
        text = _EMAIL.sub(r"\1***@\2", text)
    text = _PAN.sub(_MASK, text)
    return _DIGITS.sub(_masked_number, text)


class _Stamp:
    """Adds the service, and the ids of the request and the trace where there are any."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", self._service)
        request_id = telemetry.current_request_id()
        if request_id is not None:
            event.setdefault("request_id", request_id)
        trace = telemetry.current_trace()
        if trace is not None:
            event.setdefault("trace_id", trace.trace_id)
        return event


def _processors(service: str) -> list[structlog.types.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _Stamp(service),
        structlog.processors.format_exc_info,
        mask,
    ]


def _use(processors: list[structlog.types.Processor]) -> None:
    formatted = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *processors, formatted],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


# A process that configured nothing (a test, a script) masks too: structlog's own default prints local variables.
_use(_processors("unnamed"))


def _masked(key: str, value: Any) -> Any:
    if key == "event" or key == "ts" or value is None or isinstance(value, bool | int | float):
        return mask_text(value) if isinstance(value, str) else value
    if _SECRET_NAME.search(key):
        return _MASK
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, dict):
        return {inner: _masked(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, item) for item in value]
    return mask_text(str(value))


def _masked_number(match: re.Match[str]) -> str:
    """Mask 12-digit numbers (Aadhaar) and Luhn-valid ones of 13 to 19 digits (cards); leave other numbers alone."""
    digits = [int(char) for char in match[0] if char.isdigit()]
    if len(digits) == 12:
        return _MASK
    doubled = (digit * 2 - 9 * (digit > 4) if i % 2 else digit for i, digit in enumerate(reversed(digits)))
    return _MASK if sum(doubled) % 10 == 0 else match[0]


def _dumps(event: MutableMapping[str, Any], **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
