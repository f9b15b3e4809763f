"""A user's hands: plain HTTP and one socket, with nothing of the platform's own code."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

TIMEOUT_S = 10.0


class Stumbled(RuntimeError):
    """A step of the journey did not go as it should; the message says which and why."""


class Http:
    """JSON over HTTP. An answer of 400 and above raises Stumbled with the problem's own words."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self.token: str | None = None

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        headers = {"Accept": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base_url + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise Stumbled(f"{method} {path} answered {error.code}: {error.read()[:500].decode()}") from error
        except OSError as error:
            raise Stumbled(f"{method} {self._base_url}{path}: {error}. Does `make run` run?") from error
        return json.loads(content) if content else None


class Socket:
    """The platform's WebSocket, signed in and subscribed."""

    def __init__(self, base_url: str, token: str) -> None:
        url = "ws" + base_url.rstrip("/").removeprefix("http") + "/ws"
        self._connection: ClientConnection = connect(url, open_timeout=TIMEOUT_S)
        self._send({"op": "auth", "token": token})
        self._await_ack("auth")

    def subscribe(self, channels: list[str]) -> None:
        self._send({"op": "subscribe", "channels": channels})
        self._await_ack("subscribe")

    def messages(self, *, within_s: float) -> Iterator[dict[str, Any]]:
        """Yield what arrives, until `within_s` have passed."""
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                text = self._connection.recv(timeout=left_s)
            except TimeoutError:
                return
            except ConnectionClosed as error:
                raise Stumbled(f"The socket was closed: {error}") from error
            yield json.loads(text)

    def close(self) -> None:
        self._connection.close()

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.send(json.dumps(message))

    def _await_ack(self, what: str) -> None:
        for message in self.messages(within_s=TIMEOUT_S):
            if message.get("op") == "ack":
                return
            if message.get("op") == "error":
                raise Stumbled(f"The socket refused {what}: {message}")
        raise Stumbled(f"The socket did not answer {what} within {TIMEOUT_S:g} s.")
