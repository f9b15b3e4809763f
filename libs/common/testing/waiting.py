"""Waiting for what happens elsewhere, bounded by a deadline instead of a guess."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


SELDOMEST_S = 0.1


async def eventually(claim: Callable[[], Awaitable[T]], within: float = 10.0, *, every: float = 0.01) -> T:
    """Ask every so many seconds until the answer is true-ish, and give it; less often the longer it takes.

    Fails the test after `within` seconds, naming the last answer.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        answer = await claim()
        if answer:
            return answer
        waited = clock() - began
        if waited > within:
            raise AssertionError(f"Not within {within} s; the last answer was {answer!r}.")
        await asyncio.sleep(max(every, min(waited / 20, SELDOMEST_S)))  # who asks takes the time of who works
