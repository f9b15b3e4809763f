"""What the door tells about each request: one log line and its share of the metrics, for about two microseconds.

The log line has the form of `libs.common.logging`; structlog would take a third of the door's budget to write it.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import orjson
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import REGISTRY, Collector

from libs.common.logging import LogFormat, mask_text
from libs.common.telemetry import LATENCY_BUCKETS

FLUSH_BYTES = 32 * 1024
FLUSH_S = 0.2

# Longer than a UUID: nothing of ours, but it may be a credential that a client put into an address.
_MAY_BE_SECRET = re.compile(rb"[^/:@]{41,}")


def loggable(path: bytes) -> str:
    """Write a path for the log. Clients choose paths, so what may be a credential or an address of mail is masked."""
    shown = _MAY_BE_SECRET.sub(b"***", path).decode("latin-1")
    return mask_text(shown) if "@" in shown else shown


class Traffic(Collector):
    """Requests by route, method and status, with their times. Labels are bounded: routes are rows of our table."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, int], int] = {}
        self._times: dict[str, tuple[list[int], list[float]]] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status)
        self._answers[key] = self._answers.get(key, 0) + 1
        times = self._times.get(route)
        if times is None:
            times = self._times[route] = ([0] * (len(LATENCY_BUCKETS) + 1), [0.0])
        times[0][bisect_left(LATENCY_BUCKETS, seconds)] += 1
        times[1][0] += seconds

    def collect(self) -> Iterator[Metric]:
        answers = CounterMetricFamily("sharewise_door_requests", "Answers.", labels=["route", "method", "status"])
        for (route, method, status), count in self._answers.items():
            answers.add_metric([route, method, str(status)], count)
        yield answers
        times = HistogramMetricFamily("sharewise_door_request_seconds", "Time to answer.", labels=["route"])
        for route, (buckets, total) in self._times.items():
            running, rows = 0, []
            for edge, count in zip((*map(str, LATENCY_BUCKETS), "+Inf"), buckets, strict=True):
                running += count
                rows.append((edge, running))
            times.add_metric([route], buckets=rows, sum_value=total[0])
        yield times

    @contextmanager
    def published(self) -> Iterator[None]:
        """Show them among the process's metrics for the length of the block."""
        REGISTRY.register(self)
        try:
            yield
        finally:
            REGISTRY.unregister(self)


class AccessLog:
    """One line a request, gathered and written a few times a second."""

    def __init__(self, *, log_format: LogFormat, enabled: bool = True, descriptor: int = 2) -> None:
        self._enabled = enabled
        self._is_json = log_format == "json"
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._size = 0

    def write(self, fields: dict[str, Any]) -> None:
        """Note an answered request. The fields are ours and hold neither secrets nor query strings."""
        if not self._enabled:
            return
        now = datetime.now(UTC)
        if self._is_json:
            line = orjson.dumps(
                {"ts": now, "level": "info", "service": "gateway", "event": "request_answered", **fields},
                option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE,
            )
        else:
            words = " ".join(f"{name}={value}" for name, value in fields.items())
            line = f"{now:%Y-%m-%dT%H:%M:%S.%fZ} [info     ] request_answered               {words}\n".encode()
        self._lines.append(line)
        self._size += len(line)
        if self._size >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered. A log that cannot be written fails no request."""
        left = b"".join(self._lines)
        self._lines.clear()
        self._size = 0
        with suppress(OSError):
            while left:
                left = left[os.write(self._descriptor, left) :]
