"""The gateway's own addresses, as its part of the merged document. Data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REQUEST_TICKET: Mapping[str, Any] = {
    "tags": ["gateway"],
    "summary": "Get a ticket for the WebSocket",
    "description": (
        "For clients that should not put an access token into a frame. Send it as `token` of the `auth` frame on "
        "`/ws`, within 30 s, once, from the same network. Never put it into an address."
    ),
    "operationId": "create_socket_ticket",
    "security": [{"bearer": []}, {"api_key": []}],
    "x-rate-limit": "write",
    "responses": {
        "200": {
            "description": "The ticket.",
            "headers": {"Cache-Control": {"schema": {"type": "string", "const": "no-store"}}},
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["ticket", "expires_in"],
                        "properties": {
                            "ticket": {"type": "string"},
                            "expires_in": {"type": "integer", "description": "seconds"},
                        },
                    },
                    "example": {"ticket": "wst_7f3d5a…", "expires_in": 30},
                }
            },
        },
        "400": {
            "description": "Two credentials at once.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
        "401": {
            "description": "No good access token.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    },
}

OWN_PATHS: Mapping[str, Any] = {"/api/ws/ticket/": {"post": _REQUEST_TICKET}}
