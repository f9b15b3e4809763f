"""What routes say to be throttled."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from libs.common.web import of_app
from services.auth.limits.service import Limiter

LimiterOf = Annotated[Limiter, Depends(of_app("limiter"))]
