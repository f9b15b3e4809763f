"""What routes say to be throttled."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from services.auth.limits.service import Limiter


def _limiter(request: Request) -> Limiter:
    limiter: Limiter = request.app.state.limiter
    return limiter


LimiterOf = Annotated[Limiter, Depends(_limiter)]
