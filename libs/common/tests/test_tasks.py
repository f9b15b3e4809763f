from __future__ import annotations

import asyncio

from libs.common.tasks import end_tasks


async def test_a_task_that_drops_its_first_cancellations_ends_all_the_same() -> None:
    dropped = 0

    async def stubborn() -> None:
        nonlocal dropped
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                dropped += 1
                if dropped == 3:
                    raise

    async def failing() -> None:
        raise ValueError

    async def done() -> None: ...

    tasks = [asyncio.create_task(work()) for work in (stubborn, failing, done)]
    await asyncio.sleep(0)
    await end_tasks(*tasks)
    assert all(task.done() for task in tasks)
    assert dropped == 3
