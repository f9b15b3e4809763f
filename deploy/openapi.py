"""`python -m deploy.openapi`: print the merged OpenAPI document, made in process; nothing needs to run.

It is what `/api/openapi.json` answers when every service is up, so `web/openapi.json` and the client made of it can be
checked for drift without a running platform.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import orjson

from gateway.reference.merge import merge
from gateway.reference.own import OWN_PATHS
from gateway.routes import ROUTES


def document() -> dict[str, Any]:
    """Merge the documents of all services that the gateway routes to. Raises Clash when two contradict each other."""
    services = sorted({route.upstream for route in ROUTES})
    parts = {name: import_module(f"services.{name}.app").build_app().openapi() for name in services}
    return merge(parts, own=OWN_PATHS)


if __name__ == "__main__":
    # Sorted, so that a change of order inside a service is no change of the document.
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    sys.stdout.buffer.write(orjson.dumps(document(), option=options))
