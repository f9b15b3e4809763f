"""Chart pages of our own: a real HTTP server that answers as the keyless source does, and misbehaves when told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


@dataclass
class Yahoo:
    """What the server holds. metas: `meta` by symbol. bars: (start, open, high, low, close, volume), holes None.

    refusals: status codes to come in place of the next answers.
    """

    metas: dict[str, dict[str, Any]] = field(default_factory=dict)
    bars: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    refusals: list[int] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: Request) -> Response:
        symbol = request.path_params["symbol"]
        self.asked.append((symbol, dict(request.query_params)))
        if self.refusals:
            return PlainTextResponse("Too Many Requests", status_code=self.refusals.pop(0))
        if symbol not in self.metas:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return JSONResponse({"chart": {"result": None, "error": error}}, status_code=404)
        bars = self.bars.get(symbol, [])
        starts, *columns = zip(*bars, strict=True) if bars else [()] * 6
        names = ("open", "high", "low", "close", "volume")
        result = {
            "meta": {"symbol": symbol, "priceHint": 2, **self.metas[symbol]},
            "timestamp": list(starts),
            "indicators": {"quote": [{name: list(column) for name, column in zip(names, columns, strict=True)}]},
        }
        return JSONResponse({"chart": {"result": [result], "error": None}})

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v8/finance/chart/{symbol}", self.answer)])
