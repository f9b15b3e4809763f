"""Ask signals what a person's names stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from libs.common.errors import InvalidInput, NotFound, PlanFeature, UpstreamUnavailable
from libs.common.http import HttpFailure, ServiceClient
from libs.common.logging import get_logger
from libs.contracts.billing import Tier
from libs.contracts.signals import NamedExpressions, StrategyInfo
from libs.quant.expr import ExprError, names_in, parse, parse_with

log = get_logger(__name__)

Answer = TypeVar("Answer", bound=BaseModel)


class Strategies:
    """The strategies and custom indicators of people, as signals keeps them."""

    def __init__(self, signals: ServiceClient) -> None:
        self._signals = signals

    async def read(self, user_id: UUID, rule: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Put what names stand for into a rule: the strategy's name, and the expression written out.

        `written` keeps the text with its names, to be shown; what a name stands for later changes nothing.
        Raises InvalidInput (at `/signal/strategy_id`, `/expression`), PlanFeature, UpstreamUnavailable.
        """
        if rule is None:
            return None
        if (signal := rule.get("signal")) is not None and signal["strategy_id"] is not None:
            name = await self._name(user_id, UUID(signal["strategy_id"]))
            return {**rule, "signal": {**signal, "strategy": name}}
        if "expression" not in rule:
            return rule
        text = rule["expression"]
        try:
            return {**rule, "expression": str(parse(text)), "written": None}
        except ExprError as error:
            if error.code != "unknown_name":
                raise _wrong(error) from error
            refusal = error
        defined = await self._ask(f"/internal/users/{user_id}/indicators", NamedExpressions)
        names = {one.name: one.expression for one in defined.items}
        if not names_in(text, names):
            raise _wrong(refusal) from refusal
        if not defined.may_use:
            raise PlanFeature("Your plan has no custom indicators: write them out.", upgrade_to=Tier.ELITE)
        try:
            meaning = parse_with(text, names)
        except ExprError as error:
            raise _wrong(error) from error
        if meaning.kind != "boolean":
            raise InvalidInput.of("/expression", "expression_wrong_kind", "An alert needs a condition.")
        return {**rule, "expression": str(meaning), "written": " ".join(text.split())}

    async def _name(self, user_id: UUID, strategy_id: UUID) -> str:
        try:
            return (await self._ask(f"/internal/users/{user_id}/strategies/{strategy_id}", StrategyInfo)).name
        except NotFound as error:
            raise InvalidInput.of("/signal/strategy_id", "unknown_strategy", "You have no such strategy.") from error

    async def _ask(self, path: str, answer: type[Answer]) -> Answer:
        try:
            return await self._signals.get(path, answer)
        except HttpFailure as failure:
            log.warning("signals_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Your strategies are not available at the moment. Try again soon.") from failure


def _wrong(error: ExprError) -> InvalidInput:
    return InvalidInput.of("/expression", f"expression_{error.code}", f"{error.message} (column {error.column})")
