"""The single-page app: its files, and its one page under every address that the app itself routes."""

from __future__ import annotations

import secrets

from gateway.credentials import Visitor
from gateway.door import Page, Visit
from gateway.pages.files import BuiltFile, BuiltFiles
from gateway.pages.policy import app_policy, file_policy, page_headers, text_policy
from gateway.pages.text import text_page
from libs.common.errors import NotFound

NONCE = b"__CSP_NONCE__"
"""The literal that the build writes where a nonce belongs."""

_INDEX = "/index.html"
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
_ASK_FIRST = (b"cache-control", b"no-cache")


class AppPages:
    """Serves what is no API."""

    def __init__(self, files: BuiltFiles) -> None:
        self._files = files

    async def serve(self, visit: Visit, _visitor: Visitor | None) -> Page:
        """Serve a file of the build, or the app's page. Raises NotFound for a file that is not there."""
        path = visit.path.decode("ascii")
        file = None if path == _INDEX else self._files.find(path)
        if file is not None:
            return _file(visit, file)
        if path != _INDEX and not _is_page(path, visit.given.get(b"accept", b"")):
            raise NotFound("There is no such file.")
        index = self._files.find(_INDEX)
        return _not_built() if index is None else _index(index)


def _is_page(path: str, accept: bytes) -> bool:
    """Tell an address of the app (`/stocks/NASDAQ:BRK.B`) from a file that is missing (`/assets/old.js`)."""
    return not path.startswith("/assets/") and ("." not in path.rpartition("/")[2] or b"text/html" in accept)


def _index(index: BuiltFile) -> Page:
    nonce = secrets.token_urlsafe(16)
    headers = [*page_headers(index.content_type, app_policy(nonce)), _ASK_FIRST]
    return 200, headers, index.body.replace(NONCE, nonce.encode())


def _file(visit: Visit, file: BuiltFile) -> Page:
    headers = [
        *page_headers(file.content_type, file_policy(file.content_type)),
        _FOR_EVER if file.is_hashed else _ASK_FIRST,
        (b"etag", file.etag),
        (b"vary", b"accept-encoding"),
    ]
    if visit.given.get(b"if-none-match") == file.etag:
        return 304, headers, b""
    body, encoding = file.pick(visit.given.get(b"accept-encoding", b""))
    if encoding is not None:
        headers.append((b"content-encoding", encoding.encode()))
    return 200, headers, body


def _not_built() -> Page:
    headers = [*page_headers("text/html; charset=utf-8", text_policy()), _ASK_FIRST]
    page = text_page(
        "The app is not built yet",
        "<p>The API runs. Its pages come with <code>make web</code> (part of <code>make run</code>).</p>"
        '<p><a href="/docs">API reference</a></p>',
    )
    return 503, headers, page
