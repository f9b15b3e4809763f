"""One process of the kill tests: `python -m tests.support.forked_role relay|consumer [WHEN]`, settings as a service's.

WHEN it ends itself, for the windows that a kill from outside seldom hits:
`after-append` (relay: on the stream, not yet marked), `before-commit`, `after-commit` (consumer: not yet acknowledged).
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from deploy.local.nursery import die_with
from libs.common.db import Database
from libs.common.logging import configure_logging
from libs.common.redis import create_redis
from tests.support.forked_world import Hearer, HearerSettings, SampleSettings, die, relay_of_sample

PARENT = "SHAREWISE_TEST_PARENT"
"""The pid that a cold process ends with, also when that one ended while we were importing."""


async def relay(when: str) -> None:
    settings = SampleSettings()
    running = relay_of_sample(create_redis(settings), Database(settings))
    if when == "after-append":
        append = running._append

        async def append_and_die(*args: Any, **options: Any) -> Any:
            answer = await append(*args, **options)
            if len(answer) > 1:
                die()
            return answer

        running._append = append_and_die  # type: ignore[assignment]
    await running.run()


async def consumer(when: str) -> None:
    settings = HearerSettings()
    hearer = Hearer(
        at_the_end=die if when == "before-commit" else None, after_commit=die if when == "after-commit" else None
    )
    await hearer.consumer(create_redis(settings), Database(settings), settings).run()


def main(role: str, when: str = "") -> None:
    parent = os.environ.get(PARENT)
    if parent is not None:  # a forked one is bound to its parent already
        die_with(int(parent))
    configure_logging(role, level="WARNING")
    asyncio.run({"relay": relay, "consumer": consumer}[role](when))


if __name__ == "__main__":
    main(*sys.argv[1:])
