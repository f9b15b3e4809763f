"""A provider that we did not write (oidc-provider-mock), as a process, and as a person at a browser uses it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
    """Run it for the length of the block, on a port that is free."""
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", "0", "--require-nonce", "true"]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process,
        ThreadPoolExecutor(1) as aside,
    ):
        assert process.stderr is not None
        try:
            opened = (re.search(r"running on (http://[\d.:]+)", line) for line in process.stderr)
            url = next(filter(None, opened))[1]
            # Its log goes on: nobody reads it, but it must not fill the pipe.
            aside.submit(process.stderr.read)
            yield TheirServer(url)
        finally:
            process.terminate()
