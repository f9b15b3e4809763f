"""Who may call the routes of alerts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from libs.common.web import Permission, Principal, require

AlertsReader = Annotated[Principal, Depends(require(Permission.ALERTS_READ))]
AlertsWriter = Annotated[Principal, Depends(require(Permission.ALERTS_WRITE))]
