"""The headers of pages: what a page may load, and from where. Pure."""

from __future__ import annotations

from gateway.answers import Header

_BASE = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


def app_policy(nonce: str) -> str:
    """For the SPA and the API reference: our own files, scripts and styles that carry the nonce, our API and socket."""
    return (
        f"{_BASE}; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'"
    )


def text_policy() -> str:
    """For pages that are text and a little style."""
    return f"{_BASE}; style-src 'unsafe-inline'; img-src 'self'"


def file_policy(content_type: str) -> str:
    """For a file that pages load. A script may be the browser's worker, which is held to its own file's policy."""
    return f"{text_policy()}; connect-src 'self'" if content_type.startswith("text/javascript") else text_policy()


def page_headers(content_type: str, policy: str) -> list[Header]:
    """Headers of a page. Files that pages load carry them too: a file may be opened by itself."""
    return [
        (b"content-type", content_type.encode()),
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
    ]
