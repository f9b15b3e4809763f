"""Ask market for an instrument, and for those that an expression names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.common.listings import Listings
from libs.quant.expr import Expr, parse


class Instruments(Listings):
    """What market knows, and whether it knows what expressions read."""

    async def check_rule(self, rule: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Check a rule as `check` does where it has an expression. Returns it with the present names."""
        if rule is None or "expression" not in rule:
            return rule
        return {**rule, "expression": await self.check(rule["expression"])}

    async def check(self, expression: str) -> str:
        """Check that market knows the instruments that an expression names. Returns it with their present names.

        Raises InvalidInput (at `/expression`), UpstreamUnavailable.
        """
        parsed = parse(expression)
        return str(parsed.renamed(await self.present(sorted(_named(parsed)), "/expression")))

    async def look_up_all(self, rules: Iterable[Mapping[str, Any] | None]) -> None:
        """Ask for what many rules name, some at a time, so that checking them one by one asks no more."""
        expressions = {rule["expression"] for rule in rules if rule is not None and "expression" in rule}
        await self.look_up(sorted({name for text in expressions for name in _named(parse(text))}))


def _named(parsed: Expr) -> set[str]:
    return {source.instrument for source in parsed.inputs if source.instrument is not None}
