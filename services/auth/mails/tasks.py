"""The jobs that hand mails over."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError

from libs.common.jobs import JobContext, JobQueue
from libs.common.logging import get_logger
from services.auth.mails.service import MailDelivery

log = get_logger(__name__)


class MailJobs:
    """The worker's jobs: one mail that was just kept, and all that are due."""

    def __init__(self, delivery: MailDelivery) -> None:
        self._delivery = delivery

    async def deliver_mail(self, _context: JobContext, key: str) -> None:
        """Hand one mail over. When alerts does not take it, the sweep tries again."""
        await self._delivery.deliver(key)

    async def deliver_due_mails(self, _context: JobContext) -> None:
        """Hand over every mail whose next try is due: those that failed, and those whose job was lost."""
        await self._delivery.deliver_due()


class MailWaker:
    """Puts a mail's job into the queue from the web process. What fails here, the sweep makes good."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, key: str) -> None:
        task = asyncio.get_running_loop().create_task(self._enqueue(key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Wait for what is under way: before the process ends."""
        await asyncio.gather(*self._running)

    async def _enqueue(self, key: str) -> None:
        try:
            await self._queue.put(MailJobs.deliver_mail.__name__, key, job_id=f"deliver-mail:{key}")
        except (RedisError, OSError) as error:
            log.warning("mail_not_enqueued", key=key, error=type(error).__name__)
