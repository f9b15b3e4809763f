"""Ask market for an instrument, and for those that an expression names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.common.listings import Listings
from libs.quant.expr import parse


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
        names = sorted({source.instrument for source in parsed.inputs if source.instrument is not None})
        return str(parsed.renamed(await self.present(names, "/expression")))
