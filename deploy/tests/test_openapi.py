"""The document that the SPA's client is made of is the one that the services give."""

from __future__ import annotations

from pathlib import Path

import orjson

from deploy.openapi import document

WEB = Path(__file__).resolve().parents[2] / "web"


def test_the_committed_document_is_what_the_services_say() -> None:
    committed = orjson.loads((WEB / "openapi.json").read_bytes())
    assert orjson.loads(orjson.dumps(document())) == committed, "run: python -m deploy.openapi > web/openapi.json"
