"""What the nursery imports once for all children: by far the longest part of a cold start."""

from __future__ import annotations

LIBRARIES = (
    "aiosmtplib",
    "alembic.command",
    "arq.worker",
    "asyncpg",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "fastapi",
    "httptools",
    "httpx",
    "jinja2",
    "jose.jwt",
    "numpy",
    "opentelemetry.sdk.trace",
    "orjson",
    "prometheus_client",
    "pydantic_settings",
    "redis.asyncio",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.ext.asyncio",
    "starlette.applications",
    "stamina",
    "structlog",
    "uvicorn",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)
"""Written by others: safe to keep while our own code changes."""

OURS = (
    "libs.common.entry",
    "libs.common.events",
    "libs.common.web",
    "libs.contracts.alerts",
    "libs.contracts.auth",
    "libs.contracts.billing",
    "libs.contracts.market",
    "libs.contracts.signals",
    "libs.quant.expr",
)
