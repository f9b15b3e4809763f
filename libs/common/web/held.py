"""What a service's app holds, for its routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request


def of_app(name: str) -> Callable[[Request], Awaitable[Any]]:
    """Make a dependency that gives `app.state.<name>`. Its type is said where it is used:

    AlertsOf = Annotated[Alerts, Depends(of_app("alerts"))]
    """

    async def give(request: Request) -> Any:  # async, since FastAPI sends every other function to a thread
        return getattr(request.app.state, name)

    return give
