"""A plain page of ours: no script, one small style, light and dark."""

from __future__ import annotations

from html import escape

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}"
    "code{font:.95em ui-monospace,monospace;background:color-mix(in srgb,currentColor 9%,transparent);"
    "padding:.1em .3em;border-radius:.25em}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent);vertical-align:top}a{color:inherit}"
)


def text_page(title: str, body: str) -> bytes:
    """Make a page. `title` is escaped here, `body` is HTML that the caller has made of escaped parts."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width,initial-scale=1"><link rel="icon" href="/favicon.svg">'
        f"<title>{escape(title)} · ShareWise</title>"
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    ).encode()
