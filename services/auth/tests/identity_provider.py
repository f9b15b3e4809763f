"""A provider that we did not write (oidc-provider-mock), as a process, and as a person at a browser uses it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx


@dataclass
class TheirServer:
    """The provider, as a person at a browser uses it."""

    url: str

    def knows(self, sub: str, **claims: Any) -> None:
        """Give somebody claims."""
        httpx.put(f"{self.url}/users/{sub}", json=claims).raise_for_status()

    def consent(self, authorization_url: str, sub: str) -> dict[str, str]:
        """Say yes on the provider's page; give what it puts into the address of ours."""
        answer = httpx.post(authorization_url, data={"sub": sub})
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: query[name][0] for name in ("state", "code")}


@contextmanager
def identity_provider() -> Iterator[TheirServer]:
    """Run it for the length of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 20
    try:
        while True:
            try:
                httpx.get(f"{url}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < until, "the provider does not start"
                assert process.poll() is None, "the provider ended"
                time.sleep(0.05)
        yield TheirServer(url)
    finally:
        process.terminate()
        process.wait(10)
