"""Stand-ins for the services that a service asks, in process: what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel


@dataclass(kw_only=True)
class Peers(ABC):
    """Internal routes of other services, told apart by port. `down` names those that do not answer."""

    down: set[int] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    """The paths that were asked for, in order."""

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._take)

    @abstractmethod
    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the service behind `request.url.port` does."""

    def _take(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Bearer ")
        self.calls.append(request.url.path)
        if request.url.port in self.down:
            raise httpx.ConnectError("down", request=request)
        return self.answer(request)


def found(answer: BaseModel | None, *, code: str = "not_found") -> httpx.Response:
    """Answer with a message, or with 404 where there is none."""
    if answer is None:
        return httpx.Response(404, json={"code": code, "detail": "There is no such thing here."})
    return httpx.Response(200, content=answer.model_dump_json(), headers={"content-type": "application/json"})
