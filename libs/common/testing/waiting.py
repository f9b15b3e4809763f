"""Waiting for what happens elsewhere, bounded by a deadline instead of a guess."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(claim: Callable[[], Awaitable[T]], within: float = 10.0, *, every: float = 0.01) -> T:
    """Ask every so many seconds until the answer is true-ish, and give it.

    Fails the test after `within` seconds, naming the last answer.
    """
    deadline = asyncio.get_running_loop().time() + within
    while True:
        answer = await claim()
        if answer:
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"Not within {within} s; the last answer was {answer!r}.")
        await asyncio.sleep(every)
