"""The background process of billing: hears verified accounts, ends what has run out, publishes."""

from __future__ import annotations

from libs.common.db import Database
from libs.common.events.consumer import Subscription
from libs.common.jobs import Cron
from libs.common.redis import create_redis
from libs.common.worker import Worker
from libs.contracts.auth import UserVerified
from services.billing.settings import BillingSettings
from services.billing.subscriptions.service import Subscriptions
from services.billing.subscriptions.tasks import SubscriptionTasks


def build_worker(settings: BillingSettings | None = None) -> Worker:
    settings = settings or BillingSettings()
    db = Database(settings)
    tasks = SubscriptionTasks(Subscriptions(db), batch=settings.subscriptions_ended_per_batch)
    return Worker(
        settings,
        db=db,
        redis=create_redis(settings),
        subscriptions=[Subscription("auth.events", {UserVerified: tasks.user_verified})],
        crons=[Cron(tasks.end_what_ran_out)],
    )
