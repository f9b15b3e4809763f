"""Consumers: a group per service hears a stream, and every event has its effect once.

    read -> transaction: inbox row + handler -> commit -> acknowledge

A redelivery finds the inbox row and does nothing. What fails is tried again, five deliveries in all, then it goes to
the dead letters; other events do not wait for it. What a dead process had taken is claimed by another one after
`claim_idle_s`, at once when it was a process of this host. A handler knows nothing of the order in which events come:
where that matters it looks at `envelope.seq`, or at a version in the data.

A database that is away is not the event's fault: the consumer waits and no delivery is counted. After a flush of Redis
the group is made again, and the sender's relay refills the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from redis.asyncio import Redis

from libs.common.db import Database
from libs.common.events.dead_letters import replay_stream
from libs.common.events.listener import Listener
from libs.common.events.subscription import BatchHandler, ConsumerOptions, Handler, Subscription
from libs.common.health import Heartbeat
from libs.common.tasks import end_tasks

__all__ = ["BatchHandler", "Consumer", "ConsumerOptions", "Handler", "Subscription"]


class Consumer:
    """Hears several streams for one service. `run()` goes on through the loss of either store, until cancelled."""

    def __init__(
        self,
        db: Database,
        redis: Redis,
        subscriptions: Sequence[Subscription],
        *,
        options: ConsumerOptions | None = None,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        by_stream = {subscription.stream: subscription for subscription in subscriptions}
        if len(by_stream) != len(subscriptions):
            raise ValueError("A stream has one subscription: put all handlers into it.")
        options, heartbeat = options or ConsumerOptions(), heartbeat or Heartbeat()
        self._listeners = [
            Listener(stream, db, redis, by_stream, options, heartbeat)
            for stream in (*by_stream, replay_stream(db.schema))
        ]

    async def run(self) -> None:
        """Hear until cancelled. Each stream has a loop of its own, so that a slow one delays no other."""
        tasks = [asyncio.create_task(listener.run()) for listener in self._listeners]
        try:
            # Ends only with an error that no listener should raise.
            await asyncio.gather(*tasks)
        finally:
            await end_tasks(*tasks)
