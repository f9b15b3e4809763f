from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import SpanKind

from libs.common import telemetry
from libs.common.ids import uuid7
from libs.common.telemetry import TraceContext
from libs.common.testing.client import ClientFor
from libs.common.tests.door import erase, export, make_app
from libs.common.tests.sample import SampleSettings
from libs.common.web import PUBLIC, Router, create_app

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_context_is_read_as_it_was_written() -> None:
    context = TraceContext.parse(PARENT)
    assert context is not None
    assert context.header() == PARENT
    child = context.child()
    assert (child.trace_id, child.sampled) == (context.trace_id, True)
    assert child.span_id != context.span_id


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        PARENT.upper(),
        PARENT.replace("00-4", "ff-4"),
        PARENT + "-more",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_what_is_no_trace_context_begins_a_new_trace(header: str | None) -> None:
    assert TraceContext.parse(header) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_failing(text: str) -> None:
    TraceContext.parse(text)


async def test_a_request_goes_on_with_its_callers_trace(settings: SampleSettings, client_for: ClientFor) -> None:
    router = Router()

    @router.get("/api/trace/", dependencies=[PUBLIC])
    async def trace() -> str | None:
        return telemetry.current_traceparent()

    async with client_for(create_app(settings, routers=[router], exporter=export, eraser=erase)) as client:
        seen = [(await client.get("/api/trace/", headers=headers)).json() for headers in ({"traceparent": PARENT}, {})]
    assert seen[0].split("-")[1] == PARENT.split("-")[1] != seen[1].split("-")[1]
    assert seen[0].split("-")[2] != PARENT.split("-")[2]


async def test_tasks_do_not_share_their_traces() -> None:
    async def run() -> tuple[str, str | None]:
        mine = telemetry.enter_trace(None)
        await asyncio.sleep(0)
        return mine.header(), telemetry.current_traceparent()

    for mine, found in await asyncio.gather(run(), run()):
        assert mine == found


def test_a_metric_is_made_once() -> None:
    first = telemetry.counter("sharewise_test_only_total", "A test's.", ["kind"])
    assert telemetry.counter("sharewise_test_only_total", "A test's.", ["kind"]) is first
    first.labels("x").inc()
    assert b'sharewise_test_only_total{kind="x"} 1.0' in telemetry.render_metrics()


def test_without_an_exporter_a_span_changes_nothing() -> None:
    telemetry.enter_trace(PARENT)
    before = telemetry.current_traceparent()
    with telemetry.span("work"):
        assert telemetry.current_traceparent() == before


async def test_spans_reach_an_exporter_as_one_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    telemetry.enter_trace(PARENT)
    with telemetry.span("outer", "server"):
        outside = telemetry.current_trace()
        with telemetry.span("inner", "client"):
            pass
    inner, outer = exporter.get_finished_spans()
    assert outside is not None
    assert format(outer.context.trace_id, "032x") == PARENT.split("-")[1]
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id == int(outside.span_id, 16)
    provider.shutdown()


async def test_a_request_is_named_by_its_route_and_not_by_the_ids_in_its_path(
    monkeypatch: pytest.MonkeyPatch, settings: SampleSettings, client_for: ClientFor
) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    async with client_for(make_app(settings)) as client:
        await client.get(f"/api/orders/{uuid7()}/")
        await client.get("/api/no-such-thing/")
    names = [recorded.name for recorded in exporter.get_finished_spans() if recorded.kind is SpanKind.SERVER]
    assert names == ["GET /api/orders/{order_id}/", "GET unmatched"]
    provider.shutdown()


async def test_metrics_are_served_as_prometheus_reads_them(settings: SampleSettings, client_for: ClientFor) -> None:
    async with client_for(make_app(settings)) as client:
        answer: httpx.Response = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
