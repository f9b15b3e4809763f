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


MOST_STRATEGIES = 50
"""That are asked for by one call: a file has many lines."""


class Strategies:
    """The strategies and custom indicators of people, as signals keeps them."""

    def __init__(self, signals: ServiceClient) -> None:
        self._signals = signals

    def names_of(self, user_id: UUID) -> Names:
        """Read a person's rules one after the other, asking once for each thing."""
        return Names(self._signals, user_id)


class Names:
    """What a person's names stand for, as it was at the first question."""

    def __init__(self, signals: ServiceClient, user_id: UUID) -> None:
        self._signals = signals
        self._user_id = user_id
        self._indicators: NamedExpressions | None = None
        self._strategies: dict[UUID, str | InvalidInput] = {}

    async def read(self, rule: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Put what names stand for into a rule: the strategy's name, and the expression written out.

        `written` keeps the text with its names, to be shown; what a name stands for later changes nothing.
        Raises InvalidInput (at `/signal/strategy_id`, `/expression`), PlanFeature, UpstreamUnavailable.
        """
        if rule is None:
            return None
        if (signal := rule.get("signal")) is not None and signal["strategy_id"] is not None:
            name = await self._name(UUID(signal["strategy_id"]))
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
        if self._indicators is None:
            self._indicators = await self._ask("indicators", NamedExpressions)
        defined = self._indicators
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

    async def _name(self, strategy_id: UUID) -> str:
        found = self._strategies.get(strategy_id)
        if found is None:
            if len(self._strategies) >= MOST_STRATEGIES:
                message = f"Name at most {MOST_STRATEGIES} strategies at once."
                raise InvalidInput.of("/signal/strategy_id", "too_many", message)
            try:
                found = (await self._ask(f"strategies/{strategy_id}", StrategyInfo)).name
            except NotFound:
                found = InvalidInput.of("/signal/strategy_id", "unknown_strategy", "You have no such strategy.")
            self._strategies[strategy_id] = found
        if isinstance(found, InvalidInput):
            raise found
        return found

    async def _ask(self, path: str, answer: type[Answer]) -> Answer:
        try:
            return await self._signals.get(f"/internal/users/{self._user_id}/{path}", answer)
        except HttpFailure as failure:
            log.warning("signals_not_asked", reason=failure.reason)
            raise UpstreamUnavailable("Your strategies are not available at the moment. Try again soon.") from failure


def _wrong(error: ExprError) -> InvalidInput:
    return InvalidInput.of("/expression", f"expression_{error.code}", f"{error.message} (column {error.column})")
