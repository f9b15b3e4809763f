"""Who may call staff routes: as `require`, and a refusal leaves a record in the audit trail."""

from __future__ import annotations

from fastapi import Request

from libs.common.errors import PermissionDenied, StepUpRequired, StoreUnavailable
from libs.common.logging import get_logger
from libs.common.security.principal import Caller, Principal, require
from services.auth.audit import record
from services.auth.limits.visitor import visitor_of

log = get_logger(__name__)


class staff_may(require):  # noqa: N801  it is used like a function: Depends(staff_may(Permission.USERS_READ))
    """A dependency that lets in who holds a staff permission. Raises as `require`."""

    async def __call__(self, request: Request) -> Principal:
        try:
            return await super().__call__(request)
        except StepUpRequired:
            raise  # a question, not a denial
        except PermissionDenied as refusal:
            await self._note(request, refusal)
            raise

    async def _note(self, request: Request, refusal: PermissionDenied) -> None:
        caller: Caller = request.state.caller
        assert isinstance(caller, Principal), "somebody who is nobody is not denied but asked to sign in"
        try:
            async with request.app.state.db.transaction() as tx:
                record(
                    tx,
                    f"{self.permission.value}.used",
                    object_kind="route",
                    object_id=f"{request.method} {request.scope['route'].path}",
                    caller=caller,
                    visitor=visitor_of(request),
                    details={"code": refusal.code},
                    outcome="denied",
                )
        except StoreUnavailable:
            log.warning("denial_not_recorded", permission=self.permission.value)  # and denied all the same
