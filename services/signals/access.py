"""Who may call the routes of signals."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from libs.common.web import Permission, Principal, require

SignalsReader = Annotated[Principal, Depends(require(Permission.SIGNALS_READ))]
StrategiesReader = Annotated[Principal, Depends(require(Permission.STRATEGIES_READ))]
StrategiesWriter = Annotated[Principal, Depends(require(Permission.STRATEGIES_WRITE))]
