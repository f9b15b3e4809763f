"""`/api/openapi.json` and `/docs`: the merged document, fetched from the services when somebody asks, and its page."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from html import escape
from typing import Any

import orjson

from gateway.answers import API_HEADERS
from gateway.credentials import Visitor
from gateway.door import Page, Visit
from gateway.pages.files import BuiltFiles
from gateway.pages.policy import app_policy, page_headers
from gateway.pages.text import text_page
from gateway.proxy.fetch import fetch
from gateway.proxy.upstream import Upstream
from gateway.reference.merge import Clash, merge, operations
from gateway.reference.own import OWN_PATHS
from libs.common.errors import InternalError
from libs.common.logging import get_logger

log = get_logger(__name__)

KEEP_S = 60.0
KEEP_PARTIAL_S = 2.0
FETCH_S = 5.0

VIEWER = "/docs/viewer.js"
VIEWER_STYLE = "/docs/viewer.css"
"""Swagger UI's stand-alone files, put there by the build of the web app: nothing is loaded from elsewhere."""


class Reference:
    """Keeps the last good document of each service: one that is away for a while does not vanish from the reference."""

    def __init__(self, upstreams: Mapping[str, Upstream], files: BuiltFiles) -> None:
        self._upstreams = upstreams
        self._files = files
        self._parts: dict[str, dict[str, Any]] = {}
        self._merged: dict[str, Any] = {}
        self._good_until = float("-inf")
        self._lock = asyncio.Lock()

    async def serve_document(self, _visit: Visit, _visitor: Visitor | None) -> Page:
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"public, max-age=60"), *API_HEADERS]
        return 200, headers, orjson.dumps(await self.document())

    async def serve_page(self, _visit: Visit, _visitor: Visitor | None) -> Page:
        """Serve the viewer, or a plain list of the operations where the viewer is not built."""
        nonce = secrets.token_urlsafe(16)
        headers = [
            *page_headers("text/html; charset=utf-8", app_policy(nonce)),
            (b"cache-control", b"no-cache"),
        ]
        if self._files.find(VIEWER) is None:
            return 200, headers, _plain_page(await self.document())
        return 200, headers, _viewer_page(nonce)

    async def document(self) -> dict[str, Any]:
        """Give the merged document. `x-away` names services whose part is missing. Raises InternalError on a clash."""
        async with self._lock:
            if time.monotonic() >= self._good_until:
                await self._renew()
            return self._merged

    async def _renew(self) -> None:
        names = list(self._upstreams)
        parts = await asyncio.gather(*(self._fetch(self._upstreams[name]) for name in names))
        self._parts |= {name: part for name, part in zip(names, parts, strict=True) if part is not None}
        try:
            self._merged = merge(self._parts, own=OWN_PATHS)
        except Clash as error:
            log.exception("reference_not_merged")
            raise InternalError from error
        away = [name for name in names if name not in self._parts]
        if away:
            self._merged["x-away"] = away
        self._good_until = time.monotonic() + (KEEP_PARTIAL_S if None in parts else KEEP_S)

    async def _fetch(self, upstream: Upstream) -> dict[str, Any] | None:
        reply = await fetch(upstream, b"/openapi.json", within_s=FETCH_S)
        if reply is None or reply[0] != 200:
            return None
        try:
            part = orjson.loads(reply[1])
        except orjson.JSONDecodeError:
            return None
        return part if isinstance(part, dict) else None


def _viewer_page(nonce: str) -> bytes:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width,initial-scale=1"><title>API · ShareWise</title>'
        f'<link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="{VIEWER_STYLE}"></head><body>'
        '<div id="reference"></div>'
        f'<script nonce="{nonce}" src="{VIEWER}"></script>'
        f'<script nonce="{nonce}">SwaggerUIBundle({{url:"/api/openapi.json",dom_id:"#reference",deepLinking:true,'
        'docExpansion:"list",defaultModelsExpandDepth:-1,validatorUrl:null})</script>'
        "<noscript>The document itself is at /api/openapi.json.</noscript></body></html>"
    ).encode()


def _plain_page(document: Mapping[str, Any]) -> bytes:
    rows = "".join(
        f"<tr><td><code>{escape(method.upper())} {escape(path)}</code></td>"
        f"<td>{escape(str(operation.get('summary', '')))}</td></tr>"
        for path, method, operation in operations(document["paths"])
    )
    return text_page(
        "API reference",
        '<p>The whole truth is in <a href="/api/openapi.json">/api/openapi.json</a>; errors are in '
        f'<a href="/docs/errors">/docs/errors</a>.</p><table><tbody>{rows}</tbody></table>',
    )
