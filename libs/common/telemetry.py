"""Metrics and traces: what a process tells about itself while it runs.

Metrics are Prometheus, made once per process by name. A trace context (W3C traceparent) is always carried, in HTTP
headers and event envelopes, so that logs of several processes can be joined; spans are exported only to an endpoint
that is set.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar, cast

from opentelemetry import trace as otel
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

# Seconds. Dense where our budgets lie: the door adds tens of microseconds, a trigger has 50 ms.
LATENCY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of the page for what nobody asks

_SAMPLED = otel.TraceFlags(otel.TraceFlags.SAMPLED)

METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

M = TypeVar("M", Counter, Gauge, Histogram)


def counter(name: str, documentation: str, labels: Sequence[str] = ()) -> Counter:
    """Get this process's counter of that name, making it at the first call."""
    return _once(Counter, name, documentation, labels)


def gauge(name: str, documentation: str, labels: Sequence[str] = ()) -> Gauge:
    """Get this process's gauge of that name, making it at the first call."""
    return _once(Gauge, name, documentation, labels)


def histogram(
    name: str, documentation: str, labels: Sequence[str] = (), buckets: Sequence[float] = LATENCY_BUCKETS
) -> Histogram:
    """Get this process's histogram of that name, making it at the first call. Durations are in seconds."""
    return _once(Histogram, name, documentation, labels, buckets=tuple(buckets))


def render_metrics() -> bytes:
    """Write all metrics in Prometheus' text form."""
    return generate_latest(REGISTRY)


_made: dict[str, Counter | Gauge | Histogram] = {}


def _once(kind: type[M], name: str, documentation: str, labels: Sequence[str], **options: Any) -> M:
    if name not in _made:
        _made[name] = kind(name, documentation, tuple(labels), **options)
    return cast(M, _made[name])


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where we are in a trace: lower-case hex ids as in the traceparent header."""

    trace_id: str
    span_id: str
    sampled: bool

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_hex(16), secrets.token_hex(8), sampled=False)

    @classmethod
    def parse(cls, header: str | None) -> Self | None:
        """Read a traceparent header; None for what is none (version 00 only, all-zero ids are invalid by the norm)."""
        match = _TRACEPARENT.fullmatch(header or "")
        if match is None or match[1].strip("0") == "" or match[2].strip("0") == "":
            return None
        return cls(match[1], match[2], sampled=int(match[3], 16) & 1 == 1)

    def child(self) -> TraceContext:
        return TraceContext(self.trace_id, secrets.token_hex(8), self.sampled)

    def header(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


_context: ContextVar[TraceContext | None] = ContextVar("trace_context", default=None)
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def enter_trace(traceparent: str | None) -> TraceContext:
    """Go on with the trace that a header or an envelope names, or begin one. Lasts for the current task."""
    parent = TraceContext.parse(traceparent)
    context = TraceContext.new() if parent is None else parent.child()
    _context.set(context)
    return context


def current_trace() -> TraceContext | None:
    return _context.get()


def current_traceparent() -> str | None:
    """The header to send along with a call or an event; None outside any trace."""
    context = _context.get()
    return None if context is None else context.header()


def set_request_id(request_id: str | None) -> None:
    _request_id.set(request_id)


def current_request_id() -> str | None:
    return _request_id.get()


_tracer: otel.Tracer | None = None


def start_tracing(service: str, endpoint: str | None) -> None:
    """Export spans to an OTLP/HTTP endpoint. Does nothing without one, so that nobody pays for it."""
    global _tracer
    if endpoint is None or _tracer is not None:
        return
    # Half a second of imports, for those who export only.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    _tracer = provider.get_tracer("sharewise")


@contextmanager
def span(
    name: str, kind: Literal["server", "client", "consumer", "internal"] = "internal"
) -> Iterator[Callable[[str], None]]:
    """Record the block as a span of the current trace, and make it the parent of what is called inside.

    Gives a function that names it anew, for a name that is known at the end only. Without an exporter this costs one
    comparison.
    """
    here = _context.get()
    if _tracer is None or here is None:
        yield _name_nothing
        return
    parent = otel.set_span_in_context(
        otel.NonRecordingSpan(
            otel.SpanContext(int(here.trace_id, 16), int(here.span_id, 16), is_remote=True, trace_flags=_SAMPLED)
        )
    )
    with _tracer.start_as_current_span(name, context=parent, kind=otel.SpanKind[kind.upper()]) as recorded:
        inner = recorded.get_span_context()
        token = _context.set(TraceContext(here.trace_id, format(inner.span_id, "016x"), sampled=True))
        try:
            yield recorded.update_name
        finally:
            _context.reset(token)


def _name_nothing(_name: str) -> None: ...
