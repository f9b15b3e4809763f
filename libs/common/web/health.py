"""Whether a process lives and whether it can serve."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from libs.common.logging import get_logger

log = get_logger(__name__)

PROBE_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a service needs. `probe` raises when it is not there.

    A check that is not `required` shows in the answer and fails nothing (Redis after the start, decisions 23).
    """

    name: str
    probe: Callable[[], Awaitable[object]]
    required: bool = True


async def run_checks(checks: Sequence[Check]) -> tuple[bool, dict[str, str]]:
    """Run all checks at once. Returns whether every required one passed, and a word for each."""
    words = await asyncio.gather(*(_word(check) for check in checks))
    results = {check.name: word for check, word in zip(checks, words, strict=True)}
    return all(results[check.name] == "ok" for check in checks if check.required), results


async def _word(check: Check) -> str:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await check.probe()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # a probe may fail in any way; its words may hold addresses, so they go to the log only
        log.warning("readiness_check_failed", check=check.name, error=repr(error))
        return "failed"
    return "ok"
