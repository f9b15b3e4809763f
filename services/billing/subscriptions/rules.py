"""What time does to a subscription, and what it entitles to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from libs.contracts.billing import Entitlements, SubscriptionState, Tier
from services.billing.plans.rules import PlanBook, PlanCode, billing_day

TRIAL = timedelta(days=14)
GRACE = timedelta(days=3)
"""How long after the end of what was paid the plan still counts."""

WHEN_IT_ENDS = {
    SubscriptionState.TRIAL: SubscriptionState.UNPAID,
    SubscriptionState.ACTIVE: SubscriptionState.GRACE,
    SubscriptionState.GRACE: SubscriptionState.UNPAID,
}
"""The state after `ends_at`. UNPAID has no end: only a payment leaves it."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one user has. `version` grows with every change, so that a hearer can tell newer from older.

    `plan_version` is the version of the plan whose limits count: the tier's, or the free allowance's while unpaid.
    """

    user_id: UUID
    tier: Tier
    state: SubscriptionState
    plan_version: int
    ends_at: datetime | None
    version: int

    @property
    def plan_code(self) -> PlanCode:
        return PlanCode.UNPAID if self.state is SubscriptionState.UNPAID else PlanCode(self.tier)


def start_trial(user_id: UUID, *, verified_at: datetime, plans: PlanBook) -> Subscription:
    """Make the subscription of an account whose address was just confirmed."""
    return Subscription(
        user_id=user_id,
        tier=Tier.BASIC,
        state=SubscriptionState.TRIAL,
        plan_version=plans.in_force(PlanCode.BASIC, billing_day(verified_at)).version,
        ends_at=verified_at + TRIAL,
        version=1,
    )


def without_subscription(user_id: UUID, *, now: datetime, plans: PlanBook) -> Subscription:
    """Make what counts for a user of whom nothing is known yet: the free allowance, at version 0."""
    return Subscription(
        user_id=user_id,
        tier=Tier.BASIC,
        state=SubscriptionState.UNPAID,
        plan_version=plans.in_force(PlanCode.UNPAID, billing_day(now)).version,
        ends_at=None,
        version=0,
    )


def as_of(subscription: Subscription, now: datetime, plans: PlanBook) -> Subscription:
    """Let time do its work: every end that has passed, in order.

    Reading early and storing late give the same result, versions included: a read need not wait for the job.
    """
    while subscription.ends_at is not None and subscription.ends_at <= now:
        subscription = _ended(subscription, subscription.ends_at, plans)
    return subscription


def entitlements_of(subscription: Subscription, *, now: datetime, plans: PlanBook) -> Entitlements:
    """Say what this subscription allows. The subscription is taken as it stands: see `as_of`."""
    return Entitlements(
        user_id=subscription.user_id,
        tier=subscription.tier,
        state=subscription.state,
        limits=plans.version(subscription.plan_code, subscription.plan_version).limits,
        upgrade_to=plans.upgrade_from(subscription.plan_code, billing_day(now)),
        version=subscription.version,
    )


def _ended(subscription: Subscription, ended_at: datetime, plans: PlanBook) -> Subscription:
    state = WHEN_IT_ENDS[subscription.state]
    if state is SubscriptionState.GRACE:
        return replace(subscription, state=state, ends_at=ended_at + GRACE, version=subscription.version + 1)
    return replace(
        subscription,
        tier=Tier.BASIC,
        state=state,
        plan_version=plans.in_force(PlanCode.UNPAID, billing_day(ended_at)).version,
        ends_at=None,
        version=subscription.version + 1,
    )
