"""Our gateway as a process on the server core, with nginx standing in for the services behind it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import LOAD_CORE, SERVER_CORE, free_port, pinned, wait_for_port
from bench.peers.nginx import nginx
from libs.common.testing.tokens import Tokens
from libs.contracts.billing import Entitlements, Limits, SubscriptionState, Tier

SERVICES = ("AUTH", "MARKET", "ALERTS", "SIGNALS", "BROKER", "BILLING")
STOCK = '{"symbol":"AAPL","name":"Apple Inc.","exchange":"NASDAQ","current_price":"227.25"}'

_ELITE = Entitlements.model_validate(
    {
        "user_id": "00000000-0000-7000-8000-000000000000",
        "tier": Tier.ELITE,
        "state": SubscriptionState.ACTIVE,
        "limits": Limits(
            active_alerts=5_000,
            signals_per_day=None,
            strategies=None,
            ai_studio_minutes_per_month=1_200,
            custom_indicators=True,
            live_trading=True,
            api_keys=20,
            api_calls_per_minute=3_000,
            socket_symbols=1_000,
            socket_ticks_per_second=None,
            channels=(),
        ),
        "upgrade_to": None,
        "version": 1,
    }
)


@contextmanager
def stand_in(folder: Path, tokens: Tokens) -> Iterator[int]:
    """Answer for every service from one nginx on the load core. Yields its port."""
    (folder / "jwks.json").write_text(json.dumps({"keys": [tokens.key.public_jwk()]}))
    port = free_port()
    answers = f"""
        location / {{ return 200 '{STOCK}'; }}
        location = /check {{ return 204; }}
        location = /api/auth/.well-known/jwks.json {{ alias {folder}/jwks.json; }}
        location = /internal/token {{ return 200 '{{"access_token":"bench","expires_in":300,"scope":"internal"}}'; }}
        location /internal/entitlements/ {{ return 200 '{_ELITE.model_dump_json()}'; }}
        location = /internal/prices {{ return 200 '{{"items":[]}}'; }}
    """
    with nginx(folder, port, answers, core=LOAD_CORE):
        yield port


@contextmanager
def our_gateway(
    folder: Path, *, services_port: int, redis_url: str, auth_port: int | None = None
) -> Iterator[tuple[int, int]]:
    """Run one gateway process with every limit out of reach. Yields its port and pid.

    auth_port: where auth is, when the other services' stand-in is not it too.
    """
    port = free_port()
    environment = {
        **{f"SHAREWISE_{name}_URL": f"http://127.0.0.1:{services_port}" for name in SERVICES},
        "SHAREWISE_AUTH_URL": f"http://127.0.0.1:{auth_port or services_port}",
        "SHAREWISE_REDIS_URL": redis_url,
        "SHAREWISE_ENV": "test",
        "GATEWAY_PORT": str(port),
        "GATEWAY_HOSTS": "127.0.0.1",
        "GATEWAY_LIMIT_FACTOR": "1000000",
    }
    with python_server(folder, ["-m", "gateway"], environment) as pid:
        wait_for_port(port)
        yield port, pid


@contextmanager
def python_server(folder: Path, command: list[str], environment: dict[str, str]) -> Iterator[int]:
    """Run a Python server on the server core. Yields its pid."""
    with (folder / "servers.log").open("ab") as log:
        process = subprocess.Popen(
            pinned(SERVER_CORE, sys.executable, *command),
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)
